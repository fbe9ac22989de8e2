/// The layers that models are built from. Each constructor adds one node and returns its value.
///
/// Letters: B series, T context steps, F forks (forecast creation dates), H horizons, Q quantiles,
/// C channels. Forecasting asks for few forks, training for all: ops that look at a fork's place in
/// time take a `struct mq_forks`.
///
/// A date axis has T + H rows: row d is date d; fork t at horizon k (1..H) looks at row t + k.
#ifndef MQ_NN_OPS_H
#define MQ_NN_OPS_H

#include "mq/base/lag.h"
#include "mq/base/stock.h"
#include "mq/nn/graph.h"

enum mq_activation { MQ_LINEAR, MQ_RELU, MQ_TANH, MQ_SIGMOID, MQ_ELU };

/// Which context steps are decoded. `at` (n) ascending steps in [0, T), copied by the op; NULL
/// means every step: n == T.
struct mq_forks {
    int64_t n;
    const int64_t *at;
};

/// y = activation(x W + b) over the last dimension. x (..., I) -> (..., out).
/// Parameters: name.weight (I, out), name.bias (out).
mq_value mq_linear(struct mq_graph *g, const char *name, mq_value x, int64_t out,
                   enum mq_activation activation);

/// A linear layer over [x_t ; fixed], fixed (B, S) the same at every step and mapped once per
/// series, or -1: x (B, T, I) -> (B, T, out). The first `plain` outputs have no bias. Parameters:
/// name.weight (I, out), name.fixed (S, out) if any, name.bias (out - plain) if any.
mq_value mq_linear_with(struct mq_graph *g, const char *name, mq_value x, mq_value fixed,
                        int64_t out, int64_t plain, enum mq_activation activation);

/// Joins along the last dimension: x[i] (..., C_i) -> (..., sum C_i). Inputs may be strided views.
mq_value mq_concat(struct mq_graph *g, const mq_value x[], int64_t n);

/// Rows of a table by code: codes (B, N) hold whole numbers stored as reals -> (B, N-th widths
/// joined). Column j has `cardinality[j]` known categories; code 0 and any code out of range share
/// row 0 = "unknown". Tables: name.<j> (cardinality[j] + 1, width[j]).
mq_value mq_embedding(struct mq_graph *g, const char *name, mq_value codes, int64_t n,
                      const int64_t cardinality[], const int64_t width[]);

/// Inverted dropout on every element while training (identity under MQ_INFER): kept with
/// probability 1 - rate and scaled by 1 / (1 - rate). The mask is a pure function of the address
/// given by mq_exec_dropout_address and the node, so it is the same at any rank or thread count.
mq_value mq_dropout(struct mq_graph *g, const char *name, mq_value x, double rate);
void mq_exec_dropout_address(struct mq_exec *exec, uint64_t seed, uint64_t step, uint32_t lane);

/// LSTM over the whole sequence, zero initial state. x (B, T, I), fixed (B, S) the same at every
/// step or -1 -> h (B, T, hidden). Gate order i f g o, one bias per gate.
/// Parameters, in this order: name.fixed (S, 4 hidden) if any, name.input (I, 4 hidden),
/// name.recurrent (hidden, 4 hidden), name.bias (4 hidden).
/// Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
mq_value mq_lstm(struct mq_graph *g, const char *name, mq_value x, mq_value fixed, int64_t hidden);

/// The same with the cell beside the output, [h ; c] (B, T, 2 hidden), for ops that go on from a
/// step. Forward only.
mq_value mq_lstm_states(struct mq_graph *g, const char *name, mq_value x, mq_value fixed,
                        int64_t hidden);

/// Where the taps of a convolution look: tap j of step t at step t + (ahead - j) dilation. Without
/// `ahead` it is causal; with (kernel - 1) / 2 it is centred.
struct mq_taps {
    int64_t kernel;
    int64_t dilation;
    int64_t ahead; ///< taps that look ahead, 0 <= ahead < kernel
};

/// Convolution over steps with zeros past both ends: x (B, T, C) -> (B, T, out),
/// y_t = activation(b + sum_j x_{t + (ahead - j) dilation} W_j).
/// Parameters: name.weight (kernel, C, out), name.bias (out).
mq_value mq_conv1d(struct mq_graph *g, const char *name, mq_value x, int64_t out,
                   struct mq_taps taps, enum mq_activation activation);

/// Picks the forks' steps: x (B, T, ...) -> (B, F, ...). Identity without copy when forks.at is
/// NULL.
mq_value mq_pick(struct mq_graph *g, mq_value x, struct mq_forks forks);

/// The first n steps: x (B, D, C) -> (B, n, C). A view: no copy.
mq_value mq_leading(struct mq_graph *g, mq_value x, int64_t n);

/// Forks, and the steps shortly before them. Decoder self-attention looks at earlier forks; where a
/// few are asked for, those must be computed as well.
struct mq_wide_forks {
    struct mq_forks all;
    struct mq_forks asked; ///< places of the forks asked for among all, for mq_pick
    int64_t *memory;
};
/// Every fork with up to `before` steps before it. Errors are recorded in the graph. Release.
struct mq_wide_forks mq_forks_widen(struct mq_graph *g, struct mq_forks forks, int64_t before);
void mq_wide_forks_release(struct mq_wide_forks *wide);

/// "Lead" convolution, the mirror image of a causal one: for each fork at step t, a linear map of
/// the joined rows t+1 .. t+H of known (B, T+H, K), added to base: y = activation(base + sum_k
/// known[t+k] W_k). base (B, F, out) is usually a linear layer's pre-activation.
/// Parameters: name.weight (H, K, out). No bias: base carries it.
mq_value mq_lead(struct mq_graph *g, const char *name, mq_value base, mq_value known,
                 struct mq_forks forks, int64_t horizon, enum mq_activation activation);

enum { MQ_OWN_MAX = 3 };
/// What a layer over fork, horizon and date joins.
struct mq_combined {
    const mq_value *own; ///< each (B, F, H, I_i): mapped by parameter <layer>.<name[i]> (I_i, L)
    const char *const *name;
    int64_t n_own; ///< in [1, MQ_OWN_MAX]
    int64_t fan_in; ///< of the whole layer, for initialisation
    mq_value agnostic; ///< (B, F, L) the part of the fork, already mapped
    mq_value dated; ///< (B, T+H, L) the part of the date, already mapped
};
/// The layer y[b,f,k] = activation(sum_i own_i[b,f,k] W_i + agnostic[b,f] + dated[b, at[f]+k+1]),
/// k = 0..H-1: (B, F, H, L). A linear layer over [own_k ; c_a ; known_{t+k}] split into products of
/// which this is the sum: what does not depend on k is computed once per fork, what depends on the
/// date once per date.
mq_value mq_combine(struct mq_graph *g, const char *name, const struct mq_combined *parts,
                    struct mq_forks forks, enum mq_activation activation);

/// Columns [start, start + size) of the last dimension, reshaped: x (B, F, N) -> (B, F, groups,
/// size / groups), or (B, F, size) for groups == 0. A view: no copy.
mq_value mq_part(struct mq_graph *g, mq_value x, int64_t start, int64_t size, int64_t groups);

/// The mean of the first n rows: x (B, F, H, C) -> (B, F, C). Horizons enter alike.
mq_value mq_mean(struct mq_graph *g, mq_value x, int64_t n);

/// Rows [first, first + n): x (B, F, H, C) -> (B, F, n, C). A view: no copy.
mq_value mq_rows(struct mq_graph *g, mq_value x, int64_t first, int64_t n);

/// y = x W without bias or activation, for the pieces of a split linear layer. x (..., I) ->
/// (..., out). fan_in is that of the whole layer, for initialisation. Parameter: name (I, out).
mq_value mq_product(struct mq_graph *g, const char *name, mq_value x, int64_t out, int64_t fan_in);

/// Declares a matrix (I, out) that a layer further on declares again. A parameter's first values
/// follow from its place among the parameters: so it keeps the one beside its split layer's other
/// pieces, and their fan_in.
void mq_declare(struct mq_graph *g, const char *name, struct mq_shape shape, int64_t fan_in);

struct mq_attention_inputs {
    mq_value state; ///< (B, F, C) the fork's part of the query
    mq_value dated; ///< (B, T+H, C) the target date's part of the query
    mq_value key; ///< (B, T, C)
    mq_value value; ///< (B, T, C)
};
struct mq_attention {
    int64_t window; ///< steps seen, the fork's own included; 0 = all before it
    int64_t heads; ///< divides C
};

/// Horizon-specific attention over the past: fork t at horizon k looks with the query
/// state_t + dated_{t+k} at the steps s in (t - window, t] and gets their values' mean under
/// softmax_s(query . key_s / sqrt(C / heads)), head by head -> (B, F, H, C). No parameters.
/// Source: Eisenach et al. 2020, MQTransformer, decoder-encoder attention, as far as it is
/// published.
mq_value mq_attend(struct mq_graph *g, const char *name, struct mq_attention_inputs x,
                   struct mq_forks forks, int64_t horizon, struct mq_attention sizes);

/// Attention among forecasts of one date: fork t at horizon k looks at the forks s <= t of the list
/// with s + H >= t + k, each at the horizon r that makes s + r = t + k -> (B, F, H, C).
///
/// contexts (B, F, H, C)  times the parameter name.context (C, 3 C): key, query and value
/// state (B, F, <= 3 C)   added to the first columns of all horizons of its fork
/// dated (B, T+H, C)      added to the queries of its date; -1 = none
///
/// A key's part that depends on the date alone is the same for all that are compared, and softmax
/// takes no notice of it: there is no such input.
/// Source: Eisenach et al. 2020, MQTransformer, decoder self-attention, as far as it is published.
mq_value mq_revise(struct mq_graph *g, const char *name, mq_value contexts, mq_value state,
                   mq_value dated, struct mq_forks forks, int64_t heads);

/// Quantiles in ascending order by construction. x (B, F, ..., L) -> (B, F, ..., Q): a linear map to Q raw
/// numbers; the middle one is its quantile, the others are steps of softplus away from their
/// neighbour nearer the middle. Parameters: name.weight (L, Q), name.bias (Q).
/// Source: incremental quantile functions; papers "IQF", Gasthaus et al. 2019 for the idea.
mq_value mq_quantile(struct mq_graph *g, const char *name, mq_value x, int64_t n_levels);

/// A quantile function at any levels. x (..., L) -> (..., Q): a linear map to values at fixed knots
/// that cannot cross and to the scales of two tails, joined by lines between knots and by
/// exponential tails beyond them. The same parameters serve any list of levels: train at some, ask
/// for others. Knots and levels ascend in (0, 1); copied. Parameters: name.weight (L, knots + 2),
/// name.bias. Source: incremental quantile functions, Park et al. 2022, arXiv 2111.06581.
mq_value mq_incremental(struct mq_graph *g, const char *name, mq_value x, const double knot[],
                        int64_t n_knots, const double level[], int64_t n_levels);

/// Lagged observations at each fork and horizon -> (B, F, H, J). Lag (m, n) of fork t at horizon k
/// is the mean of past[t + k - m c - m i], i = 0..n-1, where c = ceil(k / m) takes it back to what
/// the fork has seen; as far as observed. In units of the fork's scale around its level, squashed by
/// asinh; 0 where nothing was observed. Constant: observations have no gradient.
///
/// past (B, L+T)   observed values, raw units, NaN where unobserved; L >= mq_lags_reach
/// scale (B, T)    > 0
/// level (B, T)    in units of scale
mq_value mq_lags(struct mq_graph *g, mq_value past, mq_value scale, mq_value level,
                 struct mq_forks forks, int64_t horizon, const struct mq_lag lag[], int64_t n);

/// What forecasts are held against. The target of fork f is target / scale[f] - level[f].
struct mq_observed {
    mq_value target; ///< (B, T+H) raw units; fork t at horizon k looks at date t + k
    mq_value mask; ///< (B, T+H) weight of a date: 0 unobserved, out of stock, padding or held out
    mq_value scale; ///< (B, F) > 0
    mq_value level; ///< (B, F) in units of scale
    mq_value weight; ///< (B, F) of a fork, >= 0
};

/// Masked pinball loss over forking targets, without materialising the forks.
///
/// yhat (B, F, H, Q)   predicted quantiles, in units of each fork's scale around its level
/// level (Q)           quantile levels in (0, 1), ascending; copied
///
/// The loss of the executor: loss_sum = sum weight mask mean_q L_q(target/scale - level, yhat),
/// weight_sum = sum weight mask, L_q(y, x) = q (y-x)_+ + (1-q) (x-y)_+. Entries with zero weight
/// never touch the sums, whatever the target holds (NaN included). No factor 2. Source: Wen et al.
/// 2017, "A Multi-Horizon Quantile Recurrent Forecaster", training loss.
void mq_pinball(struct mq_graph *g, mq_value yhat, struct mq_observed observed,
                struct mq_forks forks, const double level[], int64_t n_levels);

/// The same over whole quantile functions: the integral of L_q over all levels in (0, 1), half the
/// continuous ranked probability score, in closed form. Inputs and sums as of mq_pinball.
///
/// yhat (B, F, H, Q)   an mq_incremental function at its knots and at one level in each tail, Q >= 3
/// level (Q)           those levels: knots from the second to the last but one; copied
///
/// Between knots the function is a line, beyond them an exponential tail.
void mq_crps(struct mq_graph *g, mq_value yhat, struct mq_observed observed, struct mq_forks forks,
             const double level[], int64_t n_levels);

/// What a network may say of the demand one step ahead, in how many numbers o.
enum mq_distribution {
    MQ_GAUSSIAN, ///< 2: mean and deviation
    MQ_NEGATIVE_BINOMIAL, ///< 2: mean and shape of a count; the target must not be negative
    MQ_POINT, ///< 1: the demand; its loss is the squared error
};
int64_t mq_distribution_width(enum mq_distribution kind);

/// Negative log-likelihood of what came one step after each fork, or its squared error, in units of
/// the fork's scale around its level; of counts, raw ones.
///
/// o (B, T, width)   of the date after step t
///
/// The loss of the executor: loss_sum = sum weight mask loss(target), weight_sum = sum weight mask.
/// Source: Salinas et al. 2020, "DeepAR: Probabilistic forecasting with autoregressive recurrent
/// networks", equations (1) and (2).
void mq_likelihood(struct mq_graph *g, mq_value o, struct mq_observed observed,
                   enum mq_distribution kind);

/// A recurrent network of one step that goes on with what it says itself.
struct mq_unroll {
    const char *lstm; ///< name of the mq_lstm_states that gave the states
    const char *head; ///< of the mq_linear that turns its h into o
    int64_t hidden;
    enum mq_distribution kind;
    int64_t paths; ///< drawn for each fork; a point needs one
    int64_t horizon;
    const struct mq_stock_span *span; ///< (n_spans) none longer than the horizon; copied
    int64_t n_spans;
    const double *level; ///< (n_levels) copied
    int64_t n_levels;
};
struct mq_unroll_inputs {
    mq_value states; ///< (B, T, 2 hidden)
    mq_value own; ///< (B, T, 4) the history's first channels, which led to the states
    mq_value known; ///< (B, T+H, K) of which the LSTM read row t + 1 beside own at step t
    mq_value fixed; ///< (B, S) or -1
    mq_value scale; ///< (B, T)
    mq_value level; ///< (B, T)
    mq_value address; ///< (B, 4) see mq_batch: of the draws
};

/// Paths of H draws from each fork, each fed back as the next observation, and their empirical
/// quantiles at each horizon, and of each path's mean over each span, linear between order statistics
/// -> (B, F, H + S, Q), in units of the fork's scale around its level, which the path keeps. Draws depend on series, period of the fork,
/// horizon and path alone. Forward only. Parameters: head.weight (hidden, width), head.bias (width),
/// and the LSTM's. Source: Salinas et al. 2020, section 3.1.
mq_value mq_unroll(struct mq_graph *g, struct mq_unroll_inputs in, struct mq_forks forks,
                   const struct mq_unroll *sizes);

/// Stock over a window, and the network that orders it.
struct mq_rollout {
    int64_t hidden; ///< width of each hidden layer
    int64_t layers; ///< hidden layers, >= 1; the first is that of `base`
    int64_t lead;
    const double *delay; ///< (n_delays) as mq_stock_delay's weights; copied
    int64_t n_delays;
    int64_t review;
    int64_t first_review; ///< of the first fork that may order, in [0, review)
    bool is_lost;
    bool is_whole; ///< orders are rounded; forward only
    struct mq_stock_prices prices;
    double initial; ///< stock at the start, in periods of mean demand; where none is given
    int64_t warmup; ///< periods at the start whose cost does not count
    uint64_t seed; ///< of delays
};
struct mq_rollout_inputs {
    mq_value base; ///< (B, F, hidden) what the first layer makes of all that no order changes
    mq_value target; ///< (B, T+H) demand, raw units, >= 0
    mq_value mask; ///< (B, T+H) 0: what was asked for is not known; replayed as 0, costs nothing
    mq_value scale; ///< (B, T)
    mq_value level; ///< (B, T) in units of scale
    mq_value weight; ///< (B, T) 0: the product has not begun; no order, no demand, initial stock
    mq_value address; ///< (B, 4) see mq_batch: of delays
    mq_value stock; ///< (B) at the start, raw units; -1: by the sizes
};

/// Orders of one period after another, each known to the state from which the next one comes:
///
///   s_t = [x_t ; o_{t-1} ; ... ; o_{t-D+1}] / u_t     stock, and orders that have not arrived, by age
///   a_1 = elu(base_t + s_t W_s),  a_l = elu(a_{l-1} W_l + b_l)
///   q_t = u_t softplus(a W_o + b_o - sum s_t)         0 where t is no review
///
/// a W_o + b_o is a level to order up to: before it has learned anything a policy orders less the
/// more it has.
///
/// then the period of base/stock.h. Fork t orders at the start of date t + 1, whose demand it does
/// not know. D = lead + the longest delay; u_t = scale + level in raw units: a product's mean, and
/// its deviation where that is the scale. Forks are consecutive steps.
///
/// -> (B, F) orders, raw units. Forward only. Parameters: name.state (D or 1, hidden),
/// name.<l>.weight (hidden, hidden), name.<l>.bias (hidden) for l = 1 .. layers - 1, name.order.weight
/// (hidden, 1), name.order.bias (1).
/// Source: Madeka et al. 2022, "Deep Inventory Management", arXiv 2210.03137, DirectBackprop.
mq_value mq_rollout(struct mq_graph *g, const char *name, struct mq_rollout_inputs in,
                    struct mq_forks forks, const struct mq_rollout *sizes);

/// The cost of those orders as the executor's loss, and gradients through all periods; where a
/// minimum or maximum has two, that of a little more stock.
///
/// loss_sum = sum weight_T mask cost_t / u_T over periods that count, weight_sum = sum weight_T mask:
/// weight and unit are those of a row's last fork, so that its periods keep their proportion.
///
/// What was ordered is paid when it is sold. Over time that is the same money, and a window's last
/// orders are not punished for sales that come after it.
void mq_rollout_cost(struct mq_graph *g, const char *name, struct mq_rollout_inputs in,
                     struct mq_forks forks, const struct mq_rollout *sizes);

#endif
