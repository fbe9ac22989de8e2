// Shared pieces of networks, each as its paper states it.
#include "model/blocks.h"

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

mq_value mq_block_decoder(struct mq_graph *g, const struct mq_dims *dims,
                          const struct mq_inputs *in, mq_value h, struct mq_decoder_sizes sizes)
{
    const int64_t H = dims->H;
    const int64_t ctx = sizes.context;
    const struct mq_forks forks = dims->forks;

    // m_G: its first layer is split, W1 [h_t ; x_{t+1..t+H}] = W_h h_t + sum_k W_k x_{t+k}.
    const mq_value from_h = mq_linear(g, "decoder.global.state", h, sizes.hidden, MQ_LINEAR);
    const mq_value global =
        mq_lead(g, "decoder.global.known", from_h, in->known, forks, H, MQ_RELU);
    const mq_value contexts =
        mq_linear(g, "decoder.global.contexts", global, (H + 1) * ctx, MQ_RELU);
    const mq_value specific = mq_part(g, contexts, 0, H * ctx, H);
    const mq_value agnostic = mq_part(g, contexts, H * ctx, ctx, 0);

    // m_L: split over [c_k ; c_a ; x_{t+k}] so that c_a is mapped once per fork and x once per
    // date.
    const int64_t fan_in = 2 * ctx + dims->K;
    const mq_value own = mq_product(g, "decoder.local.specific", specific, sizes.local, fan_in);
    const mq_value shared =
        mq_linear(g, "decoder.local.agnostic", agnostic, sizes.local, MQ_LINEAR);
    const mq_value dated = mq_product(g, "decoder.local.known", in->known, sizes.local, fan_in);
    const mq_value local = mq_combine(g, own, shared, dated, forks, MQ_RELU);
    return mq_quantile(g, "decoder.quantile", local, dims->Q);
}
