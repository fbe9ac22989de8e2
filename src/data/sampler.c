// Draws without state: the order of an epoch is recomputed from its address when it changes.
#include "mq/data/sampler.h"

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"

enum { POOL_BLOCKS = 4 }; // blocks shuffled together

mq_status mq_sampler_init(struct mq_sampler *sampler, uint64_t seed, int64_t n_series,
                          int64_t lanes, int64_t lane)
{
    const int64_t first = mq_split(n_series, lanes, lane);
    *sampler = (struct mq_sampler){.seed = seed,
                                   .lane = lane,
                                   .first = first,
                                   .n = mq_split(n_series, lanes, lane + 1) - first,
                                   .epoch = -1};
    MQ_NEW(sampler->order, sampler->n);
    return MQ_OK;
}

void mq_sampler_release(struct mq_sampler *sampler)
{
    mq_free(sampler->order);
    *sampler = (struct mq_sampler){0};
}

static void shuffle(struct mq_rng *rng, int64_t values[], int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = (int64_t)mq_rng_below(rng, (uint64_t)i + 1);
        const int64_t swapped = values[i];
        values[i] = values[j];
        values[j] = swapped;
    }
}

// Blocks in random order, then the series of every POOL_BLOCKS of them shuffled together.
static void make_order(struct mq_sampler *sampler, int64_t epoch)
{
    struct mq_rng rng =
        mq_rng_at(sampler->seed, MQ_RNG_SHUFFLE, (uint64_t)epoch, (uint32_t)sampler->lane);
    const int64_t n_blocks = mq_ceil_div(sampler->n, MQ_CACHE_BLOCK);
    // The block numbers are shuffled at the end of `order` and expanded from the front: block i's
    // series end at or before the place of number i + 1, so no number is overwritten before its
    // use.
    int64_t *numbers = sampler->order + sampler->n - n_blocks;
    for (int64_t i = 0; i < n_blocks; i++)
        numbers[i] = i;
    shuffle(&rng, numbers, n_blocks);
    int64_t filled = 0;
    int64_t pool_start = 0;
    for (int64_t i = 0; i < n_blocks; i++) {
        const int64_t begin = numbers[i] * MQ_CACHE_BLOCK;
        const int64_t end = mq_min_i64(begin + MQ_CACHE_BLOCK, sampler->n);
        for (int64_t s = begin; s < end; s++)
            sampler->order[filled++] = s;
        if ((i + 1) % POOL_BLOCKS == 0 || i + 1 == n_blocks) {
            shuffle(&rng, sampler->order + pool_start, filled - pool_start);
            pool_start = filled;
        }
    }
    sampler->epoch = epoch;
}

int64_t mq_sampler_series(struct mq_sampler *sampler, int64_t position)
{
    MQ_ASSERT(sampler->n > 0 && position >= 0);
    const int64_t epoch = position / sampler->n;
    if (epoch != sampler->epoch) make_order(sampler, epoch);
    return sampler->first + sampler->order[position % sampler->n];
}

int64_t mq_sampler_end(const struct mq_sampler *sampler, int64_t position, int64_t low,
                       int64_t high)
{
    if (high <= low) return high;
    struct mq_rng rng =
        mq_rng_at(sampler->seed, MQ_RNG_SAMPLE, (uint64_t)position, (uint32_t)sampler->lane);
    return low + (int64_t)mq_rng_below(&rng, (uint64_t)(high - low) + 1);
}
