// One value at a time: types, ranges, messages, and text that reads back to the same bits.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/config/setting.h"

struct sample {
    int64_t count;
    double rate;
    bool flag;
    char name[MQ_TEXT_MAX];
    int colour;
    struct mq_real_list levels;
    struct mq_text_list names;
    struct mq_span_list spans;
};

static const char *const colours[] = {"red", "green", NULL};
static const struct mq_setting rows[] = {
    {"count", MQ_INT, offsetof(struct sample, count), "3", 1, 10, NULL, "", "how many"},
    {"rate", MQ_REAL64, offsetof(struct sample, rate), "0.5", 0, HUGE_VAL, NULL, "", "how fast"},
    {"flag", MQ_BOOL, offsetof(struct sample, flag), "true", 0, 0, NULL, "", "whether"},
    {"name", MQ_TEXT, offsetof(struct sample, name), "", 0, 0, NULL, "", "what"},
    {"colour", MQ_CHOICE, offsetof(struct sample, colour), "green", 0, 0, colours, "", "which"},
    {"levels", MQ_REAL_LIST, offsetof(struct sample, levels), "[0.1, 0.9]", 0, 1, NULL, "",
     "where"},
    {"names", MQ_TEXT_LIST, offsetof(struct sample, names), "[all]", 0, 0, NULL, "", "who"},
    {"spans", MQ_SPAN_LIST, offsetof(struct sample, spans), "[]", 0, 9, NULL, "", "how long"},
};
static const struct mq_section section = {"s", rows, 8};
static const struct mq_source at_12 = {"a.yaml", 12};

static mq_status set(struct sample *sample, const char *key, const char *text)
{
    const struct mq_setting *setting = NULL;
    ck_ok(mq_setting_find(&section, key, at_12, &setting));
    return mq_setting_parse(&section, setting, text, at_12, sample);
}

static void check_refused(const char *key, const char *text, const char *message)
{
    struct sample sample = {0};
    ck_fails(set(&sample, key, text), MQ_USAGE, message);
}

START_TEST(test_defaults_fill_every_field)
{
    struct sample sample;
    memset(&sample, 0xff, sizeof sample);
    ck_ok(mq_settings_default(&section, &sample));
    ck_assert_int_eq(sample.count, 3);
    ck_assert(sample.rate == 0.5);
    ck_assert(sample.flag);
    ck_assert_str_eq(sample.name, "");
    ck_assert_int_eq(sample.colour, 1);
    ck_assert_int_eq(sample.levels.n, 2);
    ck_assert_str_eq(sample.names.value[0], "all");
}
END_TEST

START_TEST(test_wrong_types_say_what_was_expected)
{
    check_refused("count", "many", "a.yaml:12: s.count: 'many' is not a whole number");
    check_refused("count", "1.5", "s.count: '1.5' is not a whole number");
    check_refused("count", "", "s.count: '' is not a whole number");
    check_refused("count", "[1]", "s.count: [1] is a list: expected a whole number, 1 to 10");
    check_refused("rate", "fast", "s.rate: 'fast' is not a number");
    check_refused("rate", "nan", "s.rate: 'nan' is not a number");
    check_refused("rate", "1e999", "s.rate: '1e999' is not a number");
    check_refused("flag", "maybe", "s.flag: 'maybe' is not true or false");
    check_refused("name", "[a]", "s.name: [a] is a list: expected text");
    check_refused("name", "a\x01", "s.name: text is not printable UTF-8");
    check_refused("name", "\xff", "s.name: text is not printable UTF-8");
    check_refused("name", "\xe2\x82", "s.name: text is not printable UTF-8");
    check_refused("levels", "0.5", "s.levels: '0.5' is not a list");
    check_refused("levels", "[0.5", "s.levels: '[0.5' is not a list of plain values");
}
END_TEST

START_TEST(test_ranges_are_named)
{
    check_refused("count", "0", "s.count: 0 is out of range: expected 1 to 10");
    check_refused("count", "11", "s.count: 11 is out of range: expected 1 to 10");
    check_refused("rate", "-1", "s.rate: -1 is out of range: expected at least 0");
    check_refused("levels", "[0.5, 1.5]",
                  "s.levels: element 2: 1.5 is out of range: expected 0 to 1");
    check_refused("levels", "[0.5, x]", "s.levels: element 2: 'x' is not a number");
}
END_TEST

START_TEST(test_a_wrong_choice_lists_all_and_hints_the_nearest)
{
    check_refused("colour", "gren", "s.colour: 'gren' is not one of red, green");
    ck_assert_str_eq(mq_error_get()->hint, "did you mean 'green'?");
}
END_TEST

START_TEST(test_too_much_is_refused)
{
    char text[MQ_TEXT_MAX + 1];
    memset(text, 'x', MQ_TEXT_MAX);
    text[MQ_TEXT_MAX] = '\0';
    check_refused("name", text, "s.name: text is longer than 511 bytes");
    struct mq_str list = {0};
    ck_ok(mq_str_add(&list, "[0"));
    for (int i = 0; i < MQ_LIST_MAX; i++)
        ck_ok(mq_str_add(&list, ", 0"));
    ck_ok(mq_str_add(&list, "]"));
    check_refused("levels", list.data, "s.levels: 65 elements are too many: at most 64");
    mq_str_release(&list);
}
END_TEST

START_TEST(test_a_span_is_a_lead_and_a_review)
{
    struct sample sample = {0};
    ck_ok(set(&sample, "spans", "[{lead: 2, review: 1}, {review: 7, lead: 0}]"));
    ck_assert_int_eq(sample.spans.n, 2);
    ck_assert(sample.spans.value[0].lead == 2 && sample.spans.value[0].review == 1);
    ck_assert(sample.spans.value[1].lead == 0 && sample.spans.value[1].review == 7);
    check_refused("spans", "3", "s.spans: '3' is not a list");
    check_refused("spans", "[3]", "s.spans: '[3]' is not [{lead: 2, review: 1}, ...]");
    check_refused("spans", "[{lead: 2}]",
                  "s.spans: element 1: expected lead and review, each once");
    check_refused("spans", "[{lead: 2, lead: 1}]", "expected lead and review, each once");
    check_refused("spans", "[{lead: 2, review: 1, x: 1}]", "expected lead and review, each once");
    check_refused("spans", "[{lead: 2, review: 1}, {}]", "s.spans: element 2: expected lead");
    check_refused("spans", "[{lead: 2, revue: 1}]", "element 1: 'revue' is not lead or review");
    check_refused("spans", "[{lead: x, review: 1}]", "element 1: 'x' is not a whole number");
    check_refused("spans", "[{lead: 2, review: 10}]", "element 1: 10 is out of range");
    check_refused("spans", "[{}, {}, {}, {}, {}, {}, {}, {}, {}]",
                  "9 spans are too many: at most 8");
}
END_TEST

START_TEST(test_an_unknown_key_hints_the_nearest)
{
    const struct mq_setting *setting = NULL;
    ck_fails(mq_setting_find(&section, "cuont", at_12, &setting), MQ_USAGE,
             "a.yaml:12: s.cuont: unknown key");
    ck_assert_str_eq(mq_error_get()->hint, "did you mean s.count?");
}
END_TEST

START_TEST(test_the_command_line_is_a_source_without_line)
{
    struct sample sample;
    const struct mq_source source = {"--set s.count=x", 0};
    ck_fails(mq_setting_parse(&section, &rows[0], "x", source, &sample), MQ_USAGE,
             "--set s.count=x: s.count: 'x' is not a whole number");
}
END_TEST

START_TEST(test_quotes_around_a_scalar_are_not_part_of_it)
{
    struct sample sample = {0};
    ck_ok(set(&sample, "name", "\"[a]\""));
    ck_assert_str_eq(sample.name, "[a]");
    ck_ok(set(&sample, "name", "'it''s'"));
    ck_assert_str_eq(sample.name, "it's");
    check_refused("name", "'a' b", "s.name: 'a' b is not one quoted value");
}
END_TEST

static void check_reads_back(const char *key, const char *text)
{
    struct sample before = {0};
    struct sample after = {0};
    struct mq_str printed = {0};
    const struct mq_setting *setting = NULL;
    ck_ok(mq_setting_find(&section, key, at_12, &setting));
    ck_ok(set(&before, key, text));
    ck_ok(mq_setting_print(setting, &before, &printed));
    ck_ok(set(&after, key, printed.data));
    ck_assert_msg(memcmp(&before, &after, sizeof before) == 0, "%s -> %s", text, printed.data);
    mq_str_release(&printed);
}

START_TEST(test_printed_values_read_back_to_the_same_bits)
{
    static const char *const reals[] = {"0.1",
                                        "3e-4",
                                        "0.30000000000000004",
                                        "1e22",
                                        "2.2250738585072014e-308",
                                        "5e-324",
                                        "0.3333333333333333"};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        check_reads_back("rate", reals[i]);
    check_reads_back("count", "7");
    check_reads_back("flag", "no");
    check_reads_back("colour", "red");
    check_reads_back("levels", "[0.1, 0.7000000000000001]");
    check_reads_back("levels", "[]");
    check_reads_back("name", "a: #b 'c' \"d\" \\e k\xc3\xb6ln");
    check_reads_back("spans", "[]");
    check_reads_back("spans", "[{review: 7, lead: 0}, {lead: 2, review: 1}]");
    check_reads_back("names", "[a, 'b, c', '', '[d]']");
}
END_TEST

START_TEST(test_reals_print_as_short_as_they_can)
{
    struct sample sample = {.rate = 0.001};
    struct mq_str printed = {0};
    ck_ok(mq_setting_print(&rows[1], &sample, &printed));
    ck_assert_str_eq(printed.data, "0.001");
    mq_str_release(&printed);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("setting");
    tcase_add_test(tc, test_defaults_fill_every_field);
    tcase_add_test(tc, test_wrong_types_say_what_was_expected);
    tcase_add_test(tc, test_ranges_are_named);
    tcase_add_test(tc, test_a_wrong_choice_lists_all_and_hints_the_nearest);
    tcase_add_test(tc, test_too_much_is_refused);
    tcase_add_test(tc, test_a_span_is_a_lead_and_a_review);
    tcase_add_test(tc, test_an_unknown_key_hints_the_nearest);
    tcase_add_test(tc, test_the_command_line_is_a_source_without_line);
    tcase_add_test(tc, test_quotes_around_a_scalar_are_not_part_of_it);
    tcase_add_test(tc, test_printed_values_read_back_to_the_same_bits);
    tcase_add_test(tc, test_reals_print_as_short_as_they_can);
    return run_tests("config/setting", tc);
}
