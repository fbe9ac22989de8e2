// mqcast report: one page of figures and tables.
#include "mq/report/report.h"

#include <stdio.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "mq/base/alloc.h"
#include "mq/base/path.h"

static const struct mq_flag flags[] = {
    {"output", 'o', "FILE.html", NULL, 0,
     "where the page goes (default: report.html of the first run)"},
    {"items", 0, "ID,...", NULL, MQ_FLAG_REPEATABLE,
     "products that the page is to show, besides those it has anyway; a comma of an id is \\,"},
};

// Ids of all --items: pointers into `text`, which holds them one after the other. A comma of an id is
// written "\,".
struct ids {
    struct mq_str text;
    const char **id;
    int64_t n;
};

static const char *take_id(char **rest)
{
    char *id = *rest;
    char *to = id;
    char *from = id;
    for (; *from != '\0' && *from != ','; from++) {
        if (from[0] == '\\' && from[1] == ',') from++;
        *to++ = *from;
    }
    *rest = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return id;
}

static mq_status split_ids(struct ids *ids, const char *const lists[], int64_t n)
{
    int64_t most = n;
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_str_printf(&ids->text, "%s%s", i > 0 ? "," : "", lists[i]));
    if (n == 0) return MQ_OK;
    for (const char *at = ids->text.data; *at != '\0'; at++)
        most += *at == ',';
    MQ_NEW(ids->id, most);
    for (char *rest = ids->text.data; rest != NULL;) {
        const char *id = take_id(&rest);
        if (*id != '\0') ids->id[ids->n++] = id;
    }
    return MQ_OK;
}

static mq_status write_page(const struct mq_arguments *arguments, const char *output)
{
    const char **lists = NULL;
    int64_t n = 0;
    struct ids ids = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_all(arguments, "items", &lists, &n));
    MQ_DO(split_ids(&ids, lists, n));
    const struct mq_report_request request = {.runs = arguments->positionals,
                                              .n_runs = arguments->n_positionals,
                                              .items = ids.id,
                                              .n_items = ids.n};
    status = mq_report_write(&request, output);
done:
    mq_free(lists);
    mq_free(ids.id);
    mq_str_release(&ids.text);
    return status;
}

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
    MQ_TRY(write_page(arguments, output));
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
        "Learning curves, fan charts, calibration, scores by horizon and segment, totals, and the "
        "stock that simulate replayed, in one file that opens in any browser, without a network.",
    .positionals = "RUN...",
    .min_positionals = 1,
    .max_positionals = -1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "evaluate forecast simulate",
    .needs = MQ_NEEDS_NOTHING,
    .run = run,
};
