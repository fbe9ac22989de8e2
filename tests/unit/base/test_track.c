// Spans of time: told in the order of their ends, never more than there is room for.
#include "support/harness.h"

#include "mq/base/track.h"

START_TEST(test_spans_end_in_order_and_lie_within_one_another)
{
    struct mq_span spans[4];
    struct mq_track track = {.spans = spans, .capacity = 4};
    const double outer_s = mq_span_begin(&track);
    const double inner_s = mq_span_begin(&track);
    mq_span_end(&track, inner_s, "inner", 7);
    mq_span_end(&track, outer_s, "outer", -1);
    ck_assert_int_eq(track.n, 2);
    ck_assert_str_eq(spans[0].name, "inner");
    ck_assert_int_eq(spans[0].number, 7);
    ck_assert(spans[1].began_s <= spans[0].began_s && spans[0].began_s <= spans[0].ended_s);
    ck_assert(spans[0].ended_s <= spans[1].ended_s);
}
END_TEST

START_TEST(test_what_there_is_no_room_for_is_counted)
{
    struct mq_span spans[2] = {{0}};
    struct mq_track track = {.spans = spans, .capacity = 1};
    for (int i = 0; i < 3; i++)
        mq_span_end(&track, mq_span_begin(&track), "step", i);
    ck_assert_int_eq(track.n, 1);
    ck_assert_int_eq(track.left_out, 2);
    ck_assert_int_eq(spans[0].number, 0);
    ck_assert_ptr_null(spans[1].name);
}
END_TEST

START_TEST(test_without_a_track_nobody_looks_at_the_clock)
{
    ck_assert_double_eq(mq_span_begin(NULL), 0);
    mq_span_end(NULL, 0, "nothing", -1);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("track");
    tcase_add_test(tc, test_spans_end_in_order_and_lie_within_one_another);
    tcase_add_test(tc, test_what_there_is_no_room_for_is_counted);
    tcase_add_test(tc, test_without_a_track_nobody_looks_at_the_clock);
    return run_tests("base/track", tc);
}
