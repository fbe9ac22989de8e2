// Calendar files: what dates become as periods, and what is refused.
#include "mq/data/calendar_file.h"

#include <string.h>

#include "support/panel_text.h"

// Days 1 to 4 January 2020, a Wednesday first; weeks and hours from the same day.
static const char *days = "item_id,timestamp,target\na,2020-01-01,1\na,2020-01-02,2\n"
                          "a,2020-01-03,3\na,2020-01-04,4\n";
static const char *weeks = "item_id,timestamp,target\na,2020-01-01,1\na,2020-01-08,2\n"
                           "a,2020-01-15,3\n";
static const char *hours = "item_id,timestamp,target\na,2020-01-01 22:00,1\n"
                           "a,2020-01-01 23:00,2\na,2020-01-02 00:00,3\n";

static mq_status import(const char *format, const char *schema_text, const char *calendar,
                        const char *source)
{
    struct mq_calendar_file file;
    struct mq_schema schema = mq_schema_default();
    const char *const sources[] = {file_of("t.csv", source)};
    mq_status status = MQ_OK;
    MQ_DO(mq_calendar_file_read(&file, file_of("c.csv", calendar)));
    if (schema_text != NULL) MQ_DO(mq_schema_read(&schema, file_of("s.yaml", schema_text)));
    schema.calendar_file = &file;
    MQ_DO(mq_import_find(format)->run(&schema, sources, 1, test_path("t.h5")));
done:
    mq_calendar_file_release(&file);
    return status;
}

// Every calendar covariate of t.h5 as far as it goes; missing is "-".
static void check_calendar(const char *expected)
{
    struct mq_panel *panel = NULL;
    struct mq_str text = {0};
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    ck_ok(mq_panel_verify(panel));
    const struct mq_panel_info *info = mq_panel_info(panel);
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_CALENDAR)
            print_values(&text, info->covariates[c].name, mq_panel_calendar(panel, c),
                         mq_panel_calendar_length(panel, c));
    mq_panel_close(panel);
    ck_assert_str_eq(text.data, expected);
    mq_str_release(&text);
}

static void check(const char *calendar, const char *source, const char *expected)
{
    ck_ok(import("csv", NULL, calendar, source));
    check_calendar(expected);
}

static void check_fails(const char *calendar, const char *part)
{
    ck_fails(import("csv", NULL, calendar, days), MQ_DATA, part);
}

START_TEST(test_names_of_events_become_indicators)
{
    check("date,holiday\n2020-01-04,New Year's Eve\n2020-01-02,Fair\n2020-01-02,new  years eve\n"
          "2020-01-03,\n2020-01-01,\n2020-01-04,NEW-YEAR S EVE\n",
          days,
          " holiday_new_year_s_eve 0 0 0 1 holiday_fair 0 1 0 0 holiday_new_years_eve 0 1 0 0");
    check("ds,f\xc3\xaate\n2020-01-01,No\xc3\xabl\n2020-01-04,\n", days,
          " f\xc3\xaate_no\xc3\xabl 1 0 0 0");
}
END_TEST

START_TEST(test_dates_between_the_first_and_the_last_have_no_event_and_no_number)
{
    check("date,event,open,price\n2020-01-02,fair,1,5\n2020-01-04,,,7\n", days,
          " event_fair - 1 0 0 open - 1 0 0 price - 5 - 7");
}
END_TEST

START_TEST(test_a_calendar_reaches_as_far_as_its_file)
{
    check("timestamp,event\n2020-01-04,fair\n2020-01-06,fair\n", days, " event_fair - - - 1 0 1");
    check("date,event\n2020-01-01,\n2020-01-02,fair\n", days, " event_fair 0 1 - -");
    check("date,event\n2019-12-31,fair\n2020-01-01,\n", days, " event_fair 0 - - -");
    check("date,event\n2019-12-30,fair\n2019-12-31,fair\n", days, " event_fair - - - -");
}
END_TEST

START_TEST(test_events_of_a_week_count_once_and_numbers_average)
{
    check("date,event,open,degrees\n2020-01-02,fair,0,1\n2020-01-07,fair,1,4\n2020-01-08,,0,2\n"
          "2020-01-21,,,8\n",
          weeks, " event_fair 1 0 0 open 1 0 0 degrees 2.5 2 8");
}
END_TEST

START_TEST(test_a_date_holds_for_the_hours_of_its_day)
{
    check("date,event\n2020-01-01,\n2020-01-02,fair\n", hours,
          " event_fair 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1");
    check("date,event\n2020-01-01 22:00,\n2020-01-01 23:00,fair\n2020-01-02 01:00,\n", hours,
          " event_fair 0 1 0 0");
}
END_TEST

START_TEST(test_every_format_takes_a_calendar_behind_its_own_covariates)
{
    const char *calendar = "date,event\n2020-01-01,\n2020-01-02,fair\n2020-01-03,\n";
    ck_ok(import("csv", "{known: [price], static: [kind], calendar: [open]}", calendar,
                 "item_id,ds,y,price,kind,open\na,2020-01-01,1,5,toy,1\na,2020-01-02,2,6,toy,0\n"));
    check_panel("daily 2020-01-01 2+0 open 1 0 event_fair 0 1: a 0 y 1 2 price 5 6 kind 1; ");
    check_calendar(" open 1 0 event_fair 0 1 0");
    ck_ok(import("wide", "static: [kind]", calendar, "id,kind,2020-01-01,2020-01-02\na,toy,1,2\n"));
    check_panel("daily 2020-01-01 2+0 event_fair 0 1: a 0 y 1 2 kind 1; ");
    ck_ok(import("jsonl", "frequency: daily", calendar,
                 "{\"item_id\": \"a\", \"start\": \"2020-01-01\", \"target\": [1, 2], "
                 "\"dynamic_feat\": [[7, 8, 9]], \"cat\": [3]}\n"));
    check_panel("daily 2020-01-01 2+1 event_fair 0 1 0: a 0 y 1 2 feat_dynamic_real_0 7 8 9 "
                "feat_static_cat_0 1; ");
}
END_TEST

START_TEST(test_what_is_wrong_names_file_and_line)
{
    check_fails("", "c.csv: the file is empty");
    check_fails("date,event\n", "c.csv: no date has a value");
    check_fails("date,event\n2020-01-01,\n", "c.csv: no date has a value");
    check_fails("day,event\n2020-01-01,fair\n", "c.csv:1: the first column is 'day'");
    check_fails("date\n2020-01-01\n", "c.csv:1: no column beside the date");
    check_fails("date,a,b,a\n2020-01-01,1,1,1\n", "c.csv:1: column 'a' twice");
    check_fails("date,a,\n2020-01-01,1,1\n", "c.csv:1: column 3 has a name of 0 bytes");
    check_fails("date,a\n2020-01-01,1\n\n2020-02-30,1\n", "c.csv:4: column 'date': '2020-02-30'");
    check_fails("date,a\n2020-01-01,1\n2020-01-02\n", "c.csv:3: 1 fields, the header has 2");
    check_fails("date,a\n2020-01-01,1\n2020-01-02,one\n",
                "c.csv:3: column 'a': 'one' is not a number");
    check_fails("date,a\n2020-01-01,1e16\n", "c.csv:2: column 'a': '1e16' is too large");
    check_fails("date,a\n2020-01-01,?!\n", "c.csv:2: column 'a': '?!' cannot name an event");
    check_fails("date,a\n2020-01-01,Fa\xfc\n", "c.csv:2: 'Fa\xfc' is not UTF-8");
}
END_TEST

START_TEST(test_covariates_are_counted)
{
    struct mq_str text = {0};
    ck_ok(mq_str_add(&text, "date,event\n"));
    for (int i = 0; i < MQ_COVARIATES_MAX; i++)
        ck_ok(mq_str_printf(&text, "2020-01-01,e%d\n", i));
    ck_ok(import("csv", NULL, text.data, days));
    ck_fails(import("csv", "static: [kind]", text.data,
                    "item_id,ds,y,kind\na,2020-01-01,1,toy\na,2020-01-02,1,toy\n"),
             MQ_DATA, "64 covariates and 1 of the sources are more than a panel has, 64");
    ck_ok(mq_str_add(&text, "2020-01-01,one more\n"));
    check_fails(text.data, "c.csv:66: column 'event': 'event_one_more' is one covariate too many");
    mq_str_release(&text);
    ck_fails(import("csv", "calendar: [open]", "date,open\n2020-01-01,1\n",
                    "item_id,ds,y,open\na,2020-01-01,1,1\na,2020-01-02,1,1\n"),
             MQ_DATA, "covariate 'open' twice");
}
END_TEST

START_TEST(test_a_calendar_that_goes_on_for_ages_is_refused)
{
    const char *source = "item_id,timestamp,target\na,2020-01-01 00:00,1\na,2020-01-01 01:00,2\n";
    ck_fails(
        import("csv", NULL, "date,h\n2020-01-01,x\n9999-12-31,y\n", source), MQ_DATA,
        "139902480 values, hourly from 2020-01-01 00:00:00 to 9999-12-31 23:00:00, of 2 given");
    ck_ok(import("csv", NULL, "date,h\n2020-01-01,x\n2120-12-31,y\n", source));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("calendar_file");
    tcase_add_test(tc, test_names_of_events_become_indicators);
    tcase_add_test(tc, test_dates_between_the_first_and_the_last_have_no_event_and_no_number);
    tcase_add_test(tc, test_a_calendar_reaches_as_far_as_its_file);
    tcase_add_test(tc, test_events_of_a_week_count_once_and_numbers_average);
    tcase_add_test(tc, test_a_date_holds_for_the_hours_of_its_day);
    tcase_add_test(tc, test_every_format_takes_a_calendar_behind_its_own_covariates);
    tcase_add_test(tc, test_what_is_wrong_names_file_and_line);
    tcase_add_test(tc, test_covariates_are_counted);
    tcase_add_test(tc, test_a_calendar_that_goes_on_for_ages_is_refused);
    return run_tests("data/calendar_file", tc);
}
