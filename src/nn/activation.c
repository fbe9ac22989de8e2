// Pointwise activations by name; all derivatives are functions of the output.
#include "nn/op.h"

#include "mq/tensor/runs.h"
#include "mq/tensor/vecmath.h"

void mq_activate(enum mq_activation activation, int64_t n, mq_real *y)
{
    switch (activation) {
    case MQ_LINEAR:
        break;
    case MQ_RELU:
        mq_vec_relu(n, y);
        break;
    case MQ_TANH:
        mq_vec_tanh(n, y);
        break;
    case MQ_SIGMOID:
        mq_vec_sigmoid(n, y);
        break;
    case MQ_ELU:
        mq_vec_elu(n, y);
        break;
    }
}

void mq_activate_rows(enum mq_activation activation, int64_t rows, int64_t cols,
                      const mq_real *bias, mq_real *y)
{
    if (activation == MQ_RELU) {
        mq_rows_add_relu(rows, cols, bias, y);
    } else {
        mq_rows_add(rows, cols, bias, y);
        mq_activate(activation, rows * cols, y);
    }
}

void mq_activate_back(enum mq_activation activation, int64_t n, const mq_real *y, mq_real *dy)
{
    switch (activation) {
    case MQ_LINEAR:
        break;
    case MQ_RELU:
        mq_vec_relu_back(n, y, dy);
        break;
    case MQ_TANH:
        mq_vec_tanh_back(n, y, dy);
        break;
    case MQ_SIGMOID:
        mq_vec_sigmoid_back(n, y, dy);
        break;
    case MQ_ELU:
        mq_vec_elu_back(n, y, dy);
        break;
    }
}

void mq_node_activate_back(const struct mq_node *node, enum mq_activation activation, int64_t n,
                           const mq_real *y, mq_real *dy)
{
    if (!node->is_rectified) mq_activate_back(activation, n, y, dy);
}

void mq_node_rectify(const struct mq_node *node, int i, struct mq_view x, struct mq_view dx)
{
    if (node->in[i].rectifies) mq_view_relu_back(x, dx);
}
