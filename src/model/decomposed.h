/// What the model `decomposed` learns of the catalogue, and a product's forecast by it.
#ifndef MODEL_DECOMPOSED_H
#define MODEL_DECOMPOSED_H

#include "mq/classic/ratios.h"
#include "mq/model/model.h"

struct decomposed_options {
    char group[MQ_TEXT_MAX];
    char price[MQ_TEXT_MAX];
    int64_t origins;
    double shrinkage;
};

/// Errors are told apart by horizon (1, 2, 3-4, 5-8, 9-16, beyond) and by kind of product: by how much
/// demand varies from one period to the next (deviation / level up to 0.05, 0.1 ... 3.2, beyond), and
/// intermittent demand by its mean (up to 0.1, 0.3, 1, 3, beyond).
enum { DECOMPOSED_HORIZONS = 6, DECOMPOSED_VARIATIONS = 8, DECOMPOSED_KINDS = 13 };
enum { DECOMPOSED_CELLS = DECOMPOSED_HORIZONS * DECOMPOSED_KINDS, DECOMPOSED_GROUPS_MAX = 1000 };

/// Groups are the codes of a category as trained, 0 = unknown or no category; the last one is all.
struct decomposition {
    int64_t group_at; ///< of the model's categories; -1 = one group
    int64_t price_at; ///< of the known covariates; -1 = no price
    int64_t groups; ///< with the last one
    int64_t season;
    const double *profile; ///< (groups, season)
    const double *elasticity; ///< (groups)
    const int64_t *counts; ///< (groups, DECOMPOSED_CELLS, MQ_RATIO_BINS)
};

/// Names resolved; tables not looked at. MQ_USAGE naming a group or price that the model does not
/// have.
mq_status decomposed_resolve(const struct mq_model *model, struct decomposition *d) MQ_NODISCARD;
int64_t decomposed_group(const struct decomposition *d, const struct mq_past *past);
/// Kind of a product that is or is not intermittent, with this mean or variation.
int64_t decomposed_kind(bool is_intermittent, double size);
/// Of an error at horizon h >= 1.
int64_t decomposed_cell(int64_t h, int64_t kind);
/// Prices (n + H) of a past; NULL = none.
const float *decomposed_prices(const struct decomposition *d, const struct mq_past *past);

/// Whether a product's past can be taken for demand: at most one value in twenty is negative (returns
/// that were booked late).
bool decomposed_is_demand(const struct mq_past *past);
/// point (H), > 0: exponential smoothing of what season and price leave, times both. Returns the kind
/// of what they leave.
int64_t decomposed_point(const struct decomposition *d, const struct mq_past *past, int64_t horizon,
                         double point[]);
int64_t decomposed_scratch_bytes(const struct mq_model *model, int64_t n, int64_t season);

mq_status decomposed_fit(const struct mq_fit *fit, struct mq_tables *tables);

#endif
