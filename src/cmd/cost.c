// Counts a stage and keeps the count with the run.
#include "cmd/cost.h"

#include <string.h>
#include <sys/resource.h>

#include "mq/base/clock.h"
#include "mq/base/json.h"
#include "mq/base/path.h"
#include "mq/model/rundir.h"
#include "mq/train/runlog.h"

static int64_t cpu_us(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return 1000000 * (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (int64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct cost cost_begin(void)
{
    return (struct cost){.began_s = mq_clock_s(), .cpu_us = cpu_us()};
}

// What earlier stages left; one that cannot be read counts for nothing.
static mq_status read_costs(const char *path, json_t **costs)
{
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    if (mq_path_exists(path)) status = mq_file_read(path, &text);
    if (status == MQ_OK && text.length > 0)
        status = mq_json_parse(costs, text.data, text.length, path);
    mq_str_release(&text);
    if (status != MQ_OK && mq_is_out_of_memory()) return status;
    if (!json_is_object(*costs)) {
        json_decref(*costs);
        *costs = json_object();
    }
    return MQ_OK;
}

static mq_status write_costs(const char *directory, const char *stage, json_t *entry)
{
    char path[MQ_PATH_MAX];
    json_t *costs = NULL;
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_run_file(path, directory, "cost.json"));
    MQ_DO(read_costs(path, &costs));
    if (strcmp(stage, "train") == 0) {
        static const char *const sums[] = {"seconds", "core_seconds"};
        const json_t *before = json_object_get(costs, stage);
        for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
            mq_json_set(&entry, sums[i],
                        json_real(json_number_value(json_object_get(before, sums[i])) +
                                  json_number_value(json_object_get(entry, sums[i]))));
    }
    mq_json_set(&costs, stage, json_incref(entry));
    MQ_DO(mq_json_text(costs, JSON_INDENT(1) | JSON_REAL_PRECISION(6), &text));
    MQ_DO(mq_file_replace(path, text.data, text.length));
done:
    mq_str_release(&text);
    json_decref(costs);
    json_decref(entry);
    return status;
}

mq_status cost_end(const struct cost *cost, struct mq_world *world, const struct mq_pool *pool,
                   const char *directory, const char *stage)
{
    const double seconds = mq_clock_s() - cost->began_s;
    int64_t used_us = cpu_us() - cost->cpu_us;
    double peak = (double)mq_peak_resident_bytes();
    MQ_TRY(mq_sum_i64(world, &used_us, 1));
    MQ_TRY(mq_max_f64(world, &peak, 1));
    mq_status status = MQ_OK;
    if (mq_rank(world) == 0) {
        json_error_t error;
        json_t *entry =
            json_pack_ex(&error, 0, "{s:f, s:f, s:i, s:I, s:I}", "seconds", seconds, "core_seconds",
                         1e-6 * (double)used_us, "ranks", mq_size(world), "threads",
                         (json_int_t)mq_pool_threads(pool), "peak_rss_bytes", (json_int_t)peak);
        status = entry != NULL ? write_costs(directory, stage, entry)
                               : mq_json_fail(&error, "cost.json");
    }
    return mq_agree(world, status);
}
