/// The experiment: everything a run depends on, as plain data.
///
/// Sections and keys are the user's (contract: README, "Experiment"); `model` keys other than
/// `type` belong to the model and are given by a section that the caller finds by type.
#ifndef MQ_CONFIG_EXPERIMENT_H
#define MQ_CONFIG_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/config/setting.h"

struct mq_run_settings {
    char name[MQ_TEXT_MAX];
    char dir[MQ_TEXT_MAX];
    int64_t seed;
};

enum mq_transform { MQ_TRANSFORM_NONE, MQ_TRANSFORM_LOG1P };
enum mq_scaling {
    MQ_SCALING_NONE, ///< one scale for the catalogue
    MQ_SCALING_MEAN, ///< each fork's mean of |y|
    MQ_SCALING_STANDARD, ///< each fork's mean and mean absolute deviation
};

struct mq_data_settings {
    char panel[MQ_TEXT_MAX];
    int64_t context; ///< T, periods
    int64_t horizon; ///< H, periods
    struct mq_text_list statics; ///< key `static`: names, or ["all"]
    struct mq_text_list known;
    struct mq_text_list past;
    bool calendar; ///< calendar features by frequency as known inputs
    bool event_distances; ///< how near events are as known inputs
    int64_t season; ///< periods of the main season; 0: by frequency
    int transform; ///< enum mq_transform
    int scaling; ///< enum mq_scaling
    struct mq_text_list lags; ///< "auto", or lags of the target: "7", "7x4"
    int64_t validation; ///< validation origins, evaluate.stride apart
    int64_t cache_mib; ///< series kept in memory per rank
};

enum mq_head {
    MQ_HEAD_GRID, ///< at loss.quantiles alone
    MQ_HEAD_INCREMENTAL, ///< functions of the level, with loss.quantiles as knots
};
enum mq_loss_kind { MQ_LOSS_PINBALL, MQ_LOSS_CRPS };

struct mq_loss_settings {
    struct mq_real_list quantiles;
    int head; ///< enum mq_head
    int kind; ///< enum mq_loss_kind
    double volume_weight; ///< a fork weighs (scale / mean scale)^volume_weight
    struct mq_span_list spans; ///< totals forecast beside the horizons
};

enum mq_schedule_kind { MQ_SCHEDULE_CONSTANT, MQ_SCHEDULE_COSINE, MQ_SCHEDULE_PLATEAU };
enum mq_optimizer_kind { MQ_OPTIMIZER_ADAM, MQ_OPTIMIZER_SGD };

struct mq_train_settings {
    int64_t batch; ///< series per step over all ranks
    int64_t lanes; ///< parts of the batch and the catalogue; divides batch, never 0 once parsed
    int64_t steps;
    int64_t epochs; ///< > 0: replaces steps
    int optimizer; ///< enum mq_optimizer_kind
    double lr;
    int schedule; ///< enum mq_schedule_kind
    int64_t warmup; ///< steps of linear warm-up
    double lr_final; ///< cosine: fraction of lr at the end; plateau: the floor
    double plateau_factor;
    int64_t plateau_patience; ///< validations without a gain before lr falls
    double weight_decay;
    double clip; ///< global gradient norm; 0: none
    double average; ///< decay per step of the average of the weights; 0: none
    int64_t validate_every; ///< steps; 0: never
    int64_t patience; ///< validations without a gain before training stops; 0: never
    int64_t log_every; ///< steps
};

struct mq_checkpoint_settings {
    int64_t every; ///< steps
    int64_t keep;
};

struct mq_forecast_settings {
    char origins[MQ_TEXT_MAX]; ///< "last", or "N" or "N/S": the last N origins, S apart
    struct mq_real_list levels; ///< empty: loss.quantiles
    int64_t batch; ///< series per block
    bool compress;
};

struct mq_evaluate_settings {
    int64_t origins;
    int64_t stride;
    int64_t average; ///< origins behind each forecast, its own included
    char start[MQ_TEXT_MAX]; ///< date of the first origin; empty: the last `origins`
    char end[MQ_TEXT_MAX]; ///< date of the last target; empty: end of the panel
    char by[MQ_TEXT_MAX]; ///< static category to score by; empty: none
    struct mq_real_list levels; ///< empty: loss.quantiles
};

enum mq_unmet { MQ_UNMET_LOST, MQ_UNMET_WAITS };
enum mq_tuned_for { MQ_TUNED_PRODUCT, MQ_TUNED_CATALOGUE };

/// What replaying stock needs to know (base/stock.h has the order of events).
struct mq_inventory_settings {
    int unmet; ///< enum mq_unmet
    int64_t lead; ///< periods from an order to its arrival, the least
    struct mq_real_list delays; ///< weights of 0, 1, 2, ... periods more; empty: never late
    int64_t review; ///< periods between orders
    char holding[MQ_TEXT_MAX]; ///< each a number, a static real or a known covariate
    char shortage[MQ_TEXT_MAX];
    char price[MQ_TEXT_MAX];
    char cost[MQ_TEXT_MAX];
    double service_level; ///< of demand that order_up_to covers; 0: by the costs
    double initial; ///< stock at the start, in periods of mean demand; < 0: lead + review
    int64_t warmup; ///< periods replayed before those that count
    int tuned_for; ///< enum mq_tuned_for
    struct mq_text_list policies;
    int64_t resamples; ///< bootstrap, of products
};

struct mq_experiment {
    struct mq_run_settings run;
    struct mq_data_settings data;
    char model_type[MQ_TEXT_MAX];
    void *model; ///< options struct of the model, owned; NULL when the model has none
    struct mq_loss_settings loss;
    struct mq_train_settings train;
    struct mq_checkpoint_settings checkpoint;
    struct mq_forecast_settings forecast;
    struct mq_evaluate_settings evaluate;
    struct mq_inventory_settings inventory;
    struct mq_section model_section; ///< the model's own rows
};

/// Finds the settings of a model: fills section and the size of its options struct, or MQ_USAGE
/// with the nearest known type as hint.
typedef mq_status mq_find_model_settings(const char *type, struct mq_section *section,
                                         size_t *bytes);

/// Parses YAML text, then applies `overrides` ("section.key=value") in order, then checks what
/// single rows cannot (lanes divide batch, ...). `file` is the name for messages. On success the
/// caller releases with mq_experiment_release; on failure nothing is owned.
mq_status mq_experiment_parse(struct mq_experiment *experiment, const char *file, const char *bytes,
                              size_t n, const char *const overrides[], int64_t n_overrides,
                              mq_find_model_settings *find_model) MQ_NODISCARD;
void mq_experiment_release(struct mq_experiment *experiment);

/// The levels to forecast and to score at: those asked for, else loss.quantiles.
const struct mq_real_list *mq_forecast_levels(const struct mq_experiment *experiment);
const struct mq_real_list *mq_evaluate_levels(const struct mq_experiment *experiment);

/// Stock at the start, in periods of mean demand: what was asked for, else lead + review.
double mq_inventory_initial(const struct mq_inventory_settings *inventory);

/// Appends the resolved experiment as YAML: every key, every default filled in, so that parsing it
/// gives the same experiment.
mq_status mq_experiment_print(const struct mq_experiment *experiment,
                              struct mq_str *text) MQ_NODISCARD;

/// The sections in order of appearance (without the model's own rows), for --help and default.yaml.
const struct mq_section *mq_experiment_sections(int64_t *n);
/// Appends a commented YAML with every setting, its default, unit and help. `model_section` rows
/// come under `model`.
mq_status mq_experiment_template(const char *model_type, const struct mq_section *model_section,
                                 struct mq_str *text) MQ_NODISCARD;

/// Lanes that a batch is cut into when the experiment does not say.
int64_t mq_lanes_default(int64_t batch);

#endif
