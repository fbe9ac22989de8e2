// Convolution over steps: one matrix product per tap, over views shifted against each other.
//
// A tap that looks past either end of the sequence meets zeros, so its product covers only the
// steps for which it finds one. Nothing is copied or padded.
#include "nn/op.h"

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { WEIGHT, BIAS };

struct conv1d {
    enum mq_activation activation;
    struct mq_taps taps;
};

// The steps at which tap j finds its step of x: y[at + i] looks at x[from + i], i < n.
struct overlap {
    int64_t from;
    int64_t at;
    int64_t n;
};

static struct overlap overlap_of(struct mq_taps taps, int64_t j, int64_t steps)
{
    const int64_t shift = (taps.ahead - j) * taps.dilation;
    const int64_t from = mq_max_i64(shift, 0), at = mq_max_i64(-shift, 0);
    return (struct overlap){from, at, mq_max_i64(steps - from - at, 0)};
}

static struct mq_view steps_of(struct mq_view x, int64_t from, int64_t n)
{
    return mq_view_slice(x, 1, from, n);
}

// The tap in place comes first: it alone reaches every step, and so defines all of y.
static int64_t tap_at(struct mq_taps taps, int64_t i)
{
    return i == 0 ? taps.ahead : i <= taps.ahead ? i - 1 : i;
}

static void conv1d_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct conv1d *conv = node->config;
    const struct mq_view x = mq_node_in(exec, node, 0);
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t C = x.size[2], out = y.size[2];
    for (int64_t i = 0; i < conv->taps.kernel; i++) {
        const int64_t j = tap_at(conv->taps, i);
        const struct overlap o = overlap_of(conv->taps, j, x.size[1]);
        if (o.n == 0) continue;
        mq_matmul(steps_of(x, o.from, o.n), mq_node_param(exec, node, WEIGHT) + j * C * out,
                  i == 0 ? 0 : 1, steps_of(y, o.at, o.n));
    }
    // A series at a time: its steps are still near for the second loop.
    for (int64_t b = 0; b < y.size[0]; b++) {
        mq_activate_rows(conv->activation, y.size[1], out, mq_node_param(exec, node, BIAS),
                         y.data + b * y.size[1] * out);
    }
}

static void conv1d_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct conv1d *conv = node->config;
    const struct mq_view x = mq_node_in(exec, node, 0);
    const struct mq_view dx = mq_node_din(exec, node, 0);
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t n = mq_shape_count(mq_view_shape(dy));
    const int64_t C = x.size[2], out = dy.size[2];
    mq_node_activate_back(node, conv->activation, n, mq_node_out(exec, node).data, dy.data);
    mq_rows_sum(n / out, out, dy.data, mq_node_dparam(exec, node, BIAS));
    for (int64_t i = 0; i < conv->taps.kernel; i++) {
        const int64_t j = tap_at(conv->taps, i);
        const struct overlap o = overlap_of(conv->taps, j, x.size[1]);
        if (o.n == 0) continue;
        const struct mq_view d = steps_of(dy, o.at, o.n);
        mq_matmul_dw(steps_of(x, o.from, o.n), d, mq_node_dparam(exec, node, WEIGHT) + j * C * out);
        if (dx.data == NULL) continue;
        mq_matmul_dx(d, mq_node_param(exec, node, WEIGHT) + j * C * out,
                     i == 0 ? mq_node_beta(exec, 0) : 1, steps_of(dx, o.from, o.n));
    }
    if (dx.data) mq_node_rectify(node, 0, x, dx);
}

static const struct mq_op conv1d_op = {"conv1d", conv1d_forward, conv1d_backward};

mq_value mq_conv1d(struct mq_graph *g, const char *name, mq_value x, int64_t out,
                   struct mq_taps taps, enum mq_activation activation)
{
    struct mq_node *node = mq_node_new(g, &conv1d_op, name, &x, 1, sizeof(struct conv1d));
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    if (shape.rank != 3 || taps.kernel < 1 || taps.dilation < 1 || taps.ahead < 0 ||
        taps.ahead >= taps.kernel) {
        return mq_build_fail(g, "%s: x is not (B, T, C), or no %lld taps with %lld ahead", name,
                             (long long)taps.kernel, (long long)taps.ahead);
    }
    const int64_t C = shape.size[2];
    if (!mq_node_declare(g, node, "weight", mq_shape3(taps.kernel, C, out), taps.kernel * C, out,
                         MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(out), taps.kernel * C, out, MQ_INIT_ZERO)) {
        return -1;
    }
    *(struct conv1d *)node->config = (struct conv1d){activation, taps};
    // Counted as defined, over the padded sequence; the products with zeros are left out.
    const double flops = 2.0 * (double)(mq_shape_count(shape) * taps.kernel * out);
    node->in[0].is_read_back = true;
    node->in[0].can_rectify = true;
    node->in[0].flops = flops;
    node->forward_flops = node->backward_flops = flops;
    mq_node_activates(node, activation);
    return mq_node_yields(g, node, mq_shape_with_last(shape, out));
}
