// Finds the verb, opens the world when the verb needs one, runs it, and leaves: on all ranks with
// the same code, with one line of error from one rank. The only file that ends the process.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command.h"
#include "mq/base/json.h"
#include "mq/tensor/blas_info.h"
#include "mq/train/stop.h"

// Rank by the launcher's account, for what happens before there is a world; 0 when alone.
static int64_t launcher_rank(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        int64_t rank = 0;
        if (text != NULL && mq_parse_i64(text, &rank)) return rank;
    }
    return 0;
}

// What the words ask for: a verb with its arguments, or only text to print.
static mq_status read_command_line(int argc, char **argv, struct mq_arguments *arguments,
                                   struct mq_page *page)
{
    if (argc < 2) {
        MQ_TRY(mq_help_program(page));
        return mq_fail(MQ_USAGE, "which verb?");
    }
    const bool is_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                         strcmp(argv[1], "help") == 0;
    if (is_help && argc == 2) return mq_help_program(page);
    if (is_help && strcmp(argv[2], "experiment") == 0) return mq_help_experiment(page);
    if (strcmp(argv[1], "--version") == 0) return mq_help_version(&page->text);
    const struct mq_command *command = NULL;
    MQ_TRY(mq_command_find(argv[is_help ? 2 : 1], &command));
    if (is_help) return mq_help_command(command, page);
    MQ_TRY(mq_arguments_parse(arguments, command, argc - 2, argv + 2));
    return mq_flag_is_given(arguments, "help") ? mq_help_command(command, page) : MQ_OK;
}

static void configure_log(const struct mq_arguments *arguments, int rank)
{
    const bool is_verbose = mq_flag_is_given(arguments, "verbose");
    const bool is_quiet = mq_flag_is_given(arguments, "quiet");
    mq_log_configure(is_verbose ? MQ_LOG_DEBUG : is_quiet ? MQ_LOG_WARN : MQ_LOG_INFO, rank);
}

// A full disk behind stdout is found by the last flush, and must not look like success.
static mq_status flush_output(mq_status status)
{
    const bool is_bad = fflush(stdout) != 0 || ferror(stdout) != 0;
    return is_bad && status == MQ_OK ? mq_fail(MQ_FAILED, "cannot write to standard output")
                                     : status;
}

// Want of memory is this rank's own: the others do not know of it and may wait for this one in
// MPI_Init, which only the launcher can end, when it sees a failure.
static bool fails_alone(mq_status status)
{
    if (status == MQ_OK || !mq_is_out_of_memory()) return false;
    if (launcher_rank() > 0) (void)mq_prefix("rank %lld", (long long)launcher_rank());
    return true;
}

// The end when there is no world. Rank 0 alone speaks and fails: a launcher that sees another rank
// fail first may kill rank 0 before it has spoken.
static int leave_alone(mq_status status, bool is_speaker)
{
    mq_stop_ignore();
    if (!is_speaker) return MQ_OK;
    status = flush_output(status);
    if (status != MQ_OK) mq_log_error(mq_error_get());
    return status;
}

// The world as the words after the verb want it.
static mq_status open_world(const struct mq_arguments *arguments, struct mq_world **world)
{
    int64_t expect_ranks = 0;
    double warn_s = 0;
    double end_s = 0;
    MQ_TRY(mq_flag_i64(arguments, "expect-ranks", 1, INT32_MAX, &expect_ranks));
    MQ_TRY(mq_flag_duration_s(arguments, "stall-warn", &warn_s));
    MQ_TRY(mq_flag_duration_s(arguments, "stall-end", &end_s));
    MQ_TRY(mq_world_open(world, expect_ranks));
    mq_world_watch(*world, warn_s, end_s);
    return MQ_OK;
}

// Runs the verb on all ranks; the error is printed before MPI ends, while every rank still lives.
static int run_in_world(const struct mq_arguments *arguments, bool is_speaker)
{
    struct mq_world *world = NULL;
    mq_stop_at_once(is_speaker);
    mq_status status = open_world(arguments, &world);
    if (status != MQ_OK) return leave_alone(status, is_speaker);
    configure_log(arguments, mq_rank(world));
    status = flush_output(arguments->command->run(world, arguments));
    status = mq_agree(world, status);
    mq_stop_ignore();
    if (status != MQ_OK && mq_world_speaks(world)) mq_log_error(mq_error_get());
    mq_world_close(world);
    return status;
}

int main(int argc, char **argv)
{
    const bool is_speaker = launcher_rank() <= 0;
    struct mq_arguments arguments = {0};
    struct mq_page page = {.form = MQ_PAGE_PLAIN};
    int code = 0;
    mq_blas_choose(argv);
    mq_json_begin();
    mq_status status = read_command_line(argc, argv, &arguments, &page);
    const bool is_alone = fails_alone(status);
    const bool is_verb = status == MQ_OK && page.text.length == 0;
    if (page.text.length > 0 && is_speaker) (void)fputs(page.text.data, stdout);
    if (is_verb) configure_log(&arguments, (int)launcher_rank());
    if (is_verb && (arguments.command->needs & MQ_NEEDS_WORLD) != 0) {
        code = run_in_world(&arguments, is_speaker);
    } else {
        if (is_verb && is_speaker) status = arguments.command->run(NULL, &arguments);
        code = leave_alone(status, is_speaker || is_alone);
    }
    mq_str_release(&page.text);
    mq_arguments_release(&arguments);
    return code;
}
