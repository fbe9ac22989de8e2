// Spans of time: training, validation and evaluation never share a target.
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/data/split.h"

// A daily panel of `periods` days from 2020-01-01.
static struct mq_panel_info daily(int64_t periods)
{
    return (struct mq_panel_info){.calendar = {MQ_DAY, 1, 18262 * 86400}, .n_periods = periods};
}

static struct mq_experiment spans(int64_t horizon, int64_t origins, int64_t stride,
                                  int64_t validation)
{
    return (struct mq_experiment){
        .data = {.horizon = horizon, .context = 10, .validation = validation},
        .evaluate = {.origins = origins, .stride = stride},
    };
}

static mq_status make(struct mq_split *split, const struct mq_experiment *experiment,
                      int64_t periods)
{
    const struct mq_panel_info info = daily(periods);
    return mq_split_make(split, experiment, &info, "sales.h5");
}

START_TEST(test_the_spans_follow_each_other_without_a_gap)
{
    struct mq_split split;
    const struct mq_experiment experiment = spans(5, 3, 2, 2);
    ck_ok(make(&split, &experiment, 100));
    // Targets of the last origin end with the panel: origins 90 92 94; validation 83 85, targets
    // to 90.
    ck_assert_int_eq(split.evaluation.n, 3);
    ck_assert_int_eq(split.evaluation.period[0], 90);
    ck_assert_int_eq(split.evaluation.period[2], 94);
    ck_assert_int_eq(split.validation.n, 2);
    ck_assert_int_eq(split.validation.period[0], 83);
    ck_assert_int_eq(split.validation.period[1], 85);
    ck_assert_int_eq(split.train_end, 84);
    mq_split_release(&split);
}
END_TEST

START_TEST(test_no_target_belongs_to_two_spans)
{
    for (int64_t horizon = 1; horizon <= 9; horizon += 4)
        for (int64_t stride = 0; stride <= 12; stride += 3)
            for (int64_t validation = 0; validation <= 3; validation++) {
                struct mq_split split;
                const struct mq_experiment experiment = spans(horizon, 3, stride, validation);
                ck_ok(make(&split, &experiment, 200));
                const struct mq_origins *v = &split.validation;
                const struct mq_origins *e = &split.evaluation;
                ck_assert_int_eq(v->n, validation);
                if (v->n > 0) {
                    ck_assert_int_ge(v->period[0] + 1, split.train_end);
                    ck_assert_int_lt(v->period[v->n - 1] + horizon, e->period[0] + 1);
                }
                ck_assert_int_ge(e->period[0] + 1, split.train_end);
                ck_assert_int_lt(e->period[e->n - 1] + horizon, 200);
                mq_split_release(&split);
            }
}
END_TEST

START_TEST(test_a_panel_too_short_is_refused_with_the_numbers)
{
    struct mq_split split;
    const struct mq_experiment experiment = spans(5, 3, 5, 1);
    // 3 * 5 evaluation targets, 5 for validation, one training fork of 1 + 5.
    ck_ok(make(&split, &experiment, 26));
    mq_split_release(&split);
    ck_fails(make(&split, &experiment, 25), MQ_DATA,
             "sales.h5: 25 periods are too few for horizon 5 with 3 evaluation and 1 validation "
             "origins 5 apart: 26 are needed");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "data.horizon"));
    mq_split_release(&split);
}
END_TEST

START_TEST(test_end_is_the_last_target)
{
    struct mq_split split;
    struct mq_experiment experiment = spans(5, 2, 5, 1);
    (void)strcpy(experiment.evaluate.end, "2020-02-20"); // period 50
    ck_ok(make(&split, &experiment, 100));
    ck_assert_int_eq(split.evaluation.period[1], 45);
    ck_assert_int_eq(split.evaluation.period[0], 40);
    mq_split_release(&split);
}
END_TEST

START_TEST(test_start_is_the_first_origin)
{
    struct mq_split split;
    struct mq_experiment experiment = spans(5, 2, 7, 1);
    (void)strcpy(experiment.evaluate.start,
                 "2020-02-20"); // period 50; then 57 .. 92, targets to 97
    ck_ok(make(&split, &experiment, 100));
    ck_assert_int_eq(split.evaluation.n, 7);
    ck_assert_int_eq(split.evaluation.period[0], 50);
    ck_assert_int_eq(split.evaluation.period[6], 92);
    ck_assert_int_eq(split.validation.period[0], 45);
    ck_assert_int_eq(split.train_end, 46);
    mq_split_release(&split);
}
END_TEST

static void check_refused(const char *start, const char *end, const char *message)
{
    struct mq_split split;
    struct mq_experiment experiment = spans(5, 2, 7, 1);
    (void)strcpy(experiment.evaluate.start, start);
    (void)strcpy(experiment.evaluate.end, end);
    ck_fails(make(&split, &experiment, 100), MQ_USAGE, message);
    mq_split_release(&split);
}

START_TEST(test_dates_that_make_no_sense_are_refused)
{
    check_refused("soon", "", "evaluate.start: 'soon' is not a date");
    check_refused("", "2020-02-30", "evaluate.end: '2020-02-30' is not a date");
    check_refused("", "2020-04-10",
                  "evaluate.end: 2020-04-10 is outside the panel (2020-01-01 to 2020-04-09)");
    check_refused("2019-12-31", "", "outside the panel");
    check_refused("2020-04-05", "", "leaves no room for a horizon of 5");
}
END_TEST

START_TEST(test_no_memory_leaves_nothing_behind)
{
    for (uint64_t n = 1; n <= 2; n++) {
        struct mq_split split;
        const struct mq_experiment experiment = spans(5, 3, 2, 2);
        mq_alloc_fail_at(n);
        ck_fails(make(&split, &experiment, 100), MQ_FAILED, "out of memory");
        mq_split_release(&split);
    }
}
END_TEST

// The origins that `text` means as "n: first..last".
static void check_origins(const char *text, int64_t n, int64_t first, int64_t last)
{
    struct mq_origins origins;
    const struct mq_panel_info info = daily(100);
    ck_ok(mq_origins_parse(&origins, text, &info));
    ck_assert_int_eq(origins.n, n);
    ck_assert_int_eq(origins.period[0], first);
    ck_assert_int_eq(origins.period[n - 1], last);
    mq_free(origins.period);
}

START_TEST(test_origins_in_every_form)
{
    check_origins("last", 1, 99, 99);
    check_origins("1", 1, 99, 99);
    check_origins("3", 3, 97, 99);
    check_origins("3/7", 3, 85, 99);
    check_origins("100", 100, 0, 99);
    check_origins("2/99", 2, 0, 99);
    check_origins("2020-02-20", 1, 50, 50);
}
END_TEST

START_TEST(test_what_is_no_origin_is_refused)
{
    static const char *const bad[] = {"",
                                      "0",
                                      "-3",
                                      "3/0",
                                      "3/-1",
                                      "3/",
                                      "3/7x",
                                      "x",
                                      "101",
                                      "2/100",
                                      "first",
                                      "9/1/1x",
                                      "1.5",
                                      "5000",
                                      "2019-12-31",
                                      "2020-04-10",
                                      "3/9223372036854775807",
                                      "99999999999999999999"};
    const struct mq_panel_info info = daily(100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mq_origins origins;
        ck_assert_msg(mq_origins_parse(&origins, bad[i], &info) == MQ_USAGE, "'%s'", bad[i]);
        ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "origins"));
    }
}
END_TEST

START_TEST(test_targets_are_what_was_observed_after_each_origin)
{
    int64_t start[] = {3, 0};
    int64_t length[] = {4, 0};
    int64_t offset[] = {0, 4, 4};
    float target[] = {10, NAN, 12, 13};
    float available[] = {1, 1, 0, 1};
    int64_t periods[] = {1, 4};
    const struct mq_origins origins = {2, periods};
    const struct mq_series_block block = {.n = 2,
                                          .start = start,
                                          .length = length,
                                          .offset = offset,
                                          .target = target,
                                          .available = available};
    float out[6];
    mq_targets_fill(&origins, 3, &block, 0, false, out); // periods 2 3 4 and 5 6 7
    ck_assert(isnan(out[0]) && out[1] == 10 && isnan(out[2]));
    ck_assert(out[3] == 12 && out[4] == 13 && isnan(out[5]));
    mq_targets_fill(&origins, 3, &block, 0, true, out);
    ck_assert(out[1] == 10 && isnan(out[3]) && out[4] == 13);
    mq_targets_fill(&origins, 3, &block, 1, false, out);
    for (int i = 0; i < 6; i++)
        ck_assert(isnan(out[i]));
}
END_TEST

START_TEST(test_a_total_is_known_where_all_of_it_is)
{
    static const struct mq_span_list list = {2, {{1, 1}, {2, 1}}};
    static const float targets[] = {1, 2, 4, NAN, 2, 4, 1, 2, NAN};
    static const float want[] = {3, 7, NAN, NAN, 3, NAN};
    float out[6];
    mq_totals_fill(&list, 3, 3, targets, out);
    for (int i = 0; i < 6; i++)
        ck_assert(out[i] == want[i] || (isnan(out[i]) && isnan(want[i])));
}
END_TEST

START_TEST(test_a_first_origin_long_ago_is_too_many)
{
    struct mq_split split;
    struct mq_experiment experiment = spans(5, 3, 1, 1);
    (void)snprintf(experiment.evaluate.start, sizeof experiment.evaluate.start, "2021-01-01");
    ck_fails(make(&split, &experiment, 200000), MQ_USAGE,
             "evaluate.start: 2021-01-01 gives 199629 origins, at most 100000");
}
END_TEST

START_TEST(test_origins_of_a_forecast_are_periods)
{
    static const int64_t good[] = {0, 7, MQ_PERIODS_MAX - 3};
    static const int64_t bad[] = {-1, MQ_PERIODS_MAX - 2, INT64_MAX, INT64_MIN};
    ck_ok(mq_origins_check(good, 3, 3, "f.h5"));
    for (int i = 0; i < 4; i++)
        ck_fails(mq_origins_check(&bad[i], 1, 3, "f.h5"), MQ_DATA, "f.h5: an origin at period");
    ck_fails(mq_origins_check(good, 1, INT64_MAX, "f.h5"), MQ_DATA, "with a horizon of");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("split");
    tcase_add_test(tc, test_the_spans_follow_each_other_without_a_gap);
    tcase_add_test(tc, test_no_target_belongs_to_two_spans);
    tcase_add_test(tc, test_a_panel_too_short_is_refused_with_the_numbers);
    tcase_add_test(tc, test_end_is_the_last_target);
    tcase_add_test(tc, test_start_is_the_first_origin);
    tcase_add_test(tc, test_dates_that_make_no_sense_are_refused);
    tcase_add_test(tc, test_no_memory_leaves_nothing_behind);
    tcase_add_test(tc, test_origins_in_every_form);
    tcase_add_test(tc, test_what_is_no_origin_is_refused);
    tcase_add_test(tc, test_targets_are_what_was_observed_after_each_origin);
    tcase_add_test(tc, test_a_total_is_known_where_all_of_it_is);
    tcase_add_test(tc, test_a_first_origin_long_ago_is_too_many);
    tcase_add_test(tc, test_origins_of_a_forecast_are_periods);
    return run_tests("data/split", tc);
}
