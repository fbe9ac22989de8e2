/// Forests as fitted models: rows drawn from the catalogue, a forest grown on them, its tables.
#ifndef MODEL_FOREST_FIT_H
#define MODEL_FOREST_FIT_H

#include "mq/classic/forest.h"
#include "mq/model/model.h"

struct forest_options {
    int64_t trees;
    int64_t samples;
    double share;
    int64_t choice; ///< 0: a fifth
    int64_t min_leaf;
    int64_t depth;
    int64_t bins;
    int64_t kept; ///< 0: means
};

/// forecaster.h: fit, check, scratch_bytes and reach of both forests.
mq_status forest_fit(const struct mq_fit *fit, struct mq_tables *tables) MQ_NODISCARD;
mq_status forest_check(const struct mq_model *model) MQ_NODISCARD;
int64_t forest_scratch_bytes(const struct mq_model *model, int64_t n, int64_t season);
int64_t forest_reach(const void *options);

/// The forest of the horizons, s < 0, or of loss.spans[s] in a model's tables, as far as they are
/// there, and the means of its categories' codes.
struct mq_forest forest_of(const struct mq_model *model, int64_t s, const float **means);

/// What a prediction works in: pieces of `scratch`.
struct forest_scratch {
    float *rows; ///< (H + 1, F)
    float *out; ///< (H, MQ_LIST_MAX)
    uint32_t *weight; ///< (H, n_values)
    uint8_t *bins; ///< (H, F)
};
/// The bins of all horizons of a fork, or of its span s >= 0.
struct forest_scratch forest_prepare(const struct mq_model *model, const struct mq_forest *forest,
                                     const float means[], const struct mq_batch *batch, int64_t b,
                                     int64_t t, int64_t s, void *scratch);

/// Settings of both, the last one of quantiles alone.
enum { FOREST_SETTINGS = 7, FOREST_QUANTILE_SETTINGS = 8 };
extern const struct mq_setting forest_settings[FOREST_QUANTILE_SETTINGS];

#endif
