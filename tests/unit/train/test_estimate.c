// Cost of a sum over ranks, with numbers small enough to check by hand.
#include "support/harness.h"

#include "mq/train/estimate.h"

static const double tolerance = 1e-12; // seconds
static const double block = 1 << 16; // bytes; what is longer is asked for
// A block takes 1 s.
static const struct mq_wire wire = {.latency_s = 0.5, .bytes_per_s = 1 << 16};
static const struct mq_wire late = {.latency_s = 2, .bytes_per_s = 1 << 16};

START_TEST(test_one_rank_sums_nothing)
{
    ck_assert(mq_sum_s(&wire, 1, 1e9) == 0);
    ck_assert(mq_exposed_s(&wire, 1, 1e9, 8, 0) == 0);
}
END_TEST

START_TEST(test_a_large_sum_halves_with_every_round)
{
    static const struct {
        int64_t ranks;
        double seconds; // of 8 blocks
    } known[] = {
        {2, 2 * (0.5 + 4)},
        {3, 2 * (0.5 + 4) + 2 * (0.5 + 4) + (0.5 + 8)}, // the third rank, before and after
        {4, 2 * (0.5 + 4) + 2 * (0.5 + 2)},
        {5, 2 * (0.5 + 4) + 2 * (0.5 + 2) + 2 * (0.5 + 4) + (0.5 + 8)},
        {8, 2 * (0.5 + 4) + 2 * (0.5 + 2) + 2 * (0.5 + 1)},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_double_eq_tol(mq_sum_s(&wire, known[i].ranks, 8 * block), known[i].seconds,
                                tolerance);
}
END_TEST

START_TEST(test_a_long_message_waits_for_an_answer)
{
    // Of 8 blocks on 4 ranks the halves and quarters are long: 3 latencies, while the first block
    // travels. On 8 ranks the eighths are one block, which nobody asks for.
    ck_assert_double_eq_tol(mq_sum_s(&late, 4, 8 * block), 2 * (6 + 3) + 2 * (6 + 1), tolerance);
    ck_assert_double_eq_tol(mq_sum_s(&late, 8, 8 * block), 2 * (6 + 3) + 2 * (6 + 1) + 2 * (2 + 1),
                            tolerance);
}
END_TEST

START_TEST(test_a_small_sum_goes_up_a_tree_and_down)
{
    static const struct {
        int64_t ranks;
        int64_t messages;
    } known[] = {{2, 2}, {3, 4}, {4, 4}, {5, 6}, {1000, 20}, {1024, 20}, {1025, 22}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_double_eq_tol(mq_sum_s(&wire, known[i].ranks, block / 2),
                                (double)known[i].messages * (0.5 + 0.5), tolerance);
}
END_TEST

START_TEST(test_buckets_hide_behind_the_computation_but_for_the_last)
{
    // On two ranks 5 blocks in buckets of 2: two of 2 (0.5 + 1) s, the last one of 2 (0.5 + 0.5) s.
    static const struct {
        double hidden_s;
        double exposed_s;
    } known[] = {{0, 8}, {2.5, 5.5}, {6, 2}, {60, 2}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 5 * block, 2 * block, known[i].hidden_s),
                                known[i].exposed_s, tolerance);
    // What fits a bucket is the last one; what fills two leaves one to hide.
    ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 2 * block, 2 * block, 60), 3, tolerance);
    ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 4 * block, 2 * block, 60), 3, tolerance);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("estimate");
    tcase_add_test(tc, test_one_rank_sums_nothing);
    tcase_add_test(tc, test_a_large_sum_halves_with_every_round);
    tcase_add_test(tc, test_a_long_message_waits_for_an_answer);
    tcase_add_test(tc, test_a_small_sum_goes_up_a_tree_and_down);
    tcase_add_test(tc, test_buckets_hide_behind_the_computation_but_for_the_last);
    return run_tests("train/estimate", tc);
}
