// Validation and checkpoints: what happens between steps.
#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/log.h"
#include "mq/model/rundir.h"
#include "train/session.h"

struct sheet {
    const struct session *session;
    struct mq_scores *scores;
    float *observed; // (O, H) of one product
};

static mq_status score_rows(void *context, const struct mq_series_block *block,
                            const struct mq_forecasts *forecasts)
{
    const struct sheet *sheet = context;
    const struct mq_experiment *experiment = &sheet->session->model.experiment;
    const struct mq_origins *origins = &sheet->session->split.validation;
    const int64_t row = origins->n * experiment->data.horizon * experiment->loss.quantiles.n;
    for (int64_t i = 0; i < block->n; i++) {
        mq_targets_fill(origins, experiment->data.horizon, block, i, true, sheet->observed);
        mq_scores_add(sheet->scores,
                      &(struct mq_series_facts){.seasonal_mae = NAN, .step_mse = NAN},
                      origins->period, forecasts->quantiles + i * row, sheet->observed);
    }
    return MQ_OK;
}

// With the average of the weights in their place.
static mq_status score_own_products(struct session *session, struct sheet *sheet,
                                    struct replay_total *total)
{
    int64_t first = 0;
    int64_t n = 0;
    mq_shard_range(mq_panel_info(session->panel)->n_series,
                   session->model.experiment.forecast.batch, mq_size(session->world),
                   mq_rank(session->world), &first, &n);
    mq_optimizer_exchange(session->optimizer, session->model.params.values);
    const mq_status status =
        session->orders != NULL ? session_replay(session, first, n, total)
                                : mq_predictor_run(session->validator, first, n, score_rows, sheet);
    mq_optimizer_exchange(session->optimizer, session->model.params.values);
    return status;
}

static mq_status open_sheet(struct session *session, struct sheet *sheet)
{
    const struct mq_experiment *experiment = &session->model.experiment;
    const struct mq_origins *origins = &session->split.validation;
    MQ_NEW(sheet->observed, origins->n * experiment->data.horizon);
    return mq_scores_new(&sheet->scores, experiment->loss.quantiles.value,
                         experiment->loss.quantiles.n, experiment->data.horizon, origins->n, 1,
                         false);
}

static mq_status score_forecasts(struct session *session, double *score)
{
    struct sheet sheet = {.session = session};
    mq_status status = MQ_OK;
    MQ_DO(mq_agree(session->world, open_sheet(session, &sheet)));
    MQ_DO(mq_agree(session->world, score_own_products(session, &sheet, NULL)));
    MQ_DO(mq_scores_reduce(sheet.scores, session->world));
    *score = mq_scores_value(sheet.scores, "mean_wQL");
done:
    mq_scores_free(sheet.scores);
    mq_free(sheet.observed);
    return status;
}

static mq_status score_orders(struct session *session, double *score)
{
    struct replay_total total = {0};
    MQ_TRY(mq_agree(session->world, score_own_products(session, NULL, &total)));
    MQ_TRY(mq_sum_exact(session->world, &total.cost, 1));
    MQ_TRY(mq_sum_i64(session->world, &total.periods, 1));
    *score = total.periods > 0 ? mq_exact_value(&total.cost) / (double)total.periods : (double)NAN;
    return MQ_OK;
}

mq_status session_validate(struct session *session, double *score)
{
    struct mq_progress *progress = &session->progress;
    session->doing = "validating";
    MQ_TRY(session->orders != NULL ? score_orders(session, score)
                                   : score_forecasts(session, score));
    if (isnan(*score)) { // nothing to learn from: neither best nor patience move
        if (mq_rank(session->world) == 0 && !session->is_blind)
            mq_warn(
                "the validation span holds no demand to score: no best checkpoint, no patience");
        session->is_blind = true;
        return MQ_OK;
    }
    mq_schedule_observe(&progress->schedule, &session->model.experiment.train, *score);
    if (progress->best_step < 0 || *score < progress->best_score) {
        progress->best_score = *score;
        progress->best_step = progress->step;
        progress->bad_validations = 0;
    } else {
        progress->bad_validations++;
    }
    return MQ_OK;
}

// The file first, then the pointers to it, then what is no longer needed.
static mq_status write_and_point(struct session *session)
{
    const struct mq_progress *progress = &session->progress;
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_checkpoint(path, session->directory, progress->step));
    mq_optimizer_exchange(session->optimizer, session->model.params.values);
    const mq_status status =
        mq_checkpoint_write(path, &session->model, session->optimizer, progress);
    mq_optimizer_exchange(session->optimizer, session->model.params.values);
    MQ_TRY(status);
    // `latest` last: a crash in between resumes from the checkpoint before, and comes by here
    // again.
    if (progress->best_step == progress->step)
        MQ_TRY(mq_run_point(session->directory, "best", progress->step));
    MQ_TRY(mq_run_point(session->directory, "latest", progress->step));
    return mq_run_prune(session->directory, session->model.experiment.checkpoint.keep);
}

// The last good checkpoint must not be followed, and then replaced, by a bad one.
static mq_status check_finite(const struct session *session)
{
    const struct mq_params *params = &session->model.params;
    for (int64_t p = 0; p < params->n; p++) {
        const struct mq_param *param = &params->table[p];
        for (int64_t i = 0; i < mq_shape_count(param->shape); i++) {
            if (isfinite((double)params->values[param->offset + i])) continue;
            (void)mq_fail(MQ_NUMERIC, "step %lld: %s is no longer finite",
                          (long long)session->progress.step, param->name);
            return mq_hint("lower train.lr or train.clip; the checkpoints written before are kept");
        }
    }
    return MQ_OK;
}

mq_status session_checkpoint(struct session *session)
{
    char hex[MQ_SHA256_HEX];
    session->doing = "saving a checkpoint";
    mq_model_weights_sha256(&session->model, hex);
    MQ_TRY(mq_same_everywhere(session->world, "weights", hex));
    MQ_TRY(check_finite(session)); // the same on every rank, as the weights are
    mq_status status = MQ_OK;
    if (mq_rank(session->world) == 0) status = write_and_point(session);
    return mq_agree(session->world, status);
}
