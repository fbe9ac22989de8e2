// What losses over forking targets share besides their walk.
#include "nn/forking.h"

struct mq_fork mq_fork_at(const struct mq_exec *exec, const struct mq_node *node, int64_t b,
                          int64_t f)
{
    const struct mq_view yhat = mq_node_in(exec, node, MQ_FORKING_YHAT);
    const struct mq_view target = mq_node_in(exec, node, MQ_FORKING_TARGET);
    const struct mq_view mask = mq_node_in(exec, node, MQ_FORKING_MASK);
    const struct mq_view scale = mq_node_in(exec, node, MQ_FORKING_SCALE);
    const struct mq_view level = mq_node_in(exec, node, MQ_FORKING_LEVEL);
    const struct mq_view weight = mq_node_in(exec, node, MQ_FORKING_WEIGHT);
    const int64_t first = mq_node_step(node, f) + 1;
    return (struct mq_fork){.target = target.data + b * target.stride[0] + first,
                            .mask = mask.data + b * mask.stride[0] + first,
                            .yhat = yhat.data + b * yhat.stride[0] + f * yhat.stride[1],
                            .scale = (double)scale.data[b * scale.stride[0] + f],
                            .level = (double)level.data[b * level.stride[0] + f],
                            .weight = (double)weight.data[b * weight.stride[0] + f]};
}

static bool check_shapes(struct mq_graph *g, const mq_value in[], struct mq_forks forks,
                         int64_t n_levels)
{
    const struct mq_shape yhat = mq_graph_shape(g, in[MQ_FORKING_YHAT]);
    const struct mq_shape target = mq_graph_shape(g, in[MQ_FORKING_TARGET]);
    const struct mq_shape per_fork = mq_shape2(yhat.size[0], forks.n);
    return yhat.rank == 4 && yhat.size[1] == forks.n && yhat.size[3] == n_levels &&
           target.rank == 2 && target.size[0] == yhat.size[0] && target.size[1] > yhat.size[2] &&
           mq_shape_equal(mq_graph_shape(g, in[MQ_FORKING_MASK]), target) &&
           mq_shape_equal(mq_graph_shape(g, in[MQ_FORKING_SCALE]), per_fork) &&
           mq_shape_equal(mq_graph_shape(g, in[MQ_FORKING_LEVEL]), per_fork) &&
           mq_shape_equal(mq_graph_shape(g, in[MQ_FORKING_WEIGHT]), per_fork);
}

struct mq_node *mq_forking_node(struct mq_graph *g, const struct mq_op *op, mq_value yhat,
                                struct mq_observed observed, struct mq_forks forks,
                                int64_t n_levels, size_t config_bytes)
{
    const mq_value in[MQ_FORKING_INPUTS] = {yhat,           observed.target, observed.mask,
                                            observed.scale, observed.level,  observed.weight};
    struct mq_node *node = mq_node_new(g, op, op->name, in, MQ_FORKING_INPUTS, config_bytes);
    if (node == NULL) return NULL;
    if (!check_shapes(g, in, forks, n_levels)) {
        (void)mq_build_fail(g,
                            "%s: not yhat (B, F, H, Q), target and mask (B, T + H), scale, "
                            "level and weight (B, F) with %lld forks and %lld levels",
                            op->name, (long long)forks.n, (long long)n_levels);
        return NULL;
    }
    const struct mq_shape dates = mq_graph_shape(g, in[MQ_FORKING_TARGET]);
    (void)mq_node_fork(g, node, forks,
                       dates.size[1] - mq_graph_shape(g, in[MQ_FORKING_YHAT]).size[2]);
    for (int i = 0; i < node->n_in; i++) {
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = false; // what is passed over has a gradient too: zero
    }
    return node;
}
