// Runs Check suites, serial or under MPI.
#define _GNU_SOURCE // nftw

#include "support/harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"

static struct mq_world *world;
static char directory[128];
static size_t live_before;

struct mq_world *test_world(void)
{
    return world;
}

const char *test_directory(void)
{
    if (directory[0] == '\0') {
        const char *base = getenv("TMPDIR");
        (void)snprintf(directory, sizeof directory, "%s/mqcast-test-XXXXXX",
                       base != NULL && base[0] != '\0' ? base : "/tmp");
        if (mkdtemp(directory) == NULL) abort();
    }
    return directory;
}

const char *test_path(const char *name)
{
    static char paths[8][MQ_PATH_MAX];
    static int next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, MQ_PATH_MAX, "%s/%s", test_directory(), name);
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remember_live_bytes(void)
{
    live_before = mq_alloc_live_bytes();
}

static void check_live_bytes(void)
{
    ck_assert_msg(mq_alloc_live_bytes() == live_before, "%zu bytes live after the test, %zu before",
                  mq_alloc_live_bytes(), live_before);
}

static int run(const char *name, TCase *tcase, enum print_output verbosity)
{
    tcase_set_timeout(tcase, 110);
    tcase_add_checked_fixture(tcase, remember_live_bytes, check_live_bytes);
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, verbosity);
    const int failed = srunner_ntests_failed(runner);
    if (failed > 0 && verbosity == CK_MINIMAL) srunner_print(runner, CK_NORMAL);
    srunner_free(runner);
    return failed;
}

int run_tests(const char *name, TCase *tcase)
{
    (void)test_directory(); // made before any fork, so that one clean-up removes everything
    const int failed = run(name, tcase, CK_NORMAL);
    (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_mpi_tests(const char *name, TCase *tcase)
{
    if (mq_world_open(&world, 0) != MQ_OK) {
        (void)fprintf(stderr, "%s\n", mq_error_get()->message);
        return EXIT_FAILURE;
    }
    // Every rank sees rank 0's directory.
    if (mq_rank(world) == 0) (void)test_directory();
    if (mq_broadcast(world, directory, sizeof directory) != MQ_OK) return EXIT_FAILURE;
    const int failed = run(name, tcase, mq_rank(world) == 0 ? CK_NORMAL : CK_MINIMAL);
    if (failed != 0) mq_world_abort(world, MQ_FAILED);
    if (mq_barrier(world) != MQ_OK) return EXIT_FAILURE;
    if (mq_rank(world) == 0) (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    mq_world_close(world);
    return EXIT_SUCCESS;
}
