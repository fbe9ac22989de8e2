/// Where the time of training steps goes: layer by layer over all ranks, and what every thread did
/// when.
///
/// Every step is timed by layer. A timeline remembers more, in memory taken at the start: what
/// happens between steps, as far as there is room; the first MQ_PROFILE_STEPS steps; and of
/// MQ_PROFILE_LAYER_STEPS of them each layer. A track has room for MQ_PROFILE_TRACK_SPANS, those of all
/// ranks together for MQ_PROFILE_SPANS. Nothing that is computed depends on it. NULL is no profile, which costs nothing.
///
///     MQ_TRY(mq_profile_new(&profile, world, graph, execs, threads, true));
///     for (...) {
///         mq_profile_step(profile, step);
///         const double began_s = mq_profile_begin(profile);
///         ...
///         mq_profile_end(profile, MQ_STAGE_SUM, began_s, -1);
///     }
///     MQ_TRY(mq_profile_layers(profile, &rows));
///     MQ_TRY(mq_profile_write(profile, rows, "trace.json"));
#ifndef MQ_TRAIN_PROFILE_H
#define MQ_TRAIN_PROFILE_H

#include <jansson.h>

#include "mq/base/track.h"
#include "mq/comm/world.h"
#include "mq/nn/graph.h"

enum {
    MQ_PROFILE_STEPS = 20,
    MQ_PROFILE_LAYER_FIRST = 3, ///< counted from 1; the first two warm up
    MQ_PROFILE_LAYER_STEPS = 3,
    MQ_PROFILE_TRACK_SPANS = 1 << 16,
    MQ_PROFILE_SPANS = 1 << 19,
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

struct mq_profile;

/// Traces the executors, one for each of `threads` workers, until it is freed. They, the graph and
/// the world must outlive it. Collective.
mq_status mq_profile_new(struct mq_profile **profile, struct mq_world *world,
                         const struct mq_graph *graph, struct mq_exec *const execs[],
                         int64_t threads, bool has_timeline) MQ_NODISCARD;
void mq_profile_free(struct mq_profile *profile);

/// Step `step` begins, counted from 1 as in the log. Between steps, worker 0 alone. Local.
void mq_profile_step(struct mq_profile *profile, int64_t step);
/// Where a worker puts its spans of this step; NULL when they are not wanted. Local.
struct mq_track *mq_profile_track(struct mq_profile *profile, int64_t worker);
/// A stage, from the thread that is worker 0. `number` of a step, or -1. Local.
double mq_profile_begin(const struct mq_profile *profile);
void mq_profile_end(struct mq_profile *profile, enum mq_stage stage, double began_s,
                    int64_t number);

/// Rows for rank 0, NULL elsewhere; none before the first step. Each has `layer`, `op`, `forward_ms`,
/// `forward_gflops`, `backward_ms`, `backward_gflops` (milliseconds of a step and rank over its
/// threads, the mean over ranks), `max_over_mean` (of ranks), `share` of all threads' time. After
/// the layers: handing over gradients, the stages, and all else. Collective.
mq_status mq_profile_layers(struct mq_profile *profile, json_t **rows) MQ_NODISCARD;
/// The timeline of all ranks as trace events (Chrome's, JSON object format), with the rows as
/// `layers` when not NULL. A process is a rank, a thread a worker; time 0 is when the profile was
/// made, as a barrier tells it to all ranks. Collective.
mq_status mq_profile_write(struct mq_profile *profile, const json_t *rows,
                           const char *path) MQ_NODISCARD;

#endif
