// mqcast inspect: finds out what a path is and hands it to the one who knows.
#include "cmd/inspect.h"

#include <string.h>

#include "cmd/command.h"
#include "mq/base/path.h"
#include "mq/base/str.h"
#include "mq/h5/file.h"
#include "mq/model/manifest.h"

#define MQ_INSPECT(name, format) extern mq_inspect mq_inspect_##name;
#include "cmd/inspect.def"
#undef MQ_INSPECT

static const struct kind {
    const char *format;
    mq_inspect *inspect;
} kinds[] = {
#define MQ_INSPECT(name, format) {format, mq_inspect_##name},
#include "cmd/inspect.def"
#undef MQ_INSPECT
};

static const struct mq_flag flags[] = {
    {"json", 0, NULL, NULL, 0, "one JSON object on stdout"},
};

json_t *mq_inspect_text(const char *text)
{
    return text != NULL && mq_is_utf8(text) ? json_string(text) : json_null();
}

// A directory is a run, or a forecast when it holds a manifest.
static mq_status directory_format(const char *path, struct mq_str *format)
{
    char manifest[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(manifest, path, "manifest.json"));
    return mq_str_add(format, mq_path_exists(manifest) ? "mqcast-forecast" : "run");
}

// Appends the name of the format.
static mq_status read_format(const char *path, struct mq_str *format)
{
    if (mq_path_is_directory(path)) return directory_format(path, format);
    // Opened only once its checksum is known to be right.
    if (mq_is_of_forecast(path)) return mq_str_add(format, "mqcast-forecast");
    struct mq_h5 *file = NULL;
    MQ_TRY(mq_h5_open(&file, path));
    const bool has_format = mq_h5_has_attribute(file, "/", "format");
    const mq_status status =
        has_format ? mq_h5_get_text(file, "/", "format", format)
                   : mq_fail(MQ_DATA, "%s: not written by mqcast: it names no format", path);
    mq_h5_close(file);
    return status;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    const char *path = arguments->positionals[0];
    const bool as_json = mq_flag_is_given(arguments, "json");
    struct mq_str format = {0};
    mq_status status = MQ_OK;
    mq_inspect *inspect = NULL;
    MQ_DO(read_format(path, &format));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].format, format.data) == 0) inspect = kinds[i].inspect;
    if (inspect == NULL)
        status = mq_fail(MQ_DATA, "%s: format '%s' is not known", path, format.data);
    MQ_DO(status);
    MQ_DO(inspect(path, as_json));
done:
    mq_str_release(&format);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast inspect sales.h5", "series, span, covariates, and whether it is whole"},
    {"mqcast inspect runs/first", "how far a run came, its checkpoints and files"},
    {"mqcast inspect runs/first/checkpoints/step-000002000.h5 --json", "for programs"},
};

const struct mq_command mq_command_inspect = {
    .name = "inspect",
    .summary = "what a panel, checkpoint, forecast or run holds, and whether it is whole",
    .description =
        "Compares all checksums that there are. FILE is a panel, a checkpoint, forecast.h5, "
        "or the directory of a forecast or run.",
    .positionals = "FILE",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "export evaluate",
    .needs = MQ_NEEDS_NOTHING,
    .run = run,
};
