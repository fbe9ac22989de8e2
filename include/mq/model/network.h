/// A model's network for one batch shape: graph, inputs, loss.
///
/// Several networks (training, validation, forecasting) share one set of parameters.
#ifndef MQ_MODEL_NETWORK_H
#define MQ_MODEL_NETWORK_H

#include "mq/data/window.h"
#include "mq/model/forecaster.h"

struct mq_network {
    struct mq_graph *graph;
    struct mq_dims dims;
    struct mq_inputs inputs;
    struct mq_outputs out; ///< yhat is -1 while training with a loss of its own
    mq_value past; ///< (B, L+T); -1 without lags
    struct mq_observed observed; ///< all but scale and level -1 unless training or a policy
    struct mq_observed
        total[MQ_SPANS_MAX]; ///< of each span while training; like observed otherwise
};

/// Builds and plans. MQ_TRAIN adds the loss at the dims' levels over every fork. Declares the
/// parameters; they must be allocated before the first forward. Release in every case.
mq_status mq_network_init(struct mq_network *network, const struct mq_forecaster *forecaster,
                          const void *options, const struct mq_dims *dims, enum mq_loss_kind loss,
                          struct mq_params *params, enum mq_mode mode) MQ_NODISCARD;
void mq_network_release(struct mq_network *network);

/// Binds a batch of the network's shape to an executor; the batch must outlive the computation.
void mq_network_bind(const struct mq_network *network, struct mq_exec *exec,
                     const struct mq_batch *batch);

#endif
