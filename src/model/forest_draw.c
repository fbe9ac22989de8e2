// Rows drawn lane by lane, as training draws windows: which ones is a function of the seed and the
// lane, and a rank owns whole lanes.
#include "model/forest_draw.h"

#include <math.h>

#include "model/forest_rows.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"
#include "mq/data/engineered.h"
#include "mq/data/sampler.h"

enum { HORIZONS_PER_FORK = 2, CACHE_SHIFT = 20, DRAW = 3 }; // DRAW: of the generator's addresses
static const double target_max = 1 << 19;

struct draw {
    const struct mq_fit *fit;
    struct forest_sample *sample;
    int64_t s; // the span; -1: horizons
    int64_t rows_per_fork;
    float *rows; // (H, F) of the periods of a span
    int64_t room;
    struct mq_window_maker maker;
    struct mq_batch batch;
    struct mq_cache *cache;
    struct mq_sampler sampler;
    int64_t first_id; // of the lane at hand
};

// What came h periods after the fork, or in the span that follows it, in the unit of the batch;
// false where that is not known.
static bool find_target(const struct draw *draw, int64_t t, int64_t h, double *y)
{
    const struct mq_batch *batch = &draw->batch;
    const bool is_span = draw->s >= 0;
    const mq_real *mask = is_span ? mq_batch_total_mask(batch, draw->s).data : batch->mask;
    const mq_real *target = is_span ? mq_batch_total(batch, draw->s).data : batch->target;
    *y = (double)target[t + h];
    return mask[t + h] != 0;
}

// Horizon h of the fork in the batch, or its span, unless there is no target.
static void draw_row(struct draw *draw, int64_t id, int64_t h)
{
    const struct mq_features *features = &draw->fit->model->features;
    const struct mq_span_list *spans = &draw->fit->model->experiment.loss.spans;
    const struct mq_batch *batch = &draw->batch;
    const int64_t t = batch->shape.context - 1;
    struct forest_sample *sample = draw->sample;
    double target = 0;
    if (batch->weight[t] == 0 || !find_target(draw, t, h, &target)) return;
    const struct forest_units units = forest_units_of(features, batch, 0, t);
    const double y = target / (double)batch->scale[t] - (double)batch->level[t];
    const double u = (y - units.shift) / units.unit;
    float *x = sample->x + sample->n * sample->n_columns;
    if (draw->s < 0)
        forest_fill(features, batch, 0, t, h, 1, NULL, x);
    else
        forest_fill_span(features, batch, 0, t, mq_span_periods(spans->value[draw->s]), NULL,
                         draw->rows, x);
    for (int64_t c = 0; c < features->n_codes; c++)
        x[forest_categories(features) + c] = (float)batch->codes[c];
    sample->id[sample->n] = id;
    sample->y[sample->n++] = (float)fmax(-target_max, fmin(u, target_max));
}

// One fork of a product and some of its horizons, up to row `rows` of the lane.
static mq_status draw_fork(struct draw *draw, int64_t position, int64_t rows)
{
    const struct mq_series_block *block = NULL;
    int64_t i = 0;
    const int64_t high = draw->fit->train_end - 2;
    MQ_TRY(mq_cache_find(draw->cache, mq_sampler_series(&draw->sampler, position), &block, &i));
    // The earliest fork is just before the launch: it teaches the forecast without history.
    const int64_t low = mq_min_i64(block->start[i] - 1, high);
    const int64_t end = mq_sampler_end(&draw->sampler, position, low, high);
    mq_window_fill(&draw->maker, &draw->batch, 0, block, i, end, draw->fit->train_end);
    const int64_t first = position * draw->rows_per_fork;
    const uint64_t horizons = draw->s < 0 ? (uint64_t)draw->batch.shape.horizon : 1;
    for (int64_t r = first; r < mq_min_i64(first + draw->rows_per_fork, rows); r++) {
        const int64_t id = draw->first_id + r;
        struct mq_rng rng = mq_rng_at(draw->sampler.seed, MQ_RNG_FOREST, (uint64_t)id, DRAW);
        draw_row(draw, id, 1 + (int64_t)mq_rng_below(&rng, horizons));
    }
    return MQ_OK;
}

static mq_status draw_lane(struct draw *draw, int64_t wanted, int64_t lane)
{
    const struct mq_experiment *experiment = &draw->fit->model->experiment;
    const int64_t lanes = experiment->train.lanes;
    const int64_t rows = mq_split(wanted, lanes, lane + 1) - mq_split(wanted, lanes, lane);
    mq_status status = MQ_OK;
    draw->first_id = mq_split(wanted, lanes, lane);
    MQ_TRY(mq_sampler_init(&draw->sampler, (uint64_t)experiment->run.seed,
                           mq_panel_info(draw->fit->panel)->n_series, lanes, lane));
    const int64_t forks = draw->sampler.n > 0 ? mq_ceil_div(rows, draw->rows_per_fork) : 0;
    for (int64_t i = 0; i < forks; i++)
        MQ_DO(draw_fork(draw, i, rows));
done:
    mq_sampler_release(&draw->sampler);
    return status;
}

static mq_status begin(struct draw *draw)
{
    const struct mq_fit *fit = draw->fit;
    const struct mq_data_settings *data = &fit->model->experiment.data;
    const int64_t steps = mq_min_i64(data->context, MQ_ENGINEERED_STEPS);
    struct forest_sample *sample = draw->sample;
    MQ_NEW(sample->x, draw->room * sample->n_columns);
    MQ_NEW(sample->y, draw->room);
    MQ_NEW(sample->id, draw->room);
    if (draw->s >= 0) MQ_NEW(draw->rows, data->horizon * sample->n_columns);
    MQ_TRY(mq_window_maker_init(&draw->maker, &fit->model->features, fit->panel, 0,
                                data->context + data->horizon));
    MQ_TRY(
        mq_batch_init(&draw->batch, &fit->model->features, mq_model_window(fit->model, 1, steps)));
    return mq_cache_new(&draw->cache, mq_panel_path(fit->panel), data->cache_mib << CACHE_SHIFT);
}

mq_status forest_draw(const struct mq_fit *fit, int64_t samples, int64_t s,
                      struct forest_sample *sample)
{
    mq_status status = MQ_OK;
    const int64_t lanes = fit->model->experiment.train.lanes;
    const int64_t first = mq_split(lanes, fit->ranks.n, fit->ranks.own);
    const int64_t end = mq_split(lanes, fit->ranks.n, fit->ranks.own + 1);
    // More rows than there are observations would be the same ones again.
    const int64_t wanted =
        mq_min_i64(samples, mq_panel_info(fit->panel)->n_values * HORIZONS_PER_FORK);
    *sample = (struct forest_sample){.n_columns = forest_columns(&fit->model->features)};
    struct draw draw = {
        .fit = fit, .sample = sample, .s = s, .rows_per_fork = s < 0 ? HORIZONS_PER_FORK : 1};
    draw.room = mq_split(wanted, lanes, end) - mq_split(wanted, lanes, first);
    MQ_DO(begin(&draw));
    for (int64_t lane = first; lane < end; lane++)
        MQ_DO(draw_lane(&draw, wanted, lane));
done:
    mq_free(draw.rows);
    mq_cache_free(draw.cache);
    mq_batch_release(&draw.batch);
    mq_window_maker_release(&draw.maker);
    return status;
}

void forest_sample_release(struct forest_sample *sample)
{
    mq_free(sample->x);
    mq_free(sample->y);
    mq_free(sample->id);
    *sample = (struct forest_sample){0};
}
