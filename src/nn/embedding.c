// Rows of tables by category code.
#include "nn/op.h"

#include <stdio.h>
#include <string.h>

#include "mq/tensor/vecmath.h"

// Per column of codes, from the parameter's shape (cardinality + 1, width).
static struct mq_shape table_shape(const struct mq_exec *exec, const struct mq_node *node, int j)
{
    return exec->graph->params->table[node->param[j]].shape;
}

// Codes 1 .. rows-1 are known; everything else, NaN included, is row 0.
static int64_t row_of(mq_real code, int64_t rows)
{
    return code >= 1 && code <= (mq_real)(rows - 1) ? (int64_t)code : 0;
}

static void embedding_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view codes = mq_node_in(exec, node, 0);
    const struct mq_view y = mq_node_out(exec, node);
    for (int64_t b = 0; b < y.size[0]; b++) {
        mq_real *to = y.data + b * y.size[1];
        for (int j = 0; j < node->n_params; j++) {
            const struct mq_shape table = table_shape(exec, node, j);
            const int64_t row = row_of(codes.data[b * codes.stride[0] + j], table.size[0]);
            memcpy(to, mq_node_param(exec, node, j) + row * table.size[1],
                   (size_t)table.size[1] * sizeof(mq_real));
            to += table.size[1];
        }
    }
}

static void embedding_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view codes = mq_node_in(exec, node, 0);
    const struct mq_view dy = mq_node_dout(exec, node);
    for (int64_t b = 0; b < dy.size[0]; b++) {
        const mq_real *from = dy.data + b * dy.size[1];
        for (int j = 0; j < node->n_params; j++) {
            const struct mq_shape table = table_shape(exec, node, j);
            const int64_t row = row_of(codes.data[b * codes.stride[0] + j], table.size[0]);
            mq_vec_add(table.size[1], from, mq_node_dparam(exec, node, j) + row * table.size[1]);
            from += table.size[1];
        }
    }
}

static const struct mq_op embedding_op = {"embedding", embedding_forward, embedding_backward};

mq_value mq_embedding(struct mq_graph *g, const char *name, mq_value codes, int64_t n,
                      const int64_t cardinality[], const int64_t width[])
{
    struct mq_node *node = mq_node_new(g, &embedding_op, name, &codes, 1, 0);
    if (node == NULL) return -1;
    const struct mq_shape shape = mq_graph_shape(g, codes);
    if (shape.rank != 2 || shape.size[1] != n) {
        return mq_build_fail(g, "%s: codes are not (B, %lld)", name, (long long)n);
    }
    node->in[0].is_read_back = true;
    node->in[0].can_overwrite = false; // codes are not differentiable: their gradient is zero
    int64_t total = 0;
    for (int64_t j = 0; j < n; j++) {
        char suffix[24];
        (void)snprintf(suffix, sizeof suffix, "%lld", (long long)j);
        if (!mq_node_declare(g, node, suffix, mq_shape2(cardinality[j] + 1, width[j]),
                             cardinality[j] + 1, width[j], MQ_INIT_EMBEDDING)) {
            return -1;
        }
        total += width[j];
    }
    return mq_node_yields(g, node, mq_shape2(shape.size[0], total));
}
