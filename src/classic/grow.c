// Trees level by level: histograms of the open nodes, their best splits, their rows in two parts.
//
// A bin's rows are one 64-bit integer: how many, times 2^40, plus the sum of their targets. One
// addition per row and column counts both, and shards add the same integers.
#include "classic/grow.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

enum {
    COUNT_SHIFT = 40,
    HISTOGRAM_BYTES = 1 << 20, // of the nodes that are looked at together
};

// A node that may be split.
struct open_node {
    int64_t begin; // this shard's rows
    int64_t end;
    int64_t total; // of all shards' rows: count and sum in one
    int64_t place; // in the forest's nodes
    int64_t depth;
    // What is found: column -1 when no split helps.
    int64_t column;
    int64_t bin;
    int64_t left;
    int64_t middle;
};

struct grower {
    const struct mq_forest_rows *rows;
    const struct mq_forest_settings *settings;
    const struct mq_ranks *shards;
    struct mq_pool *pool;
    struct mq_trees *trees;
    int64_t tree;

    int32_t *order; // (n) rows, node by node
    int32_t *spare; // (n)
    int64_t room; // most leaves of a tree
    int64_t n_open;
    struct open_node *open; // (room)
    int64_t n_next;
    struct open_node *next; // (room)
    int64_t n_leaves;
    struct grown_leaf *leaf; // (room)

    // The nodes at hand: open[first] and those after it.
    int64_t most; // that may be at hand
    int64_t first;
    int64_t n;
    int64_t parts; // tasks that share a node's columns
    int32_t *choice; // (most, choice) columns
    int32_t *shuffled; // (n_columns)
    int32_t *k_of; // (threads, n_columns) places in a node's choice, -1: not in it
    int64_t *histogram; // (most, choice, bins)
};

static int64_t sum_of(int64_t packed)
{
    const int unused = 64 - COUNT_SHIFT;
    return (int64_t)((uint64_t)packed << unused) >> unused;
}

static int64_t count_of(int64_t packed)
{
    return (packed - sum_of(packed)) >> COUNT_SHIFT;
}

static int64_t one_row(const struct grower *g, int64_t row)
{
    return ((int64_t)1 << COUNT_SHIFT) + g->rows->split[row];
}

static int64_t *histogram_of(const struct grower *g, int64_t node, int64_t k)
{
    return g->histogram + (node * g->settings->choice + k) * g->rows->matrix->bins;
}

// ---- histograms ---------------------------------------------------------------------------------

// Columns that each node at hand chooses from: the first of a shuffle.
static void choose(struct grower *g)
{
    const int64_t n_columns = g->rows->matrix->n_columns;
    for (int64_t node = 0; node < g->n; node++) {
        const uint64_t place = (uint64_t)g->open[g->first + node].place;
        struct mq_rng rng = mq_rng_at(g->settings->seed, MQ_RNG_FOREST, place, 1);
        for (int64_t c = 0; c < n_columns; c++)
            g->shuffled[c] = (int32_t)c;
        for (int64_t k = 0; k < g->settings->choice; k++) {
            const int64_t other = k + (int64_t)mq_rng_below(&rng, (uint64_t)(n_columns - k));
            const int32_t chosen = g->shuffled[other];
            g->shuffled[other] = g->shuffled[k];
            g->choice[node * g->settings->choice + k] = chosen;
        }
    }
}

// The dense ones among choices [from, to) of a node: rows in the outer loop, since a row's bins are
// next to each other.
static void count_dense(const struct grower *g, int64_t node, int64_t from, int64_t to)
{
    enum { TOGETHER = 64, AHEAD = 8 };
    const struct mq_matrix *matrix = g->rows->matrix;
    const struct open_node *open = &g->open[g->first + node];
    while (from < to) {
        int64_t *histogram[TOGETHER];
        int32_t place[TOGETHER];
        int n = 0;
        for (; from < to && n < TOGETHER; from++) {
            const int64_t of = matrix->column[g->choice[node * g->settings->choice + from]].place;
            if (of < 0) continue;
            place[n] = (int32_t)of;
            histogram[n++] = histogram_of(g, node, from);
        }
        for (int64_t i = open->begin; i < open->end; i++) {
            const int64_t row = g->order[i];
            const uint8_t *bins = matrix->dense + row * matrix->n_dense;
            const int64_t later = g->order[mq_min_i64(i + AHEAD, open->end - 1)];
            __builtin_prefetch(matrix->dense + later * matrix->n_dense);
            __builtin_prefetch(&g->rows->split[later]);
            const int64_t one = one_row(g, row);
            for (int j = 0; j < n; j++)
                histogram[j][bins[place[j]]] += one;
        }
    }
}

// The sparse ones: all rows are usual but for what they list.
static void count_sparse(const struct grower *g, int64_t worker, int64_t node)
{
    const struct mq_matrix *matrix = g->rows->matrix;
    const struct open_node *open = &g->open[g->first + node];
    const int32_t *choice = g->choice + node * g->settings->choice;
    int32_t *k_of = g->k_of + worker * matrix->n_columns;
    int64_t total = 0;
    for (int64_t k = 0; k < g->settings->choice; k++)
        k_of[choice[k]] = (int32_t)k;
    for (int64_t i = open->begin; i < open->end; i++) {
        const int64_t row = g->order[i];
        const int64_t one = one_row(g, row);
        total += one;
        for (int64_t e = matrix->begin[row]; e < matrix->begin[row + 1]; e++) {
            const struct mq_entry entry = matrix->entry[e];
            if (k_of[entry.column] < 0) continue;
            int64_t *histogram = histogram_of(g, node, k_of[entry.column]);
            histogram[entry.bin] += one;
            histogram[matrix->column[entry.column].usual] -= one;
        }
    }
    for (int64_t k = 0; k < g->settings->choice; k++) {
        const struct mq_column *column = &matrix->column[choice[k]];
        if (column->place < 0) histogram_of(g, node, k)[column->usual] += total;
        k_of[choice[k]] = -1;
    }
}

// A node's columns are shared by g->parts tasks, and one more for the sparse ones.
static mq_status count_task(void *context, int64_t worker, int64_t task)
{
    const struct grower *g = context;
    const int64_t node = task / (g->parts + 1);
    const int64_t part = task % (g->parts + 1);
    if (part < g->parts)
        count_dense(g, node, mq_split(g->settings->choice, g->parts, part),
                    mq_split(g->settings->choice, g->parts, part + 1));
    else if (g->rows->matrix->n_dense < g->rows->matrix->n_columns)
        count_sparse(g, worker, node);
    return MQ_OK;
}

static mq_status count_rows(struct grower *g)
{
    const int64_t threads = mq_pool_threads(g->pool);
    const int64_t cells = g->n * g->settings->choice * g->rows->matrix->bins;
    memset(g->histogram, 0, (size_t)cells * sizeof *g->histogram);
    const bool is_few = threads > 1 && g->n < 4 * threads;
    g->parts = is_few ? mq_min_i64(4 * threads, g->settings->choice) : 1;
    MQ_TRY(mq_pool_run(g->pool, g->n * (g->parts + 1), count_task, NULL, g));
    return mq_ranks_sum(g->shards, g->histogram, cells);
}

// ---- splits -------------------------------------------------------------------------------------

// Of one column's bins b: rows up to b go left. A split lowers the sum of squares by
// (s_L n_R - s_R n_L)^2 / (n n_L n_R).
static void look_at(const struct grower *g, struct open_node *open, int64_t column,
                    const int64_t *histogram, double *best)
{
    const int64_t least = g->settings->min_leaf;
    const int64_t count = count_of(open->total);
    const int64_t sum = sum_of(open->total);
    int64_t left = 0;
    for (int64_t b = 0; b < g->rows->matrix->column[column].bins; b++) {
        if (histogram[b] == 0) continue;
        left += histogram[b];
        const int64_t n_left = count_of(left);
        const int64_t n_right = count - n_left;
        if (n_right < least) return;
        if (n_left < least) continue;
        const double difference = (double)(sum_of(left) * n_right - (sum - sum_of(left)) * n_left);
        const double gain = difference * difference / ((double)n_left * (double)n_right);
        if (gain <= *best) continue;
        *best = gain;
        open->column = column;
        open->bin = b;
        open->left = left;
    }
}

// Rows that go left first, each part in the order it had.
static int64_t part_rows(const struct grower *g, const struct open_node *open)
{
    const struct mq_matrix *matrix = g->rows->matrix;
    const int64_t place = matrix->column[open->column].place;
    int64_t left = open->begin;
    int64_t right = open->begin;
    for (int64_t i = open->begin; i < open->end; i++) {
        const int32_t row = g->order[i];
        const int64_t bin = place >= 0 ? matrix->dense[row * matrix->n_dense + place]
                                       : mq_matrix_bin(matrix, row, open->column);
        const bool goes_right = bin > open->bin;
        g->order[left] = row; // both are written, one stays
        g->spare[right] = row;
        left += goes_right ? 0 : 1;
        right += goes_right ? 1 : 0;
    }
    memcpy(g->order + left, g->spare + open->begin,
           (size_t)(right - open->begin) * sizeof *g->order);
    return left;
}

static mq_status split_task(void *context, int64_t worker, int64_t node)
{
    const struct grower *g = context;
    struct open_node *open = &g->open[g->first + node];
    double best = 0;
    (void)worker;
    open->column = -1;
    for (int64_t k = 0; k < g->settings->choice; k++) {
        const int64_t column = g->choice[node * g->settings->choice + k];
        look_at(g, open, column, histogram_of(g, node, k), &best);
    }
    if (open->column >= 0) open->middle = part_rows(g, open);
    return MQ_OK;
}

// ---- the tree -----------------------------------------------------------------------------------

// A new node is open while it may be split, else a leaf.
static void add_node(struct grower *g, struct open_node node)
{
    const int64_t count = count_of(node.total);
    if (node.depth < g->settings->depth && count >= 2 * g->settings->min_leaf) {
        g->next[g->n_next++] = node;
        return;
    }
    g->trees->node[2 * node.place] = (int32_t)(-1 - (g->trees->n_leaves + g->n_leaves));
    g->trees->node[2 * node.place + 1] = 0;
    g->leaf[g->n_leaves++] = (struct grown_leaf){node.begin, node.end, count};
}

static void settle(struct grower *g, const struct open_node *open)
{
    struct open_node child = *open;
    if (open->column < 0) {
        child.depth = g->settings->depth;
        add_node(g, child);
        return;
    }
    const int64_t place = g->trees->n_nodes;
    g->trees->n_nodes += 2;
    g->trees->node[2 * open->place] = (int32_t)place;
    g->trees->node[2 * open->place + 1] = (int32_t)(open->column * 256 + open->bin);
    child.depth++;
    child.place = place;
    child.end = open->middle;
    child.total = open->left;
    add_node(g, child);
    child.place = place + 1;
    child.begin = open->middle;
    child.end = open->end;
    child.total = open->total - open->left;
    add_node(g, child);
}

static mq_status grow_level(struct grower *g)
{
    for (g->first = 0; g->first < g->n_open; g->first += g->most) {
        g->n = mq_min_i64(g->most, g->n_open - g->first);
        choose(g);
        MQ_TRY(count_rows(g));
        MQ_TRY(mq_pool_run(g->pool, g->n, split_task, NULL, g));
        for (int64_t node = 0; node < g->n; node++)
            settle(g, &g->open[g->first + node]);
    }
    struct open_node *swapped = g->open;
    g->open = g->next;
    g->next = swapped;
    g->n_open = g->n_next;
    g->n_next = 0;
    return MQ_OK;
}

// This shard's rows that the tree sees; their count and sum.
static int64_t draw_rows(struct grower *g, bool all, int64_t *total)
{
    int64_t n = 0;
    *total = 0;
    for (int64_t row = 0; row < g->rows->matrix->n; row++) {
        struct mq_rng rng = growth_row(g->settings, g->rows->id[row], g->tree);
        if (!all && mq_rng_u32(&rng) >= g->settings->share * 4294967296.0) continue;
        g->order[n++] = (int32_t)row;
        *total += one_row(g, row);
    }
    return n;
}

static mq_status grow_tree(struct grower *g)
{
    struct mq_trees *trees = g->trees;
    struct open_node root = {.place = trees->n_nodes};
    root.end = draw_rows(g, false, &root.total);
    MQ_TRY(mq_ranks_sum(g->shards, &root.total, 1));
    if (root.total == 0) { // of few rows none may have been drawn
        root.end = draw_rows(g, true, &root.total);
        MQ_TRY(mq_ranks_sum(g->shards, &root.total, 1));
    }
    g->n_leaves = 0;
    trees->n_nodes++;
    add_node(g, root);
    g->n_open = g->n_next;
    g->n_next = 0;
    struct open_node *swapped = g->open;
    g->open = g->next;
    g->next = swapped;
    while (g->n_open > 0)
        MQ_TRY(grow_level(g));
    trees->root[++trees->n] = (int32_t)trees->n_nodes;
    const struct growth growth = {g->rows,  g->settings, g->shards, g->tree,
                                  g->order, g->n_leaves, g->leaf};
    return growth_keep(&growth, trees);
}

// ---- the forest ---------------------------------------------------------------------------------

static mq_status make_room(struct grower *g)
{
    const struct mq_matrix *matrix = g->rows->matrix;
    const int64_t choice = g->settings->choice;
    const int64_t threads = mq_pool_threads(g->pool);
    g->most = mq_max_i64(HISTOGRAM_BYTES / (choice * matrix->bins * (int64_t)sizeof(int64_t)), 1);
    MQ_NEW(g->order, matrix->n);
    MQ_NEW(g->spare, matrix->n);
    MQ_NEW(g->open, g->room);
    MQ_NEW(g->next, g->room);
    MQ_NEW(g->leaf, g->room);
    MQ_NEW(g->choice, g->most * choice);
    MQ_NEW(g->shuffled, matrix->n_columns);
    MQ_NEW(g->k_of, threads * matrix->n_columns);
    MQ_NEW(g->histogram, g->most * choice * matrix->bins);
    memset(g->k_of, -1, (size_t)(threads * matrix->n_columns) * sizeof *g->k_of);
    MQ_NEW(g->trees->root, g->settings->trees + 1);
    return MQ_OK;
}

static void release_room(struct grower *g)
{
    mq_free(g->order);
    mq_free(g->spare);
    mq_free(g->open);
    mq_free(g->next);
    mq_free(g->leaf);
    mq_free(g->choice);
    mq_free(g->shuffled);
    mq_free(g->k_of);
    mq_free(g->histogram);
}

// Nodes of one more tree.
static mq_status make_nodes(struct grower *g)
{
    struct mq_trees *trees = g->trees;
    const int64_t n = trees->n_nodes + 2 * g->room;
    if (n > INT32_MAX)
        return mq_fail(MQ_FAILED, "a forest of more than %d nodes: ask for fewer trees or rows",
                       INT32_MAX);
    int32_t *node = mq_realloc(trees->node, 2 * n, sizeof *node);
    if (node == NULL) return MQ_FAILED;
    trees->node = node;
    return MQ_OK;
}

mq_status mq_forest_grow(struct mq_trees *trees, const struct mq_forest_rows *rows,
                         const struct mq_forest_settings *settings, const struct mq_ranks *shards,
                         struct mq_pool *pool)
{
    mq_status status = MQ_OK;
    struct grower g = {
        .rows = rows, .settings = settings, .shards = shards, .pool = pool, .trees = trees};
    int64_t n = rows->matrix->n;
    *trees = (struct mq_trees){0};
    MQ_ASSERT(settings->choice >= 1 && settings->choice <= rows->matrix->n_columns &&
              settings->min_leaf >= 1 && settings->trees <= MQ_FOREST_TREES_MAX &&
              settings->kept <= MQ_FOREST_KEPT_MAX);
    MQ_DO(mq_ranks_sum(shards, &n, 1));
    MQ_ASSERT(n >= 1 && n <= MQ_FOREST_ROWS_MAX);
    g.room = n / settings->min_leaf + 1;
    MQ_DO(mq_ranks_agree(shards, make_room(&g)));
    for (g.tree = 0; g.tree < settings->trees; g.tree++) {
        MQ_DO(mq_ranks_agree(shards, make_nodes(&g)));
        MQ_DO(grow_tree(&g));
        mq_meter_tell(&settings->meter, g.tree + 1, settings->trees);
    }
done:
    release_room(&g);
    return status;
}

void mq_trees_release(struct mq_trees *trees)
{
    mq_free(trees->root);
    mq_free(trees->node);
    mq_free(trees->mean);
    mq_free(trees->kept_begin);
    mq_free(trees->kept);
    *trees = (struct mq_trees){0};
}
