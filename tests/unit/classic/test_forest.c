// Forests: splits by hand, shards, threads and storage without influence, quantiles that are known.
#include "support/harness.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/classic/forest.h"

enum { SHARDS_MAX = 3, VALUES_MAX = 4096 };

// ---- a data set ---------------------------------------------------------------------------------

struct data {
    int64_t n;
    int64_t n_columns;
    float *x; // (n, n_columns)
    float *y;
    int32_t *cut_begin;
    float *cut;
    int64_t n_values;
    float value[VALUES_MAX];
};

static void make_cuts(struct data *data)
{
    int64_t *counts = mq_calloc(MQ_CELLS, sizeof *counts);
    data->cut_begin = mq_calloc(data->n_columns + 1, sizeof *data->cut_begin);
    data->cut = mq_calloc(data->n_columns * MQ_BINS_MAX, sizeof *data->cut);
    for (int64_t c = 0; c < data->n_columns; c++) {
        memset(counts, 0, MQ_CELLS * sizeof *counts);
        for (int64_t i = 0; i < data->n; i++)
            if (!isnan(data->x[i * data->n_columns + c]))
                counts[mq_cell(data->x[i * data->n_columns + c])]++;
        const int32_t begin = data->cut_begin[c];
        data->cut_begin[c + 1] = begin + (int32_t)mq_cuts(counts, 255, data->cut + begin);
    }
    memset(counts, 0, MQ_CELLS * sizeof *counts);
    for (int64_t i = 0; i < data->n; i++)
        counts[mq_cell(data->y[i])]++;
    for (int64_t cell = 0; cell < MQ_CELLS; cell++)
        if (counts[cell] > 0 && data->n_values < VALUES_MAX)
            data->value[data->n_values++] = mq_cell_value(cell);
    mq_free(counts);
}

static struct data data_new(int64_t n, int64_t n_columns)
{
    return (struct data){.n = n,
                         .n_columns = n_columns,
                         .x = mq_calloc(n * n_columns, sizeof(float)),
                         .y = mq_calloc(n, sizeof(float))};
}

static void data_release(struct data *data)
{
    mq_free(data->x);
    mq_free(data->y);
    mq_free(data->cut_begin);
    mq_free(data->cut);
}

// Column 0 says where y is, seldom missing, column 1 how far it spreads; column 2 is 0 but for some of
// every third row, so that one shard of three keeps it dense; the others say nothing.
static struct data data_random(int64_t n, int64_t n_columns)
{
    struct data data = data_new(n, n_columns);
    for (int64_t i = 0; i < n; i++) {
        struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, (uint64_t)i, 0);
        for (int64_t c = 0; c < n_columns; c++)
            data.x[i * n_columns + c] = (float)mq_rng_uniform(&rng);
        if (n_columns > 2) data.x[i * n_columns + 2] = i % 3 == 0 && mq_rng_below(&rng, 7) == 0;
        const float place = data.x[i * n_columns];
        const float spread = data.x[i * n_columns + 1];
        data.y[i] = 4 * place + spread * (float)mq_rng_normal(&rng);
        if (n_columns > 2) data.y[i] += 3 * data.x[i * n_columns + 2];
        if (mq_rng_below(&rng, 50) == 0) data.x[i * n_columns] = NAN;
    }
    make_cuts(&data);
    return data;
}

// ---- shards: threads that meet in a sum ---------------------------------------------------------

struct meeting {
    pthread_barrier_t barrier;
    int64_t n;
    int64_t *values[SHARDS_MAX];
};

struct shard {
    const struct data *data;
    const struct mq_forest_settings *settings;
    struct meeting *meeting;
    int64_t own;
    int64_t threads;
    double sparse_from;
    struct mq_trees trees; // result
    mq_status status;
};

static mq_status sum_nothing(void *context, int64_t values[], int64_t n)
{
    (void)context, (void)values, (void)n;
    return MQ_OK;
}

static mq_status agree_alone(void *context, mq_status status)
{
    (void)context;
    return status;
}

static mq_status sum_all(void *context, int64_t values[], int64_t n)
{
    struct shard *shard = context;
    struct meeting *meeting = shard->meeting;
    int64_t *sums = mq_calloc(n, sizeof *sums);
    meeting->values[shard->own] = values;
    (void)pthread_barrier_wait(&meeting->barrier);
    for (int64_t s = 0; s < meeting->n; s++)
        for (int64_t i = 0; i < n; i++)
            sums[i] += meeting->values[s][i];
    (void)pthread_barrier_wait(&meeting->barrier);
    memcpy(values, sums, (size_t)n * sizeof *values);
    mq_free(sums);
    return MQ_OK;
}

// Every third row, say; the forest from all of them.
static mq_status grow_shard(struct shard *shard)
{
    mq_status status = MQ_OK;
    const struct data *data = shard->data;
    const int64_t n_shards = shard->meeting != NULL ? shard->meeting->n : 1;
    const int64_t n = (data->n - shard->own + n_shards - 1) / n_shards;
    float *x = mq_calloc(n * data->n_columns, sizeof *x);
    float *y = mq_calloc(n, sizeof *y);
    int64_t *id = mq_calloc(n, sizeof *id);
    int32_t *split = mq_calloc(n, sizeof *split);
    int32_t *value = mq_calloc(n, sizeof *value);
    struct mq_matrix matrix = {0};
    struct mq_pool *pool = NULL;
    for (int64_t i = 0; i < n; i++) {
        id[i] = shard->own + i * n_shards;
        y[i] = data->y[id[i]];
        split[i] = (int32_t)lroundf(y[i] * 1024);
        while (value[i] + 1 < data->n_values &&
               data->value[value[i]] < mq_cell_value(mq_cell(y[i])))
            value[i]++;
        for (int64_t c = 0; c < data->n_columns; c++)
            x[i * data->n_columns + c] = data->x[id[i] * data->n_columns + c];
    }
    const struct mq_forest_rows rows = {&matrix, id, split, y, value};
    const struct mq_ranks alone = {1, 0, sum_nothing, agree_alone, NULL};
    const struct mq_ranks some = {n_shards, shard->own, sum_all, agree_alone, shard};
    MQ_DO(mq_pool_new(&pool, shard->threads));
    MQ_DO(mq_matrix_make(&matrix, n, data->n_columns, x, data->cut_begin, data->cut,
                         shard->sparse_from));
    MQ_DO(
        mq_forest_grow(&shard->trees, &rows, shard->settings, n_shards > 1 ? &some : &alone, pool));
done:
    mq_pool_free(pool);
    mq_matrix_release(&matrix);
    mq_free(x);
    mq_free(y);
    mq_free(id);
    mq_free(split);
    mq_free(value);
    return status;
}

static void *run_shard(void *context)
{
    struct shard *shard = context;
    shard->status = grow_shard(shard);
    return NULL;
}

static struct mq_trees grow(const struct data *data, const struct mq_forest_settings *settings,
                            int64_t threads, double sparse_from)
{
    struct shard shard = {
        .data = data, .settings = settings, .threads = threads, .sparse_from = sparse_from};
    ck_ok(grow_shard(&shard));
    return shard.trees;
}

static struct mq_trees grow_sharded(const struct data *data,
                                    const struct mq_forest_settings *settings, int64_t n)
{
    struct meeting meeting = {.n = n};
    struct shard shards[SHARDS_MAX];
    pthread_t threads[SHARDS_MAX];
    (void)pthread_barrier_init(&meeting.barrier, NULL, (unsigned)n);
    for (int64_t s = 0; s < n; s++) {
        shards[s] = (struct shard){data, settings, &meeting, s, 1, 0.9, {0}, MQ_OK};
        ck_assert_int_eq(pthread_create(&threads[s], NULL, run_shard, &shards[s]), 0);
    }
    for (int64_t s = 0; s < n; s++) {
        (void)pthread_join(threads[s], NULL);
        ck_assert_int_eq(shards[s].status, MQ_OK);
        if (s > 0) mq_trees_release(&shards[s].trees);
    }
    (void)pthread_barrier_destroy(&meeting.barrier);
    return shards[0].trees;
}

static struct mq_forest forest_of(const struct data *data, const struct mq_trees *trees)
{
    return (struct mq_forest){.n_columns = data->n_columns,
                              .cut_begin = data->cut_begin,
                              .n_cuts = data->cut_begin[data->n_columns],
                              .cut = data->cut,
                              .n_trees = trees->n,
                              .root = trees->root,
                              .n_nodes = trees->n_nodes,
                              .node = trees->node,
                              .n_leaves = trees->n_leaves,
                              .mean = trees->mean,
                              .kept_begin = trees->kept_begin,
                              .n_kept = trees->n_kept,
                              .kept = trees->kept,
                              .n_values = data->n_values,
                              .value = data->value};
}

static void check_same(const struct mq_trees *a, const struct mq_trees *b)
{
    ck_assert_int_eq(a->n, b->n);
    ck_assert_int_eq(a->n_nodes, b->n_nodes);
    ck_assert_int_eq(a->n_leaves, b->n_leaves);
    ck_assert_int_eq(a->n_kept, b->n_kept);
    ck_assert_mem_eq(a->root, b->root, (size_t)(a->n + 1) * sizeof *a->root);
    ck_assert_mem_eq(a->node, b->node, (size_t)(2 * a->n_nodes) * sizeof *a->node);
    if (a->mean != NULL) ck_assert_mem_eq(a->mean, b->mean, (size_t)a->n_leaves * sizeof *a->mean);
    if (a->kept == NULL) return;
    ck_assert_mem_eq(a->kept, b->kept, (size_t)a->n_kept * sizeof *a->kept);
    ck_assert_mem_eq(a->kept_begin, b->kept_begin,
                     (size_t)(a->n_leaves + 1) * sizeof *a->kept_begin);
}

// ---- by hand ------------------------------------------------------------------------------------

static const struct mq_forest_settings one_tree = {
    .seed = 1, .trees = 1, .share = 1, .choice = 1, .min_leaf = 1, .depth = 1};

static float mean_at(const struct mq_forest *forest, float x)
{
    uint8_t bin = 0;
    float mean = 0;
    mq_forest_bin(forest, &x, &bin);
    mq_forest_means(forest, 1, &bin, &mean);
    return mean;
}

START_TEST(test_the_best_split_is_found)
{
    // Best in two parts: {1, 2, 3} with mean 1 and {4, 5} with mean 9.
    static const float x[] = {1, 2, 3, 4, 5};
    static const float y[] = {0, 2, 1, 8, 10};
    struct data data = data_new(5, 1);
    memcpy(data.x, x, sizeof x);
    memcpy(data.y, y, sizeof y);
    make_cuts(&data);
    struct mq_trees trees = grow(&data, &one_tree, 1, 2);
    const struct mq_forest forest = forest_of(&data, &trees);
    ck_assert(mq_forest_is_sound(&forest));
    ck_assert_int_eq(trees.n_nodes, 3);
    ck_assert_float_eq_tol(mean_at(&forest, 3.4f), 1, 1e-5f);
    ck_assert_float_eq_tol(mean_at(&forest, 3.6f), 9, 1e-5f);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

START_TEST(test_missing_values_are_a_part_of_their_own)
{
    static const float x[] = {NAN, 1, 2, NAN, 3, 4};
    static const float y[] = {20, 1, 1, 22, 1, 1};
    struct data data = data_new(6, 1);
    memcpy(data.x, x, sizeof x);
    memcpy(data.y, y, sizeof y);
    make_cuts(&data);
    struct mq_trees trees = grow(&data, &one_tree, 1, 2);
    const struct mq_forest forest = forest_of(&data, &trees);
    ck_assert_float_eq_tol(mean_at(&forest, NAN), 21, 1e-5f);
    ck_assert_float_eq_tol(mean_at(&forest, -9), 1, 1e-5f);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

START_TEST(test_bounds_of_depth_and_leaves_hold)
{
    struct mq_forest_settings settings = one_tree;
    struct data data = data_random(2000, 2);
    settings.min_leaf = 100;
    settings.depth = 30;
    settings.kept = MQ_FOREST_KEPT_MAX;
    settings.choice = 2;
    struct mq_trees trees = grow(&data, &settings, 1, 2);
    ck_assert(trees.n_leaves <= 20 && trees.n_leaves >= 8);
    mq_trees_release(&trees);
    settings.min_leaf = 1;
    settings.depth = 3;
    trees = grow(&data, &settings, 1, 2);
    ck_assert_int_eq(trees.n_leaves, 8);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

START_TEST(test_a_leaf_is_never_too_small_on_either_side)
{
    // The ends alone are far from the rest: with leaves of 3 they must take two others along.
    struct mq_forest_settings settings = one_tree;
    for (int end = 0; end < 2; end++) {
        struct data data = data_new(9, 1);
        for (int i = 0; i < 9; i++)
            data.x[i] = (float)i;
        data.y[end * 8] = 30;
        make_cuts(&data);
        settings.min_leaf = 3;
        struct mq_trees trees = grow(&data, &settings, 1, 2);
        const struct mq_forest forest = forest_of(&data, &trees);
        ck_assert_float_eq_tol(mean_at(&forest, (float)(end * 8)), 10, 1e-5f);
        ck_assert_float_eq_tol(mean_at(&forest, (float)(8 - end * 8)), 0, 1e-5f);
        mq_trees_release(&trees);
        data_release(&data);
    }
}
END_TEST

START_TEST(test_alike_targets_are_not_split)
{
    struct data data = data_random(100, 2);
    for (int64_t i = 0; i < data.n; i++)
        data.y[i] = 7;
    struct mq_trees trees = grow(&data, &one_tree, 1, 2);
    ck_assert_int_eq(trees.n_nodes, 1);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

START_TEST(test_a_row_alone_is_a_forest)
{
    struct mq_forest_settings settings = {3, 5, 0.1, 1, 1, 9, 4};
    struct data data = data_new(1, 1);
    data.y[0] = 2;
    make_cuts(&data);
    struct mq_trees trees = grow(&data, &settings, 1, 2);
    ck_assert_int_eq(trees.n_kept, 5);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

// ---- the same bits ------------------------------------------------------------------------------

static const struct mq_forest_settings some_trees = {
    .seed = 9, .trees = 4, .share = 0.6, .choice = 3, .min_leaf = 3, .depth = 30, .kept = 4};

START_TEST(test_shards_threads_and_storage_change_nothing)
{
    struct data data = data_random(3000, 6);
    for (int64_t kept = 0; kept <= 4; kept += 4) {
        struct mq_forest_settings settings = some_trees;
        settings.kept = kept;
        struct mq_trees want = grow(&data, &settings, 1, 2);
        struct mq_trees got[] = {
            grow(&data, &settings, 3, 2), // threads
            grow(&data, &settings, 1, 0.9), // the third column sparse
            grow(&data, &settings, 2, 0), // all of them
            grow_sharded(&data, &settings, 2), grow_sharded(&data, &settings, 3),
        };
        ck_assert_int_gt(want.n_leaves, 400);
        for (size_t i = 0; i < sizeof got / sizeof *got; i++) {
            check_same(&want, &got[i]);
            mq_trees_release(&got[i]);
        }
        mq_trees_release(&want);
    }
    data_release(&data);
}
END_TEST

START_TEST(test_trees_and_seeds_differ)
{
    struct data data = data_random(500, 6);
    struct mq_forest_settings settings = some_trees;
    struct mq_trees one = grow(&data, &settings, 1, 2);
    settings.seed++;
    struct mq_trees other = grow(&data, &settings, 1, 2);
    ck_assert(one.n_nodes != other.n_nodes ||
              memcmp(one.node, other.node, (size_t)one.n_nodes * 8) != 0);
    ck_assert(one.root[1] != one.root[2] - one.root[1] ||
              memcmp(one.node + 1, one.node + 2 * one.root[1] + 1, 16) != 0);
    mq_trees_release(&one);
    mq_trees_release(&other);
    data_release(&data);
}
END_TEST

// ---- quantiles ----------------------------------------------------------------------------------

START_TEST(test_quantiles_are_those_of_the_leaf)
{
    // One leaf that keeps all of 1 .. 8: F(v) = v / 8.
    static const double levels[] = {0.01, 0.125, 0.5, 0.51, 0.99};
    static const float want[] = {1, 1, 4, 5, 8};
    struct mq_forest_settings settings = one_tree;
    struct data data = data_new(8, 1);
    uint32_t weight[8];
    uint8_t bin = 1;
    float got[5];
    for (int i = 0; i < 8; i++)
        data.y[i] = (float)(1 + (i * 3) % 8);
    make_cuts(&data);
    settings.kept = 8;
    struct mq_trees trees = grow(&data, &settings, 1, 2);
    const struct mq_forest forest = forest_of(&data, &trees);
    mq_forest_quantiles(&forest, 1, &bin, levels, 5, weight, got);
    for (int i = 0; i < 5; i++)
        ck_assert_msg(got[i] == want[i], "%d: got %g, want %g", i, (double)got[i], (double)want[i]);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

START_TEST(test_quantiles_approach_the_conditional_ones)
{
    // y = 4 x0 + x1 e with normal e: its quantiles are 4 x0 + x1 z.
    enum { N = 20000, Q = 3, TESTS = 300 };
    static const double levels[Q] = {0.1, 0.5, 0.9};
    static const float z[Q] = {-1.2816f, 0, 1.2816f};
    const struct mq_forest_settings settings = {2, 40, 0.6, 2, 30, 30, 12};
    struct data data = data_random(N, 2);
    struct mq_trees trees = grow(&data, &settings, 2, 0.9);
    const struct mq_forest forest = forest_of(&data, &trees);
    ck_assert(mq_forest_is_sound(&forest));
    uint32_t *weight = mq_calloc(TESTS * data.n_values, sizeof *weight);
    uint8_t bins[TESTS * 2];
    float x[TESTS][2];
    float got[TESTS * Q];
    double error[Q] = {0};
    for (uint32_t i = 0; i < TESTS; i++) {
        struct mq_rng rng = mq_rng_at(6, MQ_RNG_TEST, i, 0);
        for (int c = 0; c < 2; c++)
            x[i][c] = 0.1f + 0.8f * (float)mq_rng_uniform(&rng);
        mq_forest_bin(&forest, x[i], bins + i * 2);
    }
    mq_forest_quantiles(&forest, TESTS, bins, levels, Q, weight, got);
    for (int i = 0; i < TESTS; i++) {
        for (int q = 0; q < Q; q++) {
            const float want = 4 * x[i][0] + x[i][1] * z[q];
            error[q] += fabs((double)(got[i * Q + q] - want)) / TESTS;
            ck_assert(q == 0 || got[i * Q + q] >= got[i * Q + q - 1]);
        }
    }
    for (int q = 0; q < Q; q++)
        ck_assert_msg(error[q] < 0.15, "level %g: mean error %g", levels[q], error[q]);
    mq_free(weight);
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

// ---- trust --------------------------------------------------------------------------------------

START_TEST(test_damaged_arrays_are_no_forest)
{
    struct data data = data_random(500, 4);
    struct mq_trees trees = grow(&data, &some_trees, 1, 2);
    const struct mq_forest whole = forest_of(&data, &trees);
    ck_assert(mq_forest_is_sound(&whole));
    int32_t inner = 0;
    while (trees.node[2 * inner] < 0)
        inner++;
    const struct {
        int32_t *at;
        int32_t value;
    } damage[] = {
        {&trees.node[2 * inner], inner}, // a loop
        {&trees.node[2 * inner], (int32_t)trees.root[1] - 1}, // a right child in the next tree
        {&trees.node[2 * inner], INT32_MIN}, // no such leaf
        {&trees.node[2 * inner + 1], -1}, // no such column
        {&trees.node[2 * inner + 1], 4 * 256},
        {&trees.root[1], 0}, // a tree without nodes
        {&trees.root[trees.n], (int32_t)trees.n_nodes + 1},
        {&trees.kept_begin[1], 0}, // a leaf that keeps nothing
        {&trees.kept_begin[1], 99}, // or too much
        {&trees.kept[3], (int32_t)data.n_values},
        {&trees.kept[3], -1},
        {&data.cut_begin[1], INT32_MAX},
        {&data.cut_begin[1], -1},
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        const int32_t was = *damage[i].at;
        *damage[i].at = damage[i].value;
        ck_assert_msg(!mq_forest_is_sound(&whole), "damage %d", (int)i);
        *damage[i].at = was;
    }
    const float was = data.cut[1];
    data.cut[1] = NAN;
    ck_assert(!mq_forest_is_sound(&whole));
    data.cut[1] = was;
    data.value[1] = -INFINITY;
    ck_assert(!mq_forest_is_sound(&whole));
    mq_trees_release(&trees);
    data_release(&data);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("forest");
    tcase_add_test(tc, test_the_best_split_is_found);
    tcase_add_test(tc, test_missing_values_are_a_part_of_their_own);
    tcase_add_test(tc, test_bounds_of_depth_and_leaves_hold);
    tcase_add_test(tc, test_a_leaf_is_never_too_small_on_either_side);
    tcase_add_test(tc, test_alike_targets_are_not_split);
    tcase_add_test(tc, test_a_row_alone_is_a_forest);
    tcase_add_test(tc, test_shards_threads_and_storage_change_nothing);
    tcase_add_test(tc, test_trees_and_seeds_differ);
    tcase_add_test(tc, test_quantiles_are_those_of_the_leaf);
    tcase_add_test(tc, test_quantiles_approach_the_conditional_ones);
    tcase_add_test(tc, test_damaged_arrays_are_no_forest);
    return run_tests("classic/forest", tc);
}
