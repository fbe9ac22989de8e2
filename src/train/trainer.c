// The training loop.
#include "mq/train/trainer.h"

#include <math.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"
#include "mq/train/stop.h"
#include "train/session.h"

// What this process did since the last log line; the loss, which must survive it, is in the
// progress.
struct interval {
    double began_s;
    int64_t steps;
    struct step_times times;
};

static void tell(const struct session *session, const struct mq_log_entry *entry, double interval_s)
{
    if (session->request->listener == NULL) return;
    const double step_s = entry->time_s / (double)(entry->step - session->first_step);
    const struct mq_train_report told = {
        .entry = entry,
        .is_best = session->progress.best_step == entry->step,
        .score = mq_model_score(session->model.forecaster->name),
        .interval_s = interval_s,
        .left_s = step_s * (double)(session->total_steps - entry->step),
    };
    session->request->listener(session->request->listener_context, &told);
}

// Closes the interval: rank 0 tells and logs it.
static mq_status report(struct session *session, const struct step_result *result, double valid,
                        struct interval *interval, double started_s)
{
    const struct mq_train_settings *train = &session->model.experiment.train;
    struct mq_progress *progress = &session->progress;
    const double now = mq_clock_s();
    const double elapsed = now - interval->began_s;
    const int64_t n_series = mq_panel_info(session->panel)->n_series;
    const struct mq_log_entry entry = {
        .step = progress->step,
        .steps = session->total_steps,
        .epoch = (double)progress->step * (double)train->batch / (double)n_series,
        .loss = progress->interval_loss / (double)progress->interval_steps,
        .valid_loss = valid,
        .lr = result->lr,
        .grad_norm = result->grad_norm,
        .series_per_s = elapsed > 0 ? (double)(interval->steps * train->batch) / elapsed : 0,
        .wait_data_s = interval->times.wait_data_s,
        .comm_s = interval->times.comm_s,
        .time_s = now - started_s,
    };
    *interval = (struct interval){.began_s = now};
    progress->interval_loss = 0;
    progress->interval_steps = 0;
    if (mq_rank(session->world) != 0) return MQ_OK;
    tell(session, &entry, elapsed);
    return mq_runlog_write(session->log, &entry);
}

static bool is_due(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

// True when patience has run out.
static bool has_lost_patience(const struct session *session)
{
    const int64_t patience = session->model.experiment.train.patience;
    return patience > 0 && session->progress.bad_validations >= patience;
}

static mq_status validate(struct session *session, double *score)
{
    const double began_s = mq_profiler_begin(session->profiler);
    const mq_status status = session_validate(session, score);
    mq_profiler_end(session->profiler, MQ_STAGE_VALIDATION, began_s, session->progress.step);
    return status;
}

static mq_status save(struct session *session)
{
    const double began_s = mq_profiler_begin(session->profiler);
    const mq_status status = session_checkpoint(session);
    mq_profiler_end(session->profiler, MQ_STAGE_CHECKPOINT, began_s, session->progress.step);
    return status;
}

static mq_status loop(struct session *session)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const double started_s = mq_clock_s();
    session->first_step = session->progress.step;
    struct interval interval = {.began_s = started_s};
    struct step_result result = {0};
    while (session->progress.step < session->total_steps && !has_lost_patience(session)) {
        MQ_TRY(session_step(session, &result, &interval.times));
        session->progress.interval_loss += result.loss;
        session->progress.interval_steps++;
        interval.steps++;
        const int64_t step = session->progress.step;
        const bool is_last = step == session->total_steps;
        double valid = (double)NAN;
        if ((session->validator != NULL || session->orders != NULL) &&
            (is_due(step, experiment->train.validate_every) || is_last))
            MQ_TRY(validate(session, &valid));
        // Being stopped leaves no trace in the log: its lines are a function of the step alone.
        if (!isnan(valid) || is_due(step, experiment->train.log_every) || is_last)
            MQ_TRY(mq_agree(session->world, report(session, &result, valid, &interval, started_s)));
        const bool is_best = session->progress.best_step == step;
        if (is_best || is_due(step, experiment->checkpoint.every) || is_last ||
            result.stop != MQ_STOP_NONE || has_lost_patience(session))
            MQ_TRY(save(session));
        if (result.stop != MQ_STOP_NONE && !is_last) {
            (void)mq_fail(
                MQ_STOPPED, "stopped by %s after step %lld of %lld; the checkpoint is valid",
                mq_stop_name(result.stop), (long long)step, (long long)session->total_steps);
            return mq_hint("run the same command again to go on");
        }
    }
    return MQ_OK;
}

// ---- the trace ----------------------------------------------------------------------------------

static mq_status begin_trace(struct session *session)
{
    if (session->request->trace == NULL) return MQ_OK;
    return mq_profiler_new(&session->profiler, session->world, session->network.graph,
                           session->execs, mq_pool_threads(session->pool), true);
}

// A run that was complete has no step to tell of.
static mq_status end_trace(struct session *session)
{
    char path[MQ_PATH_MAX];
    struct mq_train_trace *trace = session->request->trace;
    if (trace == NULL || session->progress.step == session->first_step) return MQ_OK;
    MQ_TRY(mq_run_file(path, session->directory, "trace.json"));
    MQ_TRY(mq_profiler_layers(session->profiler, &trace->layers));
    return mq_profiler_write(session->profiler, trace->layers,
                             trace->path != NULL ? trace->path : path);
}

static mq_status loop_and_trace(struct session *session)
{
    MQ_TRY(begin_trace(session));
    const mq_status status = loop(session);
    if (status != MQ_OK && status != MQ_STOPPED) return status;
    const struct mq_error stopped = *mq_error_get();
    MQ_TRY(end_trace(session));
    if (status != MQ_OK) mq_error_set(&stopped);
    return status;
}

// ---- all ----------------------------------------------------------------------------------------

// Fitting is one step: whole or not at all.
static mq_status fit(struct session *session)
{
    struct mq_model *model = &session->model;
    const bool is_done = model->tables.n > 0;
    if (model->forecaster->fit == NULL || is_done) return MQ_OK;
    const double began_s = mq_clock_s();
    session->doing = "fitting";
    const struct mq_fit fit = {.ranks = mq_world_ranks(session->world),
                               .pool = session->pool,
                               .model = model,
                               .panel = session->panel,
                               .train_end = session->split.train_end,
                               .validation = &session->split.validation,
                               .meter = session->request->fit_meter};
    mq_stop_whole_begin();
    const mq_status status = model->forecaster->fit(&fit, &model->tables);
    mq_stop_whole_end();
    MQ_TRY(status);
    if (mq_rank(session->world) == 0)
        mq_info("%s: fitted in %.1f s", model->forecaster->name, mq_clock_s() - began_s);
    return MQ_OK;
}

// Without gradients there are no steps: the checkpoint of step 0 is all of the run.
static mq_status train(struct session *session)
{
    MQ_TRY(session_open(session));
    if (session->model.forecaster->build == NULL) {
        MQ_TRY(fit(session));
        return session_checkpoint(session);
    }
    if (mq_rank(session->world) == 0 && session->progress.step == 0)
        mq_info("%s: %lld parameters, %.0f MFLOP per step and lane, %lld x %lld series at a time, "
                "workspace %.1f MiB per thread",
                session->model.forecaster->name, (long long)session->model.params.count,
                1e-6 * mq_network_train_flops(&session->network),
                (long long)session->network.passes, (long long)session->network.dims.B,
                (double)mq_graph_workspace_bytes(session->network.graph) / (1 << 20));
    return loop_and_trace(session);
}

mq_status mq_train(struct mq_world *world, struct mq_pool *pool,
                   const struct mq_train_request *request)
{
    struct session session = {.world = world, .pool = pool, .request = request, .claim = -1};
    mq_stop_listen(request->max_time_s);
    const mq_status status = train(&session);
    session_close(&session);
    // Ranks hear of one signal at different times: what comes after the answer is answered.
    if (status == MQ_STOPPED)
        mq_stop_ignore();
    else
        mq_stop_unlisten();
    return status;
}
