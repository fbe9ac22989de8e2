// YAML to flat entries: lines, lists, quoting, and a refusal for everything else.
#include "support/harness.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/config/yaml.h"

static mq_status parse(struct mq_yaml *yaml, const char *text)
{
    return mq_yaml_parse(yaml, "a.yaml", text, strlen(text));
}

static void check_refused(const char *text, const char *message)
{
    struct mq_yaml yaml;
    ck_fails(parse(&yaml, text), MQ_USAGE, message);
    mq_yaml_release(&yaml);
}

START_TEST(test_entries_keep_section_key_value_and_line)
{
    struct mq_yaml yaml;
    ck_ok(parse(&yaml,
                "version: 1\nrun:\n  name: 'a b'\n  tags: [x, 'y, z']\n\ndata: {panel: p.h5}\n"));
    ck_assert_int_eq(yaml.n, 4);
    ck_assert_str_eq(yaml.entries[0].section, "");
    ck_assert_str_eq(yaml.entries[1].value, "a b");
    ck_assert_int_eq(yaml.entries[1].line, 3);
    ck_assert_str_eq(yaml.entries[2].value, "[x, \"y, z\"]");
    ck_assert(yaml.entries[2].is_list);
    ck_assert_str_eq(yaml.entries[3].section, "data");
    ck_assert_int_eq(yaml.entries[3].line, 6);
    mq_yaml_release(&yaml);
}
END_TEST

START_TEST(test_a_quoted_bracket_is_text_not_a_list)
{
    struct mq_yaml yaml;
    ck_ok(parse(&yaml, "a: '[x]'\nb: [x]\n"));
    ck_assert_str_eq(yaml.entries[0].value, yaml.entries[1].value);
    ck_assert(!yaml.entries[0].is_list);
    ck_assert(yaml.entries[1].is_list);
    mq_yaml_release(&yaml);
}
END_TEST

START_TEST(test_a_list_may_hold_flat_mappings)
{
    struct mq_yaml yaml;
    struct mq_yaml_pair *pairs = NULL;
    int64_t n = 0;
    int64_t mappings = 0;
    ck_ok(parse(&yaml, "a:\n  b:\n    - {x: 1, 'y z': \"2, 3\"}\n    - {}\n    - w: 4\n"));
    ck_assert_str_eq(yaml.entries[0].value, "[{x: 1, \"y z\": \"2, 3\"}, {}, {w: 4}]");
    ck_ok(mq_yaml_pairs(yaml.entries[0].value, &pairs, &n, &mappings));
    ck_assert(n == 3 && mappings == 3);
    ck_assert(pairs[0].mapping == 0 && pairs[1].mapping == 0 && pairs[2].mapping == 2);
    ck_assert_str_eq(pairs[1].key, "y z");
    ck_assert_str_eq(pairs[1].value, "2, 3");
    ck_assert_str_eq(pairs[2].value, "4");
    mq_free(pairs);
    mq_yaml_release(&yaml);
    static const char *const others[] = {"",           "{x: 1}",     "[1]",
                                         "[{x: [1]}]", "[{x: 1}] y", "[{x: 1}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_int_eq(mq_yaml_pairs(others[i], &pairs, &n, &mappings), MQ_USAGE);
}
END_TEST

START_TEST(test_an_empty_section_is_an_entry_without_key)
{
    struct mq_yaml yaml;
    ck_ok(parse(&yaml, "a: 1\nrun: {}\n"));
    ck_assert_int_eq(yaml.n, 2);
    ck_assert_str_eq(yaml.entries[1].section, "run");
    ck_assert_str_eq(yaml.entries[1].key, "");
    ck_assert_int_eq(yaml.entries[1].line, 2);
    mq_yaml_release(&yaml);
}
END_TEST

START_TEST(test_duplicates_name_both_lines)
{
    check_refused("run:\n  a: 1\n  b: 2\n  a: 3\n",
                  "a.yaml:4: run.a is given twice, first at line 2");
    check_refused("run:\n  a: 1\nrun:\n  b: 1\n", "a.yaml:3: run is given twice, first at line 2");
    check_refused("run: {}\nrun: {}\n", "a.yaml:2: run is given twice, first at line 1");
    check_refused("v: 1\nv: 1\n", "a.yaml:2: v is given twice, first at line 1");
}
END_TEST

START_TEST(test_depth_beyond_lists_of_a_section_is_refused)
{
    check_refused("run:\n  name: {a: 1}\n", "a.yaml:2: nested too deep");
    check_refused("run:\n  name: [[1]]\n", "a.yaml:2: nested too deep");
    check_refused("run:\n  name: [{a: [1]}]\n", "a.yaml:2: nested too deep");
    check_refused("run:\n  name: [{a: {b: 1}}]\n", "a.yaml:2: nested too deep");
    check_refused("run:\n  name: [{[a]: 1}]\n", "a.yaml:2: nested too deep");
}
END_TEST

START_TEST(test_a_document_must_be_one_mapping)
{
    check_refused("", "a.yaml:1: the file is empty");
    check_refused("# only words\n\n", "a.yaml:1: the file is empty");
    check_refused("- a\n- b\n", "a.yaml:1: expected lines of the form");
    check_refused("words\n", "a.yaml:1: expected lines of the form");
    check_refused("a: 1\n---\nb: 1\n", "a.yaml:2: a second document");
}
END_TEST

START_TEST(test_syntax_errors_name_the_line)
{
    check_refused("a: 1\nb: [1, 2\nc: 3\n", "a.yaml:3: not valid YAML");
    check_refused("a: 1\nb: 'open\n", "a.yaml:3: not valid YAML");
    check_refused("a: 1\nb: \xff\n", "a.yaml:2: not valid YAML");
    check_refused("a: 1\n{x: 1}: 2\n", "a.yaml:2: ");
    check_refused("a: 1\nb: \"x\\0y\"\n", "a.yaml:2: text holds a NUL byte");
}
END_TEST

START_TEST(test_tabs_are_named_in_the_hint)
{
    check_refused("run:\n\tname: a\n", "a.yaml:2: not valid YAML");
    ck_assert_str_eq(mq_error_get()->hint, "indent with spaces, not with tabs");
}
END_TEST

START_TEST(test_aliases_are_refused)
{
    check_refused("a: &x 1\nb: *x\n", "a.yaml:2: alias '*x' is not supported");
    check_refused("a: 1\nrun:\n  <<: *x\n", "a.yaml:3: ");
}
END_TEST

START_TEST(test_a_list_splits_into_its_elements)
{
    char **elements = NULL;
    int64_t n = 0;
    ck_ok(mq_yaml_list("[a, 'b, c', \"d\\\"e\", 0.5]", &elements, &n));
    ck_assert_int_eq(n, 4);
    ck_assert_str_eq(elements[0], "a");
    ck_assert_str_eq(elements[1], "b, c");
    ck_assert_str_eq(elements[2], "d\"e");
    ck_assert_str_eq(elements[3], "0.5");
    mq_free(elements);
    ck_ok(mq_yaml_list("[]", &elements, &n));
    ck_assert_int_eq(n, 0);
    mq_free(elements);
}
END_TEST

START_TEST(test_what_is_no_list_is_refused)
{
    static const char *const texts[] = {"", "a", "{a: 1}", "[a", "[[a]]", "[a] b", "[a]\n---\n[b]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char **elements = NULL;
        int64_t n = 0;
        ck_assert_int_eq(mq_yaml_list(texts[i], &elements, &n), MQ_USAGE);
        ck_assert_ptr_null(elements);
    }
}
END_TEST

START_TEST(test_quoted_text_reads_back_as_itself)
{
    static const char *const texts[] = {
        "plain", "",      " a ",    "a: b", "[x]", "#c", "-",  "---", "a#b", "it's",
        "\"q\"", "a\\b",  "a\nb",   "~",    "*x",  "&x", "!t", "%d",  "a,b", "k\xc3\xb6ln",
        "-1e-5", "../up", "a: [b]", "{}",   "?",   "| x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mq_str text = {0};
        struct mq_yaml yaml;
        ck_ok(mq_str_add(&text, "k: "));
        ck_ok(mq_yaml_quote(&text, texts[i]));
        ck_ok(parse(&yaml, text.data));
        ck_assert_str_eq(yaml.entries[0].value, texts[i]);
        mq_yaml_release(&yaml);
        mq_str_release(&text);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("yaml");
    tcase_add_test(tc, test_entries_keep_section_key_value_and_line);
    tcase_add_test(tc, test_a_quoted_bracket_is_text_not_a_list);
    tcase_add_test(tc, test_a_list_may_hold_flat_mappings);
    tcase_add_test(tc, test_an_empty_section_is_an_entry_without_key);
    tcase_add_test(tc, test_duplicates_name_both_lines);
    tcase_add_test(tc, test_depth_beyond_lists_of_a_section_is_refused);
    tcase_add_test(tc, test_a_document_must_be_one_mapping);
    tcase_add_test(tc, test_syntax_errors_name_the_line);
    tcase_add_test(tc, test_tabs_are_named_in_the_hint);
    tcase_add_test(tc, test_aliases_are_refused);
    tcase_add_test(tc, test_a_list_splits_into_its_elements);
    tcase_add_test(tc, test_what_is_no_list_is_refused);
    tcase_add_test(tc, test_quoted_text_reads_back_as_itself);
    return run_tests("config/yaml", tc);
}
