/// A thread that prepares the batches of the next steps while this step computes. Where the HDF5
/// library is not thread-safe there is no thread: each step's batches are made when they are asked
/// for.
#ifndef MQ_DATA_LOADER_H
#define MQ_DATA_LOADER_H

#include "mq/data/sampler.h"
#include "mq/data/window.h"

struct mq_loader_plan {
    const char *panel_path;
    const struct mq_window_maker *maker;
    const struct mq_features *features;
    struct mq_window_shape shape; ///< of one lane's batch
    uint64_t seed;
    int64_t lanes; ///< in the whole world
    int64_t first_lane; ///< this rank's lanes are [first_lane, first_lane + n_lanes)
    int64_t n_lanes;
    int64_t train_end;
    int64_t cache_bytes;
    int64_t first_step;
};

/// Sets of batches. One is with the caller; the others are made ahead, so that blocks that have to
/// be read now and then do not hold a step up.
enum { MQ_LOADER_SETS = 4 };

struct mq_loader;

/// Starts preparing `first_step`. Local.
mq_status mq_loader_start(struct mq_loader **loader,
                          const struct mq_loader_plan *plan) MQ_NODISCARD;
/// Stops the thread. Accepts NULL.
void mq_loader_stop(struct mq_loader *loader);

/// The batches of this rank's lanes for the next step, valid until the next call. Seconds
/// spent waiting for them are added to `wait_s`. Fails with the error
/// of the loader's thread (damaged data).
mq_status mq_loader_next(struct mq_loader *loader, const struct mq_batch **batches,
                         double *wait_s) MQ_NODISCARD;

#endif
