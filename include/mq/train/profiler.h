/// Where the time of training steps goes: layer by layer over all ranks, and what every thread did
/// when.
///
/// Every step is timed by layer. A timeline remembers more, in memory taken at the start: what
/// happens between steps, as far as there is room; the first MQ_PROFILER_STEPS steps; and of
/// MQ_PROFILER_LAYER_STEPS of them each layer. A track has room for MQ_PROFILER_TRACK_SPANS, those of all
/// ranks together for MQ_PROFILER_SPANS. Nothing that is computed depends on it. NULL is no profiler, which costs nothing.
///
///     MQ_TRY(mq_profiler_new(&profiler, world, graph, execs, threads, true));
///     for (...) {
///         mq_profiler_step(profiler, step);
///         const double began_s = mq_profiler_begin(profiler);
///         ...
///         mq_profiler_end(profiler, MQ_STAGE_SUM, began_s, -1);
///     }
///     MQ_TRY(mq_profiler_layers(profiler, &rows));
///     MQ_TRY(mq_profiler_write(profiler, rows, "trace.json"));
#ifndef MQ_TRAIN_PROFILER_H
#define MQ_TRAIN_PROFILER_H

#include <jansson.h>

#include "mq/base/track.h"
#include "mq/comm/world.h"
#include "mq/nn/graph.h"

enum {
    MQ_PROFILER_STEPS = 20,
    MQ_PROFILER_LAYER_FIRST = 3, ///< counted from 1; the first two warm up
    MQ_PROFILER_LAYER_STEPS = 3,
    MQ_PROFILER_TRACK_SPANS = 1 << 16,
    MQ_PROFILER_SPANS = 1 << 19,
};

/// What a rank does beside forward and backward; all its threads wait meanwhile, or help.
enum mq_stage {
    MQ_STAGE_DATA, ///< waiting for batches
    MQ_STAGE_SUM, ///< waiting for the sum of gradients
    MQ_STAGE_OPTIMIZER,
    MQ_STAGE_VALIDATION,
    MQ_STAGE_CHECKPOINT,
    MQ_STAGES
};

struct mq_profiler;

/// Traces the executors, one for each of `threads` workers, until it is freed. They, the graph and
/// the world must outlive it. Collective.
mq_status mq_profiler_new(struct mq_profiler **profiler, struct mq_world *world,
                          const struct mq_graph *graph, struct mq_exec *const execs[],
                          int64_t threads, bool has_timeline) MQ_NODISCARD;
void mq_profiler_free(struct mq_profiler *profiler);

/// Step `step` begins, counted from 1 as in the log. Between steps, worker 0 alone. Local.
void mq_profiler_step(struct mq_profiler *profiler, int64_t step);
/// Where a worker puts its spans of this step; NULL when they are not wanted. Local.
struct mq_track *mq_profiler_track(struct mq_profiler *profiler, int64_t worker);
/// A stage, from the thread that is worker 0. `number` of a step, or -1. Local.
double mq_profiler_begin(const struct mq_profiler *profiler);
void mq_profiler_end(struct mq_profiler *profiler, enum mq_stage stage, double began_s,
                     int64_t number);

/// Rows for rank 0, NULL elsewhere; none before the first step. Each has `layer`, `op`, `forward_ms`,
/// `forward_gflops`, `backward_ms`, `backward_gflops` (milliseconds of a step and rank over its
/// threads, the mean over ranks), `max_over_mean` (of ranks), `share` of all threads' time. After
/// the layers: handing over gradients, the stages, and all else. Collective.
mq_status mq_profiler_layers(struct mq_profiler *profiler, json_t **rows) MQ_NODISCARD;
/// The timeline of all ranks as trace events (Chrome's, JSON object format), with the rows as
/// `layers` when not NULL. A process is a rank, a thread a worker; time 0 is when the profiler was
/// made, told to all ranks by barriers. Collective.
mq_status mq_profiler_write(struct mq_profiler *profiler, const json_t *rows,
                            const char *path) MQ_NODISCARD;

#endif
