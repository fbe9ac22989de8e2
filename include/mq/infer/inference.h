/// Forecasts of one product in memory, with any trained model: no panel, no files, no MPI.
///
///     struct mq_model *model;
///     struct mq_inference *inference;
///     MQ_TRY(mq_model_open(&model, "runs/retail", NULL, 0));
///     MQ_TRY(mq_inference_new(&inference, model));
///     const struct mq_inference_facts *facts = mq_inference_facts(inference);
///     float quantiles[facts->horizon * facts->n_levels];
///     const struct mq_product product = {.start = "2024-01-01", .n = 200, .target = sales};
///     MQ_TRY(mq_forecast(inference, &product, quantiles));
///     mq_inference_free(inference);
///     mq_model_close(model);
///
/// The numbers are those of `mqcast forecast`, to the bit where its forecast.batch is 1 and its
/// matrix kernels are the same: those of a process are chosen when OpenBLAS is loaded, see
/// mq/tensor/blas_info.h.
///
/// Threads: models are opened one at a time (HDF5 serves one thread), then a model may be shared by
/// any number of inferences, each used by one thread at a time. Errors are the calling thread's
/// (mq_error_get). A program in C, or one in C++ built against this header alone, links
/// libmqcast-infer.
#ifndef MQ_INFER_INFERENCE_H
#define MQ_INFER_INFERENCE_H

#include "mq/base/status.h"
#include "mq/data/covariate.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mq_model;
struct mq_inference;

/// Reads a trained model: of a run's directory its best checkpoint, of a pointer (checkpoints/best)
/// the one it names, or a checkpoint. `levels` (n_levels), ascending within (0, 1), are the
/// quantiles to forecast; none: those of the experiment. MQ_USAGE for levels that the model cannot
/// give, MQ_DATA when the checkpoint is damaged.
mq_status mq_model_open(struct mq_model **model, const char *path, const double levels[],
                        int64_t n_levels) MQ_NODISCARD;
/// After its inferences. Accepts NULL.
void mq_model_close(struct mq_model *model);

/// The memory that forecasts of one thread are made in; `model` must outlive it.
mq_status mq_inference_new(struct mq_inference **inference, struct mq_model *model) MQ_NODISCARD;
/// Accepts NULL.
void mq_inference_free(struct mq_inference *inference);

/// What a forecast is and needs.
struct mq_inference_facts {
    int64_t horizon; ///< H
    int64_t n_levels; ///< Q
    const double *levels; ///< (Q)
    char frequency[32]; ///< of a period: "daily", "30min"
    int64_t n_covariates;
    struct mq_covariate covariates[MQ_COVARIATES_MAX]; ///< those that the model looks at
};
/// Valid as long as the inference.
const struct mq_inference_facts *mq_inference_facts(const struct mq_inference *inference);

/// Values of a calendar covariate, shared by all products: n periods from the date `start` on, as
/// far ahead as they are known, in place of those given before. NaN or beyond the n = not known.
/// The next forecast allocates. MQ_USAGE for a name that is none of the model's.
mq_status mq_inference_calendar(struct mq_inference *inference, const char *name, const char *start,
                                int64_t n, const float values[]) MQ_NODISCARD;

/// Numbers of one covariate, by name. MQ_ROLE_KNOWN: (n + H); MQ_ROLE_PAST: (n);
/// MQ_ROLE_STATIC_REAL: 1. NaN = missing.
struct mq_values {
    const char *name;
    const float *values;
};
/// A category, by the name of the covariate: one not seen in training, or NULL, is unknown.
struct mq_category {
    const char *name;
    const char *value;
};

/// One product as it is known at the origin, the last period of its history. The caller keeps all.
struct mq_product {
    const char *start; ///< date of the first period: "2024-01-31", "2024-01-31 08:00"
    int64_t n; ///< periods up to the origin; 0: not yet begun, the origin is the one before `start`
    const float *target; ///< (n), NaN = not observed
    const float *available; ///< (n) 0 = out of stock; NULL = never
    const struct mq_values *values; ///< (n_values) in any order; what no model looks at is ignored
    int64_t n_values;
    const struct mq_category *categories; ///< (n_categories) likewise
    int64_t n_categories;
    int64_t number; ///< of the product in its panel: decides the draws of `rnn_dist`, nothing else
};

/// Quantiles (H, Q) of the H periods after the origin: ascending, finite, in the target's units.
/// History longer than data.context serves models that look at all of it (ets, seasonal_naive,
/// decomposed) and the product's age. MQ_DATA when a covariate that the model looks at is not
/// given, or a value is infinite or beyond 1e15; MQ_USAGE for what is no date; MQ_NUMERIC when the
/// forecast is not finite. Allocates only on the first call and, of models that look at the whole
/// past, for a history longer than any before.
mq_status mq_forecast(struct mq_inference *inference, const struct mq_product *product,
                      float quantiles[]) MQ_NODISCARD;

#ifdef __cplusplus
}
#endif

#endif
