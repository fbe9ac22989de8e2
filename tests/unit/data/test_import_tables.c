// What a schema says of a table: how it is written, where its items are, clocks, and rows of one
// period.
#include "mq/data/import.h"

#include <stdio.h>

#include "support/panel_text.h"

static mq_status import(const char *format, const char *schema, const char *csv)
{
    const char *const sources[] = {file_of("t.csv", csv)};
    return import_files(format, schema, sources, 1);
}

static void check_fails(const char *format, const char *schema, const char *csv, mq_status status,
                        const char *part)
{
    const char *const sources[] = {file_of("t.csv", csv)};
    check_import_fails(format, schema, sources, 1, status, part);
}

// ---- how it is written --------------------------------------------------------------------------

START_TEST(test_fields_and_numbers_as_the_continent_writes_them)
{
    ck_ok(import("csv", "{delimiter: \";\", decimal: \",\", date_format: \"%d.%m.%Y\"}",
                 "item_id;timestamp;target\na,b;1.1.2020;1,5\na,b;2.1.2020;-2\n"));
    check_panel("daily 2020-01-01 2+0: a,b 0 y 1.5 -2; ");
    ck_ok(import("csv", "delimiter: tab", "item_id\tds\ty\na\t2020-01-01\t1\na\t2020-01-02\t2\n"));
    check_panel("daily 2020-01-01 2+0: a 0 y 1 2; ");
    ck_ok(import("wide", "{delimiter: \";\", decimal: \",\", date_format: \"%d.%m.%Y\"}",
                 "id;1.1.2020;2.1.2020\na;1,5;2\n"));
    check_panel("daily 2020-01-01 2+0: a 0 y 1.5 2; ");
    check_fails("csv", "{delimiter: \";\", decimal: \",\"}",
                "item_id;timestamp;target\na;2020-01-01;1.500\n", MQ_DATA,
                "t.csv:2: column 'target': '1.500' is not a number");
}
END_TEST

START_TEST(test_other_encodings_become_utf8)
{
    ck_ok(import("csv", "encoding: latin1",
                 "item_id,ds,y\nGr\xf6\xdf"
                 "e,2020-01-01,1\nGr\xf6\xdf"
                 "e,2020-01-02,2\n"));
    check_panel("daily 2020-01-01 2+0: Gr\xc3\xb6\xc3\x9f"
                "e 0 y 1 2; ");
    const char text[] = "\xff\xfe"
                        "i\0d\0,\0d\0s\0,\0y\0\n\0\xe9\0,\0"
                        "2\0"
                        "0\0"
                        "2\0"
                        "0\0-\0"
                        "0\0"
                        "1\0,\0"
                        "1\0\n\0";
    const char *path = test_path("utf16.csv");
    ck_ok(mq_file_replace(path, text, sizeof text - 1));
    ck_ok(import_files("csv", "{encoding: utf-16, id: id, frequency: monthly}", &path, 1));
    check_panel("monthly 2020-01-01 1+0: \xc3\xa9 0 y 1; ");
    check_fails("csv", "encoding: ascii", "item_id,ds,y\n\xf6,2020-01-01,1\n", MQ_DATA,
                "t.csv: byte 13 is not ascii");
    check_fails("csv", "encoding: klingon", "item_id,ds,y\n", MQ_USAGE, "unknown encoding");
    check_fails("csv", "encoding: latin1//TRANSLIT", "item_id,ds,y\n", MQ_USAGE,
                "unknown encoding");
}
END_TEST

START_TEST(test_a_file_without_a_header_has_numbered_columns)
{
    ck_ok(import("csv", "{header: false, id: \"2\", timestamp: \"1\", target: \"3\"}",
                 "2020-01-01,a,1\n2020-01-02,a,2\n"));
    check_panel("daily 2020-01-01 2+0: a 0 y 1 2; ");
    ck_ok(import("wide", "{header: false, items: numbered, frequency: hourly, epoch: 2020-01-01}",
                 "1,2,3\n,5\n"));
    check_panel("hourly 2020-01-01 00:00:00 3+0: 1 0 y 1 2 3; 2 1 y 5; ");
}
END_TEST

// ---- where items and dates are ------------------------------------------------------------------

START_TEST(test_each_column_may_be_an_item)
{
    ck_ok(import("csv", "{items: columns, timestamp: day, calendar: [warm], ignore: [note]}",
                 "day,a,note,warm,b,\n2020-01-01,1,x,20,4,\n2020-01-02,,y,21,5,\n"));
    check_panel("daily 2020-01-01 2+0 warm 20 21: a 0 y 1; b 0 y 4 5; ");
    check_fails("csv", "{items: columns, known: [p]}", "ds,a,p\n2020-01-01,1,2\n", MQ_USAGE,
                "column 'p': where columns are items");
    check_fails("csv", "items: columns", "ds,a,a\n2020-01-01,1,2\n", MQ_DATA,
                "two columns are called 'a'");
    check_fails("csv", "items: columns", "ds\n2020-01-01\n", MQ_DATA, "no column is left");
    check_fails("csv", "{items: columns, ignore: [b]}", "ds,a\n2020-01-01,1\n", MQ_DATA,
                "there is no column 'b'");
}
END_TEST

START_TEST(test_rows_without_dates_follow_one_another)
{
    ck_ok(import("csv", "{undated: true, frequency: daily, epoch: 2020-03-01}",
                 "item_id,y\na,1\nb,5\na,2\na,\na,4\n"));
    check_panel("daily 2020-03-01 4+0: a 0 y 1 2 - 4; b 0 y 5; ");
    ck_ok(import("csv", "{undated: true, items: columns, header: false, frequency: daily}",
                 "1,2\n3,4\n"));
    check_panel("daily 2000-01-01 2+0: 1 0 y 1 3; 2 0 y 2 4; ");
    check_fails("csv", "items: numbered", "item_id,ds,y\n", MQ_USAGE, "is for wide");
}
END_TEST

START_TEST(test_a_date_may_be_in_two_columns)
{
    ck_ok(import("csv",
                 "{item: a, timestamp: [day, hour], target: load, date_format: \"%Y-%m-%d %H\", "
                 "stamps: end, frequency: hourly}",
                 "day,hour,load\n2020-01-01,1,5\n2020-01-01,24,6\n2020-01-01,2,7\n"));
    check_panel("hourly 2020-01-01 00:00:00 24+0: a 0 y 5 7 - - - - - - - - - - - - - - - - - - - "
                "- - 6; ");
}
END_TEST

START_TEST(test_rows_without_an_id_take_the_one_they_are_given)
{
    const char *csv = "item_id,ds,y\n,2020-01-01,1\na,2020-01-01,2\n,2020-01-02,3\n";
    ck_ok(import("csv", "unnamed: other", csv));
    check_panel("daily 2020-01-01 2+0: other 0 y 1 3; a 0 y 2; ");
    check_fails("csv", NULL, csv, MQ_DATA, "t.csv:2: column 'item_id' is empty");
}
END_TEST

// ---- rows of one period -------------------------------------------------------------------------

static const char *sales = "item_id,ds,y,price\na,2020-01-02 17:00,2,4\na,2020-01-01 09:30,1,3\n"
                           "a,2020-01-02 08:15,3,\na,2020-01-02 09:00,,8\n";

START_TEST(test_rows_of_a_period_are_joined_by_rule)
{
    static const struct {
        const char *rule;
        const char *expected;
    } cases[] = {
        {"sum", "daily 2020-01-01 2+0: a 0 y 1 5 price 3 6; "},
        {"mean", "daily 2020-01-01 2+0: a 0 y 1 2.5 price 3 6; "},
        {"first", "daily 2020-01-01 2+0: a 0 y 1 3 price 3 8; "},
        {"last", "daily 2020-01-01 2+0: a 0 y 1 2 price 3 4; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char schema[128];
        (void)snprintf(schema, sizeof schema, "{frequency: daily, past: price, duplicates: %s}",
                       cases[i].rule);
        ck_ok(import("csv", schema, sales));
        check_panel(cases[i].expected);
    }
    check_fails("csv", "{frequency: daily, past: price}", sales, MQ_DATA,
                "t.csv:5: item 'a' has 2020-01-02 again, first at");
}
END_TEST

START_TEST(test_sales_are_quantity_times_price)
{
    ck_ok(import("csv", "{frequency: daily, duplicates: sum, times: price}", sales));
    check_panel("daily 2020-01-01 2+0: a 0 y 3 8; ");
    check_fails("csv", "times: price",
                "item_id,ds,y,price\na,2020-01-01,1e9,1e9\na,2020-01-02,1,1\n", MQ_DATA,
                "t.csv:2: the target is 1e+18");
}
END_TEST

START_TEST(test_joined_weeks_begin_on_mondays_and_months_on_the_first)
{
    const char *csv = "item_id,ds,y\na,2020-01-09,2\na,2020-01-01,1\na,2020-01-12,4\n"
                      "a,2020-02-03,8\n";
    ck_ok(import("csv", "{frequency: weekly, duplicates: sum}", csv));
    check_panel("weekly 2019-12-30 6+0: a 0 y 1 6 - - - 8; ");
    ck_ok(import("csv", "{frequency: weekly, duplicates: sum, epoch: 2020-01-05}", csv));
    check_panel("weekly 2019-12-29 6+0: a 0 y 1 2 4 - - 8; ");
    ck_ok(import("csv", "{frequency: monthly, duplicates: sum}", csv));
    check_panel("monthly 2020-01-01 2+0: a 0 y 7 8; ");
}
END_TEST

// ---- clocks -------------------------------------------------------------------------------------

#define ZONE "time_zone: Europe/Berlin, frequency: hourly"
static const char *autumn = "item_id,ds,y\na,2024-10-27 01:00,1\na,2024-10-27 02:00,2\n"
                            "a,2024-10-27 02:00,4\na,2024-10-27 03:00,8\n";
static const char *spring = "item_id,ds,y\na,2024-03-31 01:00,1\na,2024-03-31 03:00,2\n";

START_TEST(test_an_hour_that_comes_twice_is_what_the_schema_says)
{
    ck_ok(import("csv", "{" ZONE ", doubled: sum}", autumn));
    check_panel("hourly 2024-10-27 01:00:00 3+0: a 0 y 1 6 8; ");
    ck_ok(import("csv", "{" ZONE ", doubled: mean}", autumn));
    check_panel("hourly 2024-10-27 01:00:00 3+0: a 0 y 1 3 8; ");
    ck_ok(import("csv", "{" ZONE ", clock: utc}", autumn));
    check_panel("hourly 2024-10-26 23:00:00 4+0: a 0 y 1 2 4 8; ");
    check_fails("csv", "{" ZONE "}", autumn, MQ_DATA,
                "t.csv:4: item 'a' has 2024-10-27 02:00:00 again");
    check_fails("csv", "{" ZONE ", doubled: sum}",
                "item_id,ds,y\na,2024-10-27 03:00,1\na,2024-10-27 03:00,1\n", MQ_DATA, "again");
}
END_TEST

START_TEST(test_an_hour_that_never_was_is_not_observed)
{
    ck_ok(import("csv", "{" ZONE ", missing: zero}", spring));
    check_panel("hourly 2024-03-31 01:00:00 3+0: a 0 y 1 - 2; ");
    ck_ok(import("csv", "{" ZONE ", clock: utc}", spring));
    check_panel("hourly 2024-03-31 00:00:00 2+0: a 0 y 1 2; ");
    const char *wrong = "item_id,ds,y\na,2024-03-31 02:00,1\na,2024-03-31 03:00,2\n";
    check_fails("csv", "{" ZONE "}", wrong, MQ_DATA, "t.csv:2: 2024-03-31 02:00:00 does not exist");
    check_fails("csv", "{" ZONE ", clock: utc}", wrong, MQ_DATA, "does not exist in Europe/Berlin");
}
END_TEST

START_TEST(test_moments_fall_on_the_day_of_the_place)
{
    const char *csv = "item_id,ds,y\na,2024-01-01T22:30:00Z,1\na,2024-01-01T23:30:00Z,2\n"
                      "a,2024-01-02T23:30:00+02:00,4\n";
    ck_ok(import("csv", "{time_zone: Europe/Berlin, frequency: daily, duplicates: sum}", csv));
    check_panel("daily 2024-01-01 2+0: a 0 y 1 6; ");
    ck_ok(import("csv", "{frequency: daily, duplicates: sum}", csv));
    check_panel("daily 2024-01-01 2+0: a 0 y 3 4; ");
    check_fails("csv", "{frequency: daily, duplicates: sum}",
                "item_id,ds,y\na,2024-01-01T22:30:00Z,1\na,2024-01-01T23:30:00,2\n", MQ_DATA,
                "t.csv:3: some dates have an offset to UTC");
}
END_TEST

START_TEST(test_schemas_that_say_nothing_are_refused)
{
    static const struct {
        const char *schema;
        const char *part;
    } cases[] = {
        {"clock: utc", "say nothing without a time_zone"},
        {"doubled: sum", "say nothing without a time_zone"},
        {"stamps: end", "takes a frequency"},
        {"{stamps: end, frequency: monthly}", "takes a frequency"},
        {"undated: true", "takes a frequency"},
        {"{items: columns, id: a}", "leaves no place"},
        {"delimiter: ab", "delimiter is one character"},
        {"decimal: x", "decimal is"},
        {"date_format: \"%d\"", "gives no date"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mq_schema schema;
        ck_fails(mq_schema_read(&schema, file_of("s.yaml", cases[i].schema)), MQ_USAGE,
                 cases[i].part);
    }
    check_fails("wide", "duplicates: sum", "id,d1\na,1\n", MQ_USAGE, "are for csv");
    check_fails("csv", "time_zone: Mars/Olympus", "item_id,ds,y\n", MQ_USAGE, "no time zone");
    check_fails("tsf", "encoding: latin1", "@data\n", MQ_USAGE, "the schema explains a table");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import_tables");
    tcase_add_test(tc, test_fields_and_numbers_as_the_continent_writes_them);
    tcase_add_test(tc, test_other_encodings_become_utf8);
    tcase_add_test(tc, test_a_file_without_a_header_has_numbered_columns);
    tcase_add_test(tc, test_each_column_may_be_an_item);
    tcase_add_test(tc, test_rows_without_dates_follow_one_another);
    tcase_add_test(tc, test_a_date_may_be_in_two_columns);
    tcase_add_test(tc, test_rows_without_an_id_take_the_one_they_are_given);
    tcase_add_test(tc, test_rows_of_a_period_are_joined_by_rule);
    tcase_add_test(tc, test_sales_are_quantity_times_price);
    tcase_add_test(tc, test_joined_weeks_begin_on_mondays_and_months_on_the_first);
    tcase_add_test(tc, test_an_hour_that_comes_twice_is_what_the_schema_says);
    tcase_add_test(tc, test_an_hour_that_never_was_is_not_observed);
    tcase_add_test(tc, test_moments_fall_on_the_day_of_the_place);
    tcase_add_test(tc, test_schemas_that_say_nothing_are_refused);
    return run_tests("data/import_tables", tc);
}
