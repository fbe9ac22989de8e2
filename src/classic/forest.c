// Walking a forest, and not trusting one.
#include "mq/classic/forest.h"

#include <math.h>
#include <string.h>

enum { WHOLE = 720720 }; // a leaf's weight: every number up to MQ_FOREST_KEPT_MAX divides it

// ---- trust --------------------------------------------------------------------------------------

// Begins at 0, ends at n, never falls, and each part is at least `least` and at most `most` long.
static bool are_parts(const int32_t begin[], int64_t parts, int64_t n, int64_t least, int64_t most)
{
    if (begin == NULL || begin[0] != 0 || begin[parts] != n) return false;
    for (int64_t i = 0; i < parts; i++) {
        const int64_t length = (int64_t)begin[i + 1] - begin[i];
        if (length < least || length > most) return false;
    }
    return true;
}

static bool are_ascending(const float values[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]) || (i > 0 && values[i] < values[i - 1])) return false;
    return true;
}

static bool are_below(const int32_t numbers[], int64_t n, int64_t limit)
{
    for (int64_t i = 0; i < n; i++)
        if (numbers[i] < 0 || numbers[i] >= limit) return false;
    return true;
}

// Children come after their node and before the tree's end, so a walk ends.
static bool is_tree(const struct mq_forest *forest, int64_t tree)
{
    for (int64_t i = forest->root[tree]; i < forest->root[tree + 1]; i++) {
        const int64_t left = forest->node[2 * i];
        const int64_t rule = forest->node[2 * i + 1];
        if (left < 0 && -1 - left >= forest->n_leaves) return false;
        if (left < 0) continue;
        if (left <= i || left + 1 >= forest->root[tree + 1]) return false;
        if (rule < 0 || rule / 256 >= forest->n_columns) return false;
    }
    return true;
}

bool mq_forest_is_sound(const struct mq_forest *forest)
{
    if (forest->n_columns < 1 || forest->n_trees < 1 || forest->n_trees > MQ_FOREST_TREES_MAX ||
        forest->n_leaves < 1)
        return false;
    if (!are_parts(forest->cut_begin, forest->n_columns, forest->n_cuts, 0, MQ_BINS_MAX - 2))
        return false;
    for (int64_t c = 0; c < forest->n_columns; c++)
        if (!are_ascending(forest->cut + forest->cut_begin[c],
                           forest->cut_begin[c + 1] - forest->cut_begin[c]))
            return false;
    if (!are_parts(forest->root, forest->n_trees, forest->n_nodes, 1, INT32_MAX)) return false;
    for (int64_t tree = 0; tree < forest->n_trees; tree++)
        if (!is_tree(forest, tree)) return false;
    if (forest->mean != NULL) {
        for (int64_t i = 0; i < forest->n_leaves; i++)
            if (!isfinite(forest->mean[i])) return false;
        return true;
    }
    return are_parts(forest->kept_begin, forest->n_leaves, forest->n_kept, 1, MQ_FOREST_KEPT_MAX) &&
           forest->n_values <= MQ_CELLS && are_ascending(forest->value, forest->n_values) &&
           are_below(forest->kept, forest->n_kept, forest->n_values);
}

// ---- prediction ---------------------------------------------------------------------------------

void mq_forest_bin(const struct mq_forest *forest, const float x[], uint8_t bins[])
{
    for (int64_t c = 0; c < forest->n_columns; c++)
        bins[c] = mq_bin(forest->cut + forest->cut_begin[c],
                         forest->cut_begin[c + 1] - forest->cut_begin[c], x[c]);
}

static int64_t leaf_of(const struct mq_forest *forest, int64_t tree, const uint8_t bins[])
{
    int64_t i = forest->root[tree];
    while (forest->node[2 * i] >= 0) {
        const int32_t rule = forest->node[2 * i + 1];
        i = forest->node[2 * i] + (bins[rule >> 8] > (rule & 255) ? 1 : 0);
    }
    return -1 - (int64_t)forest->node[2 * i];
}

void mq_forest_means(const struct mq_forest *forest, int64_t n, const uint8_t bins[], float out[])
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t tree = 0; tree < forest->n_trees; tree++)
            sum += (double)forest->mean[leaf_of(forest, tree, bins + i * forest->n_columns)];
        out[i] = (float)(sum / (double)forest->n_trees);
    }
}

// F(y|x) = mean over trees of the share of the leaf's targets up to y; whole numbers, so exact.
static void read_quantiles(const struct mq_forest *forest, const uint32_t weight[],
                           const double levels[], int64_t n_levels, float out[])
{
    const double all = (double)forest->n_trees * WHOLE;
    uint64_t below = 0;
    int64_t v = -1;
    for (int64_t q = 0; q < n_levels; q++) {
        while (v + 1 < forest->n_values && (v < 0 || (double)below < levels[q] * all))
            below += weight[++v];
        out[q] = forest->value[v];
    }
}

// Tree by tree over all rows: rows that are alike walk the same nodes.
void mq_forest_quantiles(const struct mq_forest *forest, int64_t n, const uint8_t bins[],
                         const double levels[], int64_t n_levels, uint32_t weight[], float out[])
{
    memset(weight, 0, (size_t)(n * forest->n_values) * sizeof *weight);
    for (int64_t tree = 0; tree < forest->n_trees; tree++) {
        for (int64_t i = 0; i < n; i++) {
            const int64_t leaf = leaf_of(forest, tree, bins + i * forest->n_columns);
            const int32_t begin = forest->kept_begin[leaf];
            const int32_t end = forest->kept_begin[leaf + 1];
            for (int32_t k = begin; k < end; k++)
                weight[i * forest->n_values + forest->kept[k]] += (uint32_t)(WHOLE / (end - begin));
        }
    }
    for (int64_t i = 0; i < n; i++)
        read_quantiles(forest, weight + i * forest->n_values, levels, n_levels, out + i * n_levels);
}
