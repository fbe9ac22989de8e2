// Observations of earlier periods, addressed by fork and horizon.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/vecmath.h"

enum { PAST, SCALE, LEVEL };

struct lags {
    int64_t n;
    int64_t reach; // columns of `past` before the first step
    struct mq_lag lag[MQ_LAGS_MAX];
};

// The mean of what was observed one, two, ... lags before horizon k of the fork at `now`; the first
// of them is the last that the fork has seen. NAN when there is none.
static double lagged(const mq_real *now, int64_t k, struct mq_lag lag)
{
    const int64_t newest = k - lag.period * mq_ceil_div(k, lag.period);
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < lag.repeats; i++) {
        const double y = (double)now[newest - i * lag.period];
        if (isnan(y)) continue;
        sum += y;
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
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
            for (int64_t k = 0; k < z.size[2]; k++) {
                for (int64_t j = 0; j < lags->n; j++) {
                    const double y = lagged(now, k + 1, lags->lag[j]);
                    to[k * lags->n + j] = isnan(y) ? (mq_real)0 : (mq_real)(y / unit - centre);
                }
            }
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
