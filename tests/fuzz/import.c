// Imports, and what must hold of every panel that an import publishes.
#include "fuzz/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/base/path.h"
#include "mq/data/export.h"
#include "mq/data/import.h"

enum { SOURCES_MAX = 4, EXPORT_ROWS_MAX = 4096 };

// Letters, digits and dots, so that a name is one of a file and no path, and none of the files that
// are made here; "" for others.
static const char *file_name(const struct fuzz_section *section)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    static const char *const made[] = {"p.h5", "p.csv", "p.yaml", "copy.h5"};
    const char *name = section->name;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (strcmp(name, made[i]) == 0) return "";
    return strspn(name, allowed) == strlen(name) && name[0] != '.' ? name : "";
}

static bool is_source(const char *name)
{
    return strcmp(name, "schema") != 0 && strcmp(name, "calendar") != 0 &&
           strcmp(name, "append") != 0;
}

static const struct mq_import_format *find_format(const char *const formats[],
                                                  const struct fuzz_input *input)
{
    const struct fuzz_section *first = &input->sections[0];
    for (; *formats != NULL; formats++)
        if (first->n == strlen(*formats) + 1 && memcmp(first->bytes, *formats, first->n - 1) == 0)
            return mq_import_find(*formats);
    return NULL;
}

// ---- what an import publishes -------------------------------------------------------------------

// A CSV has no place for calendars beyond the rows, nor for periods before the first series.
static bool survives_csv(struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    const bool is_small = info->n_series < EXPORT_ROWS_MAX && info->ahead < EXPORT_ROWS_MAX &&
                          info->n_values + info->n_series * info->ahead < EXPORT_ROWS_MAX;
    bool begins_at_0 = false;
    if (!is_small) return false;
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_CALENDAR) return false;
    struct mq_series_block block;
    fuzz_check(mq_panel_read(panel, 0, info->n_series, &block) == MQ_OK, "reading a new panel");
    bool is_placed = true; // a series without values is where the last one ends
    for (int64_t i = 0; i < info->n_series; i++) {
        begins_at_0 = begins_at_0 || (block.length[i] > 0 && block.start[i] == 0);
        is_placed = is_placed && (block.length[i] > 0 || block.start[i] == info->n_periods);
    }
    mq_series_block_release(&block);
    return begins_at_0 && is_placed;
}

// Exported to CSV and imported again it is the same panel.
static void check_csv(struct mq_panel *panel)
{
    struct mq_schema schema;
    struct mq_panel *again = NULL;
    const char *csv = fuzz_path("p.csv");
    const char *copy = fuzz_path("copy.h5");
    const mq_status status = mq_panel_export(panel, csv);
    fuzz_verdict(status); // two covariates of one name
    if (status != MQ_OK) return;
    fuzz_check(mq_schema_read(&schema, fuzz_path("p.yaml")) == MQ_OK, "the schema of an export");
    fuzz_check(mq_import_find("csv")->run(&schema, &csv, 1, copy) == MQ_OK, "importing an export");
    fuzz_check(mq_panel_open(&again, copy) == MQ_OK, "opening the panel of an export");
    fuzz_check(strcmp(mq_panel_info(panel)->fingerprint, mq_panel_info(again)->fingerprint) == 0,
               "the same panel after export and import");
    mq_panel_close(again);
    fuzz_check(mq_file_remove(copy) == MQ_OK && mq_file_remove(csv) == MQ_OK, "removing");
}

static void check_panel(const char *path)
{
    struct mq_panel *panel = NULL;
    fuzz_check(mq_panel_open(&panel, path) == MQ_OK, "opening what was imported");
    fuzz_check(mq_panel_verify(panel) == MQ_OK, "what was imported is whole");
    if (survives_csv(panel)) check_csv(panel);
    mq_panel_close(panel);
}

static void read_fingerprint(const char *path, char fingerprint[MQ_SHA256_HEX])
{
    struct mq_panel *panel = NULL;
    fuzz_check(mq_panel_open(&panel, path) == MQ_OK, "opening a panel that was appended to");
    memcpy(fingerprint, mq_panel_info(panel)->fingerprint, MQ_SHA256_HEX);
    mq_panel_close(panel);
}

// What is appended once may be appended again, and changes nothing then; what is refused has not
// changed the panel.
static void check_append(const struct mq_import_format *format, struct mq_schema *schema,
                         const char *output)
{
    static char source[MQ_PATH_MAX];
    const char *sources[] = {source};
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    (void)snprintf(source, sizeof source, "%s", fuzz_path("append"));
    schema->append_to = output;
    read_fingerprint(output, before);
    const mq_status status = format->run(schema, sources, 1, output);
    fuzz_verdict(status);
    read_fingerprint(output, after);
    if (status != MQ_OK) {
        fuzz_check(strcmp(before, after) == 0, "a refused file leaves the panel as it was");
        return;
    }
    fuzz_check(format->run(schema, sources, 1, output) == MQ_OK, "appending again");
    read_fingerprint(output, before);
    fuzz_check(strcmp(before, after) == 0, "nothing new when it is appended again");
}

// ---- one import ---------------------------------------------------------------------------------

static mq_status run(const struct mq_import_format *format, const struct fuzz_input *input,
                     const char *const sources[], int64_t n_sources, const char *output)
{
    struct mq_schema schema = mq_schema_default();
    struct mq_calendar_file calendar = {0};
    mq_status status = MQ_OK;
    if (fuzz_find(input, "schema") != NULL) MQ_DO(mq_schema_read(&schema, fuzz_path("schema")));
    if (fuzz_find(input, "calendar") != NULL) {
        static char path[MQ_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s", fuzz_path("calendar"));
        MQ_DO(mq_calendar_file_read(&calendar, path));
        schema.calendar_file = &calendar;
    }
    MQ_DO(format->run(&schema, sources, n_sources, output));
    if (format->can_append && fuzz_find(input, "append") != NULL)
        check_append(format, &schema, output);
done:
    mq_calendar_file_release(&calendar);
    return status;
}

int fuzz_import(const char *const formats[], const uint8_t *data, size_t size)
{
    struct fuzz_input input;
    static char path[SOURCES_MAX][MQ_PATH_MAX];
    const char *sources[SOURCES_MAX];
    int64_t n = 0;
    fuzz_begin();
    fuzz_split(&input, data, size);
    const struct mq_import_format *format = find_format(formats, &input);
    for (int64_t i = 1; i < input.n; i++) {
        const struct fuzz_section *section = &input.sections[i];
        const char *name = file_name(section);
        if (name[0] == '\0') continue;
        fuzz_write(fuzz_path(name), section->bytes, section->n);
        if (!is_source(name) || n == SOURCES_MAX) continue;
        (void)snprintf(path[n], sizeof path[n], "%s", fuzz_path(name));
        sources[n] = path[n];
        n++;
    }
    if (format == NULL || n == 0) return -1;
    static char output[MQ_PATH_MAX];
    (void)snprintf(output, sizeof output, "%s", fuzz_path("p.h5"));
    const mq_status status = run(format, &input, sources, n, output);
    fuzz_verdict(status);
    fuzz_check(mq_path_exists(output) == (status == MQ_OK), "a panel where all went well alone");
    if (status == MQ_OK) check_panel(output);
    fuzz_check(mq_file_remove(output) == MQ_OK, "removing the panel");
    fuzz_end();
    return 0;
}
