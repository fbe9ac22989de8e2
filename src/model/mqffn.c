// A feed-forward net on engineered features that minimises the quantile loss over all horizons and
// levels at once: in the spirit of the system between forests and MQ-RNN, whose inside is not public.
#include "model/blocks.h"

#include <stdio.h>

#include "mq/data/engineered.h"

struct options {
    int64_t hidden;
    int64_t layers;
    int64_t local;
    int64_t statics;
    double dropout;
};

static struct mq_outputs build(struct mq_graph *g, const struct mq_dims *dims, const void *values,
                               const struct mq_inputs *in)
{
    const struct options *options = values;
    // The first layer is split: W [f_t ; e ; x_{t+1..t+H}] = W_f f_t + W_e e + sum_k W_k x_{t+k}.
    const mq_value e = mq_block_statics(g, dims, in, options->statics);
    const mq_value f = mq_pick(g, in->engineered, dims->forks);
    const mq_value own = mq_linear_with(g, "layer.0.own", f, e, options->hidden, 0, MQ_LINEAR);
    mq_value x = mq_lead(g, "layer.0.known", own, in->known, dims->forks, dims->H, MQ_RELU);
    for (int64_t layer = 1; layer < options->layers; layer++) {
        char name[MQ_PARAM_NAME_MAX];
        (void)snprintf(name, sizeof name, "layer.%lld", (long long)layer);
        x = mq_linear(g, name, x, options->hidden, MQ_RELU);
    }
    if (options->dropout > 0) x = mq_dropout(g, "dropout", x, options->dropout);
    const int64_t width = dims->H * options->local;
    const mq_value horizons = mq_linear(g, "decoder.horizons", x, width, MQ_RELU);
    return mq_block_head(g, dims, mq_part(g, horizons, 0, width, dims->H));
}

static int64_t reach(const void *values)
{
    (void)values;
    return MQ_ENGINEERED_STEPS;
}

static const struct mq_setting settings[] = {
    {"hidden", MQ_INT, offsetof(struct options, hidden), "64", 1, 4096, NULL, "",
     "width of each hidden layer"},
    {"layers", MQ_INT, offsetof(struct options, layers), "2", 1, 16, NULL, "", "hidden layers"},
    {"local", MQ_INT, offsetof(struct options, local), "16", 1, 1024, NULL, "",
     "width that each horizon has to itself"},
    {"static_size", MQ_INT, offsetof(struct options, statics), "8", 1, 1024, NULL, "",
     "width of the static encoding"},
    {"dropout", MQ_REAL64, offsetof(struct options, dropout), "0", 0, 0.9, NULL, "",
     "share of the last hidden layer dropped while training"},
};

const struct mq_forecaster mq_model_mqffn = {
    .name = "mqffn",
    .summary = "feed-forward net on engineered features, multi-horizon quantiles",
    .source = "in the spirit of Amazon's system of 2015",
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .options_bytes = sizeof(struct options),
    .build = build,
    .gives_spans = true,
    .wants_engineered = true,
    .reach = reach,
};
