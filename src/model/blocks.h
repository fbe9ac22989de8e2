/// Pieces that several networks share.
#ifndef MQ_MODEL_BLOCKS_H
#define MQ_MODEL_BLOCKS_H

#include "mq/model/forecaster.h"

/// e = relu(W [embeddings ; reals]) of width `width`: (B, width); -1 without statics. Embedding widths
/// follow min(50, (cardinality + 2) / 2).
mq_value mq_block_statics(struct mq_graph *g, const struct mq_dims *dims, const struct mq_inputs *in,
                          int64_t width);

/// An encoder's state h_t = [step_t ; fixed], kept as two values so that the static part is mapped
/// once per series. `fixed` is -1 when there is none, or when the encoder has taken it in.
struct mq_state {
    mq_value step;  ///< (B, T, *), or (B, F, *) at the forks
    mq_value fixed; ///< (B, *)
};

struct mq_convolution_sizes {
    int64_t channels;
    int64_t levels; ///< convolutions, with dilations 1, 2, 4, ...
    int64_t kernel;
};

/// The encoder of MQ-CNN: causal convolutions, each with twice the dilation of the one before, over
/// [history ; known_past] -> (B, T, channels).
mq_value mq_block_convolutions(struct mq_graph *g, const struct mq_inputs *in,
                               struct mq_convolution_sizes sizes);

struct mq_decoder_sizes {
    int64_t hidden;  ///< of the global MLP
    int64_t context; ///< of each context c_k and of c_a
    int64_t local;   ///< hidden width of the local MLP
};

/// The decoder of MQ-RNN and MQ-CNN (Wen et al. 2017, section 3): from encoder states h at the
/// forks the global MLP gives K horizon-specific contexts and one horizon-agnostic context,
/// (c_1..c_H, c_a) = m_G(h_t, x_{t+1..t+H}); the local MLP, shared over horizons, gives the quantiles,
/// yhat_{t+k} = m_L(c_k, c_a, x_{t+k}).
mq_value mq_block_decoder(struct mq_graph *g, const struct mq_dims *dims, const struct mq_inputs *in,
                          struct mq_state h, struct mq_decoder_sizes sizes);

#endif
