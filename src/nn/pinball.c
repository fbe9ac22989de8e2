// Masked quantile loss over forking targets.
#include "nn/forking.h"

#include <string.h>

static double point_loss(const void *config, int64_t Q, double y, const mq_real *x)
{
    const double *level = config;
    double sum = 0;
    for (int64_t q = 0; q < Q; q++) {
        const double under = y - (double)x[q];
        sum += level[q] * under - (under < 0 ? under : 0); // no branch to mispredict
    }
    return sum / (double)Q;
}

// dL_q/dx is -q below the observation and 1 - q above it.
static void point_gradient(const void *config, int64_t Q, double y, const mq_real *x, double weight,
                           mq_real *d)
{
    const double *level = config;
    const double each = weight / (double)Q;
    for (int64_t q = 0; q < Q; q++)
        d[q] += (mq_real)(each * ((y < (double)x[q] ? 1 : 0) - level[q]));
}

static void pinball_forward(struct mq_exec *exec, const struct mq_node *node)
{
    mq_forking_forward(exec, node, point_loss);
}

static void pinball_backward(struct mq_exec *exec, const struct mq_node *node)
{
    mq_forking_backward(exec, node, point_gradient);
}

static const struct mq_op pinball_op = {"pinball", pinball_forward, pinball_backward};

void mq_pinball(struct mq_graph *g, mq_value yhat, struct mq_observed observed,
                struct mq_forks forks, const double level[], int64_t n_levels)
{
    const size_t level_bytes = (size_t)n_levels * sizeof *level;
    struct mq_node *node =
        mq_forking_node(g, &pinball_op, yhat, observed, forks, n_levels, level_bytes);
    if (node != NULL) memcpy(node->config, level, level_bytes);
}
