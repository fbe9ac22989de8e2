// Growing strings, suggestions, strict numbers.
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/str.h"

START_TEST(test_strings_grow_and_stay_terminated)
{
    struct mq_str text = {0};
    for (int i = 0; i < 300; i++)
        ck_ok(mq_str_printf(&text, "%03d,", i));
    ck_assert_uint_eq(text.length, 1200);
    ck_assert_uint_eq(strlen(text.data), 1200);
    ck_assert_str_eq(text.data + 1196, "299,");
    mq_str_release(&text);
    ck_ok(mq_str_add(&text, ""));
    ck_assert_str_eq(text.data, "");
    ck_ok(mq_str_add_bytes(&text, "a\0b", 3));
    ck_assert_uint_eq(text.length, 3);
    ck_assert_mem_eq(text.data, "a\0b", 4);
    mq_str_release(&text);
}
END_TEST

START_TEST(test_no_memory_leaves_the_string_as_it_was)
{
    struct mq_str text = {0};
    char more[200] = {0};
    memset(more, 'x', sizeof more - 1);
    ck_ok(mq_str_add(&text, "kept"));
    mq_alloc_fail_at(1);
    ck_fails(mq_str_printf(&text, "%s", more), MQ_FAILED, "out of memory");
    mq_alloc_fail_at(1);
    ck_fails(mq_str_add(&text, more), MQ_FAILED, "out of memory");
    ck_assert_str_eq(text.data, "kept");
    mq_str_release(&text);
}
END_TEST

static const char *nearest(const char *word)
{
    static const char *const words[] = {"context", "horizon", "lr", "lanes", "batch"};
    return mq_str_nearest(word, words, 5);
}

START_TEST(test_a_slip_finds_the_word_that_was_meant)
{
    ck_assert_str_eq(nearest("contxt"), "context"); // lost
    ck_assert_str_eq(nearest("contexxt"), "context"); // doubled
    ck_assert_str_eq(nearest("horizin"), "horizon"); // replaced
    ck_assert_str_eq(nearest("lnaes"), "lanes"); // swapped
    ck_assert_str_eq(nearest("batch"), "batch");
    ck_assert_str_eq(nearest("rl"), "lr");
}
END_TEST

START_TEST(test_another_word_finds_nothing)
{
    char endless[500] = {0};
    memset(endless, 'a', sizeof endless - 1);
    ck_assert_ptr_null(nearest("quantiles"));
    ck_assert_ptr_null(nearest("xyz"));
    ck_assert_ptr_null(nearest(endless));
    ck_assert_ptr_null(mq_str_nearest("lr", NULL, 0));
}
END_TEST

static double number(const char *text)
{
    double value = -99;
    return mq_parse_f64(text, &value) ? value : -99;
}

START_TEST(test_a_number_has_the_bits_that_strtod_gives_it)
{
    char text[32];
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const int digits = 1 + (int)((state >> 40) % 17); // up to 15 take the short way
        const int behind = (int)((state >> 20) % (unsigned)(digits + 1));
        const uint64_t whole = (state >> 5) % 100000000000000000u;
        (void)snprintf(text, sizeof text, "%s%0*llu", i % 2 ? "-" : "", digits,
                       (unsigned long long)whole);
        text[digits + i % 2] = '\0';
        const size_t point = strlen(text) - (size_t)behind;
        memmove(text + point + 1, text + point, (size_t)behind + 1);
        text[point] = '.';
        double want = strtod(text, NULL);
        double got = number(text);
        ck_assert_msg(memcmp(&got, &want, sizeof got) == 0, "'%s' is %.17g, want %.17g", text, got,
                      want);
    }
    ck_assert(signbit(number("-0")));
}
END_TEST

START_TEST(test_the_whole_text_must_be_a_finite_number)
{
    static const char *const bad[] = {"",    " 5",   "5 ",  "1e-3x",   "nan", "NaN",
                                      "inf", "-inf", "0x1", "1e999",   "--1", ".",
                                      "+",   "e3",   "1,5", "infinity"};
    ck_assert(number("1e-3") == 1e-3);
    ck_assert(number("-.5") == -0.5);
    ck_assert(number("+7") == 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(number(bad[i]) == -99, "'%s' is no number", bad[i]);
}
END_TEST

static int64_t whole(const char *text)
{
    int64_t value = -99;
    return mq_parse_i64(text, &value) ? value : -99;
}

START_TEST(test_the_whole_text_must_be_a_whole_number_that_fits)
{
    static const char *const bad[] = {"",   " 5", "5.0", "1e3", "0x10", "9223372036854775808",
                                      ".5", "-"};
    ck_assert_int_eq(whole("9223372036854775807"), INT64_MAX);
    ck_assert_int_eq(whole("-9223372036854775808"), INT64_MIN);
    ck_assert_int_eq(whole("007"), 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(whole(bad[i]) == -99, "'%s' is no whole number", bad[i]);
}
END_TEST

static double duration(const char *text)
{
    double seconds = -99;
    return mq_parse_duration_s(text, &seconds) ? seconds : -99;
}

START_TEST(test_only_utf8_is_utf8)
{
    static const char *const good[] = {"",
                                       "plain",
                                       "Gr\xc3\xb6\xc3\x9f"
                                       "e",
                                       "\xe2\x82\xac",
                                       "\xef\xbf\xbd",
                                       "\xf0\x9f\x8d\xb5",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "Gr\xf6\xdf",       "\x80",         "\xc3",         "\xe2\x82",
        "\xc0\xaf",         "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(mq_is_utf8(good[i]), "'%s' is UTF-8", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!mq_is_utf8(bad[i]), "number %zu is not UTF-8", i);
}
END_TEST

START_TEST(test_durations_in_every_form)
{
    ck_assert(duration("90") == 90);
    ck_assert(duration("90s") == 90);
    ck_assert(duration("1.5m") == 90);
    ck_assert(duration("4h") == 14400);
    ck_assert(duration("1d") == 86400);
    ck_assert(duration("1:30:00") == 5400);
    ck_assert(duration("0:00:07") == 7);
}
END_TEST

START_TEST(test_what_is_no_duration_is_refused)
{
    static const char *const bad[] = {"",        "-5",     "5x",      "5 m",   "h",       "1:30",
                                      "1:2:3:4", "1:-3:0", "nan",     "inf",   "inf:0:0", "0x10",
                                      " 5",      "5mm",    "1:30:0s", "1h30m", "1..5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(duration(bad[i]) == -99, "'%s' is no duration", bad[i]);
}
END_TEST

START_TEST(test_what_is_printable_is_utf8_without_controls)
{
    static const char *const good[] = {"", "plain",
                                       "Gr\xc3\xb6\xc3\x9f"
                                       "e",
                                       "\xf0\x9f\x98\x80"};
    static const char *const bad[] = {
        "a\n",  "\x1b[0m", "\x7f",     "\xc2\x85",     "\xe2\x80\xa8",    "\xef\xbb\xbf",
        "\xff", "\xc3",    "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(mq_is_printable(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!mq_is_printable(bad[i]), "text %zu", i);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("str");
    tcase_add_test(tc, test_strings_grow_and_stay_terminated);
    tcase_add_test(tc, test_no_memory_leaves_the_string_as_it_was);
    tcase_add_test(tc, test_a_slip_finds_the_word_that_was_meant);
    tcase_add_test(tc, test_another_word_finds_nothing);
    tcase_add_test(tc, test_a_number_has_the_bits_that_strtod_gives_it);
    tcase_add_test(tc, test_the_whole_text_must_be_a_finite_number);
    tcase_add_test(tc, test_the_whole_text_must_be_a_whole_number_that_fits);
    tcase_add_test(tc, test_only_utf8_is_utf8);
    tcase_add_test(tc, test_durations_in_every_form);
    tcase_add_test(tc, test_what_is_no_duration_is_refused);
    tcase_add_test(tc, test_what_is_printable_is_utf8_without_controls);
    return run_tests("base/str", tc);
}
