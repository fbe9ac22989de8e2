#include "support/harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "mq/comm/reducer.h"

/// Starts this program again as a job of three, in which a rank dies in the middle of a step, and
/// collects what the job says.
static void run_job(const char *stage, int rank, char *output, size_t room)
{
    char self[512] = "";
    ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "timeout -k 5 60 mpirun --oversubscribe -q -n 3 '%s' %s %d 2>&1", self, stage,
                   rank);
    FILE *job = popen(command, "r");
    ck_assert_ptr_nonnull(job);
    output[fread(output, 1, room - 1, job)] = '\0';
    ck_assert_int_ne(pclose(job), 0);
}

/// Every rank steps; one kills itself before the third sum.
static mq_status step_until_death(struct mq_world *world, struct mq_reducer *reducer, bool in_agree,
                                  int victim)
{
    mq_real gradients[100] = {0};
    for (int step = 0; step < 5; step++) {
        if (step == 2 && mq_rank(world) == victim) (void)kill(getpid(), SIGKILL);
        mq_reducer_begin(reducer);
        mq_reducer_lane(reducer, 0, gradients, 0);
        if (in_agree) MQ_TRY(mq_agree(world, MQ_OK));
        MQ_TRY(mq_reducer_end(reducer, gradients, NULL, NULL));
    }
    return MQ_OK;
}

static int be_a_rank(bool in_agree, int victim)
{
    (void)signal(SIGTERM, SIG_IGN); // the launcher's: the message must come all the same
    struct mq_world *world = NULL;
    struct mq_reducer *reducer = NULL;
    if (mq_world_open(&world, 3) != MQ_OK) return EXIT_FAILURE;
    if (mq_reducer_new(&reducer, world, 100, 0, 3, 1, 80) != MQ_OK) return EXIT_FAILURE;
    const mq_status status = step_until_death(world, reducer, in_agree, victim);
    if (mq_world_speaks(world)) mq_log_error(mq_error_get());
    mq_world_abort(world, status);
}

static void check_message(const char *stage, int rank)
{
    char output[4096];
    char want[64];
    (void)snprintf(want, sizeof want, "error: rank %d (pid ", rank);
    const double start_s = mq_clock_s();
    run_job(stage, rank, output, sizeof output);
    const char *error = strstr(output, want);
    ck_assert_msg(error != NULL, "said: %s", output);
    ck_assert_msg(strstr(error + 1, "error: ") == NULL, "two ranks speak: %s", output);
    ck_assert_msg(strstr(output, " is gone") != NULL, "said: %s", output);
    ck_assert_msg(strstr(output, "hint: run the same command again") != NULL, "said: %s", output);
    ck_assert_double_lt(mq_clock_s() - start_s, 30);
}

START_TEST(test_sum_of_gradients_ends_with_the_name_of_a_dead_rank)
{
    check_message("end", _i);
}
END_TEST

START_TEST(test_agreement_ends_with_the_name_of_a_dead_rank)
{
    check_message("agree", _i);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 2) return be_a_rank(strcmp(argv[1], "agree") == 0, atoi(argv[2]));
    TCase *tc = tcase_create("dead rank");
    tcase_add_loop_test(tc, test_sum_of_gradients_ends_with_the_name_of_a_dead_rank, 0, 2);
    tcase_add_loop_test(tc, test_agreement_ends_with_the_name_of_a_dead_rank, 0, 2);
    return run_tests("comm/dead_rank", tc);
}
