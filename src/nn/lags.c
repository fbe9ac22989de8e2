// Observations of earlier periods, addressed by fork and horizon.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/tensor/vecmath.h"

enum { PAST, SCALE, LEVEL };

struct lags {
    int64_t n;
    int64_t reach; // columns of `past` before the first step
    struct mq_lag lag[MQ_LAGS_MAX];
};

// The mean of what was observed at `newest` and one, two, ... lags before. NAN when there is nothing.
static double lagged(const mq_real *newest, struct mq_lag lag)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < lag.repeats; i++) {
        const double y = (double)newest[-i * lag.period];
        if (isnan(y)) continue;
        sum += y;
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

// One lag of the H horizons of the fork at `now`, every `stride`-th of `to`.
static void fill_lag(const mq_real *now, int64_t H, struct mq_lag lag, double unit, double centre,
                     int64_t stride, mq_real *to)
{
    // As many lags before horizon k = 1, 2, ... as it takes to have seen it; with a lag of 1, the last.
    int64_t newest = 1 - lag.period;
    mq_real z = 0;
    for (int64_t k = 1; k <= H; k++, newest = newest == 0 ? 1 - lag.period : newest + 1) {
        if (k == 1 || lag.period > 1) {
            const double y = lagged(now + newest, lag);
            z = isnan(y) ? (mq_real)0 : (mq_real)(y / unit - centre);
        }
        *to = z;
        to += stride;
    }
}

static void lags_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct lags *lags = node->config;
    const struct mq_view past = mq_node_in(exec, node, PAST);
    const struct mq_view scale = mq_node_in(exec, node, SCALE);
    const struct mq_view level = mq_node_in(exec, node, LEVEL);
    const struct mq_view z = mq_node_out(exec, node);
    for (int64_t b = 0; b < z.size[0]; b++) {
        for (int64_t f = 0; f < z.size[1]; f++) {
            const int64_t step = mq_node_step(node, f);
            const mq_real *now = past.data + b * past.stride[0] + lags->reach + step;
            const double unit = (double)scale.data[b * scale.stride[0] + step];
            const double centre = (double)level.data[b * level.stride[0] + step];
            mq_real *to = z.data + b * z.stride[0] + f * z.stride[1];
            for (int64_t j = 0; j < lags->n; j++)
                fill_lag(now, z.size[2], lags->lag[j], unit, centre, lags->n, to + j);
            mq_vec_asinh(z.size[2] * lags->n, to);
        }
    }
}

// Observations have no gradient.
static void lags_backward(struct mq_exec *exec, const struct mq_node *node)
{
    (void)exec;
    (void)node;
}

static const struct mq_op lags_op = {"lags", lags_forward, lags_backward};

mq_value mq_lags(struct mq_graph *g, mq_value past, mq_value scale, mq_value level,
                 struct mq_forks forks, int64_t horizon, const struct mq_lag lag[], int64_t n)
{
    struct mq_node *node =
        mq_node_new(g, &lags_op, "lags", (mq_value[]){past, scale, level}, 3, sizeof(struct lags));
    if (node == NULL) return -1;
    const struct mq_shape x = mq_graph_shape(g, past);
    const struct mq_shape steps = mq_graph_shape(g, scale);
    struct lags *lags = node->config;
    if (n < 1 || n > MQ_LAGS_MAX) return mq_build_fail(g, "lags: %lld of them", (long long)n);
    *lags = (struct lags){.n = n, .reach = x.size[1] - steps.size[1]};
    memcpy(lags->lag, lag, (size_t)n * sizeof *lag);
    if (x.rank != 2 || steps.rank != 2 || x.size[0] != steps.size[0] ||
        lags->reach < mq_lags_reach(lag, n) || !mq_shape_equal(steps, mq_graph_shape(g, level))) {
        return mq_build_fail(g, "lags: not past (B, L + T), scale and level (B, T)");
    }
    if (!mq_node_fork(g, node, forks, steps.size[1])) return -1;
    return mq_node_yields(g, node, mq_shape4(x.size[0], forks.n, horizon, n));
}
