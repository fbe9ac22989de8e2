// Quantiles that cannot cross: the middle one, and steps of softplus away from it.
#include "nn/op.h"

#include <string.h>

#include "mq/base/clones.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/narrow.h"
#include "mq/tensor/vecmath.h"

enum { WEIGHT, BIAS };
enum { RAW, STEPS };

// y_m = raw_m; y_j = y_{j-1} + softplus(raw_j) above the middle, y_{j+1} - softplus(raw_j) below:
// adding a number >= 0 never decreases, in floating point as well.
MQ_INLINE void stack(int64_t rows, int64_t Q, const mq_real *restrict raw,
                     const mq_real *restrict steps, mq_real *restrict y)
{
    const int64_t middle = Q / 2;
    for (int64_t r = 0; r < rows; r++, raw += Q, steps += Q, y += Q) {
        y[middle] = raw[middle];
        for (int64_t j = middle + 1; j < Q; j++)
            y[j] = y[j - 1] + steps[j];
        for (int64_t j = middle - 1; j >= 0; j--)
            y[j] = y[j + 1] - steps[j];
    }
}

// Three quantiles, the most common number, have loops of their own: without any.
MQ_CLONES static void stack_steps(int64_t rows, int64_t Q, const mq_real *raw, const mq_real *steps,
                                  mq_real *y)
{
    if (Q == 3)
        stack(rows, 3, raw, steps, y);
    else
        stack(rows, Q, raw, steps, y);
}

static void quantile_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view x = mq_node_in(exec, node, 0);
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t n = mq_shape_count(mq_view_shape(y));
    const int64_t Q = y.size[y.rank - 1];
    mq_real *raw = mq_node_buffer(exec, node, RAW);
    mq_real *steps = mq_node_buffer(exec, node, STEPS);
    mq_matmul(x, mq_node_param(exec, node, WEIGHT), 0, mq_view_of(raw, mq_view_shape(y)));
    mq_rows_add(n / Q, Q, mq_node_param(exec, node, BIAS), raw);
    memcpy(steps, raw, (size_t)n * sizeof *raw);
    mq_vec_softplus(n, steps);
    stack_steps(n / Q, Q, raw, steps, y.data);
}

// A step moves every quantile beyond it: draw_j = sigmoid(raw_j) sum_{i >= j} dy_i above the
// middle, -sigmoid(raw_j) sum_{i <= j} dy_i below; the middle moves all. `slope` is sigmoid(raw).
MQ_INLINE void unstack(int64_t rows, int64_t Q, const mq_real *restrict slope, mq_real *restrict dy)
{
    const int64_t middle = Q / 2;
    for (int64_t r = 0; r < rows; r++, slope += Q, dy += Q) {
        mq_real above = 0, below = 0;
        for (int64_t j = Q - 1; j > middle; j--) {
            above += dy[j];
            dy[j] = slope[j] * above;
        }
        for (int64_t j = 0; j < middle; j++) {
            below += dy[j];
            dy[j] = -slope[j] * below;
        }
        dy[middle] += above + below;
    }
}

MQ_CLONES static void unstack_steps(int64_t rows, int64_t Q, const mq_real *slope, mq_real *dy)
{
    if (Q == 3)
        unstack(rows, 3, slope, dy);
    else
        unstack(rows, Q, slope, dy);
}

static void quantile_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view x = mq_node_in(exec, node, 0), dx = mq_node_din(exec, node, 0);
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t n = mq_shape_count(mq_view_shape(dy));
    const int64_t Q = dy.size[dy.rank - 1];
    mq_real *raw = mq_node_buffer(exec, node, RAW);
    mq_vec_sigmoid(n, raw);
    unstack_steps(n / Q, Q, raw, dy.data);
    mq_rows_sum(n / Q, Q, dy.data, mq_node_dparam(exec, node, BIAS));
    if (dx.data &&
        mq_narrow_back(x, dy, mq_node_param(exec, node, WEIGHT), mq_node_dparam(exec, node, WEIGHT),
                       mq_node_beta(exec, 0), node->in[0].rectifies, dx))
        return;
    mq_matmul_dw(x, dy, mq_node_dparam(exec, node, WEIGHT));
    if (dx.data == NULL) return;
    mq_matmul_dx(dy, mq_node_param(exec, node, WEIGHT), mq_node_beta(exec, 0), dx);
    mq_node_rectify(node, 0, x, dx);
}

static const struct mq_op quantile_op = {"quantile", quantile_forward, quantile_backward};

mq_value mq_quantile(struct mq_graph *g, const char *name, mq_value x, int64_t n_levels)
{
    struct mq_node *node = mq_node_new(g, &quantile_op, name, &x, 1, 0);
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    if (shape.rank < 3) return mq_build_fail(g, "%s: x is not (B, F, ..., L)", name);
    const int64_t in = shape.size[shape.rank - 1];
    if (!mq_node_declare(g, node, "weight", mq_shape2(in, n_levels), in, n_levels,
                         MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(n_levels), in, n_levels, MQ_INIT_ZERO)) {
        return -1;
    }
    const struct mq_shape y = mq_shape_with_last(shape, n_levels);
    const int64_t n = mq_shape_count(y);
    mq_node_keep_by_fork(node, MQ_KEPT, n);
    mq_node_keep_by_fork(node, MQ_SCRATCH, n);
    const double flops = 2.0 * (double)(n * in);
    node->in[0].is_by_fork = true;
    node->in[0].is_read_back = true;
    node->in[0].can_rectify = true;
    node->in[0].flops = flops;
    node->forward_flops = node->backward_flops = flops;
    return mq_node_yields(g, node, y);
}
