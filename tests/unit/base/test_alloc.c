// Counted memory: zeroed, aligned, checked, and failing on demand.
#include "support/harness.h"

#include <string.h>

#include "mq/base/alloc.h"

static bool is_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0) return false;
    return true;
}

START_TEST(test_blocks_are_zeroed_and_aligned)
{
    for (int64_t n = 0; n < 200; n += 13) {
        unsigned char *block = mq_calloc(n, 1);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 64, 0);
        ck_assert(is_zero(block, (size_t)n));
        if (n > 0) memset(block, 0xff, (size_t)n); // so that reused memory would show
        mq_free(block);
    }
}
END_TEST

START_TEST(test_growing_keeps_the_old_bytes_and_zeroes_the_new)
{
    unsigned char *block = mq_calloc(3, 1);
    memcpy(block, "abc", 3);
    block = mq_realloc(block, 1000, 1);
    ck_assert_mem_eq(block, "abc", 3);
    ck_assert(is_zero(block + 3, 997));
    block = mq_realloc(block, 2, 1);
    ck_assert_mem_eq(block, "ab", 2);
    block = mq_realloc(block, 3, 1);
    ck_assert_mem_eq(block, "ab\0", 3);
    mq_free(block);
}
END_TEST

START_TEST(test_impossible_sizes_are_errors)
{
    ck_assert_ptr_null(mq_calloc(INT64_MAX, 16));
    ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "out of memory"));
    ck_assert_ptr_null(mq_calloc(-1, 1));
    ck_assert_ptr_null(mq_calloc(INT64_MAX, 2));
}
END_TEST

START_TEST(test_counters_follow_what_lives)
{
    const size_t live = mq_alloc_live_bytes();
    const uint64_t calls = mq_alloc_calls();
    void *block = mq_calloc(100, 8);
    ck_assert_uint_eq(mq_alloc_live_bytes(), live + 800);
    ck_assert(mq_alloc_peak_bytes() >= live + 800);
    block = mq_realloc(block, 200, 8);
    ck_assert_uint_eq(mq_alloc_live_bytes(), live + 1600);
    mq_free(block);
    mq_free(NULL);
    ck_assert_uint_eq(mq_alloc_live_bytes(), live);
    ck_assert_uint_eq(mq_alloc_calls(), calls + 2);
}
END_TEST

START_TEST(test_the_nth_allocation_fails_and_only_that)
{
    mq_alloc_fail_at(3);
    void *first = mq_calloc(1, 1);
    void *second = mq_calloc(1, 1);
    void *grown = mq_realloc(second, 10, 1);
    void *fourth = mq_calloc(1, 1);
    ck_assert(first != NULL && second != NULL && fourth != NULL);
    ck_assert_ptr_null(grown); // the old block is untouched and still ours
    mq_free(first);
    mq_free(second);
    mq_free(fourth);
}
END_TEST

START_TEST(test_zero_turns_failing_off)
{
    mq_alloc_fail_at(1);
    mq_alloc_fail_at(0);
    void *block = mq_calloc(1, 1);
    ck_assert_ptr_nonnull(block);
    mq_free(block);
}
END_TEST

static mq_status make_two(char **a, char **b)
{
    mq_status status = MQ_OK;
    MQ_NEW(*a, 5);
    MQ_NEW_DO(*b, 5);
done:
    return status;
}

START_TEST(test_new_returns_from_its_caller_without_memory)
{
    for (uint64_t n = 1; n <= 3; n++) {
        char *a = NULL;
        char *b = NULL;
        mq_alloc_fail_at(n);
        ck_assert_int_eq(make_two(&a, &b), n <= 2 ? MQ_FAILED : MQ_OK);
        mq_alloc_fail_at(0);
        mq_free(a);
        mq_free(b);
    }
}
END_TEST

START_TEST(test_a_copied_string_is_ones_own)
{
    char text[] = "Größe";
    char *copy = mq_strdup(text);
    text[0] = '?';
    ck_assert_str_eq(copy, "Größe");
    mq_free(copy);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("alloc");
    tcase_add_test(tc, test_blocks_are_zeroed_and_aligned);
    tcase_add_test(tc, test_growing_keeps_the_old_bytes_and_zeroes_the_new);
    tcase_add_test(tc, test_impossible_sizes_are_errors);
    tcase_add_test(tc, test_counters_follow_what_lives);
    tcase_add_test(tc, test_the_nth_allocation_fails_and_only_that);
    tcase_add_test(tc, test_zero_turns_failing_off);
    tcase_add_test(tc, test_new_returns_from_its_caller_without_memory);
    tcase_add_test(tc, test_a_copied_string_is_ones_own);
    return run_tests("base/alloc", tc);
}
