// Run directories as they are found: pointers, the log, scores, and a forecast with its manifest.
//
// Sections: `latest`, `best`, `log.jsonl`, `evaluation.json`, `cost.json`, `manifest.json` as on disk;
// `sealed` is a manifest that gets the checksums right, so that what it says is looked at; `edits`
// change the forecast's face.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/h5_edits.h"
#include "fuzz/support.h"
#include "cmd/command.h"
#include "cmd/inspect.h"
#include "mq/base/alloc.h"
#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/base/str.h"
#include "mq/forecast/export.h"
#include "mq/h5/file.h"
#include "mq/model/checkpoint.h"
#include "mq/model/manifest.h"
#include "mq/model/rundir.h"
#include "mq/report/report.h"
#include "mq/train/runlog.h"

enum { ITEMS = 4, ORIGINS = 2, HORIZON = 3, LEVELS = 3, STEP = 20 };

mq_inspect mq_inspect_run;
mq_inspect mq_inspect_forecast;

static const char *const files[] = {"checkpoints/latest", "checkpoints/best",
                                    "log.jsonl",          "evaluation.json",
                                    "cost.json",          "forecast/manifest.json"};
enum { FILES = sizeof files / sizeof *files };

/// HDF5 forgets what it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\nleak:H5";
}

static const char *in_run(const char *name)
{
    char path[MQ_PATH_MAX];
    (void)snprintf(path, sizeof path, "run/%s", name);
    return fuzz_path(path);
}

static void check(mq_status status)
{
    fuzz_check(status == MQ_OK, "making a good forecast");
}

static void write_face(const char *path)
{
    static const char *const ids[ITEMS] = {"a", "b", "c", "d"};
    static const float quantiles[ITEMS * ORIGINS * HORIZON * LEVELS] = {1, 2, 3};
    static const float observed[ITEMS * ORIGINS * HORIZON] = {2};
    static const int64_t origin[ORIGINS] = {38, 39};
    static const double level[LEVELS] = {0.1, 0.5, 0.9};
    const struct mq_h5_shape all = {4, {ITEMS, ORIGINS, HORIZON, LEVELS}};
    const struct mq_h5_shape targets = {3, {ITEMS, ORIGINS, HORIZON}};
    struct mq_h5 *file = NULL;
    check(mq_h5_create(&file, path));
    check(mq_h5_write(file, "/quantiles", MQ_H5_F32, all, quantiles, false));
    check(mq_h5_write(file, "/observed", MQ_H5_F32, targets, observed, false));
    check(
        mq_h5_write(file, "/origin", MQ_H5_I64, (struct mq_h5_shape){1, {ORIGINS}}, origin, false));
    check(mq_h5_write(file, "/level", MQ_H5_F64, (struct mq_h5_shape){1, {LEVELS}}, level, false));
    check(mq_h5_write_strings(file, "/item_id", ITEMS, ids));
    check(mq_h5_set_text(file, "/", "frequency", "daily"));
    check(mq_h5_set_text(file, "/", "epoch", "2020-01-01"));
    check(mq_h5_publish(file));
}

static void init(void)
{
    check(mq_make_directories(in_run("checkpoints")));
    check(mq_make_directories(in_run("forecast")));
    write_face(in_run("forecast/part-00000.h5"));
    h5_edits_init(in_run("forecast/part-00000.h5"));
    fuzz_write(in_run("experiment.yaml"), "", 0);
    fuzz_hide_stdout();
}

// Parts that do not say what their files are get it said.
static void complete_part(json_t *part)
{
    const char *name = json_string_value(json_object_get(part, "file"));
    char path[MQ_PATH_MAX];
    char sha256[MQ_SHA256_HEX];
    int64_t bytes = 0;
    if (name == NULL || json_object_get(part, "sha256") != NULL || strlen(name) > 64) return;
    (void)snprintf(path, sizeof path, "forecast/%s", name);
    if (mq_file_size(in_run(path), &bytes) != MQ_OK ||
        mq_sha256_file(in_run(path), sha256) != MQ_OK)
        return;
    (void)json_object_set_new(part, "bytes", json_integer((json_int_t)bytes));
    (void)json_object_set_new(part, "sha256", json_string(sha256));
}

static void write_sealed(const struct fuzz_section *section)
{
    json_t *manifest = json_loadb(section->bytes, section->n, 0, NULL);
    json_t *part = NULL;
    size_t i = 0;
    if (json_is_object(manifest)) {
        json_array_foreach(json_object_get(manifest, "parts"), i, part) complete_part(part);
        check(mq_manifest_write(in_run("forecast"), manifest));
    }
    json_decref(manifest);
}

static bool write_files(const struct fuzz_input *input)
{
    const struct fuzz_section *edits = fuzz_find(input, "edits");
    const struct fuzz_section *sealed = fuzz_find(input, "sealed");
    const bool is_edited = h5_edits_apply(in_run("forecast/forecast.h5"),
                                          (const uint8_t *)(edits != NULL ? edits->bytes : ""),
                                          edits != NULL ? edits->n : 0);
    for (int i = 0; i < FILES; i++) {
        const struct fuzz_section *section = fuzz_find(input, mq_path_name(files[i]));
        check(mq_file_remove(in_run(files[i])));
        if (section != NULL) fuzz_write(in_run(files[i]), section->bytes, section->n);
    }
    if (sealed != NULL) write_sealed(sealed);
    return is_edited;
}

// A page with its own three scripts and no others, whatever the names in it.
static void report(const char *run)
{
    const char *path = fuzz_path("report.html");
    struct mq_str page = {0};
    const struct mq_report_request request = {.runs = &run, .n_runs = 1};
    const mq_status status = mq_report_write(&request, path);
    fuzz_verdict(status);
    if (status != MQ_OK) return;
    fuzz_check(mq_file_read(path, &page) == MQ_OK, "reading the report");
    int scripts = 0;
    for (const char *at = page.data; (at = strstr(at, "<script")) != NULL; at++)
        scripts++;
    fuzz_check(scripts == 3, "a page without other scripts");
    fuzz_check(strlen(page.data) == page.length && mq_is_utf8(page.data), "a page of UTF-8");
    mq_str_release(&page);
}

static void watch(char *run)
{
    const struct mq_command *command = NULL;
    struct mq_arguments arguments;
    char once[] = "--once";
    char *const words[] = {run, once};
    check(mq_command_find("watch", &command));
    check(mq_arguments_parse(&arguments, command, 2, words));
    fuzz_verdict(command->run(NULL, &arguments));
    mq_arguments_release(&arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct fuzz_input input;
    struct mq_runlog *log = NULL;
    char path[MQ_PATH_MAX];
    int64_t step = 0;
    if (!is_ready) init();
    is_ready = true;
    fuzz_begin();
    fuzz_split(&input, data, size);
    if (!write_files(&input)) return -1;
    char run[MQ_PATH_MAX];
    (void)snprintf(run, sizeof run, "%s", fuzz_path("run"));
    fuzz_verdict(mq_run_pointer(run, "latest", &step));
    fuzz_verdict(mq_checkpoint_find(run, "best", path));
    fuzz_verdict(mq_checkpoint_resolve(in_run("checkpoints/latest"), "best", path));
    fuzz_verdict(mq_inspect_run(run, size % 2 == 0));
    fuzz_verdict(mq_inspect_forecast(in_run("forecast"), size % 2 == 1));
    fuzz_verdict(mq_forecast_export(in_run("forecast/forecast.h5"), fuzz_path("f.csv")));
    report(run);
    watch(run);
    const mq_status status = mq_runlog_open(&log, in_run("log.jsonl"), STEP);
    fuzz_verdict(status);
    if (status == MQ_OK) mq_runlog_close(log);
    fuzz_end();
    return 0;
}
