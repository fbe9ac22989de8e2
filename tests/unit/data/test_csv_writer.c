// CSV as it is written: quotes, numbers that read back, nothing before it is whole.
#include "mq/data/csv_writer.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "mq/base/path.h"
#include "support/harness.h"

static void check_file(const char *path, const char *expected)
{
    struct mq_str text = {0};
    ck_ok(mq_file_read(path, &text));
    ck_assert_str_eq(text.data, expected);
    mq_str_release(&text);
}

START_TEST(test_fields_are_quoted_where_they_must_be)
{
    struct mq_csv_writer *writer = NULL;
    const char *path = test_path("a.csv");
    ck_ok(mq_csv_create(&writer, path));
    mq_csv_put_text(writer, "a b");
    mq_csv_put_text(writer, "a,b");
    mq_csv_put_text(writer, "");
    mq_csv_put_text(writer, "say \"hi\"\n");
    mq_csv_end_row(writer);
    mq_csv_put_i64(writer, -7);
    mq_csv_put_real(writer, NAN);
    mq_csv_put_real(writer, 0.1f);
    mq_csv_end_row(writer);
    ck_ok(mq_csv_publish(writer));
    check_file(path, "a b,\"a,b\",,\"say \"\"hi\"\"\n\"\n-7,,0.1\n");
}
END_TEST

START_TEST(test_every_real_reads_back_the_same)
{
    static const float values[] = {13.1485815f,   1.0f / 3, 16777217,      1e-45f,
                                   3.4028235e38f, -0.0f,    7.0889951e-05f};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct mq_csv_writer *writer = NULL;
        struct mq_str text = {0};
        const char *path = test_path("b.csv");
        ck_ok(mq_csv_create(&writer, path));
        mq_csv_put_real(writer, values[i]);
        ck_ok(mq_csv_publish(writer));
        ck_ok(mq_file_read(path, &text));
        const float got = strtof(text.data, NULL);
        ck_assert_msg(memcmp(&got, &values[i], sizeof got) == 0, "%.9g became %s",
                      (double)values[i], text.data);
        mq_str_release(&text);
    }
}
END_TEST

START_TEST(test_nothing_appears_before_it_is_whole)
{
    struct mq_csv_writer *writer = NULL;
    const char *path = test_path("c.csv");
    ck_ok(mq_csv_create(&writer, path));
    mq_csv_put_text(writer, "a");
    ck_assert(!mq_path_exists(path));
    mq_csv_discard(writer);
    ck_assert(!mq_path_exists(path));
    char temporary[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(temporary, path));
    ck_assert(!mq_path_exists(temporary));
    ck_fails(mq_csv_create(&writer, test_path("none/c.csv")), MQ_FAILED,
             "none/c.csv: cannot write");
    mq_csv_discard(NULL);
}
END_TEST

START_TEST(test_a_full_disk_is_told_at_the_end)
{
    struct mq_csv_writer *writer = NULL;
    const char *path = test_path("full.csv");
    const struct rlimit limit = {100000, RLIM_INFINITY}; // what a full disk looks like to a writer
    ck_ok(mq_csv_create(&writer, path));
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0);
    for (int i = 0; i < 100000; i++)
        mq_csv_put_text(writer, "never to be seen");
    ck_fails(mq_csv_publish(writer), MQ_FAILED, "full.csv: cannot write: File too large");
    ck_assert(!mq_path_exists(path));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("csv_writer");
    tcase_add_test(tc, test_fields_are_quoted_where_they_must_be);
    tcase_add_test(tc, test_every_real_reads_back_the_same);
    tcase_add_test(tc, test_nothing_appears_before_it_is_whole);
    tcase_add_test(tc, test_a_full_disk_is_told_at_the_end);
    return run_tests("data/csv_writer", tc);
}
