// mqcast check: what training an experiment would take, found without training it.
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd/experiment_io.h"
#include "cmd/job.h"
#include "mq/base/json.h"
#include "mq/tensor/blas_info.h"
#include "mq/train/estimate.h"

static const struct mq_flag flags[] = {
    MQ_THREADS_FLAG,
    {"ranks", 0, "N", NULL, 0, "plan for so many ranks (default: those of this job)"},
    {"series", 0, "N", NULL, 0, "plan for so many series like those of the panel"},
    {"latency-us", 0, "N", "20", 0, "of a message between ranks"},
    {"bandwidth-gbit", 0, "N", "10", 0, "of each rank's way to the others, per second"},
    {"json", 0, NULL, NULL, 0, "one JSON object on stdout"},
};

// ---- rows ---------------------------------------------------------------------------------------

enum kind { COUNT, BYTES, REAL, SECONDS, HOURS, SHARE };

// A figure: where it is, its name in JSON, and what people read.
struct row {
    const char *section;
    const char *key;
    enum kind kind;
    size_t offset;
    const char *text;
};

#define AT(field) offsetof(struct mq_estimate, field)
static const struct row rows[] = {
    {"work", "parameters", COUNT, AT(work.parameters), "parameters"},
    {"work", "gflop_per_step", REAL, AT(work.gflop), "GFLOP of a step"},
    {"work", "ranks", COUNT, AT(work.ranks), "ranks"},
    {"work", "threads", COUNT, AT(work.threads), "threads of a rank"},
    {"work", "lanes", COUNT, AT(work.lanes), "lanes"},
    {"work", "lane_series", COUNT, AT(work.lane_series), "series of a lane and step"},
    {"work", "lanes_least", COUNT, AT(work.lanes_least), "lanes of a rank, least"},
    {"work", "lanes_most", COUNT, AT(work.lanes_most), "lanes of a rank, most"},
    {"work", "balance", SHARE, AT(work.balance), "lanes of a thread, mean of most"},
    {"work", "steps", COUNT, AT(work.steps), "steps"},
    {"work", "epoch_steps", REAL, AT(work.epoch_steps), "steps of an epoch"},
    {"work", "validations", COUNT, AT(work.validations), "validations"},
    {"memory", "weights_bytes", BYTES, AT(memory.weights), "weights and their gradient"},
    {"memory", "optimizer_bytes", BYTES, AT(memory.optimizer), "optimizer"},
    {"memory", "sums_bytes", BYTES, AT(memory.sums), "sums over lanes"},
    {"memory", "workers_bytes", BYTES, AT(memory.workers), "threads at work"},
    {"memory", "batches_bytes", BYTES, AT(memory.batches), "batches"},
    {"memory", "series_bytes", BYTES, AT(memory.series), "series kept and their order"},
    {"memory", "validation_bytes", BYTES, AT(memory.validation), "validation"},
    {"memory", "panel_bytes", BYTES, AT(memory.panel), "panel and network"},
    {"memory", "program_bytes", BYTES, AT(memory.program), "program and libraries"},
    {"memory", "total_bytes", BYTES, AT(memory.total), "a rank in all"},
    {"memory", "checkpoint_bytes", BYTES, AT(memory.checkpoint), "rank 0 at a checkpoint, more"},
    {"files", "checkpoint_bytes", BYTES, AT(files.checkpoint), "a checkpoint"},
    {"files", "forecast_bytes", BYTES, AT(files.forecast), "a forecast, uncompressed"},
    {"measured", "lane_s", SECONDS, AT(measured.lane), "a lane, forward and backward"},
    {"measured", "fill_s", SECONDS, AT(measured.fill), "its batch made"},
    {"measured", "update_s", SECONDS, AT(measured.update), "weights updated"},
    {"measured", "block_s", SECONDS, AT(measured.block), "a block forecast for validation"},
    {"measured", "statistics_s", SECONDS, AT(measured.statistics), "the panel read once"},
    {"time", "compute_s", SECONDS, AT(time.compute), "a step's lanes"},
    {"time", "data_s", SECONDS, AT(time.data), "its batches, by the loader"},
    {"time", "sum_s", SECONDS, AT(time.sum), "its gradients over ranks"},
    {"time", "exposed_s", SECONDS, AT(time.exposed), "of that, waited for"},
    {"time", "step_s", SECONDS, AT(time.step), "a step"},
    {"time", "communication", SHARE, AT(time.communication), "communication in a step"},
    {"time", "series_per_s", REAL, AT(time.series_per_s), "series/s"},
    {"time", "epoch_s", SECONDS, AT(time.epoch), "an epoch"},
    {"time", "validation_s", SECONDS, AT(time.validation), "a validation"},
    {"time", "start_s", SECONDS, AT(time.start), "statistics at the start"},
    {"time", "run_s", SECONDS, AT(time.run), "training in all"},
    {"time", "core_hours", HOURS, AT(time.core_hours), "core-hours"},
};
#undef AT
enum { ROWS = sizeof rows / sizeof *rows };

// Files are written by every model, the rest is of those that train by steps.
static bool is_shown(const struct mq_estimate *estimate, const struct row *row)
{
    return estimate->is_trained || strcmp(row->section, "files") == 0;
}

static int64_t whole(const struct mq_estimate *estimate, const struct row *row)
{
    int64_t value = 0;
    memcpy(&value, (const char *)estimate + row->offset, sizeof value);
    return value;
}

static double real(const struct mq_estimate *estimate, const struct row *row)
{
    double value = 0;
    memcpy(&value, (const char *)estimate + row->offset, sizeof value);
    return value;
}

// ---- printing -----------------------------------------------------------------------------------

static json_t *to_json(const struct mq_estimate *estimate, const char *panel)
{
    json_error_t error;
    json_t *root =
        json_pack_ex(&error, 0, "{s:s, s:s, s:I, s:s}", "model", estimate->model, "panel", panel,
                     "series", (json_int_t)estimate->series, "kernel", mq_blas_kernel());
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (!is_shown(estimate, row)) continue;
        if (json_object_get(root, row->section) == NULL)
            mq_json_set(&root, row->section, json_object());
        const bool is_whole = row->kind == COUNT || row->kind == BYTES;
        json_t *section = json_object_get(root, row->section);
        json_t *value = is_whole ? json_integer((json_int_t)whole(estimate, row))
                                 : json_real(real(estimate, row));
        if (json_object_set_new(section, row->key, value) == 0) continue;
        json_decref(root);
        root = NULL;
    }
    if (root == NULL) (void)mq_json_fail(&error, "check");
    return root;
}

static mq_status print_json(const struct mq_estimate *estimate, const char *panel)
{
    json_t *root = to_json(estimate, panel);
    if (root == NULL) return mq_error_get()->status;
    const mq_status status = mq_json_print(root, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    json_decref(root);
    return status;
}

struct unit {
    double size;
    const char *name;
};

// In the largest unit that the value fills; units fall.
static void print_in(double value, const struct unit units[])
{
    while (value < units->size && (units + 1)->size > 0)
        units++;
    (void)printf("%9.4g %s\n", value / units->size, units->name);
}

static void print_row(const struct mq_estimate *estimate, const struct row *row)
{
    static const struct unit bytes[] = {
        {0x1p40, "TiB"}, {0x1p30, "GiB"}, {0x1p20, "MiB"}, {0x1p10, "KiB"}, {0, ""}};
    static const struct unit seconds[] = {
        {3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {0, ""}};
    (void)printf("  %-32s", row->text);
    switch (row->kind) {
    case COUNT:
        (void)printf("%9lld\n", (long long)whole(estimate, row));
        break;
    case BYTES:
        print_in((double)whole(estimate, row), bytes);
        break;
    case SECONDS:
        print_in(real(estimate, row), seconds);
        break;
    case SHARE:
        (void)printf("%9.3g %%\n", 100 * real(estimate, row));
        break;
    case REAL:
    case HOURS:
        (void)printf("%9.4g\n", real(estimate, row));
        break;
    }
}

static void print_text(const struct mq_estimate *estimate, const char *panel)
{
    const char *section = "";
    (void)printf("%s on %lld series like those of %s\n", estimate->model,
                 (long long)estimate->series, panel);
    if (!estimate->is_trained)
        (void)printf("nothing to train: no steps, and a rank's memory is a block of series\n");
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (!is_shown(estimate, row)) continue;
        if (strcmp(section, row->section) != 0) (void)printf("%s\n", row->section);
        section = row->section;
        print_row(estimate, row);
    }
}

// ---- the verb -----------------------------------------------------------------------------------

static mq_status details(struct mq_page *page)
{
    static const char *const assumed[] = {
        "all ranks are machines like this one, threads are cores, nobody is late",
        "files are read as fast by all ranks as here, where the panel may be in memory already",
        "the loader's thread shares the cores that compute",
        "a message of m bytes takes latency + m / bandwidth; beyond 64 KiB also 2 latency less the "
        "time of its first 64 KiB, if that is above 0",
        "a sum of B bytes over 2^k ranks takes two messages each of B / 2, B / 4, ... B / 2^k, and "
        "over any other number three more, of 2 B in all; below 64 KiB, or with fewer numbers than "
        "ranks, 2 ceil(log2 ranks) of B",
        "gradients are 8 bytes, in buckets of 4 MiB, and a rank's last backward pass hides all but "
        "the last bucket, as far as it lasts",
        "training does not stop early",
    };
    MQ_TRY(mq_page_heading(page, "what is assumed"));
    for (size_t i = 0; i < sizeof assumed / sizeof *assumed; i++)
        MQ_TRY(mq_page_bullet(page, assumed[i]));
    return mq_page_paragraph(page,
                             "Left out: starting the job, writing checkpoints, forecasting and "
                             "scoring afterwards.");
}

static mq_status read_request(struct mq_world *world, const struct mq_arguments *arguments,
                              struct mq_estimate_request *request)
{
    double latency_us = 0;
    double gbit = 0;
    request->ranks = mq_size(world);
    MQ_TRY(mq_flag_i64(arguments, "ranks", 1, INT32_MAX, &request->ranks));
    MQ_TRY(mq_flag_i64(arguments, "series", 1, INT64_C(1) << 40, &request->series));
    MQ_TRY(mq_flag_f64(arguments, "latency-us", 0, 1e6, &latency_us));
    MQ_TRY(mq_flag_f64(arguments, "bandwidth-gbit", 1e-3, 1e6, &gbit));
    request->wire = (struct mq_wire){1e-6 * latency_us, 1e9 / 8 * gbit};
    return MQ_OK;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_experiment experiment = {0};
    struct mq_estimate_request request = {.experiment = &experiment};
    struct mq_estimate estimate;
    struct mq_pool *pool = NULL;
    char panel[MQ_TEXT_MAX];
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_read(world, arguments, arguments->positionals[0], &experiment));
    (void)snprintf(panel, sizeof panel, "%s", experiment.data.panel);
    MQ_DO(read_request(world, arguments, &request));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(mq_estimate(world, pool, &request, &estimate));
    if (mq_rank(world) != 0) goto done;
    if (mq_flag_is_given(arguments, "json"))
        status = print_json(&estimate, panel);
    else
        print_text(&estimate, panel);
done:
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast check first.yaml", "on this machine"},
    {"mqcast check first.yaml --threads 1 --ranks 1000 --series 400000000",
     "the same experiment on a thousand ranks and a larger catalogue"},
};

const struct mq_command mq_command_check = {
    .name = "check",
    .summary = "what training an experiment would take: memory, files and time",
    .description =
        "Opens and builds everything as training does, and refuses what training would "
        "refuse; the run's directory is neither looked at nor touched. A few steps of up to "
        "four lanes per thread (no more threads than cores) are taken on real batches and "
        "thrown away. Figures are of the rank with most lanes: times are medians here, memory "
        "is what was allocated.",
    .positionals = "EXPERIMENT.yaml",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "train template bench",
    .needs = MQ_NEEDS_WORLD | MQ_NEEDS_EXPERIMENT,
    .details = details,
    .run = run,
};
