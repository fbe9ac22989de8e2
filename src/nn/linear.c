// Linear layers over the last dimension: y = activation(x W + b), and the bare product x W.
#include "nn/op.h"

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { WEIGHT, BIAS }; // the weight is parameter 0, as for the product of input 0

struct linear {
    enum mq_activation activation;
};

// Some of the series of a batch: they are done a few at a time, so that what a product writes is
// still near for the loops after it, and what a loop writes for the products.
struct piece {
    int64_t begin;
    int64_t n;
};
enum { NEAR_BYTES = 512 * 1024 };

// Moves on to the next piece; false behind the last one.
static bool next_piece(struct mq_view y, struct piece *piece)
{
    const int64_t each = mq_shape_count(mq_view_shape(y)) / y.size[0] * (int64_t)sizeof(mq_real);
    piece->begin += piece->n;
    piece->n = mq_min_i64(y.size[0] - piece->begin, mq_max_i64(1, NEAR_BYTES / each));
    return piece->n > 0;
}

static struct mq_view piece_of(struct mq_view x, struct piece piece)
{
    return x.data ? mq_view_slice(x, 0, piece.begin, piece.n) : x;
}

// Input i is mapped by parameter i.
static void product_piece(struct mq_exec *exec, const struct mq_node *node, struct piece piece)
{
    const struct mq_view y = piece_of(mq_node_out(exec, node), piece);
    for (int i = 0; i < node->n_in; i++) {
        mq_matmul(piece_of(mq_node_in(exec, node, i), piece), mq_node_param(exec, node, i),
                  i == 0 ? 0 : 1, y);
    }
}

static void product_piece_back(struct mq_exec *exec, const struct mq_node *node, struct piece piece)
{
    const struct mq_view dy = piece_of(mq_node_dout(exec, node), piece);
    for (int i = 0; i < node->n_in; i++) {
        const struct mq_view dx = piece_of(mq_node_din(exec, node, i), piece);
        mq_matmul_dw(piece_of(mq_node_in(exec, node, i), piece), dy, mq_node_dparam(exec, node, i));
        if (dx.data) mq_matmul_dx(dy, mq_node_param(exec, node, i), mq_node_beta(exec, i), dx);
    }
}

static void product_forward(struct mq_exec *exec, const struct mq_node *node)
{
    struct piece piece = {0};
    while (next_piece(mq_node_out(exec, node), &piece))
        product_piece(exec, node, piece);
}

static void product_backward(struct mq_exec *exec, const struct mq_node *node)
{
    struct piece piece = {0};
    while (next_piece(mq_node_dout(exec, node), &piece))
        product_piece_back(exec, node, piece);
}

static void linear_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct linear *linear = node->config;
    struct piece piece = {0};
    while (next_piece(mq_node_out(exec, node), &piece)) {
        const struct mq_view y = piece_of(mq_node_out(exec, node), piece);
        const int64_t n = mq_shape_count(mq_view_shape(y)), out = y.size[y.rank - 1];
        product_piece(exec, node, piece);
        mq_rows_add(n / out, out, mq_node_param(exec, node, BIAS), y.data);
        mq_activate(linear->activation, n, y.data);
    }
}

static void linear_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct linear *linear = node->config;
    struct piece piece = {0};
    while (next_piece(mq_node_dout(exec, node), &piece)) {
        const struct mq_view y = piece_of(mq_node_out(exec, node), piece);
        const struct mq_view dy = piece_of(mq_node_dout(exec, node), piece);
        const int64_t n = mq_shape_count(mq_view_shape(dy)), out = dy.size[dy.rank - 1];
        mq_activate_back(linear->activation, n, y.data, dy.data);
        mq_rows_sum(n / out, out, dy.data, mq_node_dparam(exec, node, BIAS));
        product_piece_back(exec, node, piece);
    }
}

static const struct mq_op linear_op = {"linear", linear_forward, linear_backward};
static const struct mq_op product_op = {"product", product_forward, product_backward};

// Products of all rows of the inputs with matrices (in, out).
static mq_value yield_products(struct mq_graph *g, struct mq_node *node, int64_t out)
{
    for (int i = 0; i < node->n_in; i++) {
        struct mq_edge *edge = &node->in[i];
        edge->is_read_back = true;
        edge->flops = 2.0 * (double)mq_shape_count(mq_graph_shape(g, edge->value)) * (double)out;
        node->forward_flops += edge->flops;
        node->backward_flops += edge->flops;
    }
    const struct mq_shape first = mq_graph_shape(g, node->in[0].value);
    return mq_node_yields(g, node, mq_shape_with_last(first, out));
}

mq_value mq_linear(struct mq_graph *g, const char *name, mq_value x, int64_t out,
                   enum mq_activation activation)
{
    struct mq_node *node = mq_node_new(g, &linear_op, name, &x, 1, sizeof(struct linear));
    if (node == NULL) return -1;
    *(struct linear *)node->config = (struct linear){activation};
    node->is_output_read = activation != MQ_LINEAR;
    const struct mq_shape shape = mq_graph_shape(g, x);
    const int64_t in = shape.size[shape.rank - 1];
    if (!mq_node_declare(g, node, "weight", mq_shape2(in, out), in, out, MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(out), in, out, MQ_INIT_ZERO)) {
        return -1;
    }
    return yield_products(g, node, out);
}

mq_value mq_product(struct mq_graph *g, const char *name, mq_value x, int64_t out, int64_t fan_in)
{
    struct mq_node *node = mq_node_new(g, &product_op, name, &x, 1, 0);
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, x);
    const int64_t in = shape.size[shape.rank - 1];
    if (!mq_node_declare(g, node, NULL, mq_shape2(in, out), fan_in, out, MQ_INIT_GLOROT)) return -1;
    return yield_products(g, node, out);
}

mq_value mq_products(struct mq_graph *g, const char *name, const mq_value x[],
                     const char *const part[], int64_t n, int64_t out, int64_t fan_in)
{
    struct mq_node *node = mq_node_new(g, &product_op, name, x, n, 0);
    if (node == NULL) return -1;
    const struct mq_shape first = mq_graph_shape(g, x[0]);
    for (int64_t i = 0; i < n; i++) {
        const struct mq_shape shape = mq_graph_shape(g, x[i]);
        const int64_t in = shape.size[shape.rank - 1];
        if (!mq_shape_equal(mq_shape_with_last(shape, 1), mq_shape_with_last(first, 1)))
            return mq_build_fail(g, "%s: %s has other rows than %s", name, part[i], part[0]);
        if (!mq_node_declare(g, node, part[i], mq_shape2(in, out), fan_in, out, MQ_INIT_GLOROT))
            return -1;
    }
    return yield_products(g, node, out);
}
