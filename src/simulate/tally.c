// Exact sums: products may come in any order, on any rank.
#include "simulate/tally.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/inventory/bootstrap.h"

enum { COST, PERIODS, RESAMPLED };
// Resamples that a thread takes at once.
enum { AT_ONCE = 16 * MQ_BOOTSTRAP_GROUP };

mq_status tally_init(struct tally *tally, int64_t segments, int64_t resamples, uint64_t seed)
{
    *tally = (struct tally){.segments = segments, .resamples = resamples, .seed = seed};
    MQ_NEW(tally->sums, segments * TALLY_SUMS);
    MQ_NEW(tally->resampled, segments * resamples * RESAMPLED);
    MQ_NEW(tally->value, (segments + 1) * TALLY_SUMS);
    MQ_NEW(tally->cost, (segments + 1) * resamples);
    return MQ_OK;
}

void tally_release(struct tally *tally)
{
    mq_free(tally->sums);
    mq_free(tally->resampled);
    mq_free(tally->value);
    mq_free(tally->cost);
    *tally = (struct tally){0};
}

struct batch {
    struct tally *tally;
    const struct replayed *products;
    int64_t n;
};

// Resamples [first, last) of all products at hand; no two tasks touch the same sums.
static mq_status resample(void *context, int64_t worker, int64_t task)
{
    (void)worker;
    const struct batch *batch = context;
    struct tally *tally = batch->tally;
    const int64_t first = task * AT_ONCE;
    const int64_t last = mq_min_i64(first + AT_ONCE, tally->resamples);
    for (int64_t i = 0; i < batch->n; i++) {
        const struct replayed *product = &batch->products[i];
        if (!(product->at[MQ_STOCK_PERIODS] > 0)) continue;
        for (int64_t r = first; r < last; r += MQ_BOOTSTRAP_GROUP) {
            double weight[MQ_BOOTSTRAP_GROUP];
            mq_bootstrap_weights(tally->seed, product->series, r / MQ_BOOTSTRAP_GROUP, weight);
            for (int64_t k = 0; k < MQ_BOOTSTRAP_GROUP && r + k < last; k++) {
                if (!(weight[k] > 0)) continue;
                struct mq_exact *sums =
                    tally->resampled + (product->segment * tally->resamples + r + k) * RESAMPLED;
                mq_exact_add(&sums[COST], weight[k] * product->at[MQ_STOCK_COST]);
                mq_exact_add(&sums[PERIODS], weight[k] * product->at[MQ_STOCK_PERIODS]);
            }
        }
    }
    return MQ_OK;
}

mq_status tally_add(struct tally *tally, struct mq_pool *pool, const struct replayed products[],
                    int64_t n)
{
    struct batch batch = {tally, products, n};
    for (int64_t i = 0; i < n; i++) {
        const struct replayed *product = &products[i];
        if (!(product->at[MQ_STOCK_PERIODS] > 0)) continue;
        for (int s = 0; s < TALLY_SUMS; s++)
            mq_exact_add(&tally->sums[product->segment * TALLY_SUMS + s], product->at[s]);
    }
    return mq_pool_run(pool, mq_ceil_div(tally->resamples, AT_ONCE), resample, NULL, &batch);
}

// Of n segments from `sums` on, each `stride` sums long, the value of the sum of their first ones.
static double total(const struct mq_exact *sums, int64_t n, int64_t stride)
{
    struct mq_exact all = {0};
    for (int64_t s = 0; s < n; s++)
        mq_exact_merge(&all, &sums[s * stride]);
    return mq_exact_value(&all);
}

mq_status tally_close(struct tally *tally, struct mq_world *world)
{
    const int64_t stride = tally->resamples * RESAMPLED;
    MQ_TRY(mq_sum_exact(world, tally->sums, tally->segments * TALLY_SUMS));
    MQ_TRY(mq_sum_exact(world, tally->resampled, tally->segments * stride));
    for (int64_t g = 0; g <= tally->segments; g++) {
        const bool is_all = g == tally->segments;
        const int64_t n = is_all ? tally->segments : 1;
        const int64_t first = is_all ? 0 : g;
        for (int64_t s = 0; s < TALLY_SUMS; s++)
            tally->value[g * TALLY_SUMS + s] =
                total(tally->sums + first * TALLY_SUMS + s, n, TALLY_SUMS);
        for (int64_t r = 0; r < tally->resamples; r++) {
            const struct mq_exact *sums = tally->resampled + first * stride + r * RESAMPLED;
            const double periods = total(sums + PERIODS, n, stride);
            tally->cost[g * tally->resamples + r] =
                periods > 0 ? total(sums + COST, n, stride) / periods : (double)NAN;
        }
    }
    mq_free(tally->sums);
    mq_free(tally->resampled);
    tally->sums = tally->resampled = NULL;
    return MQ_OK;
}
