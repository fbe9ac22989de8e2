// Gradients through the periods of a rollout, the last one first.
//
// A unit of stock more at the start of period t is worth dx_t = d cost_t / dx_t + ds_t / dx_t dx_{t+1},
// and by what the network orders for it. A unit ordered is worth what it is on its arrival, and what
// it changes in the orders that see it on its way.
#include "nn/rollout.h"

#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

struct back {
    struct run run;
    mq_real *dorders; // (F, B)
    mq_real *dsaid; // (F, B)
    mq_real *dstock; // (B) by the stock at the end of a period, then at its start
    mq_real *slope; // (B)
    mq_real *dstates; // (B, S)
    mq_real *dactivations; // (layers, F, B, H) before the activation
    mq_real *turned; // transposed weights: of the state (H, S), then of each layer (H, H)
};

static struct back back_of(const struct mq_exec *exec, const struct mq_node *node)
{
    const struct run run = rollout_run(exec, node);
    mq_real *planes = mq_node_buffer(exec, node, DPLANES);
    const int64_t plane = run.F * run.B;
    return (struct back){.run = run,
                         .dorders = planes,
                         .dsaid = planes + plane,
                         .dstock = planes + 2 * plane,
                         .slope = planes + 2 * plane + run.B,
                         .dstates = mq_node_buffer(exec, node, DSTATES),
                         .dactivations = mq_node_buffer(exec, node, DACTIVATIONS),
                         .turned = mq_node_buffer(exec, node, TURNED)};
}

static mq_real *dactivations_at(const struct back *back, int64_t layer, int64_t t)
{
    const struct run *run = &back->run;
    return back->dactivations + (layer * run->F + t) * run->B * run->H;
}

static void turn_weights(const struct mq_exec *exec, const struct mq_node *node,
                         const struct back *back)
{
    const int64_t H = back->run.H, S = back->run.S;
    mq_turn(S, H, mq_node_param(exec, node, STATE_WEIGHT), H, back->turned, S);
    for (int l = 1; l < back->run.sizes->layers; l++)
        mq_turn(H, H, mq_node_param(exec, node, 2 * l - 1), H,
                back->turned + H * S + (l - 1) * H * H, H);
}

// From the stock after demand to that before it: with a little more of it, is it left over or met?
static void demand_back(const struct mq_exec *exec, const struct back *back, int64_t t)
{
    const struct run *run = &back->run;
    const struct mq_stock_prices *prices = &run->sizes->prices;
    const bool is_lost = run->sizes->is_lost;
    const mq_real over = (mq_real)prices->holding;
    const mq_real under =
        (mq_real)(-prices->shortage + (is_lost ? prices->cost - prices->price : 0));
    const mq_real kept = is_lost ? 0 : 1; // of the stock's worth where demand is missing
    const mq_real scale = (mq_real)exec->loss_scale;
    const mq_real *restrict available = plane_at(run, AVAILABLE, t);
    const mq_real *restrict demand = plane_at(run, DEMAND, t);
    const mq_real *restrict counts = plane_at(run, COUNTS, t);
    mq_real *restrict d = back->dstock;
    for (int64_t b = 0; b < run->B; b++) {
        const bool is_short = available[b] < demand[b];
        d[b] = (is_short ? kept : 1) * d[b] + scale * counts[b] * (is_short ? under : over);
    }
}

// From the order to the network's number behind it, through all layers, to the state.
static void say_back(struct mq_exec *exec, const struct mq_node *node, const struct back *back,
                     int64_t t)
{
    const struct run *run = &back->run;
    const int64_t B = run->B, H = run->H, layers = run->sizes->layers;
    mq_real *dsaid = back->dsaid + t * B;
    memcpy(back->slope, plane_at(run, SAID, t), (size_t)B * sizeof *back->slope);
    mq_vec_sigmoid(B, back->slope);
    memcpy(dsaid, back->dorders + t * B, (size_t)B * sizeof *dsaid);
    mq_vec_mul(B, plane_at(run, UNIT, t), dsaid);
    mq_vec_mul(B, back->slope, dsaid);
    const mq_real *weight = mq_node_param(exec, node, (int)(2 * layers - 1));
    mq_gemm_nn(B, H, 1, dsaid, 1, weight, H, 0, dactivations_at(back, layers - 1, t), H);
    for (int64_t l = layers - 1; l >= 0; l--) {
        mq_real *dy = dactivations_at(back, l, t);
        mq_vec_elu_back(B * H, activations_at(run, l, t), dy);
        if (l > 0)
            mq_gemm_nn(B, H, H, dy, H, back->turned + H * run->S + (l - 1) * H * H, H, 0,
                       dactivations_at(back, l - 1, t), H);
        else
            mq_gemm_nn(B, run->S, H, dy, H, back->turned, run->S, 0, back->dstates, run->S);
    }
    for (int64_t b = 0; b < B; b++)
        for (int64_t s = 0; s < run->S; s++)
            back->dstates[b * run->S + s] -= dsaid[b];
}

static void state_back(const struct back *back, int64_t t)
{
    const struct run *run = &back->run;
    const mq_real *unit = plane_at(run, UNIT, t);
    for (int64_t b = 0; b < run->B; b++)
        back->dstock[b] += unit[b] > 0 ? back->dstates[b * run->S] / unit[b] : 0;
    for (int64_t age = 1; age < mq_min_i64(run->S, t + 1); age++) {
        const mq_real *arrives = plane_at(run, AGE, t - age);
        mq_real *dorder = back->dorders + (t - age) * run->B;
        for (int64_t b = 0; b < run->B; b++)
            if (unit[b] > 0 && arrives[b] > (mq_real)age)
                dorder[b] += back->dstates[b * run->S + age] / unit[b];
    }
}

// Orders that arrive in t, all but the one placed in t.
static void arrivals_back(const struct back *back, int64_t t)
{
    const struct run *run = &back->run;
    const mq_real *restrict d = back->dstock;
    for (int64_t age = mq_max_i64(run->sizes->lead, 1); age <= mq_min_i64(run->oldest, t); age++) {
        const mq_real *restrict arrives = plane_at(run, AGE, t - age);
        mq_real *restrict dorder = back->dorders + (t - age) * run->B;
        for (int64_t b = 0; b < run->B; b++)
            dorder[b] += arrives[b] == (mq_real)age ? d[b] : 0;
    }
}

static void period_back(struct mq_exec *exec, const struct mq_node *node, const struct back *back,
                        int64_t t)
{
    const struct run *run = &back->run;
    const mq_real *arrives = plane_at(run, AGE, t);
    mq_real *dorder = back->dorders + t * run->B;
    demand_back(exec, back, t);
    for (int64_t b = 0; b < run->B; b++)
        dorder[b] += arrives[b] == 0 ? back->dstock[b] : 0;
    if (is_review(run, t)) {
        say_back(exec, node, back, t);
        state_back(back, t);
    } else {
        const size_t rows = (size_t)(run->B * run->H) * sizeof(mq_real);
        for (int64_t l = 0; l < run->sizes->layers; l++)
            memset(dactivations_at(back, l, t), 0, rows);
        memset(back->dsaid + t * run->B, 0, (size_t)run->B * sizeof(mq_real));
    }
    arrivals_back(back, t);
}

// A review's rows alone count: those of other periods were never computed.
static void weights_back(struct mq_exec *exec, const struct mq_node *node, const struct back *back)
{
    const struct run *run = &back->run;
    const int64_t B = run->B, H = run->H, layers = run->sizes->layers;
    const int64_t review = run->sizes->review;
    const int64_t rows = review == 1 ? run->F * B : B; // of all periods at once
    for (int64_t t = run->sizes->first_review; t < (review == 1 ? 1 : run->F); t += review) {
        mq_gemm_tn(run->S, H, rows, states_at(run, t), run->S, dactivations_at(back, 0, t), H, 1,
                   mq_node_dparam(exec, node, STATE_WEIGHT), H);
        for (int l = 1; l < layers; l++) {
            const mq_real *dy = dactivations_at(back, l, t);
            mq_gemm_tn(H, H, rows, activations_at(run, l - 1, t), H, dy, H, 1,
                       mq_node_dparam(exec, node, 2 * l - 1), H);
            mq_rows_sum(rows, H, dy, mq_node_dparam(exec, node, 2 * l));
        }
        const mq_real *dsaid = back->dsaid + t * B;
        mq_gemm_tn(H, 1, rows, activations_at(run, layers - 1, t), H, dsaid, 1, 1,
                   mq_node_dparam(exec, node, (int)(2 * layers - 1)), 1);
        mq_rows_sum(rows, 1, dsaid, mq_node_dparam(exec, node, (int)(2 * layers)));
    }
}

void rollout_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct back back = back_of(exec, node);
    const struct run *run = &back.run;
    const struct mq_view dbase = mq_node_din(exec, node, BASE);
    turn_weights(exec, node, &back);
    memset(back.dorders, 0, (size_t)(run->F * run->B) * sizeof *back.dorders);
    memset(back.dstock, 0, (size_t)run->B * sizeof *back.dstock);
    for (int64_t t = run->F - 1; t >= 0; t--)
        period_back(exec, node, &back, t);
    weights_back(exec, node, &back);
    for (int64_t t = 0; dbase.data != NULL && t < run->F; t++)
        mq_rows_put(run->B, run->H, dactivations_at(&back, 0, t), run->H, mq_node_beta(exec, BASE),
                    dbase.data + t * dbase.stride[1], dbase.stride[0]);
}
