/// Engineered features: what forecasters made of a history before networks read it raw.
///
/// A fork's features come from what was seen up to it, in units of its scale around its level, so
/// that products pool. In order:
///
///     lag_j          the last observations, j = 1 the fork's own
///     phase_p        what came p = 1 .. season periods after the fork in the last seasons, mean of 4
///     year_before, year_next   means around the fork a year before, of cycles within a year
///     mean_w, deviation_w, zeros_w, missing_w   of the last w periods: mean, mean distance from it,
///                    shares of zeros and of what did not count
///     since_sale     log(1 + periods since the last one that was not 0)
///     age, scale, level   as the networks are told them
///     stock, stock_w      in stock at the fork, and how often lately
///     past_i, past_i_w    past covariates at the fork and lately, standardised
///     known_i, known_i_change   known covariates at the fork, as the networks are told them
///
/// Values of demand are asinh-squashed. What was not observed or was out of stock is missing; so is
/// what nothing was observed for: NaN. Source: in the spirit of the systems that networks replaced;
/// which features those had is not public.
#ifndef MQ_DATA_ENGINEERED_H
#define MQ_DATA_ENGINEERED_H

#include "mq/data/feature.h"

struct mq_batch;

enum {
    MQ_ENGINEERED_NAME_MAX = 32,
    MQ_ENGINEERED_STEPS = 24, ///< steps of its window that a fork's features depend on at most
};

/// Features per fork, E.
int64_t mq_engineered_width(const struct mq_features *features);
/// Of these the first ones are single observations or means of few: what is often missing.
int64_t mq_engineered_sparse(const struct mq_features *features);
/// How many phases there are, and the place of the first one; phase p tells of horizons p, p + season
/// and so on.
int64_t mq_engineered_phases(const struct mq_features *features, int64_t *first);
/// Periods before its window that a fork's features depend on at most: for mq_window_shape.reach.
int64_t mq_engineered_reach(const struct mq_features *features);
/// Name of feature i in [0, E), without the names of covariates: "mean_28", "past_0".
const char *mq_engineered_name(const struct mq_features *features, int64_t i,
                               char name[MQ_ENGINEERED_NAME_MAX]);

/// The features of the fork at step t of row b, out (E). The batch's `past` must reach as far as
/// mq_engineered_reach says. Local; allocates nothing.
void mq_engineered_fill(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                        int64_t t, mq_real out[]);

/// How a network is told them: E features, 0 for what is missing, and for each sparse one 1 where it
/// is.
int64_t mq_engineered_inputs(const struct mq_features *features);
void mq_engineered_fill_inputs(const struct mq_features *features, const struct mq_batch *batch,
                               int64_t b, int64_t t, mq_real out[]);

#endif
