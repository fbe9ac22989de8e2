/// What a model is: one row of models.def, one file, one exported symbol.
///
/// A network gives `build`; training, checkpoints, prediction and export come from the framework.
/// A model without weights that looks at each product alone gives `predict`, one that is made of
/// other trained models `combine`.
#ifndef MQ_MODEL_FORECASTER_H
#define MQ_MODEL_FORECASTER_H

#include "mq/config/setting.h"
#include "mq/nn/ops.h"

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
    struct mq_forks forks; ///< decoded steps; all of them while training
};

/// The inputs of every network; -1 where the panel has none.
struct mq_inputs {
    mq_value history; ///< (B, T, C) what was observed
    mq_value known_past; ///< (B, T, K) known inputs of the context's dates
    mq_value known; ///< (B, T+H, K) the same, reaching past the last fork by the horizon
    mq_value codes; ///< (B, N)
    mq_value reals; ///< (B, R)
    mq_value lags; ///< (B, F, H, J) squashed observations of earlier periods
    mq_value engineered; ///< (B, T, E) of data/engineered.h, for models that want them
};

/// What a model without weights may see of one product.
struct mq_past {
    const float *observed; ///< (n) ending at the origin, NaN = not observed
    int64_t n;
    int64_t season;
    double cold; ///< mean |y| of the catalogue: the guess without history
    float *scratch; ///< (n)
};

struct mq_forecaster {
    const char *name;
    const char *summary;
    const char *source; ///< paper or description it follows
    const struct mq_setting *settings;
    int64_t n_settings;
    size_t options_bytes; ///< of the struct that the settings fill

    /// Adds the network to `g` and returns yhat (B, F, H, Q): ascending quantiles in units of each
    /// fork's scale around its level. `options` is the filled struct. Errors are recorded in the graph.
    mq_value (*build)(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                      const struct mq_inputs *in);
    bool wants_engineered; ///< whether batches carry engineered features
    /// Steps of context that a fork's forecast depends on: the fork's own and those before it.
    /// NULL = all. Forecasting reads no more of them.
    int64_t (*reach)(const void *options);
    /// quantiles (H, Q), ascending and finite, in raw units. Any thread.
    void (*predict)(const struct mq_past *past, int64_t horizon, const double levels[],
                    int64_t n_levels, float quantiles[]);
    /// quantiles (n), in the order of each member's, which ascend within a horizon; so must these.
    /// The options begin with a struct mq_text_list: the runs that are the members. Any thread.
    void (*combine)(const float *const members[], int64_t n_members, int64_t n, float quantiles[]);
};

#endif
