/// Pieces that several networks share.
#ifndef MQ_MODEL_BLOCKS_H
#define MQ_MODEL_BLOCKS_H

#include "mq/model/forecaster.h"

/// e = relu(W [embeddings ; reals]) of width `width`: (B, width); -1 without statics. Embedding
/// widths follow min(50, (cardinality + 2) / 2).
mq_value mq_block_statics(struct mq_graph *g, const struct mq_dims *dims,
                          const struct mq_inputs *in, int64_t width);

struct mq_decoder_sizes {
    int64_t hidden; ///< of the global MLP
    int64_t context; ///< of each context c_k and of c_a
    int64_t local; ///< hidden width of the local MLP
};

/// The decoder of MQ-RNN and MQ-CNN (Wen et al. 2017, section 3): from encoder states h (B, F, *)
/// the global MLP gives K horizon-specific contexts and one horizon-agnostic context,
/// (c_1..c_H, c_a) = m_G(h_t, x_{t+1..t+H}); the local MLP, shared over horizons, gives the
/// quantiles, yhat_{t+k} = m_L(c_k, c_a, x_{t+k}).
mq_value mq_block_decoder(struct mq_graph *g, const struct mq_dims *dims,
                          const struct mq_inputs *in, mq_value h, struct mq_decoder_sizes sizes);

#endif
