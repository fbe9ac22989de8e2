// ranks: 1 2 3
// An experiment is read by rank 0 and is the same everywhere; so is every refusal.
#include "support/harness.h"

#include <string.h>

#include "cmd/experiment_io.h"
#include "mq/base/path.h"

static const struct mq_command command = {.name = "test", .needs = MQ_NEEDS_EXPERIMENT};

static const char text[] = "version: 1\n"
                           "run: {name: retail}\n"
                           "data: {panel: retail.h5, context: 60, horizon: 14}\n"
                           "model: {type: mqrnn}\n";

// Rank 0 writes; the others only know the name.
static const char *write_experiment(const char *name, const char *bytes)
{
    const char *path = test_path(name);
    if (mq_rank(test_world()) == 0) ck_ok(mq_file_replace(path, bytes, strlen(bytes)));
    return path;
}

static mq_status read_with(const char *path, const char *override, struct mq_experiment *experiment)
{
    char *words[] = {(char *)"--set", (char *) override};
    struct mq_arguments arguments;
    ck_ok(mq_arguments_parse(&arguments, &command, override != NULL ? 2 : 0, words));
    const mq_status status = mq_experiment_read(test_world(), &arguments, path, experiment);
    mq_arguments_release(&arguments);
    return status;
}

static void check_refused(const char *path, const char *override, const char *message)
{
    struct mq_experiment experiment;
    ck_fails(read_with(path, override, &experiment), MQ_USAGE, message);
}

START_TEST(test_every_rank_gets_the_same_experiment)
{
    struct mq_experiment experiment;
    struct mq_str printed = {0};
    const char *path = write_experiment("good.yaml", text);
    ck_ok(read_with(path, "train.lr=0.5", &experiment));
    ck_assert(experiment.train.lr == 0.5);
    ck_ok(mq_experiment_print(&experiment, &printed));
    ck_ok(mq_same_everywhere(test_world(), "the experiment", printed.data));
    mq_str_release(&printed);
    mq_experiment_release(&experiment);
}
END_TEST

START_TEST(test_a_missing_file_fails_everywhere)
{
    check_refused(test_path("none.yaml"), NULL, "none.yaml: No such file");
}
END_TEST

START_TEST(test_a_bad_key_fails_everywhere_without_a_rank_in_front)
{
    const char *path = write_experiment("bad.yaml", "version: 1\nrun: {nmae: x}\n");
    check_refused(path, NULL, "bad.yaml:2: run.nmae: unknown key");
    ck_assert_ptr_eq(strstr(mq_error_get()->message, path), mq_error_get()->message);
}
END_TEST

START_TEST(test_a_bad_override_fails_everywhere)
{
    const char *path = write_experiment("good.yaml", text);
    check_refused(path, "train.lr=fast", "--set train.lr=fast: train.lr: 'fast' is not a number");
    check_refused(path, "model.type=mqrn", "model");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("experiment_io");
    tcase_add_test(tc, test_every_rank_gets_the_same_experiment);
    tcase_add_test(tc, test_a_missing_file_fails_everywhere);
    tcase_add_test(tc, test_a_bad_key_fails_everywhere_without_a_rank_in_front);
    tcase_add_test(tc, test_a_bad_override_fails_everywhere);
    return run_mpi_tests("cmd/experiment_io", tc);
}
