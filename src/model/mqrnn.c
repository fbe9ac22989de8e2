// MQ-RNN: LSTM encoder, forking decoder. Wen, Torkkola, Narayanaswamy, Madeka 2017,
// "A Multi-Horizon Quantile Recurrent Forecaster". Layer sizes and optimiser are not published;
// ours.
#include "model/blocks.h"

struct options {
    int64_t hidden;
    int64_t context;
    int64_t local;
    int64_t statics;
    double dropout;
};

static struct mq_outputs build(struct mq_graph *g, const struct mq_dims *dims, const void *values,
                               const struct mq_inputs *in)
{
    const struct options *options = values;
    // h_t = LSTM(h_{t-1}, [y_t ; x_t], e): the static part is the same at every step.
    const mq_value e = mq_block_statics(g, dims, in, options->statics);
    const mq_value x = mq_concat(g, (mq_value[]){in->history, in->known_past}, 2);
    const mq_value states = mq_lstm(g, "encoder.lstm", x, e, options->hidden);
    const mq_value kept =
        options->dropout > 0 ? mq_dropout(g, "encoder.dropout", states, options->dropout) : states;
    const mq_value h = mq_pick(g, kept, dims->forks);
    return mq_block_decoder(
        g, dims, in, (struct mq_state){h, -1},
        (struct mq_decoder_sizes){options->hidden, options->context, options->local});
}

static const struct mq_setting settings[] = {
    {"hidden", MQ_INT, offsetof(struct options, hidden), "40", 1, 4096, NULL, "",
     "width of the LSTM and of the global MLP"},
    {"context_size", MQ_INT, offsetof(struct options, context), "16", 1, 1024, NULL, "",
     "width of each horizon's context"},
    {"local", MQ_INT, offsetof(struct options, local), "24", 1, 1024, NULL, "",
     "hidden width of the local MLP"},
    {"static_size", MQ_INT, offsetof(struct options, statics), "8", 1, 1024, NULL, "",
     "width of the static encoding"},
    {"dropout", MQ_REAL64, offsetof(struct options, dropout), "0", 0, 0.9, NULL, "",
     "share of encoder outputs dropped while training"},
};

const struct mq_forecaster mq_model_mqrnn = {
    .name = "mqrnn",
    .summary = "LSTM encoder, forking multi-horizon quantile decoder",
    .source = "Wen et al. 2017, arXiv 1711.11053",
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .options_bytes = sizeof(struct options),
    .build = build,
    .gives_spans = true,
};
