/// A model in the making or trained: kind, experiment, what it saw of its panel, weights.
#ifndef MQ_MODEL_MODEL_H
#define MQ_MODEL_MODEL_H

#include "mq/base/path.h"
#include "mq/data/feature.h"
#include "mq/model/network.h"

/// The panel a model was trained on, as far as forecasting another one needs it.
struct mq_training_panel {
    struct mq_panel_info info;
    char **
        vocabulary[MQ_COVARIATES_MAX]; ///< by covariate: names of a category's codes 1..cardinality
};

struct mq_model {
    const struct mq_forecaster *forecaster;
    struct mq_experiment experiment; ///< owned
    struct mq_training_panel panel; ///< owned
    struct mq_features features;
    struct mq_params params; ///< of a network
    struct mq_tables tables; ///< of a fitted model
    struct mq_member *members; ///< (n_members) of a model that combines others, owned
    int64_t n_members;
};

/// A trained model that another one combines, and where it is.
struct mq_member {
    char path[MQ_PATH_MAX]; ///< its checkpoint
    struct mq_model model;
};

/// Takes over the experiment and reads what must be remembered of the panel; features are selected
/// but not fitted, parameters declared but not allocated. Release in every case. Local.
mq_status mq_model_init(struct mq_model *model, struct mq_experiment *experiment,
                        struct mq_panel *panel) MQ_NODISCARD;
void mq_model_release(struct mq_model *model);

/// Sizes of the network for B series, T context steps and these forks, at loss.quantiles.
struct mq_dims mq_model_dims(const struct mq_model *model, int64_t B, int64_t T,
                             struct mq_forks forks);

/// Shape of the batches that dims describe, their scales looking back data.context periods.
struct mq_window_shape mq_model_window(const struct mq_model *model, int64_t B, int64_t T);

enum { MQ_TRAINED_LEVELS_MAX = MQ_LIST_MAX + 2 };
/// The levels a network is trained at: loss.quantiles, and for quantile functions one more in each
/// tail, q_1 / e and 1 - (1 - q_M) / e, where the tail is its scale away from the knot. Returns how
/// many.
int64_t mq_model_trained_levels(const struct mq_model *model, double level[MQ_TRAINED_LEVELS_MAX]);

/// MQ_USAGE when forecast.levels or evaluate.levels are not what this model, or a member, can give.
mq_status mq_model_check_levels(const struct mq_model *model) MQ_NODISCARD;

/// MQ_USAGE when this model cannot forecast loss.spans, or a member has others.
mq_status mq_model_check_spans(const struct mq_model *model) MQ_NODISCARD;

/// Hash of the weights' bytes, or of what stands for them: tables, or the members' hashes; of
/// nothing for a model without any.
void mq_model_weights_sha256(const struct mq_model *model, char hex[MQ_SHA256_HEX]);

/// A model's features re-addressed to another panel, and its categories' codes translated.
struct mq_rebinding {
    struct mq_features features;
    int64_t shift; ///< periods that this panel begins after the one trained on
    int32_t *code_map[MQ_COVARIATES_MAX]; ///< by chosen category; NULL = the codes are the same
};
/// The panel must have the frequency and every chosen covariate of the one trained on, by name and
/// role, else MQ_DATA; unseen categories become "unknown". Release in every case. Local.
mq_status mq_rebinding_init(struct mq_rebinding *rebinding, const struct mq_model *model,
                            struct mq_panel *panel) MQ_NODISCARD;
/// Codes of the chosen categories of series i of a block, as trained.
void mq_rebinding_codes(const struct mq_rebinding *rebinding, const struct mq_series_block *block,
                        int64_t i, int32_t codes[]);
void mq_rebinding_release(struct mq_rebinding *rebinding, const struct mq_model *model);

#endif
