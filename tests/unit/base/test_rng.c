// The generator: published vectors, and streams that are pure, independent and of the right shape.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/base/rng.h"

enum { DRAWS = 20000 };

static void check_block(struct mq_rng rng, const uint32_t want[4])
{
    for (int i = 0; i < 4; i++) {
        const uint32_t got = mq_rng_u32(&rng);
        ck_assert_msg(got == want[i], "word %d is %08x, expected %08x", i, got, want[i]);
    }
}

// The known answers of Random123 for philox4x32-10.
START_TEST(test_the_published_vectors_hold)
{
    const uint32_t ones = 0xffffffffu;
    check_block((struct mq_rng){0},
                (const uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check_block((struct mq_rng){.key = {ones, ones}, .counter = {ones, ones, ones, ones}},
                (const uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check_block((struct mq_rng){.key = {0xa4093822, 0x299f31d0},
                                .counter = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
                (const uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
END_TEST

START_TEST(test_the_address_fills_key_and_counter)
{
    const struct mq_rng rng =
        mq_rng_at(0x0123456789abcdef, MQ_RNG_SHUFFLE, 0xfedcba9876543210, 0xabcdef);
    const uint32_t counter[] = {0, (uint32_t)MQ_RNG_SHUFFLE << 24 | 0xabcdef, 0x76543210,
                                0xfedcba98};
    const uint32_t key[] = {0x89abcdef, 0x01234567};
    ck_assert_mem_eq(rng.key, key, sizeof key);
    ck_assert_mem_eq(rng.counter, counter, sizeof counter);
}
END_TEST

START_TEST(test_an_address_gives_the_same_numbers_every_time)
{
    struct mq_rng a = mq_rng_at(7, MQ_RNG_SAMPLE, 3, 4);
    struct mq_rng b = mq_rng_at(7, MQ_RNG_SAMPLE, 3, 4);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(mq_rng_u32(&a), mq_rng_u32(&b));
}
END_TEST

static double correlation(struct mq_rng a, struct mq_rng b)
{
    double sum = 0;
    for (int i = 0; i < DRAWS; i++)
        sum += (mq_rng_uniform(&a) - 0.5) * (mq_rng_uniform(&b) - 0.5);
    return 12 * sum / DRAWS;
}

// The correlation of independent streams has deviation 1 / sqrt(DRAWS): 5 of them is never.
START_TEST(test_streams_that_differ_in_one_part_of_the_address_are_independent)
{
    const struct mq_rng rng = mq_rng_at(1, MQ_RNG_SAMPLE, 1, 1);
    const struct mq_rng others[] = {
        mq_rng_at(2, MQ_RNG_SAMPLE, 1, 1),
        mq_rng_at(1, MQ_RNG_SHUFFLE, 1, 1),
        mq_rng_at(1, MQ_RNG_SAMPLE, 2, 1),
        mq_rng_at(1, MQ_RNG_SAMPLE, 1, 2),
        mq_rng_at(1 + (1ull << 32), MQ_RNG_SAMPLE, 1, 1),
        mq_rng_at(1, MQ_RNG_SAMPLE, 1 + (1ull << 32), 1),
    };
    ck_assert(correlation(rng, rng) > 0.9);
    for (int i = 0; i < 6; i++)
        ck_assert_double_lt(fabs(correlation(rng, others[i])), 5 / sqrt(DRAWS));
}
END_TEST

START_TEST(test_uniform_is_flat_and_never_touches_its_ends)
{
    enum { BINS = 20 };
    struct mq_rng rng = mq_rng_at(3, MQ_RNG_TEST, 0, 0);
    int count[BINS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        const double u = mq_rng_uniform(&rng);
        ck_assert(u > 0 && u < 1);
        count[(int)(u * BINS)]++;
    }
    double chi_square = 0;
    for (int b = 0; b < BINS; b++)
        chi_square += pow(count[b] - (double)DRAWS / BINS, 2) / ((double)DRAWS / BINS);
    ck_assert_double_lt(chi_square, 50); // 19 degrees of freedom: above 50 once in 10^4
    // The extreme words: all zeros and all ones.
    struct mq_rng low = {.left = 4};
    struct mq_rng high = {.block = {~0u, ~0u, ~0u, ~0u}, .left = 4};
    ck_assert(mq_rng_uniform(&low) > 0 && mq_rng_uniform(&high) < 1);
}
END_TEST

START_TEST(test_below_reaches_every_number_equally)
{
    struct mq_rng rng = mq_rng_at(4, MQ_RNG_TEST, 0, 0);
    int count[7] = {0};
    for (int i = 0; i < DRAWS; i++)
        count[mq_rng_below(&rng, 7)]++;
    for (int n = 0; n < 7; n++)
        ck_assert_double_lt(fabs(count[n] - DRAWS / 7.0), 5 * sqrt(DRAWS / 7.0));
    ck_assert_uint_eq(mq_rng_below(&rng, 1), 0);
    for (int i = 0; i < 100; i++)
        ck_assert(mq_rng_below(&rng, (1ull << 63) + 1) <= 1ull << 63);
}
END_TEST

START_TEST(test_normal_has_mean_0_and_deviation_1)
{
    struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, 0, 0);
    double sum = 0;
    double square = 0;
    double fourth = 0;
    for (int i = 0; i < DRAWS; i++) {
        const double z = mq_rng_normal(&rng);
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0, 5 / sqrt(DRAWS));
    ck_assert_double_eq_tol(square / DRAWS, 1, 5 * sqrt(2.0 / DRAWS));
    ck_assert_double_eq_tol(fourth / DRAWS, 3, 5 * sqrt(96.0 / DRAWS));
}
END_TEST

START_TEST(test_gamma_has_mean_and_variance_of_its_shape)
{
    static const double shapes[] = {0.2, 1, 3.5, 400};
    for (int s = 0; s < 4; s++) {
        struct mq_rng rng = mq_rng_at(8, MQ_RNG_TEST, (uint64_t)s, 0);
        const double shape = shapes[s];
        double sum = 0, square = 0, third = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double x = mq_rng_gamma(&rng, shape);
            ck_assert(x >= 0);
            sum += x;
            square += (x - shape) * (x - shape);
            third += pow((x - shape) / sqrt(shape), 3);
        }
        ck_assert_double_eq_tol(sum / DRAWS / shape, 1, 5 / sqrt(shape * DRAWS));
        ck_assert_double_eq_tol(square / DRAWS / shape, 1, 0.1);
        ck_assert_double_eq_tol(third / DRAWS, 2 / sqrt(shape), 0.1 + 0.1 / shape);
    }
}
END_TEST

START_TEST(test_poisson_has_mean_and_variance_lambda)
{
    static const double lambdas[] = {0.3, 5, 59, 61, 500};
    for (int l = 0; l < 5; l++) {
        struct mq_rng rng = mq_rng_at(6, MQ_RNG_TEST, (uint64_t)l, 0);
        const double lambda = lambdas[l];
        double sum = 0;
        double square = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double n = (double)mq_rng_poisson(&rng, lambda);
            ck_assert(n >= 0);
            sum += n;
            square += (n - lambda) * (n - lambda);
        }
        ck_assert_double_eq_tol(sum / DRAWS, lambda, 5 * sqrt(lambda / DRAWS));
        ck_assert_double_eq_tol(square / DRAWS / lambda, 1, 0.1);
    }
    struct mq_rng rng = mq_rng_at(6, MQ_RNG_TEST, 99, 0);
    ck_assert_int_eq(mq_rng_poisson(&rng, 0), 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("rng");
    tcase_add_test(tc, test_the_published_vectors_hold);
    tcase_add_test(tc, test_the_address_fills_key_and_counter);
    tcase_add_test(tc, test_an_address_gives_the_same_numbers_every_time);
    tcase_add_test(tc, test_streams_that_differ_in_one_part_of_the_address_are_independent);
    tcase_add_test(tc, test_uniform_is_flat_and_never_touches_its_ends);
    tcase_add_test(tc, test_below_reaches_every_number_equally);
    tcase_add_test(tc, test_normal_has_mean_0_and_deviation_1);
    tcase_add_test(tc, test_gamma_has_mean_and_variance_of_its_shape);
    tcase_add_test(tc, test_poisson_has_mean_and_variance_lambda);
    return run_tests("base/rng", tc);
}
