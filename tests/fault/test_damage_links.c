// Names, links and modes: publishing replaces a name and writes through none, removing follows
// none, reading waits for none, and no file brings code along.
#include "support/harness.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mq/base/path.h"
#include "mq/data/csv_writer.h"
#include "mq/h5/file.h"
#include "mq/model/checkpoint.h"
#include "mq/model/manifest.h"
#include "mq/model/rundir.h"
#include "mq/train/runlog.h"

static const char precious[] = "not to be touched";

// ---- the ways in which mqcast publishes a file ---------------------------------------------------

static mq_status publish_text(const char *path)
{
    return mq_file_replace(path, "new", 3);
}

static mq_status publish_h5(const char *path)
{
    struct mq_h5 *file;
    MQ_TRY(mq_h5_create(&file, path));
    return mq_h5_publish(file);
}

static mq_status publish_sealed(const char *path)
{
    struct mq_h5 *file;
    MQ_TRY(mq_h5_create_in_memory(&file, path));
    return mq_h5_publish(file);
}

static mq_status publish_csv(const char *path)
{
    struct mq_csv_writer *writer;
    MQ_TRY(mq_csv_create(&writer, path));
    mq_csv_put_text(writer, "new");
    mq_csv_end_row(writer);
    return mq_csv_publish(writer);
}

static mq_status (*const publish[])(const char *path) = {publish_text, publish_h5, publish_sealed,
                                                         publish_csv};
enum { WAYS = sizeof publish / sizeof *publish };

static mode_t mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(lstat(path, &info), 0);
    return info.st_mode;
}

static void check_precious(const char *path)
{
    struct mq_str text = {0};
    ck_ok(mq_file_read(path, &text));
    ck_assert_str_eq(text.data, precious);
    mq_str_release(&text);
}

/// A file of that name in a directory of its own for each way and test.
static void fresh(char path[MQ_PATH_MAX], const char *test, int way, const char *name)
{
    (void)snprintf(path, MQ_PATH_MAX, "%s/%s-%d", test_directory(), test, way);
    ck_ok(mq_make_directories(path));
    (void)snprintf(path, MQ_PATH_MAX, "%s/%s-%d/%s", test_directory(), test, way, name);
}

static void make_precious(const char *path)
{
    ck_ok(mq_file_replace(path, precious, strlen(precious)));
}

static int count_entries(const char *path)
{
    char command[MQ_PATH_MAX + 32];
    char directory[MQ_PATH_MAX];
    int n = -1;
    mq_path_directory(directory, path);
    (void)snprintf(command, sizeof command, "ls -A '%s' | wc -l", directory);
    FILE *list = popen(command, "r");
    ck_assert_ptr_nonnull(list);
    ck_assert_int_eq(fscanf(list, "%d", &n), 1);
    (void)pclose(list);
    return n;
}

START_TEST(test_a_link_gives_way_and_what_it_leads_to_stays)
{
    char victim[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    fresh(victim, "symbolic", _i, "victim");
    fresh(path, "symbolic", _i, "out");
    make_precious(victim);
    ck_assert_int_eq(symlink("victim", path), 0);
    ck_ok(publish[_i](path));
    check_precious(victim);
    ck_assert(S_ISREG(mode_of(path)));
    ck_assert_int_eq(count_entries(path), 2);
}
END_TEST

START_TEST(test_the_other_name_of_a_hard_link_keeps_the_old_file)
{
    char victim[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    fresh(victim, "hard", _i, "victim");
    fresh(path, "hard", _i, "out");
    make_precious(victim);
    ck_assert_int_eq(link(victim, path), 0);
    ck_ok(publish[_i](path));
    check_precious(victim);
}
END_TEST

START_TEST(test_a_directory_and_a_pipe_keep_their_name)
{
    char path[MQ_PATH_MAX];
    fresh(path, "special", _i, "out");
    ck_ok(mq_make_directories(path));
    ck_fails(publish[_i](path), MQ_FAILED, "out: is a directory: not replaced");
    ck_assert(S_ISDIR(mode_of(path)));
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_fails(publish[_i](path), MQ_FAILED, "out: is not a plain file: not replaced");
    ck_assert(S_ISFIFO(mode_of(path)));
    ck_assert_int_eq(count_entries(path), 1);
}
END_TEST

// Who knows host and process can guess the temporary name.
START_TEST(test_a_link_planted_under_the_temporary_name_is_not_written_through)
{
    char victim[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    char temporary[MQ_PATH_MAX];
    fresh(victim, "planted", _i, "victim");
    fresh(path, "planted", _i, "out");
    make_precious(victim);
    ck_ok(mq_path_temporary(temporary, path));
    ck_assert_int_eq(symlink(victim, temporary), 0);
    ck_ok(publish[_i](path));
    check_precious(victim);
    ck_assert(S_ISREG(mode_of(path)));
    ck_assert_int_eq(count_entries(path), 2);
}
END_TEST

START_TEST(test_modes_follow_the_umask)
{
    static const mode_t masks[] = {0022, 0027, 0077, 0000};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char path[MQ_PATH_MAX];
        fresh(path, "mode", _i, "out");
        const mode_t old = umask(masks[i]);
        ck_ok(publish[_i](path));
        (void)umask(old);
        ck_assert_uint_eq(mode_of(path) & 07777, 0666 & ~masks[i]);
    }
}
END_TEST

START_TEST(test_directories_are_made_exclusively_and_with_the_umask)
{
    char path[MQ_PATH_MAX];
    fresh(path, "directory", 0, "made");
    const mode_t old = umask(0027);
    ck_ok(mq_directory_create(path));
    (void)umask(old);
    ck_assert_uint_eq(mode_of(path) & 07777, 0750);
    ck_fails(mq_directory_create(path), MQ_FAILED, "made: cannot create directory: File exists");
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_fails(mq_directory_create(path), MQ_FAILED, "File exists");
}
END_TEST

START_TEST(test_removing_a_directory_does_not_follow_a_link)
{
    char victim[MQ_PATH_MAX];
    char link[MQ_PATH_MAX];
    char directory[MQ_PATH_MAX];
    fresh(victim, "victims", 0, "victim");
    fresh(link, "removing", 0, "link");
    make_precious(victim);
    mq_path_directory(directory, victim);
    ck_assert_int_eq(symlink(directory, link), 0);
    ck_ok(mq_directory_remove(link));
    ck_assert(!mq_path_exists(link));
    check_precious(victim);
}
END_TEST

START_TEST(test_what_dead_processes_left_is_removed_and_no_link_followed)
{
    char victim[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    char directory[MQ_PATH_MAX];
    char left[MQ_PATH_MAX];
    fresh(victim, "bystanders", 0, "victim");
    fresh(path, "left", 0, "out");
    make_precious(victim);
    mq_path_directory(directory, victim);
    const pid_t child = fork();
    if (child == 0) { // its name beside `path`, a link
        char own[MQ_PATH_MAX];
        _exit(mq_path_temporary(own, path) == MQ_OK && symlink(directory, own) == 0 ? 0 : 1);
    }
    int state = 0;
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert_int_eq(state, 0);
    ck_assert_int_eq(count_entries(path), 1);
    ck_ok(mq_temporary_begin(left, path));
    ck_assert_int_eq(count_entries(path), 0);
    check_precious(victim);
}
END_TEST

START_TEST(test_a_log_is_not_written_through_a_link)
{
    char victim[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    struct mq_runlog *log;
    fresh(victim, "log", 0, "victim");
    fresh(path, "log", 0, "log.jsonl");
    ck_ok(mq_file_replace(victim, "", 0));
    ck_assert_int_eq(symlink("victim", path), 0);
    ck_fails(mq_runlog_open(&log, path, 0), MQ_FAILED, "log.jsonl: Too many levels");
}
END_TEST

// A pipe in the place of a file, without anybody at its other end.
START_TEST(test_reading_does_not_wait_for_a_pipe)
{
    char path[MQ_PATH_MAX];
    char run[MQ_PATH_MAX];
    char found[MQ_PATH_MAX];
    struct mq_h5 *file;
    json_t *manifest;
    int64_t step;
    (void)alarm(20);
    fresh(path, "pipe", 0, "panel.h5");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_fails(mq_h5_open(&file, path), MQ_FAILED, "panel.h5: is not a plain file");
    ck_assert(!mq_run_is_pointer(path, found));
    fresh(path, "pipe", 0, "manifest.json");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_fails(mq_forecast_verify(path, &manifest), MQ_DATA, "manifest.json: missing");
    fresh(path, "pipe-run", 0, "checkpoints");
    ck_ok(mq_make_directories(path));
    mq_path_directory(run, path);
    ck_ok(mq_path_join(found, path, "latest"));
    ck_assert_int_eq(mkfifo(found, 0600), 0);
    ck_fails(mq_run_pointer(run, "latest", &step), MQ_DATA, "latest: does not name a checkpoint");
}
END_TEST

START_TEST(test_pointers_lead_to_checkpoints_of_their_run_alone)
{
    static const char *const texts[] = {"../../other/step-000000001.h5\n",
                                        "/etc/passwd\n",
                                        "step-1/../../x.h5",
                                        "step-000000001.h5/..",
                                        "",
                                        "\n"};
    char path[MQ_PATH_MAX];
    char run[MQ_PATH_MAX];
    char pointer[MQ_PATH_MAX];
    char found[MQ_PATH_MAX];
    int64_t step;
    fresh(path, "pointers", 0, "checkpoints");
    ck_ok(mq_make_directories(path));
    mq_path_directory(run, path);
    ck_ok(mq_path_join(pointer, path, "best"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_ok(mq_file_replace(pointer, texts[i], strlen(texts[i])));
        ck_fails(mq_run_pointer(run, "best", &step), MQ_DATA, "best: does not name a checkpoint");
        ck_assert(!mq_run_is_pointer(pointer, found));
    }
}
END_TEST

START_TEST(test_names_found_in_files_are_entries_of_a_directory)
{
    static const char *const good[] = {"part-00000.h5", "..h5", "a b", "\xc3\xa9"};
    static const char *const bad[] = {"", ".", "..", "/etc/passwd", "../a", "a/b", "a\nb", "\x7f"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(mq_path_is_entry(good[i]), "'%s'", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!mq_path_is_entry(bad[i]), "'%s'", bad[i]);
}
END_TEST

// ---- plug-ins ------------------------------------------------------------------------------------

/// A file whose group and dataset go through the plug-in's filter, and which HDF5 alone reads.
static int write_filtered(const char *path)
{
    const hsize_t size = 64;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    const hid_t group_creation = H5Pcreate(H5P_GROUP_CREATE);
    (void)H5Pset_filter(group_creation, 32123, H5Z_FLAG_MANDATORY, 0, NULL);
    (void)H5Pset_link_phase_change(group_creation, 0, 0);
    const hid_t group = H5Gcreate2(file, "/series", H5P_DEFAULT, group_creation, H5P_DEFAULT);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_chunk(creation, 1, &size);
    (void)H5Pset_filter(creation, 32123, H5Z_FLAG_MANDATORY, 0, NULL);
    const hid_t space = H5Screate_simple(1, &size, NULL);
    static const int64_t values[64] = {1};
    const hid_t dataset =
        H5Dcreate2(group, "start", H5T_STD_I64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const herr_t written =
        H5Dwrite(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    (void)H5Dclose(dataset);
    (void)H5Gclose(group);
    return written < 0 || H5Fclose(file) < 0 ? 1 : 0;
}

static int read_filtered(const char *path)
{
    int64_t values[64];
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, "/series/start", H5P_DEFAULT);
    return H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0 ? 1 : 0;
}

static int read_as_ours(const char *path)
{
    struct mq_h5 *file = NULL;
    int64_t values[64];
    char **names = NULL;
    int64_t n = 0;
    const struct mq_h5_shape shape = {1, {64}};
    if (mq_h5_open(&file, path) != MQ_OK) return 1;
    if (mq_h5_members(file, "/series", &names, &n) == MQ_OK) return 2;
    return mq_h5_read(file, "/series/start", MQ_H5_I64, shape, values) == MQ_DATA ? 0 : 3;
}

static int apart(int (*what)(const char *path), const char *path)
{
    int state = 0;
    const pid_t child = fork();
    if (child == 0) _exit(what(path));
    ck_assert_int_eq(waitpid(child, &state, 0), child);
    ck_assert(WIFEXITED(state));
    return WEXITSTATUS(state);
}

START_TEST(test_no_file_makes_us_load_a_plugin)
{
    const char *mark = test_path("mark");
    const char *path = test_path("filtered.h5");
    ck_assert_int_eq(setenv("HDF5_PLUGIN_PATH", PLUGINS, 1), 0);
    ck_assert_int_eq(setenv("MQ_TEST_MARK", mark, 1), 0);
    ck_assert_int_eq(apart(write_filtered, path), 0);
    ck_ok(mq_file_remove(mark));
    ck_assert_int_eq(apart(read_filtered, path), 0);
    ck_assert(mq_path_exists(mark)); // HDF5 does load it
    ck_ok(mq_file_remove(mark));
    ck_assert_int_eq(apart(read_as_ours, path), 0);
    ck_assert(!mq_path_exists(mark));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("links");
    tcase_add_loop_test(tc, test_a_link_gives_way_and_what_it_leads_to_stays, 0, WAYS);
    tcase_add_loop_test(tc, test_the_other_name_of_a_hard_link_keeps_the_old_file, 0, WAYS);
    tcase_add_loop_test(tc, test_a_directory_and_a_pipe_keep_their_name, 0, WAYS);
    tcase_add_loop_test(tc, test_a_link_planted_under_the_temporary_name_is_not_written_through, 0,
                        WAYS);
    tcase_add_loop_test(tc, test_modes_follow_the_umask, 0, WAYS);
    tcase_add_test(tc, test_directories_are_made_exclusively_and_with_the_umask);
    tcase_add_test(tc, test_removing_a_directory_does_not_follow_a_link);
    tcase_add_test(tc, test_what_dead_processes_left_is_removed_and_no_link_followed);
    tcase_add_test(tc, test_a_log_is_not_written_through_a_link);
    tcase_add_test(tc, test_reading_does_not_wait_for_a_pipe);
    tcase_add_test(tc, test_pointers_lead_to_checkpoints_of_their_run_alone);
    tcase_add_test(tc, test_names_found_in_files_are_entries_of_a_directory);
    tcase_add_test(tc, test_no_file_makes_us_load_a_plugin);
    return run_tests("fault/damage_links", tc);
}
