// The training step layer by layer: traced steps, rows, a table.
#include "cmd/bench_trace.h"

#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"

// What the workers of a rank spent in all traced steps.
struct tally {
    const struct mq_graph *graph;
    struct mq_trace total;
    double elapsed_s; ///< of all workers
    double lanes; ///< computed
    double steps;
};

static mq_status new_traces(struct mq_bench_work *work, struct mq_trace **traces)
{
    const struct mq_graph *graph = work->networks[MQ_BENCH_TRAIN].graph;
    const int64_t n = mq_pool_threads(work->pool);
    MQ_NEW(*traces, n);
    for (int64_t i = 0; i < n; i++) {
        MQ_NEW((*traces)[i].node, mq_graph_nodes(graph));
        mq_exec_trace(work->execs[MQ_BENCH_TRAIN][i], &(*traces)[i]);
    }
    return MQ_OK;
}

static void free_traces(struct mq_bench_work *work, struct mq_trace *traces)
{
    for (int64_t i = 0; traces != NULL && i < mq_pool_threads(work->pool); i++) {
        mq_exec_trace(work->execs[MQ_BENCH_TRAIN][i], NULL);
        mq_free(traces[i].node);
    }
    mq_free(traces);
}

// Every worker's trace is added to the first.
static void add_up(struct tally *tally, const struct mq_trace traces[], int64_t n)
{
    tally->total = traces[0];
    for (int64_t i = 1; i < n; i++) {
        for (int64_t node = 0; node < mq_graph_nodes(tally->graph); node++) {
            tally->total.node[node].forward_s += traces[i].node[node].forward_s;
            tally->total.node[node].backward_s += traces[i].node[node].backward_s;
        }
        tally->total.notify_s += traces[i].notify_s;
    }
}

static json_t *rate(double flops, double seconds)
{
    return flops > 0 && seconds > 0 ? json_real(1e-9 * flops / seconds) : json_null();
}

static json_t *layer_row(const struct tally *tally, int64_t i)
{
    const struct mq_layer layer = mq_graph_layer(tally->graph, i);
    const struct mq_node_time *time = &tally->total.node[i];
    return json_pack("{s:s, s:s, s:f, s:o, s:f, s:o, s:f}", "layer", layer.name, "op", layer.op,
                     "forward_ms", 1e3 * time->forward_s / tally->steps, "forward_gflops",
                     rate(layer.forward_flops * tally->lanes, time->forward_s), "backward_ms",
                     1e3 * time->backward_s / tally->steps, "backward_gflops",
                     rate(layer.backward_flops * tally->lanes, time->backward_s), "share",
                     (time->forward_s + time->backward_s) / tally->elapsed_s);
}

static json_t *other_row(const struct tally *tally, const char *name, double seconds)
{
    return json_pack("{s:s, s:s, s:f, s:n, s:f, s:n, s:f}", "layer", name, "op", "", "forward_ms",
                     0.0, "forward_gflops", "backward_ms", 1e3 * seconds / tally->steps,
                     "backward_gflops", "share", seconds / tally->elapsed_s);
}

static mq_status rows_of(const struct tally *tally, json_t **rows)
{
    double layers_s = 0;
    *rows = json_array();
    int failures = *rows == NULL;
    for (int64_t i = 0; i < mq_graph_nodes(tally->graph); i++) {
        failures += json_array_append_new(*rows, layer_row(tally, i)) != 0;
        layers_s += tally->total.node[i].forward_s + tally->total.node[i].backward_s;
    }
    const double notify_s = tally->total.notify_s;
    failures += json_array_append_new(*rows, other_row(tally, "(gradients)", notify_s)) != 0;
    const double rest_s = tally->elapsed_s - layers_s - notify_s;
    failures += json_array_append_new(*rows, other_row(tally, "(all else)", rest_s)) != 0;
    return failures == 0 ? MQ_OK : mq_fail(MQ_FAILED, "bench: no memory for the trace");
}

mq_status mq_bench_trace(struct mq_bench_work *work, int64_t steps, json_t **rows)
{
    mq_status status = MQ_OK;
    struct mq_trace *traces = NULL;
    const int64_t threads = mq_pool_threads(work->pool);
    struct tally tally = {.graph = work->networks[MQ_BENCH_TRAIN].graph,
                          .lanes = (double)(steps * work->lanes.n),
                          .steps = (double)steps};
    double ignored = 0;
    MQ_DO(mq_agree(work->world, new_traces(work, &traces)));
    const double began = mq_clock_s();
    for (int64_t i = 0; i < steps; i++)
        MQ_DO(mq_bench_step(work, MQ_BENCH_TRAIN, &ignored));
    tally.elapsed_s = (double)threads * (mq_clock_s() - began);
    add_up(&tally, traces, threads);
    MQ_DO(rows_of(&tally, rows));
done:
    free_traces(work, traces);
    return status;
}

static void print_rate(const json_t *gflops)
{
    if (json_is_null(gflops))
        (void)printf("%9s", "");
    else
        (void)printf("%9.1f", json_number_value(gflops));
}

void mq_bench_trace_print(const json_t *rows)
{
    size_t i;
    json_t *row;
    (void)printf("\n%-28s%-12s%12s%9s%13s%9s%8s\n", "layer", "op", "forward ms", "GFLOP/s",
                 "backward ms", "GFLOP/s", "share");
    json_array_foreach((json_t *)rows, i, row)
    {
        (void)printf("%-28s%-12s%12.3f", json_string_value(json_object_get(row, "layer")),
                     json_string_value(json_object_get(row, "op")),
                     json_number_value(json_object_get(row, "forward_ms")));
        print_rate(json_object_get(row, "forward_gflops"));
        (void)printf("%13.3f", json_number_value(json_object_get(row, "backward_ms")));
        print_rate(json_object_get(row, "backward_gflops"));
        (void)printf("%7.1f%%\n", 1e2 * json_number_value(json_object_get(row, "share")));
    }
}
