// Shared pieces of networks, each as its paper states it.
#include "model/blocks.h"

#include <stdio.h>

#include "mq/base/int.h"

enum { CATEGORIES_MAX = 64 };

mq_value mq_block_statics(struct mq_graph *g, const struct mq_dims *dims,
                          const struct mq_inputs *in, int64_t width)
{
    mq_value parts[2];
    int64_t n = 0;
    if (dims->N > 0) {
        int64_t widths[CATEGORIES_MAX];
        MQ_ASSERT(dims->N <= CATEGORIES_MAX);
        for (int64_t j = 0; j < dims->N; j++)
            widths[j] = mq_min_i64(50, (dims->cardinality[j] + 2) / 2);
        parts[n++] =
            mq_embedding(g, "static.embedding", in->codes, dims->N, dims->cardinality, widths);
    }
    if (dims->R > 0) parts[n++] = in->reals;
    if (n == 0) return -1;
    const mq_value joined = n == 1 ? parts[0] : mq_concat(g, parts, n);
    return mq_linear(g, "static", joined, width, MQ_RELU);
}

mq_value mq_block_convolutions(struct mq_graph *g, const struct mq_inputs *in,
                               struct mq_convolution_sizes sizes)
{
    mq_value x = mq_concat(g, (mq_value[]){in->history, in->known_past}, 2);
    for (int64_t level = 0; level < sizes.levels; level++) {
        char name[MQ_PARAM_NAME_MAX];
        (void)snprintf(name, sizeof name, "encoder.conv.%lld", (long long)level);
        const struct mq_taps taps = {.kernel = sizes.kernel, .dilation = INT64_C(1) << level};
        x = mq_conv1d(g, name, x, sizes.channels, taps, MQ_RELU);
    }
    return x;
}

int64_t mq_block_convolutions_reach(struct mq_convolution_sizes sizes)
{
    return 1 + (sizes.kernel - 1) * ((INT64_C(1) << sizes.levels) - 1);
}

mq_value mq_block_global(struct mq_graph *g, const struct mq_dims *dims, const struct mq_inputs *in,
                         struct mq_state h, struct mq_forks forks, int64_t hidden, int64_t width)
{
    // Its first layer is split, W1 [h_t ; x_{t+1..t+H}] = W_h h_t + sum_k W_k x_{t+k}.
    const mq_value from_h =
        mq_linear_with(g, "decoder.global.state", h.step, h.fixed, hidden, 0, MQ_LINEAR);
    const mq_value joint =
        mq_lead(g, "decoder.global.known", from_h, in->known, forks, dims->H, MQ_RELU);
    return mq_linear(g, "decoder.global.contexts", joint, width, MQ_RELU);
}

struct mq_contexts mq_block_contexts(struct mq_graph *g, const struct mq_dims *dims,
                                     const struct mq_inputs *in, struct mq_state h,
                                     struct mq_forks forks, struct mq_decoder_sizes sizes)
{
    const int64_t H = dims->H, ctx = sizes.context;
    const mq_value joined = mq_block_global(g, dims, in, h, forks, sizes.hidden, (H + 1) * ctx);
    return (struct mq_contexts){.specific = mq_part(g, joined, 0, H * ctx, H),
                                .revised = -1,
                                .agnostic = mq_part(g, joined, H * ctx, ctx, 0)};
}

static mq_value quantiles(struct mq_graph *g, const struct mq_dims *dims, const char *name,
                          mq_value x)
{
    if (dims->knot == NULL) return mq_quantile(g, name, x, dims->Q);
    return mq_incremental(g, name, x, dims->knot, dims->n_knots, dims->level, dims->Q);
}

static mq_value span_head(struct mq_graph *g, const struct mq_dims *dims, mq_value x,
                          int64_t periods)
{
    char name[MQ_PARAM_NAME_MAX];
    char head[MQ_PARAM_NAME_MAX];
    (void)snprintf(name, sizeof name, "decoder.span.%lld", (long long)periods);
    (void)snprintf(head, sizeof head, "%s.quantile", name);
    const int64_t width = mq_graph_shape(g, x).size[3];
    const mq_value joint = mq_linear(g, name, mq_mean(g, x, periods), width, MQ_RELU);
    return mq_part(g, quantiles(g, dims, head, joint), 0, dims->Q, 1);
}

struct mq_outputs mq_block_head(struct mq_graph *g, const struct mq_dims *dims, mq_value x)
{
    struct mq_outputs out = {.yhat = quantiles(g, dims, "decoder.quantile", x)};
    for (int64_t s = 0; s < dims->S; s++)
        out.span[s] = span_head(g, dims, x, mq_span_periods(dims->span[s]));
    return out;
}

// The maps of own parts stand before those of the parts that have to be mapped first.
static void declare_parts(struct mq_graph *g, const char *layer, const struct mq_combined *parts,
                          int64_t out)
{
    for (int64_t i = 0; i < parts->n_own; i++) {
        char name[2 * MQ_PARAM_NAME_MAX];
        (void)snprintf(name, sizeof name, "%s.%s", layer, parts->name[i]);
        const struct mq_shape own = mq_graph_shape(g, parts->own[i]);
        mq_declare(g, name, mq_shape2(own.size[3], out), parts->fan_in);
    }
}

struct mq_outputs mq_block_local(struct mq_graph *g, const struct mq_dims *dims,
                                 const struct mq_inputs *in, struct mq_contexts c, int64_t local)
{
    // Split over [c_k ; revised_k ; lags_k ; c_a ; x_{t+k}]: c_a is mapped once per fork, x once
    // per date.
    mq_value own[MQ_OWN_MAX] = {c.specific};
    const char *name[MQ_OWN_MAX] = {"specific"};
    struct mq_combined parts = {.own = own, .name = name, .n_own = 1};
    if (c.revised >= 0) own[parts.n_own] = c.revised, name[parts.n_own++] = "revised";
    if (in->lags >= 0) own[parts.n_own] = in->lags, name[parts.n_own++] = "lags";
    parts.fan_in = mq_graph_shape(g, c.agnostic).size[2] + dims->K;
    for (int64_t i = 0; i < parts.n_own; i++)
        parts.fan_in += mq_graph_shape(g, own[i]).size[3];
    declare_parts(g, "decoder.local", &parts, local);
    parts.agnostic = mq_linear(g, "decoder.local.agnostic", c.agnostic, local, MQ_LINEAR);
    parts.dated = mq_product(g, "decoder.local.known", in->known, local, parts.fan_in);
    const mq_value joint = mq_combine(g, "decoder.local", &parts, dims->forks, MQ_RELU);
    return mq_block_head(g, dims, joint);
}

struct mq_outputs mq_block_decoder(struct mq_graph *g, const struct mq_dims *dims,
                                   const struct mq_inputs *in, struct mq_state h,
                                   struct mq_decoder_sizes sizes)
{
    const struct mq_contexts c = mq_block_contexts(g, dims, in, h, dims->forks, sizes);
    return mq_block_local(g, dims, in, c, sizes.local);
}
