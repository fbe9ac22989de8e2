// Looking at part of a value: some context steps (a copy), the first ones, some columns or some rows
// (aliases).
#include "nn/op.h"

#include <string.h>

#include "mq/tensor/vecmath.h"

// Numbers of one step.
static int64_t step_size(struct mq_shape shape)
{
    return mq_shape_count(shape) / (shape.size[0] * shape.size[1]);
}

static void pick_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view x = mq_node_in(exec, node, 0);
    const struct mq_view y = mq_node_out(exec, node);
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (int64_t f = 0; f < y.size[1]; f++) {
            memcpy(y.data + b * y.stride[0] + f * y.stride[1],
                   x.data + b * x.stride[0] + mq_node_step(node, f) * x.stride[1],
                   (size_t)step_size(mq_view_shape(y)) * sizeof(mq_real));
        }
    }
}

static void pick_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dx = mq_node_din(exec, node, 0);
    const struct mq_view dy = mq_node_dout(exec, node);
    for (int64_t b = 0; b < dy.size[0]; b++) {
        for (int64_t f = 0; f < dy.size[1]; f++) {
            mq_vec_add(step_size(mq_view_shape(dy)), dy.data + b * dy.stride[0] + f * dy.stride[1],
                       dx.data + b * dx.stride[0] + mq_node_step(node, f) * dx.stride[1]);
        }
    }
}

static const struct mq_op pick_op = {"pick", pick_forward, pick_backward};

mq_value mq_pick(struct mq_graph *g, mq_value x, struct mq_forks forks)
{
    struct mq_shape shape = mq_graph_shape(g, x);
    if (x < 0 || shape.rank < 3) return mq_build_fail(g, "pick: x is not (B, T, C)");
    if (forks.at == NULL && forks.n == shape.size[1]) return x;
    struct mq_node *node = mq_node_new(g, &pick_op, "pick", &x, 1, 0);
    if (node == NULL || !mq_node_fork(g, node, forks, shape.size[1])) return -1;
    node->in[0].can_overwrite = false; // steps that are not picked have a gradient too: zero
    shape.size[1] = forks.n;
    return mq_node_yields(g, node, shape);
}

mq_value mq_leading(struct mq_graph *g, mq_value x, int64_t n)
{
    struct mq_shape shape = mq_graph_shape(g, x);
    if (x < 0 || shape.rank != 3 || n < 1 || n > shape.size[1]) {
        return mq_build_fail(g, "leading: x is not (B, D, C) with %lld steps", (long long)n);
    }
    shape.size[1] = n;
    return mq_alias_new(g, x, shape, 0);
}

mq_value mq_part(struct mq_graph *g, mq_value x, int64_t start, int64_t size, int64_t groups)
{
    if (x < 0) return mq_build_fail(g, "part: input is no value");
    const struct mq_shape shape = mq_graph_shape(g, x);
    if (shape.rank < 1 || shape.rank + (groups > 0) > MQ_RANK_MAX) {
        return mq_build_fail(g, "part: no room for groups beside %d dimensions", shape.rank);
    }
    const int64_t width = shape.size[shape.rank - 1];
    if (start < 0 || size < 1 || start + size > width || (groups > 0 && size % groups != 0)) {
        return mq_build_fail(g, "part: columns [%lld, %lld) in %lld groups of %lld columns",
                             (long long)start, (long long)(start + size), (long long)groups,
                             (long long)width);
    }
    struct mq_shape part = mq_shape_with_last(shape, size);
    if (groups > 0) {
        part.size[part.rank - 1] = groups;
        part.size[part.rank++] = size / groups;
    }
    return mq_alias_new(g, x, part, start);
}

mq_value mq_rows(struct mq_graph *g, mq_value x, int64_t first, int64_t n)
{
    if (x < 0) return mq_build_fail(g, "rows: input is no value");
    struct mq_shape shape = mq_graph_shape(g, x);
    if (shape.rank != 4 || first < 0 || n < 1 || first + n > shape.size[2])
        return mq_build_fail(g, "rows: [%lld, %lld) are no rows of a (B, F, H, C)",
                             (long long)first, (long long)(first + n));
    shape.size[2] = n;
    return mq_alias_new(g, x, shape, first * shape.size[3]);
}
