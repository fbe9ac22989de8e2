// Every setting of an experiment: one row per key. Add a field to the struct and a row here.
//
// key, type, field, default (NULL: required), lowest, highest, choices, unit, help
#include "config/rows.h"

#include <math.h>

#define MAX HUGE_VAL
#define COUNT(rows) ((int64_t)(sizeof(rows) / sizeof *(rows)))

static const char *const transforms[] = {
    [MQ_TRANSFORM_NONE] = "none", [MQ_TRANSFORM_LOG1P] = "log1p", NULL};
static const char *const scalings[] = {[MQ_SCALING_NONE] = "none",
                                       [MQ_SCALING_MEAN] = "mean",
                                       [MQ_SCALING_STANDARD] = "standard",
                                       NULL};
static const char *const heads[] = {
    [MQ_HEAD_GRID] = "grid", [MQ_HEAD_INCREMENTAL] = "incremental", NULL};
static const char *const losses[] = {[MQ_LOSS_PINBALL] = "pinball", [MQ_LOSS_CRPS] = "crps", NULL};
static const char *const optimizers[] = {
    [MQ_OPTIMIZER_ADAM] = "adam", [MQ_OPTIMIZER_SGD] = "sgd", NULL};
static const char *const schedules[] = {[MQ_SCHEDULE_CONSTANT] = "constant",
                                        [MQ_SCHEDULE_COSINE] = "cosine",
                                        [MQ_SCHEDULE_PLATEAU] = "plateau",
                                        NULL};
static const char *const unmets[] = {[MQ_UNMET_LOST] = "lost", [MQ_UNMET_WAITS] = "waits", NULL};
static const char *const tuned_fors[] = {
    [MQ_TUNED_PRODUCT] = "product", [MQ_TUNED_CATALOGUE] = "catalogue", NULL};

// clang-format off
#define AT(field) offsetof(struct mq_run_settings, field)
static const struct mq_setting run_rows[] = {
    {"name", MQ_TEXT, AT(name), NULL, 0, 0, NULL, "", "name of the run; its directory is <dir>/<name>"},
    {"dir", MQ_TEXT, AT(dir), "runs", 0, 0, NULL, "", "directory of all runs"},
    {"seed", MQ_INT, AT(seed), "1", 0, MAX, NULL, "", "seed of weights and sampling"},
};
#undef AT

#define AT(field) offsetof(struct mq_data_settings, field)
static const struct mq_setting data_rows[] = {
    {"panel", MQ_TEXT, AT(panel), NULL, 0, 0, NULL, "", "panel file (HDF5)"},
    {"context", MQ_INT, AT(context), NULL, 1, 1e5, NULL, "periods", "history the model sees"},
    {"horizon", MQ_INT, AT(horizon), NULL, 1, 1e4, NULL, "periods", "how far ahead it forecasts"},
    {"static", MQ_TEXT_LIST, AT(statics), "[all]", 0, 0, NULL, "", "static covariates; [all], or names"},
    {"known", MQ_TEXT_LIST, AT(known), "[all]", 0, 0, NULL, "", "covariates known ahead; [all], or names"},
    {"past", MQ_TEXT_LIST, AT(past), "[all]", 0, 0, NULL, "", "covariates of the past; [all], or names"},
    {"calendar", MQ_BOOL, AT(calendar), "true", 0, 0, NULL, "", "calendar features as known inputs"},
    {"event_distances", MQ_BOOL, AT(event_distances), "true", 0, 0, NULL, "", "how near the next and the last event of a calendar are, as known inputs"},
    {"season", MQ_INT, AT(season), "0", 0, 1e5, NULL, "periods", "main season; 0: by frequency"},
    {"transform", MQ_CHOICE, AT(transform), "none", 0, 0, transforms, "", "of the target, before it is scaled; log1p needs targets of 0 or more"},
    {"scaling", MQ_CHOICE, AT(scaling), "standard", 0, 0, scalings, "", "unit of the target, from each forecast's own past: its mean, or mean and deviation"},
    {"lags", MQ_TEXT_LIST, AT(lags), "[auto]", 0, 0, NULL, "periods", "earlier values that the decoder sees; 7x4: the mean of four; auto: last value and season"},
    {"validation", MQ_INT, AT(validation), "1", 0, 1e4, NULL, "origins", "validation origins, evaluate.stride apart"},
    {"cache_mib", MQ_INT, AT(cache_mib), "384", 1, 1e7, NULL, "MiB", "series kept in memory per rank"},
};
#undef AT

static const struct mq_setting model_rows[] = {
    {"type", MQ_TEXT, 0, "mqrnn", 0, 0, NULL, "", "the model"},
};

#define AT(field) offsetof(struct mq_loss_settings, field)
static const struct mq_setting loss_rows[] = {
    {"quantiles", MQ_REAL_LIST, AT(quantiles), "[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]", 0, 1, NULL, "", "levels in (0, 1), ascending"},
    {"head", MQ_CHOICE, AT(head), "grid", 0, 0, heads, "", "quantiles alone, or functions of the level with quantiles as knots"},
    {"kind", MQ_CHOICE, AT(kind), "pinball", 0, 0, losses, "", "what training lowers; crps: with head incremental"},
    {"volume_weight", MQ_REAL64, AT(volume_weight), "0.5", 0, 2, NULL, "", "a fork weighs (scale / mean scale)^this"},
    {"spans", MQ_SPAN_LIST, AT(spans), "[]", 0, 1e4, NULL, "periods", "totals to forecast as well: demand of lead + review periods, which an order has to cover"},
};
#undef AT

#define AT(field) offsetof(struct mq_train_settings, field)
static const struct mq_setting train_rows[] = {
    {"batch", MQ_INT, AT(batch), "64", 1, 1e7, NULL, "series", "series per step over all ranks"},
    {"lanes", MQ_INT, AT(lanes), "0", 0, 4096, NULL, "lanes", "parts of batch and catalogue, dividing batch; 0: 16, 8, 4, 2 or 1"},
    {"steps", MQ_INT, AT(steps), "2000", 0, 1e9, NULL, "steps", "length of training"},
    {"epochs", MQ_INT, AT(epochs), "0", 0, 1e6, NULL, "epochs", "length of training; > 0 replaces steps"},
    {"optimizer", MQ_CHOICE, AT(optimizer), "adam", 0, 0, optimizers, "", "update rule"},
    {"lr", MQ_REAL64, AT(lr), "0.003", 0, 10, NULL, "", "learning rate"},
    {"schedule", MQ_CHOICE, AT(schedule), "cosine", 0, 0, schedules, "", "course of the learning rate"},
    {"warmup", MQ_INT, AT(warmup), "100", 0, 1e9, NULL, "steps", "linear rise of the learning rate"},
    {"lr_final", MQ_REAL64, AT(lr_final), "0.01", 0, 1, NULL, "of lr", "cosine: at the end; plateau: the floor"},
    {"plateau_factor", MQ_REAL64, AT(plateau_factor), "0.5", 0.01, 1, NULL, "", "plateau: what lr is multiplied by"},
    {"plateau_patience", MQ_INT, AT(plateau_patience), "3", 1, 1e6, NULL, "validations", "plateau: without a gain before lr falls"},
    {"weight_decay", MQ_REAL64, AT(weight_decay), "0", 0, 1, NULL, "", "decoupled weight decay"},
    {"clip", MQ_REAL64, AT(clip), "1", 0, MAX, NULL, "", "largest global gradient norm; 0: none"},
    {"average", MQ_REAL64, AT(average), "0", 0, 0.9999, NULL, "per step", "decay of the average of the weights, which forecasts; 0: none"},
    {"validate_every", MQ_INT, AT(validate_every), "200", 0, 1e9, NULL, "steps", "between validations; 0: never"},
    {"patience", MQ_INT, AT(patience), "0", 0, 1e6, NULL, "validations", "without a gain before training stops; 0: never"},
    {"log_every", MQ_INT, AT(log_every), "20", 1, 1e9, NULL, "steps", "between lines of the run log"},
};
#undef AT

#define AT(field) offsetof(struct mq_checkpoint_settings, field)
static const struct mq_setting checkpoint_rows[] = {
    {"every", MQ_INT, AT(every), "200", 1, 1e9, NULL, "steps", "between checkpoints"},
    {"keep", MQ_INT, AT(keep), "3", 1, 1e6, NULL, "files", "newest checkpoints kept"},
};
#undef AT

#define AT(field) offsetof(struct mq_forecast_settings, field)
static const struct mq_setting forecast_rows[] = {
    {"origins", MQ_TEXT, AT(origins), "last", 0, 0, NULL, "", "last; N: the last N origins; N/S: S periods apart"},
    {"levels", MQ_REAL_LIST, AT(levels), "[]", 0, 1, NULL, "", "levels; []: loss.quantiles; others with head incremental"},
    {"batch", MQ_INT, AT(batch), "64", 1, 1e7, NULL, "series", "series computed together"},
    {"compress", MQ_BOOL, AT(compress), "false", 0, 0, NULL, "", "gzip for the quantiles: slower, and a fifth smaller"},
};
#undef AT

#define AT(field) offsetof(struct mq_evaluate_settings, field)
static const struct mq_setting evaluate_rows[] = {
    {"origins", MQ_INT, AT(origins), "4", 1, 1e5, NULL, "origins", "last origins scored, kept out of training"},
    {"stride", MQ_INT, AT(stride), "0", 0, 1e5, NULL, "periods", "between origins; 0: the horizon"},
    {"average", MQ_INT, AT(average), "1", 1, 1e5, NULL, "origins", "last origins whose forecasts of a date are averaged, the own included"},
    {"start", MQ_TEXT, AT(start), "", 0, 0, NULL, "date", "first origin; empty: by origins"},
    {"end", MQ_TEXT, AT(end), "", 0, 0, NULL, "date", "last target; empty: end of the panel"},
    {"by", MQ_TEXT, AT(by), "", 0, 0, NULL, "", "static category to score by; empty: none"},
    {"levels", MQ_REAL_LIST, AT(levels), "[]", 0, 1, NULL, "", "levels; []: loss.quantiles; others with head incremental"},
};
#undef AT

#define AT(field) offsetof(struct mq_inventory_settings, field)
static const struct mq_setting inventory_rows[] = {
    {"unmet", MQ_CHOICE, AT(unmet), "lost", 0, 0, unmets, "", "what becomes of demand that finds no stock"},
    {"lead", MQ_INT, AT(lead), "2", 0, 1000, NULL, "periods", "from an order to its arrival, at least"},
    {"delays", MQ_REAL_LIST, AT(delays), "[]", 0, MAX, NULL, "", "how often an order takes 0, 1, 2, ... periods more, as weights; []: never"},
    {"review", MQ_INT, AT(review), "1", 1, 1000, NULL, "periods", "between orders"},
    {"holding", MQ_TEXT, AT(holding), "1", 0, 0, NULL, "per unit and period", "cost of stock: a number, or the name of a static or known covariate"},
    {"shortage", MQ_TEXT, AT(shortage), "9", 0, 0, NULL, "per unit", "cost of unmet demand, in each period that it waits"},
    {"price", MQ_TEXT, AT(price), "0", 0, 0, NULL, "per unit", "what a unit sold earns"},
    {"cost", MQ_TEXT, AT(cost), "0", 0, 0, NULL, "per unit", "what a unit ordered costs"},
    {"service_level", MQ_REAL64, AT(service_level), "0", 0, 0.9999, NULL, "", "how often order_up_to covers demand of its span; 0: what the costs make worth while"},
    {"initial", MQ_REAL64, AT(initial), "-1", -1, 1e6, NULL, "periods of mean demand", "stock at the start; below 0: lead + review"},
    {"warmup", MQ_INT, AT(warmup), "0", 0, 1e6, NULL, "periods", "replayed before those that count"},
    {"tuned_for", MQ_CHOICE, AT(tuned_for), "product", 0, 0, tuned_fors, "", "what has levels of its own where they are tuned"},
    {"policies", MQ_TEXT_LIST, AT(policies), "[all]", 0, 0, NULL, "", "policies to replay; [all], or names"},
    {"resamples", MQ_INT, AT(resamples), "1000", 10, 1e6, NULL, "", "of products, for the intervals of costs"},
};
#undef AT

static const struct mq_section sections[] = {
    {"run", run_rows, COUNT(run_rows)},
    {"data", data_rows, COUNT(data_rows)},
    {"model", model_rows, COUNT(model_rows)},
    {"loss", loss_rows, COUNT(loss_rows)},
    {"train", train_rows, COUNT(train_rows)},
    {"checkpoint", checkpoint_rows, COUNT(checkpoint_rows)},
    {"forecast", forecast_rows, COUNT(forecast_rows)},
    {"evaluate", evaluate_rows, COUNT(evaluate_rows)},
    {"inventory", inventory_rows, COUNT(inventory_rows)},
};
// clang-format on

// Of the struct that each section fills, in the order above.
static const size_t offsets[] = {
    offsetof(struct mq_experiment, run),        offsetof(struct mq_experiment, data),
    offsetof(struct mq_experiment, model_type), offsetof(struct mq_experiment, loss),
    offsetof(struct mq_experiment, train),      offsetof(struct mq_experiment, checkpoint),
    offsetof(struct mq_experiment, forecast),   offsetof(struct mq_experiment, evaluate),
    offsetof(struct mq_experiment, inventory),
};
_Static_assert(COUNT(offsets) == COUNT(sections), "one struct per section");

const struct mq_section *mq_experiment_sections(int64_t *n)
{
    *n = COUNT(sections);
    return sections;
}

void *mq_experiment_target(struct mq_experiment *experiment, int64_t index)
{
    return (char *)experiment + offsets[index];
}

const void *mq_experiment_source(const struct mq_experiment *experiment, int64_t index)
{
    return (const char *)experiment + offsets[index];
}
