// A predictor over the evaluation origins, and what its forecasts of single products scored.
#include "report/backtest.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/eval/average.h"
#include "mq/eval/scores.h"
#include "mq/model/checkpoint.h"

mq_status backtest_open(struct backtest *b, const char *run_directory)
{
    char checkpoint[MQ_PATH_MAX];
    struct mq_progress progress;
    *b = (struct backtest){0};
    MQ_TRY(mq_checkpoint_find(run_directory, "best", checkpoint));
    MQ_TRY(mq_checkpoint_read(checkpoint, &b->model, &progress));
    const struct mq_experiment *experiment = &b->model.experiment;
    MQ_TRY(mq_panel_open(&b->panel, experiment->data.panel));
    MQ_TRY(mq_split_make(&b->split, experiment, mq_panel_info(b->panel), mq_panel_path(b->panel)));
    const struct mq_real_list *levels = mq_evaluate_levels(experiment);
    const int64_t O = b->split.evaluation.n;
    b->H = experiment->data.horizon;
    b->Q = levels->n;
    b->levels = levels->value;
    b->origin = b->split.evaluation.period[O - 1];
    MQ_NEW(b->mean, O * b->H * b->Q);
    MQ_NEW(b->observed, O * b->H);
    MQ_NEW(b->quantiles, BACKTEST_BLOCK * b->H * b->Q);
    MQ_TRY(mq_pool_new(&b->pool, 1));
    return mq_predictor_new(&b->predictor, &b->model, b->panel, &b->split.evaluation, levels,
                            BACKTEST_BLOCK, b->pool);
}

void backtest_close(struct backtest *b)
{
    mq_predictor_free(b->predictor);
    mq_pool_free(b->pool);
    mq_split_release(&b->split);
    mq_panel_close(b->panel);
    mq_model_release(&b->model);
    mq_free(b->mean);
    mq_free(b->observed);
    mq_free(b->quantiles);
    *b = (struct backtest){0};
}

static void score(struct backtest *b, int64_t at)
{
    double loss = 0;
    double volume = 0;
    int64_t points = 0;
    for (int64_t i = 0; i < b->split.evaluation.n * b->H; i++) {
        const double y = (double)b->observed[i];
        if (isnan(y)) continue;
        volume += fabs(y);
        points++;
        for (int64_t q = 0; q < b->Q; q++)
            loss += mq_quantile_loss(b->levels[q], y, (double)b->mean[i * b->Q + q]);
    }
    b->wql[at] = volume > 0 ? 2 * loss / (double)b->Q / volume : (double)NAN;
    b->volume[at] = points > 0 ? volume / (double)points : (double)NAN;
}

static mq_status take_rows(void *context, const struct mq_series_block *block,
                           const struct mq_forecasts *forecasts)
{
    struct backtest *b = context;
    const struct mq_origins *origins = &b->split.evaluation;
    const int64_t row = origins->n * b->H * b->Q;
    const int64_t last = (origins->n - 1) * b->H * b->Q;
    for (int64_t i = 0; i < block->n; i++) {
        const int64_t at = (block->first + i) % BACKTEST_BLOCK;
        mq_average_origins(b->model.experiment.evaluate.average, origins->period, origins->n, b->H,
                           b->Q, forecasts->quantiles + i * row, b->mean);
        mq_targets_fill(origins, b->H, block, i, true, b->observed);
        score(b, at);
        memcpy(b->quantiles + at * b->H * b->Q, b->mean + last,
               (size_t)(b->H * b->Q) * sizeof *b->mean);
    }
    return MQ_OK;
}

mq_status backtest_read(struct backtest *b, int64_t first, int64_t n)
{
    MQ_ASSERT(first % BACKTEST_BLOCK == 0 && n <= BACKTEST_BLOCK);
    return mq_predictor_run(b->predictor, first, n, take_rows, b);
}
