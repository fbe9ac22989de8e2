// Records of CSV files: quotes, line ends, compression, and what is refused.
#include "data/csv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "support/harness.h"

static const char *file_of_bytes(const char *name, const char *bytes, size_t n)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static const char *file_of(const char *text)
{
    return file_of_bytes("t.csv", text, strlen(text));
}

// The records as text: fields in brackets, each record after its row.
static void check_records(const char *path, const char *expected)
{
    struct mq_csv csv;
    struct mq_str got = {0};
    bool has_record = false;
    ck_ok(mq_csv_open(&csv, path));
    ck_ok(mq_csv_next(&csv, &has_record));
    while (has_record) {
        ck_ok(mq_str_printf(&got, "%lld:", (long long)csv.row));
        for (int64_t i = 0; i < csv.n; i++)
            ck_ok(mq_str_printf(&got, "[%s]", csv.fields[i]));
        ck_ok(mq_str_add(&got, " "));
        ck_ok(mq_csv_next(&csv, &has_record));
    }
    mq_csv_close(&csv);
    ck_assert_str_eq(got.data != NULL ? got.data : "", expected);
    mq_str_release(&got);
}

// Reads to the end or to the first failure.
static mq_status read_all(const char *path)
{
    struct mq_csv csv;
    bool has_record = true;
    mq_status status = mq_csv_open(&csv, path);
    while (status == MQ_OK && has_record)
        status = mq_csv_next(&csv, &has_record);
    mq_csv_close(&csv);
    return status;
}

START_TEST(test_every_line_end_gives_the_same_records)
{
    const char *expected = "1:[a][b] 2:[1][2] 4:[][x y] ";
    check_records(file_of("a,b\n1,2\n\n,x y\n"), expected);
    check_records(file_of("a,b\r\n1,2\r\n\r\n,x y"), expected);
    check_records(file_of("a,b\r1,2\r\r,x y\r"), expected);
    check_records(file_of("\xEF\xBB\xBF"
                          "a,b\n1,2\n\n,x y"),
                  expected);
}
END_TEST

START_TEST(test_quoted_fields_hold_commas_quotes_and_lines)
{
    check_records(file_of("\"a,b\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",5\" nail\n\"\",x\n"),
                  "1:[a,b][say \"hi\"] 2:[two\r\nlines][5\" nail] 4:[][x] ");
}
END_TEST

START_TEST(test_empty_files_have_no_records)
{
    check_records(file_of(""), "");
    check_records(file_of("\n\r\n"), "");
    check_records(file_of("\"\"\n"), "1:[] ");
}
END_TEST

// Longer than the buffer, so that a CR LF and a quoted field cross its end.
START_TEST(test_long_records_cross_the_buffer)
{
    static char line[1 << 18];
    memset(line, 'x', sizeof line);
    for (int cut = 1; cut <= 14; cut++) {
        const int n = (int)sizeof line - cut;
        struct mq_str text = {0};
        struct mq_str expected = {0};
        ck_ok(mq_str_printf(&text, "%.*s\r\n\"a\"\"\r\nb\",c\r\nd", n, line));
        ck_ok(mq_str_printf(&expected, "1:[%.*s] 2:[a\"\r\nb][c] 4:[d] ", n, line));
        const char *path = file_of_bytes("t.csv", text.data, text.length);
        check_records(path, expected.data);
        mq_str_release(&text);
        mq_str_release(&expected);
    }
}
END_TEST

START_TEST(test_gzip_is_read_like_plain_text)
{
    const char *path = test_path("t.csv.gz");
    gzFile file = gzopen(path, "wb");
    ck_assert_int_eq(gzputs(file, "a,b\n1,2\n"), 8);
    ck_assert_int_eq(gzclose(file), Z_OK);
    check_records(path, "1:[a][b] 2:[1][2] ");
}
END_TEST

START_TEST(test_every_truncation_of_gzip_is_an_error)
{
    const char *path = test_path("t.csv.gz");
    gzFile file = gzopen(path, "wb");
    for (int i = 0; i < 300; i++)
        ck_assert_int_gt(gzprintf(file, "%d,%d\n", i, i * i % 977), 0);
    ck_assert_int_eq(gzclose(file), Z_OK);
    char bytes[8192];
    FILE *whole = fopen(path, "rb");
    const size_t n = fread(bytes, 1, sizeof bytes, whole);
    (void)fclose(whole);
    ck_assert_uint_gt(n, 500);
    for (size_t keep = 2; keep < n; keep += 7)
        ck_fails(read_all(file_of_bytes("cut.csv.gz", bytes, keep)), MQ_DATA, "cut.csv.gz: ");
    bytes[n / 2] = (char)(bytes[n / 2] ^ 0x10);
    ck_fails(read_all(file_of_bytes("bad.csv.gz", bytes, n)), MQ_DATA, "bad.csv.gz: damaged");
}
END_TEST

START_TEST(test_broken_text_names_file_and_row)
{
    ck_fails(read_all(file_of("a\n1\n\"open\n2\n")), MQ_DATA, "t.csv:3: a quoted field is never");
    ck_fails(read_all(file_of("a\n\"1\"2\n")), MQ_DATA, "t.csv:2: field 1: text after");
    ck_fails(read_all(file_of_bytes("t.csv", "a\n1\n2\0\n", 7)), MQ_DATA, "t.csv:3: a NUL byte");
    ck_fails(read_all(test_path("missing.csv")), MQ_FAILED, "missing.csv: No such file");
    ck_fails(read_all(test_directory()), MQ_FAILED, "directory");
}
END_TEST

START_TEST(test_numbers_are_strict_and_may_be_missing)
{
    struct mq_csv csv;
    bool has_record = false;
    ck_ok(mq_csv_open(&csv, file_of("1.5, -2e3 ,,NA,nan,NULL,abc,inf,1e300,1e-60,-6e18,1e15\n")));
    ck_ok(mq_csv_next(&csv, &has_record));
    float value = 0;
    ck_ok(mq_csv_number(&csv, 0, "y", &value));
    ck_assert_float_eq(value, 1.5f);
    ck_ok(mq_csv_number(&csv, 1, "y", &value));
    ck_assert_float_eq(value, -2000.0f);
    for (int64_t i = 2; i < 6; i++) {
        ck_ok(mq_csv_number(&csv, i, "y", &value));
        ck_assert(isnan(value));
    }
    ck_fails(mq_csv_number(&csv, 6, "y", &value), MQ_DATA,
             "t.csv:1: column 'y': 'abc' is not a number");
    ck_fails(mq_csv_number(&csv, 7, "y", &value), MQ_DATA, "'inf' is not a number");
    ck_fails(mq_csv_number(&csv, 8, "y", &value), MQ_DATA, "'1e300' is too large");
    ck_fails(mq_csv_number(&csv, 10, "y", &value), MQ_DATA,
             "t.csv:1: column 'y': '-6e18' is too large, values go up to 1e+15");
    ck_ok(mq_csv_number(&csv, 11, "y", &value));
    ck_assert_float_eq(value, 1e15f);
    ck_ok(mq_csv_number(&csv, 9, "y", &value));
    ck_assert_float_eq(value, 0.0f);
    mq_csv_close(&csv);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("csv");
    tcase_add_test(tc, test_every_line_end_gives_the_same_records);
    tcase_add_test(tc, test_quoted_fields_hold_commas_quotes_and_lines);
    tcase_add_test(tc, test_empty_files_have_no_records);
    tcase_add_test(tc, test_long_records_cross_the_buffer);
    tcase_add_test(tc, test_gzip_is_read_like_plain_text);
    tcase_add_test(tc, test_every_truncation_of_gzip_is_an_error);
    tcase_add_test(tc, test_broken_text_names_file_and_row);
    tcase_add_test(tc, test_numbers_are_strict_and_may_be_missing);
    return run_tests("data/csv", tc);
}
