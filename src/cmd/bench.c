// mqcast bench: throughput of a training step and of inference on fixed, synthetic work.
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/banner.h"
#include "cmd/bench_work.h"
#include "cmd/job.h"
#include "cmd/layer_table.h"
#include "cmd/output.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/config/experiment.h"
#include "mq/tensor/blas_info.h"
#include "mq/train/profiler.h"
#include "mq/train/runlog.h"

static const struct mq_flag flags[] = {
    MQ_THREADS_FLAG,
    {"model", 0, "MODEL", "mqrnn", 0, "which network"},
    {"size", 0, "small|medium|large", "small", 0, "layer sizes (README, \"Bench\")"},
    {"batch", 0, "B", "32", 0, "series per step over all ranks"},
    {"lanes", 0, "L", NULL, 0, "lanes of a step (default: as training, at least one per thread)"},
    {"seconds", 0, "S", "3", 0, "measuring time of each of the three parts"},
    {"trace", 0, NULL, NULL, 0, "time of a training step layer by layer"},
    {"json", 0, NULL, NULL, 0, "one JSON object on stdout"},
    {"dump", 'o', "FILE.safetensors", NULL, 0,
     "measure nothing: write the inputs, loss and gradients of one step"},
};

// What one part (training, last fork, all forks) measured.
struct sample {
    double *step_s;
    int64_t n;
    int64_t capacity;
    double comm_s;
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const struct sample *sample, double share)
{
    return sample->step_s[(int64_t)(share * (double)(sample->n - 1) + 0.5)];
}

// Steps until the time is up, agreed over ranks so that all make the same number.
static mq_status measure(struct mq_world *world, struct mq_bench_work *work,
                         enum mq_bench_part part, double seconds, struct sample *sample)
{
    enum { WARM_UP = 3, MOST = 100000 };
    sample->capacity = MOST;
    MQ_NEW(sample->step_s, sample->capacity);
    double ignored = 0;
    for (int i = 0; i < WARM_UP; i++)
        MQ_TRY(mq_bench_step(work, part, &ignored));
    const double began = mq_clock_s();
    for (bool is_over = false; !is_over && sample->n < sample->capacity;) {
        for (int i = 0; i < 10 && sample->n < sample->capacity; i++) {
            const double before = mq_clock_s();
            MQ_TRY(mq_bench_step(work, part, &sample->comm_s));
            sample->step_s[sample->n++] = mq_clock_s() - before;
        }
        double elapsed = mq_clock_s() - began;
        MQ_TRY(mq_max_f64(world, &elapsed, 1));
        is_over = elapsed >= seconds;
    }
    qsort(sample->step_s, (size_t)sample->n, sizeof *sample->step_s, compare);
    return MQ_OK;
}

// As many steps as were measured, once more under the profiler.
static mq_status trace_layers(struct mq_bench_work *work, int64_t steps, json_t **rows)
{
    struct mq_profiler *profiler = NULL;
    double ignored = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_profiler_new(&profiler, work->world, work->networks[MQ_BENCH_TRAIN].graph,
                          work->execs[MQ_BENCH_TRAIN], mq_pool_threads(work->pool), false));
    for (int64_t i = 0; i < steps; i++) {
        mq_profiler_step(profiler, i + 1);
        MQ_DO(mq_bench_step(work, MQ_BENCH_TRAIN, &ignored));
    }
    MQ_DO(mq_profiler_layers(profiler, rows));
done:
    mq_profiler_free(profiler);
    return status;
}

static json_t *result_json(const struct mq_bench_work *work, const struct mq_arguments *arguments,
                           const struct sample samples[], double sgemm, double peak)
{
    const struct sample *train = &samples[MQ_BENCH_TRAIN];
    const double batch = (double)work->plan.batch;
    const double flops = mq_bench_flops(work);
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:i, s:I, s:I, s:f, s:{s:f, s:f, s:f}, s:f, s:f, s:f, s:f, s:f, s:f, "
        "s:I, s:s}",
        "model", mq_flag_text(arguments, "model"), "size", mq_flag_text(arguments, "size"), "batch",
        (json_int_t)work->plan.batch, "lanes", (json_int_t)work->plan.lanes, "ranks",
        mq_size(work->world), "threads", (json_int_t)mq_pool_threads(work->pool), "parameters",
        (json_int_t)mq_bench_parameters(work), "flops_per_step", flops, "step_ms", "median",
        1e3 * percentile(train, 0.5), "p10", 1e3 * percentile(train, 0.1), "p90",
        1e3 * percentile(train, 0.9), "train_series_per_s", batch / percentile(train, 0.5),
        "infer_series_per_s", batch / percentile(&samples[MQ_BENCH_LAST], 0.5),
        "backtest_series_per_s", batch / percentile(&samples[MQ_BENCH_ALL], 0.5), "gflops",
        1e-9 * flops / percentile(train, 0.5), "sgemm_gflops", sgemm, "comm_ms",
        1e3 * train->comm_s / (double)train->n, "peak_rss_bytes", (json_int_t)peak, "kernel",
        mq_blas_kernel());
}

static mq_status print_result(json_t *result, bool as_json)
{
    if (result == NULL) return mq_fail(MQ_FAILED, "bench: a figure is not finite");
    if (as_json) {
        const bool is_printed =
            json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(7)) == 0 &&
            putchar('\n') != EOF;
        return is_printed ? MQ_OK : mq_fail(MQ_FAILED, "cannot write to standard output");
    }
    const json_t *step = json_object_get(result, "step_ms");
    (void)printf(
        "%s %s, batch %lld: step %.2f ms (p10 %.2f, p90 %.2f), %.1f GFLOP/s of %.1f sgemm\n",
        json_string_value(json_object_get(result, "model")),
        json_string_value(json_object_get(result, "size")),
        (long long)json_integer_value(json_object_get(result, "batch")),
        json_number_value(json_object_get(step, "median")),
        json_number_value(json_object_get(step, "p10")),
        json_number_value(json_object_get(step, "p90")),
        json_number_value(json_object_get(result, "gflops")),
        json_number_value(json_object_get(result, "sgemm_gflops")));
    (void)printf("series/s: training %.0f, last fork %.0f, all forks %.0f; waiting for gradients "
                 "%.3f ms a step\n",
                 json_number_value(json_object_get(result, "train_series_per_s")),
                 json_number_value(json_object_get(result, "infer_series_per_s")),
                 json_number_value(json_object_get(result, "backtest_series_per_s")),
                 json_number_value(json_object_get(result, "comm_ms")));
    const json_t *trace = json_object_get(result, "trace");
    if (trace != NULL) mq_layer_table_print(trace);
    return MQ_OK;
}

static mq_status read_plan(const struct mq_arguments *arguments, struct mq_world *world,
                           struct mq_pool *pool, struct mq_bench_plan *plan)
{
    MQ_TRY(mq_flag_i64(arguments, "batch", 1, 1 << 20, &plan->batch));
    const int64_t threads = mq_size(world) * mq_pool_threads(pool);
    plan->lanes = mq_max_i64(threads, mq_lanes_default(plan->batch));
    if (mq_flag_is_given(arguments, "dump")) plan->lanes = threads;
    MQ_TRY(mq_flag_i64(arguments, "lanes", 1, 1 << 20, &plan->lanes));
    if (plan->batch % plan->lanes != 0)
        return mq_fail(MQ_USAGE, "bench: %lld lanes do not divide a batch of %lld",
                       (long long)plan->lanes, (long long)plan->batch);
    plan->blocks = plan->batch % threads == 0 ? threads : plan->lanes;
    if (plan->lanes < mq_size(world))
        return mq_fail(MQ_USAGE, "bench: %d ranks for %lld lanes", mq_size(world),
                       (long long)plan->lanes);
    return mq_bench_plan_find(mq_flag_text(arguments, "model"), mq_flag_text(arguments, "size"),
                              plan);
}

static mq_status check_dump(const struct mq_arguments *arguments, const struct mq_bench_plan *plan,
                            const struct mq_pool *pool)
{
    if (!mq_flag_is_given(arguments, "dump")) return MQ_OK;
    if (plan->lanes != 1 || mq_pool_threads(pool) != 1) {
        (void)mq_fail(MQ_USAGE, "bench: --dump is for one lane on one thread");
        return mq_hint("one rank, --threads 1 --lanes 1");
    }
    return mq_output_new(mq_flag_text(arguments, "dump"));
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    struct mq_pool *pool = NULL;
    struct mq_bench_work work = {0};
    struct mq_bench_plan plan = {0};
    struct sample samples[MQ_BENCH_PARTS] = {0};
    double sgemm = 0;
    int64_t seconds = 3;
    json_t *layers = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_i64(arguments, "seconds", 0, 3600, &seconds));
    MQ_DO(mq_job_pool(world, arguments, &pool));
    MQ_DO(read_plan(arguments, world, pool, &plan));
    MQ_DO(mq_agree(world, check_dump(arguments, &plan, pool)));
    MQ_DO(mq_agree(world, mq_bench_open(&work, world, pool, &plan)));
    if (mq_flag_is_given(arguments, "dump")) {
        MQ_DO(
            mq_bench_dump(&work, mq_flag_text(arguments, "size"), mq_flag_text(arguments, "dump")));
        goto done;
    }
    MQ_DO(mq_agree(world, mq_blas_measure_gflops(0.5, &sgemm)));
    for (int part = 0; part < MQ_BENCH_PARTS; part++)
        MQ_DO(measure(world, &work, (enum mq_bench_part)part, (double)seconds, &samples[part]));
    if (mq_flag_is_given(arguments, "trace"))
        MQ_DO(trace_layers(&work, samples[MQ_BENCH_TRAIN].n, &layers));
    double peak = (double)mq_peak_resident_bytes();
    MQ_DO(mq_max_f64(world, &peak, 1));
    if (mq_rank(world) == 0) {
        json_t *result = result_json(&work, arguments, samples, sgemm, peak);
        if (layers != NULL) (void)json_object_set(result, "trace", layers);
        status = print_result(result, mq_flag_is_given(arguments, "json"));
        json_decref(result);
    }
done:
    json_decref(layers);
    for (int part = 0; part < MQ_BENCH_PARTS; part++)
        mq_free(samples[part].step_s);
    mq_bench_close(&work);
    mq_pool_free(pool);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast bench --model mqrnn --size small --json", "one JSON object"},
    {"mpirun -n 2 mqcast bench --size medium", "two ranks"},
    {"mqcast bench --model mqcnn --threads 1 --trace", "time and GFLOP/s of every layer"},
};

const struct mq_command mq_command_bench = {
    .name = "bench",
    .summary = "throughput of a training step and of inference on synthetic data",
    .description =
        "The work is fixed, so that it can be set beside other programs doing the same sums; "
        "nothing is read, and nothing written but what --dump asks for.",
    .positionals = "",
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "check doctor",
    .needs = MQ_NEEDS_WORLD,
    .run = run,
};
