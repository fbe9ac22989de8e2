// Appending: the panel that all rows at once would have made, or the panel that was there.
#include "mq/data/import.h"

#include <stdio.h>

#include "support/panel_text.h"

static const char *roles = "available: stock\nknown: [price]\npast: [views]\nstatic: [kind]\n"
                           "static_real: [size]\ncalendar: [holiday]\n";
#define HEADER "item_id,timestamp,target,stock,price,views,kind,size,holiday\n"
// c has no target yet; rows past the end carry prices and holidays.
#define OLD                                                                                        \
    "a,2020-01-02,2,1,9,20,toy,,0\n"                                                               \
    "a,2020-01-03,3,0,8,,,1.5,1\n"                                                                 \
    "b,2020-01-01,1,1,5,7,food,2,0\n"                                                              \
    "b,2020-01-04,4,1,6,8,food,2,0\n"                                                              \
    "c,2020-01-02,,1,3,1,,,0\n"
#define NEW                                                                                        \
    "b,2020-01-06,6,1,7,9,food,2,1\n"                                                              \
    "d,2020-01-05,5,1,4,,new,,0\n"                                                                 \
    "a,2020-01-05,,0,7,3,toy,,0\n"                                                                 \
    "c,2020-01-06,8,1,2,2,food,3,1\n"                                                              \
    "a,2020-01-06,1,1,,,,,1\n"                                                                     \
    "a,2020-01-09,,,6,,,,1\n"

static void read_fingerprint(char fingerprint[MQ_SHA256_HEX])
{
    struct mq_panel *panel = NULL;
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    ck_ok(mq_panel_verify(panel));
    memcpy(fingerprint, mq_panel_info(panel)->fingerprint, MQ_SHA256_HEX);
    mq_panel_close(panel);
}

static mq_status import(const char *format, const char *schema_text, const char *csv, bool appends,
                        bool replaces)
{
    struct mq_schema schema = mq_schema_default();
    const char *source = file_of("t.csv", csv);
    if (schema_text != NULL) ck_ok(mq_schema_read(&schema, file_of("s.yaml", schema_text)));
    if (appends) schema.append_to = test_path("t.h5");
    schema.replaces = replaces;
    return mq_import_find(format)->run(&schema, &source, 1, test_path("t.h5"));
}

static mq_status append(const char *schema, const char *csv)
{
    return import("csv", schema, csv, true, false);
}

// Rows in one import and in two make the same panel; so does appending what is there already.
static void check_same(const char *schema, const char *all, const char *old, const char *new)
{
    char want[MQ_SHA256_HEX];
    char got[MQ_SHA256_HEX];
    ck_ok(import("csv", schema, all, false, false));
    read_fingerprint(want);
    ck_ok(import("csv", schema, old, false, false));
    ck_ok(append(schema, new));
    read_fingerprint(got);
    ck_assert_str_eq(got, want);
    ck_ok(append(schema, new));
    read_fingerprint(got);
    ck_assert_str_eq(got, want);
}

START_TEST(test_appending_is_importing_all_at_once)
{
    static const char *const rules[] = {
        "",           "missing: zero\n",   "missing: zero\nextend: true\n", "extend: true\n",
        "ahead: 2\n", "duplicates: last\n"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char schema[512];
        (void)snprintf(schema, sizeof schema, "%s%s", roles, rules[i]);
        check_same(schema, HEADER OLD NEW, HEADER OLD, HEADER NEW);
    }
}
END_TEST

START_TEST(test_one_day_follows_another)
{
    ck_ok(import("csv", NULL, "item_id,ds,y\na,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,3\n",
                 false, false));
    ck_ok(append(NULL, "item_id,ds,y\nc,2020-01-03,5\na,2020-01-03,4\n"));
    check_panel("daily 2020-01-01 3+0: a 0 y 1 2 4; b 0 y 3; c 2 y 5; ");
    ck_ok(append("missing: zero", "item_id,ds,y\nb,2020-01-04,6\n"));
    check_panel("daily 2020-01-01 4+0: a 0 y 1 2 4; b 0 y 3 0 0 6; c 2 y 5; ");
}
END_TEST

START_TEST(test_earlier_days_move_the_epoch)
{
    const char *late = "item_id,ds,y\na,2020-01-03,1\na,2020-01-04,2\n";
    ck_ok(import("csv", NULL, late, false, false));
    ck_ok(append(NULL, "item_id,ds,y\nb,2020-01-01,3\na,2020-01-02,4\n"));
    check_panel("daily 2020-01-01 4+0: a 1 y 4 1 2; b 0 y 3; ");
    check_same("calendar: [h]",
               "item_id,ds,y,h\na,2020-01-03,1,1\na,2020-01-04,2,0\n"
               "b,2020-01-01,3,1\n",
               "item_id,ds,y,h\na,2020-01-03,1,1\na,2020-01-04,2,0\n",
               "item_id,ds,y,h\nb,2020-01-01,3,1\n");
}
END_TEST

// What the panel holds stays, byte for byte, and the row is named.
static void check_refused(const char *schema, const char *csv, mq_status status, const char *part)
{
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    ck_ok(import("csv", roles, HEADER OLD, false, false));
    read_fingerprint(before);
    ck_fails(append(schema, csv), status, part);
    read_fingerprint(after);
    ck_assert_str_eq(after, before);
}

START_TEST(test_contradictions_are_refused_and_the_row_is_named)
{
    check_refused(roles, HEADER "b,2020-01-05,5,,,,,,\nb,2020-01-01,2,,,,,,\n", MQ_DATA,
                  "t.csv:3: item 'b' has another target on 2020-01-01 than the panel, which has 1");
    check_refused(roles, HEADER "b,2020-01-01,1,,6,,,,\n", MQ_DATA, "another price on 2020-01-01");
    check_refused(roles, HEADER "b,2020-01-01,1,,,8,,,\n", MQ_DATA, "another views on 2020-01-01");
    check_refused(roles, HEADER "b,2020-01-01,1,0,,,,,\n", MQ_DATA, "another availability");
    check_refused(roles, HEADER "b,2020-01-01,1,,,,,,1\n", MQ_DATA, "another holiday");
    check_refused(roles, HEADER "b,2020-01-05,1,,,,toy,,\n", MQ_DATA,
                  "item 'b' has 'toy' here and had 'food' before");
    check_refused(roles, HEADER "b,2020-01-05,1,,,,,3,\n", MQ_DATA, "column 'size' is static");
}
END_TEST

START_TEST(test_rows_win_where_they_are_told_to)
{
    const char *old = "item_id,ds,y,p,kind\na,2020-01-01,1,5,x\na,2020-01-02,2,6,x\n";
    const char *new = "item_id,ds,y,p,kind\na,2020-01-01,7,8,z\na,2020-01-02,,,\n";
    const char *schema = "{known: [p], static: [kind]}";
    ck_ok(import("csv", schema, old, false, false));
    ck_ok(import("csv", schema, new, true, true));
    check_panel("daily 2020-01-01 2+0: a 0 y 7 2 p 8 6 kind 2; ");
}
END_TEST

START_TEST(test_plans_may_change_and_hold_until_the_next)
{
    const char *schema = "known: [p]";
    ck_ok(import("csv", schema,
                 "item_id,ds,y,p\na,2020-01-01,1,5\na,2020-01-02,2,5\na,2020-01-05,,9\n", false,
                 false));
    check_panel("daily 2020-01-01 2+3: a 0 y 1 2 p 5 5 5 5 9; ");
    ck_ok(append(schema, "item_id,ds,y,p\na,2020-01-03,3,7\n"));
    check_panel("daily 2020-01-01 3+2: a 0 y 1 2 3 p 5 5 7 7 9; ");
}
END_TEST

START_TEST(test_a_panel_of_another_kind_is_refused)
{
    check_refused(NULL, "item_id,ds,y\na,2020-01-05,1\n", MQ_USAGE,
                  "its covariates are known price, calendar holiday, past views, ");
    check_refused("{static: [kind], static_real: [size], calendar: [holiday], past: [views], "
                  "known: [price]}",
                  HEADER NEW, MQ_USAGE, "availability is stored, but the schema names no column");
    char schema[512];
    (void)snprintf(schema, sizeof schema, "%sfrequency: weekly\n", roles);
    check_refused(schema, HEADER NEW, MQ_USAGE, "is daily, but the schema says frequency: weekly");
    check_refused(roles, HEADER "a,2020-01-05 08:00,1,,,,,,\na,2020-01-05 09:00,1,,,,,,\n", MQ_DATA,
                  "again");
}
END_TEST

START_TEST(test_wide_columns_follow_too)
{
    ck_ok(import("wide", "static: [k]", "id,k,2020-01-01,2020-01-02\na,x,1,2\nb,y,,4\n", false,
                 false));
    ck_ok(import("wide", "static: [k]", "id,k,2020-01-03,2020-01-04\nb,,5,\nc,x,,\nd,z,6,7\n", true,
                 false));
    check_panel("daily 2020-01-01 4+0: a 0 y 1 2 k 1; b 1 y 4 5 k 2; c 4 y k 1; d 2 y 6 7 k 3; ");
}
END_TEST

START_TEST(test_what_a_calendar_file_gave_stays_or_is_given_again)
{
    struct mq_schema schema = mq_schema_default();
    struct mq_calendar_file calendar = {0};
    const char *output = test_path("t.h5");
    const struct mq_import_format *csv = mq_import_find("csv");
    ck_ok(mq_calendar_file_read(&calendar, file_of("c.csv", "date,h\n2020-01-02,x\n"
                                                            "2020-01-05,\n")));
    schema.calendar_file = &calendar;
    const char *source = file_of("t.csv", "item_id,ds,y\na,2020-01-01,1\na,2020-01-02,2\n");
    ck_ok(csv->run(&schema, &source, 1, output));
    schema.append_to = output;
    source = file_of("u.csv", "item_id,ds,y\na,2020-01-03,3\n");
    ck_ok(csv->run(&schema, &source, 1, output));
    check_panel("daily 2020-01-01 3+0 h_x - 1 0: a 0 y 1 2 3; ");
    schema.calendar_file = NULL;
    source = file_of("v.csv", "item_id,ds,y\na,2020-01-07,4\n");
    ck_ok(csv->run(&schema, &source, 1, output));
    check_panel("daily 2020-01-01 7+0 h_x - 1 0 0 0 - -: a 0 y 1 2 3 - - - 4; ");
    mq_calendar_file_release(&calendar);
}
END_TEST

START_TEST(test_every_failed_allocation_leaves_the_panel_that_was_there)
{
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    mq_status status = MQ_FAILED;
    ck_ok(import("csv", roles, HEADER OLD, false, false));
    read_fingerprint(before);
    struct mq_schema schema;
    ck_ok(mq_schema_read(&schema, file_of("s.yaml", roles)));
    char path[MQ_PATH_MAX]; // test_path's storage comes round again
    char output[MQ_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", file_of("t.csv", HEADER NEW));
    (void)snprintf(output, sizeof output, "%s", test_path("t.h5"));
    const char *source = path;
    schema.append_to = output;
    const size_t live = mq_alloc_live_bytes();
    for (uint64_t n = 1; status == MQ_FAILED; n++) {
        ck_assert_uint_lt(n, 2000);
        mq_alloc_fail_at(n);
        status = mq_import_find("csv")->run(&schema, &source, 1, output);
        mq_alloc_fail_at(0);
        ck_assert_uint_eq(mq_alloc_live_bytes(), live);
        if (status != MQ_FAILED) break;
        read_fingerprint(after);
        ck_assert_str_eq(after, before);
    }
    ck_ok(status);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("append");
    tcase_add_test(tc, test_appending_is_importing_all_at_once);
    tcase_add_test(tc, test_one_day_follows_another);
    tcase_add_test(tc, test_earlier_days_move_the_epoch);
    tcase_add_test(tc, test_contradictions_are_refused_and_the_row_is_named);
    tcase_add_test(tc, test_rows_win_where_they_are_told_to);
    tcase_add_test(tc, test_plans_may_change_and_hold_until_the_next);
    tcase_add_test(tc, test_a_panel_of_another_kind_is_refused);
    tcase_add_test(tc, test_wide_columns_follow_too);
    tcase_add_test(tc, test_what_a_calendar_file_gave_stays_or_is_given_again);
    tcase_add_test(tc, test_every_failed_allocation_leaves_the_panel_that_was_there);
    return run_tests("data/append", tc);
}
