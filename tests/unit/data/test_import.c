// Import formats: what a file becomes as a panel, and what is refused.
#include "mq/data/import.h"

#include <stdio.h>
#include <string.h>

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

// ---- long ---------------------------------------------------------------------------------------

START_TEST(test_rows_in_any_order_give_the_same_series)
{
    ck_ok(import("csv", NULL,
                 "item_id,timestamp,target\nb,2020-01-03,5\na,2020-01-02,2\nb,2020-01-02,4\n"
                 "a,2020-01-01,1\n"));
    check_panel("daily 2020-01-01 3+0: b 1 y 4 5; a 0 y 1 2; ");
    ck_ok(import("csv", NULL,
                 "y,ds,unique_id\r\n4,2020-01-02,b\r\n5,2020-01-03,b\r\n1,2020-01-01,a\r\n"
                 "2,2020-01-02,a\r\n"));
    check_panel("daily 2020-01-01 3+0: b 1 y 4 5; a 0 y 1 2; ");
}
END_TEST

static const char *gaps = "item_id,timestamp,target\na,2020-01-01,1\na,2020-01-02,\n"
                          "a,2020-01-04,3\nb,2020-01-06,6\nb,2020-01-07,NA\nc,2020-01-05,null\n";

START_TEST(test_gaps_are_unobserved_unless_told_to_be_zero)
{
    ck_ok(import("csv", NULL, gaps));
    check_panel("daily 2020-01-01 6+0: a 0 y 1 - - 3; b 5 y 6; c 6 y; ");
    ck_ok(import("csv", "missing: zero", gaps));
    check_panel("daily 2020-01-01 6+0: a 0 y 1 - 0 3; b 5 y 6; c 6 y; ");
    ck_ok(import("csv", "{missing: zero, extend: true}", gaps));
    check_panel("daily 2020-01-01 6+0: a 0 y 1 - 0 3 0 0; b 5 y 6; c 6 y; ");
}
END_TEST

START_TEST(test_frequency_is_guessed_from_the_dates)
{
    static const struct {
        const char *dates[3];
        const char *expected;
    } cases[] = {
        {{"2020-01-01", "2020-01-03", "2020-01-06"}, "daily 2020-01-01 6+0: a 0 y 1 - 1 - - 1; "},
        {{"2020-01-06", "2020-01-13", "2020-01-27"}, "weekly 2020-01-06 4+0: a 0 y 1 1 - 1; "},
        {{"2019-12-15", "2020-01-15", "2020-02-15"}, "monthly 2019-12-15 3+0: a 0 y 1 1 1; "},
        {{"2020-01-31", "2020-02-29", "2020-03-31"}, "monthly 2020-01-31 3+0: a 0 y 1 1 1; "},
        {{"2019-12", "2020-02", "2020-03"}, "monthly 2019-12-01 4+0: a 0 y 1 - 1 1; "},
        {{"2019-10-01", "2020-01-01", "2020-07-01"}, "quarterly 2019-10-01 4+0: a 0 y 1 1 - 1; "},
        {{"2017-04-01", "2018-04-01", "2020-04-01"}, "yearly 2017-04-01 4+0: a 0 y 1 1 - 1; "},
        {{"2020-01-01 22:00", "2020-01-01 23:00", "2020-01-02 01:00"},
         "hourly 2020-01-01 22:00:00 4+0: a 0 y 1 1 - 1; "},
        {{"2020-01-01 23:00", "2020-01-01 23:30", "2020-01-02 00:30"},
         "30min 2020-01-01 23:00:00 4+0: a 0 y 1 1 - 1; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char csv[256];
        (void)snprintf(csv, sizeof csv, "item_id,timestamp,target\na,%s,1\na,%s,1\na,%s,1\n",
                       cases[i].dates[0], cases[i].dates[1], cases[i].dates[2]);
        ck_ok(import("csv", NULL, csv));
        check_panel(cases[i].expected);
    }
}
END_TEST

START_TEST(test_dates_off_the_grid_are_refused)
{
    check_fails("csv", NULL,
                "item_id,timestamp,target\na,2020-01-06,1\na,2020-01-13,1\nb,2020-01-15,1\n",
                MQ_DATA, "t.csv:4: 2020-01-15");
    check_fails("csv", "frequency: weekly",
                "item_id,timestamp,target\na,2020-01-06,1\na,2020-01-13,1\na,2020-01-16,1\n",
                MQ_DATA, "t.csv:4: 2020-01-16");
    check_fails("csv", NULL, "item_id,timestamp,target\na,2020-01-06,1\nb,2020-01-07,1\n", MQ_DATA,
                "cannot guess the frequency");
}
END_TEST

START_TEST(test_what_is_wrong_with_rows_is_said_before_the_frequency_is_guessed)
{
    check_fails("csv", NULL, "item_id,timestamp,target\na,2020-01-01,1\na,2020-01-01,2\n", MQ_DATA,
                "t.csv:3: item 'a' has 2020-01-01 again, first at");
    check_fails("csv", NULL, "item_id,timestamp,target\nGr\xf6\xdf,2020-01-01,1\n", MQ_DATA,
                "t.csv:2: 'Gr\xf6\xdf' is not UTF-8");
    check_fails("csv", "static: [kind]", "item_id,ds,y,kind\na,2020-01-01,1,\xff\n", MQ_DATA,
                "t.csv:2: '\xff' is not UTF-8");
    check_fails("wide", NULL, "id,d1\n\xc3,1\n", MQ_DATA, "t.csv:2: '\xc3' is not UTF-8");
}
END_TEST

START_TEST(test_a_repeated_period_names_both_rows)
{
    check_fails("csv", NULL,
                "item_id,timestamp,target\na,2020-01-01,1\nb,2020-01-01,1\n\na,2020-01-02,1\n"
                "a,2020-01-01,2\n",
                MQ_DATA, "t.csv:6: item 'a' has 2020-01-01 again, first at");
    check_fails("csv", "frequency: daily",
                "item_id,timestamp,target\na,2020-01-01 08:00,1\na,2020-01-01 09:00,1\n", MQ_DATA,
                "again, first at");
}
END_TEST

static const char *roles = "available: stock\nknown: [price]\npast: [views]\nstatic: [kind]\n"
                           "static_real: [size]\ncalendar: [holiday]\n";
static const char *full = "item_id,timestamp,target,stock,price,views,kind,size,holiday\n"
                          "a,2020-01-02,2,1,,20,toy,,0\n"
                          "a,2020-01-03,0,0,8,,,1.5,1\n"
                          "a,2020-01-05,5,,,50,toy,1.5,\n"
                          "a,2020-01-07,,,9,,,,1\n"
                          "b,2020-01-03,1,1,3,7,box,2,1\n"
                          "b,2020-01-05,1,1,4,8,box,2,0\n"
                          "new,2020-01-06,,,6,,toy,,0\n";

START_TEST(test_covariates_take_their_roles)
{
    ck_ok(import("csv", roles, full));
    check_panel("daily 2020-01-02 4+2 holiday 0 1 0 0 0 1: "
                "a 0 y 2 0 - 5 in 1 0 1 1 price 8 8 8 8 8 9 views 20 - - 50 size 1.5 kind 1; "
                "b 1 y 1 - 1 in 1 1 1 price 3 3 4 4 4 views 7 - 8 size 2 kind 2; "
                "new 4 y in price 6 6 views size - kind 1; ");
}
END_TEST

START_TEST(test_ahead_cuts_or_continues_what_is_known)
{
    ck_ok(import("csv", "{known: [price], ahead: 1}", full));
    check_panel("daily 2020-01-02 4+1: a 0 y 2 0 - 5 price 8 8 8 8 8; b 1 y 1 - 1 price 3 3 4 4; "
                "new 4 y price 6; ");
    ck_ok(import("csv", "{known: [price], ahead: 3}", full));
    check_panel("daily 2020-01-02 4+3: a 0 y 2 0 - 5 price 8 8 8 8 8 9 9; "
                "b 1 y 1 - 1 price 3 3 4 4 4 4; new 4 y price 6 6 6; ");
}
END_TEST

START_TEST(test_contradictions_are_refused)
{
    check_fails("csv", "static: [kind]",
                "item_id,timestamp,target,kind\na,2020-01-01,1,toy\na,2020-01-02,1,box\n", MQ_DATA,
                "t.csv:3: column 'kind' is static, but item 'a' has 'box' here and had 'toy'");
    check_fails("csv", "static_real: [size]",
                "item_id,timestamp,target,size\na,2020-01-01,1,1\na,2020-01-02,1,2\n", MQ_DATA,
                "t.csv:3: column 'size' is static");
    check_fails("csv", "calendar: [open]",
                "item_id,timestamp,target,open\na,2020-01-01,1,1\na,2020-01-02,1,1\n"
                "b,2020-01-02,1,0\n",
                MQ_DATA, "t.csv:4: calendar column 'open' is 0 here and 1 for the same date at");
    check_fails("csv", "available: open",
                "item_id,timestamp,target,open\na,2020-01-01,1,1\na,2020-01-02,1,2\n", MQ_DATA,
                "t.csv:3: column 'open': '2' is not 0 or 1");
}
END_TEST

START_TEST(test_bad_rows_are_named)
{
    const char *head = "item_id,timestamp,target\na,2020-01-01,1\n";
    static const struct {
        const char *row;
        const char *message;
    } cases[] = {
        {"a,2020-01-02,abc", "t.csv:3: column 'target': 'abc' is not a number"},
        {"a,2020-01-02,inf", "t.csv:3: column 'target': 'inf' is not a number"},
        {"a,2020-02-30,1", "t.csv:3: column 'timestamp': '2020-02-30' is not a date"},
        {"a,,1", "t.csv:3: column 'timestamp': '' is not a date"},
        {",2020-01-02,1", "t.csv:3: column 'item_id' is empty"},
        {"a,2020-01-02", "t.csv:3: 2 fields, the header has 3"},
        {"a,2020-01-02,1,9", "t.csv:3: 4 fields, the header has 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char csv[256];
        (void)snprintf(csv, sizeof csv, "%s%s\n", head, cases[i].row);
        check_fails("csv", NULL, csv, MQ_DATA, cases[i].message);
    }
}
END_TEST

START_TEST(test_missing_columns_and_empty_files_are_named)
{
    check_fails("csv", NULL, "id,timestamp,target\n", MQ_DATA,
                "there is no column 'item_id' or 'unique_id'");
    ck_assert_str_eq(mq_error_get()->hint,
                     "a schema file (--schema) tells which column is which; the file has: "
                     "id, timestamp, target");
    check_fails("csv", "known: [price]", "item_id,timestamp,target\n", MQ_DATA,
                "there is no column 'price'");
    check_fails("csv", NULL, "item_id,timestamp,target,target\n", MQ_DATA,
                "two columns are called");
    check_fails("csv", NULL, "", MQ_DATA, "t.csv: the file is empty");
    check_fails("csv", NULL, "item_id,timestamp,target\n", MQ_DATA, "t.csv: no rows");
    check_fails("csv", NULL, "item_id,timestamp,target\na,2020-01-01,\na,2020-01-02,\n", MQ_DATA,
                "no row has a target");
}
END_TEST

START_TEST(test_several_files_make_one_panel)
{
    const struct mq_schema schema = mq_schema_default();
    const char *const sources[] = {
        file_of("a.csv", "item_id,timestamp,target\na,2020-01-01,1\nb,2020-01-01,3\n"),
        file_of("b.csv", "target,item_id,timestamp\n2,a,2020-01-02\n"),
        file_of("c.csv", "target,item_id,timestamp\n2,b,2020-01-01\n"),
    };
    const struct mq_import_format *csv = mq_import_find("csv");
    ck_ok(csv->run(&schema, sources, 2, test_path("t.h5")));
    check_panel("daily 2020-01-01 2+0: a 0 y 1 2; b 0 y 3; ");
    ck_fails(csv->run(&schema, sources, 3, test_path("t.h5")), MQ_DATA,
             "c.csv:2: item 'b' has 2020-01-01 again");
}
END_TEST

START_TEST(test_every_failed_allocation_is_a_clean_error)
{
    struct mq_schema schema;
    ck_ok(mq_schema_read(&schema, file_of("s.yaml", roles)));
    const char *const sources[] = {file_of("t.csv", full)};
    const char *output = test_path("t.h5");
    const struct mq_import_format *csv = mq_import_find("csv");
    const size_t live = mq_alloc_live_bytes();
    mq_status status = MQ_FAILED;
    for (uint64_t n = 1; status == MQ_FAILED; n++) {
        ck_assert_uint_lt(n, 1000);
        ck_ok(mq_file_remove(output));
        mq_alloc_fail_at(n);
        status = csv->run(&schema, sources, 1, output);
        mq_alloc_fail_at(0);
        ck_assert_int_eq(mq_path_exists(output), status == MQ_OK);
        ck_assert_uint_eq(mq_alloc_live_bytes(), live);
    }
    ck_assert_int_eq(status, MQ_OK);
}
END_TEST

START_TEST(test_an_id_of_several_columns_is_joined)
{
    const char *csv = "store,brand,ds,y\n2,1,2020-01-01,5\n2,10,2020-01-01,6\n2,1,2020-01-02,7\n";
    ck_ok(import("csv", "{id: [store, brand], static: [brand]}", csv));
    check_panel("daily 2020-01-01 2+0: 2_1 0 y 5 7 brand 1; 2_10 0 y 6 brand 2; ");
    check_fails("csv", "id: [store, brand]", "store,brand,ds,y\n2,,2020-01-01,5\n", MQ_DATA,
                "t.csv:2: column 'brand' is empty");
}
END_TEST

START_TEST(test_a_file_without_ids_is_one_item)
{
    ck_ok(import("csv", "{item: NP, timestamp: Date, target: \" Price\"}",
                 "Date, Price\n2020-01-01,5\n2020-01-02,6\n"));
    check_panel("daily 2020-01-01 2+0: NP 0 y 5 6; ");
}
END_TEST

START_TEST(test_numbered_periods_count_from_the_epoch)
{
    const char *weeks = "item_id,timestamp,target\na,40,1\na,41,2\nb,43,3\n";
    ck_ok(import("csv", "{frequency: weekly, epoch: 1989-09-07}", weeks));
    check_panel("weekly 1990-06-14 4+0: a 0 y 1 2; b 3 y 3; ");
    check_fails("csv", "frequency: weekly", weeks, MQ_DATA,
                "t.csv:2: column 'timestamp': '40' is not a date");
    check_fails("csv", "{frequency: weekly, epoch: 1989-09-07}",
                "item_id,timestamp,target\na,-1,1\n", MQ_DATA,
                "t.csv:2: column 'timestamp': period -1 is not from 0 to");
}
END_TEST

START_TEST(test_truth_is_a_number)
{
    ck_ok(import("csv", "calendar: [open]",
                 "item_id,timestamp,target,open\na,2020-01-01,1,TRUE\na,2020-01-02,2,false\n"));
    check_panel("daily 2020-01-01 2+0 open 1 0: a 0 y 1 2; ");
}
END_TEST

// ---- wide ---------------------------------------------------------------------------------------

START_TEST(test_wide_rows_start_and_end_where_they_have_values)
{
    const char *csv = "id,2020-01,2020-02,2020-03,2020-04\na,1,2,3,4\nb,,2,,4\nc,1,2\nd\n";
    ck_ok(import("wide", NULL, csv));
    check_panel("monthly 2020-01-01 4+0: a 0 y 1 2 3 4; b 1 y 2 - 4; c 0 y 1 2; d 4 y; ");
    ck_ok(import("wide", "{missing: zero, extend: true}", csv));
    check_panel("monthly 2020-01-01 4+0: a 0 y 1 2 3 4; b 1 y 2 0 4; c 0 y 1 2 0 0; d 4 y; ");
}
END_TEST

START_TEST(test_wide_columns_without_dates_count_from_2000)
{
    ck_ok(import("wide", "{id: sku, static: [kind], frequency: weekly}",
                 "kind,sku,w1,w2\ntoy,a,1,2\nbox,b,3,4\n"));
    check_panel("weekly 2000-01-03 2+0: a 0 y 1 2 kind 1; b 0 y 3 4 kind 2; ");
}
END_TEST

START_TEST(test_wide_columns_that_are_no_periods_are_left_out)
{
    ck_ok(import("wide", "{id: [shop, sku], frequency: weekly, epoch: 2019-12-30, ignore: [SUM]}",
                 "sku,W0,SUM,W1,shop, \n7,1,3,2,a,\n8,3,7,4,a,\n"));
    check_panel("weekly 2019-12-30 2+0: a_7 0 y 1 2; a_8 0 y 3 4; ");
    check_fails("wide", "ignore: [MAX]", "id,d1,d2\na,1,2\n", MQ_DATA, "no column 'MAX'");
    check_fails("wide", "id: [shop, sku]", "sku,d1,shop\n7,1,\n", MQ_DATA,
                "t.csv:2: the item has no id");
}
END_TEST

START_TEST(test_wide_columns_without_dates_must_be_numbered_one_after_the_other)
{
    check_fails("wide", NULL, "id,W0,W1,MIN\na,1,2,1\n", MQ_DATA,
                "t.csv: column 'MIN' is not the period that follows 'W1'");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "ignore: "));
    check_fails("wide", NULL, "id,V1,V3\na,1,2\n", MQ_DATA, "column 'V3'");
    check_fails("wide", NULL, "id,V1,W2\na,1,2\n", MQ_DATA, "column 'W2'");
    check_fails("wide", NULL, "id,kind,V1\na,x,2\n", MQ_DATA, "column 'kind' is no period");
    ck_ok(import("wide", NULL, "id,W08,W09,W10\na,1,2,3\n"));
    check_panel("daily 2000-01-01 3+0: a 0 y 1 2 3; ");
    ck_ok(import("wide", "ignore: [MIN]", "id,9,MIN,10\na,1,2,3\n"));
    check_panel("daily 2000-01-01 2+0: a 0 y 1 3; ");
}
END_TEST

START_TEST(test_wide_refuses_what_does_not_fit)
{
    check_fails("wide", NULL, "id,2020-01-01,2020-01-02,2020-01-04\na,1,2,3\n", MQ_DATA,
                "column '2020-01-04' stands where 2020-01-03 should be");
    check_fails("wide", NULL, "id,2020-01-01,2020-01-02,x\na,1,2,3\n", MQ_DATA,
                "column 'x' is not a date");
    check_fails("wide", NULL, "id,d1,d2\na,1,2\na,3,4\n", MQ_DATA, "t.csv:3: item 'a' has a row");
    check_fails("wide", NULL, "id,d1,d2\na,1,2,3\n", MQ_DATA, "t.csv:2: 4 fields");
    check_fails("wide", NULL, "id,d1,d2\na,1,x\n", MQ_DATA, "t.csv:2: column 'd2': 'x'");
    check_fails("wide", NULL, "id,d1\n", MQ_DATA, "no rows");
    check_fails("wide", NULL, "id,d1\na,\n", MQ_DATA, "no row has a value");
    check_fails("wide", "known: [price]", "id,d1\na,\n", MQ_USAGE, "targets and statics alone");
}
END_TEST

// ---- schema and registry ------------------------------------------------------------------------

static mq_status read_schema(const char *text)
{
    struct mq_schema schema;
    return mq_schema_read(&schema, file_of("s.yaml", text));
}

START_TEST(test_schema_mistakes_are_named)
{
    ck_fails(read_schema("id: a\nstatc: [b]\n"), MQ_USAGE, "s.yaml:2");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "static"));
    ck_fails(read_schema("missing: none\n"), MQ_USAGE, "s.yaml:1");
    ck_fails(read_schema("frequency: fortnightly\n"), MQ_USAGE, "unknown frequency 'fortnightly'");
    ck_fails(read_schema("item: a\nid: b\n"), MQ_USAGE,
             "item is for files without a column of ids");
    ck_fails(read_schema("epoch: soon\n"), MQ_USAGE, "epoch 'soon' is not a date");
    ck_fails(read_schema("static: [x]\nignore: [x]\n"), MQ_USAGE, "column 'x' has two roles");
    ck_fails(read_schema("target: y\nknown: [y]\n"), MQ_USAGE, "column 'y' has two roles");
    ck_fails(read_schema("id: [x, y]\npast: [y]\n"), MQ_USAGE, "column 'y' has two roles");
    ck_fails(read_schema("past: [x]\nknown: [x]\n"), MQ_USAGE, "column 'x' has two roles");
    ck_fails(read_schema("run: {name: x}\n"), MQ_USAGE, "a schema has no sections");
}
END_TEST

START_TEST(test_unknown_format_suggests_the_nearest)
{
    ck_assert_ptr_null(mq_import_find("csvv"));
    ck_assert_int_eq(mq_error_get()->status, MQ_USAGE);
    ck_assert_str_eq(mq_error_get()->hint, "did you mean 'csv'?");
    int64_t n = 0;
    const struct mq_import_format *const *formats = mq_import_formats(&n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_ptr_eq(mq_import_find(formats[i]->name), formats[i]);
}
END_TEST

START_TEST(test_dates_centuries_apart_are_refused_before_the_gap_is_filled)
{
    static const char far[] = "a,1900-01-01 00:00,1\na,1900-01-01 01:00,2\n";
    char csv[512];
    (void)snprintf(csv, sizeof csv, "item_id,timestamp,target\n%sa,9999-12-31 00:00,3\n", far);
    check_fails("csv", NULL, csv, MQ_DATA,
                "hourly from 1900-01-01 00:00:00 to 9999-12-31 00:00:00, of 3 given: a date is "
                "wrong");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "frequency"));
    // Two short series are no better, nor are rows of the future, nor a long tail of no demand.
    (void)snprintf(csv, sizeof csv, "item_id,timestamp,target\n%sb,9999-12-31 00:00,3\n", far);
    check_fails("csv", NULL, csv, MQ_DATA, "a date is wrong");
    (void)snprintf(csv, sizeof csv, "item_id,timestamp,target,p\n%s",
                   "a,1900-01-01 00:00,1,1\na,1900-01-01 01:00,2,1\na,9999-12-31 00:00,,2\n");
    check_fails("csv", "known: [p]", csv, MQ_DATA, "a date is wrong");
    check_fails("csv", "calendar: [p]", csv, MQ_DATA, "a date is wrong");
    ck_ok(import("csv", NULL, csv));
    (void)snprintf(csv, sizeof csv, "item_id,timestamp,target\n%sb,2000-01-01 00:00,3\n", far);
    ck_ok(import("csv", NULL, csv));
    check_fails("csv", "extend: true", csv, MQ_DATA, "a date is wrong");
}
END_TEST

START_TEST(test_steps_that_have_no_frequency_are_refused)
{
    check_fails("csv", NULL,
                "item_id,timestamp,target\na,0001-01-01 00:00,1\na,9999-12-31 23:59,2\n", MQ_DATA,
                "steps of 315537897540 seconds");
}
END_TEST

START_TEST(test_a_covariate_has_a_name_that_can_be_written)
{
    check_fails("csv", "known: [\"p/q\"]", "item_id,ds,y,p/q\na,2020-01-01,1,1\na,2020-01-02,1,1\n",
                MQ_DATA, "'p/q' cannot name a covariate");
}
END_TEST

START_TEST(test_no_number_follows_the_largest)
{
    check_fails("wide", NULL, "id,W9223372036854775807,W9223372036854775808\na,1,2\n", MQ_DATA,
                "column 'W9223372036854775808' is not the period that follows");
    check_fails("wide", NULL, "id,W9223372036854775807,W9223372036854775807\na,1,2\n", MQ_DATA,
                "is not the period that follows");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import");
    tcase_add_test(tc, test_rows_in_any_order_give_the_same_series);
    tcase_add_test(tc, test_gaps_are_unobserved_unless_told_to_be_zero);
    tcase_add_test(tc, test_frequency_is_guessed_from_the_dates);
    tcase_add_test(tc, test_dates_off_the_grid_are_refused);
    tcase_add_test(tc, test_what_is_wrong_with_rows_is_said_before_the_frequency_is_guessed);
    tcase_add_test(tc, test_a_repeated_period_names_both_rows);
    tcase_add_test(tc, test_covariates_take_their_roles);
    tcase_add_test(tc, test_ahead_cuts_or_continues_what_is_known);
    tcase_add_test(tc, test_contradictions_are_refused);
    tcase_add_test(tc, test_bad_rows_are_named);
    tcase_add_test(tc, test_missing_columns_and_empty_files_are_named);
    tcase_add_test(tc, test_several_files_make_one_panel);
    tcase_add_test(tc, test_every_failed_allocation_is_a_clean_error);
    tcase_add_test(tc, test_an_id_of_several_columns_is_joined);
    tcase_add_test(tc, test_a_file_without_ids_is_one_item);
    tcase_add_test(tc, test_numbered_periods_count_from_the_epoch);
    tcase_add_test(tc, test_truth_is_a_number);
    tcase_add_test(tc, test_wide_columns_that_are_no_periods_are_left_out);
    tcase_add_test(tc, test_wide_rows_start_and_end_where_they_have_values);
    tcase_add_test(tc, test_wide_columns_without_dates_count_from_2000);
    tcase_add_test(tc, test_wide_columns_without_dates_must_be_numbered_one_after_the_other);
    tcase_add_test(tc, test_wide_refuses_what_does_not_fit);
    tcase_add_test(tc, test_schema_mistakes_are_named);
    tcase_add_test(tc, test_unknown_format_suggests_the_nearest);
    tcase_add_test(tc, test_dates_centuries_apart_are_refused_before_the_gap_is_filled);
    tcase_add_test(tc, test_steps_that_have_no_frequency_are_refused);
    tcase_add_test(tc, test_a_covariate_has_a_name_that_can_be_written);
    tcase_add_test(tc, test_no_number_follows_the_largest);
    return run_tests("data/import", tc);
}
