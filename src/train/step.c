// One training step: lanes forward and backward, the sum over all of them, the optimizer.
#include <math.h>
#include <string.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "train/session.h"

// What the tasks of a step share.
struct lanes_work {
    struct session *session;
    const struct mq_batch *batches;
    double loss_scale; // 1 / points of a full global batch: keeps the fixed-point sum in range
};

static mq_status compute_lane(void *context, int64_t worker, int64_t task)
{
    const struct lanes_work *work = context;
    struct session *session = work->session;
    struct mq_exec *exec = session->execs[worker];
    struct mq_reducer_report report = {
        .reducer = session->reducer, .slot = task, .may_poll = worker == 0};
    const int64_t lane = session->first_lane + task;
    mq_exec_dropout_address(exec, (uint64_t)session->model.experiment.run.seed,
                            (uint64_t)session->progress.step, (uint32_t)lane);
    mq_network_bind(&session->network, exec, &work->batches[task]);
    mq_exec_forward(exec);
    const struct mq_loss loss = mq_exec_loss(exec);
    if (isfinite(loss.loss_sum)) {
        mq_reducer_scalar(session->reducer, SCALAR_LOSS, mq_scalar_from(loss.loss_sum));
        mq_reducer_scalar(session->reducer, SCALAR_WEIGHT, mq_scalar_from(loss.weight_sum));
    } else {
        mq_reducer_scalar(session->reducer, SCALAR_BAD_LANES, 1);
        mq_reducer_scalar(session->reducer, SCALAR_BAD_LANE_SUM, lane);
    }
    mq_exec_backward(exec, work->loss_scale, mq_reducer_report, &report);
    return MQ_OK;
}

static void let_progress(void *context)
{
    const struct lanes_work *work = context;
    mq_reducer_poll(work->session->reducer);
}

// Name of the parameter whose gradients hold this offset.
static const char *parameter_at(const struct mq_params *params, int64_t offset)
{
    for (int64_t i = params->n - 1; i >= 0; i--)
        if (params->table[i].offset <= offset) return params->table[i].name;
    return "?";
}

// The same words on every rank: a lane's loss, or else a gradient that left the range.
static mq_status fail_numeric(const struct session *session, const int64_t scalars[])
{
    const long long step = (long long)session->progress.step + 1;
    const long long lanes = (long long)scalars[SCALAR_BAD_LANES];
    const int64_t offset = mq_reducer_bad_offset(session->reducer);
    if (lanes == 1)
        (void)mq_fail(MQ_NUMERIC, "step %lld: the loss of lane %lld is not finite", step,
                      (long long)scalars[SCALAR_BAD_LANE_SUM]);
    else if (lanes > 1)
        (void)mq_fail(MQ_NUMERIC, "step %lld: the loss of %lld lanes is not finite", step, lanes);
    else if (offset < 0)
        (void)mq_fail(MQ_NUMERIC, "step %lld: the loss is too large to add up", step);
    else
        (void)mq_fail(MQ_NUMERIC, "step %lld: the gradient of %s is not finite or too large", step,
                      parameter_at(&session->model.params, offset));
    return mq_hint("lower train.lr or train.clip; the checkpoints written before are kept");
}

// Gradients of the mean loss: the lanes were scaled by the points of a full batch, the weight that
// counted is known only now.
static void rescale(struct session *session, double points, double weight)
{
    const mq_real factor = weight > 0 ? (mq_real)(points / weight) : (mq_real)0;
    for (int64_t i = 0; i < session->model.params.count; i++)
        session->gradients[i] *= factor;
}

// MQ_STOP_NONE only when no rank has a cause.
static enum mq_stop common_cause(const int64_t scalars[])
{
    for (enum mq_stop cause = MQ_STOP_NONE + 1; cause < MQ_STOPS; cause++)
        if (scalars[SCALAR_STOP + cause] > 0) return cause;
    return MQ_STOP_NONE;
}

// A rank without batches takes part in the sum all the same: it is how the others learn of it.
static void compute_nothing(struct session *session)
{
    memset(session->gradients, 0, (size_t)session->model.params.count * sizeof *session->gradients);
    for (int64_t slot = 0; slot < session->n_lanes; slot++)
        mq_reducer_lane(session->reducer, slot, session->gradients, 0);
    mq_reducer_scalar(session->reducer, SCALAR_FAILED, 1);
}

mq_status session_step(struct session *session, struct step_result *result,
                       struct step_times *times)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_train_settings *train = &experiment->train;
    struct lanes_work work = {.session = session};
    const double points =
        (double)train->batch * (double)experiment->data.context * (double)experiment->data.horizon;
    work.loss_scale = 1.0 / points;
    const mq_status loaded = mq_loader_next(session->loader, &work.batches, &times->wait_data_s);
    const struct mq_error failure = *mq_error_get();
    mq_reducer_begin(session->reducer);
    mq_reducer_scalar(session->reducer, SCALAR_STOP + (int64_t)mq_stop_requested(), 1);
    const double began_s = mq_clock_s();
    if (loaded == MQ_OK)
        MQ_TRY(mq_pool_run(session->pool, session->n_lanes, compute_lane, let_progress, &work));
    else
        compute_nothing(session);
    times->compute_s += mq_clock_s() - began_s;
    int64_t scalars[SCALARS] = {0};
    const mq_status reduced =
        mq_reducer_end(session->reducer, session->gradients, scalars, &times->comm_s);
    if (reduced == MQ_FAILED) { // a rank is gone: nobody can agree on anything any more
        mq_log_error(mq_error_get());
        mq_world_abort(session->world, reduced);
    }
    if (scalars[SCALAR_FAILED] > 0) {
        mq_error_set(&failure); // the sum may have failed after it
        return mq_agree(session->world, loaded);
    }
    if (reduced != MQ_OK || scalars[SCALAR_BAD_LANES] > 0) return fail_numeric(session, scalars);
    const double weight = mq_scalar_value(scalars[SCALAR_WEIGHT]);
    rescale(session, points, weight);
    result->loss = weight > 0 ? mq_scalar_value(scalars[SCALAR_LOSS]) / weight : 0.0;
    result->lr = mq_schedule_lr(train, &session->progress.schedule, session->progress.step,
                                session->total_steps);
    result->grad_norm = mq_optimizer_step(session->optimizer, session->model.params.values,
                                          session->gradients, result->lr);
    result->stop = common_cause(scalars);
    session->progress.step++;
    return MQ_OK;
}
