// Cells, cuts, bins, and columns that are stored in either way.
#include "support/harness.h"

#include <math.h>
#include <stdlib.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/classic/bins.h"

START_TEST(test_small_whole_numbers_are_cells_of_their_own)
{
    for (int i = -256; i <= 256; i++)
        ck_assert_msg(mq_cell_value(mq_cell((float)i)) == (float)i, "%d", i);
    ck_assert(mq_cell_value(mq_cell(-0.0f)) == 0);
    ck_assert_int_eq(mq_cell(INFINITY), mq_cell(2e30f));
}
END_TEST

START_TEST(test_cells_ascend_and_are_near)
{
    static const float values[] = {-3e38f, -7.3f, -1e-3f, -1e-30f, 0, 1e-30f, 0.1f, 0.11f, 5e8f};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const int64_t cell = mq_cell(values[i]);
        ck_assert(cell >= 0 && cell < MQ_CELLS);
        ck_assert(i == 0 || cell > mq_cell(values[i - 1]));
        if (fabsf(values[i]) < 1e30f)
            ck_assert(fabsf(mq_cell_value(cell) - values[i]) <= fabsf(values[i]) / 256);
    }
}
END_TEST

// Counts of values, then cuts.
static int64_t cuts_of(const float values[], int64_t n, int64_t bins, float cuts[])
{
    int64_t *counts = mq_calloc(MQ_CELLS, sizeof *counts);
    for (int64_t i = 0; i < n; i++)
        counts[mq_cell(values[i])]++;
    const int64_t n_cuts = mq_cuts(counts, bins, cuts);
    mq_free(counts);
    return n_cuts;
}

START_TEST(test_few_values_have_a_bin_each)
{
    static const float values[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5};
    float cuts[MQ_BINS_MAX];
    ck_assert_int_eq(cuts_of(values, 11, 255, cuts), 2);
    ck_assert(cuts[0] == 1.5f && cuts[1] == 4.0f);
    ck_assert_int_eq(mq_bin(cuts, 2, NAN), 0);
    ck_assert_int_eq(mq_bin(cuts, 2, -7), 1);
    ck_assert_int_eq(mq_bin(cuts, 2, 1.5f), 1);
    ck_assert_int_eq(mq_bin(cuts, 2, 3), 2);
    ck_assert_int_eq(mq_bin(cuts, 2, INFINITY), 3);
}
END_TEST

START_TEST(test_a_rare_value_is_told_from_a_common_one)
{
    enum { N = 1000 };
    float values[N] = {0};
    float cuts[MQ_BINS_MAX];
    values[0] = -1;
    ck_assert_int_eq(cuts_of(values, N, 4, cuts), 1);
    values[0] = 1;
    ck_assert_int_eq(cuts_of(values, N, 4, cuts), 1);
}
END_TEST

START_TEST(test_many_values_are_cut_at_quantiles)
{
    enum { N = 8000, BINS = 10 };
    float values[N];
    float cuts[MQ_BINS_MAX];
    int64_t count[BINS + 1] = {0};
    for (int i = 0; i < N; i++)
        values[i] = expf((float)i / N * 6);
    const int64_t n_cuts = cuts_of(values, N, BINS, cuts);
    ck_assert_int_eq(n_cuts, BINS - 2);
    for (int i = 0; i < N; i++)
        count[mq_bin(cuts, n_cuts, values[i])]++;
    for (int b = 1; b < BINS; b++)
        ck_assert_msg(llabs(count[b] - N / (BINS - 1)) < 30, "bin %d: %lld", b,
                      (long long)count[b]);
}
END_TEST

START_TEST(test_a_sparse_column_lists_what_is_unusual)
{
    static const float values[][2] = {{0, 1}, {0, 2}, {NAN, 1}, {0, 2}, {2, 1},
                                      {0, 2}, {0, 1}, {1, 2},   {0, 1}, {0, 2}};
    static const int32_t cut_begin[] = {0, 2, 3};
    static const float cut[] = {0.5f, 1.5f, 1.5f};
    struct mq_matrix sparse;
    struct mq_matrix dense;
    ck_ok(mq_matrix_make(&sparse, 10, 2, values[0], cut_begin, cut, 0.7));
    ck_ok(mq_matrix_make(&dense, 10, 2, values[0], cut_begin, cut, 2));
    ck_assert_int_eq(sparse.n_dense, 1);
    ck_assert_int_eq(dense.n_dense, 2);
    ck_assert_int_eq(sparse.begin[10], 3);
    ck_assert_int_eq(dense.begin[10], 0);
    ck_assert_int_eq(sparse.bins, 4);
    for (int64_t i = 0; i < 10; i++)
        for (int64_t c = 0; c < 2; c++)
            ck_assert_int_eq(mq_matrix_bin(&sparse, i, c), mq_matrix_bin(&dense, i, c));
    ck_assert_int_eq(mq_matrix_bin(&sparse, 2, 0), 0);
    ck_assert_int_eq(mq_matrix_bin(&sparse, 4, 0), 3);
    mq_matrix_release(&sparse);
    mq_matrix_release(&dense);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("bins");
    tcase_add_test(tc, test_small_whole_numbers_are_cells_of_their_own);
    tcase_add_test(tc, test_cells_ascend_and_are_near);
    tcase_add_test(tc, test_few_values_have_a_bin_each);
    tcase_add_test(tc, test_a_rare_value_is_told_from_a_common_one);
    tcase_add_test(tc, test_many_values_are_cut_at_quantiles);
    tcase_add_test(tc, test_a_sparse_column_lists_what_is_unusual);
    return run_tests("classic/bins", tc);
}
