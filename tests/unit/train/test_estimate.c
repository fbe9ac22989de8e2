// Cost of a sum over ranks, with numbers small enough to check by hand.
#include "support/harness.h"

#include "mq/train/estimate.h"

static const double tolerance = 1e-12; // seconds
static const struct mq_wire wire = {.latency_s = 0.5, .bytes_per_s = 4};

START_TEST(test_one_rank_sums_nothing)
{
    ck_assert(mq_sum_s(&wire, 1, 1e9) == 0);
    ck_assert(mq_exposed_s(&wire, 1, 1e9, 8, 0) == 0);
}
END_TEST

START_TEST(test_a_sum_takes_two_messages_a_round_and_moves_all_but_a_share_twice)
{
    static const struct {
        int64_t ranks;
        double seconds; // of 12 bytes
    } known[] = {
        {2, 1 + 3}, // 1 round, 2 / 2 of 12 bytes
        {3, 2 + 4}, // 2 rounds, 4 / 3
        {4, 2 + 4.5}, // 2 rounds, 6 / 4
        {5, 3 + 4.8}, // 3 rounds, 8 / 5
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_double_eq_tol(mq_sum_s(&wire, known[i].ranks, 12), known[i].seconds, tolerance);
}
END_TEST

START_TEST(test_buckets_hide_behind_the_computation_but_for_the_last)
{
    // On two ranks 20 bytes in buckets of 8: two of 1 + 2 s, the last one of 1 + 1 s.
    static const struct {
        double hidden_s;
        double exposed_s;
    } known[] = {{0, 8}, {2.5, 5.5}, {6, 2}, {60, 2}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 20, 8, known[i].hidden_s),
                                known[i].exposed_s, tolerance);
    // What fits a bucket is the last one; what fills two leaves one to hide.
    ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 8, 8, 60), 3, tolerance);
    ck_assert_double_eq_tol(mq_exposed_s(&wire, 2, 16, 8, 60), 3, tolerance);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("estimate");
    tcase_add_test(tc, test_one_rank_sums_nothing);
    tcase_add_test(tc, test_a_sum_takes_two_messages_a_round_and_moves_all_but_a_share_twice);
    tcase_add_test(tc, test_buckets_hide_behind_the_computation_but_for_the_last);
    return run_tests("train/estimate", tc);
}
