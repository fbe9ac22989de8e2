/// Everything a training run holds while it runs; made once, released once.
#ifndef MQ_TRAIN_SESSION_H
#define MQ_TRAIN_SESSION_H

#include "mq/base/path.h"
#include "mq/comm/reducer.h"
#include "mq/data/loader.h"
#include "mq/data/split.h"
#include "mq/eval/scores.h"
#include "mq/model/checkpoint.h"
#include "mq/model/orders.h"
#include "mq/model/predictor.h"
#include "mq/train/profiler.h"
#include "mq/train/runlog.h"
#include "mq/train/stop.h"
#include "mq/train/trainer.h"

/// Scalars that ride with the gradients; from SCALAR_STOP on, how many ranks stop for each cause.
enum {
    SCALAR_LOSS,
    SCALAR_WEIGHT,
    SCALAR_BAD_LANES, ///< whose loss is not finite
    SCALAR_FAILED, ///< ranks without batches
    SCALAR_STOP,
    SCALARS = SCALAR_STOP + MQ_STOPS
};

enum { BUCKET_BYTES = 4 << 20 }; ///< of gradients sent together

/// What a step found out, the same on every rank.
struct step_result {
    double loss; ///< mean over weighted points, scaled units
    double grad_norm; ///< before clipping
    double lr;
    enum mq_stop stop; ///< cause of the first kind that any rank has
};

/// Where the time goes, this rank, since the last log line.
struct step_times {
    double wait_data_s;
    double compute_s; ///< forward and backward of this rank's lanes
    double comm_s;
};

struct session {
    struct mq_world *world;
    struct mq_pool *pool;
    const struct mq_train_request *request;
    char directory[MQ_PATH_MAX];
    char from[MQ_PATH_MAX]; ///< the checkpoint that request->from stands for; empty: none
    int claim; ///< rank 0: the file whose lock keeps other processes off the directory; -1: none
    bool holds_claim;
    char panel_path[MQ_PATH_MAX];

    struct mq_panel *panel;
    struct mq_split split;
    struct mq_model model;
    struct mq_progress progress;
    int64_t total_steps;

    // Networks only.
    int64_t lanes; ///< of all ranks; 0: not known yet
    int64_t first_lane;
    int64_t n_lanes;
    struct mq_window_maker maker;
    struct mq_network network;
    struct mq_exec **execs; ///< by worker
    struct mq_loader *loader;
    struct mq_reducer *reducer;
    struct mq_optimizer *optimizer;
    mq_real *gradients;
    struct mq_predictor *validator; ///< of forecasters; NULL without validation
    struct mq_orders *orders; ///< of a policy over the validation span, after inventory.warmup
    struct mq_runlog *log; ///< rank 0
    struct mq_profiler *profiler; ///< NULL: not asked for
    int64_t first_step; ///< of this process
    const char *doing; ///< what the ranks are about: "validating", ...
    bool is_blind; ///< validation finds nothing to score
};

/// Everything up to the first step. Collective.
mq_status session_open(struct session *session) MQ_NODISCARD;
void session_close(struct session *session);

// What session_open is made of, for those who need no more than the beginning.

/// Opens the panel, splits time, selects and fits features; refuses more ranks than have lanes to
/// train. Collective.
mq_status session_open_data(struct session *session, int64_t ranks) MQ_NODISCARD;
/// Steps of the whole training on so many series; 0 for models without weights.
int64_t session_steps(const struct session *session, int64_t n_series);
/// Network, executors, optimizer and reducer for lanes [first_lane, first_lane + n_lanes).
/// Collective.
mq_status session_build(struct session *session) MQ_NODISCARD;
/// The batches of those lanes, from the position on. Local.
mq_status session_start_loader(struct session *session) MQ_NODISCARD;

/// Keeps other processes from training this run; MQ_FAILED naming the one that does. `creates`: a
/// run that was never claimed. Rank 0 alone.
mq_status session_claim(struct session *session, bool creates) MQ_NODISCARD;
void session_release_claim(struct session *session);

/// The starting point: a checkpoint to resume, weights to start from, or the seed. Collective.
mq_status session_begin(struct session *session) MQ_NODISCARD;

/// One training step. Collective.
mq_status session_step(struct session *session, struct step_result *result,
                       struct step_times *times) MQ_NODISCARD;
/// Points of a full global batch inverted: what lanes are scaled by, so that sums stay in range.
double session_loss_scale(const struct session *session);
/// What a lane of the next step learns from, without listeners. Local.
struct mq_lane session_lane(const struct session *session, const struct mq_batch *batch,
                            int64_t lane);
/// MQ_NUMERIC naming step, lane and series, after a step whose loss or gradient was not finite on
/// any rank. Collective.
mq_status session_blame(struct session *session, const struct mq_batch *batches) MQ_NODISCARD;
/// What products cost over the validation span.
struct replay_total {
    struct mq_exact cost;
    int64_t periods; ///< of products, with known demand
};
/// Makes `orders`, and adds up what those of products [first, first + n), first a multiple of
/// forecast.batch, cost. Local.
mq_status session_prepare_replay(struct session *session) MQ_NODISCARD;
mq_status session_replay(struct session *session, int64_t first, int64_t n,
                         struct replay_total *total) MQ_NODISCARD;
/// mean_wQL on the validation span, or of a policy the cost per product and period, with the
/// average of the weights, if there is one; updates best, patience and plateau. NaN where there is
/// nothing to score. Collective.
mq_status session_validate(struct session *session, double *score) MQ_NODISCARD;
/// Compares weights over ranks, refuses weights that are not finite; rank 0 writes a checkpoint, points `latest` (and `best`) at it and
/// prunes. Collective.
mq_status session_checkpoint(struct session *session) MQ_NODISCARD;

#endif
