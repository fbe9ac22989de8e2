// LSTM over a whole sequence.
//
// Kept arrays are time-major: joined[t] = [x_t ; h_{t-1}] makes the step one product with the input
// and recurrent weights, which lie one after the other, and the gradient of both one product over
// all steps. What does not change with time, bias and fixed inputs, is computed once per series.
//
// Steps have few rows, so their products are as fast as weights come from the second-level cache,
// and that is half as fast where vectors lie across cache lines: both directions read copies whose
// rows begin with a line.
#include "nn/op.h"

#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { X, FIXED };
enum { JOINED, GATES, CELLS, SQUASHED, CONSTANT, WEIGHT, DHIDDEN, DCELL, DCONSTANT, TURNED };

struct lstm {
    int64_t hidden;
    bool has_fixed;
    bool has_states; ///< the output holds the cells behind the columns of h
    int fixed_weight; ///< positions among the node's parameters
    int weight; ///< input, then recurrent
    int bias;
};

// Sizes and arrays of one call.
struct run {
    const struct lstm *lstm;
    int64_t B, T, I, H;
    bool is_kept; ///< every step has its own row of arrays
    mq_real *joined, *gates, *cells, *squashed;
};

static struct run run_of(const struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view x = mq_node_in(exec, node, X);
    const struct lstm *lstm = node->config;
    return (struct run){.lstm = lstm,
                        .B = x.size[0],
                        .T = x.size[1],
                        .I = x.size[2],
                        .H = lstm->hidden,
                        .is_kept = mq_exec_is_training(exec),
                        .joined = mq_node_buffer(exec, node, JOINED),
                        .gates = mq_node_buffer(exec, node, GATES),
                        .cells = mq_node_buffer(exec, node, CELLS),
                        .squashed = mq_node_buffer(exec, node, SQUASHED)};
}

static mq_real *joined_at(const struct run *run, int64_t t)
{
    return run->joined + (run->is_kept ? t : 0) * run->B * (run->I + run->H);
}

static mq_real *gates_at(const struct run *run, int64_t t)
{
    return run->gates + (run->is_kept ? t : 0) * run->B * 4 * run->H;
}

// c_{t-1} is at t, c_t at t + 1; without keeping, the two alternate.
static mq_real *cell_at(const struct run *run, int64_t t)
{
    return run->cells + (run->is_kept ? t : t % 2) * run->B * run->H;
}

static mq_real *squashed_at(const struct run *run, int64_t t)
{
    return run->squashed + (run->is_kept ? t : 0) * run->B * run->H;
}

// constant (B, 4H) = bias + fixed Wf.
static void fill_constant(const struct mq_exec *exec, const struct mq_node *node,
                          const struct run *run, mq_real *constant)
{
    const int64_t gates = 4 * run->H;
    const mq_real *bias = mq_node_param(exec, node, run->lstm->bias);
    for (int64_t b = 0; b < run->B; b++) {
        memcpy(constant + b * gates, bias, (size_t)gates * sizeof *constant);
    }
    if (!run->lstm->has_fixed) return;
    mq_matmul(mq_node_in(exec, node, FIXED), mq_node_param(exec, node, run->lstm->fixed_weight), 1,
              mq_view_of(constant, mq_shape2(run->B, gates)));
}

static void join(const struct run *run, struct mq_view x, struct mq_view h, int64_t t)
{
    mq_real *to = joined_at(run, t);
    for (int64_t b = 0; b < run->B; b++, to += run->I + run->H) {
        memcpy(to, x.data + b * x.stride[0] + t * x.stride[1], (size_t)run->I * sizeof *to);
        if (t == 0) {
            memset(to + run->I, 0, (size_t)run->H * sizeof *to);
        } else {
            memcpy(to + run->I, h.data + b * h.stride[0] + (t - 1) * h.stride[1],
                   (size_t)run->H * sizeof *to);
        }
    }
}

// Beside h_t in the output.
static void put_cells(const struct run *run, struct mq_view states, int64_t t)
{
    for (int64_t b = 0; b < run->B; b++)
        memcpy(states.data + b * states.stride[0] + t * states.stride[1] + run->H,
               cell_at(run, t + 1) + b * run->H, (size_t)run->H * sizeof(mq_real));
}

static void lstm_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct run run = run_of(exec, node);
    const struct mq_view x = mq_node_in(exec, node, X);
    const struct mq_view h = mq_node_out(exec, node);
    const int64_t width = run.I + run.H, gates = 4 * run.H;
    mq_real *constant = mq_node_buffer(exec, node, CONSTANT);
    mq_real *weight = mq_node_buffer(exec, node, WEIGHT);
    memcpy(weight, mq_node_param(exec, node, run.lstm->weight),
           (size_t)(width * gates) * sizeof *weight);
    fill_constant(exec, node, &run, constant);
    memset(cell_at(&run, 0), 0, (size_t)(run.B * run.H) * sizeof(mq_real));
    for (int64_t t = 0; t < run.T; t++) {
        mq_real *gate = gates_at(&run, t);
        join(&run, x, h, t);
        memcpy(gate, constant, (size_t)(run.B * gates) * sizeof *gate);
        mq_gemm_nn(run.B, gates, width, joined_at(&run, t), width, weight, gates, 1, gate, gates);
        mq_lstm_cell(run.B, run.H, gate, cell_at(&run, t), cell_at(&run, t + 1),
                     squashed_at(&run, t), h.data + t * h.stride[1], h.stride[0]);
        if (run.lstm->has_states) put_cells(&run, h, t);
    }
}

// (B, T, 4H)
static struct mq_view gates_by_series(const struct run *run)
{
    const int64_t gates = 4 * run->H;
    return (struct mq_view){run->gates, 3, {run->B, run->T, gates}, {gates, run->B * gates, 1}};
}

// Gradients of what is constant over time, from the sum over time of dgates.
static void constant_back(struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                          mq_real *dconstant)
{
    const int64_t gates = 4 * run->H;
    mq_rows_sum(run->B, gates, dconstant, mq_node_dparam(exec, node, run->lstm->bias));
    if (!run->lstm->has_fixed) return;
    const struct mq_view d = mq_view_of(dconstant, mq_shape2(run->B, gates));
    const struct mq_view dfixed = mq_node_din(exec, node, FIXED);
    const int fixed_weight = run->lstm->fixed_weight;
    mq_matmul_dw(mq_node_in(exec, node, FIXED), d, mq_node_dparam(exec, node, fixed_weight));
    if (dfixed.data) {
        mq_matmul_dx(d, mq_node_param(exec, node, fixed_weight), mq_node_beta(exec, FIXED), dfixed);
    }
}

static void lstm_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct run run = run_of(exec, node);
    const struct mq_view dh = mq_node_dout(exec, node);
    const struct mq_view dx = mq_node_din(exec, node, X);
    const int64_t width = run.I + run.H, gates = 4 * run.H, lead = mq_round_up(run.H, MQ_LINE);
    const mq_real *input = mq_node_param(exec, node, run.lstm->weight);
    mq_real *dhidden = mq_node_buffer(exec, node, DHIDDEN);
    mq_real *dcell = mq_node_buffer(exec, node, DCELL);
    mq_real *dconstant = mq_node_buffer(exec, node, DCONSTANT);
    mq_real *turned = mq_node_buffer(exec, node, TURNED);
    mq_turn(run.H, gates, input + run.I * gates, gates, turned, lead);
    memset(dhidden, 0, (size_t)(run.B * run.H) * sizeof *dhidden);
    memset(dcell, 0, (size_t)(run.B * run.H) * sizeof *dcell);
    memset(dconstant, 0, (size_t)(run.B * gates) * sizeof *dconstant);
    for (int64_t t = run.T - 1; t >= 0; t--) {
        mq_lstm_cell_back(run.B, run.H, gates_at(&run, t), cell_at(&run, t), squashed_at(&run, t),
                          dh.data + t * dh.stride[1], dh.stride[0], dhidden, run.H, dcell);
        mq_vec_add(run.B * gates, gates_at(&run, t), dconstant);
        mq_gemm_nn(run.B, run.H, gates, gates_at(&run, t), gates, turned, lead, 0, dhidden, run.H);
    }
    mq_gemm_tn(width, gates, run.T * run.B, run.joined, width, run.gates, gates, 1,
               mq_node_dparam(exec, node, run.lstm->weight), gates);
    if (dx.data) mq_matmul_dx(gates_by_series(&run), input, mq_node_beta(exec, X), dx);
    constant_back(exec, node, &run, dconstant);
}

static const struct mq_op lstm_op = {"lstm", lstm_forward, lstm_backward};
static const struct mq_op states_op = {"lstm", lstm_forward, NULL};

// Each gate is a map of (I + S + H) numbers to H: that is its fan, whatever the block.
static bool declare(struct mq_graph *g, struct mq_node *node, int64_t I, int64_t S, int64_t H)
{
    struct lstm *lstm = node->config;
    const int64_t fan_in = I + S + H;
    lstm->has_fixed = S > 0;
    if (S > 0 &&
        !mq_node_declare(g, node, "fixed", mq_shape2(S, 4 * H), fan_in, H, MQ_INIT_GLOROT)) {
        return false;
    }
    lstm->weight = node->n_params;
    lstm->bias = lstm->weight + 2;
    if (!mq_node_declare(g, node, "input", mq_shape2(I, 4 * H), fan_in, H, MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "recurrent", mq_shape2(H, 4 * H), fan_in, H, MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(4 * H), fan_in, H, MQ_INIT_LSTM_BIAS)) {
        return false;
    }
    const struct mq_param *table = g->params->table;
    MQ_ASSERT(table[node->param[lstm->weight + 1]].offset ==
              table[node->param[lstm->weight]].offset + I * 4 * H);
    return true;
}

static void ask_for_buffers(struct mq_node *node, struct mq_shape x, int64_t H)
{
    const int64_t B = x.size[0], T = x.size[1], width = x.size[2] + H;
    mq_node_keep(node, MQ_KEPT, T * B * width, B * width);
    mq_node_keep(node, MQ_KEPT, T * B * 4 * H, B * 4 * H);
    mq_node_keep(node, MQ_KEPT, (T + 1) * B * H, 2 * B * H);
    mq_node_keep(node, MQ_KEPT, T * B * H, B * H);
    mq_node_keep(node, MQ_SCRATCH, B * 4 * H, B * 4 * H);
    mq_node_keep(node, MQ_SCRATCH, width * 4 * H, width * 4 * H);
    mq_node_keep(node, MQ_SCRATCH_BACK, B * H, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, B * H, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, B * 4 * H, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, 4 * H * mq_round_up(H, MQ_LINE), 0);
}

static void count_flops(struct mq_node *node, struct mq_shape x, int64_t S, int64_t H)
{
    const double each = 2.0 * (double)(x.size[0] * 4 * H);
    const double steps = (double)x.size[1];
    const double input = each * steps * (double)x.size[2];
    const double recurrent = each * steps * (double)H;
    const double fixed = each * (double)S;
    node->forward_flops = input + recurrent + fixed;
    node->backward_flops = input + 2 * recurrent + fixed;
    node->in[X].flops = input;
    if (S > 0) node->in[FIXED].flops = fixed;
}

static mq_value add(struct mq_graph *g, const struct mq_op *op, const char *name, mq_value x,
                    mq_value fixed, int64_t hidden)
{
    const mq_value in[] = {x, fixed};
    struct mq_node *node = mq_node_new(g, op, name, in, fixed >= 0 ? 2 : 1, sizeof(struct lstm));
    if (node == NULL) return -1;
    node->is_recurrent = true;
    const struct mq_shape shape = mq_graph_shape(g, x);
    const struct mq_shape still = mq_graph_shape(g, fixed);
    if (shape.rank != 3 || (fixed >= 0 && (still.rank != 2 || still.size[0] != shape.size[0]))) {
        return mq_build_fail(g, "%s: x is not (B, T, I) or fixed not (B, S)", name);
    }
    const int64_t S = fixed >= 0 ? still.size[1] : 0;
    *(struct lstm *)node->config = (struct lstm){.hidden = hidden, .has_states = op == &states_op};
    if (!declare(g, node, shape.size[2], S, hidden)) return -1;
    ask_for_buffers(node, shape, hidden);
    count_flops(node, shape, S, hidden);
    if (S > 0) node->in[FIXED].is_read_back = true;
    const int64_t out = op == &states_op ? 2 * hidden : hidden;
    return mq_node_yields(g, node, mq_shape3(shape.size[0], shape.size[1], out));
}

mq_value mq_lstm(struct mq_graph *g, const char *name, mq_value x, mq_value fixed, int64_t hidden)
{
    return add(g, &lstm_op, name, x, fixed, hidden);
}

mq_value mq_lstm_states(struct mq_graph *g, const char *name, mq_value x, mq_value fixed,
                        int64_t hidden)
{
    return add(g, &states_op, name, x, fixed, hidden);
}
