// One training step: lanes forward and backward, the sum over all of them, the optimizer.
#include <math.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "train/session.h"

// What the tasks of a step share.
struct lanes_work {
    struct session *session;
    const struct mq_batch *batches;
};

static double points_of(const struct session *session)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    return (double)experiment->train.batch * (double)experiment->data.context *
           (double)experiment->data.horizon;
}

double session_loss_scale(const struct session *session)
{
    return 1.0 / points_of(session);
}

struct mq_lane session_lane(const struct session *session, const struct mq_batch *batch,
                            int64_t lane)
{
    return (struct mq_lane){.batch = batch,
                            .seed = (uint64_t)session->model.experiment.run.seed,
                            .step = (uint64_t)session->progress.step,
                            .number = (uint32_t)lane,
                            .loss_scale = session_loss_scale(session)};
}

static mq_status compute_lane(void *context, int64_t worker, int64_t task)
{
    const struct lanes_work *work = context;
    struct session *session = work->session;
    struct mq_reducer_report report = {
        .reducer = session->reducer, .slot = task, .may_poll = worker == 0};
    struct mq_lane lane = session_lane(session, &work->batches[task], session->first_lane + task);
    lane.notify = mq_reducer_report;
    lane.context = &report;
    lane.track = mq_profiler_track(session->profiler, worker);
    const double began_s = mq_span_begin(lane.track);
    const struct mq_loss loss = mq_network_learn(&session->network, session->execs[worker], &lane);
    if (isfinite(loss.loss_sum)) {
        mq_reducer_scalar(session->reducer, SCALAR_LOSS, mq_scalar_from(loss.loss_sum));
        mq_reducer_scalar(session->reducer, SCALAR_WEIGHT, mq_scalar_from(loss.weight_sum));
    } else {
        mq_reducer_scalar(session->reducer, SCALAR_BAD_LANES, 1);
    }
    mq_span_end(lane.track, began_s, "lane", lane.number);
    return MQ_OK;
}

static void let_progress(void *context)
{
    const struct lanes_work *work = context;
    mq_reducer_poll(work->session->reducer);
}

// Gradients of the mean loss: the lanes were scaled by the points of a full batch, the weight that
// counted is known only now.
static void rescale(struct session *session, double points, double weight)
{
    const mq_real factor = weight > 0 ? (mq_real)(points / weight) : (mq_real)0;
    for (int64_t i = 0; i < session->model.params.count; i++)
        session->gradients[i] *= factor;
}

// This rank's lanes forward and backward. Without batches it takes part all the same, with nothing:
// the other ranks are in, or on their way to, this step's sum.
static mq_status compute_lanes(struct session *session, struct lanes_work *work,
                               struct step_times *times)
{
    const double asked_s = mq_profiler_begin(session->profiler);
    const mq_status status = mq_loader_next(session->loader, &work->batches, &times->wait_data_s);
    mq_profiler_end(session->profiler, MQ_STAGE_DATA, asked_s, -1);
    mq_reducer_begin(session->reducer);
    mq_reducer_scalar(session->reducer, SCALAR_STOP + (int64_t)mq_stop_requested(), 1);
    if (status != MQ_OK) {
        mq_reducer_scalar(session->reducer, SCALAR_FAILED, 1);
        for (int64_t task = 0; task < session->n_lanes; task++)
            mq_reducer_lane(session->reducer, task, session->gradients, 0); // nobody uses the sum
        return status;
    }
    const double began_s = mq_clock_s();
    MQ_TRY(mq_pool_run(session->pool, session->n_lanes, compute_lane, let_progress, work));
    times->compute_s += mq_clock_s() - began_s;
    return MQ_OK;
}

// Waits for the other ranks; what cannot be agreed on any more ends them all.
static mq_status sum_lanes(struct session *session, int64_t scalars[], struct step_times *times)
{
    const double began_s = mq_profiler_begin(session->profiler);
    const mq_status status =
        mq_reducer_end(session->reducer, session->gradients, scalars, &times->comm_s);
    mq_profiler_end(session->profiler, MQ_STAGE_SUM, began_s, -1);
    if (status == MQ_FAILED) { // a rank or MPI is gone
        if (mq_world_speaks(session->world)) mq_log_error(mq_error_get());
        mq_world_abort(session->world, status);
    }
    return status;
}

// Every rank takes the same step, by the same bits.
static void take_step(struct session *session, double weight, struct step_result *result)
{
    const struct mq_train_settings *train = &session->model.experiment.train;
    const double began_s = mq_profiler_begin(session->profiler);
    rescale(session, points_of(session), weight);
    result->lr = mq_schedule_lr(train, &session->progress.schedule, session->progress.step,
                                session->total_steps);
    result->grad_norm = mq_optimizer_step(session->optimizer, session->model.params.values,
                                          session->gradients, result->lr);
    mq_profiler_end(session->profiler, MQ_STAGE_OPTIMIZER, began_s, -1);
}

// MQ_STOP_NONE only when no rank has a cause.
static enum mq_stop common_cause(const int64_t scalars[])
{
    for (enum mq_stop cause = MQ_STOP_NONE + 1; cause < MQ_STOPS; cause++)
        if (scalars[SCALAR_STOP + cause] > 0) return cause;
    return MQ_STOP_NONE;
}

mq_status session_step(struct session *session, struct step_result *result,
                       struct step_times *times)
{
    struct lanes_work work = {.session = session};
    int64_t scalars[SCALARS] = {0};
    session->doing = "training";
    mq_profiler_step(session->profiler, session->progress.step + 1);
    struct mq_track *track = mq_profiler_track(session->profiler, 0);
    const double began_s = mq_span_begin(track);
    const mq_status computed = compute_lanes(session, &work, times);
    const struct mq_error failure = *mq_error_get();
    const mq_status reduced = sum_lanes(session, scalars, times);
    if (scalars[SCALAR_FAILED] > 0) {
        if (computed != MQ_OK) mq_error_set(&failure); // the sum may have failed after it
        return mq_agree(session->world, computed);
    }
    if (reduced != MQ_OK || scalars[SCALAR_BAD_LANES] > 0)
        return session_blame(session, work.batches);
    const double weight = mq_scalar_value(scalars[SCALAR_WEIGHT]);
    result->loss = weight > 0 ? mq_scalar_value(scalars[SCALAR_LOSS]) / weight : 0.0;
    take_step(session, weight, result);
    result->stop = common_cause(scalars);
    session->progress.step++;
    mq_span_end(track, began_s, "step", session->progress.step);
    return MQ_OK;
}
