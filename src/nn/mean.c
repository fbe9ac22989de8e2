// The mean of the first rows of every fork.
#include "nn/op.h"

#include <string.h>

#include "mq/tensor/vecmath.h"

struct mean {
    int64_t n;
};

static mq_real *row_at(struct mq_view x, int64_t b, int64_t f)
{
    return x.data + b * x.stride[0] + f * x.stride[1];
}

static void mean_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mean *mean = node->config;
    const struct mq_view x = mq_node_in(exec, node, 0), y = mq_node_out(exec, node);
    const int64_t C = y.size[2];
    const mq_real share = 1 / (mq_real)mean->n;
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (int64_t f = 0; f < y.size[1]; f++) {
            mq_real *to = row_at(y, b, f);
            memset(to, 0, (size_t)C * sizeof *to);
            for (int64_t k = 0; k < mean->n; k++)
                mq_vec_add(C, row_at(x, b, f) + k * x.stride[2], to);
            mq_rows_scale(1, C, &share, to, C);
        }
    }
}

static void mean_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mean *mean = node->config;
    const struct mq_view dx = mq_node_din(exec, node, 0), dy = mq_node_dout(exec, node);
    const int64_t C = dy.size[2];
    const mq_real share = 1 / (mq_real)mean->n;
    for (int64_t b = 0; dx.data && b < dy.size[0]; b++) {
        for (int64_t f = 0; f < dy.size[1]; f++) {
            mq_real *from = row_at(dy, b, f);
            mq_rows_scale(1, C, &share, from, C);
            for (int64_t k = 0; k < mean->n; k++)
                mq_vec_add(C, from, row_at(dx, b, f) + k * dx.stride[2]);
        }
    }
}

static const struct mq_op mean_op = {"mean", mean_forward, mean_backward};

mq_value mq_mean(struct mq_graph *g, mq_value x, int64_t n)
{
    struct mq_node *node = mq_node_new(g, &mean_op, "mean", &x, 1, sizeof(struct mean));
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    if (shape.rank != 4 || n < 1 || n > shape.size[2])
        return mq_build_fail(g, "mean: not %lld rows of a (B, F, H, C)", (long long)n);
    *(struct mean *)node->config = (struct mean){n};
    node->in[0].is_by_fork = true;
    node->in[0].can_overwrite = false; // rows behind the first n have a gradient too: zero
    return mq_node_yields(g, node, mq_shape3(shape.size[0], shape.size[1], shape.size[3]));
}
