// The run log: one JSON object per line, and a resumed run leaves the log of an undisturbed one.
#include "support/harness.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "mq/base/path.h"
#include "mq/train/runlog.h"

static struct mq_log_entry entry_of(int64_t step)
{
    return (struct mq_log_entry){.step = step,
                                 .epoch = 0.5,
                                 .loss = 1.0 / (double)step,
                                 .valid_loss = step == 20 ? 0.25 : (double)NAN,
                                 .lr = 1e-3};
}

static void write_steps(const char *path, int64_t after, int64_t until)
{
    struct mq_runlog *log;
    ck_ok(mq_runlog_open(&log, path, after));
    for (int64_t step = after + 10; step <= until; step += 10) {
        const struct mq_log_entry entry = entry_of(step);
        ck_ok(mq_runlog_write(log, &entry));
    }
    mq_runlog_close(log);
}

// Lines of the log as objects; every line must be one.
static json_t *read_lines(const char *path)
{
    struct mq_str text = {0};
    json_t *lines = json_array();
    ck_ok(mq_file_read(path, &text));
    for (char *line = text.data; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        ck_assert(json_is_object(object));
        (void)json_array_append_new(lines, object);
        line = end + 1;
    }
    mq_str_release(&text);
    return lines;
}

static void check_steps(const char *path, int64_t n)
{
    json_t *lines = read_lines(path);
    ck_assert_int_eq((int64_t)json_array_size(lines), n);
    for (int64_t i = 0; i < n; i++) {
        const json_t *line = json_array_get(lines, (size_t)i);
        ck_assert_int_eq(json_integer_value(json_object_get(line, "step")), 10 * (i + 1));
        ck_assert(json_real_value(json_object_get(line, "loss")) == 1.0 / (double)(10 * (i + 1)));
    }
    json_decref(lines);
}

START_TEST(test_a_line_holds_every_key_and_validation_only_where_there_was_one)
{
    static const char *const keys[] = {"step",      "epoch",        "loss",        "lr",
                                       "grad_norm", "series_per_s", "wait_data_s", "comm_s",
                                       "rss_bytes", "time_s",       "steps"};
    const char *path = test_path("keys.jsonl");
    write_steps(path, 0, 20);
    json_t *lines = read_lines(path);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_msg(json_object_get(json_array_get(lines, 0), keys[i]) != NULL, "%s", keys[i]);
    ck_assert_ptr_null(json_object_get(json_array_get(lines, 0), "valid_loss"));
    ck_assert(json_real_value(json_object_get(json_array_get(lines, 1), "valid_loss")) == 0.25);
    void *first = json_object_iter(json_array_get(lines, 1)); // in the order of the file
    ck_assert_str_eq(json_object_iter_key(first), "step");
    void *fourth = first;
    for (int i = 0; i < 3; i++)
        fourth = json_object_iter_next(json_array_get(lines, 1), fourth);
    ck_assert_str_eq(json_object_iter_key(fourth), "valid_loss");
    json_decref(lines);
}
END_TEST

START_TEST(test_resuming_drops_the_lines_after_the_checkpoint)
{
    const char *path = test_path("resumed.jsonl");
    write_steps(path, 0, 70);
    write_steps(path, 40, 60);
    check_steps(path, 6);
    write_steps(path, 60, 60); // nothing to drop, nothing new
    check_steps(path, 6);
    write_steps(path, 0, 20); // from the start
    check_steps(path, 2);
}
END_TEST

START_TEST(test_a_line_cut_short_by_a_crash_is_dropped)
{
    const char *path = test_path("cut.jsonl");
    struct mq_str text = {0};
    write_steps(path, 0, 30);
    ck_ok(mq_file_read(path, &text));
    ck_ok(mq_file_replace(path, text.data, text.length - 9));
    mq_str_release(&text);
    write_steps(path, 30, 30);
    check_steps(path, 2);
}
END_TEST

START_TEST(test_what_is_not_finite_is_refused_and_not_written)
{
    const char *path = test_path("nan.jsonl");
    struct mq_runlog *log;
    struct mq_log_entry entry = entry_of(10);
    ck_ok(mq_runlog_open(&log, path, 0));
    ck_ok(mq_runlog_write(log, &entry));
    entry = entry_of(20);
    entry.loss = (double)NAN;
    ck_fails(mq_runlog_write(log, &entry), MQ_NUMERIC, "step 20");
    entry = entry_of(20);
    entry.valid_loss = (double)NAN; // no validation score: left out
    ck_ok(mq_runlog_write(log, &entry));
    mq_runlog_close(log);
    check_steps(path, 2);
}
END_TEST

START_TEST(test_a_line_is_read_back_and_what_it_lacks_is_said)
{
    struct mq_log_entry entry;
    static const char line[] = "{\"step\":20,\"loss\":0.5,\"valid_loss\":0.25,\"steps\":90}";
    ck_ok(mq_runlog_parse(&entry, line, strlen(line)));
    ck_assert_int_eq(entry.step, 20);
    ck_assert_int_eq(entry.steps, 90);
    ck_assert(entry.loss == 0.5 && entry.valid_loss == 0.25);
    ck_assert(isnan(entry.time_s) && isnan(entry.epoch));
    static const char bare[] = "{\"step\":3}";
    ck_ok(mq_runlog_parse(&entry, bare, strlen(bare)));
    ck_assert(isnan(entry.valid_loss));
    ck_assert_int_eq(entry.steps, -1);
    ck_fails(mq_runlog_parse(&entry, line, strlen(line) - 1), MQ_DATA, "log.jsonl");
    ck_fails(mq_runlog_parse(&entry, "{\"loss\":1}", 10), MQ_DATA, "without a step");
    ck_fails(mq_runlog_parse(&entry, "[20]", 4), MQ_DATA, "without a step");
}
END_TEST

START_TEST(test_a_log_that_cannot_be_opened_is_named)
{
    struct mq_runlog *log;
    ck_fails(mq_runlog_open(&log, test_path("none/log.jsonl"), 0), MQ_FAILED, "none/log.jsonl");
    ck_fails(mq_runlog_open(&log, test_directory(), 0), MQ_FAILED, "directory");
    mq_runlog_close(NULL);
}
END_TEST

START_TEST(test_memory_in_use_is_known)
{
    ck_assert_int_gt(mq_resident_bytes(), 1 << 20);
    ck_assert_int_ge(mq_peak_resident_bytes(), mq_resident_bytes() / 2);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("runlog");
    tcase_add_test(tc, test_a_line_holds_every_key_and_validation_only_where_there_was_one);
    tcase_add_test(tc, test_resuming_drops_the_lines_after_the_checkpoint);
    tcase_add_test(tc, test_a_line_cut_short_by_a_crash_is_dropped);
    tcase_add_test(tc, test_what_is_not_finite_is_refused_and_not_written);
    tcase_add_test(tc, test_a_line_is_read_back_and_what_it_lacks_is_said);
    tcase_add_test(tc, test_a_log_that_cannot_be_opened_is_named);
    tcase_add_test(tc, test_memory_in_use_is_known);
    return run_tests("train/runlog", tc);
}
