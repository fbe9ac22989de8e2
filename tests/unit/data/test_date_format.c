// Dates in named formats: what is read, and what is no date.
#include "data/date_format.h"

#include <string.h>

#include "mq/data/calendar.h"
#include "support/harness.h"

// The date as it is printed, with " utc" when it has an offset; "" when it is none.
static void check_date(const char *format, const char *text, const char *expected)
{
    struct mq_moment moment = {0};
    char printed[MQ_DATE_MAX + 8] = "";
    if (mq_date_format_read(format, text, &moment)) {
        mq_date_print(moment.seconds, printed);
        if (moment.has_offset) (void)strcat(printed, " utc");
    }
    ck_assert_msg(strcmp(printed, expected) == 0, "'%s' by '%s' is '%s', want '%s'", text, format,
                  printed, expected);
}

START_TEST(test_iso_dates_may_have_times_fractions_and_offsets)
{
    check_date("", "2011-12-09", "2011-12-09");
    check_date("", "2011/12/09", "2011-12-09");
    check_date("", "2011-12", "2011-12-01");
    check_date("", "2011-12-09T08:00:00", "2011-12-09 08:00:00");
    check_date("", "2011-12-09 08:00:00.250", "2011-12-09 08:00:00");
    check_date("", "2011-12-09 08:00Z", "2011-12-09 08:00:00 utc");
    check_date("", "2011-12-09T08:00:00+01:00", "2011-12-09 07:00:00 utc");
    check_date("", "2011-12-09T23:30:00-0500", "2011-12-10 04:30:00 utc");
    check_date("", "2011-12-09+01:00", "");
    check_date("", "2011-12-09 08:00:00.", "");
    check_date("", "2011-12-09 08:00 ", "");
    check_date("", "0001-01-01T00:00:00+10:00", "");
    check_date("", "", "");
}
END_TEST

START_TEST(test_directives_read_what_they_name)
{
    check_date("%d.%m.%Y", "9.12.2011", "2011-12-09");
    check_date("%m/%d/%y %I:%M %p", "12/09/11 12:05 am", "2011-12-09 00:05:00");
    check_date("%m/%d/%y %I:%M %p", "12/09/69 12:05 PM", "1969-12-09 12:05:00");
    check_date("%Y%m%d", "20111209", "2011-12-09");
    check_date("%d-%b-%Y", "09-DEC-2011", "2011-12-09");
    check_date("%Y-%j", "2012-366", "2012-12-31");
    check_date("%m%d%Y %H:%M", "01012011 0:00", "2011-01-01");
    check_date("%Y-%m-%d %H", "2011-12-31 24", "2012-01-01");
    check_date("%Y-%m-%d %H:%M:%S.%f%z", "2011-12-09 08:00:01.999+01", "2011-12-09 07:00:01 utc");
    check_date("%Y%%%m", "2011%12", "2011-12-01");
    check_date("unix", "1323388800", "2011-12-09 utc");
    check_date("unix_ms", "-1", "1969-12-31 23:59:59 utc");
}
END_TEST

START_TEST(test_iso_weeks_begin_on_mondays)
{
    check_date("%G-W%V", "2011-W01", "2011-01-03");
    check_date("%G%V", "202053", "2020-12-28");
    check_date("%G-W%V-%u", "2009-W01-4", "2009-01-01");
    check_date("%G-W%V", "2011-W53", ""); // that year has 52
    check_date("%G-W%V-%u", "2011-W01-8", "");
}
END_TEST

START_TEST(test_what_does_not_exist_is_no_date)
{
    check_date("%d.%m.%Y", "30.02.2011", "");
    check_date("%d.%m.%Y", "1.13.2011", "");
    check_date("%d.%m.%Y", "1.1.11", ""); // %Y has four digits
    check_date("%d.%m.%Y", "1.1.2011 ", "");
    check_date("%d.%m.%Y", "1/1/2011", "");
    check_date("%Y-%j", "2011-366", "");
    check_date("%Y-%m-%d %H:%M", "2011-01-01 24:01", "");
    check_date("%Y-%m-%d %I %p", "2011-01-01 13 pm", "");
    check_date("%d.%m.%Y", "1.1.0000", "");
    check_date("unix", "1e9", "");
    check_date("unix", "99999999999999", "");
}
END_TEST

START_TEST(test_a_format_must_give_a_date)
{
    ck_ok(mq_date_format_check("", "s.yaml"));
    ck_ok(mq_date_format_check("unix", "s.yaml"));
    ck_ok(mq_date_format_check("%d.%m.%Y", "s.yaml"));
    ck_ok(mq_date_format_check("%G-W%V", "s.yaml"));
    ck_fails(mq_date_format_check("%d.%m.", "s.yaml"), MQ_USAGE, "s.yaml: date_format '%d.%m.'");
    ck_fails(mq_date_format_check("%Y-%d", "s.yaml"), MQ_USAGE, "gives no date");
    ck_fails(mq_date_format_check("%Y-%m-%Q", "s.yaml"), MQ_USAGE, "unknown directive '%Q'");
    ck_fails(mq_date_format_check("%Y-%m-%", "s.yaml"), MQ_USAGE, "unknown directive '%'");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("date_format");
    tcase_add_test(tc, test_iso_dates_may_have_times_fractions_and_offsets);
    tcase_add_test(tc, test_directives_read_what_they_name);
    tcase_add_test(tc, test_iso_weeks_begin_on_mondays);
    tcase_add_test(tc, test_what_does_not_exist_is_no_date);
    tcase_add_test(tc, test_a_format_must_give_a_date);
    return run_tests("data/date_format", tc);
}
