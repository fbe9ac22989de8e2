/// What every test program shares: one suite, run and reported, with no live bytes at the end.
///
///     START_TEST(test_a_says_b) { ... } END_TEST
///     int main(void) { TCase *tc = tcase_create("unit"); tcase_add_test(tc, ...); return
///     run_tests("base/str", tc); }
///
/// After each test mq_alloc_live_bytes() must be what it was before: leaks fail the test.
#ifndef TESTS_SUPPORT_HARNESS_H
#define TESTS_SUPPORT_HARNESS_H

#include <check.h>

#include "mq/comm/world.h"

/// Runs the case as a suite of its own; the exit code of the program. Fork mode unless CK_FORK=no.
int run_tests(const char *name, TCase *tcase);

/// The same under MPI: opens the world first (test_world()), aborts the whole job on the first
/// failed check (a rank that left early would leave the others in a collective), ranks other than
/// 0 are silent.
int run_mpi_tests(const char *name, TCase *tcase);
struct mq_world *test_world(void);

/// Fails with the recorded error message unless `call` gives MQ_OK.
#define ck_ok(call)                                                                                \
    do {                                                                                           \
        const mq_status ck_status_ = (call);                                                       \
        ck_assert_msg(ck_status_ == MQ_OK, "%s: status %d: %s", #call, ck_status_,                 \
                      mq_error_get()->message);                                                    \
    } while (0)
/// The call must fail with this status and a message that contains `part`.
#define ck_fails(call, status, part)                                                               \
    do {                                                                                           \
        const mq_status ck_status_ = (call);                                                       \
        ck_assert_msg(ck_status_ == (status), "%s: got status %d, want %d: %s", #call, ck_status_, \
                      (status), ck_status_ == MQ_OK ? "" : mq_error_get()->message);               \
        ck_assert_msg(strstr(mq_error_get()->message, part) != NULL, "%s: '%s' lacks '%s'", #call, \
                      mq_error_get()->message, part);                                              \
    } while (0)

/// A fresh directory for this test program, removed at exit of run_tests.
const char *test_directory(void);
/// Path of `name` in it; static storage, valid until eight further calls.
const char *test_path(const char *name);

#endif
