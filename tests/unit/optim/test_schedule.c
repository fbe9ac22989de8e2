#include "support/harness.h"

#include <math.h>

#include "mq/optim/schedule.h"

static struct mq_train_settings settings(int schedule)
{
    return (struct mq_train_settings){.lr = 0.8,
                                      .schedule = schedule,
                                      .warmup = 4,
                                      .lr_final = 0.1,
                                      .plateau_factor = 0.5,
                                      .plateau_patience = 2};
}

static double lr_at(int schedule, int64_t step)
{
    const struct mq_train_settings s = settings(schedule);
    const struct mq_schedule_state state = mq_schedule_start();
    return mq_schedule_lr(&s, &state, step, 105);
}

START_TEST(test_warmup_is_a_straight_line_to_lr)
{
    for (int schedule = MQ_SCHEDULE_CONSTANT; schedule <= MQ_SCHEDULE_PLATEAU; schedule++)
        for (int64_t step = 0; step < 4; step++)
            ck_assert_double_eq_tol(lr_at(schedule, step), 0.2 * (double)(step + 1), 1e-15);
}
END_TEST

START_TEST(test_constant_stays_at_lr)
{
    ck_assert_double_eq(lr_at(MQ_SCHEDULE_CONSTANT, 4), 0.8);
    ck_assert_double_eq(lr_at(MQ_SCHEDULE_CONSTANT, 104), 0.8);
}
END_TEST

START_TEST(test_cosine_goes_from_lr_over_the_mean_to_lr_final)
{
    ck_assert_double_eq(lr_at(MQ_SCHEDULE_COSINE, 4), 0.8);
    ck_assert_double_eq_tol(lr_at(MQ_SCHEDULE_COSINE, 54), 0.5 * (0.8 + 0.08), 1e-15);
    ck_assert_double_eq_tol(lr_at(MQ_SCHEDULE_COSINE, 104), 0.08, 1e-16);
    for (int64_t step = 5; step < 105; step++)
        ck_assert_double_lt(lr_at(MQ_SCHEDULE_COSINE, step), lr_at(MQ_SCHEDULE_COSINE, step - 1));
}
END_TEST

START_TEST(test_cosine_of_a_run_shorter_than_its_warmup_only_rises)
{
    const struct mq_train_settings s = settings(MQ_SCHEDULE_COSINE);
    const struct mq_schedule_state state = mq_schedule_start();
    ck_assert_double_eq_tol(mq_schedule_lr(&s, &state, 2, 3), 0.6, 1e-15);
    ck_assert_double_eq_tol(mq_schedule_lr(&s, &state, 4, 5), 0.08, 1e-16);
}
END_TEST

START_TEST(test_plateau_halves_after_patience_and_stops_at_the_floor)
{
    const struct mq_train_settings s = settings(MQ_SCHEDULE_PLATEAU);
    struct mq_schedule_state state = mq_schedule_start();
    const double losses[] = {3, 2, 2, 1.9, 2, NAN, 1.9, 1.8, 9, 9, 9, 9, 9, 9};
    const double factors[] = {1, 1, 1, 1, 1, .5, .5, .5, .5, .25, .25, .125, .125, .1};
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        mq_schedule_observe(&state, &s, losses[i]);
        const double lr = mq_schedule_lr(&s, &state, 50, 105);
        ck_assert_msg(fabs(lr - 0.8 * factors[i]) < 1e-15, "validation %zu: got %g, want %g", i, lr,
                      0.8 * factors[i]);
    }
    ck_assert_double_eq(state.best, 1.8);
}
END_TEST

START_TEST(test_other_schedules_ignore_validations)
{
    const struct mq_train_settings s = settings(MQ_SCHEDULE_COSINE);
    struct mq_schedule_state state = mq_schedule_start();
    for (int i = 0; i < 9; i++)
        mq_schedule_observe(&state, &s, 1);
    ck_assert_double_eq(mq_schedule_lr(&s, &state, 4, 105), 0.8);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("schedule");
    tcase_add_test(tc, test_warmup_is_a_straight_line_to_lr);
    tcase_add_test(tc, test_constant_stays_at_lr);
    tcase_add_test(tc, test_cosine_goes_from_lr_over_the_mean_to_lr_final);
    tcase_add_test(tc, test_cosine_of_a_run_shorter_than_its_warmup_only_rises);
    tcase_add_test(tc, test_plateau_halves_after_patience_and_stops_at_the_floor);
    tcase_add_test(tc, test_other_schedules_ignore_validations);
    return run_tests("optim/schedule", tc);
}
