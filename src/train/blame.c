// What made a step's loss or gradient not finite: its lanes computed again, then their rows one by one.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "train/session.h"

// What a lane, or one row of it, came to.
struct outcome {
    bool is_loss_bad;
    int64_t bad_offset; // the lowest gradient that is not finite or too large; -1: none
    double largest; // gradient
};

struct suspect {
    int64_t lane;
    struct outcome outcome;
    int64_t series; // the first bad row's; none bad alone: the row's with the largest gradient
    int64_t n_bad; // rows
    int64_t n; // rows that are no padding
};

// Name of the parameter whose gradients hold this offset.
static const char *parameter_at(const struct mq_params *params, int64_t offset)
{
    for (int64_t i = params->n - 1; i >= 0; i--)
        if (params->table[i].offset <= offset) return params->table[i].name;
    return "?";
}

static bool is_bad(const struct outcome *outcome)
{
    return outcome->is_loss_bad || outcome->bad_offset >= 0;
}

static struct outcome compute(struct session *session, const struct mq_batch *batch, int64_t lane)
{
    struct mq_exec *exec = session->execs[0];
    struct outcome outcome = {.bad_offset = -1};
    const struct mq_lane work = session_lane(session, batch, lane);
    const struct mq_loss loss = mq_network_learn(&session->network, exec, &work);
    const double most = mq_reducer_scalar_limit(session->reducer);
    outcome.is_loss_bad = !(fabs(loss.loss_sum) < most) || !(fabs(loss.weight_sum) < most);
    const mq_real *gradients = mq_exec_gradients(exec);
    const double limit = mq_reducer_limit(session->reducer);
    for (int64_t i = 0; i < session->model.params.count; i++) {
        const double size = fabs((double)gradients[i]);
        if (!(size < limit) && outcome.bad_offset < 0) outcome.bad_offset = i;
        if (!(size <= outcome.largest)) outcome.largest = isnan(size) ? HUGE_VAL : size;
    }
    return outcome;
}

// Rows alone: without weight the others are neither in the loss nor in the gradient.
static void look_at_rows(struct session *session, const struct mq_batch *batch,
                         const mq_real weight[], struct suspect *suspect)
{
    const int64_t T = batch->shape.context;
    const size_t bytes = (size_t)(batch->shape.series * T) * sizeof *weight;
    double largest = -1;
    suspect->series = -1;
    for (int64_t b = 0; b < batch->shape.series; b++) {
        if (batch->series[b] < 0) continue;
        memset(batch->weight, 0, bytes);
        memcpy(batch->weight + b * T, weight + b * T, (size_t)T * sizeof *weight);
        const struct outcome row = compute(session, batch, suspect->lane);
        // What is not finite spreads to the gradients of all rows, but to no other row's loss.
        const bool is_row_bad =
            suspect->outcome.is_loss_bad ? row.is_loss_bad : row.bad_offset >= 0;
        if ((is_row_bad && suspect->n_bad == 0) || (suspect->n_bad == 0 && row.largest > largest))
            suspect->series = batch->series[b];
        largest = fmax(largest, row.largest);
        suspect->n_bad += is_row_bad;
        suspect->n++;
    }
}

// The first of this rank's lanes that goes wrong again; `suspect->lane` is -1 when none does.
static mq_status find_suspect(struct session *session, const struct mq_batch *batches,
                              struct suspect *suspect)
{
    suspect->lane = -1;
    for (int64_t task = 0; task < session->n_lanes && suspect->lane < 0; task++) {
        const struct mq_batch *batch = &batches[task];
        const int64_t lane = session->first_lane + task;
        const struct outcome outcome = compute(session, batch, lane);
        if (!is_bad(&outcome)) continue;
        *suspect = (struct suspect){.lane = lane, .outcome = outcome};
        mq_real *weight = NULL;
        const int64_t n = batch->shape.series * batch->shape.context;
        MQ_NEW(weight, n);
        memcpy(weight, batch->weight, (size_t)n * sizeof *weight);
        look_at_rows(session, batch, weight, suspect);
        memcpy(batch->weight, weight, (size_t)n * sizeof *weight);
        mq_free(weight);
    }
    return MQ_OK;
}

static mq_status accuse(const struct session *session, const struct suspect *suspect,
                        const char *series)
{
    const long long step = (long long)session->progress.step + 1;
    const long long lane = (long long)suspect->lane;
    const bool is_everywhere = suspect->n_bad == suspect->n && suspect->n > 1;
    char from[MQ_MESSAGE_MAX / 2];
    if (is_everywhere)
        (void)snprintf(from, sizeof from, "all its %lld series, the first is '%s'",
                       (long long)suspect->n, series);
    else
        (void)snprintf(from, sizeof from, "series '%s'", series);
    if (suspect->outcome.is_loss_bad)
        (void)mq_fail(MQ_NUMERIC,
                      "step %lld: the loss of lane %lld is not finite or too large, from %s", step,
                      lane, from);
    else
        (void)mq_fail(
            MQ_NUMERIC,
            "step %lld: the gradient of %s in lane %lld is not finite or too large, from %s", step,
            parameter_at(&session->model.params, suspect->outcome.bad_offset), lane, from);
    return mq_hint("%slower train.lr or train.clip; the checkpoints written before are kept",
                   is_everywhere ? "" : "look at the values of that series; ");
}

static mq_status blame_own(struct session *session, const struct mq_batch *batches)
{
    struct suspect suspect = {0};
    char **ids = NULL;
    MQ_TRY(find_suspect(session, batches, &suspect));
    if (suspect.lane < 0) return MQ_OK;
    if (suspect.series >= 0) MQ_TRY(mq_panel_ids(session->panel, suspect.series, 1, &ids));
    const mq_status status = accuse(session, &suspect, ids != NULL ? ids[0] : "?");
    mq_free(ids);
    return status;
}

mq_status session_blame(struct session *session, const struct mq_batch *batches)
{
    MQ_TRY(mq_agree(session->world, blame_own(session, batches)));
    // Computed again all is well: what differs is the machine.
    const int64_t offset = mq_reducer_bad_offset(session->reducer);
    (void)mq_fail(
        MQ_NUMERIC, "step %lld: %s%s is not finite or too large, but is not when computed again",
        (long long)session->progress.step + 1, offset < 0 ? "the loss" : "the gradient of ",
        offset < 0 ? "" : parameter_at(&session->model.params, offset));
    return mq_hint("run the same command again, on another machine if it comes back");
}
