// Joining values along the last dimension: copies forward, and the same columns back.
#include "nn/op.h"

#include "mq/tensor/runs.h"

static void concat_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view y = mq_node_out(exec, node);
    int64_t start = 0;
    for (int i = 0; i < node->n_in; i++) {
        const struct mq_view x = mq_node_in(exec, node, i);
        const int64_t cols = x.size[x.rank - 1];
        mq_view_put(x, 0, mq_view_slice(y, y.rank - 1, start, cols));
        start += cols;
    }
}

static void concat_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dy = mq_node_dout(exec, node);
    int64_t start = 0;
    for (int i = 0; i < node->n_in; i++) {
        const struct mq_view dx = mq_node_din(exec, node, i);
        const struct mq_view x = mq_node_in(exec, node, i);
        const int64_t cols = x.size[x.rank - 1];
        if (dx.data) {
            mq_view_put(mq_view_slice(dy, dy.rank - 1, start, cols), mq_node_beta(exec, i), dx);
        }
        start += cols;
    }
}

static const struct mq_op concat_op = {"concat", concat_forward, concat_backward};

mq_value mq_concat(struct mq_graph *g, const mq_value x[], int64_t n)
{
    struct mq_node *node = mq_node_new(g, &concat_op, "concat", x, n, 0);
    if (node == NULL) return -1;
    const struct mq_shape first = mq_graph_shape(g, x[0]);
    int64_t width = 0;
    for (int64_t i = 0; i < n; i++) {
        const struct mq_shape shape = mq_graph_shape(g, x[i]);
        const int64_t cols = shape.size[shape.rank - 1];
        if (!mq_shape_equal(mq_shape_with_last(shape, 1), mq_shape_with_last(first, 1))) {
            return mq_build_fail(g, "concat: value %lld has other rows than the first",
                                 (long long)i);
        }
        width += cols;
    }
    return mq_node_yields(g, node, mq_shape_with_last(first, width));
}
