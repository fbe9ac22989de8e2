// Quantile functions: values at fixed knots that cannot cross, lines between them, exponential
// tails beyond them; evaluated at any levels.
//
// A row holds M + 2 columns: the scale of the left tail, M knots, the scale of the right tail. The
// middle knot is its value, every other column a step of softplus, away from the middle. So a
// quantile at any level is one knot plus a fixed share of one step:
//
//   between knots at levels u < v   y(a) = y_u + (a - u) / (v - u) step_v     above the middle
//                                   y(a) = y_v - (v - a) / (v - u) step_u     below
//   beyond the last, at level v     y(a) = y_v - log((1 - a) / (1 - v)) step  and its mirror image
//
// Shares grow with the level and reach 1 where the next knot takes over: the quantiles ascend in
// floating point as well.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { WEIGHT, BIAS };
enum { RAW, STEPS };
enum { KNOTS_MAX = 128 };

struct share {
    int64_t knot; ///< columns
    int64_t step;
    mq_real share;
};

struct incremental {
    int64_t columns; ///< M + 2
    int64_t n_levels;
    struct share share[]; ///< (n_levels)
};

// Columns: knot m is column m + 1.
static struct share share_of(double level, const double knot[], int64_t M)
{
    const int64_t middle = M / 2;
    int64_t m = 0; // the last knot at or below the level
    if (level < knot[0]) return (struct share){1, 0, (mq_real)log(level / knot[0])};
    while (m + 1 < M && knot[m + 1] <= level)
        m++;
    if (m + 1 == M) return (struct share){M, M + 1, (mq_real)-log((1 - level) / (1 - knot[m]))};
    const double width = knot[m + 1] - knot[m];
    if (m >= middle) return (struct share){m + 1, m + 2, (mq_real)((level - knot[m]) / width)};
    return (struct share){m + 2, m + 1, (mq_real)(-(knot[m + 1] - level) / width)};
}

// Knots of one row, from steps; as in quantile.c.
static void stack(int64_t M, const mq_real *raw, const mq_real *step, mq_real *knot)
{
    const int64_t middle = M / 2 + 1;
    knot[middle] = raw[middle];
    for (int64_t j = middle + 1; j <= M; j++)
        knot[j] = knot[j - 1] + step[j];
    for (int64_t j = middle - 1; j >= 1; j--)
        knot[j] = knot[j + 1] - step[j];
}

static void incremental_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct incremental *head = node->config;
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t rows = mq_shape_count(mq_view_shape(y)) / head->n_levels, n = head->columns;
    const struct mq_shape shape = mq_shape_with_last(mq_view_shape(y), n);
    mq_real *raw = mq_node_buffer(exec, node, RAW), *steps = mq_node_buffer(exec, node, STEPS);
    mq_real knot[KNOTS_MAX + 2];
    mq_matmul(mq_node_in(exec, node, 0), mq_node_param(exec, node, WEIGHT), 0,
              mq_view_of(raw, shape));
    mq_rows_add(rows, n, mq_node_param(exec, node, BIAS), raw);
    memcpy(steps, raw, (size_t)(rows * n) * sizeof *raw);
    mq_vec_softplus(rows * n, steps);
    for (int64_t r = 0; r < rows; r++) {
        const mq_real *step = steps + r * n;
        mq_real *to = y.data + r * head->n_levels;
        stack(n - 2, raw + r * n, step, knot);
        for (int64_t q = 0; q < head->n_levels; q++)
            to[q] = knot[head->share[q].knot] + head->share[q].share * step[head->share[q].step];
    }
}

// Gradients of one row by the raw numbers: a step moves every knot beyond it, and the levels that
// take a share of it. `slope` is sigmoid(raw), and becomes the gradient.
static void unstack(const struct incremental *head, const mq_real *dy, mq_real *slope)
{
    const int64_t M = head->columns - 2, middle = M / 2 + 1;
    mq_real dknot[KNOTS_MAX + 2] = {0}, dstep[KNOTS_MAX + 2] = {0};
    for (int64_t q = 0; q < head->n_levels; q++) {
        const struct share *share = &head->share[q];
        dknot[share->knot] += dy[q];
        dstep[share->step] += share->share * dy[q];
    }
    mq_real above = 0, below = 0;
    for (int64_t j = M; j > middle; j--) {
        above += dknot[j];
        slope[j] *= dstep[j] + above;
    }
    for (int64_t j = 1; j < middle; j++) {
        below += dknot[j];
        slope[j] *= dstep[j] - below;
    }
    slope[middle] = dknot[middle] + above + below;
    slope[0] *= dstep[0];
    slope[M + 1] *= dstep[M + 1];
}

static void incremental_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct incremental *head = node->config;
    const struct mq_view dy = mq_node_dout(exec, node), dx = mq_node_din(exec, node, 0);
    const int64_t rows = mq_shape_count(mq_view_shape(dy)) / head->n_levels, n = head->columns;
    mq_real *raw = mq_node_buffer(exec, node, RAW);
    mq_vec_sigmoid(rows * n, raw);
    for (int64_t r = 0; r < rows; r++)
        unstack(head, dy.data + r * head->n_levels, raw + r * n);
    const struct mq_view d = mq_view_of(raw, mq_shape_with_last(mq_view_shape(dy), n));
    mq_rows_sum(rows, n, raw, mq_node_dparam(exec, node, BIAS));
    mq_matmul_dw(mq_node_in(exec, node, 0), d, mq_node_dparam(exec, node, WEIGHT));
    if (dx.data) mq_matmul_dx(d, mq_node_param(exec, node, WEIGHT), mq_node_beta(exec, 0), dx);
}

static const struct mq_op incremental_op = {"incremental", incremental_forward,
                                            incremental_backward};

static bool are_levels(const double level[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!(level[i] > (i > 0 ? level[i - 1] : 0) && level[i] < 1)) return false;
    return n >= 1;
}

mq_value mq_incremental(struct mq_graph *g, const char *name, mq_value x, const double knot[],
                        int64_t n_knots, const double level[], int64_t n_levels)
{
    const size_t bytes = sizeof(struct incremental) + (size_t)n_levels * sizeof(struct share);
    struct mq_node *node = mq_node_new(g, &incremental_op, name, &x, 1, bytes);
    if (node == NULL) return -1;
    if (n_knots > KNOTS_MAX || !are_levels(knot, n_knots) || !are_levels(level, n_levels)) {
        return mq_build_fail(g, "%s: levels must ascend between 0 and 1, and knots be at most %d",
                             name, KNOTS_MAX);
    }
    const struct mq_shape shape = mq_graph_shape(g, x);
    const int64_t in = shape.size[shape.rank - 1], columns = n_knots + 2;
    struct incremental *head = node->config;
    head->columns = columns;
    head->n_levels = n_levels;
    for (int64_t q = 0; q < n_levels; q++)
        head->share[q] = share_of(level[q], knot, n_knots);
    if (!mq_node_declare(g, node, "weight", mq_shape2(in, columns), in, columns, MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(columns), in, columns, MQ_INIT_ZERO)) {
        return -1;
    }
    const int64_t n = mq_shape_count(shape) / in * columns;
    mq_node_keep_by_fork(node, MQ_KEPT, n);
    mq_node_keep_by_fork(node, MQ_SCRATCH, n);
    node->in[0].is_by_fork = shape.rank >= 3;
    node->in[0].is_read_back = true;
    node->in[0].flops = 2.0 * (double)(n * in);
    node->forward_flops = node->backward_flops = node->in[0].flops;
    return mq_node_yields(g, node, mq_shape_with_last(shape, n_levels));
}
