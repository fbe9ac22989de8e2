// Price elasticity: planted ones are found beside levels, seasons and noise.
#include "support/harness.h"

#include <math.h>

#include "mq/base/rng.h"
#include "mq/classic/elasticity.h"

enum { N = 104, SEASON = 4 };

static const double shape[SEASON] = {0.5, 1.5, 1.25, 0.75};

// A product whose level drifts with its regular price, with promotions, and demand of the planted
// elasticity to the price of the day.
static void add_product(uint64_t number, double elasticity, struct mq_price_sums *sums)
{
    struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, number, 0);
    float y[N];
    float price[N];
    const double regular = exp(mq_rng_normal(&rng));
    double level = 20 * regular; // dear products sell more here: levels must not matter
    for (int t = 0; t < N; t++) {
        const double p = regular * (mq_rng_uniform(&rng) < 0.2 ? 0.7 : 1);
        level *= exp(0.03 * mq_rng_normal(&rng));
        price[t] = (float)p;
        y[t] = (float)(level * shape[t % SEASON] * pow(p / regular, elasticity) *
                       exp(0.5 * mq_rng_normal(&rng)));
        if (t % 13 == 4) y[t] = t % 2 == 0 ? 0 : NAN;
    }
    mq_price_add(y, price, N, 0, SEASON, shape, 26, sums);
}

START_TEST(test_a_planted_elasticity_is_found)
{
    struct mq_price_sums sums = {0};
    for (uint64_t i = 0; i < 200; i++)
        add_product(i, -1.5, &sums);
    ck_assert_double_eq_tol(mq_price_elasticity(&sums, &sums, 0, 2), -1.5, 0.1);
}
END_TEST

START_TEST(test_little_data_keep_what_is_usual)
{
    struct mq_price_sums whole = {0};
    struct mq_price_sums none = {0};
    struct mq_price_sums one = {0};
    for (uint64_t i = 0; i < 100; i++)
        add_product(i, -1.5, &whole);
    add_product(1000, -4, &one);
    ck_assert_double_eq_tol(mq_price_elasticity(&none, &whole, -1.5, 0.5), -1.5, 1e-12);
    const double alone = one.xz / one.xx;
    const double shrunk = mq_price_elasticity(&one, &whole, -1.5, 0.5);
    ck_assert_msg(alone < shrunk && shrunk < -1.5, "alone %g, shrunk %g", alone, shrunk);
    ck_assert_double_eq(mq_price_elasticity(&none, &none, 0, 2), 0);
}
END_TEST

START_TEST(test_prices_that_never_move_say_nothing)
{
    static const float y[] = {1, 2, 3, 4};
    static const float price[] = {2, 2, 2, 2};
    struct mq_price_sums sums = {0};
    mq_price_add(y, price, 4, 0, SEASON, shape, 26, &sums);
    ck_assert_double_eq(sums.xx, 0);
    ck_assert_double_eq(mq_price_elasticity(&sums, &sums, 0, 2), 0);
}
END_TEST

START_TEST(test_elasticities_are_between_minus_5_and_0)
{
    const struct mq_price_sums up = {1, 3, 10, 100};
    const struct mq_price_sums steep = {1, -9, 100, 100};
    ck_assert_double_eq(mq_price_elasticity(&up, &up, 0, 2), 0);
    ck_assert_double_eq(mq_price_elasticity(&steep, &steep, 0, 20), -5);
}
END_TEST

START_TEST(test_factors_are_powers_within_bounds)
{
    ck_assert_double_eq_tol(mq_price_factor(2, 1, -1.5), pow(2, -1.5), 1e-12);
    ck_assert_double_eq_tol(mq_price_factor(0.01, 1, -2), 5, 1e-12);
    ck_assert_double_eq(mq_price_factor(NAN, 1, -2), 1);
    ck_assert_double_eq(mq_price_factor(2, 0, -2), 1);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_a_planted_elasticity_is_found);
    tcase_add_test(tc, test_little_data_keep_what_is_usual);
    tcase_add_test(tc, test_prices_that_never_move_say_nothing);
    tcase_add_test(tc, test_elasticities_are_between_minus_5_and_0);
    tcase_add_test(tc, test_factors_are_powers_within_bounds);
    return run_tests("classic/elasticity", tc);
}
