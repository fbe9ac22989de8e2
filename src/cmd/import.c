// mqcast import: files of other programs to a panel.
#include "cmd/command.h"
#include "cmd/inspect.h"
#include "cmd/output.h"
#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "mq/base/path.h"
#include "mq/data/import.h"

static const struct mq_flag flags[] = {
    {"output", 'o', "PANEL.h5", NULL, MQ_FLAG_REQUIRED, "where the panel goes"},
    {"schema", 0, "FILE.yaml", NULL, 0, "names of columns and their roles"},
    {"append", 0, NULL, NULL, 0, "add to the panel of -o: new periods, new items (csv, wide)"},
    {"replace", 0, NULL, NULL, 0,
     "with --append: rows win over what the panel holds; else one that contradicts it is refused"},
    {"calendar", 0, "FILE.csv", NULL, 0, "dates of holidays and events, which join the panel"},
    {"json", 0, NULL, NULL, 0, "print what the panel holds as JSON"},
};

static mq_status list_formats(struct mq_page *page)
{
    int64_t n = 0;
    const struct mq_import_format *const *formats = mq_import_formats(&n);
    MQ_TRY(mq_page_heading(page, "formats"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_page_item(page, formats[i]->name, "", formats[i]->summary));
    return MQ_OK;
}

// What --append and --replace ask of the import; `output` is the panel that is appended to.
static mq_status set_append(const struct mq_arguments *arguments,
                            const struct mq_import_format *format, const char *output,
                            struct mq_schema *schema)
{
    schema->replaces = mq_flag_is_given(arguments, "replace");
    if (!mq_flag_is_given(arguments, "append")) {
        if (!schema->replaces) return MQ_OK;
        (void)mq_fail(MQ_USAGE, "--replace is for --append");
        return mq_hint("without --append the whole panel is replaced");
    }
    if (!format->can_append) {
        (void)mq_fail(MQ_USAGE, "%s files cannot be appended", format->name);
        return mq_hint("import all of them again, or append csv or wide");
    }
    if (!mq_path_exists(output)) {
        (void)mq_fail(MQ_USAGE, "%s: there is no panel to append to", output);
        return mq_hint("import the first files without --append");
    }
    schema->append_to = output;
    return MQ_OK;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    const double start_s = mq_clock_s();
    const bool as_json = mq_flag_is_given(arguments, "json");
    const char *output = mq_flag_text(arguments, "output");
    const char *schema_path = mq_flag_text(arguments, "schema");
    const char *calendar_path = mq_flag_text(arguments, "calendar");
    const char *const *sources = arguments->positionals + 1;
    const int64_t n_sources = arguments->n_positionals - 1;
    struct mq_schema schema = mq_schema_default();
    struct mq_calendar_file calendar = {0};
    mq_status status = MQ_OK;
    int64_t bytes = 0;
    const struct mq_import_format *format = mq_import_find(arguments->positionals[0]);
    if (format == NULL) return mq_error_get()->status;
    for (int64_t i = 0; i < n_sources; i++)
        MQ_TRY(mq_file_size(sources[i], &bytes));
    MQ_TRY(mq_output_panel(output, sources, n_sources));
    if (schema_path != NULL) MQ_TRY(mq_schema_read(&schema, schema_path));
    MQ_TRY(set_append(arguments, format, output, &schema));
    if (calendar_path != NULL) {
        MQ_DO(mq_calendar_file_read(&calendar, calendar_path));
        schema.calendar_file = &calendar;
    }
    MQ_DO(format->run(&schema, sources, n_sources, output));
    MQ_DO(mq_file_size(output, &bytes));
    mq_info("%s: %lld bytes in %.1f s", output, (long long)bytes, mq_clock_s() - start_s);
    status = mq_inspect_panel(output, as_json);
    if (status != MQ_OK && mq_is_out_of_memory()) { // to look at it: the panel is there
        mq_warn("%s: written, but not looked at: %s", output, mq_error_get()->message);
        status = MQ_OK;
    }
done:
    mq_calendar_file_release(&calendar);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast import csv sales.csv -o sales.h5",
     "a row per item and period: item_id, timestamp, target"},
    {"mqcast import csv sales.csv --schema sales.yaml --calendar holidays.csv -o sales.h5",
     "other names, covariates, holidays"},
    {"mqcast import csv monday.csv --schema sales.yaml --append -o sales.h5",
     "new days and new items join the panel"},
    {"mqcast import wide M4-train.csv -o m4.h5", "a row per item, a column per period"},
};

const struct mq_command mq_command_import = {
    .name = "import",
    .summary = "turn files of other programs into a panel",
    .description =
        "Sources may be gzipped. Errors name file and row, and nothing appears under the "
        "panel's name unless all went well. A panel that exists is replaced, or grows with "
        "--append; any other file is not touched. What the panel holds goes to stdout.",
    .positionals = "FORMAT SOURCE...",
    .min_positionals = 2,
    .max_positionals = -1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "inspect export synth train",
    .needs = MQ_NEEDS_NOTHING,
    .details = list_formats,
    .run = run,
};
