// The sum of three pieces of one linear layer: per fork and horizon, per fork, per date.
#include "nn/op.h"

#include "mq/tensor/vecmath.h"

enum { OWN, AGNOSTIC, DATED };

struct combine {
    enum mq_activation activation;
};

static mq_real *row_at(struct mq_view x, int64_t b, int64_t i)
{
    return x.data + b * x.stride[0] + i * x.stride[1];
}

// One fork at a time: its H rows stay in the first-level cache through sum and activation.
static void combine_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct combine *combine = node->config;
    const struct mq_view own = mq_node_in(exec, node, OWN);
    const struct mq_view agnostic = mq_node_in(exec, node, AGNOSTIC);
    const struct mq_view dated = mq_node_in(exec, node, DATED);
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t H = y.size[2], L = y.size[3];
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (int64_t f = 0; f < y.size[1]; f++) {
            mq_real *to = row_at(y, b, f);
            mq_rows_combine(H, L, row_at(own, b, f), own.stride[2], row_at(agnostic, b, f),
                            row_at(dated, b, mq_node_step(node, f) + 1), dated.stride[1], to);
            mq_activate(combine->activation, H * L, to);
        }
    }
}

static void combine_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct combine *combine = node->config;
    const struct mq_view down = mq_node_din(exec, node, OWN);
    const struct mq_view dagnostic = mq_node_din(exec, node, AGNOSTIC);
    const struct mq_view ddated = mq_node_din(exec, node, DATED);
    const struct mq_view y = mq_node_out(exec, node);
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t H = y.size[2], L = y.size[3];
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (int64_t f = 0; f < y.size[1]; f++) {
            mq_real *d = row_at(dy, b, f);
            mq_activate_back(combine->activation, H * L, row_at(y, b, f), d);
            if (dagnostic.data) mq_rows_put(H, L, d, L, 1, row_at(dagnostic, b, f), 0);
            if (ddated.data) {
                mq_rows_put(H, L, d, L, 1, row_at(ddated, b, mq_node_step(node, f) + 1),
                            ddated.stride[1]);
            }
            if (down.data) {
                mq_rows_put(H, L, d, L, mq_node_beta(exec, OWN), row_at(down, b, f),
                            down.stride[2]);
            }
        }
    }
}

static const struct mq_op combine_op = {"combine", combine_forward, combine_backward};

mq_value mq_combine(struct mq_graph *g, mq_value own, mq_value agnostic, mq_value dated,
                    struct mq_forks forks, enum mq_activation activation)
{
    struct mq_node *node = mq_node_new(
        g, &combine_op, "combine", (mq_value[]){own, agnostic, dated}, 3, sizeof(struct combine));
    if (node == NULL) return -1;
    *(struct combine *)node->config = (struct combine){activation};
    const struct mq_shape y = mq_graph_shape(g, own);
    const struct mq_shape a = mq_graph_shape(g, agnostic);
    const struct mq_shape d = mq_graph_shape(g, dated);
    const int64_t B = y.size[0], H = y.size[2], L = y.size[3];
    if (y.rank != 4 || y.size[1] != forks.n || !mq_shape_equal(a, mq_shape3(B, forks.n, L)) ||
        d.rank != 3 || d.size[0] != B || d.size[1] <= H || d.size[2] != L) {
        return mq_build_fail(
            g, "combine: not (B, F, H, L), (B, F, L) and (B, T + H, L) with %lld forks",
            (long long)forks.n);
    }
    if (!mq_node_fork(g, node, forks, d.size[1] - H)) return -1;
    node->is_output_read = activation != MQ_LINEAR;
    node->in[AGNOSTIC].can_overwrite = false;
    node->in[DATED].can_overwrite = false;
    return mq_node_yields(g, node, y);
}
