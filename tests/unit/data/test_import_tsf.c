// Monash .tsf files: header, attributes, values, what is refused.
#include "support/panel_text.h"

static const char *head = "# 1999\xd0 2001, a Latin-1 dash\n@relation Some\n@attribute series_name "
                          "string\n@frequency daily\n@horizon 2\n@missing true\n@equallength "
                          "false\n@data\n";

static mq_status import(const char *schema, const char *tsf)
{
    const char *const sources[] = {file_of("t.tsf", tsf)};
    return import_files("tsf", schema, sources, 1);
}

static void check_fails(const char *before, const char *after, const char *part)
{
    struct mq_str text = {0};
    ck_ok(mq_str_printf(&text, "%s%s", before, after));
    const char *const sources[] = {file_of("t.tsf", text.data)};
    mq_str_release(&text);
    check_import_fails("tsf", NULL, sources, 1, MQ_DATA, part);
}

START_TEST(test_undated_series_end_together)
{
    struct mq_str text = {0};
    ck_ok(mq_str_printf(&text, "%sT1:1,2,3,4\r\n\n# none\r\nT2:5,?,6\nT3:?,7,?\nT4:?\n", head));
    ck_ok(import(NULL, text.data));
    check_panel("daily 2000-01-01 4+0: T1 0 y 1 2 3 4; T2 1 y 5 - 6; T3 2 y 7; T4 4 y; ");
    ck_ok(import("{missing: zero, extend: true, epoch: 2013-01-01}", text.data));
    check_panel("daily 2013-01-01 4+0: T1 0 y 1 2 3 4; T2 1 y 5 0 6; T3 2 y 7 0; T4 4 y; ");
    mq_str_release(&text);
}
END_TEST

START_TEST(test_dated_series_start_on_their_dates)
{
    ck_ok(import(NULL, "@attribute start_timestamp date\n@attribute series_name string\n"
                       "@frequency half_hourly\n@data\n2020-01-01 00-30-00:a:1,2\n"
                       "2020-01-01 00-00-00:b:3,4\n"));
    check_panel("30min 2020-01-01 00:00:00 3+0: a 1 y 1 2; b 0 y 3 4; ");
    ck_ok(import(NULL, "@attribute start_timestamp date\n@frequency monthly\n@data\n"
                       "1979-01-01 00-00-00:1\n1979-03-01 00-00-00:2\n"));
    check_panel("monthly 1979-01-01 3+0: 1 0 y 1; 2 2 y 2; ");
}
END_TEST

START_TEST(test_other_attributes_are_static)
{
    ck_ok(import(NULL, "@attribute state string\n@attribute series_name string\n"
                       "@attribute size numeric\n@frequency yearly\n@data\nNSW:a:2.5:1\nVIC:b:?:2\n"
                       "NSW:c:3:4\n"));
    check_panel("yearly 2000-01-01 1+0: a 0 y 1 size 2.5 state 1; b 0 y 2 size - state 2; "
                "c 0 y 4 size 3 state 1; ");
}
END_TEST

START_TEST(test_the_schema_s_frequency_comes_first)
{
    ck_ok(import("frequency: weekly", "@attribute series_name string\n@data\na:1,2\n"));
    check_panel("weekly 2000-01-03 2+0: a 0 y 1 2; ");
}
END_TEST

START_TEST(test_bad_lines_are_named)
{
    check_fails(head, "T1:1,x\n", "t.tsf:9: not a number: 'x'");
    check_fails(head, "T1:1,,2\n", "t.tsf:9: not a number: ''");
    check_fails(head, "T1:1,1e39\n", "t.tsf:9: too large, beyond 1e15: '1e39'");
    check_fails(head, "T1:1\n1,2\n", "t.tsf:10: fewer fields than attributes: '1,2'");
    check_fails(head, "T1:1\nT1:2\n", "t.tsf:10: item 'T1' has a row already");
    check_fails(head, ":1\n", "t.tsf:9: the item has no id");
    check_fails(head, "", "t.tsf: no items");
    check_fails(head, "T1:?,?\nT2:\n", "t.tsf: no item has a value");
    check_fails("@attribute start_timestamp date\n@frequency daily\n", "@data\n2020-13-01:1\n",
                "t.tsf:4: not a date: '2020-13-01'");
    check_fails("@frequency 4_seconds\n", "@data\n1\n", "unknown frequency '4_seconds'");
    check_fails("@frequency daily\n", "@dat\n", "t.tsf:2: unknown tag '@dat'");
    check_fails("@frequency daily\n", "1,2\n", "t.tsf:2: data before @data: '1,2'");
    check_fails("@attribute x real\n", "", "attributes are string, numeric or date, not 'real'");
    check_fails("@attribute x\n", "", "t.tsf:1: no name and type in attribute 'x'");
    check_fails("@frequency daily\n", "", "t.tsf: there is no @data");
}
END_TEST

START_TEST(test_starts_centuries_apart_are_refused)
{
    check_fails("@attribute start_timestamp date\n@frequency hourly\n",
                "@data\n1900-01-01:1\n9999-12-31:2\n", "a date is wrong");
}
END_TEST

START_TEST(test_an_attribute_is_named_in_printable_text)
{
    check_fails("@attribute a\x02"
                "b string\n@frequency daily\n",
                "@data\nx:1\n", "cannot name a covariate");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import_tsf");
    tcase_add_test(tc, test_undated_series_end_together);
    tcase_add_test(tc, test_dated_series_start_on_their_dates);
    tcase_add_test(tc, test_other_attributes_are_static);
    tcase_add_test(tc, test_the_schema_s_frequency_comes_first);
    tcase_add_test(tc, test_bad_lines_are_named);
    tcase_add_test(tc, test_starts_centuries_apart_are_refused);
    tcase_add_test(tc, test_an_attribute_is_named_in_printable_text);
    return run_tests("data/import_tsf", tc);
}
