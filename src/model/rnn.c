// The recurrent networks before MQ-RNN: one step ahead, and then on from what they say themselves.
// rnn_point says a demand, rnn_dist its distribution: DeepAR (Salinas, Flunkert, Gasthaus,
// Januschowski 2020, "DeepAR: Probabilistic forecasting with autoregressive recurrent networks"),
// without its lagged inputs. What their inside was in 2014 is not public.
#include "mq/model/model.h"

#include "model/blocks.h"

static const char *const likelihoods[] = {
    [MQ_GAUSSIAN] = "gaussian", [MQ_NEGATIVE_BINOMIAL] = "negative_binomial", NULL};

struct options {
    int64_t hidden;
    int64_t statics;
    double dropout;
    int64_t paths;
    int likelihood; // enum mq_distribution
};

// What the LSTM reads at step t: demand and its unit at t, and the known inputs of t + 1.
struct reading {
    mq_value own;
    mq_value x;
    mq_value fixed;
};

static struct reading read_step(struct mq_graph *g, const struct mq_dims *dims,
                                const struct options *options, const struct mq_inputs *in)
{
    const mq_value fixed = mq_block_statics(g, dims, in, options->statics);
    const mq_value own = mq_part(g, in->history, 0, MQ_HISTORY_BASE, 0);
    return (struct reading){own, mq_concat(g, (mq_value[]){own, in->known_next}, 2), fixed};
}

static void add_loss(struct mq_graph *g, const struct mq_dims *dims, const struct options *options,
                     const struct mq_inputs *in, const struct mq_observed *observed,
                     enum mq_distribution kind)
{
    const struct reading reading = read_step(g, dims, options, in);
    mq_value h = mq_lstm(g, "lstm", reading.x, reading.fixed, options->hidden);
    if (options->dropout > 0) h = mq_dropout(g, "dropout", h, options->dropout);
    mq_likelihood(g, mq_linear(g, "head", h, mq_distribution_width(kind), MQ_LINEAR), *observed,
                  kind);
}

static struct mq_outputs unroll(struct mq_graph *g, const struct mq_dims *dims,
                                const struct options *options, const struct mq_inputs *in,
                                enum mq_distribution kind)
{
    const struct reading reading = read_step(g, dims, options, in);
    const struct mq_unroll sizes = {.lstm = "lstm",
                                    .head = "head",
                                    .hidden = options->hidden,
                                    .kind = kind,
                                    .paths = kind == MQ_POINT ? 1 : options->paths,
                                    .horizon = dims->H,
                                    .span = dims->span,
                                    .n_spans = dims->S,
                                    .level = dims->level,
                                    .n_levels = dims->Q};
    const struct mq_unroll_inputs inputs = {
        .states = mq_lstm_states(g, "lstm", reading.x, reading.fixed, options->hidden),
        .own = reading.own,
        .known = in->known,
        .fixed = reading.fixed,
        .scale = in->scale,
        .level = in->level,
        .address = in->address};
    const mq_value rows = mq_unroll(g, inputs, dims->forks, &sizes);
    struct mq_outputs out = {.yhat = dims->S > 0 ? mq_rows(g, rows, 0, dims->H) : rows};
    for (int64_t s = 0; s < dims->S; s++)
        out.span[s] = mq_rows(g, rows, dims->H + s, 1);
    return out;
}

// clang-format off
#define AT(field) offsetof(struct options, field)
#define SHARED                                                                                                          \
    {"hidden", MQ_INT, AT(hidden), "40", 1, 4096, NULL, "", "width of the LSTM"},                                        \
    {"static_size", MQ_INT, AT(statics), "8", 1, 1024, NULL, "", "width of the static encoding"},                        \
    {"dropout", MQ_REAL64, AT(dropout), "0", 0, 0.9, NULL, "", "share of the LSTM's outputs dropped while training"}
static const struct mq_setting point_settings[] = {SHARED};
static const struct mq_setting dist_settings[] = {
    SHARED,
    {"likelihood", MQ_CHOICE, AT(likelihood), "negative_binomial", 0, 0, likelihoods, "", "of the next demand; counts are not negative"},
    {"samples", MQ_INT, AT(paths), "100", 1, 100000, NULL, "paths", "drawn for each forecast"},
};
// clang-format on

static struct mq_outputs build_point(struct mq_graph *g, const struct mq_dims *dims,
                                     const void *options, const struct mq_inputs *in)
{
    return unroll(g, dims, options, in, MQ_POINT);
}

static void build_point_loss(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                             const struct mq_inputs *in, const struct mq_observed *observed)
{
    add_loss(g, dims, options, in, observed, MQ_POINT);
}

static enum mq_distribution distribution_of(const void *values)
{
    const struct options *options = values;
    return (enum mq_distribution)options->likelihood;
}

static struct mq_outputs build_dist(struct mq_graph *g, const struct mq_dims *dims,
                                    const void *options, const struct mq_inputs *in)
{
    return unroll(g, dims, options, in, distribution_of(options));
}

static void build_dist_loss(struct mq_graph *g, const struct mq_dims *dims, const void *options,
                            const struct mq_inputs *in, const struct mq_observed *observed)
{
    add_loss(g, dims, options, in, observed, distribution_of(options));
}

// A total is the sum of a path; of logarithms it would be that of a product.
static mq_status suits_any(const struct mq_model *model)
{
    const bool is_plain = model->features.transform == MQ_TRANSFORM_NONE;
    if (model->experiment.loss.spans.n == 0 || is_plain) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "loss.spans: %s adds up its paths, but data.transform is not none",
                  model->forecaster->name);
    return mq_hint("set data.transform to none");
}

static mq_status suits_dist(const struct mq_model *model)
{
    MQ_TRY(suits_any(model));
    if (distribution_of(model->experiment.model) != MQ_NEGATIVE_BINOMIAL) return MQ_OK;
    if (!model->features.is_nonnegative)
        (void)mq_fail(MQ_USAGE,
                      "model.likelihood: negative_binomial, but some targets are negative");
    else if (model->features.transform != MQ_TRANSFORM_NONE)
        (void)mq_fail(MQ_USAGE,
                      "model.likelihood: negative_binomial, but data.transform is not none");
    else
        return MQ_OK;
    return mq_hint("set model.likelihood to gaussian, or data.transform to none");
}

const struct mq_forecaster mq_model_rnn_point = {
    .name = "rnn_point",
    .summary = "LSTM of one step, squared error, unrolled; its point at every level",
    .source = "in the spirit of Amazon's first recurrent network, 2014",
    .settings = point_settings,
    .n_settings = sizeof point_settings / sizeof point_settings[0],
    .options_bytes = sizeof(struct options),
    .build = build_point,
    .build_loss = build_point_loss,
    .gives_spans = true,
    .suits = suits_any,
};

const struct mq_forecaster mq_model_rnn_dist = {
    .name = "rnn_dist",
    .summary = "LSTM of one step, negative binomial or Gaussian, quantiles of drawn paths",
    .source = "Salinas et al. 2020, DeepAR, arXiv 1704.04110",
    .settings = dist_settings,
    .n_settings = sizeof dist_settings / sizeof dist_settings[0],
    .options_bytes = sizeof(struct options),
    .build = build_dist,
    .build_loss = build_dist_loss,
    .gives_spans = true,
    .suits = suits_dist,
};
