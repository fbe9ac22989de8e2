/// What training an experiment would take, from a rehearsal of a few lanes.
///
/// Everything is opened and built as for training, so that what training would refuse is refused
/// here. A few steps of a few lanes are taken on real batches, on as many threads (no more than
/// cores), at a learning rate of 0, and thrown away; the rest is arithmetic. With R ranks, S
/// threads each, and n lanes on the rank that has most:
///
///     compute     ceil(n / S) lane_s
///     data        n fill_s, by the loader's thread on cores that compute as well
///     sum         of a bucket of B bytes, below
///     exposed     the last bucket, and what of the others the last backward pass does not hide
///     step        max(compute + data / S, data) + exposed + update_s
///     run         steps, validations, and the first pass over the catalogue for its statistics
///
/// A message of m bytes takes latency_s + m / bytes_per_s; beyond 64 KiB it is asked for, which
/// costs 2 latency_s, less the time of its first 64 KiB, which travel meanwhile, if that is above 0.
/// A sum under 64 KiB, or of fewer numbers than ranks, goes up a binomial tree and down again:
/// 2 ceil(log2 R) messages of B. A larger one is Rabenseifner's (Thakur, Rabenseifner and Gropp 2005,
/// "Optimization of collective communication operations in MPICH"), with P the largest power of two
/// up to R: two messages each of B / 2,
/// B / 4, ... B / P, so 2 (P - 1) / P B in all; and unless R is P, two of B / 2 and one of B more.
///
/// Assumed: equal machines like this one, no straggler, both directions of a link at once, a file
/// system that reads as fast for all ranks as it did here, no early stop. Left out: adding up what
/// arrives, starting up, writing checkpoints.
#ifndef MQ_TRAIN_ESTIMATE_H
#define MQ_TRAIN_ESTIMATE_H

#include "mq/base/pool.h"
#include "mq/comm/world.h"
#include "mq/config/experiment.h"

/// Between ranks.
struct mq_wire {
    double latency_s; ///< of a message
    double bytes_per_s; ///< one way, of each rank
};

struct mq_estimate_request {
    struct mq_experiment *experiment; ///< taken over
    int64_t ranks;
    int64_t series; ///< as if the panel held so many like its own; 0: as it is
    struct mq_wire wire;
};

/// Of the rank that has most to do. Zero, but for model, series and files, where nothing is
/// trained.
struct mq_estimate {
    char model[MQ_TEXT_MAX];
    bool is_trained; ///< by steps: the model is a network
    int64_t series;

    struct {
        int64_t parameters;
        double gflop; ///< of the matrix products of a step, all ranks
        int64_t ranks;
        int64_t threads;
        int64_t lanes;
        int64_t lanes_least; ///< on a rank
        int64_t lanes_most;
        int64_t lane_series; ///< drawn by a lane in a step
        double balance; ///< lanes of a thread, mean over most: the rest of the threads' time idles
        int64_t steps;
        double epoch_steps;
        int64_t validations;
    } work;

    struct { // bytes
        int64_t weights; ///< and the gradient of the step
        int64_t optimizer;
        int64_t sums; ///< of gradients over lanes
        int64_t workers; ///< activations and gradients, every thread its own
        int64_t batches;
        int64_t series; ///< read and kept, and the order in which they are drawn
        int64_t validation;
        int64_t panel; ///< calendar, vocabularies, network: what is left
        int64_t program; ///< code and libraries with their buffers, as found here
        int64_t total;
        int64_t checkpoint; ///< more, on rank 0 while it writes one: the file in memory, twice
    } memory;

    struct { // bytes
        int64_t checkpoint;
        int64_t forecast; ///< at forecast.origins, uncompressed
    } files;

    struct { // seconds, medians
        double lane; ///< forward and backward
        double fill; ///< a lane's batch made, reading included
        double update; ///< of weights, from the summed gradient on
        double block; ///< forecast.batch series forecast for validation
        double statistics; ///< the whole panel read once, by the ranks of this world
    } measured;

    struct { // seconds, of the experiment
        double compute;
        double data;
        double sum; ///< of gradients over ranks
        double exposed; ///< what of it the computation does not hide
        double step;
        double epoch;
        double validation;
        double start;
        double run;
        double core_hours; ///< hours
        double series_per_s;
        double communication; ///< share of a step
    } time;
};

/// Rehearses and reckons; writes nothing. Errors are those of mq_train, but for what is in the
/// run's directory, which is not looked at; MQ_USAGE also for wrong forecast.origins. Collective.
mq_status mq_estimate(struct mq_world *world, struct mq_pool *pool,
                      const struct mq_estimate_request *request,
                      struct mq_estimate *estimate) MQ_NODISCARD;

/// Seconds that a sum of `bytes` over ranks takes; 0 for one rank.
double mq_sum_s(const struct mq_wire *wire, int64_t ranks, double bytes);
/// The same for `bytes` cut into buckets, all but the last of which may travel during `hidden_s`.
double mq_exposed_s(const struct mq_wire *wire, int64_t ranks, double bytes, double bucket_bytes,
                    double hidden_s);

#endif
