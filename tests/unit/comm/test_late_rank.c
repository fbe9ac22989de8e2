#include "support/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "mq/comm/world.h"

/// Starts this program again as a job of three, which does `scene`, and collects what it says.
static int run_job(const char *scene, char *output, size_t room)
{
    char self[512] = "";
    ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "timeout -k 5 60 mpirun --oversubscribe -q -n 3 '%s' %s 2>&1", self, scene);
    FILE *job = popen(command, "r");
    ck_assert_ptr_nonnull(job);
    output[fread(output, 1, room - 1, job)] = '\0';
    return pclose(job);
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void sleep_s(double seconds)
{
    (void)usleep((useconds_t)(1e6 * seconds));
}

static void describe(const void *context, int rank, char text[MQ_DESCRIBE_MAX])
{
    (void)snprintf(text, MQ_DESCRIBE_MAX, "%s %d", (const char *)context, rank);
}

/// A rank; `late` comes after `late_s`, once it was stopped for good when that is negative.
static int be_a_rank(int late, double late_s, double warn_s, double end_s)
{
    struct mq_world *world = NULL;
    if (mq_world_open(&world, 3) != MQ_OK) return EXIT_FAILURE;
    mq_log_configure(MQ_LOG_WARN, mq_rank(world));
    mq_world_watch(world, warn_s, end_s);
    mq_world_describe(world, describe, "the lane of");
    mq_status status = mq_barrier(world);
    if (mq_rank(world) == late && late_s < 0) (void)raise(SIGSTOP);
    if (mq_rank(world) == late) sleep_s(late_s);
    for (int i = 0; i < 3 && status == MQ_OK; i++)
        status = mq_barrier(world);
    status = mq_agree(world, status);
    if (status != MQ_OK && mq_world_speaks(world)) mq_log_error(mq_error_get());
    mq_world_close(world);
    return status;
}

START_TEST(test_late_rank_is_named_once_and_the_others_go_on)
{
    char output[4096];
    ck_assert_int_eq(run_job("warned", output, sizeof output), 0);
    ck_assert_msg(strstr(output, "rank 1 (pid ") != NULL, "said: %s", output);
    ck_assert_msg(strstr(output, ", sleeping, the lane of 1) has not arrived for") != NULL,
                  "said: %s", output);
    ck_assert_msg(count(output, "has not arrived") == 1, "said: %s", output);
    ck_assert_msg(count(output, "all ranks have arrived") == 1, "said: %s", output);
}
END_TEST

START_TEST(test_patience_keeps_silent)
{
    char output[4096];
    ck_assert_int_eq(run_job("patient", output, sizeof output), 0);
    ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(test_rank_that_stays_away_ends_the_job_whoever_it_is)
{
    char output[4096];
    char want[64];
    const char *scenes[] = {"without-0", "without-1", "without-2"};
    ck_assert_int_ne(run_job(scenes[_i], output, sizeof output), 0);
    (void)snprintf(want, sizeof want, "error: rank %d (pid ", _i);
    ck_assert_msg(strstr(output, want) != NULL, "said: %s", output);
    ck_assert_msg(strstr(output, ", stopped, the lane of") != NULL, "said: %s", output);
    ck_assert_msg(count(output, "error: ") == 1, "said: %s", output);
}
END_TEST

int main(int argc, char **argv)
{
    const char *scene = argc > 1 ? argv[1] : "";
    if (strcmp(scene, "warned") == 0) return be_a_rank(1, 4.5, 1, 30);
    if (strcmp(scene, "patient") == 0) return be_a_rank(1, 2.5, 0, 0);
    if (strncmp(scene, "without-", 8) == 0) return be_a_rank(atoi(scene + 8), -1, 0, 1);
    TCase *tc = tcase_create("late rank");
    tcase_add_test(tc, test_late_rank_is_named_once_and_the_others_go_on);
    tcase_add_test(tc, test_patience_keeps_silent);
    tcase_add_loop_test(tc, test_rank_that_stays_away_ends_the_job_whoever_it_is, 0, 3);
    return run_tests("comm/late_rank", tc);
}
