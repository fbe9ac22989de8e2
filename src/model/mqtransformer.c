// MQTransformer: MQ-CNN's encoder, attention over the past for each horizon, attention among
// forecasts of the same date. Eisenach, Patel, Madeka 2020, "MQTransformer: Multi-Horizon Forecasts
// with Context Dependent and Feedback-Aware Attention".
//
// The abstracts name the three parts: decoder-encoder attention, a learned encoding of dates and
// events, decoder self-attention. What stands inside them here is a reconstruction: what queries,
// keys and values are made of, heads, window, and every size. Each part has its switch:
//
//   position          r_d = relu(convolution of known inputs around date d); off: r_d = known_d
//   cross_attention   c_{t,k} = sum_s softmax_s(q . key_s) value_s over s <= t, with
//                     q = W [h_t ; r_t ; r_{t+k}], key_s = W [h_s ; r_s], value_s = W h_s;
//                     off: the contexts of MQ-CNN
//   self_attention    revised_{t,k} = the same over contexts c_{s,r} of the date s + r = t + k, s
//   <= t,
//                     q = W [h_t ; r_t ; r_{t+k} ; c_{t,k}], key = W [h_s ; r_s ; c_{s,r}],
//                     value = W c_{s,r}; off: none
//
// r_d looks ahead of the date, which is no leak as long as the known inputs are known that far;
// past the last date it meets zeros.
#include "model/blocks.h"

struct options {
    struct mq_convolution_sizes encoder;
    struct mq_decoder_sizes decoder;
    int64_t statics;
    double dropout;
    bool has_position;
    int64_t position_size;
    int64_t position_kernel;
    bool has_cross;
    bool has_self;
    struct mq_attention attention;
    bool query_now; ///< r_t in queries of cross-attention
    bool value_position; ///< r_s in its values
    bool self_position; ///< r_t and r_{t+k} in queries, r_s in keys of self-attention
    bool self_state; ///< h_s in its values
};

// What both attentions look at.
struct encoded {
    mq_value e; ///< static part of every h_t; -1 = none
    mq_value steps; ///< (B, T, *) the rest of h_t
    mq_value dates; ///< (B, T+H, *) r_d
    mq_value both; ///< (B, T, *) [h_t ; r_t] without e
};

static struct encoded encode(struct mq_graph *g, const struct mq_dims *dims,
                             const struct options *o, const struct mq_inputs *in)
{
    struct encoded x = {.e = mq_block_statics(g, dims, in, o->statics)};
    x.steps = mq_block_convolutions(g, in, o->encoder);
    if (o->dropout > 0) x.steps = mq_dropout(g, "encoder.dropout", x.steps, o->dropout);
    const bool is_dated = o->has_cross || (o->has_self && o->self_position);
    const struct mq_taps around = {o->position_kernel, 1, (o->position_kernel - 1) / 2};
    x.dates = in->known;
    if (o->has_position && is_dated)
        x.dates = mq_conv1d(g, "position", in->known, o->position_size, around, MQ_RELU);
    x.both = mq_concat(g, (mq_value[]){x.steps, mq_leading(g, x.dates, dims->T)}, 2);
    return x;
}

// Widths of what a linear layer joins: for the fan-in of its pieces.
static int64_t width_of(const struct mq_graph *g, mq_value x)
{
    const struct mq_shape shape = mq_graph_shape(g, x);
    return x >= 0 ? shape.size[shape.rank - 1] : 0;
}

static mq_value cross_attention(struct mq_graph *g, const struct mq_dims *dims,
                                const struct options *o, const struct encoded *x,
                                struct mq_forks forks)
{
    const int64_t ctx = o->decoder.context;
    const mq_value now = mq_pick(g, o->query_now ? x->both : x->steps, forks);
    const int64_t fan_in = width_of(g, now) + width_of(g, x->e) + width_of(g, x->dates);
    struct mq_attention_inputs in;
    in.state = mq_linear_with(g, "cross.query.state", now, x->e, ctx, 0, MQ_LINEAR);
    in.dated = mq_product(g, "cross.query.date", x->dates, ctx, fan_in);
    if (o->value_position) {
        // Keys and values in one product. A bias of the keys would add the same to all scores of a
        // query, of which softmax takes no notice.
        const mq_value source =
            mq_linear_with(g, "cross.source", x->both, x->e, 2 * ctx, ctx, MQ_LINEAR);
        in.key = mq_part(g, source, 0, ctx, 0);
        in.value = mq_part(g, source, ctx, ctx, 0);
    } else {
        in.key = mq_linear_with(g, "cross.key", x->both, x->e, ctx, ctx, MQ_LINEAR);
        in.value = mq_linear_with(g, "cross.value", x->steps, x->e, ctx, 0, MQ_LINEAR);
    }
    return mq_attend(g, "cross", in, forks, dims->H, o->attention);
}

static mq_value self_attention(struct mq_graph *g, const struct options *o, const struct encoded *x,
                               mq_value contexts, struct mq_forks forks)
{
    const int64_t ctx = o->decoder.context;
    const mq_value now = mq_pick(g, o->self_position ? x->both : x->steps, forks);
    const int64_t fan_in = width_of(g, now) + width_of(g, x->e) + width_of(g, contexts);
    // Columns: keys, which need no bias, queries, values.
    mq_declare(g, "self.context", mq_shape2(ctx, 3 * ctx), fan_in);
    const mq_value state =
        mq_linear_with(g, "self.state", now, x->e, (o->self_state ? 3 : 2) * ctx, ctx, MQ_LINEAR);
    const mq_value dated =
        o->self_position ? mq_product(g, "self.date", x->dates, ctx, fan_in) : -1;
    return mq_revise(g, "self", contexts, state, dated, forks, o->attention.heads);
}

static struct mq_outputs build(struct mq_graph *g, const struct mq_dims *dims, const void *values,
                               const struct mq_inputs *in)
{
    const struct options *o = values;
    const struct encoded x = encode(g, dims, o, in);
    // Self-attention at a fork looks at the contexts of the H - 1 forks before it.
    struct mq_wide_forks wide = mq_forks_widen(g, dims->forks, o->has_self ? dims->H - 1 : 0);
    struct mq_contexts c = {.revised = -1};
    if (o->has_cross) {
        const struct mq_state h = {mq_pick(g, x.steps, dims->forks), x.e};
        c.specific = cross_attention(g, dims, o, &x, wide.all);
        c.agnostic =
            mq_block_global(g, dims, in, h, dims->forks, o->decoder.hidden, o->decoder.context);
    } else {
        const struct mq_state h = {mq_pick(g, x.steps, wide.all), x.e};
        c = mq_block_contexts(g, dims, in, h, wide.all, o->decoder);
        c.agnostic = mq_pick(g, c.agnostic, wide.asked);
    }
    if (o->has_self)
        c.revised = mq_pick(g, self_attention(g, o, &x, c.specific, wide.all), wide.asked);
    c.specific = mq_pick(g, c.specific, wide.asked);
    mq_wide_forks_release(&wide);
    return mq_block_local(g, dims, in, c, o->decoder.local);
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
     "width of each context and of queries, keys and values"},
    {"local", MQ_INT, offsetof(struct options, decoder.local), "24", 1, 1024, NULL, "",
     "hidden width of the local MLP"},
    {"static_size", MQ_INT, offsetof(struct options, statics), "8", 1, 1024, NULL, "",
     "width of the static encoding"},
    {"dropout", MQ_REAL64, offsetof(struct options, dropout), "0", 0, 0.9, NULL, "",
     "share of encoder outputs dropped while training"},
    {"position", MQ_BOOL, offsetof(struct options, has_position), "true", 0, 0, NULL, "",
     "learned encoding of dates; off: the known inputs as they are"},
    {"position_size", MQ_INT, offsetof(struct options, position_size), "8", 1, 1024, NULL, "",
     "width of the encoding of dates"},
    {"position_kernel", MQ_INT, offsetof(struct options, position_kernel), "3", 1, 63, NULL,
     "periods", "dates joined by the encoding, centred; 1: each date alone"},
    {"cross_attention", MQ_BOOL, offsetof(struct options, has_cross), "true", 0, 0, NULL, "",
     "contexts by attention over the past; off: by the global MLP"},
    {"self_attention", MQ_BOOL, offsetof(struct options, has_self), "true", 0, 0, NULL, "",
     "contexts revised in the light of earlier ones of the same date"},
    {"heads", MQ_INT, offsetof(struct options, attention.heads), "2", 1, 64, NULL, "",
     "heads of both attentions; must divide context_size"},
    {"window", MQ_INT, offsetof(struct options, attention.window), "0", 0, 1 << 20, NULL, "periods",
     "steps that attention over the past sees; 0: all"},
    {"query_now", MQ_BOOL, offsetof(struct options, query_now), "true", 0, 0, NULL, "",
     "encoding of the fork's date in queries of attention over the past"},
    {"value_position", MQ_BOOL, offsetof(struct options, value_position), "false", 0, 0, NULL, "",
     "encoding of the step's date in its values"},
    {"self_position", MQ_BOOL, offsetof(struct options, self_position), "true", 0, 0, NULL, "",
     "encodings of dates in queries and keys of self-attention"},
    {"self_state", MQ_BOOL, offsetof(struct options, self_state), "false", 0, 0, NULL, "",
     "encoder states in values of self-attention"},
};

const struct mq_forecaster mq_model_mqtransformer = {
    .name = "mqtransformer",
    .summary = "convolutions, attention over the past and among forecasts of one date",
    .source = "Eisenach et al. 2020, arXiv 2009.14799 (reconstruction)",
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
    .options_bytes = sizeof(struct options),
    .build = build,
    .gives_spans = true,
};
