// Masked quantile loss over forking targets, which are read where they lie.
#include "nn/op.h"

#include <string.h>

enum { YHAT, TARGET, MASK, SCALE, WEIGHT };

// What the loss sees of one fork: H targets and their masks, and H rows of Q forecasts.
struct fork {
    const mq_real *target;
    const mq_real *mask;
    const mq_real *yhat;
    double scale;
    double weight;
};

static struct fork fork_at(const struct mq_exec *exec, const struct mq_node *node, int64_t b,
                           int64_t f)
{
    const struct mq_view yhat = mq_node_in(exec, node, YHAT);
    const struct mq_view target = mq_node_in(exec, node, TARGET);
    const struct mq_view mask = mq_node_in(exec, node, MASK);
    const struct mq_view scale = mq_node_in(exec, node, SCALE);
    const struct mq_view weight = mq_node_in(exec, node, WEIGHT);
    const int64_t first = mq_node_step(node, f) + 1;
    return (struct fork){.target = target.data + b * target.stride[0] + first,
                         .mask = mask.data + b * mask.stride[0] + first,
                         .yhat = yhat.data + b * yhat.stride[0] + f * yhat.stride[1],
                         .scale = (double)scale.data[b * scale.stride[0] + f],
                         .weight = (double)weight.data[b * weight.stride[0] + f]};
}

// A point without weight is left alone before anything is computed from its target.
static void add_fork(const struct fork *fork, struct mq_view yhat, const double level[],
                     struct mq_loss *loss)
{
    const int64_t Q = yhat.size[3];
    for (int64_t k = 0; k < yhat.size[2]; k++) {
        const double weight = fork->weight * (double)fork->mask[k];
        if (weight == 0) continue;
        const double y = (double)fork->target[k] / fork->scale;
        const mq_real *x = fork->yhat + k * yhat.stride[2];
        double sum = 0;
        for (int64_t q = 0; q < Q; q++) {
            const double under = y - (double)x[q];
            sum += level[q] * under - (under < 0 ? under : 0); // no branch to mispredict
        }
        loss->loss_sum += weight * sum / (double)Q;
        loss->weight_sum += weight;
    }
}

static void pinball_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view yhat = mq_node_in(exec, node, YHAT);
    struct mq_loss loss = {0};
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct fork fork = fork_at(exec, node, b, f);
            if (fork.weight != 0) add_fork(&fork, yhat, node->config, &loss);
        }
    }
    exec->loss.loss_sum += loss.loss_sum;
    exec->loss.weight_sum += loss.weight_sum;
}

// dL_q/dx is -q below the observation and 1 - q above it.
static void fork_back(const struct fork *fork, struct mq_view yhat, const double level[],
                      double loss_scale, mq_real *dyhat, int64_t stride)
{
    const int64_t Q = yhat.size[3];
    for (int64_t k = 0; k < yhat.size[2]; k++) {
        const double weight = fork->weight * (double)fork->mask[k];
        if (weight == 0) continue;
        const double y = (double)fork->target[k] / fork->scale;
        const double each = loss_scale * weight / (double)Q;
        const mq_real *x = fork->yhat + k * yhat.stride[2];
        mq_real *d = dyhat + k * stride;
        for (int64_t q = 0; q < Q; q++) {
            d[q] += (mq_real)(each * ((y < (double)x[q] ? 1 : 0) - level[q]));
        }
    }
}

static void pinball_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view yhat = mq_node_in(exec, node, YHAT);
    const struct mq_view dyhat = mq_node_din(exec, node, YHAT);
    if (dyhat.data == NULL) return;
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct fork fork = fork_at(exec, node, b, f);
            mq_real *d = dyhat.data + b * dyhat.stride[0] + f * dyhat.stride[1];
            if (fork.weight != 0) {
                fork_back(&fork, yhat, node->config, exec->loss_scale, d, dyhat.stride[2]);
            }
        }
    }
}

static const struct mq_op pinball_op = {"pinball", pinball_forward, pinball_backward};

static bool check_shapes(struct mq_graph *g, const mq_value in[], struct mq_forks forks,
                         int64_t n_levels)
{
    const struct mq_shape yhat = mq_graph_shape(g, in[YHAT]);
    const struct mq_shape target = mq_graph_shape(g, in[TARGET]);
    const struct mq_shape per_fork = mq_shape2(yhat.size[0], forks.n);
    return yhat.rank == 4 && yhat.size[1] == forks.n && yhat.size[3] == n_levels &&
           target.rank == 2 && target.size[0] == yhat.size[0] && target.size[1] > yhat.size[2] &&
           mq_shape_equal(mq_graph_shape(g, in[MASK]), target) &&
           mq_shape_equal(mq_graph_shape(g, in[SCALE]), per_fork) &&
           mq_shape_equal(mq_graph_shape(g, in[WEIGHT]), per_fork);
}

void mq_pinball(struct mq_graph *g, mq_value yhat, mq_value target, mq_value mask, mq_value scale,
                mq_value weight, struct mq_forks forks, const double level[], int64_t n_levels)
{
    const mq_value in[] = {yhat, target, mask, scale, weight};
    const size_t level_bytes = (size_t)n_levels * sizeof *level;
    struct mq_node *node = mq_node_new(g, &pinball_op, "pinball", in, 5, level_bytes);
    if (node == NULL) return;
    memcpy(node->config, level, level_bytes);
    if (!check_shapes(g, in, forks, n_levels)) {
        (void)mq_build_fail(g,
                            "pinball: not yhat (B, F, H, Q), target and mask (B, T + H), scale "
                            "and weight (B, F) with %lld forks and %lld levels",
                            (long long)forks.n, (long long)n_levels);
        return;
    }
    const struct mq_shape dates = mq_graph_shape(g, target);
    (void)mq_node_fork(g, node, forks, dates.size[1] - mq_graph_shape(g, yhat).size[2]);
    for (int i = 0; i < node->n_in; i++) {
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = false; // what is passed over has a gradient too: zero
    }
}
