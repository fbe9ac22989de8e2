/// What a model is: one row of models.def, one file, one exported symbol.
///
/// A network gives `build`; training, checkpoints, prediction and export come from the framework.
/// A model that is made of other trained models gives `combine`. The others give `predict`, which
/// looks at all of a product's past, or `predict_window`, which sees the windows that networks see;
/// one that learns from the catalogue gives `fit` besides.
#ifndef MQ_MODEL_FORECASTER_H
#define MQ_MODEL_FORECASTER_H

#include "mq/base/meter.h"
#include "mq/base/pool.h"
#include "mq/base/ranks.h"
#include "mq/config/experiment.h"
#include "mq/data/split.h"
#include "mq/data/window.h"
#include "mq/model/tables.h"
#include "mq/nn/ops.h"

struct mq_model;

/// Sizes of a network for one batch shape, in the letters of the papers. What it points to is read
/// while building.
struct mq_dims {
    int64_t B; ///< series
    int64_t T; ///< context steps
    int64_t H; ///< horizons
    int64_t Q; ///< quantile levels
    const double *level; ///< (Q), for a head with knots
    const double *knot; ///< (n_knots) levels; NULL = quantiles at the levels trained at alone
    int64_t n_knots;
    int64_t C; ///< channels of the history
    int64_t E; ///< engineered inputs per step; 0 unless the model wants them
    int64_t K; ///< known inputs per date, >= 1
    int64_t N; ///< static categories
    int64_t R; ///< static reals
    const int64_t *cardinality; ///< (N)
    int64_t J; ///< lags
    const struct mq_lag *lag; ///< (J)
    int64_t S; ///< spans
    const struct mq_stock_span *span; ///< (S) none longer than H
    struct mq_forks forks; ///< decoded steps; all of them while training
    const struct mq_inventory_settings *inventory; ///< of policies
    int64_t first_review; ///< of their forks, the first that may order
    uint64_t seed; ///< of what they draw
};

/// The inputs of every network; -1 where the panel has none.
struct mq_inputs {
    mq_value history; ///< (B, T, C) what was observed
    mq_value known_past; ///< (B, T, K) known inputs of the context's dates
    mq_value known; ///< (B, T+H, K) the same, reaching past the last fork by the horizon
    mq_value codes; ///< (B, N)
    mq_value reals; ///< (B, R)
    mq_value lags; ///< (B, F, H, J) squashed observations of earlier periods
    mq_value known_next; ///< (B, T, K) known inputs of the date after each step
    mq_value scale; ///< (B, T) of each fork
    mq_value level; ///< (B, T) of each fork, in units of its scale
    mq_value address; ///< (B, 4) of random draws, see mq_batch
    mq_value engineered; ///< (B, T, E) of data/engineered.h, for models that want them
    const struct mq_observed *replayed; ///< what a policy's stock meets; NULL: no policy
    mq_value stock; ///< (B) a policy's at its first fork, raw units; -1: by inventory.initial
};

/// What a network says at its forks: ascending quantiles in units of each fork's scale around its
/// level.
struct mq_outputs {
    mq_value yhat; ///< (B, F, H, Q) of each horizon
    mq_value
        span[MQ_SPANS_MAX]; ///< (B, F, 1, Q) of the mean over each span's periods, a total's share
};

/// What a model may see of one product at one origin.
struct mq_past {
    const struct mq_model *model; ///< for options and tables
    const float *observed; ///< (n) ending at the origin, NaN = not observed
    int64_t n;
    int64_t first; ///< period of observed[0], counted as in the panel that was fitted on
    int64_t series; ///< number in the panel
    int64_t season;
    double cold; ///< mean |y| of the catalogue: the guess without history
    /// Of fitted models alone: the values of each known covariate that was chosen, of periods first
    /// .. first + n + H - 1, NaN = not known; and the code of each category, as trained.
    const float *const *known;
    const int32_t *codes;
    void *scratch; ///< the forecaster's scratch_bytes
};

/// What fitting may see.
struct mq_fit {
    struct mq_ranks ranks;
    struct mq_pool *pool;
    const struct mq_model *model; ///< experiment, features with their statistics
    struct mq_panel *panel;
    int64_t train_end; ///< periods from here on may not be learned from
    const struct mq_origins *validation; ///< but may be used to choose
    struct mq_meter meter; ///< to be told how far a long fit is
};

struct mq_forecaster {
    const char *name;
    const char *summary;
    const char *source; ///< paper or description it follows
    const struct mq_setting *settings;
    int64_t n_settings;
    size_t options_bytes; ///< of the struct that the settings fill

    /// Adds the network to `g`. `options` is the filled struct. Errors are recorded in the graph.
    struct mq_outputs (*build)(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                               const struct mq_inputs *in);
    /// Whether totals of spans come with it: in the outputs of `build`, or by `predict_span` or
    /// `predict_window_span`; what combines others takes theirs. Quantiles of a total follow from
    /// none of its periods.
    bool gives_spans;
    /// Whether batches reach far enough for mq_engineered_fill; those of a network are filled.
    bool wants_engineered;
    /// A network with a loss of its own: adds what training computes to `g`, with the parameters of
    /// `build`, in its order, and the loss over every step. `build` is then for forecasting alone and
    /// takes any levels. NULL = the quantile loss of what `build` returns.
    void (*build_loss)(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                       const struct mq_inputs *in, const struct mq_observed *observed);
    /// A policy: what `build` returns is no forecast but orders (B, F) in raw units, fork t's at the
    /// start of period t + 1. Validation is what they cost (model/orders.h).
    bool is_policy;
    /// Whether it can learn from a panel with these statistics: MQ_USAGE naming the key. NULL = from
    /// any. Local.
    mq_status (*suits)(const struct mq_model *model);
    /// Steps of context that a fork's forecast depends on: the fork's own and those before it.
    /// NULL = all. Forecasting reads no more of them.
    int64_t (*reach)(const void *options);
    /// Fills the model's tables: the same bits on every rank, and at any number of ranks and
    /// threads. Collective.
    mq_status (*fit)(const struct mq_fit *fit, struct mq_tables *tables);
    /// Whether tables that were read from a file can be used: MQ_DATA when not. Local.
    mq_status (*check)(const struct mq_model *model);
    /// quantiles (H, Q), ascending and finite, in raw units. Any thread.
    void (*predict)(const struct mq_past *past, int64_t horizon, const double levels[],
                    int64_t n_levels, float quantiles[]);
    /// The same of several origins of one product, which share work: the o-th lies ago[o] periods before
    /// the end of `past`, later ones behind earlier ones; quantiles (O, H, Q), the bits of `predict`.
    /// NULL = it is asked once for each. Not of fitted models.
    void (*predict_origins)(const struct mq_past *past, const int64_t ago[], int64_t n_origins,
                            int64_t horizon, const double levels[], int64_t n_levels,
                            float quantiles[]);
    /// The same of row b of a batch at step t, in units of that fork's scale around its level. Any
    /// thread.
    void (*predict_window)(const struct mq_model *model, const struct mq_batch *batch, int64_t b,
                           int64_t t, const double levels[], int64_t n_levels, mq_real quantiles[],
                           void *scratch);
    /// quantiles (Q) of the total of the next `periods`, or of loss.spans[s], in the units of their
    /// namesakes; of a window, of the mean over its periods.
    void (*predict_span)(const struct mq_past *past, int64_t periods, const double levels[],
                         int64_t n_levels, float quantiles[]);
    void (*predict_window_span)(const struct mq_model *model, const struct mq_batch *batch,
                                int64_t b, int64_t t, int64_t s, const double levels[],
                                int64_t n_levels, mq_real quantiles[], void *scratch);
    /// Memory that one prediction works in, at most n periods of history; NULL = n floats.
    int64_t (*scratch_bytes)(const struct mq_model *model, int64_t n, int64_t season);
    /// quantiles (n) of one product, in the order of each member's, which ascend within a horizon;
    /// so must these. `codes`: of its categories, as in mq_past. The options begin with a struct
    /// mq_text_list: the runs that are the members. Any thread.
    void (*combine)(const struct mq_model *model, const int32_t codes[],
                    const float *const members[], int64_t n, float quantiles[]);
};

#endif
