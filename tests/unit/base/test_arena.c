// One block in aligned pieces, at offsets that depend on nothing but the calls.
#include "support/harness.h"

#include "mq/base/alloc.h"
#include "mq/base/arena.h"

START_TEST(test_the_measured_pieces_fill_the_arena_exactly)
{
    static const int64_t counts[] = {1, 16, 0, 17, 100};
    size_t bytes = 0;
    for (int i = 0; i < 5; i++)
        bytes += mq_arena_cost(counts[i], sizeof(float));
    struct mq_arena arena;
    ck_ok(mq_arena_init(&arena, bytes));
    unsigned char *last = arena.base;
    for (int i = 0; i < 5; i++) {
        unsigned char *piece = mq_arena_take(&arena, counts[i], sizeof(float));
        ck_assert_uint_eq((uintptr_t)piece % 64, 0);
        ck_assert(piece >= last);
        last = piece + (size_t)counts[i] * sizeof(float);
    }
    ck_assert_uint_eq(arena.used, arena.capacity);
    mq_arena_release(&arena);
    mq_arena_release(&arena);
}
END_TEST

START_TEST(test_a_new_arena_is_zero)
{
    struct mq_arena arena;
    ck_ok(mq_arena_init(&arena, 1000));
    const unsigned char *piece = mq_arena_take(&arena, 900, 1);
    for (int i = 0; i < 900; i++)
        ck_assert_int_eq(piece[i], 0);
    mq_arena_release(&arena);
}
END_TEST

START_TEST(test_rewinding_hands_out_the_same_memory_again)
{
    struct mq_arena arena;
    ck_ok(mq_arena_init(&arena, 1024));
    (void)mq_arena_take(&arena, 5, 8);
    const size_t mark = mq_arena_mark(&arena);
    const void *piece = mq_arena_take(&arena, 100, 4);
    mq_arena_rewind(&arena, mark);
    ck_assert_ptr_eq(mq_arena_take(&arena, 1, 1), piece);
    mq_arena_release(&arena);
}
END_TEST

START_TEST(test_no_memory_is_an_error_and_the_arena_may_be_released)
{
    struct mq_arena arena;
    mq_alloc_fail_at(1);
    ck_fails(mq_arena_init(&arena, 64), MQ_FAILED, "out of memory");
    mq_arena_release(&arena);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("arena");
    tcase_add_test(tc, test_the_measured_pieces_fill_the_arena_exactly);
    tcase_add_test(tc, test_a_new_arena_is_zero);
    tcase_add_test(tc, test_rewinding_hands_out_the_same_memory_again);
    tcase_add_test(tc, test_no_memory_is_an_error_and_the_arena_may_be_released);
    return run_tests("base/arena", tc);
}
