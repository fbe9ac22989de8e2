/// Pieces that several networks share.
#ifndef MQ_MODEL_BLOCKS_H
#define MQ_MODEL_BLOCKS_H

#include "mq/model/forecaster.h"

/// e = relu(W [embeddings ; reals]) of width `width`: (B, width); -1 without statics. Embedding
/// widths follow min(50, (cardinality + 2) / 2).
mq_value mq_block_statics(struct mq_graph *g, const struct mq_dims *dims,
                          const struct mq_inputs *in, int64_t width);

/// An encoder's state h_t = [step_t ; fixed], kept as two values so that the static part is mapped
/// once per series. `fixed` is -1 when there is none, or when the encoder has taken it in.
struct mq_state {
    mq_value step; ///< (B, T, *), or (B, F, *) at the forks
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
/// Steps that one step of it depends on: 1 + (kernel - 1) (2^levels - 1).
int64_t mq_block_convolutions_reach(struct mq_convolution_sizes sizes);

struct mq_decoder_sizes {
    int64_t hidden; ///< of the global MLP
    int64_t context; ///< of each context c_k and of c_a
    int64_t local; ///< hidden width of the local MLP
};

/// What a fork knows about its target dates.
struct mq_contexts {
    mq_value specific; ///< (B, F, H, *) c_k: one per horizon
    mq_value revised; ///< (B, F, H, *) c_k in the light of earlier forecasts of its date; -1 = none
    mq_value agnostic; ///< (B, F, *) c_a: one for all horizons
};

/// relu(W2 relu(W1 [h_t ; x_{t+1..t+H}])) of any width, for h at these forks.
mq_value mq_block_global(struct mq_graph *g, const struct mq_dims *dims, const struct mq_inputs *in,
                         struct mq_state h, struct mq_forks forks, int64_t hidden, int64_t width);

/// Contexts by the global MLP of MQ-RNN and MQ-CNN (Wen et al. 2017, section 3),
/// (c_1..c_H, c_a) = m_G(h_t, x_{t+1..t+H}); nothing revised.
struct mq_contexts mq_block_contexts(struct mq_graph *g, const struct mq_dims *dims,
                                     const struct mq_inputs *in, struct mq_state h,
                                     struct mq_forks forks, struct mq_decoder_sizes sizes);

/// How quantiles leave the local MLP, x (B, F, H, L): as they are trained, or, with knots, as
/// functions of the level, at the dims' levels. A span has a head of its own, over the mean x of what
/// the local MLP knows of its dates: relu(W x + b), then quantiles of the mean over its periods.
struct mq_outputs mq_block_head(struct mq_graph *g, const struct mq_dims *dims, mq_value x);

/// The local MLP, shared over horizons: quantiles yhat_{t+k} = m_L(c_k, revised_k, lags_{t,k}, c_a,
/// x_{t+k}) at the dims' forks. Lags are ours: the paper gives them to its encoder.
struct mq_outputs mq_block_local(struct mq_graph *g, const struct mq_dims *dims,
                                 const struct mq_inputs *in, struct mq_contexts c, int64_t local);

/// The decoder of MQ-RNN and MQ-CNN: global and local MLP, from encoder states h at the dims'
/// forks.
struct mq_outputs mq_block_decoder(struct mq_graph *g, const struct mq_dims *dims,
                                   const struct mq_inputs *in, struct mq_state h,
                                   struct mq_decoder_sizes sizes);

#endif
