// The M4 competition's files: rows that belong together, where they stand in time, what is refused.
#include "support/panel_text.h"

static const char *train =
    "\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"1\",\"2\",\"3\"\n\"H2\",\"9\",,\n";
static const char *test = "\"V1\",\"V2\"\n\"H2\",\"10\"\n\"H1\",\"4\"\n";

static void check_fails(const char *name, const char *train_text, const char *test_text,
                        mq_status status, const char *part)
{
    const char *const sources[] = {file_of(name, train_text), file_of("test.csv", test_text)};
    check_import_fails("m4", NULL, sources, test_text[0] != '\0' ? 2 : 1, status, part);
}

START_TEST(test_all_series_end_together)
{
    const char *const sources[] = {file_of("Hourly-train.csv", train)};
    ck_ok(import_files("m4", NULL, sources, 1));
    check_panel("hourly 2000-01-01 00:00:00 3+0: H1 0 y 1 2 3; H2 2 y 9; ");
    ck_ok(import_files("m4", "{frequency: weekly, epoch: 2015-06-01}", sources, 1));
    check_panel("weekly 2015-06-01 3+0: H1 0 y 1 2 3; H2 2 y 9; ");
}
END_TEST

START_TEST(test_test_values_follow_those_of_their_item)
{
    const char *const sources[] = {file_of("Weekly-train.csv", train), file_of("test.csv", test)};
    ck_ok(import_files("m4", NULL, sources, 2));
    check_panel("weekly 2000-01-03 4+0: H1 0 y 1 2 3 4; H2 2 y 9 10; ");
}
END_TEST

START_TEST(test_a_table_of_items_gives_start_and_category)
{
    const char *const quarterly[] = {
        file_of("M3-Quarterly-train.csv", train),
        file_of("info.csv", "id,type,start\nH2,MICRO,\"1975:3\"\nH1,MACRO,\"1975:1\"\nX,,1:1\n")};
    ck_ok(import_files("m4", NULL, quarterly, 2));
    check_panel("quarterly 1975-01-01 3+0: H1 0 y 1 2 3 category 1; H2 2 y 9 category 2; ");
    const char *const hourly[] = {file_of("info.csv",
                                          "M4id,category,StartingDate\nH1,Other,01-07-15 12:00\n"
                                          "H2,Other,01-07-15 13:00\n"),
                                  file_of("Hourly-train.csv", train), file_of("test.csv", test)};
    ck_ok(import_files("m4", NULL, hourly, 3));
    check_panel("hourly 2015-07-01 12:00:00 4+0: H1 0 y 1 2 3 4 category 1; "
                "H2 1 y 9 10 category 1; ");
}
END_TEST

START_TEST(test_empty_fields_inside_are_missing)
{
    const char *const sources[] = {file_of("daily.csv", "V1,V2,V3,V4,V5\na,,1,,2\nb,,,,\n")};
    ck_ok(import_files("m4", NULL, sources, 1));
    check_panel("daily 2000-01-01 4+0: a 1 y 1 - 2; b 4 y; ");
}
END_TEST

START_TEST(test_bad_rows_and_files_are_named)
{
    const char *yearly = "Yearly-train.csv";
    check_fails("train.csv", train, "", MQ_USAGE, "train.csv: the frequency is not known");
    check_fails(yearly, "V1,V2\na,1\na,2\n", "", MQ_DATA, "train.csv:3: item 'a' has a row");
    check_fails(yearly, "V1,V2,V3\na,1,x\n", "", MQ_DATA, "train.csv:2: column 'V3': 'x'");
    check_fails(yearly, "V1,V2\n,1\n", "", MQ_DATA, "train.csv:2: the item has no id");
    check_fails(yearly, "V1,V2\na,\n", "", MQ_DATA, "train.csv: no item has a value");
    check_fails(yearly, "V1,V2\n", "", MQ_DATA, "train.csv: no items");
    check_fails(yearly, "", "", MQ_DATA, "train.csv: the file is empty");
    check_fails(yearly, "sku,V2\na,1\n", "", MQ_DATA, "its header is not V1");
    check_fails(yearly, "V1,V2\na,1\nb,1\n", "V1,V2\na,1\n", MQ_DATA,
                "train.csv:3: item 'b' has no row in");
    check_fails(yearly, "V1,V2\na,1\n", "V1,V2\na,1\nb,1\n", MQ_DATA, "item 'b' has no row in");
    check_fails(yearly, "V1,V2\na,1\n", "id,start\na,soon\n", MQ_DATA,
                "test.csv:2: 'soon' is not a date");
    check_fails(yearly, "V1,V2\na,1\n", "id,start\nb,1999\n", MQ_DATA, "test.csv:2: '1999' is");
    check_fails(yearly, "V1,V2\na,1\n", "id,size\na,1\n", MQ_DATA, "nor a table of items");
    check_fails(yearly, "V1,V2\na,1\n", "id,start\nb,1999:1\n", MQ_DATA,
                "train.csv:2: item 'a' has no row in");
}
END_TEST

START_TEST(test_the_schema_may_not_name_columns)
{
    const char *const sources[] = {file_of("Hourly-train.csv", train)};
    check_import_fails("m4", "id: V1", sources, 1, MQ_USAGE,
                       "the schema names column 'V1', but m4");
    check_import_fails("m4", "known: [V1]", sources, 1, MQ_USAGE, "the schema names column 'V1'");
}
END_TEST

START_TEST(test_every_failed_allocation_is_a_clean_error)
{
    struct mq_schema schema = mq_schema_default();
    const char *const sources[] = {
        file_of("Hourly-train.csv", train), file_of("test.csv", test),
        file_of("info.csv", "id,type,start\nH1,A,2020-01-01\nH2,B,2020-01-01\n")};
    const char *output = test_path("t.h5");
    const size_t live = mq_alloc_live_bytes();
    mq_status status = MQ_FAILED;
    for (uint64_t n = 1; status == MQ_FAILED; n++) {
        ck_assert_uint_lt(n, 1000);
        mq_alloc_fail_at(n);
        status = mq_import_find("m4")->run(&schema, sources, 3, output);
        mq_alloc_fail_at(0);
        ck_assert_uint_eq(mq_alloc_live_bytes(), live);
    }
    ck_assert_int_eq(status, MQ_OK);
}
END_TEST

START_TEST(test_rows_without_any_value_are_no_panel)
{
    check_fails("Daily-train.csv", "V1,V2\nD1,\nD2\n", "", MQ_DATA, "no item has a value");
    check_fails("Daily-train.csv", "V1,V2\nD1,\n", "V1,V2\nD1,\n", MQ_DATA, "no item has a value");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import_m4");
    tcase_add_test(tc, test_all_series_end_together);
    tcase_add_test(tc, test_test_values_follow_those_of_their_item);
    tcase_add_test(tc, test_a_table_of_items_gives_start_and_category);
    tcase_add_test(tc, test_empty_fields_inside_are_missing);
    tcase_add_test(tc, test_bad_rows_and_files_are_named);
    tcase_add_test(tc, test_the_schema_may_not_name_columns);
    tcase_add_test(tc, test_every_failed_allocation_is_a_clean_error);
    tcase_add_test(tc, test_rows_without_any_value_are_no_panel);
    return run_tests("data/import_m4", tc);
}
