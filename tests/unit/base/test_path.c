// Paths, and files that appear whole or not at all.
#include "support/harness.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mq/base/path.h"

static void check_join(const char *directory, const char *name, const char *want)
{
    char path[MQ_PATH_MAX];
    ck_ok(mq_path_join(path, directory, name));
    ck_assert_str_eq(path, want);
}

START_TEST(test_joining_puts_one_slash)
{
    check_join("runs", "a", "runs/a");
    check_join("runs/", "a", "runs/a");
    check_join("/", "a", "/a");
    check_join("", "a", "a");
}
END_TEST

START_TEST(test_paths_too_long_are_errors)
{
    char path[MQ_PATH_MAX];
    char name[MQ_PATH_MAX + 10] = {0};
    memset(name, 'x', sizeof name - 1);
    ck_fails(mq_path_join(path, "d", name), MQ_FAILED, "path too long");
    ck_fails(mq_path_temporary(path, name), MQ_FAILED, "path too long");
    ck_fails(mq_make_directories(name), MQ_FAILED, "path too long");
}
END_TEST

static void check_directory(const char *path, const char *directory, const char *name)
{
    char got[MQ_PATH_MAX];
    mq_path_directory(got, path);
    ck_assert_str_eq(got, directory);
    ck_assert_str_eq(mq_path_name(path), name);
}

START_TEST(test_directory_and_name_are_the_two_halves)
{
    check_directory("a/b/c.h5", "a/b", "c.h5");
    check_directory("c.h5", ".", "c.h5");
    check_directory("/c.h5", "/", "c.h5");
    check_directory("a/", "a", "");
}
END_TEST

START_TEST(test_suffixes)
{
    ck_assert(mq_path_has_suffix("a.csv.gz", ".gz"));
    ck_assert(!mq_path_has_suffix("gz", ".gz"));
    ck_assert(mq_path_has_suffix("a", ""));
}
END_TEST

START_TEST(test_directories_are_made_with_their_parents)
{
    ck_ok(mq_make_directories(test_path("x/y/z")));
    ck_ok(mq_make_directories(test_path("x/y/z/")));
    ck_assert(mq_path_is_directory(test_path("x/y/z")));
    ck_ok(mq_file_replace(test_path("x/file"), "f", 1));
    ck_fails(mq_make_directories(test_path("x/file")), MQ_FAILED, "not a directory");
    ck_fails(mq_make_directories(test_path("x/file/below")), MQ_FAILED, "x/file");
    ck_fails(mq_make_directories(""), MQ_FAILED, "cannot create directory");
}
END_TEST

static void check_contents(const char *path, const char *want)
{
    struct mq_str text = {0};
    int64_t bytes = -1;
    ck_ok(mq_file_read(path, &text));
    ck_ok(mq_file_size(path, &bytes));
    ck_assert_int_eq(bytes, (int64_t)strlen(want));
    ck_assert_uint_eq(text.length, strlen(want));
    if (bytes > 0) ck_assert_str_eq(text.data, want);
    mq_str_release(&text);
}

// Files in a directory, hidden ones but for "." and ".." included.
static int count_files(const char *directory)
{
    DIR *stream = opendir(directory);
    ck_assert_ptr_nonnull(stream);
    int n = 0;
    while (readdir(stream) != NULL)
        n++;
    (void)closedir(stream);
    return n - 2;
}

START_TEST(test_replacing_leaves_the_new_bytes_and_nothing_else)
{
    ck_ok(mq_make_directories(test_path("replace")));
    const char *path = test_path("replace/file");
    ck_ok(mq_file_replace(path, "a long first text", 17));
    ck_ok(mq_file_replace(path, "short", 5));
    check_contents(path, "short");
    ck_ok(mq_file_replace(path, NULL, 0));
    check_contents(path, "");
    ck_assert_int_eq(count_files(test_path("replace")), 1);
}
END_TEST

START_TEST(test_a_failed_replacement_leaves_the_old_bytes_and_nothing_half_written)
{
    ck_ok(mq_make_directories(test_path("stuck/file/below"))); // a directory cannot be renamed over
    ck_fails(mq_file_replace(test_path("stuck/file"), "new", 3), MQ_FAILED, "stuck/file");
    ck_assert_int_eq(count_files(test_path("stuck")), 1);
    ck_assert(mq_path_is_directory(test_path("stuck/file/below")));
    ck_fails(mq_file_replace(test_path("absent/file"), "new", 3), MQ_FAILED, "No such file");
}
END_TEST

START_TEST(test_publishing_moves_the_temporary_file_into_place)
{
    char temporary[MQ_PATH_MAX];
    const char *path = test_path("published");
    ck_ok(mq_path_temporary(temporary, path));
    char beside[MQ_PATH_MAX];
    mq_path_directory(beside, temporary);
    ck_assert_str_eq(beside, test_directory());
    ck_ok(mq_file_replace(temporary, "whole", 5));
    ck_assert(!mq_path_exists(path));
    ck_ok(mq_file_publish(temporary, path));
    ck_assert(!mq_path_exists(temporary));
    check_contents(path, "whole");
    ck_fails(mq_file_publish(temporary, path), MQ_FAILED, "No such file");
    check_contents(path, "whole");
}
END_TEST

START_TEST(test_a_published_directory_changes_places_with_the_old_one)
{
    ck_ok(mq_make_directories(test_path("new")));
    ck_ok(mq_file_replace(test_path("new/file"), "new", 3));
    ck_ok(mq_directory_publish(test_path("new"), test_path("shown")));
    ck_assert(!mq_path_exists(test_path("new")));
    check_contents(test_path("shown/file"), "new");
    ck_ok(mq_make_directories(test_path("newer")));
    ck_ok(mq_file_replace(test_path("newer/file"), "newer", 5));
    ck_ok(mq_directory_publish(test_path("newer"), test_path("shown")));
    check_contents(test_path("shown/file"), "newer");
    check_contents(test_path("newer/file"), "new");
    ck_fails(mq_directory_publish(test_path("absent"), test_path("shown")), MQ_FAILED,
             "No such file");
    check_contents(test_path("shown/file"), "newer");
}
END_TEST

START_TEST(test_a_first_directory_is_published_by_one_of_two_and_the_last_one_stays)
{
    ck_ok(mq_make_directories(test_path("race/a")));
    ck_ok(mq_make_directories(test_path("race/b")));
    ck_ok(mq_file_replace(test_path("race/a/file"), "a", 1));
    ck_ok(mq_file_replace(test_path("race/b/file"), "b", 1));
    ck_ok(mq_make_directories(test_path("race/shown"))); // as if it had come in between
    ck_ok(mq_directory_publish(test_path("race/a"), test_path("race/shown")));
    ck_ok(mq_directory_publish(test_path("race/b"), test_path("race/shown")));
    check_contents(test_path("race/shown/file"), "b");
    check_contents(test_path("race/b/file"), "a");
}
END_TEST

// What another process calls its temporary file, once it has ended.
static void temporary_of_a_dead_process(char out[MQ_PATH_MAX], const char *path)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        memset(out, 0, MQ_PATH_MAX); // all of it is sent
        const bool is_made = mq_path_temporary(out, path) == MQ_OK;
        _exit(is_made && write(ends[1], out, MQ_PATH_MAX) == MQ_PATH_MAX ? 0 : 1);
    }
    int code = 1;
    ck_assert_int_eq(waitpid(child, &code, 0), child);
    ck_assert_int_eq(code, 0);
    ck_assert_int_eq(read(ends[0], out, MQ_PATH_MAX), MQ_PATH_MAX);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

START_TEST(test_processes_have_temporary_names_of_their_own)
{
    char own[MQ_PATH_MAX];
    char again[MQ_PATH_MAX];
    char other[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(own, "file"));
    ck_ok(mq_path_temporary(again, "file"));
    temporary_of_a_dead_process(other, "file");
    ck_assert_str_eq(own, again);
    ck_assert_str_ne(own, other);
    ck_assert(mq_path_has_suffix(own, ".tmp") && strncmp(own, "file.", 5) == 0);
}
END_TEST

START_TEST(test_only_what_dead_processes_left_of_the_same_path_is_removed)
{
    char dead[MQ_PATH_MAX];
    char folder[MQ_PATH_MAX];
    char alive[MQ_PATH_MAX];
    char other[MQ_PATH_MAX];
    ck_ok(mq_make_directories(test_path("left")));
    temporary_of_a_dead_process(dead, test_path("left/file"));
    temporary_of_a_dead_process(folder, test_path("left/file"));
    temporary_of_a_dead_process(other, test_path("left/file2"));
    ck_ok(mq_path_temporary(alive, test_path("left/file")));
    ck_ok(mq_file_replace(dead, "x", 1));
    ck_ok(mq_make_directories(folder));
    ck_ok(mq_file_replace(other, "x", 1));
    ck_ok(mq_file_replace(alive, "x", 1));
    ck_ok(mq_file_replace(test_path("left/file.tmp"), "x", 1));
    mq_temporaries_clean(test_path("left/file"));
    ck_assert(!mq_path_exists(dead) && !mq_path_exists(folder));
    ck_assert(mq_path_exists(alive) && mq_path_exists(other));
    ck_assert(mq_path_exists(test_path("left/file.tmp")));
}
END_TEST

START_TEST(test_two_names_of_a_file_are_the_same_and_copies_are_not)
{
    ck_ok(mq_file_replace(test_path("one"), "x", 1));
    ck_ok(mq_file_replace(test_path("copy"), "x", 1));
    ck_assert_int_eq(symlink(test_path("one"), test_path("link")), 0);
    ck_assert(mq_path_is_same(test_path("one"), test_path("link")));
    ck_assert(!mq_path_is_same(test_path("one"), test_path("copy")));
    ck_assert(!mq_path_is_same(test_path("one"), test_path("absent")));
}
END_TEST

START_TEST(test_reading_appends_and_names_what_it_cannot_read)
{
    struct mq_str text = {0};
    int64_t bytes = 0;
    ck_ok(mq_file_replace(test_path("tail"), "tail", 4));
    ck_ok(mq_str_add(&text, "head "));
    ck_ok(mq_file_read(test_path("tail"), &text));
    ck_assert_str_eq(text.data, "head tail");
    ck_fails(mq_file_read(test_path("gone"), &text), MQ_FAILED, "gone: No such file");
    ck_fails(mq_file_read(test_directory(), &text), MQ_FAILED, "Is a directory");
    ck_fails(mq_file_size(test_path("gone"), &bytes), MQ_FAILED, "gone: No such file");
    mq_str_release(&text);
}
END_TEST

START_TEST(test_removing_what_is_not_there_is_fine)
{
    ck_ok(mq_file_replace(test_path("short-lived"), "x", 1));
    ck_ok(mq_file_remove(test_path("short-lived")));
    ck_assert(!mq_path_exists(test_path("short-lived")));
    ck_ok(mq_file_remove(test_path("short-lived")));
    ck_fails(mq_file_remove(test_directory()), MQ_FAILED, "cannot remove");
}
END_TEST

START_TEST(test_no_more_is_read_than_may_be)
{
    struct mq_str text = {0};
    ck_ok(mq_file_replace(test_path("five"), "12345", 5));
    ck_ok(mq_file_read_most(test_path("five"), 5, &text));
    ck_assert_str_eq(text.data, "12345");
    ck_fails(mq_file_read_most(test_path("five"), 4, &text), MQ_DATA, "five: more than 4 bytes");
    ck_fails(mq_file_read_most("/dev/zero", 1 << 20, &text), MQ_DATA, "more than 1048576 bytes");
    mq_str_release(&text);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("path");
    tcase_add_test(tc, test_joining_puts_one_slash);
    tcase_add_test(tc, test_paths_too_long_are_errors);
    tcase_add_test(tc, test_directory_and_name_are_the_two_halves);
    tcase_add_test(tc, test_suffixes);
    tcase_add_test(tc, test_directories_are_made_with_their_parents);
    tcase_add_test(tc, test_replacing_leaves_the_new_bytes_and_nothing_else);
    tcase_add_test(tc, test_a_failed_replacement_leaves_the_old_bytes_and_nothing_half_written);
    tcase_add_test(tc, test_publishing_moves_the_temporary_file_into_place);
    tcase_add_test(tc, test_a_published_directory_changes_places_with_the_old_one);
    tcase_add_test(tc, test_a_first_directory_is_published_by_one_of_two_and_the_last_one_stays);
    tcase_add_test(tc, test_processes_have_temporary_names_of_their_own);
    tcase_add_test(tc, test_only_what_dead_processes_left_of_the_same_path_is_removed);
    tcase_add_test(tc, test_two_names_of_a_file_are_the_same_and_copies_are_not);
    tcase_add_test(tc, test_reading_appends_and_names_what_it_cannot_read);
    tcase_add_test(tc, test_removing_what_is_not_there_is_fine);
    tcase_add_test(tc, test_no_more_is_read_than_may_be);
    return run_tests("base/path", tc);
}
