// Quantile loss integrated over all levels, of a function given by its knots and two tails.
//
// L_a(y, x) = (y - x) (a - 1{y < x}), so with x(a) the function and a* the level where it passes y
//
//   integral of L_a(y, x(a)) over [u, v] = integral of a (y - x(a)) - integral over [a*, v] of
//   (y - x(a))
//
// and moving a* changes nothing: the integrand is 0 there. With e = y - x at the inner end:
//
//   line        a = u + w t, x = p + d t, 0 <= t <= 1
//   left tail   a = A s, x = p + c log s, 0 < s <= 1; the right tail is its mirror image
#include "nn/forking.h"

#include <math.h>
#include <string.h>

struct crps {
    double left; ///< scales of its tail between each tail's level and the knot next to it
    double right;
    double level[]; ///< (Q)
};

// An integral, and its derivatives by two numbers.
struct piece {
    double value;
    double by_e;
    double by_size; ///< d of a line, c of a tail
};

static struct piece line(double u, double w, double e, double d)
{
    const double t = e <= 0 ? 0 : e >= d ? 1 : e / d;
    const double by_e = w * (u + w / 2 - (1 - t));
    const double by_d = w * ((1 - t * t) / 2 - u / 2 - w / 3);
    return (struct piece){e * by_e + d * by_d, by_e, by_d};
}

static struct piece tail(double A, double e, double c)
{
    const double s = e >= 0 ? 1 : c > 0 ? exp(e / c) : 0;
    const double entropy = s > 0 && s < 1 ? s * e / c : 0; // s log s
    const double by_e = A * (A / 2 - (1 - s));
    const double by_c = A * (A / 4 - (1 - s + entropy));
    return (struct piece){e * by_e + c * by_c, by_e, by_c};
}

static struct piece left_tail(const struct crps *crps, double y, const mq_real *x)
{
    const double knot = (double)x[1];
    return tail(crps->level[1], y - knot, (knot - (double)x[0]) / crps->left);
}

static struct piece right_tail(const struct crps *crps, int64_t Q, double y, const mq_real *x)
{
    const double knot = (double)x[Q - 2];
    return tail(1 - crps->level[Q - 2], knot - y, ((double)x[Q - 1] - knot) / crps->right);
}

static struct piece line_from(const struct crps *crps, int64_t q, double y, const mq_real *x)
{
    const double u = crps->level[q], p = (double)x[q];
    return line(u, crps->level[q + 1] - u, y - p, (double)x[q + 1] - p);
}

static double point_loss(const struct crps *crps, int64_t Q, double y, const mq_real *x)
{
    double sum = left_tail(crps, y, x).value + right_tail(crps, Q, y, x).value;
    for (int64_t q = 1; q + 2 < Q; q++)
        sum += line_from(crps, q, y, x).value;
    return sum;
}

static void point_gradient(const struct crps *crps, int64_t Q, double y, const mq_real *x,
                           double weight, mq_real *d)
{
    const struct piece left = left_tail(crps, y, x), right = right_tail(crps, Q, y, x);
    const double by_left = left.by_size / crps->left, by_right = right.by_size / crps->right;
    d[0] -= (mq_real)(weight * by_left);
    d[1] += (mq_real)(weight * (by_left - left.by_e));
    d[Q - 2] += (mq_real)(weight * (right.by_e - by_right));
    d[Q - 1] += (mq_real)(weight * by_right);
    for (int64_t q = 1; q + 2 < Q; q++) {
        const struct piece piece = line_from(crps, q, y, x);
        d[q] -= (mq_real)(weight * (piece.by_e + piece.by_size));
        d[q + 1] += (mq_real)(weight * piece.by_size);
    }
}

// A point without weight is left alone before anything is computed from its target.
static void crps_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view yhat = forking.in[MQ_FORKING_YHAT];
    struct mq_loss loss = {0};
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(&forking, b, f);
            for (int64_t k = 0; k < yhat.size[2] && fork.weight != 0; k++) {
                const double weight = fork.weight * (double)fork.mask[k];
                if (weight == 0) continue;
                const double y = (double)fork.target[k] / fork.scale - fork.level;
                loss.loss_sum += weight * point_loss(node->config, yhat.size[3], y,
                                                     fork.yhat + k * yhat.stride[2]);
                loss.weight_sum += weight;
            }
        }
    }
    exec->loss.loss_sum += loss.loss_sum;
    exec->loss.weight_sum += loss.weight_sum;
}

static void crps_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_forking forking = mq_forking_of(exec, node);
    const struct mq_view yhat = forking.in[MQ_FORKING_YHAT];
    const struct mq_view dyhat = mq_node_din(exec, node, MQ_FORKING_YHAT);
    if (dyhat.data == NULL) return;
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct mq_fork fork = mq_fork_at(&forking, b, f);
            mq_real *d = dyhat.data + b * dyhat.stride[0] + f * dyhat.stride[1];
            for (int64_t k = 0; k < yhat.size[2] && fork.weight != 0; k++) {
                const double weight = fork.weight * (double)fork.mask[k];
                if (weight == 0) continue;
                const double y = (double)fork.target[k] / fork.scale - fork.level;
                point_gradient(node->config, yhat.size[3], y, fork.yhat + k * yhat.stride[2],
                               exec->loss_scale * weight, d + k * dyhat.stride[2]);
            }
        }
    }
}

static const struct mq_op crps_op = {"crps", crps_forward, crps_backward};

void mq_crps(struct mq_graph *g, mq_value yhat, struct mq_observed observed, struct mq_forks forks,
             const double level[], int64_t n_levels)
{
    const size_t level_bytes = (size_t)n_levels * sizeof *level;
    MQ_ASSERT(n_levels >= 3);
    struct mq_node *node = mq_forking_node(g, &crps_op, yhat, observed, forks, n_levels,
                                           sizeof(struct crps) + level_bytes);
    if (node == NULL) return;
    struct crps *crps = node->config;
    crps->left = log(level[1] / level[0]);
    crps->right = log((1 - level[n_levels - 2]) / (1 - level[n_levels - 1]));
    memcpy(crps->level, level, level_bytes);
}
