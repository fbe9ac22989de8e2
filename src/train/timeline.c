// Tracks of all ranks as trace events. Each rank writes the text of its own, rank 0 joins them.
// Times are whole nanoseconds since the origin, so that what lay within another span does so in the
// file: rounding keeps order.
#include "train/profiler.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/base/path.h"

static int64_t ns_since(double origin_s, double time_s)
{
    return llround(fmax(0, time_s - origin_s) * 1e9);
}

// Names are our own: stages, and layers as models call them, of letters, digits and dots.
static mq_status add_span(const struct mq_profiler *profiler, int64_t worker,
                          const struct mq_span *span, struct mq_str *text)
{
    const int64_t began = ns_since(profiler->origin_s, span->began_s);
    const int64_t took = ns_since(profiler->origin_s, span->ended_s) - began;
    MQ_TRY(mq_str_printf(text,
                         ",\n{\"ph\":\"X\",\"pid\":%d,\"tid\":%" PRId64 ",\"ts\":%" PRId64
                         ".%03d,\"dur\":%" PRId64 ".%03d,\"name\":\"%s",
                         mq_rank(profiler->world), worker, began / 1000, (int)(began % 1000),
                         took / 1000, (int)(took % 1000), span->name));
    return span->number >= 0 ? mq_str_printf(text, " %" PRId64 "\"}", span->number)
                             : mq_str_add(text, "\"}");
}

static mq_status add_name(const struct mq_profiler *profiler, int64_t worker, const char *what,
                          json_t *name, struct mq_str *text)
{
    json_error_t error;
    json_t *event = json_pack_ex(&error, 0, "{s:s, s:i, s:I, s:s, s:{s:o}}", "ph", "M", "pid",
                                 mq_rank(profiler->world), "tid", (json_int_t)worker, "name", what,
                                 "args", "name", name);
    if (event == NULL) return mq_json_fail(&error, "trace.json");
    mq_status status = mq_str_add(text, ",\n");
    if (status == MQ_OK) status = mq_json_text(event, JSON_COMPACT, text);
    json_decref(event);
    return status;
}

// In the order of their beginnings, the outer one first.
static int compare(const void *a, const void *b)
{
    const struct mq_span *x = a;
    const struct mq_span *y = b;
    if (x->began_s != y->began_s) return x->began_s < y->began_s ? -1 : 1;
    return (x->ended_s < y->ended_s) - (x->ended_s > y->ended_s);
}

static mq_status add_tracks(struct mq_profiler *profiler, struct mq_str *text)
{
    char host[64] = "";
    (void)gethostname(host, sizeof host - 1);
    MQ_TRY(add_name(profiler, 0, "process_name",
                    json_sprintf("rank %d on %s", mq_rank(profiler->world), host), text));
    for (int64_t i = 0; i < profiler->threads; i++) {
        struct mq_track *track = &profiler->tracks[i];
        qsort(track->spans, (size_t)track->n, sizeof *track->spans, compare);
        MQ_TRY(
            add_name(profiler, i, "thread_name", json_sprintf("worker %lld", (long long)i), text));
        for (int64_t s = 0; s < track->n; s++)
            MQ_TRY(add_span(profiler, i, &track->spans[s], text));
    }
    return MQ_OK;
}

// What the file says of itself, up to the list of events; a list of steps that ends before it begins
// is empty. One event is here, so that all others begin with a comma.
static mq_status add_head(const struct mq_profiler *profiler, const json_t *rows, int64_t left_out,
                          struct mq_str *text)
{
    const int64_t first = profiler->first_step;
    const int64_t traced = mq_min_i64(profiler->steps, MQ_PROFILER_STEPS);
    const int64_t layered =
        mq_min_i64(profiler->steps, MQ_PROFILER_LAYER_FIRST + MQ_PROFILER_LAYER_STEPS - 1);
    json_error_t error;
    json_t *about =
        json_pack_ex(&error, 0, "{s:s, s:i, s:I, s:I, s:[I, I], s:[I, I], s:I}", "creator",
                     "mqcast " MQ_VERSION, "ranks", mq_size(profiler->world), "threads",
                     (json_int_t)profiler->threads, "steps", (json_int_t)profiler->steps,
                     "traced_steps", (json_int_t)first, (json_int_t)(first + traced - 1),
                     "layered_steps", (json_int_t)(first + MQ_PROFILER_LAYER_FIRST - 1),
                     (json_int_t)(first + layered - 1), "spans_left_out", (json_int_t)left_out);
    if (about == NULL) return mq_json_fail(&error, "trace.json");
    mq_status status = MQ_OK;
    MQ_DO(mq_str_add(text, "{\"otherData\":"));
    MQ_DO(mq_json_text(about, JSON_COMPACT, text));
    if (rows != NULL) {
        MQ_DO(mq_str_add(text, ",\n\"layers\":"));
        MQ_DO(mq_json_text(rows, JSON_COMPACT | JSON_REAL_PRECISION(6), text));
    }
    MQ_DO(mq_str_add(text, ",\n\"displayTimeUnit\":\"ms\",\n\"traceEvents\":[\n"
                           "{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"process_sort_index\","
                           "\"args\":{\"sort_index\":0}}"));
done:
    json_decref(about);
    return status;
}

static mq_status write_all(struct mq_str *all, const char *path)
{
    MQ_TRY(mq_str_add(all, "\n]}\n"));
    return mq_file_replace(path, all->data, all->length);
}

mq_status mq_profiler_write(struct mq_profiler *profiler, const json_t *rows, const char *path)
{
    struct mq_world *world = profiler->world;
    struct mq_str own = {0};
    struct mq_str all = {0};
    int64_t left_out = 0;
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < profiler->threads; i++)
        left_out += profiler->tracks[i].left_out;
    MQ_DO(mq_sum_i64(world, &left_out, 1));
    if (mq_rank(world) == 0) status = add_head(profiler, rows, left_out, &own);
    if (status == MQ_OK) status = add_tracks(profiler, &own);
    MQ_DO(mq_agree(world, status));
    MQ_DO(mq_gather(world, own.data, own.length, &all, NULL));
    if (mq_rank(world) == 0) status = write_all(&all, path);
    status = mq_agree(world, status);
done:
    mq_str_release(&own);
    mq_str_release(&all);
    return status;
}
