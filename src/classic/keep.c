// What leaves keep: means, or the targets that come first in an order drawn at random, which is the
// same however the rows are spread.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classic/grow.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

static const double mean_unit = 1 << 20; // means are sums of whole parts of 1

// A row of a leaf: the leaf's number, then 40 random bits; and the number of its target.
struct drawn {
    int64_t key;
    int64_t value;
};
enum { DRAW_BITS = 40, WORDS = sizeof(struct drawn) / sizeof(int64_t) };

static int by_key(const void *a, const void *b)
{
    const struct drawn *x = a;
    const struct drawn *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static mq_status grow_array(void *array, int64_t count, size_t size)
{
    void **at = array;
    void *more = mq_realloc(*at, count, size);
    if (more == NULL) return MQ_FAILED;
    *at = more;
    return MQ_OK;
}

// ---- means --------------------------------------------------------------------------------------

static mq_status make_sums(const struct growth *growth, struct mq_trees *trees, int64_t **sums)
{
    MQ_NEW(*sums, growth->n_leaves);
    return grow_array(&trees->mean, trees->n_leaves + growth->n_leaves, sizeof *trees->mean);
}

static mq_status keep_means(const struct growth *growth, struct mq_trees *trees)
{
    mq_status status = MQ_OK;
    const struct mq_ranks *shards = growth->shards;
    int64_t *sums = NULL;
    MQ_DO(mq_ranks_agree(shards, make_sums(growth, trees, &sums)));
    for (int64_t i = 0; i < growth->n_leaves; i++)
        for (int64_t j = growth->leaf[i].begin; j < growth->leaf[i].end; j++)
            sums[i] += llround((double)growth->rows->y[growth->order[j]] * mean_unit);
    MQ_DO(mq_ranks_sum(shards, sums, growth->n_leaves));
    for (int64_t i = 0; i < growth->n_leaves; i++)
        trees->mean[trees->n_leaves++] =
            (float)((double)sums[i] / mean_unit / (double)growth->leaf[i].count);
done:
    mq_free(sums);
    return status;
}

// ---- targets ------------------------------------------------------------------------------------

static struct drawn draw(const struct growth *growth, int64_t leaf, int64_t row)
{
    struct mq_rng rng = growth_row(growth->settings, growth->rows->id[row], growth->tree);
    (void)mq_rng_u32(&rng);
    const uint64_t high = mq_rng_u32(&rng);
    const uint64_t low = mq_rng_u32(&rng);
    const int64_t bits = (int64_t)((high << 32 | low) >> (64 - DRAW_BITS));
    return (struct drawn){leaf << DRAW_BITS | bits, growth->rows->value[row]};
}

// The first of a leaf's rows on this shard, in order; their number.
static int64_t draw_leaf(const struct growth *growth, int64_t leaf, struct drawn first[])
{
    int64_t n = 0;
    for (int64_t i = growth->leaf[leaf].begin; i < growth->leaf[leaf].end; i++) {
        const struct drawn drawn = draw(growth, leaf, growth->order[i]);
        if (n == growth->settings->kept && by_key(&drawn, &first[n - 1]) >= 0) continue;
        if (n < growth->settings->kept) n++;
        int64_t at = n - 1;
        for (; at > 0 && by_key(&drawn, &first[at - 1]) < 0; at--)
            first[at] = first[at - 1];
        first[at] = drawn;
    }
    return n;
}

static mq_status make_drawn(const struct growth *growth, struct drawn **drawn, int64_t **counts)
{
    int64_t n = 0;
    for (int64_t i = 0; i < growth->n_leaves; i++)
        n += mq_min_i64(growth->settings->kept, growth->leaf[i].end - growth->leaf[i].begin);
    MQ_NEW(*drawn, n);
    MQ_NEW(*counts, growth->shards->n);
    return MQ_OK;
}

// All shards' rows in order, in place of this shard's: each adds its own to zeros.
static mq_status join(const struct growth *growth, struct drawn **drawn, int64_t counts[],
                      int64_t *n)
{
    const struct mq_ranks *shards = growth->shards;
    int64_t before = 0;
    int64_t all = 0;
    struct drawn *joined = NULL;
    counts[shards->own] = *n;
    MQ_TRY(mq_ranks_sum(shards, counts, shards->n));
    for (int64_t i = 0; i < shards->n; i++) {
        before += i < shards->own ? counts[i] : 0;
        all += counts[i];
    }
    joined = mq_calloc(all, sizeof *joined);
    const mq_status status = mq_ranks_agree(shards, joined != NULL ? MQ_OK : MQ_FAILED);
    if (status != MQ_OK) {
        mq_free(joined);
        return status;
    }
    memcpy(joined + before, *drawn, (size_t)*n * sizeof *joined);
    mq_free(*drawn);
    *drawn = joined;
    *n = all;
    MQ_TRY(mq_ranks_sum(shards, (int64_t *)(void *)joined, all * WORDS));
    qsort(joined, (size_t)all, sizeof *joined, by_key);
    return MQ_OK;
}

// The first of each leaf in order.
static void append(const struct growth *growth, struct mq_trees *trees, const struct drawn drawn[],
                   int64_t n)
{
    int64_t i = 0;
    for (int64_t leaf = 0; leaf < growth->n_leaves; leaf++) {
        int64_t kept = 0;
        for (; i < n && drawn[i].key >> DRAW_BITS == leaf; i++)
            if (kept++ < growth->settings->kept)
                trees->kept[trees->n_kept++] = (int32_t)drawn[i].value;
        trees->kept_begin[++trees->n_leaves] = (int32_t)trees->n_kept;
    }
}

static mq_status make_kept(const struct growth *growth, struct mq_trees *trees, int64_t n)
{
    if (trees->n_kept + n > INT32_MAX)
        return mq_fail(MQ_FAILED, "leaves keep more than %d targets: ask for fewer trees or rows",
                       INT32_MAX);
    MQ_TRY(grow_array(&trees->kept_begin, trees->n_leaves + growth->n_leaves + 1,
                      sizeof *trees->kept_begin));
    return grow_array(&trees->kept, trees->n_kept + n, sizeof *trees->kept);
}

static mq_status keep_targets(const struct growth *growth, struct mq_trees *trees)
{
    mq_status status = MQ_OK;
    const struct mq_ranks *shards = growth->shards;
    struct drawn *drawn = NULL;
    int64_t *counts = NULL;
    int64_t n = 0;
    MQ_DO(mq_ranks_agree(shards, make_drawn(growth, &drawn, &counts)));
    for (int64_t leaf = 0; leaf < growth->n_leaves; leaf++)
        n += draw_leaf(growth, leaf, drawn + n);
    if (shards->n > 1) MQ_DO(join(growth, &drawn, counts, &n));
    MQ_DO(mq_ranks_agree(shards, make_kept(growth, trees, n)));
    append(growth, trees, drawn, n);
done:
    mq_free(drawn);
    mq_free(counts);
    return status;
}

mq_status growth_keep(const struct growth *growth, struct mq_trees *trees)
{
    return growth->settings->kept > 0 ? keep_targets(growth, trees) : keep_means(growth, trees);
}
