// Inverted dropout with a mask that depends on an address only.
#include "nn/op.h"

#include <math.h>

#include "mq/tensor/runs.h"
#include "mq/tensor/vecmath.h"

struct dropout {
    double rate;
    uint64_t ordinal; ///< among the graph's nodes, so that two dropouts differ
};

enum { MASK };

// The generator's address: the step and the node in 64 bits, the lane beside them.
static void draw_mask(const struct mq_exec *exec, const struct dropout *dropout, int64_t n,
                      mq_real *mask)
{
    const uint64_t address = exec->dropout_step << 16 | dropout->ordinal;
    struct mq_rng rng = mq_rng_at(exec->dropout_seed, MQ_RNG_DROPOUT, address, exec->dropout_lane);
    const uint64_t threshold = (uint64_t)llrint(dropout->rate * 0x1p32);
    const mq_real scale = (mq_real)(1 / (1 - dropout->rate));
    for (int64_t i = 0; i < n; i++)
        mask[i] = mq_rng_u32(&rng) < threshold ? 0 : scale;
}

static void dropout_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view x = mq_node_in(exec, node, 0);
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t n = mq_shape_count(mq_view_shape(y));
    mq_view_put(x, 0, y);
    if (!mq_exec_is_training(exec)) return;
    mq_real *mask = mq_node_buffer(exec, node, MASK);
    draw_mask(exec, node->config, n, mask);
    mq_vec_mul(n, mask, y.data);
}

// Runs only where x has a gradient: there are no parameters.
static void dropout_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dy = mq_node_dout(exec, node);
    mq_vec_mul(mq_shape_count(mq_view_shape(dy)), mq_node_buffer(exec, node, MASK), dy.data);
    mq_view_put(dy, mq_node_beta(exec, 0), mq_node_din(exec, node, 0));
}

static const struct mq_op dropout_op = {"dropout", dropout_forward, dropout_backward};

mq_value mq_dropout(struct mq_graph *g, const char *name, mq_value x, double rate)
{
    if (rate == 0) return x;
    if (!(rate > 0 && rate < 1))
        return mq_build_fail(g, "%s: dropout rate %g is not in [0, 1)", name, rate);
    struct mq_node *node = mq_node_new(g, &dropout_op, name, &x, 1, sizeof(struct dropout));
    if (node == NULL) return -1;
    *(struct dropout *)node->config = (struct dropout){rate, (uint64_t)g->n_nodes};
    mq_node_keep(node, MQ_KEPT, mq_shape_count(mq_graph_shape(g, x)), 0);
    return mq_node_yields(g, node, mq_graph_shape(g, x));
}
