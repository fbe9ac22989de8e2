// The loss of distributions: of what comes one step after each fork.
#include "nn/distribution.h"
#include "nn/forking.h"

struct likelihood {
    enum mq_distribution kind;
};

// Loss and gradient of fork f of series b; false where nothing is learned.
static bool fork_loss(const struct mq_forking *forking, int64_t b, int64_t f, double *loss,
                      double d[2], double *weight)
{
    const struct likelihood *likelihood = forking->node->config;
    const struct mq_fork fork = mq_fork_at(forking, b, f);
    *weight = fork.weight * (double)fork.mask[0];
    if (*weight == 0) return false;
    const struct mq_demand_unit unit = {fork.scale, fork.level};
    *loss = mq_distribution_loss(likelihood->kind, fork.yhat, unit, (double)fork.target[0], d);
    return true;
}

static void likelihood_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view yhat = forking.in[MQ_FORKING_YHAT];
    double loss = 0, weight = 0, d[2];
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            if (!fork_loss(&forking, b, f, &loss, d, &weight)) continue;
            exec->loss.loss_sum += weight * loss;
            exec->loss.weight_sum += weight;
        }
    }
}

static void likelihood_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view dyhat = mq_node_din(exec, node, MQ_FORKING_YHAT);
    double loss = 0, weight = 0, d[2];
    for (int64_t b = 0; dyhat.data && b < dyhat.size[0]; b++) {
        for (int64_t f = 0; f < dyhat.size[1]; f++) {
            if (!fork_loss(&forking, b, f, &loss, d, &weight)) continue;
            mq_real *to = dyhat.data + b * dyhat.stride[0] + f * dyhat.stride[1];
            for (int64_t i = 0; i < dyhat.size[3]; i++)
                to[i] += (mq_real)(exec->loss_scale * weight * d[i]);
        }
    }
}

static const struct mq_op likelihood_op = {"likelihood", likelihood_forward, likelihood_backward};

void mq_likelihood(struct mq_graph *g, mq_value yhat, struct mq_observed observed,
                   enum mq_distribution kind)
{
    const struct mq_shape shape = mq_graph_shape(g, yhat);
    if (shape.rank != 3 || shape.size[2] != mq_distribution_width(kind)) {
        (void)mq_build_fail(g, "likelihood: yhat is not (B, T, %lld)",
                            (long long)mq_distribution_width(kind));
        return;
    }
    // Forks of one horizon, of which each date of the context but the first is a target.
    const int64_t T = shape.size[1];
    observed.target = mq_part(g, observed.target, 0, T + 1, 0);
    observed.mask = mq_part(g, observed.mask, 0, T + 1, 0);
    struct mq_node *node =
        mq_forking_node(g, &likelihood_op, mq_part(g, yhat, 0, shape.size[2], 1), observed,
                        (struct mq_forks){T, NULL}, shape.size[2], sizeof(struct likelihood));
    if (node != NULL) *(struct likelihood *)node->config = (struct likelihood){kind};
}
