// mqcast export: what mqcast wrote to files of other programs.
#include <string.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "mq/base/clock.h"
#include "mq/base/path.h"
#include "mq/data/export.h"
#include "mq/forecast/export.h"
#include "mq/h5/file.h"
#include "mq/model/manifest.h"
#include "mq/model/safetensors.h"

static mq_status export_panel(const char *path, const char *output)
{
    struct mq_panel *panel = NULL;
    char schema[MQ_PATH_MAX];
    MQ_TRY(mq_panel_schema_path(output, schema));
    MQ_TRY(mq_output_new(schema));
    MQ_TRY(mq_panel_open(&panel, path));
    const mq_status status = mq_panel_export(panel, output);
    mq_panel_close(panel);
    if (status == MQ_OK) mq_info("%s: the schema that reads it back", schema);
    return status;
}

enum { PANEL, FORECAST, CHECKPOINT };

static const struct kind {
    const char *format; // root attribute of the file
    mq_status (*export)(const char *path, const char *output);
} kinds[] = {
    [PANEL] = {"mqcast-panel", export_panel},
    [FORECAST] = {"mqcast-forecast", mq_forecast_export},
    [CHECKPOINT] = {"mqcast-checkpoint", mq_checkpoint_export},
};

static const struct mq_flag flags[] = {
    {"output", 'o', "OUT", NULL, MQ_FLAG_REQUIRED, "where it goes"},
    {"totals", 0, NULL, NULL, 0, "of a forecast: the totals of loss.spans and what to order up to"},
};

static mq_status list_kinds(struct mq_page *page)
{
    MQ_TRY(mq_page_heading(page, "what file may be"));
    MQ_TRY(mq_page_item(
        page, "panel", "",
        "to long CSV, and beside it the schema that reads it back; calendars end where "
        "its known covariates do"));
    MQ_TRY(mq_page_item(page, "forecast", "",
                        "to long CSV: item_id, origin, date, h, q0.1 ..., observed; with --totals: "
                        "item_id, origin, lead, review, q0.1 ..., order_up_to, observed"));
    return mq_page_item(page, "checkpoint", "", "to safetensors: the weights");
}

static mq_status find_kind(const char *path, const struct kind **kind)
{
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    struct mq_str format = {0};
    *kind = NULL;
    if (mq_is_of_forecast(path)) { // opened only once its checksum is known to be right
        *kind = &kinds[FORECAST];
        return MQ_OK;
    }
    MQ_DO(mq_h5_open(&file, path));
    if (!mq_h5_has_attribute(file, "/", "format"))
        MQ_DO(mq_fail(MQ_DATA, "%s: not written by mqcast: it names no format", path));
    MQ_DO(mq_h5_get_text(file, "/", "format", &format));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].format, format.data) == 0) *kind = &kinds[i];
    if (*kind == NULL) status = mq_fail(MQ_DATA, "%s: format '%s' is not known", path, format.data);
done:
    mq_str_release(&format);
    mq_h5_close(file);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    const double start_s = mq_clock_s();
    const char *path = arguments->positionals[0];
    const char *output = mq_flag_text(arguments, "output");
    const struct kind *kind = NULL;
    int64_t bytes = 0;
    if (mq_path_is_directory(path)) {
        (void)mq_fail(MQ_USAGE, "%s: a directory", path);
        return mq_hint("name a file in it: forecast/forecast.h5 or checkpoints/step-000000000.h5");
    }
    MQ_TRY(find_kind(path, &kind));
    const bool is_of_totals = mq_flag_is_given(arguments, "totals");
    if (is_of_totals && kind != &kinds[FORECAST])
        return mq_fail(MQ_USAGE, "--totals: %s is no forecast", path);
    MQ_TRY(mq_output_new(output));
    MQ_TRY((is_of_totals ? mq_forecast_export_totals : kind->export)(path, output));
    MQ_TRY(mq_file_size(output, &bytes));
    mq_info("%s: %lld bytes in %.1f s", output, (long long)bytes, mq_clock_s() - start_s);
    return MQ_OK;
}

static const struct mq_example examples[] = {
    {"mqcast export runs/first/forecast/forecast.h5 -o forecast.csv", "a forecast as CSV"},
    {"mqcast export runs/first/checkpoints/step-000002000.h5 -o weights.safetensors", "weights"},
};

const struct mq_command mq_command_export = {
    .name = "export",
    .summary = "a forecast or panel to CSV, a checkpoint to safetensors",
    .description = "Files that exist are never replaced.",
    .positionals = "FILE",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "import inspect forecast",
    .needs = MQ_NEEDS_NOTHING,
    .details = list_kinds,
    .run = run,
};
