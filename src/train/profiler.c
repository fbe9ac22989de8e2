// Times of layers and stages, added up over threads, steps and ranks.
#include "train/profiler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/base/json.h"

static const char *const stage_names[MQ_STAGES] = {
    [MQ_STAGE_DATA] = "waiting for data", [MQ_STAGE_SUM] = "waiting for sums",
    [MQ_STAGE_OPTIMIZER] = "optimizer",   [MQ_STAGE_VALIDATION] = "validation",
    [MQ_STAGE_CHECKPOINT] = "checkpoint",
};

// ---- collecting ---------------------------------------------------------------------------------

static mq_status make_tracks(struct mq_profiler *profiler)
{
    const int64_t all = mq_size(profiler->world) * profiler->threads;
    const int64_t room =
        mq_max_i64(1, mq_min_i64(MQ_PROFILER_TRACK_SPANS, MQ_PROFILER_SPANS / all));
    MQ_NEW(profiler->tracks, profiler->threads);
    for (int64_t i = 0; i < profiler->threads; i++) {
        MQ_NEW(profiler->tracks[i].spans, room);
        profiler->tracks[i].capacity = room;
    }
    return MQ_OK;
}

static mq_status init(struct mq_profiler *profiler, bool has_timeline)
{
    MQ_NEW(profiler->traces, profiler->threads);
    for (int64_t i = 0; i < profiler->threads; i++) {
        MQ_NEW(profiler->traces[i].node, mq_graph_nodes(profiler->graph));
        mq_exec_trace(profiler->execs[i], &profiler->traces[i]);
    }
    return has_timeline ? make_tracks(profiler) : MQ_OK;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Clocks of hosts have nothing in common. After a barrier all ranks know the same moment, but for
// those that the machine lets wait: the median of several says by how much this clock is ahead of
// rank 0's.
static mq_status agree_on_origin(struct mq_profiler *profiler)
{
    enum { BARRIERS = 15 };
    double own[BARRIERS];
    double first[BARRIERS];
    double ahead[BARRIERS];
    for (int i = 0; i < BARRIERS; i++) {
        MQ_TRY(mq_barrier(profiler->world));
        own[i] = mq_clock_s();
    }
    memcpy(first, own, sizeof first);
    MQ_TRY(mq_broadcast(profiler->world, first, sizeof first));
    for (int i = 0; i < BARRIERS; i++)
        ahead[i] = own[i] - first[i];
    qsort(ahead, BARRIERS, sizeof *ahead, compare);
    profiler->origin_s = first[BARRIERS - 1] + ahead[BARRIERS / 2];
    return MQ_OK;
}

mq_status mq_profiler_new(struct mq_profiler **profiler, struct mq_world *world,
                          const struct mq_graph *graph, struct mq_exec *const execs[],
                          int64_t threads, bool has_timeline)
{
    struct mq_profiler *new = mq_calloc(1, sizeof *new);
    mq_status status = new != NULL ? MQ_OK : MQ_FAILED;
    *profiler = NULL;
    if (new != NULL) {
        *new = (struct mq_profiler){
            .world = world, .graph = graph, .execs = execs, .threads = threads};
        status = init(new, has_timeline);
    }
    MQ_DO(mq_agree(world, status));
    MQ_DO(agree_on_origin(new));
    *profiler = new;
    return MQ_OK;
done:
    mq_profiler_free(new);
    return status;
}

void mq_profiler_free(struct mq_profiler *profiler)
{
    if (profiler == NULL) return;
    for (int64_t i = 0; i < profiler->threads; i++) {
        mq_exec_trace(profiler->execs[i], NULL);
        if (profiler->traces != NULL) mq_free(profiler->traces[i].node);
        if (profiler->tracks != NULL) mq_free(profiler->tracks[i].spans);
    }
    mq_free(profiler->traces);
    mq_free(profiler->tracks);
    mq_free(profiler);
}

void mq_profiler_step(struct mq_profiler *profiler, int64_t step)
{
    if (profiler == NULL) return;
    if (profiler->steps == 0) {
        profiler->began_s = mq_clock_s();
        profiler->first_step = step;
    }
    profiler->steps++;
    profiler->step = step;
    const int64_t layer_step = profiler->steps - MQ_PROFILER_LAYER_FIRST;
    const bool has_layers = layer_step >= 0 && layer_step < MQ_PROFILER_LAYER_STEPS;
    for (int64_t i = 0; i < profiler->threads && profiler->tracks != NULL; i++)
        profiler->traces[i].track = has_layers ? &profiler->tracks[i] : NULL;
}

struct mq_track *mq_profiler_track(struct mq_profiler *profiler, int64_t worker)
{
    if (profiler == NULL || profiler->tracks == NULL) return NULL;
    return profiler->steps <= MQ_PROFILER_STEPS ? &profiler->tracks[worker] : NULL;
}

double mq_profiler_begin(const struct mq_profiler *profiler)
{
    return profiler != NULL ? mq_clock_s() : 0;
}

void mq_profiler_end(struct mq_profiler *profiler, enum mq_stage stage, double began_s,
                     int64_t number)
{
    if (profiler == NULL) return;
    const bool is_between_steps = stage == MQ_STAGE_VALIDATION || stage == MQ_STAGE_CHECKPOINT;
    profiler->stage_s[stage] += mq_clock_s() - began_s;
    if (profiler->tracks != NULL && is_between_steps)
        mq_span_end(&profiler->tracks[0], began_s, stage_names[stage], number);
    else
        mq_span_end(mq_profiler_track(profiler, 0), began_s, stage_names[stage], number);
}

// ---- adding up ----------------------------------------------------------------------------------

// Seconds of a rank in all its threads: a column each of what ranks send to rank 0.
enum { ELAPSED, FORWARDS, NOTIFY, STAGES, NODES = STAGES + MQ_STAGES };

static int64_t forward_column(int64_t node)
{
    return NODES + 2 * node;
}

static int64_t backward_column(int64_t node)
{
    return forward_column(node) + 1;
}

static void add_up(const struct mq_profiler *profiler, double column[])
{
    const double threads = (double)profiler->threads;
    column[ELAPSED] = profiler->steps > 0 ? threads * (mq_clock_s() - profiler->began_s) : 0;
    for (int stage = 0; stage < MQ_STAGES; stage++)
        column[STAGES + stage] = threads * profiler->stage_s[stage];
    for (int64_t i = 0; i < profiler->threads; i++) {
        const struct mq_trace *trace = &profiler->traces[i];
        column[FORWARDS] += trace->forwards;
        column[NOTIFY] += trace->notify_s;
        for (int64_t node = 0; node < mq_graph_nodes(profiler->graph); node++) {
            column[forward_column(node)] += trace->node[node].forward_s;
            column[backward_column(node)] += trace->node[node].backward_s;
        }
    }
}

/// Columns of all ranks (ranks, columns), and the rows made of them.
struct tally {
    const struct mq_profiler *profiler;
    const double *column;
    int64_t columns;
    json_t *rows;
};

static double sum(const struct tally *tally, int64_t column)
{
    double total = 0;
    for (int rank = 0; rank < mq_size(tally->profiler->world); rank++)
        total += tally->column[rank * tally->columns + column];
    return total;
}

// Of two columns together.
static double max_over_mean(const struct tally *tally, int64_t a, int64_t b)
{
    const int ranks = mq_size(tally->profiler->world);
    double most = 0;
    double total = 0;
    for (int rank = 0; rank < ranks; rank++) {
        const double *column = &tally->column[rank * tally->columns];
        const double seconds = column[a] + (a != b ? column[b] : 0);
        most = fmax(most, seconds);
        total += seconds;
    }
    return total > 0 ? most * ranks / total : 1;
}

static json_t *rate(double flops, double seconds)
{
    return flops > 0 && seconds > 0 ? json_real(1e-9 * flops / seconds) : json_null();
}

static double step_ms(const struct tally *tally, double seconds)
{
    const int64_t times = tally->profiler->steps * mq_size(tally->profiler->world);
    return 1e3 * seconds / (double)times;
}

static void add_layer(struct tally *tally, int64_t node)
{
    const struct mq_layer layer = mq_graph_layer(tally->profiler->graph, node);
    const double passes = sum(tally, FORWARDS);
    const double forward_s = sum(tally, forward_column(node));
    const double backward_s = sum(tally, backward_column(node));
    mq_json_append(&tally->rows,
                   json_pack("{s:s, s:s, s:f, s:o, s:f, s:o, s:f, s:f}", "layer", layer.name, "op",
                             layer.op, "forward_ms", step_ms(tally, forward_s), "forward_gflops",
                             rate(layer.forward_flops * passes, forward_s), "backward_ms",
                             step_ms(tally, backward_s), "backward_gflops",
                             rate(layer.backward_flops * passes, backward_s), "max_over_mean",
                             max_over_mean(tally, forward_column(node), backward_column(node)),
                             "share", (forward_s + backward_s) / sum(tally, ELAPSED)));
}

static void add_other(struct tally *tally, const char *name, double seconds, double imbalance)
{
    mq_json_append(&tally->rows,
                   json_pack("{s:s, s:s, s:f, s:n, s:f, s:n, s:f, s:f}", "layer", name, "op", "",
                             "forward_ms", 0.0, "forward_gflops", "backward_ms",
                             step_ms(tally, seconds), "backward_gflops", "max_over_mean", imbalance,
                             "share", seconds / sum(tally, ELAPSED)));
}

static mq_status make_rows(struct tally *tally)
{
    double rest_s = sum(tally, ELAPSED) - sum(tally, NOTIFY);
    tally->rows = json_array();
    for (int64_t node = 0; node < mq_graph_nodes(tally->profiler->graph); node++) {
        add_layer(tally, node);
        rest_s -= sum(tally, forward_column(node)) + sum(tally, backward_column(node));
    }
    add_other(tally, "(gradients)", sum(tally, NOTIFY), max_over_mean(tally, NOTIFY, NOTIFY));
    for (int stage = 0; stage < MQ_STAGES; stage++) {
        const int64_t column = STAGES + stage;
        char name[32];
        if (sum(tally, column) == 0) continue;
        (void)snprintf(name, sizeof name, "(%s)", stage_names[stage]);
        add_other(tally, name, sum(tally, column), max_over_mean(tally, column, column));
        rest_s -= sum(tally, column);
    }
    add_other(tally, "(all else)", rest_s, 1);
    return tally->rows != NULL ? MQ_OK : mq_fail_memory("the table of layers");
}

mq_status mq_profiler_layers(struct mq_profiler *profiler, json_t **rows)
{
    struct tally tally = {.profiler = profiler,
                          .columns = NODES + 2 * mq_graph_nodes(profiler->graph)};
    struct mq_str all = {0};
    double *column = mq_calloc(tally.columns, sizeof *column);
    mq_status status = MQ_OK;
    *rows = NULL;
    if (column != NULL) add_up(profiler, column);
    MQ_DO(mq_agree(profiler->world, column != NULL ? MQ_OK : MQ_FAILED));
    MQ_DO(mq_gather(profiler->world, column, (size_t)tally.columns * sizeof *column, &all, NULL));
    tally.column = (const double *)(const void *)all.data;
    if (mq_rank(profiler->world) == 0 && profiler->steps > 0) status = make_rows(&tally);
    MQ_DO(mq_agree(profiler->world, status));
    *rows = tally.rows;
done:
    if (status != MQ_OK) json_decref(tally.rows);
    mq_str_release(&all);
    mq_free(column);
    return status;
}
