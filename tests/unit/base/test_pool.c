// Threads: every task once, the lowest failure wins, and the pool lives on.
#include "support/harness.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/pool.h"

enum { TASKS = 300 };

struct work {
    atomic_int count[TASKS];
    atomic_int wrong_workers;
    int64_t threads;
    int64_t fails_from; // tasks at or above fail
    atomic_int idle_calls;
};

static mq_status count_task(void *context, int64_t worker, int64_t task)
{
    struct work *work = context;
    atomic_fetch_add(&work->count[task], 1);
    if (worker < 0 || worker >= work->threads) atomic_fetch_add(&work->wrong_workers, 1);
    if (task >= work->fails_from) return mq_fail(MQ_DATA, "task %lld", (long long)task);
    return MQ_OK;
}

static void check_each_once(const struct work *work, int64_t n)
{
    for (int64_t i = 0; i < TASKS; i++)
        ck_assert_int_eq(atomic_load(&work->count[i]), i < n ? 1 : 0);
    ck_assert_int_eq(atomic_load(&work->wrong_workers), 0);
}

START_TEST(test_every_task_runs_exactly_once_in_run_after_run)
{
    for (int64_t threads = 1; threads <= 4; threads++) {
        struct mq_pool *pool;
        ck_ok(mq_pool_new(&pool, threads));
        ck_assert_int_eq(mq_pool_threads(pool), threads);
        static const int64_t sizes[] = {0, 1, 2, 3, TASKS};
        for (int round = 0; round < 25; round++) {
            struct work work = {.threads = threads, .fails_from = TASKS};
            ck_ok(mq_pool_run(pool, sizes[round % 5], count_task, NULL, &work));
            check_each_once(&work, sizes[round % 5]);
        }
        mq_pool_free(pool);
    }
}
END_TEST

START_TEST(test_the_lowest_failure_is_told_and_the_rest_still_runs)
{
    struct mq_pool *pool;
    ck_ok(mq_pool_new(&pool, 3));
    for (int64_t from = 0; from < TASKS; from += 37) {
        struct work work = {.threads = 3, .fails_from = from};
        char want[32];
        (void)snprintf(want, sizeof want, "task %lld", (long long)from);
        ck_assert_int_eq(mq_pool_run(pool, TASKS, count_task, NULL, &work), MQ_DATA);
        ck_assert_str_eq(mq_error_get()->message, want);
        check_each_once(&work, TASKS);
    }
    struct work work = {.threads = 3, .fails_from = TASKS};
    ck_ok(mq_pool_run(pool, TASKS, count_task, NULL, &work));
    mq_pool_free(pool);
}
END_TEST

// The caller leaves a task to the other worker, which then waits to see it idle.
static mq_status wait_for_idle(void *context, int64_t worker, int64_t task)
{
    struct work *work = context;
    (void)task;
    if (worker != 0) atomic_store(&work->count[0], 1);
    while (atomic_load(worker != 0 ? &work->idle_calls : &work->count[0]) == 0)
        (void)sched_yield();
    return MQ_OK;
}

static void count_idle(void *context)
{
    atomic_fetch_add(&((struct work *)context)->idle_calls, 1);
}

START_TEST(test_the_caller_is_idle_while_it_waits)
{
    struct mq_pool *pool;
    struct work work = {.threads = 2};
    ck_ok(mq_pool_new(&pool, 2));
    ck_ok(mq_pool_run(pool, 2, wait_for_idle, count_idle, &work));
    ck_assert_int_gt(atomic_load(&work.idle_calls), 0);
    mq_pool_free(pool);
}
END_TEST

START_TEST(test_a_run_allocates_nothing)
{
    struct mq_pool *pool;
    struct work work = {.threads = 2, .fails_from = TASKS};
    ck_ok(mq_pool_new(&pool, 2));
    const uint64_t calls = mq_alloc_calls();
    ck_ok(mq_pool_run(pool, TASKS, count_task, NULL, &work));
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    mq_pool_free(pool);
    mq_pool_free(NULL);
}
END_TEST

START_TEST(test_no_memory_is_an_error_without_leftovers)
{
    for (uint64_t n = 1; n <= 2; n++) {
        struct mq_pool *pool;
        mq_alloc_fail_at(n);
        ck_fails(mq_pool_new(&pool, 4), MQ_FAILED, "out of memory");
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("pool");
    tcase_add_test(tc, test_every_task_runs_exactly_once_in_run_after_run);
    tcase_add_test(tc, test_the_lowest_failure_is_told_and_the_rest_still_runs);
    tcase_add_test(tc, test_the_caller_is_idle_while_it_waits);
    tcase_add_test(tc, test_a_run_allocates_nothing);
    tcase_add_test(tc, test_no_memory_is_an_error_without_leftovers);
    return run_tests("base/pool", tc);
}
