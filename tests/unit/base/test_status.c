// The record of the last failure: one line, its way out, its frames, one per thread.
#include "support/harness.h"

#include <pthread.h>
#include <string.h>

START_TEST(test_fail_returns_its_status_and_keeps_the_message)
{
    ck_assert_int_eq(mq_fail(MQ_DATA, "%s: row %d", "a.csv", 7), MQ_DATA);
    ck_assert_int_eq(mq_error_get()->status, MQ_DATA);
    ck_assert_str_eq(mq_error_get()->message, "a.csv: row 7");
}
END_TEST

START_TEST(test_a_new_failure_forgets_hint_and_frames)
{
    (void)mq_fail(MQ_DATA, "first");
    ck_assert_int_eq(mq_hint("try %d", 2), MQ_DATA);
    (void)mq_frame(MQ_DATA, "inner");
    (void)mq_fail(MQ_USAGE, "second");
    ck_assert_str_eq(mq_error_get()->hint, "");
    ck_assert_str_eq(mq_error_get()->frames, "");
}
END_TEST

START_TEST(test_a_message_is_one_line)
{
    (void)mq_fail(MQ_FAILED, "a\r\nb\nc");
    ck_assert_str_eq(mq_error_get()->message, "a  b c");
}
END_TEST

START_TEST(test_a_message_may_quote_the_one_before)
{
    (void)mq_fail(MQ_DATA, "damaged");
    (void)mq_fail(MQ_FAILED, "rank 2: %s", mq_error_get()->message);
    ck_assert_str_eq(mq_error_get()->message, "rank 2: damaged");
}
END_TEST

START_TEST(test_prefix_goes_in_front_and_keeps_the_rest)
{
    (void)mq_fail(MQ_NUMERIC, "loss is NaN");
    (void)mq_hint("lower train.lr");
    ck_assert_int_eq(mq_prefix("step %d", 12), MQ_NUMERIC);
    ck_assert_str_eq(mq_error_get()->message, "step 12: loss is NaN");
    ck_assert_str_eq(mq_error_get()->hint, "lower train.lr");
}
END_TEST

START_TEST(test_long_texts_are_cut_and_never_overflow)
{
    char text[3 * MQ_MESSAGE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)mq_fail(MQ_FAILED, "%s", text);
    (void)mq_prefix("%s", text);
    (void)mq_hint("%s", text);
    for (int i = 0; i < 200; i++)
        (void)mq_frame(MQ_FAILED, "some_function");
    ck_assert_uint_eq(strlen(mq_error_get()->message), MQ_MESSAGE_MAX - 1);
    ck_assert_uint_eq(strlen(mq_error_get()->hint), MQ_HINT_MAX - 1);
    ck_assert_uint_eq(strlen(mq_error_get()->frames), MQ_FRAMES_MAX - 1);
}
END_TEST

static mq_status inner(mq_status status)
{
    return status == MQ_OK ? MQ_OK : mq_fail(status, "no");
}

static mq_status outer(mq_status status, bool *is_past)
{
    MQ_TRY(inner(status));
    *is_past = true;
    return MQ_OK;
}

static mq_status outermost(mq_status want, bool *is_clean)
{
    bool is_past = false;
    mq_status status = MQ_OK;
    MQ_DO(outer(want, &is_past));
    ck_assert(is_past);
done:
    *is_clean = true;
    return status;
}

START_TEST(test_try_and_do_pass_failures_up_with_their_frames)
{
    bool is_clean = false;
    ck_assert_int_eq(outermost(MQ_OK, &is_clean), MQ_OK);
    ck_assert(is_clean);
    is_clean = false;
    ck_assert_int_eq(outermost(MQ_DATA, &is_clean), MQ_DATA);
    ck_assert(is_clean);
    ck_assert_str_eq(mq_error_get()->frames, "outer < outermost");
}
END_TEST

static void *fail_elsewhere(void *handed_over)
{
    (void)mq_fail(MQ_NUMERIC, "of the thread");
    *(struct mq_error *)handed_over = *mq_error_get();
    return NULL;
}

START_TEST(test_a_thread_has_a_record_of_its_own_and_can_hand_it_over)
{
    struct mq_error error;
    pthread_t thread;
    (void)mq_fail(MQ_DATA, "of the caller");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &error), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(mq_error_get()->message, "of the caller");
    mq_error_set(&error);
    ck_assert_int_eq(mq_error_get()->status, MQ_NUMERIC);
    ck_assert_str_eq(mq_error_get()->message, "of the thread");
}
END_TEST

START_TEST(test_no_text_is_more_than_a_line_or_commands_a_terminal)
{
    (void)mq_fail(MQ_FAILED, "a\tb\x1b[31mc\x7f");
    ck_assert_str_eq(mq_error_get()->message, "a b [31mc ");
    (void)mq_hint("the file has: %s", "x\ny");
    ck_assert_str_eq(mq_error_get()->hint, "the file has: x y");
    (void)mq_prefix("series '%s'", "1\r2");
    ck_assert_str_eq(mq_error_get()->message, "series '1 2': a b [31mc ");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("status");
    tcase_add_test(tc, test_fail_returns_its_status_and_keeps_the_message);
    tcase_add_test(tc, test_a_new_failure_forgets_hint_and_frames);
    tcase_add_test(tc, test_a_message_is_one_line);
    tcase_add_test(tc, test_a_message_may_quote_the_one_before);
    tcase_add_test(tc, test_prefix_goes_in_front_and_keeps_the_rest);
    tcase_add_test(tc, test_long_texts_are_cut_and_never_overflow);
    tcase_add_test(tc, test_try_and_do_pass_failures_up_with_their_frames);
    tcase_add_test(tc, test_a_thread_has_a_record_of_its_own_and_can_hand_it_over);
    tcase_add_test(tc, test_no_text_is_more_than_a_line_or_commands_a_terminal);
    return run_tests("base/status", tc);
}
