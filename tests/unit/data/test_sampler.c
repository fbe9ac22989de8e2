// Draws: every series once per epoch, pure in the position, lanes apart, blocks together.
#include "support/harness.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/sampler.h"

enum { N = 3000 };

static struct mq_sampler begin(uint64_t seed, int64_t n, int64_t lanes, int64_t lane)
{
    struct mq_sampler sampler;
    ck_ok(mq_sampler_init(&sampler, seed, n, lanes, lane));
    return sampler;
}

START_TEST(test_every_epoch_visits_every_series_once)
{
    static const int64_t sizes[] = {1, 2, 255, 256, 257, 2048, 2049, N};
    for (int s = 0; s < 8; s++) {
        struct mq_sampler sampler = begin(1, sizes[s], 1, 0);
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            char seen[N] = {0};
            for (int64_t i = 0; i < sizes[s]; i++) {
                const int64_t series = mq_sampler_series(&sampler, epoch * sizes[s] + i);
                ck_assert(series >= 0 && series < sizes[s]);
                ck_assert_msg(!seen[series], "series %lld twice", (long long)series);
                seen[series] = 1;
            }
        }
        mq_sampler_release(&sampler);
    }
}
END_TEST

START_TEST(test_a_draw_is_a_pure_function_of_its_position)
{
    struct mq_sampler forward = begin(5, N, 3, 1);
    struct mq_sampler backward = begin(5, N, 3, 1);
    int64_t series[2500];
    for (int64_t p = 0; p < 2500; p++)
        series[p] = mq_sampler_series(&forward, p);
    for (int64_t p = 2499; p >= 0; p -= 83) {
        ck_assert_int_eq(mq_sampler_series(&backward, p), series[p]);
        ck_assert_int_eq(mq_sampler_end(&backward, p, 10, 500),
                         mq_sampler_end(&forward, p, 10, 500));
    }
    mq_sampler_release(&forward);
    mq_sampler_release(&backward);
}
END_TEST

static int64_t count_equal(struct mq_sampler a, struct mq_sampler b, int64_t shift)
{
    int64_t n = 0;
    for (int64_t p = 0; p < 1000; p++)
        n += mq_sampler_series(&a, p) == mq_sampler_series(&b, p + shift);
    mq_sampler_release(&a);
    mq_sampler_release(&b);
    return n;
}

START_TEST(test_epochs_and_seeds_have_orders_of_their_own)
{
    ck_assert_int_eq(count_equal(begin(1, 1000, 1, 0), begin(1, 1000, 1, 0), 0), 1000);
    ck_assert_int_lt(count_equal(begin(1, 1000, 1, 0), begin(1, 1000, 1, 0), 1000), 20);
    ck_assert_int_lt(count_equal(begin(1, 1000, 1, 0), begin(2, 1000, 1, 0), 0), 20);
}
END_TEST

START_TEST(test_lanes_are_disjoint_and_cover_the_catalogue)
{
    static const int64_t lanes[] = {1, 4, 7, 64};
    for (int l = 0; l < 4; l++) {
        char seen[1000] = {0};
        for (int64_t lane = 0; lane < lanes[l]; lane++) {
            struct mq_sampler sampler = begin(9, 1000, lanes[l], lane);
            for (int64_t p = 0; p < sampler.n; p++)
                seen[mq_sampler_series(&sampler, p)]++;
            mq_sampler_release(&sampler);
        }
        for (int i = 0; i < 1000; i++)
            ck_assert_int_eq(seen[i], 1);
    }
}
END_TEST

START_TEST(test_more_lanes_than_series_leave_some_empty)
{
    int64_t total = 0;
    for (int64_t lane = 0; lane < 8; lane++) {
        struct mq_sampler sampler = begin(9, 3, 8, lane);
        total += sampler.n;
        mq_sampler_release(&sampler);
    }
    ck_assert_int_eq(total, 3);
}
END_TEST

// A stretch of 8 blocks' worth of draws stays within the blocks that fit a small cache.
START_TEST(test_draws_stay_within_a_few_blocks_at_a_time)
{
    enum { SERIES = 40 * MQ_CACHE_BLOCK, POOL = 8 * MQ_CACHE_BLOCK };
    struct mq_sampler sampler = begin(3, SERIES, 1, 0);
    for (int64_t first = 0; first < SERIES; first += POOL) {
        char touched[40] = {0};
        int64_t n = 0;
        for (int64_t p = first; p < first + POOL; p++) {
            char *block = &touched[mq_sampler_series(&sampler, p) / MQ_CACHE_BLOCK];
            n += *block == 0;
            *block = 1;
        }
        ck_assert_int_eq(n, 8);
    }
    mq_sampler_release(&sampler);
}
END_TEST

START_TEST(test_ends_are_uniform_over_their_range)
{
    struct mq_sampler sampler = begin(4, N, 1, 0);
    int count[5] = {0};
    for (int64_t p = 0; p < 5000; p++) {
        const int64_t end = mq_sampler_end(&sampler, p, 10, 14);
        ck_assert(end >= 10 && end <= 14);
        count[end - 10]++;
    }
    for (int i = 0; i < 5; i++)
        ck_assert(count[i] > 850 && count[i] < 1150);
    ck_assert_int_eq(mq_sampler_end(&sampler, 0, 7, 7), 7);
    ck_assert_int_eq(mq_sampler_end(&sampler, 0, 9, 7), 7); // no room: the last end there is
    mq_sampler_release(&sampler);
}
END_TEST

START_TEST(test_drawing_allocates_nothing)
{
    struct mq_sampler sampler = begin(4, N, 1, 0);
    const uint64_t calls = mq_alloc_calls();
    for (int64_t p = 0; p < 2 * N; p += 100)
        (void)mq_sampler_end(&sampler, mq_sampler_series(&sampler, p), 0, 9);
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    mq_sampler_release(&sampler);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("sampler");
    tcase_add_test(tc, test_every_epoch_visits_every_series_once);
    tcase_add_test(tc, test_a_draw_is_a_pure_function_of_its_position);
    tcase_add_test(tc, test_epochs_and_seeds_have_orders_of_their_own);
    tcase_add_test(tc, test_lanes_are_disjoint_and_cover_the_catalogue);
    tcase_add_test(tc, test_more_lanes_than_series_leave_some_empty);
    tcase_add_test(tc, test_draws_stay_within_a_few_blocks_at_a_time);
    tcase_add_test(tc, test_ends_are_uniform_over_their_range);
    tcase_add_test(tc, test_drawing_allocates_nothing);
    return run_tests("data/sampler", tc);
}
