// ranks: 1 2
// Every verb with its n-th allocation failing, for all n: an error that says so on all ranks, no
// leak, nothing half-written, no hang.
//
// Failing are the counted allocations of this library, and those of jansson and libyaml, which here
// ask the same counter. MQ_ALLOCATIONS says how many of each verb's allocations fail, spread evenly;
// "all" for every one.
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "support/harness.h"
#include "support/verbs.h"

#ifdef __SANITIZE_ADDRESS__
enum { SAMPLE = 2 }; // many times as slow
#else
enum { SAMPLE = 16 };
#endif
enum { PATIENCE_S = 60 };

static int64_t failed;
static char doing[128];

// ---- other libraries ask the same counter -------------------------------------------------------

static bool is_refused(void)
{
    void *probe = mq_calloc(1, 1);
    mq_free(probe);
    return probe == NULL;
}

static void *counted_malloc(size_t size)
{
    return is_refused() ? NULL : malloc(size);
}

// In front of libyaml's own, because the dynamic linker searches the program first.
void *yaml_malloc(size_t size);
void *yaml_realloc(void *pointer, size_t size);
char *yaml_strdup(const char *text);

void *yaml_malloc(size_t size)
{
    return counted_malloc(size > 0 ? size : 1);
}

void *yaml_realloc(void *pointer, size_t size)
{
    return is_refused() ? NULL : realloc(pointer, size > 0 ? size : 1);
}

char *yaml_strdup(const char *text)
{
    return text == NULL || is_refused() ? NULL : strdup(text);
}

// ---- one failure --------------------------------------------------------------------------------

static void give_up(int number)
{
    (void)number;
    (void)!write(STDERR_FILENO, "hang: ", 6);
    (void)!write(STDERR_FILENO, doing, strlen(doing));
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(EXIT_FAILURE);
}

// True when there was an n-th allocation on that rank.
static bool fail_one(const struct verb *verb, uint64_t n, int rank, const char *expected)
{
    struct mq_world *world = test_world();
    const bool is_chosen = mq_rank(world) == rank;
    (void)snprintf(doing, sizeof doing, "%s, allocation %llu of rank %d", verb->name,
                   (unsigned long long)n, rank);
    verb_reset(verb, world);
    const size_t live = mq_alloc_live_bytes();
    (void)alarm(PATIENCE_S);
    (void)mq_alloc_fail_at(is_chosen ? n : 0);
    const mq_status status = verb_run(verb, world);
    int64_t has_failed = mq_alloc_fail_at(0) == 0 && is_chosen;
    (void)alarm(0);
    ck_assert_msg(mq_alloc_live_bytes() == live, "%s: %zu bytes live, %zu before", doing,
                  mq_alloc_live_bytes(), live);
    ck_ok(mq_sum_i64(world, &has_failed, 1));
    // A failure that costs nothing but a figure in the log may be passed over.
    ck_assert_msg(status == MQ_OK || (status == MQ_FAILED && mq_is_out_of_memory()),
                  "%s: status %d: %s", doing, status, mq_error_get()->message);
    ck_ok(mq_barrier(world));
    if (mq_rank(world) != 0) return has_failed > 0;
    char outcome[VERB_OUTCOME_MAX];
    verb_outcome(verb, outcome);
    const bool is_passed_over = status == MQ_OK && has_failed > 0;
    ck_assert_msg(!is_passed_over || strcmp(outcome, expected) == 0, "%s: another result", doing);
    failed += has_failed;
    return has_failed > 0;
}

// ---- all of them --------------------------------------------------------------------------------

static int64_t sample_size(void)
{
    const char *text = getenv("MQ_ALLOCATIONS");
    if (text == NULL) return SAMPLE;
    return strcmp(text, "all") == 0 ? INT64_MAX : strtoll(text, NULL, 10);
}

static int64_t count_allocations(const struct verb *verb, char expected[VERB_OUTCOME_MAX])
{
    verb_reset(verb, test_world());
    const uint64_t before = mq_alloc_calls();
    ck_ok(verb_run(verb, test_world()));
    const uint64_t n = mq_alloc_calls() - before;
    ck_ok(mq_barrier(test_world()));
    if (mq_rank(test_world()) == 0) verb_outcome(verb, expected);
    double most = (double)n;
    ck_ok(mq_max_f64(test_world(), &most, 1));
    return (int64_t)most;
}

static void fail_all(const struct verb *verb)
{
    char expected[VERB_OUTCOME_MAX] = "";
    if (mq_size(test_world()) > 1 && !verb_is_collective(verb)) return;
    const int64_t n = count_allocations(verb, expected);
    const int64_t sample = mq_min_i64(n, sample_size());
    const char *only = getenv("MQ_VERB");
    if (only != NULL && strcmp(only, verb->name) != 0) return;
    for (int rank = 0; rank < mq_size(test_world()); rank++)
        for (int64_t i = 0; i < sample; i++)
            (void)fail_one(verb, (uint64_t)(1 + i * n / sample), rank, expected);
    // Past the end nothing fails: the count was right.
    ck_assert(!fail_one(verb, (uint64_t)(2 * n + 100), 0, expected));
}

START_TEST(test_every_failed_allocation_is_a_clean_error)
{
    (void)signal(SIGALRM, give_up);
    json_set_alloc_funcs(counted_malloc, free);
    verbs_prepare(test_world());
    for (const struct verb *verb = verbs; verb->name != NULL; verb++)
        fail_all(verb);
    if (mq_rank(test_world()) == 0)
        printf("counts: allocations_failed=%lld clean=%lld leaks=0 crashes=0 hangs=0\n",
               (long long)failed, (long long)failed);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("out_of_memory");
    tcase_add_test(tc, test_every_failed_allocation_is_a_clean_error);
    return run_mpi_tests("mpi/out_of_memory", tc);
}
