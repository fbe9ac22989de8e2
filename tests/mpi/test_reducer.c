// ranks: 1 2 3 4
#include "support/harness.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/comm/reducer.h"

enum { LANES = 3, COUNT = 997, LONG = 20011, SCALARS = 2 };

/// How the work of a step is dealt out: nothing in it may change the sums.
struct deal {
    int64_t count; ///< gradients
    int64_t bucket_bytes;
    int64_t stride; ///< a lane hands over this many gradients at a time
    int shift; ///< lane l belongs to rank (l + shift) % ranks; -1: all to the last rank
    bool backwards; ///< lanes in descending order
};

static mq_real gradients[LANES][LONG];
static mq_real expected[LONG];

/// Fixed gradients of all magnitudes, known to every rank, and their exact sum.
static void set_up(void)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int64_t i = 0; i < LONG; i++) {
        int64_t total = 0;
        for (int64_t l = 0; l < LANES; l++) {
            const double size = exp(32 * mq_rng_uniform(&rng) - 24);
            gradients[l][i] = (mq_real)(size * mq_rng_normal(&rng));
            total += llrint((double)gradients[l][i] * 0x1p44);
        }
        expected[i] = (mq_real)((double)total * 0x1p-44);
    }
}

static bool is_mine(const struct deal *deal, int64_t lane)
{
    const int size = mq_size(test_world());
    const int64_t owner = deal->shift < 0 ? size - 1 : (lane + deal->shift) % size;
    return owner == mq_rank(test_world());
}

static struct mq_reducer *new_reducer(const struct deal *deal)
{
    int64_t here = 0;
    for (int64_t l = 0; l < LANES; l++)
        here += is_mine(deal, l);
    struct mq_reducer *reducer = NULL;
    ck_ok(mq_reducer_new(&reducer, test_world(), deal->count, SCALARS, LANES, here,
                         deal->bucket_bytes));
    return reducer;
}

static void hand_over(struct mq_reducer *reducer, const struct deal *deal, int64_t slot,
                      const mq_real lane[], bool polls)
{
    for (int64_t mark = deal->count; mark > 0;) {
        mark = mark > deal->stride ? mark - deal->stride : 0;
        mq_reducer_lane(reducer, slot, lane, mark);
        if (polls) mq_reducer_poll(reducer);
    }
}

/// One whole step; scalar 0 counts lanes, scalar 1 sums reals.
static mq_status step(struct mq_reducer *reducer, const struct deal *deal, mq_real sums[],
                      int64_t scalars[SCALARS])
{
    double wait_s = 0;
    mq_reducer_begin(reducer);
    int64_t slot = 0;
    for (int64_t i = 0; i < LANES; i++) {
        const int64_t l = deal->backwards ? LANES - 1 - i : i;
        if (!is_mine(deal, l)) continue;
        hand_over(reducer, deal, slot++, gradients[l], true);
        mq_reducer_scalar(reducer, 0, 1);
        mq_reducer_scalar(reducer, 1, mq_scalar_from(0.5 + (double)l));
    }
    const mq_status status = mq_reducer_end(reducer, sums, scalars, &wait_s);
    ck_assert_double_ge(wait_s, 0);
    return status;
}

static const struct deal deals[] = {
    {COUNT, .bucket_bytes = 1 << 20, .stride = COUNT},
    {COUNT, .bucket_bytes = 1 << 20, .stride = 37, .backwards = true},
    {COUNT, .bucket_bytes = 8 * 100, .stride = COUNT, .shift = 1},
    {COUNT, .bucket_bytes = 8 * 100, .stride = 37, .shift = 2, .backwards = true},
    {COUNT, .bucket_bytes = 8 * 100, .stride = 1, .shift = -1},
    {COUNT, .bucket_bytes = 8 * COUNT, .stride = 250},
    {COUNT, .bucket_bytes = 1, .stride = 500, .shift = 1},
    // Large sums, of another algorithm, two of them on their way at once.
    {LONG, .bucket_bytes = MQ_SUM_LARGE_BYTES, .stride = LONG},
    {LONG, .bucket_bytes = MQ_SUM_LARGE_BYTES, .stride = 37, .backwards = true},
};
enum { DEALS = sizeof deals / sizeof deals[0] };

START_TEST(test_sums_have_the_same_bits_however_work_is_dealt)
{
    mq_real sums[LONG];
    int64_t scalars[SCALARS];
    struct mq_reducer *reducer = new_reducer(&deals[_i]);
    for (int repeat = 0; repeat < 3; repeat++) {
        memset(sums, 0xff, sizeof sums);
        ck_ok(step(reducer, &deals[_i], sums, scalars));
        ck_assert_mem_eq(sums, expected, (size_t)deals[_i].count * sizeof *sums);
        ck_assert_int_eq(scalars[0], LANES);
        ck_assert_double_eq(mq_scalar_value(scalars[1]), 4.5);
    }
    ck_assert_int_eq(mq_reducer_bad_offset(reducer), -1);
    mq_reducer_free(reducer);
}
END_TEST

START_TEST(test_step_allocates_nothing)
{
    mq_real sums[COUNT];
    int64_t scalars[SCALARS];
    struct mq_reducer *reducer = new_reducer(&deals[3]);
    const uint64_t calls = mq_alloc_calls();
    ck_ok(step(reducer, &deals[3], sums, scalars));
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    mq_reducer_free(reducer);
}
END_TEST

/// A step in which lane 1 holds these values at offsets 700 and 123 fails alike on all ranks, and
/// the next step is sound again.
static void check_poison(mq_real value)
{
    const struct deal *deal = &deals[3];
    mq_real sums[COUNT];
    int64_t scalars[SCALARS];
    struct mq_reducer *reducer = new_reducer(deal);
    gradients[1][700] = value;
    gradients[1][123] = value;
    const mq_status status = step(reducer, deal, sums, scalars);
    set_up();
    ck_fails(status, MQ_NUMERIC, "gradient 123 is not finite or not below");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "(2 such values in this step)"));
    ck_assert_int_eq(mq_reducer_bad_offset(reducer), 123);
    ck_ok(step(reducer, deal, sums, scalars));
    ck_assert_mem_eq(sums, expected, sizeof sums);
    mq_reducer_free(reducer);
}

START_TEST(test_nan_in_one_lane_fails_on_all_ranks)
{
    check_poison((mq_real)NAN);
}
END_TEST

START_TEST(test_infinity_in_one_lane_fails_on_all_ranks)
{
    check_poison(-(mq_real)INFINITY);
}
END_TEST

START_TEST(test_value_that_could_wrap_fails_on_all_ranks)
{
    check_poison((mq_real)(0x1p18 / LANES * 1.0001));
}
END_TEST

START_TEST(test_largest_values_of_all_lanes_do_not_wrap)
{
    const mq_real largest = (mq_real)(0x1p18 / LANES * 0.9999);
    mq_real sums[COUNT];
    int64_t scalars[SCALARS];
    for (int64_t l = 0; l < LANES; l++)
        gradients[l][5] = -largest;
    struct mq_reducer *reducer = new_reducer(&deals[0]);
    const mq_status status = step(reducer, &deals[0], sums, scalars);
    set_up();
    ck_ok(status);
    ck_assert_double_eq_tol((double)sums[5], -LANES * (double)largest, 0.02);
    mq_reducer_free(reducer);
}
END_TEST

START_TEST(test_scalar_out_of_range_fails_on_all_ranks)
{
    mq_real sums[COUNT];
    int64_t scalars[SCALARS];
    struct mq_reducer *reducer = new_reducer(&deals[0]);
    mq_reducer_begin(reducer);
    int64_t slot = 0;
    for (int64_t l = 0; l < LANES; l++)
        if (is_mine(&deals[0], l)) hand_over(reducer, &deals[0], slot++, gradients[l], false);
    if (mq_rank(test_world()) == 0) mq_reducer_scalar(reducer, 1, mq_scalar_from(NAN));
    ck_fails(mq_reducer_end(reducer, sums, scalars, NULL), MQ_NUMERIC, "loss or count");
    ck_assert_int_eq(mq_reducer_bad_offset(reducer), -1);
    mq_reducer_free(reducer);
}
END_TEST

struct worker {
    struct mq_reducer *reducer;
    int64_t slot;
    int64_t lane;
};

static void *work(void *argument)
{
    const struct worker *worker = argument;
    const struct deal deal = {COUNT, .stride = 10 + 3 * worker->slot};
    hand_over(worker->reducer, &deal, worker->slot, gradients[worker->lane], false);
    mq_reducer_scalar(worker->reducer, 0, 1);
    return NULL;
}

START_TEST(test_threads_hand_over_lanes_at_the_same_time)
{
    mq_real sums[COUNT];
    int64_t scalars[SCALARS];
    struct mq_reducer *reducer = new_reducer(&deals[3]);
    for (int repeat = 0; repeat < 20; repeat++) {
        struct worker workers[LANES];
        pthread_t threads[LANES];
        int64_t n = 0;
        mq_reducer_begin(reducer);
        for (int64_t l = 0; l < LANES; l++) {
            if (!is_mine(&deals[3], l)) continue;
            workers[n] = (struct worker){reducer, n, l};
            ck_assert_int_eq(pthread_create(&threads[n], NULL, work, &workers[n]), 0);
            n++;
        }
        for (int polls = 0; polls < 10; polls++)
            mq_reducer_poll(reducer);
        for (int64_t i = 0; i < n; i++)
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_ok(mq_reducer_end(reducer, sums, scalars, NULL));
        ck_assert_mem_eq(sums, expected, sizeof sums);
        ck_assert_int_eq(scalars[0], LANES);
    }
    mq_reducer_free(reducer);
}
END_TEST

START_TEST(test_scalars_travel_without_gradients)
{
    struct mq_reducer *reducer = NULL;
    ck_ok(mq_reducer_new(&reducer, test_world(), 0, 1, 1, 0, 4096));
    mq_reducer_begin(reducer);
    mq_reducer_scalar(reducer, 0, mq_rank(test_world()) == 0 ? 7 : 0);
    int64_t scalar = 0;
    ck_ok(mq_reducer_end(reducer, NULL, &scalar, NULL));
    ck_assert_int_eq(scalar, 7);
    mq_reducer_free(reducer);
}
END_TEST

START_TEST(test_out_of_memory_is_a_clean_failure)
{
    for (uint64_t nth = 1; nth <= 4; nth++) {
        struct mq_reducer *reducer = NULL;
        mq_alloc_fail_at(nth);
        ck_fails(mq_reducer_new(&reducer, test_world(), COUNT, SCALARS, LANES, 1, 800), MQ_FAILED,
                 "out of memory");
        ck_assert_ptr_null(reducer);
    }
    mq_alloc_fail_at(0);
}
END_TEST

int main(void)
{
    set_up();
    TCase *tc = tcase_create("reducer");
    tcase_add_loop_test(tc, test_sums_have_the_same_bits_however_work_is_dealt, 0, DEALS);
    tcase_add_test(tc, test_step_allocates_nothing);
    tcase_add_test(tc, test_nan_in_one_lane_fails_on_all_ranks);
    tcase_add_test(tc, test_infinity_in_one_lane_fails_on_all_ranks);
    tcase_add_test(tc, test_value_that_could_wrap_fails_on_all_ranks);
    tcase_add_test(tc, test_largest_values_of_all_lanes_do_not_wrap);
    tcase_add_test(tc, test_scalar_out_of_range_fails_on_all_ranks);
    tcase_add_test(tc, test_threads_hand_over_lanes_at_the_same_time);
    tcase_add_test(tc, test_scalars_travel_without_gradients);
    tcase_add_test(tc, test_out_of_memory_is_a_clean_failure);
    return run_mpi_tests("comm/reducer", tc);
}
