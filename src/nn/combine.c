// A linear layer over [own_k ; c ; x_{t+k}] of every fork and horizon, in parts: own parts are mapped
// here, the part of the fork and that of the date were mapped once for all of its horizons or forks.
#include "nn/op.h"

#include "mq/base/int.h"
#include "mq/base/status.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { AGNOSTIC, DATED, OWN }; // own parts are the inputs from there on, their maps the parameters

struct combine {
    enum mq_activation activation;
};

static mq_real *row_at(struct mq_view x, int64_t b, int64_t i)
{
    return x.data + b * x.stride[0] + i * x.stride[1];
}

static void combine_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct combine *combine = node->config;
    const struct mq_view agnostic = mq_node_in(exec, node, AGNOSTIC);
    const struct mq_view dated = mq_node_in(exec, node, DATED);
    const struct mq_view y = mq_node_out(exec, node);
    for (int i = OWN; i < node->n_in; i++)
        mq_matmul(mq_node_in(exec, node, i), mq_node_param(exec, node, i - OWN), i > OWN, y);
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (int64_t f = 0; f < y.size[1]; f++) {
            const int64_t date = mq_node_step_at_hand(exec, node, f) + 1;
            mq_rows_add_two(y.size[2], y.size[3], row_at(agnostic, b, f), row_at(dated, b, date),
                            dated.stride[1], row_at(y, b, f));
        }
    }
    mq_activate(combine->activation, mq_shape_count(mq_view_shape(y)), y.data);
}

// The maps, turned, one after the other.
static mq_real *turn_maps(const struct mq_exec *exec, const struct mq_node *node, int64_t L)
{
    mq_real *turned = mq_node_buffer(exec, node, 0), *to = turned;
    for (int i = OWN; i < node->n_in && mq_exec_begins(exec); i++) {
        const int64_t width = mq_node_in(exec, node, i).size[3];
        mq_turn(width, L, mq_node_param(exec, node, i - OWN), L, to, width);
        to += width * L;
    }
    return turned;
}

static void own_back(struct mq_exec *exec, const struct mq_node *node, struct mq_view d)
{
    const mq_real *turned = turn_maps(exec, node, d.size[3]);
    for (int i = OWN; i < node->n_in; i++) {
        const struct mq_view x = mq_node_in(exec, node, i), dx = mq_node_din(exec, node, i);
        mq_matmul_dw(x, d, mq_node_dparam(exec, node, i - OWN));
        if (dx.data) {
            mq_matmul(d, turned, mq_node_beta(exec, i), dx);
            mq_node_rectify(node, i, x, dx);
        }
        turned += x.size[3] * d.size[3];
    }
}

// Gradients of the forks' parts and the dates' parts.
static void shared_back(const struct mq_exec *exec, const struct mq_node *node, struct mq_view d)
{
    const struct mq_view agnostic = mq_node_din(exec, node, AGNOSTIC);
    const struct mq_view dated = mq_node_din(exec, node, DATED);
    const int64_t H = d.size[2], L = d.size[3];
    for (int64_t b = 0; b < d.size[0]; b++) {
        for (int64_t f = 0; f < d.size[1]; f++) {
            const int64_t date = mq_node_step_at_hand(exec, node, f) + 1;
            const mq_real *rows = row_at(d, b, f);
            if (agnostic.data && dated.data) {
                mq_rows_add_two_back(H, L, rows, row_at(agnostic, b, f), row_at(dated, b, date),
                                     dated.stride[1]);
            } else if (agnostic.data) {
                mq_rows_put(H, L, rows, L, 1, row_at(agnostic, b, f), 0);
            } else if (dated.data) {
                mq_rows_put(H, L, rows, L, 1, row_at(dated, b, date), dated.stride[1]);
            }
        }
    }
}

static void combine_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct combine *combine = node->config;
    const struct mq_view d = mq_node_dout(exec, node);
    mq_node_activate_back(node, combine->activation, mq_shape_count(mq_view_shape(d)),
                          mq_node_out(exec, node).data, d.data);
    shared_back(exec, node, d);
    own_back(exec, node, d);
}

static const struct mq_op combine_op = {"combine", combine_forward, combine_backward};

// Whether agnostic is (B, F, L) and dated (B, T + H, L) for own parts (B, F, H, any).
static bool check_shapes(const struct mq_graph *g, const struct mq_combined *parts,
                         struct mq_forks forks)
{
    const struct mq_shape first = mq_graph_shape(g, parts->own[0]);
    const struct mq_shape a = mq_graph_shape(g, parts->agnostic);
    const struct mq_shape d = mq_graph_shape(g, parts->dated);
    for (int64_t i = 0; i < parts->n_own; i++) {
        const struct mq_shape own = mq_graph_shape(g, parts->own[i]);
        if (!mq_shape_equal(mq_shape_with_last(own, 1), mq_shape_with_last(first, 1))) return false;
    }
    return first.rank == 4 && first.size[1] == forks.n && a.rank == 3 &&
           mq_shape_equal(a, mq_shape3(first.size[0], forks.n, a.size[2])) && d.rank == 3 &&
           d.size[0] == first.size[0] && d.size[1] > first.size[2] && d.size[2] == a.size[2];
}

// The parts' inputs and maps; false when that fails.
static bool declare(struct mq_graph *g, struct mq_node *node, const struct mq_combined *parts,
                    int64_t L)
{
    const struct mq_shape first = mq_graph_shape(g, parts->own[0]);
    const int64_t rows = mq_shape_count(first) / first.size[3];
    int64_t turned = 0;
    for (int64_t i = 0; i < parts->n_own; i++) {
        const int64_t width = mq_graph_shape(g, parts->own[i]).size[3];
        struct mq_edge *edge = &node->in[OWN + i];
        if (!mq_node_declare(g, node, parts->name[i], mq_shape2(width, L), parts->fan_in, L,
                             MQ_INIT_GLOROT)) {
            return false;
        }
        edge->is_by_fork = true;
        edge->is_read_back = true;
        edge->can_rectify = true;
        edge->flops = 2.0 * (double)(rows * width * L);
        node->forward_flops += edge->flops;
        node->backward_flops += edge->flops;
        turned += width * L;
    }
    node->in[AGNOSTIC].is_by_fork = true;
    node->in[AGNOSTIC].can_overwrite = false;
    node->in[DATED].can_overwrite = false;
    mq_node_keep(node, MQ_LASTING, turned, 0);
    return true;
}

mq_value mq_combine(struct mq_graph *g, const char *name, const struct mq_combined *parts,
                    struct mq_forks forks, enum mq_activation activation)
{
    mq_value in[OWN + MQ_OWN_MAX] = {[AGNOSTIC] = parts->agnostic, [DATED] = parts->dated};
    MQ_ASSERT(parts->n_own >= 1 && parts->n_own <= MQ_OWN_MAX);
    for (int64_t i = 0; i < parts->n_own; i++)
        in[OWN + i] = parts->own[i];
    struct mq_node *node =
        mq_node_new(g, &combine_op, name, in, OWN + parts->n_own, sizeof(struct combine));
    if (node == NULL) return -1;
    *(struct combine *)node->config = (struct combine){activation};
    if (!check_shapes(g, parts, forks)) {
        return mq_build_fail(g,
                             "%s: not (B, F, H, any), (B, F, L) and (B, T + H, L) with %lld forks",
                             name, (long long)forks.n);
    }
    const struct mq_shape own = mq_graph_shape(g, parts->own[0]);
    const int64_t L = mq_graph_shape(g, parts->agnostic).size[2];
    const int64_t dates = mq_graph_shape(g, parts->dated).size[1];
    if (!mq_node_fork(g, node, forks, dates - own.size[2])) return -1;
    if (!declare(g, node, parts, L)) return -1;
    mq_node_activates(node, activation);
    return mq_node_yields(g, node, mq_shape_with_last(own, L));
}
