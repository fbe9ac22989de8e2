#include "support/harness.h"

#include <string.h>

#include "comm/launch.h"

struct variable {
    const char *name;
    char value[16];
};

/// What environment() answers from; ends with a NULL name.
static struct variable *variables;

static char *environment(const char *name)
{
    for (struct variable *v = variables; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0) return v->value;
    return NULL;
}

START_TEST(test_alone_outside_slurm_is_fine)
{
    variables = (struct variable[]){{0}};
    ck_ok(mq_launch_check_alone(environment));
}
END_TEST

START_TEST(test_alone_in_a_job_of_one_task_is_fine)
{
    variables = (struct variable[]){{"SLURM_NTASKS", "1"}, {0}};
    ck_ok(mq_launch_check_alone(environment));
}
END_TEST

START_TEST(test_alone_in_a_batch_script_of_many_tasks_is_refused)
{
    variables = (struct variable[]){{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}, {0}};
    ck_fails(mq_launch_check_alone(environment), MQ_USAGE, "the Slurm job has 4 tasks");
    ck_assert_str_eq(mq_error_get()->hint, "start it with srun or mpirun, or say --expect-ranks 1");
}
END_TEST

START_TEST(test_alone_in_an_interactive_step_is_refused)
{
    variables = (struct variable[]){
        {"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "4294967290"}, {"SLURM_STEP_NUM_TASKS", "1"}, {0}};
    ck_fails(mq_launch_check_alone(environment), MQ_USAGE, "is alone");
}
END_TEST

START_TEST(test_task_of_many_that_did_not_find_the_others_is_refused)
{
    variables = (struct variable[]){
        {"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}, {0}};
    ck_fails(mq_launch_check_alone(environment), MQ_USAGE, "is alone");
}
END_TEST

START_TEST(test_srun_of_one_task_is_fine)
{
    variables = (struct variable[]){
        {"SLURM_NTASKS", "4"}, {"SLURM_STEP_ID", "2"}, {"SLURM_STEP_NUM_TASKS", "1"}, {0}};
    ck_ok(mq_launch_check_alone(environment));
}
END_TEST

START_TEST(test_mpirun_of_one_rank_is_fine)
{
    variables = (struct variable[]){{"SLURM_NTASKS", "4"}, {"OMPI_COMM_WORLD_SIZE", "1"}, {0}};
    ck_ok(mq_launch_check_alone(environment));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("launch");
    tcase_add_test(tc, test_alone_outside_slurm_is_fine);
    tcase_add_test(tc, test_alone_in_a_job_of_one_task_is_fine);
    tcase_add_test(tc, test_alone_in_a_batch_script_of_many_tasks_is_refused);
    tcase_add_test(tc, test_alone_in_an_interactive_step_is_refused);
    tcase_add_test(tc, test_task_of_many_that_did_not_find_the_others_is_refused);
    tcase_add_test(tc, test_srun_of_one_task_is_fine);
    tcase_add_test(tc, test_mpirun_of_one_rank_is_fine);
    return run_tests("comm/launch", tc);
}
