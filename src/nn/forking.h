// Losses over forking targets, which are read where they lie: one walk, any score of a point.
#ifndef NN_FORKING_H
#define NN_FORKING_H

#include "nn/op.h"

/// The inputs of such a loss.
enum {
    MQ_FORKING_YHAT,
    MQ_FORKING_TARGET,
    MQ_FORKING_MASK,
    MQ_FORKING_SCALE,
    MQ_FORKING_LEVEL,
    MQ_FORKING_WEIGHT,
    MQ_FORKING_INPUTS
};

/// Score of Q forecasts x of one observation y.
typedef double mq_point_loss(const void *config, int64_t Q, double y, const mq_real *x);
/// Adds `weight` times its gradient by x to d.
typedef void mq_point_gradient(const void *config, int64_t Q, double y, const mq_real *x,
                               double weight, mq_real *d);

/// A loss node; NULL when the build has failed.
struct mq_node *mq_forking_node(struct mq_graph *g, const struct mq_op *op, mq_value yhat,
                                struct mq_observed observed, struct mq_forks forks,
                                int64_t n_levels, size_t config_bytes);

/// What the loss sees of one fork: H targets and their masks, and H rows of Q forecasts.
struct mq_fork {
    const mq_real *target;
    const mq_real *mask;
    const mq_real *yhat;
    double scale;
    double level;
    double weight;
};
struct mq_fork mq_fork_at(const struct mq_exec *exec, const struct mq_node *node, int64_t b,
                          int64_t f);

// Inline, so that each op's score is compiled into its own walk. A point without weight is left
// alone before anything is computed from its target.
static inline void mq_forking_forward(struct mq_exec *exec, const struct mq_node *node,
                                      mq_point_loss *score)
{
    const struct mq_view yhat = mq_node_in(exec, node, 0);
    struct mq_loss loss = {0};
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(exec, node, b, f);
            for (int64_t k = 0; k < yhat.size[2] && fork.weight != 0; k++) {
                const double weight = fork.weight * (double)fork.mask[k];
                if (weight == 0) continue;
                const double y = (double)fork.target[k] / fork.scale - fork.level;
                loss.loss_sum +=
                    weight * score(node->config, yhat.size[3], y, fork.yhat + k * yhat.stride[2]);
                loss.weight_sum += weight;
            }
        }
    }
    exec->loss.loss_sum += loss.loss_sum;
    exec->loss.weight_sum += loss.weight_sum;
}

static inline void mq_forking_backward(struct mq_exec *exec, const struct mq_node *node,
                                       mq_point_gradient *gradient)
{
    const struct mq_view yhat = mq_node_in(exec, node, 0);
    const struct mq_view dyhat = mq_node_din(exec, node, 0);
    if (dyhat.data == NULL) return;
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(exec, node, b, f);
            mq_real *d = dyhat.data + b * dyhat.stride[0] + f * dyhat.stride[1];
            for (int64_t k = 0; k < yhat.size[2] && fork.weight != 0; k++) {
                const double weight = fork.weight * (double)fork.mask[k];
                if (weight == 0) continue;
                const double y = (double)fork.target[k] / fork.scale - fork.level;
                gradient(node->config, yhat.size[3], y, fork.yhat + k * yhat.stride[2],
                         exec->loss_scale * weight, d + k * dyhat.stride[2]);
            }
        }
    }
}

#endif
