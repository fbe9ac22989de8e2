// JSON lines of GluonTS and DeepAR: values, features, what is refused.
#include <zlib.h>

#include "support/panel_text.h"

static mq_status import(const char *schema, const char *json)
{
    const char *const sources[] = {file_of("t.jsonl", json)};
    return import_files("jsonl", schema, sources, 1);
}

static void check_fails(const char *json, mq_status status, const char *part)
{
    const char *const sources[] = {file_of("t.jsonl", json)};
    check_import_fails("jsonl", NULL, sources, 1, status, part);
}

START_TEST(test_targets_start_on_their_dates)
{
    ck_ok(
        import("frequency: daily",
               "{\"item_id\": \"a\", \"start\": \"2020-01-02 00:00:00\", \"target\": [1, 2.5]}\n\n"
               "{\"item_id\": 7, \"start\": \"2020-01-01\", \"target\": [3, null, 4]}\r\n"
               "{\"start\": \"2020-01-01\", \"target\": [\"NaN\", 5, NaN, 6, NaN]}\n"));
    check_panel("daily 2020-01-01 4+0: a 1 y 1 2.5; 7 0 y 3 - 4; 3 1 y 5 - 6; ");
}
END_TEST

START_TEST(test_nan_inside_a_text_stays)
{
    ck_ok(import("frequency: daily", "{\"item_id\": \"a\\\"NaN\", \"target\": [NaN,1,NaN,2]}"));
    check_panel("daily 2000-01-01 4+0: a\"NaN 1 y 1 - 2; ");
}
END_TEST

START_TEST(test_features_take_their_roles)
{
    ck_ok(import(NULL, "{\"freq\": \"H\", \"start\": \"2020-01-01 05:00\", \"target\": [1, 2], "
                       "\"cat\": [4, 0], \"dynamic_feat\": [[5, 6, 7], [8, null, 9]], "
                       "\"past_feat_dynamic_real\": [[3, 4]], \"feat_static_real\": [0.5]}\n"
                       "{\"start\": \"2020-01-01 05:00\", \"target\": [3, 4], "
                       "\"feat_static_cat\": [5, \"0\"], \"feat_dynamic_real\": [[1, 2], [3, 4]], "
                       "\"past_feat_dynamic_real\": [[null, 1]], \"feat_static_real\": [null]}\n"));
    check_panel("hourly 2020-01-01 05:00:00 2+1: 1 0 y 1 2 feat_dynamic_real_0 5 6 7 "
                "feat_dynamic_real_1 8 8 9 past_feat_dynamic_real_0 3 4 feat_static_real_0 0.5 "
                "feat_static_cat_0 1 feat_static_cat_1 1; 2 0 y 3 4 feat_dynamic_real_0 1 2 2 "
                "feat_dynamic_real_1 3 4 4 past_feat_dynamic_real_0 - 1 feat_static_real_0 - "
                "feat_static_cat_0 2 feat_static_cat_1 1; ");
}
END_TEST

START_TEST(test_features_follow_the_observed_span)
{
    ck_ok(import("{frequency: daily}",
                 "{\"start\": \"2020-01-01\", \"target\": [null, 1, null, null], "
                 "\"dynamic_feat\": [[1, 2, 3, 4]], \"past_dynamic_feat\": [[5, 6, 7, 8]]}\n"
                 "{\"start\": \"2020-01-01\", \"target\": [null, null, null, null], "
                 "\"dynamic_feat\": [[1, 2, 3, 4]], \"past_dynamic_feat\": [[5, 6, 7, 8]]}"));
    check_panel("daily 2020-01-01 2+2: 1 1 y 1 feat_dynamic_real_0 2 3 4 "
                "past_feat_dynamic_real_0 6; 2 2 y feat_dynamic_real_0 3 4 "
                "past_feat_dynamic_real_0; ");
}
END_TEST

START_TEST(test_extended_series_hold_what_is_known)
{
    ck_ok(import("{frequency: daily, extend: true, missing: zero, ahead: 2}",
                 "{\"item_id\": \"a\", \"start\": \"2020-01-01\", \"target\": [1, 2, 3], "
                 "\"dynamic_feat\": [[1, 2, 3, 4]]}\n{\"item_id\": \"b\", \"start\": "
                 "\"2020-01-01\", \"target\": [null, 5], \"dynamic_feat\": [[6, 7, 8, 9]]}"));
    check_panel("daily 2020-01-01 3+2: a 0 y 1 2 3 feat_dynamic_real_0 1 2 3 4 4; "
                "b 1 y 5 0 feat_dynamic_real_0 7 8 9 9; ");
}
END_TEST

START_TEST(test_compressed_files_are_read)
{
    const char *path = test_path("t.jsonl.gz");
    gzFile file = gzopen(path, "wb");
    ck_assert_int_gt(gzputs(file, "{\"freq\": \"D\", \"target\": [1, 2]}\n"), 0);
    ck_assert_int_eq(gzclose(file), Z_OK);
    ck_ok(import_files("jsonl", NULL, &path, 1));
    check_panel("daily 2000-01-01 2+0: 1 0 y 1 2; ");
}
END_TEST

START_TEST(test_bad_lines_are_named)
{
    static const struct {
        const char *line; // the second
        const char *part;
    } cases[] = {
        {"{\"target\": [1]", "t.jsonl:2: "},
        {"[1]", "t.jsonl:2: not a JSON object"},
        {"{}", "t.jsonl:2: 'target' is not a list of numbers"},
        {"{\"target\": 3}", "t.jsonl:2: 'target' is not a list of numbers"},
        {"{\"target\": [[1]]}", "t.jsonl:2: 'target' holds something that is not a number"},
        {"{\"target\": [\"x\"]}", "t.jsonl:2: 'target' holds something that is not a number"},
        {"{\"target\": [1e300]}", "t.jsonl:2: 'target' holds a number that is too large"},
        {"{\"target\": [1], \"start\": \"soon\"}", "t.jsonl:2: 'start' is not a date"},
        {"{\"item_id\": \"\", \"target\": [1]}", "t.jsonl:2: the item has no id"},
        {"{\"item_id\": 1, \"target\": [1]}", "t.jsonl:2: item '1' has a row already"},
        {"{\"target\": [1], \"dynamic_feat\": [[1]]}",
         "t.jsonl:2: 'feat_dynamic_real' has 1 elements, that of the first item 2"},
        {"{\"target\": [1, 2], \"dynamic_feat\": [[1], [2]]}", "is shorter than the target"},
        {"{\"target\": [1], \"dynamic_feat\": [[1], [2, 3]]}", "has lists of different lengths"},
        {"{\"target\": [1], \"dynamic_feat\": [[1], [2]], \"cat\": [1.5]}",
         "'feat_static_cat' holds something that is not a category"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mq_str text = {0};
        ck_ok(
            mq_str_printf(&text, "%s\n%s\n",
                          "{\"freq\": \"D\", \"target\": [1], \"dynamic_feat\": [[1, 2], [3, 4]], "
                          "\"cat\": [1]}",
                          cases[i].line));
        check_fails(text.data, MQ_DATA, cases[i].part);
        mq_str_release(&text);
    }
    check_fails("{\"target\": [1]}", MQ_USAGE, "t.jsonl: the frequency is not known");
    check_fails("{\"freq\": \"W-SUN\", \"target\": [1]}", MQ_DATA, "unknown frequency 'W-SUN'");
    check_fails("{\"freq\": \"D\", \"target\": [1], \"past_feat_dynamic_real\": [[1, 2]]}", MQ_DATA,
                "t.jsonl:1: 'past_feat_dynamic_real' is not as long as the target");
    check_fails("\n", MQ_DATA, "t.jsonl: no items");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import_jsonl");
    tcase_add_test(tc, test_targets_start_on_their_dates);
    tcase_add_test(tc, test_nan_inside_a_text_stays);
    tcase_add_test(tc, test_features_take_their_roles);
    tcase_add_test(tc, test_features_follow_the_observed_span);
    tcase_add_test(tc, test_extended_series_hold_what_is_known);
    tcase_add_test(tc, test_compressed_files_are_read);
    tcase_add_test(tc, test_bad_lines_are_named);
    return run_tests("data/import_jsonl", tc);
}
