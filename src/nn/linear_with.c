// A linear layer over [x_t ; fixed]: what is the same at every step is mapped once per series.
#include "nn/op.h"

#include <string.h>

#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { X, FIXED };
enum { CONSTANT, DCONSTANT };

struct with {
    enum mq_activation activation;
    int64_t plain; ///< leading columns without bias
    int fixed; ///< positions among the node's parameters, -1 where there is none
    int bias;
};

// constant[b] = fixed[b] V + bias.
static void fill_constant(struct mq_exec *exec, const struct mq_node *node, struct mq_view constant)
{
    const struct with *with = node->config;
    const int64_t B = constant.size[0], out = constant.size[1], plain = with->plain;
    if (with->fixed >= 0) {
        mq_matmul(mq_node_in(exec, node, FIXED), mq_node_param(exec, node, with->fixed), 0,
                  constant);
    } else {
        memset(constant.data, 0, (size_t)(B * out) * sizeof *constant.data);
    }
    for (int64_t b = 0; with->bias >= 0 && b < B; b++) {
        mq_vec_add(out - plain, mq_node_param(exec, node, with->bias),
                   constant.data + b * out + plain);
    }
}

static void with_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct with *with = node->config;
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t B = y.size[0], F = y.size[1], out = y.size[2];
    mq_real *constant = mq_node_buffer(exec, node, CONSTANT);
    fill_constant(exec, node, mq_view_of(constant, mq_shape2(B, out)));
    mq_matmul(mq_node_in(exec, node, X), mq_node_param(exec, node, 0), 0, y);
    for (int64_t b = 0; b < B; b++)
        mq_activate_rows(with->activation, F, out, constant + b * out, y.data + b * F * out);
}

// Gradients of what is constant over time, from the sum over time of dy.
static void constant_back(struct mq_exec *exec, const struct mq_node *node, struct mq_view d)
{
    const struct with *with = node->config;
    const int64_t B = d.size[0], out = d.size[1], plain = with->plain;
    for (int64_t b = 0; with->bias >= 0 && b < B; b++) {
        mq_vec_add(out - plain, d.data + b * out + plain, mq_node_dparam(exec, node, with->bias));
    }
    if (with->fixed < 0) return;
    const struct mq_view dfixed = mq_node_din(exec, node, FIXED);
    mq_matmul_dw(mq_node_in(exec, node, FIXED), d, mq_node_dparam(exec, node, with->fixed));
    if (dfixed.data) {
        mq_matmul_dx(d, mq_node_param(exec, node, with->fixed), mq_node_beta(exec, FIXED), dfixed);
    }
}

static void with_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct with *with = node->config;
    const struct mq_view dx = mq_node_din(exec, node, X);
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t B = dy.size[0], F = dy.size[1], out = dy.size[2];
    mq_real *dconstant = mq_node_buffer(exec, node, DCONSTANT);
    mq_node_activate_back(node, with->activation, B * F * out, mq_node_out(exec, node).data,
                          dy.data);
    memset(dconstant, 0, (size_t)(B * out) * sizeof *dconstant);
    for (int64_t b = 0; b < B; b++)
        mq_rows_sum(F, out, dy.data + b * F * out, dconstant + b * out);
    constant_back(exec, node, mq_view_of(dconstant, mq_shape2(B, out)));
    mq_matmul_dw(mq_node_in(exec, node, X), dy, mq_node_dparam(exec, node, 0));
    if (dx.data == NULL) return;
    mq_matmul_dx(dy, mq_node_param(exec, node, 0), mq_node_beta(exec, X), dx);
    mq_node_rectify(node, X, mq_node_in(exec, node, X), dx);
}

static const struct mq_op with_op = {"linear_with", with_forward, with_backward};

static bool declare(struct mq_graph *g, struct mq_node *node, int64_t I, int64_t S, int64_t out)
{
    struct with *with = node->config;
    const int64_t fan_in = I + S;
    with->fixed = with->bias = -1;
    if (!mq_node_declare(g, node, "weight", mq_shape2(I, out), fan_in, out, MQ_INIT_GLOROT))
        return false;
    if (S > 0) {
        with->fixed = node->n_params;
        if (!mq_node_declare(g, node, "fixed", mq_shape2(S, out), fan_in, out, MQ_INIT_GLOROT))
            return false;
    }
    if (with->plain == out) return true;
    with->bias = node->n_params;
    return mq_node_declare(g, node, "bias", mq_shape1(out - with->plain), fan_in, out,
                           MQ_INIT_ZERO);
}

mq_value mq_linear_with(struct mq_graph *g, const char *name, mq_value x, mq_value fixed,
                        int64_t out, int64_t plain, enum mq_activation activation)
{
    struct mq_node *node = mq_node_new(g, &with_op, name, (mq_value[]){x, fixed},
                                       fixed >= 0 ? 2 : 1, sizeof(struct with));
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    const struct mq_shape still = mq_graph_shape(g, fixed);
    if (shape.rank != 3 || (fixed >= 0 && (still.rank != 2 || still.size[0] != shape.size[0])) ||
        plain < 0 || plain > out) {
        return mq_build_fail(g, "%s: x is not (B, T, I) or fixed not (B, S)", name);
    }
    const int64_t B = shape.size[0], I = shape.size[2], S = fixed >= 0 ? still.size[1] : 0;
    *(struct with *)node->config = (struct with){.activation = activation, .plain = plain};
    if (!declare(g, node, I, S, out)) return -1;
    mq_node_keep(node, MQ_SCRATCH, B * out, B * out);
    mq_node_keep(node, MQ_SCRATCH_BACK, B * out, 0);
    node->in[X].is_read_back = true;
    node->in[X].can_rectify = true;
    node->in[X].flops = 2.0 * (double)(mq_shape_count(shape) * out);
    if (S > 0) {
        node->in[FIXED].is_read_back = true;
        node->in[FIXED].flops = 2.0 * (double)(B * S * out);
    }
    node->forward_flops = node->in[X].flops + (S > 0 ? node->in[FIXED].flops : 0);
    node->backward_flops = node->forward_flops;
    mq_node_activates(node, activation);
    return mq_node_yields(g, node, mq_shape_with_last(shape, out));
}
