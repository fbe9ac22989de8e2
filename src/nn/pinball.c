// Masked quantile loss over forking targets.
//
// The forecasts of a fork are H rows of Q numbers. Dates are spread, each Q times, once for all
// forks of a series, and levels, H times, once for all: then a fork is one loop over H Q numbers.
#include "nn/forking.h"

#include "mq/tensor/vecmath.h"

enum { DATES };

// Rows of Q equal numbers, one for each date.
struct dates {
    mq_real *target;
    mq_real *mask;
};

static struct dates dates_of(const struct mq_forking *forking, int64_t b)
{
    const int64_t D = forking->in[MQ_FORKING_TARGET].size[1];
    const int64_t Q = forking->in[MQ_FORKING_YHAT].size[3];
    mq_real *memory =
        (mq_real *)mq_node_buffer(forking->exec, forking->node, DATES) + b * 2 * D * Q;
    return (struct dates){memory, memory + D * Q};
}

static void spread_dates(const struct mq_forking *forking, int64_t b)
{
    const struct mq_view target = forking->in[MQ_FORKING_TARGET];
    const struct mq_view mask = forking->in[MQ_FORKING_MASK];
    const struct dates dates = dates_of(forking, b);
    const int64_t Q = forking->in[MQ_FORKING_YHAT].size[3];
    for (int64_t d = 0; d < target.size[1]; d++) {
        for (int64_t q = 0; q < Q; q++) {
            dates.mask[d * Q + q] = mask.data[b * mask.stride[0] + d];
            dates.target[d * Q + q] = target.data[b * target.stride[0] + d];
        }
    }
}

// A stretch of forecasts that lie together: all of a fork, or one of its rows.
static int64_t stretch(struct mq_view yhat)
{
    const int64_t Q = yhat.size[3];
    return yhat.stride[2] == Q ? yhat.size[2] * Q : Q;
}

static double fork_loss(struct mq_view yhat, struct mq_fork fork, const mq_real *level,
                        const mq_real *target, const mq_real *mask)
{
    const int64_t Q = yhat.size[3], n = stretch(yhat);
    const struct mq_affine unit = {(mq_real)(1 / fork.scale), (mq_real)-fork.level};
    double sum = 0;
    for (int64_t i = 0; i < yhat.size[2] * Q; i += n) {
        sum += (double)mq_vec_pinball(n, level + i, unit, target + i, mask + i,
                                      fork.yhat + i / Q * yhat.stride[2]);
    }
    return sum / (double)Q;
}

static void pinball_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view yhat = forking.in[MQ_FORKING_YHAT];
    struct mq_loss loss = {0};
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        if (mq_exec_begins_series(exec)) spread_dates(&forking, b);
        const struct dates dates = dates_of(&forking, b);
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(&forking, b, f);
            const int64_t first = fork.date * yhat.size[3];
            if (fork.weight == 0) continue;
            loss.loss_sum += fork.weight * fork_loss(yhat, fork, node->config, dates.target + first,
                                                     dates.mask + first);
            loss.weight_sum += fork.weight * (double)mq_vec_sum(yhat.size[2], fork.mask);
        }
    }
    exec->loss.loss_sum += loss.loss_sum;
    exec->loss.weight_sum += loss.weight_sum;
}

static void pinball_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view yhat = forking.in[MQ_FORKING_YHAT];
    const struct mq_view dyhat = mq_node_din(exec, node, MQ_FORKING_YHAT);
    const mq_real *level = node->config;
    const int64_t Q = yhat.size[3], n = stretch(yhat);
    for (int64_t b = 0; dyhat.data && b < yhat.size[0]; b++) {
        const struct dates dates = dates_of(&forking, b);
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(&forking, b, f);
            const struct mq_affine unit = {(mq_real)(1 / fork.scale), (mq_real)-fork.level};
            const mq_real weight = (mq_real)(exec->loss_scale * fork.weight / (double)Q);
            const int64_t first = fork.date * Q;
            mq_real *d = dyhat.data + b * dyhat.stride[0] + f * dyhat.stride[1];
            for (int64_t i = 0; fork.weight != 0 && i < yhat.size[2] * Q; i += n) {
                mq_vec_pinball_back(n, weight, level + i, unit, dates.target + first + i,
                                    dates.mask + first + i, fork.yhat + i / Q * yhat.stride[2],
                                    d + i / Q * dyhat.stride[2]);
            }
        }
    }
}

static const struct mq_op pinball_op = {"pinball", pinball_forward, pinball_backward};

void mq_pinball(struct mq_graph *g, mq_value yhat, struct mq_observed observed,
                struct mq_forks forks, const double level[], int64_t n_levels)
{
    const int64_t H = mq_graph_shape(g, yhat).size[2];
    struct mq_node *node = mq_forking_node(g, &pinball_op, yhat, observed, forks, n_levels,
                                           (size_t)(H * n_levels) * sizeof(mq_real));
    if (node == NULL) return;
    mq_real *spread = node->config;
    for (int64_t i = 0; i < H * n_levels; i++)
        spread[i] = (mq_real)level[i % n_levels];
    const int64_t dates = mq_shape_count(mq_graph_shape(g, observed.target));
    mq_node_keep(node, MQ_KEPT, 2 * dates * n_levels, 2 * dates * n_levels);
}
