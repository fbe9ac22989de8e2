// mqcast report: one page of figures and tables.
#include "mq/report/report.h"

#include <stdio.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "mq/base/path.h"

static const struct mq_flag flags[] = {
    {"output", 'o', "FILE.html", NULL, 0,
     "where the page goes (default: report.html of the first run)"},
};

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    char path[MQ_PATH_MAX];
    const char *output = mq_flag_text(arguments, "output");
    if (output == NULL) {
        MQ_TRY(mq_path_join(path, arguments->positionals[0], "report.html"));
        output = path;
    }
    MQ_TRY(mq_output_page(output));
    MQ_TRY(mq_report_write(arguments->positionals, arguments->n_positionals, output));
    mq_info("report: %s", output);
    return MQ_OK;
}

static const struct mq_example examples[] = {
    {"mqcast report runs/first", "to runs/first/report.html"},
    {"mqcast report runs/* -o comparison.html", "all runs side by side"},
};

const struct mq_command mq_command_report = {
    .name = "report",
    .summary = "a self-contained HTML page about one run, or several side by side",
    .description =
        "Learning curves, fan charts, calibration, scores by horizon and segment, in one file "
        "that opens in any browser, without a network.",
    .positionals = "RUN...",
    .min_positionals = 1,
    .max_positionals = -1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "evaluate forecast",
    .needs = MQ_NEEDS_NOTHING,
    .run = run,
};
