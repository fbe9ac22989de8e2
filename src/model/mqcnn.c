// MQ-CNN: dilated causal convolutions, forking decoder. Wen, Torkkola, Narayanaswamy, Madeka 2017,
// "A Multi-Horizon Quantile Recurrent Forecaster", the WaveNet-like encoder. Dilations double from
// level to level; layer sizes and optimiser are not published; ours.
#include "model/blocks.h"

struct options {
    struct mq_convolution_sizes encoder;
    struct mq_decoder_sizes decoder;
    int64_t statics;
    double dropout;
};

static struct mq_outputs build(struct mq_graph *g, const struct mq_dims *dims, const void *values,
                               const struct mq_inputs *in)
{
    const struct options *options = values;
    // h_t = [conv(y, x)_t ; e].
    const mq_value e = mq_block_statics(g, dims, in, options->statics);
    const mq_value steps = mq_block_convolutions(g, in, options->encoder);
    const mq_value kept =
        options->dropout > 0 ? mq_dropout(g, "encoder.dropout", steps, options->dropout) : steps;
    const struct mq_state h = {mq_pick(g, kept, dims->forks), e};
    return mq_block_decoder(g, dims, in, h, options->decoder);
}

static int64_t reach(const void *values)
{
    const struct options *options = values;
    return mq_block_convolutions_reach(options->encoder);
}

static const struct mq_setting settings[] = {
    {"channels", MQ_INT, offsetof(struct options, encoder.channels), "32", 1, 4096, NULL, "",
     "width of each convolution"},
    {"dilations", MQ_INT, offsetof(struct options, encoder.levels), "6", 1, 16, NULL, "",
     "convolutions, with dilations 1, 2, 4, ..."},
    {"kernel", MQ_INT, offsetof(struct options, encoder.kernel), "2", 1, 64, NULL, "",
     "steps each convolution joins"},
    {"hidden", MQ_INT, offsetof(struct options, decoder.hidden), "40", 1, 4096, NULL, "",
     "width of the global MLP"},
    {"context_size", MQ_INT, offsetof(struct options, decoder.context), "16", 1, 1024, NULL, "",
     "width of each horizon's context"},
    {"local", MQ_INT, offsetof(struct options, decoder.local), "24", 1, 1024, NULL, "",
     "hidden width of the local MLP"},
    {"static_size", MQ_INT, offsetof(struct options, statics), "8", 1, 1024, NULL, "",
     "width of the static encoding"},
    {"dropout", MQ_REAL64, offsetof(struct options, dropout), "0", 0, 0.9, NULL, "",
     "share of encoder outputs dropped while training"},
};

const struct mq_forecaster mq_model_mqcnn = {
    .name = "mqcnn",
    .summary = "dilated causal convolutions, forking multi-horizon quantile decoder",
    .source = "Wen et al. 2017, arXiv 1711.11053",
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .options_bytes = sizeof(struct options),
    .build = build,
    .gives_spans = true,
    .reach = reach,
};
