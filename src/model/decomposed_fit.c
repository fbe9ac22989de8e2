// Fitting `decomposed`: three passes over the training span. Every rank looks at its own products and
// adds to integers; their sum over ranks is exact, and what follows from it the same everywhere.
#include <math.h>
#include <string.h>

#include "model/decomposed.h"
#include "model/past.h"
#include "mq/base/alloc.h"
#include "mq/base/exact.h"
#include "mq/base/int.h"
#include "mq/classic/elasticity.h"
#include "mq/classic/profile.h"

// How much groups are shrunk to all: a profile as if that had been seen for so many seasons of
// products; elasticities are expected so far from that of all, and that one from 0.
static const double profile_strength = 20;
static const double elasticity_deviation = 0.5;
static const double elasticity_first = 2;
enum { BLOCK = 256, SPAN_MIN = 26 };

struct fitting {
    const struct mq_fit *fit;
    struct decomposition d;
    struct mq_rebinding rebinding;
    struct past_buffers *buffers; // (threads)
    double *profile; // tables
    double *elasticity;
    int64_t *counts;
    struct mq_exact *sums; // (groups, 2 season) sold and expected, then (groups, 4) of prices
    double *terms; // (2 season) of one product
    double *points; // (threads, H)
    int32_t *bins; // (BLOCK, origins, H) of what errors, -1 = none
    const struct mq_series_block *block;
};

static int64_t horizon_of(const struct fitting *f)
{
    return f->fit->model->experiment.data.horizon;
}

static int64_t origins_of(const struct fitting *f)
{
    return ((const struct decomposed_options *)f->fit->model->experiment.model)->origins;
}

static struct mq_past past_at(struct fitting *f, int64_t worker, int64_t i, int64_t origin)
{
    return past_gather(f->fit->model, &f->rebinding, f->block, i, origin, f->d.season,
                       &f->buffers[worker]);
}

// This rank's products, block by block.
static mq_status each_block(struct fitting *f, mq_status (*look)(struct fitting *f))
{
    const struct mq_fit *fit = f->fit;
    const int64_t n = mq_panel_info(fit->panel)->n_series;
    const int64_t ranks = fit->ranks.n;
    const int64_t end = mq_split(n, ranks, fit->ranks.own + 1);
    for (int64_t i = mq_split(n, ranks, fit->ranks.own); i < end; i += BLOCK) {
        struct mq_series_block block = {0};
        mq_status status = mq_panel_read(fit->panel, i, mq_min_i64(BLOCK, end - i), &block);
        f->block = &block;
        if (status == MQ_OK) status = look(f);
        f->block = NULL;
        mq_series_block_release(&block);
        MQ_TRY(status);
    }
    return MQ_OK;
}

// Adds terms (n) to a group's sums and to those of all.
static void add_terms(struct fitting *f, int64_t group, const double terms[], int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        mq_exact_add(&f->sums[group * n + i], terms[i]);
        mq_exact_add(&f->sums[(f->d.groups - 1) * n + i], terms[i]);
    }
}

static mq_status sum_over_ranks(struct fitting *f, int64_t n)
{
    return mq_ranks_sum_exact(&f->fit->ranks, f->sums, n);
}

// ---- season -------------------------------------------------------------------------------------

static mq_status add_seasons(struct fitting *f)
{
    const int64_t m = f->d.season;
    for (int64_t i = 0; i < f->block->n; i++) {
        const struct mq_past past = past_at(f, 0, i, f->fit->train_end - 1);
        if (!decomposed_is_demand(&past)) continue;
        memset(f->terms, 0, (size_t)(2 * m) * sizeof *f->terms);
        mq_profile_add(past.observed, past.n, mq_mod(past.first, m), m, f->terms, f->terms + m);
        add_terms(f, decomposed_group(&f->d, &past), f->terms, 2 * m);
    }
    return MQ_OK;
}

static mq_status fit_seasons(struct fitting *f)
{
    const int64_t m = f->d.season;
    MQ_TRY(mq_ranks_agree(&f->fit->ranks, each_block(f, add_seasons)));
    MQ_TRY(sum_over_ranks(f, f->d.groups * 2 * m));
    // The last group is of all: the first to be known.
    const double *whole = NULL;
    for (int64_t g = f->d.groups - 1; g >= 0; g--) {
        double *profile = f->profile + g * m;
        for (int64_t j = 0; j < 2 * m; j++)
            f->terms[j] = mq_exact_value(&f->sums[g * 2 * m + j]);
        mq_profile_shrink(m, f->terms, f->terms + m, whole, profile_strength, profile);
        if (whole == NULL) whole = profile;
    }
    return MQ_OK;
}

// ---- price --------------------------------------------------------------------------------------

static mq_status add_prices(struct fitting *f)
{
    const int64_t m = f->d.season;
    const int64_t span = mq_round_up(SPAN_MIN, m);
    for (int64_t i = 0; i < f->block->n; i++) {
        const struct mq_past past = past_at(f, 0, i, f->fit->train_end - 1);
        if (!decomposed_is_demand(&past)) continue;
        const int64_t group = decomposed_group(&f->d, &past);
        struct mq_price_sums sums = {0};
        mq_price_add(past.observed, decomposed_prices(&f->d, &past), past.n, mq_mod(past.first, m),
                     m, f->profile + group * m, span, &sums);
        add_terms(f, group, (const double[]){sums.xx, sums.xz, sums.zz, sums.n}, 4);
    }
    return MQ_OK;
}

static struct mq_price_sums price_sums(const struct fitting *f, int64_t group)
{
    const struct mq_exact *sums = f->sums + 4 * group;
    return (struct mq_price_sums){mq_exact_value(&sums[0]), mq_exact_value(&sums[1]),
                                  mq_exact_value(&sums[2]), mq_exact_value(&sums[3])};
}

static mq_status fit_prices(struct fitting *f)
{
    if (f->d.price_at < 0) return MQ_OK;
    const int64_t all = f->d.groups - 1;
    memset(f->sums, 0, (size_t)(4 * f->d.groups) * sizeof *f->sums);
    MQ_TRY(mq_ranks_agree(&f->fit->ranks, each_block(f, add_prices)));
    MQ_TRY(sum_over_ranks(f, 4 * f->d.groups));
    const struct mq_price_sums whole = price_sums(f, all);
    f->elasticity[all] = mq_price_elasticity(&whole, &whole, 0, elasticity_first);
    for (int64_t g = 0; g < all; g++) {
        const struct mq_price_sums sums = price_sums(f, g);
        f->elasticity[g] =
            mq_price_elasticity(&sums, &whole, f->elasticity[all], elasticity_deviation);
    }
    return MQ_OK;
}

// ---- errors -------------------------------------------------------------------------------------

// Bins of one product's errors at one origin; -1 where nothing was observed.
static void look_back(struct fitting *f, int64_t worker, int64_t i, int64_t origin, int32_t bins[])
{
    const int64_t horizon = horizon_of(f);
    double *point = f->points + worker * horizon;
    const struct mq_series_block *block = f->block;
    const struct mq_past past = past_at(f, worker, i, origin);
    if (past.n == 0 || !decomposed_is_demand(&past)) return;
    const int64_t kind = decomposed_point(&f->d, &past, horizon, point);
    const int64_t group = decomposed_group(&f->d, &past);
    for (int64_t h = 1; h <= horizon; h++) {
        const int64_t j = origin + h - block->start[i];
        const int64_t at = block->offset[i] + j;
        if (j < 0 || j >= block->length[i] || !isfinite(block->target[at])) continue;
        if (block->available != NULL && !(block->available[at] > 0)) continue;
        const double forecast = point[h - 1];
        const int64_t cell = group * DECOMPOSED_CELLS + decomposed_cell(h, kind);
        bins[h - 1] =
            (int32_t)(cell * MQ_RATIO_BINS + mq_ratio_bin((double)block->target[at], forecast));
    }
}

static mq_status look_at_product(void *context, int64_t worker, int64_t i)
{
    struct fitting *f = context;
    const int64_t horizon = horizon_of(f);
    int32_t *bins = f->bins + i * origins_of(f) * horizon;
    for (int64_t k = 0; k < origins_of(f) * horizon; k++)
        bins[k] = -1;
    for (int64_t o = 0; o < origins_of(f); o++) {
        const int64_t origin = f->fit->train_end - 1 - (o + 1) * horizon;
        if (origin < 0) break;
        look_back(f, worker, i, origin, bins + o * horizon);
    }
    return MQ_OK;
}

static mq_status add_errors(struct fitting *f)
{
    const int64_t per_product = origins_of(f) * horizon_of(f);
    const int64_t size = DECOMPOSED_CELLS * MQ_RATIO_BINS;
    MQ_TRY(mq_pool_run(f->fit->pool, f->block->n, look_at_product, NULL, f));
    for (int64_t i = 0; i < f->block->n * per_product; i++) {
        if (f->bins[i] < 0) continue;
        f->counts[f->bins[i]]++;
        f->counts[(f->d.groups - 1) * size + f->bins[i] % size]++;
    }
    return MQ_OK;
}

static mq_status fit_errors(struct fitting *f)
{
    MQ_TRY(mq_ranks_agree(&f->fit->ranks, each_block(f, add_errors)));
    return mq_ranks_sum(&f->fit->ranks, f->counts, f->d.groups * DECOMPOSED_CELLS * MQ_RATIO_BINS);
}

// ---- all ----------------------------------------------------------------------------------------

static mq_status add_tables(struct fitting *f, struct mq_tables *tables)
{
    const int64_t groups = f->d.groups;
    MQ_TRY(
        mq_tables_add(tables, "profile", MQ_TABLE_F64, groups * f->d.season, (void **)&f->profile));
    MQ_TRY(mq_tables_add(tables, "elasticity", MQ_TABLE_F64, groups, (void **)&f->elasticity));
    MQ_TRY(mq_tables_add(tables, "errors", MQ_TABLE_I64, groups * DECOMPOSED_CELLS * MQ_RATIO_BINS,
                         (void **)&f->counts));
    f->d.profile = f->profile;
    f->d.elasticity = f->elasticity;
    f->d.counts = f->counts;
    return MQ_OK;
}

static mq_status prepare(struct fitting *f, struct mq_tables *tables)
{
    const struct mq_model *model = f->fit->model;
    const int64_t threads = mq_pool_threads(f->fit->pool);
    MQ_TRY(decomposed_resolve(model, &f->d));
    f->d.season = past_season(model, f->fit->panel);
    MQ_TRY(add_tables(f, tables));
    MQ_TRY(mq_rebinding_init(&f->rebinding, model, f->fit->panel));
    MQ_NEW(f->buffers, threads);
    for (int64_t i = 0; i < threads; i++)
        MQ_TRY(past_buffers_init(&f->buffers[i], model, f->fit->train_end, f->d.season));
    MQ_NEW(f->sums, f->d.groups * mq_max_i64(2 * f->d.season, 4));
    MQ_NEW(f->terms, 2 * f->d.season);
    MQ_NEW(f->points, threads * horizon_of(f));
    MQ_NEW(f->bins, BLOCK * origins_of(f) * horizon_of(f));
    return MQ_OK;
}

mq_status decomposed_fit(const struct mq_fit *fit, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    struct fitting f = {.fit = fit};
    MQ_DO(mq_ranks_agree(&fit->ranks, prepare(&f, tables)));
    MQ_DO(fit_seasons(&f));
    MQ_DO(fit_prices(&f));
    MQ_DO(fit_errors(&f));
done:
    for (int64_t i = 0; f.buffers != NULL && i < mq_pool_threads(fit->pool); i++)
        past_buffers_release(&f.buffers[i]);
    mq_rebinding_release(&f.rebinding, fit->model);
    mq_free(f.buffers);
    mq_free(f.sums);
    mq_free(f.terms);
    mq_free(f.points);
    mq_free(f.bins);
    return status;
}
