/// Random forests of means or quantiles.
///
/// Trees are grown level by level from histograms of binned columns, in which a row counts 1 and
/// adds its target as an integer. So rows may be spread over shards (ranks) that add up histograms,
/// and over threads, and the trees are the same bits. Every tree sees its own random part of the
/// rows, every node its own random choice of columns; both are functions of the seed and of the
/// row's number.
///
/// A leaf keeps the mean of its rows, or the targets of a few of them drawn at random, each of equal
/// weight within its leaf. Quantiles are those of the mean over trees of what the leaves keep: of
/// one distribution, so they never cross.
///
/// Source: Breiman 2001, "Random Forests"; Meinshausen 2006, "Quantile Regression Forests", eq. 4 to
/// 6; histograms as in Ke et al. 2017, "LightGBM".
#ifndef MQ_CLASSIC_FOREST_H
#define MQ_CLASSIC_FOREST_H

#include "mq/base/meter.h"
#include "mq/base/pool.h"
#include "mq/base/ranks.h"
#include "mq/classic/bins.h"

enum {
    MQ_FOREST_KEPT_MAX = 16, ///< targets per leaf
    MQ_FOREST_TREES_MAX = 4096,
    MQ_FOREST_ROWS_MAX = 4000000, ///< of all shards: a histogram's counts and sums fit one integer
    MQ_FOREST_SPLIT_MAX = 1 << 16, ///< magnitude of the targets that splits look at
};

/// A grown forest as flat arrays: a view, owned elsewhere.
struct mq_forest {
    int64_t n_columns;
    const int32_t *cut_begin; ///< (n_columns + 1) into cut
    int64_t n_cuts;
    const float *cut;
    int64_t n_trees;
    const int32_t *root; ///< (n_trees + 1) into node
    int64_t n_nodes;
    /// (n_nodes, 2): the left child, the right one is next to it, and column * 256 + the last bin
    /// that goes left; or, of a leaf, -1 - its number, and 0
    const int32_t *node;
    int64_t n_leaves;
    const float *mean; ///< (n_leaves), or NULL: leaves keep targets
    const int32_t *kept_begin; ///< (n_leaves + 1) into kept
    int64_t n_kept;
    const int32_t *kept; ///< numbers of values
    int64_t n_values;
    const float *value; ///< (n_values) ascending
};

struct mq_forest_settings {
    uint64_t seed;
    int64_t trees;
    double share; ///< of the rows that a tree is grown on
    int64_t choice; ///< columns that a node chooses from, at most all
    int64_t min_leaf; ///< rows
    int64_t depth; ///< most splits above a leaf
    int64_t kept; ///< targets per leaf; 0: their mean
    struct mq_meter meter; ///< told of trees that are grown
};

/// One shard's rows.
struct mq_forest_rows {
    const struct mq_matrix *matrix;
    const int64_t *id; ///< (n) of each row, unlike all others of all shards
    const int32_t *split; ///< (n) the target as splits see it, below MQ_FOREST_SPLIT_MAX
    const float *y; ///< (n) the target of means, |y| < 2^20
    const int32_t *value; ///< (n) the target of quantiles: number in the forest's values
};

/// A forest in the making; owns its arrays. Zeroed = empty.
struct mq_trees {
    int64_t n;
    int32_t *root;
    int64_t n_nodes;
    int32_t *node;
    int64_t n_leaves;
    float *mean;
    int32_t *kept_begin;
    int64_t n_kept;
    int32_t *kept;
};

/// Grows a forest from the rows of all shards, which are ranks: the same on each. At least one row in all. MQ_FAILED when it would have
/// 2^31 nodes or kept targets. Release in every case. Collective over the shards.
mq_status mq_forest_grow(struct mq_trees *trees, const struct mq_forest_rows *rows,
                         const struct mq_forest_settings *settings, const struct mq_ranks *shards,
                         struct mq_pool *pool) MQ_NODISCARD;
void mq_trees_release(struct mq_trees *trees);

/// Whether arrays from elsewhere are a forest that can be walked. Local.
bool mq_forest_is_sound(const struct mq_forest *forest);

/// Bins of one row x (n_columns).
void mq_forest_bin(const struct mq_forest *forest, const float x[], uint8_t bins[]);
/// The mean over trees of the leaves' means for rows bins (n, n_columns): out (n). Local.
void mq_forest_means(const struct mq_forest *forest, int64_t n, const uint8_t bins[], float out[]);
/// Quantiles at ascending levels: the least value at which the distribution function reaches the
/// level, out (n, n_levels). `weight` holds n * n_values numbers. Local.
void mq_forest_quantiles(const struct mq_forest *forest, int64_t n, const uint8_t bins[],
                         const double levels[], int64_t n_levels, uint32_t weight[], float out[]);

#endif
