// What losses over forking targets share besides their walk.
#include "nn/forking.h"

struct mq_forking mq_forking_of(const struct mq_exec *exec, const struct mq_node *node)
{
    struct mq_forking forking = {.exec = exec, .node = node};
    for (int i = 0; i < MQ_FORKING_INPUTS; i++)
        forking.in[i] = mq_node_in(exec, node, i);
    return forking;
}

static mq_real *numbers_at(const struct mq_forking *forking, int input, int64_t b, int64_t i)
{
    const struct mq_view *view = &forking->in[input];
    return view->data + b * view->stride[0] + i * view->stride[1];
}

struct mq_fork mq_fork_at(const struct mq_forking *forking, int64_t b, int64_t f)
{
    const int64_t date = mq_node_step_at_hand(forking->exec, forking->node, f) + 1;
    return (struct mq_fork){.date = date,
                            .target = numbers_at(forking, MQ_FORKING_TARGET, b, date),
                            .mask = numbers_at(forking, MQ_FORKING_MASK, b, date),
                            .yhat = numbers_at(forking, MQ_FORKING_YHAT, b, f),
                            .scale = (double)*numbers_at(forking, MQ_FORKING_SCALE, b, f),
                            .level = (double)*numbers_at(forking, MQ_FORKING_LEVEL, b, f),
                            .weight = (double)*numbers_at(forking, MQ_FORKING_WEIGHT, b, f)};
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
        node->in[i].is_by_fork = i != MQ_FORKING_TARGET && i != MQ_FORKING_MASK;
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = false; // what is passed over has a gradient too: zero
    }
    return node;
}
