/// Checkpoints: everything a run needs to go on as if it had never stopped.
///
/// One HDF5 file, built in memory and published by rename: weights, optimizer state, position, best
/// score and patience, resolved experiment, what was seen of the panel, versions, hashes.
#ifndef MQ_MODEL_CHECKPOINT_H
#define MQ_MODEL_CHECKPOINT_H

#include "mq/base/path.h"
#include "mq/model/model.h"
#include "mq/optim/optimizer.h"
#include "mq/optim/schedule.h"

/// Where a run stands: with the weights and moments, all of its state.
struct mq_progress {
    int64_t step; ///< steps done
    double best_score; ///< lowest validation score: mean_wQL, or a policy's cost
    int64_t best_step; ///< -1: none yet
    int64_t bad_validations; ///< since the best
    double interval_loss; ///< summed over the steps since the last line of the run log
    int64_t interval_steps;
    char from[MQ_SHA256_HEX]; ///< hash of the weights it started from; empty: its seed
    struct mq_schedule_state schedule;
};

/// `optimizer` may be NULL for models without weights. Local; rank 0 calls it.
mq_status mq_checkpoint_write(const char *path, const struct mq_model *model,
                              const struct mq_optimizer *optimizer,
                              const struct mq_progress *progress) MQ_NODISCARD;
/// How many bytes that would write; nothing appears. Local.
mq_status mq_checkpoint_weigh(const char *path, const struct mq_model *model,
                              const struct mq_optimizer *optimizer,
                              const struct mq_progress *progress, int64_t *bytes) MQ_NODISCARD;

/// Reads and verifies a checkpoint: model with allocated weights, ready to predict. Release the
/// model in every case. MQ_DATA naming what is wrong. Local.
mq_status mq_checkpoint_read(const char *path, struct mq_model *model,
                             struct mq_progress *progress) MQ_NODISCARD;
/// The optimizer's state of that checkpoint into an optimizer of the same kind and size. Local.
mq_status mq_checkpoint_read_optimizer(const char *path,
                                       struct mq_optimizer *optimizer) MQ_NODISCARD;

/// The checkpoint file that a name given by the user stands for: a checkpoint, a pointer
/// (checkpoints/best) or a run's directory, of which it is the one that `which` ("best", "latest")
/// finds. Only the last is verified. Local.
mq_status mq_checkpoint_resolve(const char *given, const char *which,
                                char path[MQ_PATH_MAX]) MQ_NODISCARD;

/// The checkpoint to use of a run: `which` is "best", "latest" or what
/// mq_checkpoint_resolve takes. "best" falls back to
/// "latest" when nothing was validated; a damaged one falls back to the newest whole one, with a
/// warning. MQ_DATA when there is none. Local.
mq_status mq_checkpoint_find(const char *run_directory, const char *which,
                             char path[MQ_PATH_MAX]) MQ_NODISCARD;

/// What inspect prints, without building the model. Local.
struct mq_checkpoint_facts {
    struct mq_progress progress;
    int64_t parameters;
    int64_t members; ///< of a model that combines others
    char model[MQ_TEXT_MAX];
    char weights_sha256[MQ_SHA256_HEX];
    char created[32];
    char creator[64];
    char kernel[64];
    char panel_fingerprint[MQ_SHA256_HEX];
};
mq_status mq_checkpoint_inspect(const char *path, struct mq_checkpoint_facts *facts) MQ_NODISCARD;

#endif
