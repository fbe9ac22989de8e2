/// A model's network for one batch shape: graph, inputs, loss.
///
/// A batch goes through in passes of equal numbers of rows, so that what one pass computes, and in
/// training keeps for backward, stays in the nearer caches; gradients and losses of all of them add
/// up. How many follows from the model and the shape alone, for the bits depend on it.
///
/// Several networks (training, validation, forecasting) share one set of parameters.
#ifndef MQ_MODEL_NETWORK_H
#define MQ_MODEL_NETWORK_H

#include "mq/data/window.h"
#include "mq/model/forecaster.h"

struct mq_network {
    struct mq_graph *graph;
    struct mq_dims dims; ///< B: rows of a pass
    int64_t passes;
    struct mq_inputs inputs;
    struct mq_outputs out; ///< yhat is -1 while training with a loss of its own
    mq_value past; ///< (B, L+T); -1 without lags
    struct mq_observed observed; ///< all but scale and level -1 unless training or a policy
    struct mq_observed
        total[MQ_SPANS_MAX]; ///< of each span while training; like observed otherwise
};

/// Builds and plans for batches of dims->B rows. MQ_TRAIN adds the loss at the dims' levels over
/// every fork. Declares the parameters; they must be allocated before the first forward. Release in
/// every case.
mq_status mq_network_init(struct mq_network *network, const struct mq_forecaster *forecaster,
                          const void *options, const struct mq_dims *dims, enum mq_loss_kind loss,
                          struct mq_params *params, enum mq_mode mode) MQ_NODISCARD;
void mq_network_release(struct mq_network *network);

/// Floating-point operations of learning from a batch: matrix products only, 2 per multiply-add.
double mq_network_train_flops(const struct mq_network *network);

/// Binds the rows of one pass of a batch to an executor; the batch must outlive the computation.
void mq_network_bind(const struct mq_network *network, struct mq_exec *exec,
                     const struct mq_batch *batch, int64_t pass);

/// A batch to be learned from.
struct mq_lane {
    const struct mq_batch *batch;
    uint64_t seed; ///< with step and number: where dropout's masks are drawn
    uint64_t step;
    uint32_t number;
    double loss_scale;
    mq_watermark *notify; ///< during the last pass; may be NULL
    void *context;
    struct mq_track *track; ///< passes become spans of it; NULL: none
};
/// All passes forward and backward. Gradients of loss_scale times the loss that is returned are the
/// executor's.
struct mq_loss mq_network_learn(const struct mq_network *network, struct mq_exec *exec,
                                const struct mq_lane *lane);

#endif
