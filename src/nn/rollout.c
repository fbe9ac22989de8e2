// Stock replayed period by period under a network that orders: sizes, and the way forwards.
//
// Weights are shared by all periods and all products, so a period is a few products of matrices with
// one row per product; what meets demand, is lost and costs is base/stock.h's.
#include "nn/rollout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/base/address.h"
#include "mq/tensor/vecmath.h"

static int64_t oldest_order(const struct mq_rollout *sizes)
{
    return sizes->lead + mq_max_i64(sizes->n_delays, 1) - 1;
}

struct run rollout_run(const struct mq_exec *exec, const struct mq_node *node)
{
    const struct rollout *rollout = node->config;
    const struct mq_view base = mq_node_in(exec, node, BASE);
    const int64_t oldest = oldest_order(&rollout->sizes);
    return (struct run){.sizes = &rollout->sizes,
                        .B = base.size[0],
                        .F = base.size[1],
                        .H = base.size[2],
                        .S = mq_max_i64(oldest, 1),
                        .oldest = oldest,
                        .is_kept = mq_exec_is_training(exec),
                        .planes = mq_node_buffer(exec, node, PLANES),
                        .states = mq_node_buffer(exec, node, STATES),
                        .activations = mq_node_buffer(exec, node, ACTIVATIONS),
                        .stock = mq_node_buffer(exec, node, STOCKS)};
}

// ---- what no order changes ----------------------------------------------------------------------

static double at(struct mq_view x, int64_t b, int64_t i)
{
    return (double)x.data[b * x.stride[0] + i * x.stride[1]];
}

// What demand is counted in, and its mean.
static double unit_at(struct mq_view scale, struct mq_view level, int64_t b, int64_t step)
{
    return at(scale, b, step) * (1 + fmax(at(level, b, step), 0));
}

static double mean_at(struct mq_view scale, struct mq_view level, int64_t b, int64_t step)
{
    const double mean = at(scale, b, step) * at(level, b, step);
    return mean > 0 ? mean : at(scale, b, step);
}

static void fill_demand(const struct mq_exec *exec, const struct mq_node *node,
                        const struct run *run, int64_t b)
{
    const struct mq_view scale = mq_node_in(exec, node, SCALE);
    const struct mq_view level = mq_node_in(exec, node, LEVEL);
    const struct mq_view weight = mq_node_in(exec, node, WEIGHT);
    const int64_t last = mq_node_step(node, run->F - 1);
    const double each = at(weight, b, last) / unit_at(scale, level, b, last);
    for (int64_t t = 0; t < run->F; t++) {
        const int64_t step = mq_node_step(node, t);
        const bool has_begun = at(weight, b, step) > 0;
        const double mask = has_begun ? at(mq_node_in(exec, node, MASK), b, step + 1) : 0;
        const double demand = mask > 0 ? at(mq_node_in(exec, node, TARGET), b, step + 1) : 0;
        const double initial = node->n_in > STOCK
                                   ? (double)mq_node_in(exec, node, STOCK).data[b]
                                   : run->sizes->initial * mean_at(scale, level, b, step);
        plane_at(run, DEMAND, t)[b] = (mq_real)demand;
        plane_at(run, COUNTS, t)[b] = (mq_real)(t < run->sizes->warmup ? 0 : each * mask);
        plane_at(run, UNIT, t)[b] = (mq_real)(has_begun ? unit_at(scale, level, b, step) : 0);
        plane_at(run, INITIAL, t)[b] = (mq_real)initial;
    }
}

// A training step draws anew; elsewhere the step is 0, and a product's delays are its own.
static void fill_ages(const struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                      int64_t b)
{
    enum { VISITS = 1 << 24 };
    const struct mq_rollout *sizes = run->sizes;
    const struct mq_view address = mq_node_in(exec, node, ADDRESS);
    const int64_t T = mq_node_in(exec, node, SCALE).size[1];
    const struct mq_address own = mq_address_get(address.data + b * address.stride[0]);
    struct mq_stock_order order = {
        .seed = sizes->seed, .series = own.series, .visit = exec->dropout_step % VISITS};
    for (int64_t t = 0; t < run->F; t++) {
        order.period = own.end - (T - 1) + mq_node_step(node, t) + 1;
        plane_at(run, AGE, t)[b] =
            (mq_real)(sizes->lead + mq_stock_delay(sizes->delay, sizes->n_delays, order));
    }
}

// ---- one period ---------------------------------------------------------------------------------

static void receive(const struct run *run, int64_t t)
{
    mq_real *restrict stock = run->stock;
    for (int64_t age = mq_max_i64(run->sizes->lead, 1); age <= mq_min_i64(run->oldest, t); age++) {
        const mq_real *restrict order = plane_at(run, ORDER, t - age);
        const mq_real *restrict arrives = plane_at(run, AGE, t - age);
        for (int64_t b = 0; b < run->B; b++)
            stock[b] += arrives[b] == (mq_real)age ? order[b] : 0;
    }
    const mq_real *unit = plane_at(run, UNIT, t);
    const mq_real *initial = plane_at(run, INITIAL, t);
    for (int64_t b = 0; b < run->B; b++) {
        const bool has_begun_before = t > 0 && plane_at(run, UNIT, t - 1)[b] > 0;
        if (t == 0 || (unit[b] > 0 && !has_begun_before)) stock[b] = initial[b];
    }
}

static void tell_state(const struct run *run, int64_t t)
{
    mq_real *states = states_at(run, t);
    const mq_real *unit = plane_at(run, UNIT, t);
    for (int64_t b = 0; b < run->B; b++)
        states[b * run->S] = unit[b] > 0 ? run->stock[b] / unit[b] : 0;
    for (int64_t age = 1; age < run->S; age++) {
        if (age > t) {
            for (int64_t b = 0; b < run->B; b++)
                states[b * run->S + age] = 0;
            continue;
        }
        const mq_real *order = plane_at(run, ORDER, t - age);
        const mq_real *arrives = plane_at(run, AGE, t - age);
        for (int64_t b = 0; b < run->B; b++)
            states[b * run->S + age] =
                unit[b] > 0 && arrives[b] > (mq_real)age ? order[b] / unit[b] : 0;
    }
}

static void say(const struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                int64_t t)
{
    const struct mq_view base = mq_node_in(exec, node, BASE);
    const int64_t B = run->B, H = run->H, layers = run->sizes->layers;
    mq_real *y = activations_at(run, 0, t);
    for (int64_t b = 0; b < B; b++)
        memcpy(y + b * H, base.data + b * base.stride[0] + t * base.stride[1],
               (size_t)H * sizeof *y);
    mq_gemm_nn(B, H, run->S, states_at(run, t), run->S, mq_node_param(exec, node, STATE_WEIGHT), H,
               1, y, H);
    mq_vec_elu(B * H, y);
    for (int l = 1; l < layers; l++) {
        const mq_real *x = y;
        y = activations_at(run, l, t);
        mq_gemm_nn(B, H, H, x, H, mq_node_param(exec, node, 2 * l - 1), H, 0, y, H);
        mq_rows_add(B, H, mq_node_param(exec, node, 2 * l), y);
        mq_vec_elu(B * H, y);
    }
    const int last = (int)(2 * layers);
    mq_real *said = plane_at(run, SAID, t);
    mq_gemm_nn(B, 1, H, y, H, mq_node_param(exec, node, last - 1), 1, 0, said, 1);
    mq_rows_add(B, 1, mq_node_param(exec, node, last), said);
    const mq_real *states = states_at(run, t);
    for (int64_t b = 0; b < B; b++)
        for (int64_t s = 0; s < run->S; s++)
            said[b] -= states[b * run->S + s];
}

static void place_order(const struct run *run, int64_t t)
{
    mq_real *order = plane_at(run, ORDER, t);
    const mq_real *arrives = plane_at(run, AGE, t);
    const mq_real *unit = plane_at(run, UNIT, t);
    if (is_review(run, t)) {
        memcpy(order, plane_at(run, SAID, t), (size_t)run->B * sizeof *order);
        mq_vec_softplus(run->B, order);
    } else {
        memset(order, 0, (size_t)run->B * sizeof *order);
    }
    for (int64_t b = 0; b < run->B; b++) {
        order[b] *= unit[b];
        if (run->sizes->is_whole) order[b] = (mq_real)round((double)order[b]);
        if (arrives[b] == 0) run->stock[b] += order[b];
    }
}

static void meet_demand(struct mq_exec *exec, const struct run *run, int64_t t)
{
    const struct mq_rollout *sizes = run->sizes;
    const mq_real *demand = plane_at(run, DEMAND, t);
    const mq_real *counts = plane_at(run, COUNTS, t);
    double cost = 0;
    memcpy(plane_at(run, AVAILABLE, t), run->stock, (size_t)run->B * sizeof *run->stock);
    for (int64_t b = 0; b < run->B; b++) {
        const struct mq_stock_period period =
            mq_stock_meet((double)run->stock[b], (double)demand[b], sizes->is_lost);
        run->stock[b] = (mq_real)period.stock;
        // What is sold now was paid for earlier; see ops.h.
        if (counts[b] > 0)
            cost += (double)counts[b] * mq_stock_cost(&sizes->prices, &period, period.sold);
    }
    exec->loss.loss_sum += cost;
}

static void rollout_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct run run = rollout_run(exec, node);
    for (int64_t b = 0; b < run.B; b++) {
        fill_demand(exec, node, &run, b);
        fill_ages(exec, node, &run, b);
    }
    for (int64_t t = 0; t < run.F; t++) {
        receive(&run, t);
        tell_state(&run, t);
        if (is_review(&run, t)) say(exec, node, &run, t);
        place_order(&run, t);
        meet_demand(exec, &run, t);
    }
}

static void orders_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct run run = rollout_run(exec, node);
    const struct mq_view out = mq_node_out(exec, node);
    rollout_forward(exec, node);
    for (int64_t t = 0; t < run.F; t++)
        for (int64_t b = 0; b < run.B; b++)
            out.data[b * out.stride[0] + t] = plane_at(&run, ORDER, t)[b];
}

static void cost_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view mask = mq_node_in(exec, node, MASK);
    const struct mq_view weight = mq_node_in(exec, node, WEIGHT);
    const struct run run = rollout_run(exec, node);
    const int64_t last = mq_node_step(node, run.F - 1);
    rollout_forward(exec, node);
    for (int64_t t = run.sizes->warmup; t < run.F; t++) {
        const int64_t step = mq_node_step(node, t);
        for (int64_t b = 0; b < run.B; b++)
            if (at(weight, b, step) > 0)
                exec->loss.weight_sum += at(weight, b, last) * at(mask, b, step + 1);
    }
}

static const struct mq_op rollout_op = {"rollout", orders_forward, NULL};
static const struct mq_op cost_op = {"rollout_cost", cost_forward, rollout_backward};

// ---- building -----------------------------------------------------------------------------------

static bool check_shapes(struct mq_graph *g, const mq_value in[], struct mq_forks forks,
                         const struct mq_rollout *sizes)
{
    const struct mq_shape scale = mq_graph_shape(g, in[SCALE]);
    const struct mq_shape target = mq_graph_shape(g, in[TARGET]);
    const int64_t B = scale.size[0], T = scale.size[1];
    bool is_consecutive = true;
    for (int64_t f = 1; forks.at != NULL && f < forks.n; f++)
        is_consecutive = is_consecutive && forks.at[f] == forks.at[f - 1] + 1;
    return scale.rank == 2 && target.rank == 2 && target.size[0] == B && target.size[1] > T &&
           mq_shape_equal(mq_graph_shape(g, in[BASE]), mq_shape3(B, forks.n, sizes->hidden)) &&
           mq_shape_equal(mq_graph_shape(g, in[MASK]), target) &&
           mq_shape_equal(mq_graph_shape(g, in[LEVEL]), scale) &&
           mq_shape_equal(mq_graph_shape(g, in[WEIGHT]), scale) &&
           mq_shape_equal(mq_graph_shape(g, in[ADDRESS]), mq_shape2(B, 4)) &&
           (in[STOCK] < 0 || mq_shape_equal(mq_graph_shape(g, in[STOCK]), mq_shape1(B))) &&
           is_consecutive && sizes->layers >= 1 && sizes->lead >= 0 && sizes->first_review >= 0 &&
           sizes->first_review < sizes->review;
}

static bool declare(struct mq_graph *g, struct mq_node *node, const struct mq_rollout *sizes)
{
    const int64_t H = sizes->hidden, S = mq_max_i64(oldest_order(sizes), 1);
    if (!mq_node_declare(g, node, "state", mq_shape2(S, H), S, H, MQ_INIT_GLOROT)) return false;
    for (int64_t l = 1; l < sizes->layers; l++) {
        char weight[32], bias[32];
        (void)snprintf(weight, sizeof weight, "%lld.weight", (long long)l);
        (void)snprintf(bias, sizeof bias, "%lld.bias", (long long)l);
        if (!mq_node_declare(g, node, weight, mq_shape2(H, H), H, H, MQ_INIT_GLOROT) ||
            !mq_node_declare(g, node, bias, mq_shape1(H), H, H, MQ_INIT_ZERO))
            return false;
    }
    return mq_node_declare(g, node, "order.weight", mq_shape2(H, 1), H, 1, MQ_INIT_GLOROT) &&
           mq_node_declare(g, node, "order.bias", mq_shape1(1), H, 1, MQ_INIT_ZERO);
}

static void ask_for_buffers(struct mq_node *node, const struct mq_rollout *sizes, int64_t B,
                            int64_t F)
{
    const int64_t H = sizes->hidden, S = mq_max_i64(oldest_order(sizes), 1), L = sizes->layers;
    mq_node_keep(node, MQ_KEPT, PLANES_N * F * B, PLANES_N * F * B);
    mq_node_keep(node, MQ_KEPT, F * B * S, B * S);
    mq_node_keep(node, MQ_KEPT, L * F * B * H, L * B * H);
    mq_node_keep(node, MQ_SCRATCH, B, B);
    mq_node_keep(node, MQ_SCRATCH_BACK, (2 * F + 2) * B, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, B * S, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, L * F * B * H, 0);
    mq_node_keep(node, MQ_SCRATCH_BACK, H * S + (L - 1) * H * H, 0);
}

static void count_flops(struct mq_node *node, const struct mq_rollout *sizes, int64_t B, int64_t F)
{
    const int64_t H = sizes->hidden, S = mq_max_i64(oldest_order(sizes), 1);
    const double rows = (double)(B * mq_ceil_div(F, sizes->review));
    node->forward_flops = 2 * rows * (double)((S + (sizes->layers - 1) * H + 1) * H);
    node->backward_flops = 2 * node->forward_flops;
}

static struct mq_node *add(struct mq_graph *g, const struct mq_op *op, const char *name,
                           struct mq_rollout_inputs inputs, struct mq_forks forks,
                           const struct mq_rollout *sizes)
{
    const mq_value in[ROLLOUT_INPUTS] = {inputs.base,  inputs.target, inputs.mask,    inputs.scale,
                                         inputs.level, inputs.weight, inputs.address, inputs.stock};
    const size_t delays = (size_t)sizes->n_delays * sizeof *sizes->delay;
    struct mq_node *node =
        mq_node_new(g, op, name, in, STOCK + (inputs.stock >= 0), sizeof(struct rollout) + delays);
    if (node == NULL) return NULL;
    node->is_recurrent = true;
    if (!check_shapes(g, in, forks, sizes)) {
        (void)mq_build_fail(g,
                            "%s: not base (B, F, %lld) at consecutive forks, target and mask "
                            "(B, T + H), scale, level and weight (B, T)",
                            name, (long long)sizes->hidden);
        return NULL;
    }
    struct rollout *rollout = node->config;
    rollout->sizes = *sizes;
    if (delays > 0) memcpy(rollout->delay, sizes->delay, delays);
    rollout->sizes.delay = rollout->delay;
    const struct mq_shape scale = mq_graph_shape(g, inputs.scale);
    if (!declare(g, node, sizes) || !mq_node_fork(g, node, forks, scale.size[1])) return NULL;
    ask_for_buffers(node, sizes, scale.size[0], forks.n);
    count_flops(node, sizes, scale.size[0], forks.n);
    return node;
}

mq_value mq_rollout(struct mq_graph *g, const char *name, struct mq_rollout_inputs in,
                    struct mq_forks forks, const struct mq_rollout *sizes)
{
    struct mq_node *node = add(g, &rollout_op, name, in, forks, sizes);
    if (node == NULL) return -1;
    return mq_node_yields(g, node, mq_shape2(mq_graph_shape(g, in.scale).size[0], forks.n));
}

void mq_rollout_cost(struct mq_graph *g, const char *name, struct mq_rollout_inputs in,
                     struct mq_forks forks, const struct mq_rollout *sizes)
{
    struct mq_node *node = add(g, &cost_op, name, in, forks, sizes);
    if (node != NULL) node->in[BASE].can_overwrite = true;
}
