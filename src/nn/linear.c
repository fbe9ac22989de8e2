// Linear layers over the last dimension: y = activation(x W + b), and the bare product x W.
#include "nn/op.h"

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { WEIGHT, BIAS };
enum { TURNED };

struct linear {
    enum mq_activation activation;
};

// Some of the series of a batch: they are done a few at a time, so that what a product writes is
// still near for the loops after it, and what a loop writes for the products.
struct stretch {
    int64_t begin;
    int64_t n;
};
enum { NEAR_BYTES = 512 * 1024 };

// Moves on to the next stretch; false behind the last one.
static bool next_stretch(struct mq_view y, struct stretch *stretch)
{
    const int64_t each = mq_shape_count(mq_view_shape(y)) / y.size[0] * (int64_t)sizeof(mq_real);
    stretch->begin += stretch->n;
    stretch->n = mq_min_i64(y.size[0] - stretch->begin, mq_max_i64(1, NEAR_BYTES / each));
    return stretch->n > 0;
}

static struct mq_view stretch_of(struct mq_view x, struct stretch stretch)
{
    return x.data ? mq_view_slice(x, 0, stretch.begin, stretch.n) : x;
}

static void product_stretch(struct mq_exec *exec, const struct mq_node *node,
                            struct stretch stretch)
{
    mq_matmul(stretch_of(mq_node_in(exec, node, 0), stretch), mq_node_param(exec, node, WEIGHT), 0,
              stretch_of(mq_node_out(exec, node), stretch));
}

// The weight as gradients by the input need it: turned once.
static const mq_real *turn_weight(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dx = mq_node_din(exec, node, 0), dy = mq_node_dout(exec, node);
    if (dx.data == NULL) return NULL;
    const int64_t in = dx.size[dx.rank - 1], out = dy.size[dy.rank - 1];
    mq_real *turned = mq_node_buffer(exec, node, TURNED);
    if (mq_exec_begins(exec)) mq_turn(in, out, mq_node_param(exec, node, WEIGHT), out, turned, in);
    return turned;
}

static void product_stretch_back(struct mq_exec *exec, const struct mq_node *node,
                                 const mq_real *turned, struct stretch stretch)
{
    const struct mq_view dy = stretch_of(mq_node_dout(exec, node), stretch);
    const struct mq_view x = stretch_of(mq_node_in(exec, node, 0), stretch);
    const struct mq_view dx = stretch_of(mq_node_din(exec, node, 0), stretch);
    mq_matmul_dw(x, dy, mq_node_dparam(exec, node, WEIGHT));
    if (dx.data == NULL) return;
    mq_matmul(dy, turned, mq_node_beta(exec, 0), dx);
    mq_node_rectify(node, 0, x, dx);
}

static void product_forward(struct mq_exec *exec, const struct mq_node *node)
{
    struct stretch stretch = {0};
    while (next_stretch(mq_node_out(exec, node), &stretch))
        product_stretch(exec, node, stretch);
}

static void product_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const mq_real *turned = turn_weight(exec, node);
    struct stretch stretch = {0};
    while (next_stretch(mq_node_dout(exec, node), &stretch))
        product_stretch_back(exec, node, turned, stretch);
}

static void linear_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct linear *linear = node->config;
    struct stretch stretch = {0};
    while (next_stretch(mq_node_out(exec, node), &stretch)) {
        const struct mq_view y = stretch_of(mq_node_out(exec, node), stretch);
        const int64_t n = mq_shape_count(mq_view_shape(y)), out = y.size[y.rank - 1];
        product_stretch(exec, node, stretch);
        mq_activate_rows(linear->activation, n / out, out, mq_node_param(exec, node, BIAS), y.data);
    }
}

static void linear_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct linear *linear = node->config;
    const mq_real *turned = turn_weight(exec, node);
    struct stretch stretch = {0};
    while (next_stretch(mq_node_dout(exec, node), &stretch)) {
        const struct mq_view y = stretch_of(mq_node_out(exec, node), stretch);
        const struct mq_view dy = stretch_of(mq_node_dout(exec, node), stretch);
        const int64_t n = mq_shape_count(mq_view_shape(dy)), out = dy.size[dy.rank - 1];
        mq_node_activate_back(node, linear->activation, n, y.data, dy.data);
        mq_rows_sum(n / out, out, dy.data, mq_node_dparam(exec, node, BIAS));
        product_stretch_back(exec, node, turned, stretch);
    }
}

static const struct mq_op linear_op = {"linear", linear_forward, linear_backward};
static const struct mq_op product_op = {"product", product_forward, product_backward};

// The product of all rows of the input with a matrix (in, out).
static mq_value yield_product(struct mq_graph *g, struct mq_node *node, struct mq_shape x,
                              int64_t out)
{
    const double flops = 2.0 * (double)mq_shape_count(x) * (double)out;
    node->in[0].is_by_fork = x.rank >= 3;
    node->in[0].is_read_back = true;
    node->in[0].can_rectify = true;
    node->in[0].flops = node->forward_flops = node->backward_flops = flops;
    mq_node_keep(node, MQ_LASTING, x.size[x.rank - 1] * out, 0);
    return mq_node_yields(g, node, mq_shape_with_last(x, out));
}

mq_value mq_linear(struct mq_graph *g, const char *name, mq_value x, int64_t out,
                   enum mq_activation activation)
{
    struct mq_node *node = mq_node_new(g, &linear_op, name, &x, 1, sizeof(struct linear));
    if (node == NULL) return -1;
    *(struct linear *)node->config = (struct linear){activation};
    mq_node_activates(node, activation);
    const struct mq_shape shape = mq_graph_shape(g, x);
    const int64_t in = shape.size[shape.rank - 1];
    if (!mq_node_declare(g, node, "weight", mq_shape2(in, out), in, out, MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(out), in, out, MQ_INIT_ZERO)) {
        return -1;
    }
    return yield_product(g, node, shape, out);
}

mq_value mq_product(struct mq_graph *g, const char *name, mq_value x, int64_t out, int64_t fan_in)
{
    struct mq_node *node = mq_node_new(g, &product_op, name, &x, 1, 0);
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    const int64_t in = shape.size[shape.rank - 1];
    if (!mq_node_declare(g, node, NULL, mq_shape2(in, out), fan_in, out, MQ_INIT_GLOROT)) return -1;
    return yield_product(g, node, shape, out);
}
