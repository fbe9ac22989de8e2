// Names and housekeeping of a run directory.
#include "support/harness.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/rundir.h"

static const char *fresh_run(const char *name)
{
    char path[MQ_PATH_MAX];
    const char *run = test_path(name);
    ck_ok(mq_path_join(path, run, "checkpoints"));
    ck_ok(mq_make_directories(path));
    return run;
}

static void touch(const char *run, const char *name)
{
    char path[MQ_PATH_MAX];
    ck_ok(mq_path_join(path, run, name));
    ck_ok(mq_file_replace(path, "x", 1));
}

static bool has(const char *run, const char *name)
{
    char path[MQ_PATH_MAX];
    ck_ok(mq_path_join(path, run, name));
    return mq_path_exists(path);
}

static void add_checkpoint(const char *run, int64_t step)
{
    char path[MQ_PATH_MAX];
    ck_ok(mq_run_checkpoint(path, run, step));
    ck_ok(mq_file_replace(path, "x", 1));
}

static void check_steps(const char *run, const int64_t want[], int64_t n_want)
{
    int64_t *steps = NULL;
    int64_t n = -1;
    ck_ok(mq_run_checkpoints(run, &steps, &n));
    ck_assert_int_eq(n, n_want);
    for (int64_t i = 0; i < n; i++)
        ck_assert_int_eq(steps[i], want[i]);
    mq_free(steps);
}

START_TEST(test_paths_follow_from_the_name_alone)
{
    char path[MQ_PATH_MAX];
    const struct mq_run_settings settings = {.name = "retail", .dir = "runs"};
    ck_ok(mq_run_directory(path, &settings));
    ck_assert_str_eq(path, "runs/retail");
    ck_ok(mq_run_file(path, "runs/retail", "log.jsonl"));
    ck_assert_str_eq(path, "runs/retail/log.jsonl");
    ck_ok(mq_run_checkpoint(path, "r", 1200));
    ck_assert_str_eq(path, "r/checkpoints/step-000001200.h5");
}
END_TEST

START_TEST(test_checkpoints_are_listed_in_order_and_nothing_else_is)
{
    const char *run = fresh_run("listed");
    static const int64_t steps[] = {5, 40, 300};
    add_checkpoint(run, 300);
    add_checkpoint(run, 5);
    add_checkpoint(run, 40);
    touch(run, "checkpoints/step-000000007.h5.tmp");
    touch(run, "checkpoints/notes.txt");
    touch(run, "checkpoints/latest");
    check_steps(run, steps, 3);
    check_steps(test_path("missing"), NULL, 0);
}
END_TEST

START_TEST(test_a_pointer_names_a_step)
{
    const char *run = fresh_run("pointers");
    int64_t step = 0;
    ck_ok(mq_run_pointer(run, "latest", &step));
    ck_assert_int_eq(step, -1);
    ck_ok(mq_run_point(run, "latest", 7));
    ck_ok(mq_run_point(run, "latest", 40));
    ck_ok(mq_run_point(run, "best", 7));
    ck_ok(mq_run_pointer(run, "latest", &step));
    ck_assert_int_eq(step, 40);
    ck_ok(mq_run_pointer(run, "best", &step));
    ck_assert_int_eq(step, 7);
    touch(run, "checkpoints/best");
    ck_fails(mq_run_pointer(run, "best", &step), MQ_DATA, "does not name a checkpoint");
}
END_TEST

START_TEST(test_a_pointer_file_is_told_from_a_checkpoint)
{
    char path[MQ_PATH_MAX];
    const char *run = fresh_run("told");
    add_checkpoint(run, 7);
    ck_ok(mq_run_point(run, "best", 7));
    ck_assert(mq_run_is_pointer(test_path("told/checkpoints/best"), path));
    ck_assert_str_eq(path, test_path("told/checkpoints/step-000000007.h5"));
    ck_assert(!mq_run_is_pointer(test_path("told/checkpoints/step-000000007.h5"), path));
    ck_assert(!mq_run_is_pointer(test_path("told/checkpoints"), path));
    ck_assert(!mq_run_is_pointer(test_path("told/none"), path));
}
END_TEST

START_TEST(test_pruning_keeps_the_newest_and_the_best)
{
    const char *run = fresh_run("pruned");
    static const int64_t left[] = {20, 40, 50};
    for (int64_t step = 10; step <= 50; step += 10)
        add_checkpoint(run, step);
    touch(run, "checkpoints/step-000000060.h5.tmp");
    ck_ok(mq_run_point(run, "best", 20));
    ck_ok(mq_run_prune(run, 2));
    check_steps(run, left, 3);
    ck_assert(!has(run, "checkpoints/step-000000060.h5.tmp"));
    ck_assert(has(run, "checkpoints/best"));
    ck_ok(mq_run_prune(run, 9));
    check_steps(run, left, 3);
    ck_ok(mq_run_prune(test_path("missing"), 2));
}
END_TEST

START_TEST(test_clearing_leaves_nothing_of_the_old_run)
{
    const char *run = fresh_run("cleared");
    add_checkpoint(run, 10);
    ck_ok(mq_run_point(run, "latest", 10));
    touch(run, "log.jsonl");
    touch(run, "evaluation.json");
    ck_ok(mq_run_clear(run));
    check_steps(run, NULL, 0);
    ck_assert(!has(run, "checkpoints/latest") && !has(run, "log.jsonl"));
    ck_assert(!has(run, "evaluation.json"));
    ck_ok(mq_run_clear(run));
}
END_TEST

START_TEST(test_rewinding_forgets_what_came_later)
{
    int64_t step = 0;
    const char *run = fresh_run("rewound");
    for (int64_t i = 10; i <= 40; i += 10)
        add_checkpoint(run, i);
    ck_ok(mq_run_point(run, "latest", 40));
    ck_ok(mq_run_point(run, "best", 40));
    ck_ok(mq_run_rewind(run, 20, 10));
    check_steps(run, (const int64_t[]){10, 20}, 2);
    ck_ok(mq_run_pointer(run, "latest", &step));
    ck_assert_int_eq(step, 20);
    ck_ok(mq_run_pointer(run, "best", &step));
    ck_assert_int_eq(step, 10);
    // The best of a checkpoint from elsewhere is not here: better none than a wrong one.
    ck_ok(mq_run_rewind(run, 15, 15));
    ck_ok(mq_run_pointer(run, "best", &step));
    ck_assert_int_eq(step, -1);
    ck_ok(mq_run_pointer(run, "latest", &step));
    ck_assert_int_eq(step, -1);
}
END_TEST

START_TEST(test_a_file_in_the_place_of_the_directory_is_named)
{
    int64_t *steps = NULL;
    int64_t n = 0;
    ck_ok(mq_file_replace(test_path("file"), "x", 1));
    ck_fails(mq_run_checkpoints(test_path("file"), &steps, &n), MQ_FAILED, "file/checkpoints");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("rundir");
    tcase_add_test(tc, test_paths_follow_from_the_name_alone);
    tcase_add_test(tc, test_checkpoints_are_listed_in_order_and_nothing_else_is);
    tcase_add_test(tc, test_a_pointer_names_a_step);
    tcase_add_test(tc, test_a_pointer_file_is_told_from_a_checkpoint);
    tcase_add_test(tc, test_pruning_keeps_the_newest_and_the_best);
    tcase_add_test(tc, test_clearing_leaves_nothing_of_the_old_run);
    tcase_add_test(tc, test_rewinding_forgets_what_came_later);
    tcase_add_test(tc, test_a_file_in_the_place_of_the_directory_is_named);
    return run_tests("model/rundir", tc);
}
