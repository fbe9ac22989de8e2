/// A tree in the making, between growing and its leaves.
#ifndef CLASSIC_GROW_H
#define CLASSIC_GROW_H

#include "mq/base/rng.h"
#include "mq/classic/forest.h"

/// Some rows of this shard, places in the tree's order of them, and how many of all shards'.
struct grown_leaf {
    int64_t begin;
    int64_t end;
    int64_t count;
};

struct growth {
    const struct mq_forest_rows *rows;
    const struct mq_forest_settings *settings;
    const struct mq_ranks *shards;
    int64_t tree;
    const int32_t *order; ///< rows that the tree sees
    int64_t n_leaves;
    const struct grown_leaf *leaf;
};

/// The draws of a row in a tree: the first one says whether the tree sees it.
static inline struct mq_rng growth_row(const struct mq_forest_settings *settings, int64_t id,
                                       int64_t tree)
{
    return mq_rng_at(settings->seed, MQ_RNG_FOREST, (uint64_t)id, (uint32_t)(2 * tree));
}

/// Appends what the leaves of a tree keep. Collective over the shards.
mq_status growth_keep(const struct growth *growth, struct mq_trees *trees) MQ_NODISCARD;

#endif
