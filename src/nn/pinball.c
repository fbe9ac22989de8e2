// Masked quantile loss over forking targets, which are read where they lie.
#include "nn/op.h"

#include <string.h>

enum { YHAT, TARGET, MASK, SCALE, WEIGHT };

// What the loss sees of one fork at one horizon.
struct point {
    double weight;
    double observed; ///< in units of the fork's scale; meaningless where weight is 0
};

static struct point point_at(const struct mq_exec *exec, const struct mq_node *node, int64_t b,
                             int64_t f, int64_t k)
{
    const struct mq_view target = mq_node_in(exec, node, TARGET);
    const struct mq_view mask = mq_node_in(exec, node, MASK);
    const struct mq_view scale = mq_node_in(exec, node, SCALE);
    const struct mq_view weight = mq_node_in(exec, node, WEIGHT);
    const int64_t date = mq_node_step(node, f) + 1 + k;
    const double m = (double)mask.data[b * mask.stride[0] + date];
    const double w = (double)weight.data[b * weight.stride[0] + f];
    const double y = (double)target.data[b * target.stride[0] + date];
    const double s = (double)scale.data[b * scale.stride[0] + f];
    return (struct point){m == 0 || w == 0 ? 0 : m * w, y / s};
}

static mq_real *levels_at(struct mq_view yhat, int64_t b, int64_t f, int64_t k)
{
    return yhat.data + b * yhat.stride[0] + f * yhat.stride[1] + k * yhat.stride[2];
}

static void pinball_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const double *level = node->config;
    const struct mq_view yhat = mq_node_in(exec, node, YHAT);
    const int64_t Q = yhat.size[3];
    double loss_sum = 0, weight_sum = 0;
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            for (int64_t k = 0; k < yhat.size[2]; k++) {
                const struct point point = point_at(exec, node, b, f, k);
                if (point.weight == 0) continue;
                const mq_real *x = levels_at(yhat, b, f, k);
                double sum = 0;
                for (int64_t q = 0; q < Q; q++) {
                    const double over = point.observed - (double)x[q];
                    sum += over >= 0 ? level[q] * over : (level[q] - 1) * over;
                }
                loss_sum += point.weight * sum / (double)Q;
                weight_sum += point.weight;
            }
        }
    }
    exec->loss.loss_sum += loss_sum;
    exec->loss.weight_sum += weight_sum;
}

// dL_q/dx is -q below the observation and 1 - q above it.
static void pinball_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const double *level = node->config;
    const struct mq_view yhat = mq_node_in(exec, node, YHAT);
    const struct mq_view dyhat = mq_node_din(exec, node, YHAT);
    const mq_real beta = mq_node_beta(exec, YHAT);
    const int64_t Q = yhat.size[3];
    if (dyhat.data == NULL) return;
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            for (int64_t k = 0; k < yhat.size[2]; k++) {
                const struct point point = point_at(exec, node, b, f, k);
                const double scale = exec->loss_scale * point.weight / (double)Q;
                const mq_real *x = levels_at(yhat, b, f, k);
                mq_real *dx = levels_at(dyhat, b, f, k);
                for (int64_t q = 0; q < Q; q++) {
                    const double slope = point.observed >= (double)x[q] ? -level[q] : 1 - level[q];
                    const mq_real d = point.weight == 0 ? 0 : (mq_real)(scale * slope);
                    dx[q] = beta == 0 ? d : dx[q] + d;
                }
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
    for (int i = 0; i < node->n_in; i++)
        node->in[i].is_read_back = true;
}
