/// The fixed work of `mqcast bench`: a network of stated sizes on synthetic batches.
#ifndef CMD_BENCH_WORK_H
#define CMD_BENCH_WORK_H

#include "mq/base/pool.h"
#include "mq/comm/reducer.h"
#include "mq/model/network.h"
#include "mq/optim/optimizer.h"

enum mq_bench_part {
    MQ_BENCH_TRAIN, ///< forward, loss, backward, sum, clip, Adam; all forks
    MQ_BENCH_LAST, ///< inference of the last fork
    MQ_BENCH_ALL, ///< inference of all forks: a rolling backtest
    MQ_BENCH_PARTS,
};

/// Sizes in the letters of the README ("Bench").
struct mq_bench_plan {
    int64_t batch; ///< over all ranks
    int64_t lanes; ///< parts of the batch in training
    int64_t blocks; ///< and in inference
    const struct mq_forecaster *forecaster;
    int64_t T;
    int64_t K;
    int64_t H;
    int64_t C;
    int64_t ctx;
    int64_t L;
    int64_t P;
    int64_t window;
};

/// This rank's parts of the batch.
struct mq_bench_share {
    struct mq_batch *batch;
    int64_t n;
};

struct mq_bench_work {
    struct mq_bench_plan plan;
    struct mq_world *world;
    struct mq_pool *pool;
    struct mq_train_settings train;
    void *options;
    struct mq_params params;
    struct mq_features features; ///< widths of the fixed work
    struct mq_network networks[MQ_BENCH_PARTS];
    struct mq_exec **execs[MQ_BENCH_PARTS]; ///< by worker
    struct mq_bench_share lanes;
    struct mq_bench_share blocks;
    struct mq_reducer *reducer;
    struct mq_optimizer *optimizer;
    mq_real *gradients;
    double loss_sum; ///< of the last training step, all ranks
};

/// MQ_USAGE for an unknown model or size; sets all but batch, lanes and blocks.
mq_status mq_bench_plan_find(const char *model, const char *size,
                             struct mq_bench_plan *plan) MQ_NODISCARD;
/// Close in every case. Local.
mq_status mq_bench_open(struct mq_bench_work *work, struct mq_world *world, struct mq_pool *pool,
                        const struct mq_bench_plan *plan) MQ_NODISCARD;
void mq_bench_close(struct mq_bench_work *work);

/// One step over all lanes; seconds waiting for gradients are added to `comm_s`. Collective.
mq_status mq_bench_step(struct mq_bench_work *work, enum mq_bench_part part,
                        double *comm_s) MQ_NODISCARD;

/// One training step, as safetensors: batch.*, step.loss, weight.* (before the step) and gradient.*
/// (not clipped) of every parameter. Wants one lane and one thread. `size` is for the metadata.
/// Local.
mq_status mq_bench_dump(struct mq_bench_work *work, const char *size,
                        const char *output) MQ_NODISCARD;

/// What the sum of losses is multiplied by: the mean over all points, unseen ones counting 0.
double mq_bench_loss_scale(const struct mq_bench_work *work);
int64_t mq_bench_parameters(const struct mq_bench_work *work);
/// Matrix products of a training step of the whole batch.
double mq_bench_flops(const struct mq_bench_work *work);

#endif
