// The calendar: dates that exist, periods there and back, features within [-1, 1].
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "data/date.h"
#include "mq/data/calendar.h"
#include "mq/data/panel.h"

static int64_t seconds_of(const char *date)
{
    int64_t seconds = 0;
    ck_assert_msg(mq_date_parse(date, &seconds), "'%s' is a date", date);
    return seconds;
}

static struct mq_calendar calendar_of(const char *frequency, const char *epoch)
{
    struct mq_calendar calendar = {.epoch_s = seconds_of(epoch)};
    ck_assert_msg(mq_frequency_parse(frequency, &calendar.unit, &calendar.multiple),
                  "'%s' is a frequency", frequency);
    return calendar;
}

static void assert_period(const struct mq_calendar *calendar, int64_t period, const char *date)
{
    char text[MQ_DATE_MAX];
    mq_period_print(calendar, period, text);
    ck_assert_str_eq(text, date);
    ck_assert_int_eq(mq_period_of(calendar, seconds_of(date)), period);
}

START_TEST(test_iso_forms_name_the_same_moment)
{
    ck_assert_int_eq(seconds_of("1970-01-01"), 0);
    ck_assert_int_eq(seconds_of("1970-01-02 00:00:01"), 86401);
    ck_assert_int_eq(seconds_of("1969-12-31"), -86400);
    ck_assert_int_eq(seconds_of("2011-12-09"), 1323388800);
    ck_assert_int_eq(seconds_of("2011/12/09"), 1323388800);
    ck_assert_int_eq(seconds_of("2011-12-09 08:30"), 1323388800 + 30600);
    ck_assert_int_eq(seconds_of("2011-12-09T08:30:00Z"), 1323388800 + 30600);
    ck_assert_int_eq(seconds_of("2011-12"), seconds_of("2011-12-01"));
    ck_assert_int_eq(seconds_of("2000-03-01") - seconds_of("2000-02-28"), 2 * 86400);
    ck_assert_int_eq(seconds_of("1900-03-01") - seconds_of("1900-02-28"), 86400);
    ck_assert_int_eq(seconds_of("2012-02-29"), seconds_of("2012-03-01") - 86400);
}
END_TEST

START_TEST(test_what_is_not_a_date_is_refused)
{
    static const char *const wrong[] = {
        "",
        "2011",
        "2011-02-30",
        "2011-02-29",
        "1900-02-29",
        "2011-00-01",
        "2011-13-01",
        "2011-01-00",
        "2011-01-32",
        "2011-1-1",
        "2011-01/01",
        "11-01-01",
        "2011-01-01x",
        "2011-01-01 24:00",
        "2011-01-01 00:60",
        "2011-01-01 ",
        "2011-01-01T",
        "2011-01-01 10",
        "0000-01-01",
        " 2011-01-01",
        "20110101",
        "-201-01-01",
        "2011-01-01 08:00:61",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!mq_date_parse(wrong[i], &seconds), "'%s' is no date", wrong[i]);
}
END_TEST

START_TEST(test_every_day_of_two_centuries_prints_as_it_is_read)
{
    char text[MQ_DATE_MAX];
    char before[MQ_DATE_MAX] = "1849-12-31";
    for (int64_t s = seconds_of("1850-01-01"); s < seconds_of("2101-01-01"); s += 86400) {
        mq_date_print(s, text);
        ck_assert_int_eq(seconds_of(text), s);
        ck_assert(strcmp(before, text) < 0);
        memcpy(before, text, sizeof text);
    }
    mq_date_print(seconds_of("2011-12-09 08:30"), text);
    ck_assert_str_eq(text, "2011-12-09 08:30:00");
}
END_TEST

START_TEST(test_frequencies_are_read_and_printed)
{
    static const struct {
        const char *text;
        const char *printed;
        int64_t season;
    } rows[] = {{"hourly", "hourly", 24},
                {"H", "hourly", 24},
                {"D", "daily", 7},
                {"daily", "daily", 7},
                {"W", "weekly", 52},
                {"M", "monthly", 12},
                {"Quarterly", "quarterly", 4},
                {"Y", "yearly", 1},
                {"30min", "30min", 48},
                {"half_hourly", "30min", 48},
                {"10_minutes", "10min", 144},
                {"2 weeks", "2w", 26},
                {"1d", "daily", 7},
                {"9d", "9d", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[MQ_DATE_MAX];
        struct mq_calendar calendar = calendar_of(rows[i].text, "2011-01-01");
        mq_frequency_print(&calendar, text);
        ck_assert_str_eq(text, rows[i].printed);
        ck_assert_int_eq(mq_calendar_season(&calendar), rows[i].season);
        const struct mq_calendar again = calendar_of(text, "2011-01-01");
        ck_assert(again.unit == calendar.unit && again.multiple == calendar.multiple);
    }
    static const char *const wrong[] = {"",   "fortnightly", "0d",
                                        "d2", "2",           "99999999999999999999d"};
    enum mq_unit unit;
    int64_t multiple;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!mq_frequency_parse(wrong[i], &unit, &multiple), "'%s'", wrong[i]);
}
END_TEST

START_TEST(test_days_hours_and_minutes_count_from_the_epoch)
{
    const struct mq_calendar days = calendar_of("D", "2012-02-27");
    assert_period(&days, 2, "2012-02-29");
    assert_period(&days, 3, "2012-03-01");
    assert_period(&days, -1, "2012-02-26");
    ck_assert_int_eq(mq_period_of(&days, seconds_of("2012-02-29 23:59:59")), 2);
    const struct mq_calendar hours = calendar_of("H", "2011-12-31 22:00");
    assert_period(&hours, 3, "2012-01-01 01:00:00");
    const struct mq_calendar minutes = calendar_of("30min", "2011-12-31");
    assert_period(&minutes, 47, "2011-12-31 23:30:00");
    ck_assert_int_eq(mq_period_of(&minutes, seconds_of("2011-12-30 23:31")), -1);
}
END_TEST

START_TEST(test_weeks_begin_on_the_weekday_of_the_epoch)
{
    const struct mq_calendar weeks = calendar_of("W", "2011-01-29"); // a Saturday
    assert_period(&weeks, 1, "2011-02-05");
    ck_assert_int_eq(mq_period_of(&weeks, seconds_of("2011-02-04")), 0);
    ck_assert_int_eq(mq_period_of(&weeks, seconds_of("2011-02-11")), 1);
    ck_assert_int_eq(mq_period_of(&weeks, seconds_of("2011-01-28")), -1);
}
END_TEST

START_TEST(test_months_keep_the_day_or_end_with_the_month)
{
    const struct mq_calendar months = calendar_of("M", "2011-10-31");
    assert_period(&months, 1, "2011-11-30");
    assert_period(&months, 4, "2012-02-29");
    assert_period(&months, 5, "2012-03-31");
    assert_period(&months, -10, "2010-12-31");
    ck_assert_int_eq(mq_period_of(&months, seconds_of("2012-03-01")), 5);
    const struct mq_calendar quarters = calendar_of("Q", "2011-02-01");
    assert_period(&quarters, 4, "2012-02-01");
    ck_assert_int_eq(mq_period_of(&quarters, seconds_of("2011-04-30")), 0);
    ck_assert_int_eq(mq_period_of(&quarters, seconds_of("2011-01-31")), -1);
    const struct mq_calendar years = calendar_of("Y", "2012-02-29");
    assert_period(&years, 1, "2013-02-28");
    assert_period(&years, 4, "2016-02-29");
}
END_TEST

START_TEST(test_periods_go_there_and_back_at_every_frequency)
{
    static const char *const frequencies[] = {"7min", "H", "5h", "D", "3d",
                                              "W",    "M", "5m", "Q", "Y"};
    for (size_t i = 0; i < sizeof frequencies / sizeof frequencies[0]; i++) {
        const struct mq_calendar calendar = calendar_of(frequencies[i], "2011-08-31");
        for (int64_t period = -300; period < 300; period++) {
            char text[MQ_DATE_MAX];
            mq_period_print(&calendar, period, text);
            ck_assert_int_eq(mq_period_of(&calendar, seconds_of(text)), period);
        }
    }
}
END_TEST

START_TEST(test_features_stay_within_one_and_have_names)
{
    static const struct {
        const char *frequency;
        int64_t n;
    } rows[] = {{"30min", 8}, {"H", 8}, {"D", 13}, {"W", 4}, {"M", 4}, {"Q", 4}, {"Y", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mq_calendar calendar = calendar_of(rows[i].frequency, "2011-01-31");
        mq_real features[MQ_CALENDAR_FEATURES_MAX];
        ck_assert_int_eq(mq_calendar_features(&calendar, 1000000), rows[i].n);
        for (int64_t period = -500; period < 500; period++) {
            mq_calendar_fill(&calendar, period, rows[i].n, features);
            for (int64_t f = 0; f < rows[i].n; f++)
                ck_assert(fabs((double)features[f]) <= 1.0);
        }
        for (int64_t f = 0; f < rows[i].n; f++)
            for (int64_t g = 0; g < f; g++)
                ck_assert_str_ne(mq_calendar_feature_name(&calendar, f),
                                 mq_calendar_feature_name(&calendar, g));
    }
}
END_TEST

START_TEST(test_only_cycles_seen_twice_have_features)
{
    const struct mq_calendar days = calendar_of("D", "2011-01-01");
    ck_assert_int_eq(mq_calendar_features(&days, 13), 0);
    ck_assert_int_eq(mq_calendar_features(&days, 14), 7); // the weekdays
    ck_assert_int_eq(mq_calendar_features(&days, 374), 9); // and the month
    ck_assert_int_eq(mq_calendar_features(&days, 731), 13); // and the year
    const struct mq_calendar months = calendar_of("M", "2011-01-01");
    ck_assert_int_eq(mq_calendar_features(&months, 23), 0);
    ck_assert_int_eq(mq_calendar_features(&months, 24), 4);
    const struct mq_calendar halves = calendar_of("30min", "2011-01-01");
    ck_assert_int_eq(mq_calendar_features(&halves, 96), 4);
}
END_TEST

START_TEST(test_features_know_the_weekday_the_quarter_and_the_month)
{
    mq_real features[MQ_CALENDAR_FEATURES_MAX];
    const struct mq_calendar days = calendar_of("D", "2011-12-05"); // a Monday
    for (int64_t period = -7; period < 14; period++) {
        mq_calendar_fill(&days, period, 7, features);
        for (int64_t weekday = 0; weekday < 7; weekday++)
            ck_assert((features[weekday] != 0) == ((period + 7) % 7 == weekday));
    }
    const struct mq_calendar quarters = calendar_of("Q", "2011-04-01");
    mq_calendar_fill(&quarters, 2, 4, features);
    ck_assert(features[0] == 0 && features[1] == 0 && features[2] == 0 && features[3] == 1);
    const struct mq_calendar months = calendar_of("M", "2011-01-31");
    mq_calendar_fill(&months, 3, 4, features); // April: a quarter of the year is over
    ck_assert_double_eq_tol((double)features[0], 1.0, 1e-6);
    ck_assert_double_eq_tol((double)features[3], -1.0, 1e-6);
    const struct mq_calendar hours = calendar_of("H", "2011-12-05");
    mq_calendar_fill(&hours, 6, 1, features);
    ck_assert_double_eq_tol((double)features[0], 1.0, 1e-6);
}
END_TEST

START_TEST(test_the_longest_periods_stay_within_time)
{
    static const char *const good[] = {"1000y", "4000q", "12000 months", "100000w", "100000d"};
    static const char *const bad[] = {"1001y", "4001q", "12001 months", "100001w", "0d"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct mq_calendar calendar = {.epoch_s = 253402300799}; // 9999-12-31 23:59:59
        ck_assert_msg(mq_frequency_parse(good[i], &calendar.unit, &calendar.multiple), "%s",
                      good[i]);
        const int64_t start_s = mq_period_start_s(&calendar, MQ_PERIODS_MAX);
        ck_assert_int_eq(mq_period_of(&calendar, start_s), MQ_PERIODS_MAX);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mq_calendar calendar;
        ck_assert_msg(!mq_frequency_parse(bad[i], &calendar.unit, &calendar.multiple), "%s",
                      bad[i]);
    }
    ck_assert(!mq_frequency_is_possible(-1, 1) && !mq_frequency_is_possible(MQ_YEAR + 1, 1));
    ck_assert(mq_date_is_possible(253402300799) && !mq_date_is_possible(253402300800));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("calendar");
    tcase_add_test(tc, test_iso_forms_name_the_same_moment);
    tcase_add_test(tc, test_what_is_not_a_date_is_refused);
    tcase_add_test(tc, test_every_day_of_two_centuries_prints_as_it_is_read);
    tcase_add_test(tc, test_frequencies_are_read_and_printed);
    tcase_add_test(tc, test_days_hours_and_minutes_count_from_the_epoch);
    tcase_add_test(tc, test_weeks_begin_on_the_weekday_of_the_epoch);
    tcase_add_test(tc, test_months_keep_the_day_or_end_with_the_month);
    tcase_add_test(tc, test_periods_go_there_and_back_at_every_frequency);
    tcase_add_test(tc, test_features_stay_within_one_and_have_names);
    tcase_add_test(tc, test_only_cycles_seen_twice_have_features);
    tcase_add_test(tc, test_features_know_the_weekday_the_quarter_and_the_month);
    tcase_add_test(tc, test_the_longest_periods_stay_within_time);
    return run_tests("data/calendar", tc);
}
