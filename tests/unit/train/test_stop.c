// Stopping on time: a signal or the clock raises the flag; a second signal, later, is not listened to.
#include "support/harness.h"

#include <signal.h>
#include <time.h>

#include "mq/train/stop.h"

static const struct {
    int number;
    enum mq_stop cause;
    const char *name;
} heard[] = {{SIGTERM, MQ_STOP_SIGTERM, "SIGTERM"},
             {SIGINT, MQ_STOP_SIGINT, "SIGINT"},
             {SIGUSR1, MQ_STOP_SIGUSR1, "SIGUSR1"},
             {SIGUSR2, MQ_STOP_SIGUSR2, "SIGUSR2"}};

START_TEST(test_nothing_is_requested_before_anything_happens)
{
    mq_stop_listen(0);
    ck_assert_int_eq(mq_stop_requested(), MQ_STOP_NONE);
    mq_stop_unlisten();
}
END_TEST

START_TEST(test_every_signal_asks_to_stop_and_is_named)
{
    mq_stop_listen(0);
    ck_assert_int_eq(raise(heard[_i].number), 0);
    ck_assert_int_eq(mq_stop_requested(), heard[_i].cause);
    ck_assert_str_eq(mq_stop_name(heard[_i].cause), heard[_i].name);
    mq_stop_listen(0); // a new run starts without the old request
    ck_assert(!mq_stop_requested());
    mq_stop_unlisten();
}
END_TEST

/// Longer than one request may echo.
static void let_echoes_die(void)
{
    (void)nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 50000000}, NULL);
}

START_TEST(test_a_second_signal_ends_the_program)
{
    mq_stop_listen(0);
    (void)raise(SIGTERM);
    ck_assert(mq_stop_requested());
    let_echoes_die();
    (void)raise(SIGTERM);
}
END_TEST

START_TEST(test_a_burst_of_signals_is_one_request)
{
    mq_stop_listen(0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(mq_stop_requested(), MQ_STOP_SIGTERM);
    mq_stop_unlisten();
}
END_TEST

START_TEST(test_signals_have_their_defaults_back_afterwards)
{
    mq_stop_listen(0);
    mq_stop_unlisten();
    (void)raise(SIGUSR1);
}
END_TEST

START_TEST(test_around_training_a_signal_ends_the_program_with_75)
{
    mq_stop_at_once(false);
    mq_stop_listen(0);
    mq_stop_unlisten();
    (void)raise(heard[_i].number);
}
END_TEST

START_TEST(test_a_second_signal_ends_it_with_75_too)
{
    mq_stop_at_once(false);
    mq_stop_listen(0);
    (void)raise(SIGUSR1);
    ck_assert_int_eq(mq_stop_requested(), MQ_STOP_SIGUSR1);
    let_echoes_die();
    (void)raise(SIGUSR1);
}
END_TEST

START_TEST(test_what_is_whole_or_not_at_all_is_left_at_once)
{
    mq_stop_listen(0);
    mq_stop_whole_begin();
    (void)raise(heard[_i].number);
}
END_TEST

START_TEST(test_a_signal_that_came_before_is_not_forgotten)
{
    mq_stop_listen(0);
    (void)raise(SIGINT);
    mq_stop_whole_begin();
}
END_TEST

START_TEST(test_afterwards_a_signal_is_a_request_again)
{
    mq_stop_listen(0);
    mq_stop_whole_begin();
    mq_stop_whole_end();
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(mq_stop_requested(), MQ_STOP_SIGTERM);
    mq_stop_unlisten();
}
END_TEST

START_TEST(test_a_settled_exit_code_stays)
{
    mq_stop_at_once(false);
    mq_stop_ignore();
    (void)raise(SIGTERM);
    (void)raise(SIGUSR1);
    (void)raise(SIGUSR2);
}
END_TEST

START_TEST(test_the_clock_asks_to_stop)
{
    mq_stop_listen(0.02);
    ck_assert(!mq_stop_requested());
    (void)nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    ck_assert_int_eq(mq_stop_requested(), MQ_STOP_CLOCK);
    ck_assert_str_eq(mq_stop_name(MQ_STOP_CLOCK), "--max-time");
    mq_stop_unlisten();
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("stop");
    tcase_add_test(tc, test_nothing_is_requested_before_anything_happens);
    tcase_add_loop_test(tc, test_every_signal_asks_to_stop_and_is_named, 0, 4);
    tcase_add_test(tc, test_a_burst_of_signals_is_one_request);
    tcase_add_test_raise_signal(tc, test_a_second_signal_ends_the_program, SIGTERM);
    tcase_add_test_raise_signal(tc, test_signals_have_their_defaults_back_afterwards, SIGUSR1);
    tcase_add_loop_exit_test(tc, test_around_training_a_signal_ends_the_program_with_75, MQ_STOPPED,
                             2, 4);
    tcase_add_exit_test(tc, test_a_second_signal_ends_it_with_75_too, MQ_STOPPED);
    tcase_add_loop_exit_test(tc, test_what_is_whole_or_not_at_all_is_left_at_once, MQ_STOPPED, 0,
                             4);
    tcase_add_exit_test(tc, test_a_signal_that_came_before_is_not_forgotten, MQ_STOPPED);
    tcase_add_test(tc, test_afterwards_a_signal_is_a_request_again);
    tcase_add_test(tc, test_a_settled_exit_code_stays);
    tcase_add_test(tc, test_the_clock_asks_to_stop);
    return run_tests("train/stop", tc);
}
