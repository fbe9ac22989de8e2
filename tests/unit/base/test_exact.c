// Sums that do not depend on order, however their terms are spread over ranks.
#include "support/harness.h"

#include <math.h>

#include "mq/base/exact.h"
#include "mq/base/rng.h"

enum { TERMS = 500 };

static double sum_of(const double terms[], int64_t n)
{
    struct mq_exact sum = {0};
    for (int64_t i = 0; i < n; i++)
        mq_exact_add(&sum, terms[i]);
    return mq_exact_value(&sum);
}

static void draw_terms(double terms[TERMS], struct mq_rng *rng)
{
    for (int i = 0; i < TERMS; i++)
        terms[i] = ldexp(mq_rng_normal(rng), (int)mq_rng_below(rng, 80) - 35);
}

START_TEST(test_an_empty_sum_is_zero)
{
    ck_assert(mq_exact_value(&(struct mq_exact){0}) == 0.0);
}
END_TEST

START_TEST(test_any_order_gives_the_same_bits)
{
    double terms[TERMS];
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    draw_terms(terms, &rng);
    const double want = sum_of(terms, TERMS);
    for (int round = 0; round < 5; round++) {
        for (int i = TERMS - 1; i > 0; i--) {
            const int j = (int)mq_rng_below(&rng, (uint64_t)i + 1);
            const double swapped = terms[i];
            terms[i] = terms[j];
            terms[j] = swapped;
        }
        ck_assert(sum_of(terms, TERMS) == want);
    }
}
END_TEST

START_TEST(test_any_number_of_ranks_gives_the_same_bits)
{
    double terms[TERMS];
    struct mq_rng rng = mq_rng_at(2, MQ_RNG_TEST, 0, 0);
    draw_terms(terms, &rng);
    for (int ranks = 1; ranks <= 64; ranks *= 2) {
        struct mq_exact total = {0};
        for (int rank = ranks - 1; rank >= 0; rank--) {
            struct mq_exact part = {0};
            for (int i = rank; i < TERMS; i += ranks)
                mq_exact_add(&part, terms[i]);
            mq_exact_merge(&total, &part);
        }
        ck_assert(mq_exact_value(&total) == sum_of(terms, TERMS));
    }
}
END_TEST

START_TEST(test_huge_terms_that_cancel_leave_the_small_ones_whole)
{
    const double terms[] = {0x1p53, 3.25, -0x1p53, 0x1.fffffffffffffp53, -0x1.fffffffffffffp53};
    ck_assert(sum_of(terms, 5) == 3.25);
}
END_TEST

START_TEST(test_a_term_is_rounded_to_the_unit_whatever_its_sign)
{
    for (int exponent = -40; exponent < 54; exponent++) {
        const double term = ldexp(1.0, exponent);
        ck_assert(sum_of(&term, 1) == term);
        const double negative = -term;
        ck_assert(sum_of(&negative, 1) == negative);
    }
    const double pair[] = {0.1, -0.1};
    ck_assert(sum_of(pair, 2) == 0.0);
    ck_assert(sum_of(pair + 1, 1) == -sum_of(pair, 1));
    ck_assert_double_eq_tol(sum_of(pair + 1, 1), -0.1, 0x1p-41);
}
END_TEST

START_TEST(test_many_terms_do_not_drift)
{
    struct mq_exact sum = {0};
    for (int i = 0; i < 1000000; i++)
        mq_exact_add(&sum, i % 2 == 0 ? 0.5 : -0.25);
    ck_assert(mq_exact_value(&sum) == 125000.0);
}
END_TEST

START_TEST(test_what_is_no_number_or_too_large_poisons_for_good)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 0x1p54, -0x1p54};
    for (int i = 0; i < 5; i++) {
        struct mq_exact sum = {0};
        mq_exact_add(&sum, bad[i]);
        mq_exact_add(&sum, 1.0);
        ck_assert(isnan(mq_exact_value(&sum)));
        struct mq_exact merged = {0};
        mq_exact_add(&merged, 2.0);
        mq_exact_merge(&merged, &sum);
        ck_assert(isnan(mq_exact_value(&merged)));
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("exact");
    tcase_add_test(tc, test_an_empty_sum_is_zero);
    tcase_add_test(tc, test_any_order_gives_the_same_bits);
    tcase_add_test(tc, test_any_number_of_ranks_gives_the_same_bits);
    tcase_add_test(tc, test_huge_terms_that_cancel_leave_the_small_ones_whole);
    tcase_add_test(tc, test_a_term_is_rounded_to_the_unit_whatever_its_sign);
    tcase_add_test(tc, test_many_terms_do_not_drift);
    tcase_add_test(tc, test_what_is_no_number_or_too_large_poisons_for_good);
    return run_tests("base/exact", tc);
}
