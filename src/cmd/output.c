// Only what the same verb wrote is replaced without asking.
#include "cmd/output.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/json.h"
#include "mq/base/path.h"
#include "mq/h5/file.h"
#include "mq/report/report.h"

enum { SIMULATION_BYTES_MAX = 1 << 28 };

static mq_status refuse_existing(const char *output, const char *what)
{
    (void)mq_fail(MQ_USAGE, "%s: exists and %s", output, what);
    return mq_hint("remove it, or choose another name with -o");
}

// What is no file is not looked into: a pipe would keep us waiting.
static mq_status refuse_special(const char *output)
{
    if (!mq_path_exists(output) || mq_path_is_file(output)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: is %s", output,
                  mq_path_is_directory(output) ? "a directory" : "not a plain file");
    return mq_hint("name a file with -o");
}

static mq_status read_format(const char *path, struct mq_str *format)
{
    struct mq_h5 *file = NULL;
    MQ_TRY(mq_h5_open(&file, path));
    const bool has_one = mq_h5_has_attribute(file, "/", "format");
    const mq_status status = has_one ? mq_h5_get_text(file, "/", "format", format) : MQ_OK;
    mq_h5_close(file);
    return status;
}

// What cannot be read is none.
static mq_status check_panel(const char *path, bool *is_panel)
{
    struct mq_str format = {0};
    const mq_status status = read_format(path, &format);
    *is_panel = status == MQ_OK && format.data != NULL && strcmp(format.data, "mqcast-panel") == 0;
    mq_str_release(&format);
    return status != MQ_OK && mq_is_out_of_memory() ? status : MQ_OK;
}

mq_status mq_output_panel(const char *output, const char *const sources[], int64_t n)
{
    MQ_TRY(refuse_special(output));
    for (int64_t i = 0; i < n; i++)
        if (mq_path_is_same(output, sources[i])) {
            (void)mq_fail(MQ_USAGE, "%s: is the source %s itself", output, sources[i]);
            return mq_hint("choose another name with -o");
        }
    if (!mq_path_exists(output)) return MQ_OK;
    bool is_panel = false;
    MQ_TRY(check_panel(output, &is_panel));
    if (is_panel) return MQ_OK;
    return refuse_existing(output, "is not a panel, which alone would be replaced");
}

mq_status mq_output_page(const char *output)
{
    MQ_TRY(refuse_special(output));
    if (!mq_path_exists(output) || mq_report_is_page(output)) return MQ_OK;
    return refuse_existing(output, "is not a report, which alone would be replaced");
}

// By its first words, as the writer of timelines puts them.
static bool is_trace(const char *path)
{
    static const char head[] = "{\"otherData\":{\"creator\":\"mqcast ";
    char found[sizeof head] = "";
    FILE *file = mq_path_is_file(path) ? fopen(path, "r") : NULL;
    if (file == NULL) return false;
    const bool is_one = fread(found, 1, sizeof head - 1, file) == sizeof head - 1 &&
                        memcmp(found, head, sizeof head - 1) == 0;
    (void)fclose(file);
    return is_one;
}

mq_status mq_output_trace(const char *output)
{
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, output);
    if (!mq_path_is_directory(directory))
        return mq_fail(MQ_USAGE, "%s: there is no directory %s", output, directory);
    if (!mq_path_exists(output) || is_trace(output)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: exists and is not a timeline, which alone would be replaced",
                  output);
    return mq_hint("remove it, or choose another name: --trace=FILE");
}

// What cannot be read, or is no JSON, is none.
static mq_status check_simulation(const char *path, bool *is_simulation)
{
    struct mq_str text = {0};
    json_t *json = NULL;
    mq_status status = mq_file_read_most(path, SIMULATION_BYTES_MAX, &text);
    if (status == MQ_OK) status = mq_json_parse(&json, text.data, text.length, path);
    const char *format = json_string_value(json_object_get(json, "format"));
    *is_simulation = format != NULL && strcmp(format, "mqcast-simulation") == 0;
    json_decref(json);
    mq_str_release(&text);
    return status != MQ_OK && mq_is_out_of_memory() ? status : MQ_OK;
}

mq_status mq_output_simulation(const char *output)
{
    MQ_TRY(refuse_special(output));
    if (!mq_path_exists(output)) return MQ_OK;
    bool is_simulation = false;
    MQ_TRY(check_simulation(output, &is_simulation));
    if (is_simulation) return MQ_OK;
    return refuse_existing(output, "is not a simulation, which alone would be replaced");
}

mq_status mq_output_new(const char *output)
{
    MQ_TRY(refuse_special(output));
    return mq_path_exists(output) ? refuse_existing(output, "would be replaced") : MQ_OK;
}
