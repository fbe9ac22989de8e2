// Time zones: offsets there and back, and the hours of a change of clocks.
#include "data/zone.h"

#include <stdlib.h>

#include "mq/data/calendar.h"
#include "support/harness.h"

static int64_t seconds_of(const char *date)
{
    int64_t seconds = 0;
    ck_assert_msg(mq_date_parse(date, &seconds), "'%s' is a date", date);
    return seconds;
}

static void check_utc(const struct mq_zone *zone, const char *local, enum mq_zone_times times,
                      const char *earlier, const char *later)
{
    int64_t first_s = 0;
    int64_t second_s = 0;
    ck_assert_int_eq(mq_zone_utc(zone, seconds_of(local), &first_s, &second_s), times);
    if (times == MQ_NEVER) return;
    ck_assert_int_eq(first_s, seconds_of(earlier));
    ck_assert_int_eq(second_s, seconds_of(later));
    ck_assert_int_eq(mq_zone_local(zone, first_s), seconds_of(local));
    ck_assert_int_eq(mq_zone_local(zone, second_s), seconds_of(local));
}

START_TEST(test_an_hour_of_autumn_comes_twice_and_one_of_spring_never)
{
    struct mq_zone zone;
    ck_ok(mq_zone_open(&zone, "Europe/Berlin", "s.yaml"));
    check_utc(&zone, "2024-01-15 12:00", MQ_ONCE, "2024-01-15 11:00", "2024-01-15 11:00");
    check_utc(&zone, "2024-07-15 12:00", MQ_ONCE, "2024-07-15 10:00", "2024-07-15 10:00");
    check_utc(&zone, "2024-03-31 01:59", MQ_ONCE, "2024-03-31 00:59", "2024-03-31 00:59");
    check_utc(&zone, "2024-03-31 02:00", MQ_NEVER, "", "");
    check_utc(&zone, "2024-03-31 02:59", MQ_NEVER, "", "");
    check_utc(&zone, "2024-03-31 03:00", MQ_ONCE, "2024-03-31 01:00", "2024-03-31 01:00");
    check_utc(&zone, "2024-10-27 01:59", MQ_ONCE, "2024-10-26 23:59", "2024-10-26 23:59");
    check_utc(&zone, "2024-10-27 02:00", MQ_TWICE, "2024-10-27 00:00", "2024-10-27 01:00");
    check_utc(&zone, "2024-10-27 02:59", MQ_TWICE, "2024-10-27 00:59", "2024-10-27 01:59");
    check_utc(&zone, "2024-10-27 03:00", MQ_ONCE, "2024-10-27 02:00", "2024-10-27 02:00");
    mq_zone_release(&zone);
}
END_TEST

START_TEST(test_the_south_and_half_hours_are_no_exception)
{
    struct mq_zone zone;
    ck_ok(mq_zone_open(&zone, "Australia/Lord_Howe", "s.yaml")); // by half an hour
    check_utc(&zone, "2024-04-07 01:45", MQ_TWICE, "2024-04-06 14:45", "2024-04-06 15:15");
    check_utc(&zone, "2024-10-06 02:15", MQ_NEVER, "", "");
    mq_zone_release(&zone);
    ck_ok(mq_zone_open(&zone, "Asia/Kolkata", "s.yaml"));
    check_utc(&zone, "2024-04-07 05:30", MQ_ONCE, "2024-04-07", "2024-04-07");
    mq_zone_release(&zone);
    ck_ok(mq_zone_open(&zone, "", "s.yaml"));
    check_utc(&zone, "2024-04-07 05:30", MQ_ONCE, "2024-04-07 05:30", "2024-04-07 05:30");
    mq_zone_release(&zone);
}
END_TEST

START_TEST(test_the_environment_is_left_as_it_was)
{
    struct mq_zone zone;
    ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
    ck_ok(mq_zone_open(&zone, "Europe/Berlin", "s.yaml"));
    ck_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
    mq_zone_release(&zone);
    ck_assert_int_eq(unsetenv("TZ"), 0);
    ck_ok(mq_zone_open(&zone, "Europe/Berlin", "s.yaml"));
    ck_assert_ptr_null(getenv("TZ"));
    mq_zone_release(&zone);
}
END_TEST

START_TEST(test_an_unknown_zone_is_not_taken_for_utc)
{
    static const char *const names[] = {"Europe/Berlyn",  "CEST",           "../etc/passwd",
                                        "/etc/localtime", ":Europe/Berlin", "Europe"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mq_zone zone;
        ck_fails(mq_zone_open(&zone, names[i], "s.yaml"), MQ_USAGE, "there is no time zone");
        mq_zone_release(&zone);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("zone");
    tcase_add_test(tc, test_an_hour_of_autumn_comes_twice_and_one_of_spring_never);
    tcase_add_test(tc, test_the_south_and_half_hours_are_no_exception);
    tcase_add_test(tc, test_the_environment_is_left_as_it_was);
    tcase_add_test(tc, test_an_unknown_zone_is_not_taken_for_utc);
    return run_tests("data/zone", tc);
}
