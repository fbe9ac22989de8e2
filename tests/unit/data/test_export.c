// Panel to CSV and back: what is written, and that it means the same panel.
#include "mq/data/export.h"

#include "support/panel_text.h"

static mq_status export(const char *output)
{
    struct mq_panel *panel = NULL;
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    const mq_status status = mq_panel_export(panel, output);
    mq_panel_close(panel);
    return status;
}

static void check_file(const char *name, const char *expected)
{
    struct mq_str text = {0};
    ck_ok(mq_file_read(test_path(name), &text));
    ck_assert_str_eq(text.data, expected);
    mq_str_release(&text);
}

static void read_fingerprint(char hex[MQ_SHA256_HEX])
{
    struct mq_panel *panel = NULL;
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    memcpy(hex, mq_panel_info(panel)->fingerprint, MQ_SHA256_HEX);
    mq_panel_close(panel);
}

// t.h5, exported and imported again, has the fingerprint it had.
static void check_round_trip(void)
{
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    struct mq_schema schema;
    const char *const sources[] = {test_path("out.csv")};
    read_fingerprint(before);
    ck_ok(export(sources[0]));
    ck_ok(mq_schema_read(&schema, test_path("out.yaml")));
    ck_ok(mq_import_find("csv")->run(&schema, sources, 1, test_path("t.h5")));
    read_fingerprint(after);
    ck_assert_str_eq(after, before);
}

static void import_csv(const char *schema, const char *csv)
{
    const char *const sources[] = {file_of("t.csv", csv)};
    ck_ok(import_files("csv", schema, sources, 1));
}

START_TEST(test_a_panel_is_its_rows)
{
    import_csv("{known: [price], static: [kind], calendar: [\"a, b\"]}",
               "item_id,timestamp,target,price,kind,\"a, b\"\nx,2020-01-01,1,5,toy,0\n"
               "x,2020-01-02,,,,1\nx,2020-01-03,0.1,6,,0\nx,2020-01-04,,,,1\n"
               "\"y,1\",2020-01-03,2,,,0\nz,2020-01-03,,7,,0\n");
    ck_ok(export(test_path("out.csv")));
    check_file("out.csv",
               "item_id,timestamp,target,price,\"a, b\",kind\n"
               "x,2020-01-01,1,5,0,toy\nx,2020-01-02,,5,1,toy\nx,2020-01-03,0.1,6,0,toy\n"
               "x,2020-01-04,,6,1,toy\n\"y,1\",2020-01-03,2,,0,\n\"y,1\",2020-01-04,,,1,\n"
               "z,2020-01-04,,7,1,\n");
    check_file("out.yaml", "id: item_id\ntimestamp: timestamp\ntarget: target\nfrequency: daily\n"
                           "extend: true\nahead: 1\nknown: [price]\ncalendar: [\"a, b\"]\n"
                           "static: [kind]\n");
    check_round_trip();
}
END_TEST

START_TEST(test_every_role_comes_back)
{
    import_csv("{available: stock, known: [price], past: [views], static_real: [size]}",
               "item_id,timestamp,target,stock,price,views,size\nx,2020-01-01 00:30,1,1,5,3,0.3\n"
               "x,2020-01-01 01:00,2,0,5,,\nx,2020-01-01 02:00,3,,6,9,\n"
               "y,2020-01-01 00:30,7,1,,,\n");
    check_round_trip();
    import_csv("{extend: true, missing: zero}",
               "unique_id,ds,y\na,2020-01-31,1\nb,2020-03-31,1\nb,2020-05-31,1\n");
    check_round_trip();
}
END_TEST

START_TEST(test_covariates_push_usual_names_aside)
{
    const char *const sources[] = {
        file_of("calendar.csv", "date,wm_yr_wk,d,event_type_1,event_type_2\n2011-01-29,1,d_1,,\n"
                                "2011-01-30,1,d_2,,\n"),
        file_of("sales.csv", "id,item_id,d_1,d_2\na,A,1,2\nb,B,,1\n")};
    ck_ok(import_files("m5", NULL, sources, 2));
    ck_ok(export(test_path("out.csv")));
    check_file("out.csv", "item_id_,timestamp,target,item_id\na,2011-01-29,1,A\na,2011-01-30,2,A\n"
                          "b,2011-01-30,1,B\n");
    check_round_trip();
}
END_TEST

START_TEST(test_two_covariates_of_one_name_are_refused)
{
    struct mq_panel_writer *writer = NULL;
    const struct mq_panel_info info = {
        .calendar = {MQ_DAY, 1, 0},
        .n_covariates = 2,
        .covariates = {{"x", MQ_ROLE_PAST, 0}, {"x", MQ_ROLE_STATIC_REAL, 0}},
    };
    const float one[] = {1, 1};
    const float *past[] = {one, NULL};
    const float *known[] = {NULL, NULL};
    ck_ok(mq_panel_create(&writer, test_path("t.h5"), &info));
    ck_ok(mq_panel_append(
        writer,
        &(struct mq_series){
            .id = "a", .length = 1, .target = one, .past = past, .known = known, .statics = one}));
    ck_ok(mq_panel_publish(writer));
    ck_fails(export(test_path("two.csv")), MQ_DATA, "two covariates are called 'x'");
    ck_assert(!mq_path_exists(test_path("two.csv")));
    ck_assert(!mq_path_exists(test_path("two.yaml")));
}
END_TEST

START_TEST(test_no_rows_go_past_the_end_where_nothing_is_known_of_them)
{
    const struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 1577836800}, .ahead = 1000000};
    const float target[] = {1, 2};
    const struct mq_series series = {.id = "x", .length = 2, .target = target};
    struct mq_panel_writer *writer = NULL;
    ck_ok(mq_panel_create(&writer, test_path("t.h5"), &info));
    ck_ok(mq_panel_append(writer, &series));
    ck_ok(mq_panel_publish(writer));
    ck_ok(export(test_path("out.csv")));
    check_file("out.csv", "item_id,timestamp,target\nx,2020-01-01,1\nx,2020-01-02,2\n");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("export");
    tcase_add_test(tc, test_a_panel_is_its_rows);
    tcase_add_test(tc, test_every_role_comes_back);
    tcase_add_test(tc, test_covariates_push_usual_names_aside);
    tcase_add_test(tc, test_two_covariates_of_one_name_are_refused);
    tcase_add_test(tc, test_no_rows_go_past_the_end_where_nothing_is_known_of_them);
    return run_tests("data/export", tc);
}
