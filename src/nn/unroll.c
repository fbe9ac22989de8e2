// A one-step recurrent network goes on from its forks, on what it says itself.
//
// The paths of a fork are the rows of one product per step. Each begins with the fork's state, and
// all read the same known inputs; what tells them apart is the draw that each feeds back.
#include "nn/distribution.h"
#include "nn/op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/tensor/gemm.h"
#include "mq/base/address.h"
#include "mq/tensor/vecmath.h"

enum { STATES, OWN, KNOWN, SCALE, LEVEL, ADDRESS, FIXED, INPUTS };
enum { JOINED, GATES, CELLS, SQUASHED, CONSTANT, SAID, DRAWS };
enum { HEAD_WEIGHT, HEAD_BIAS, LSTM_WEIGHT, LSTM_RECURRENT, LSTM_BIAS, LSTM_FIXED };
enum { CHANNELS = 4, TARGET = 0, OBSERVED = 1 }; // of the history: what mq_unroll_inputs.own holds

struct unroll {
    enum mq_distribution kind;
    int64_t hidden;
    int64_t paths;
    int64_t horizon;
    int64_t n_spans;
    int64_t span[MQ_SPANS_MAX]; // periods
    int64_t n_levels;
    double level[]; // (n_levels)
};

// Sizes and arrays of one call.
struct run {
    const struct unroll *sizes;
    int64_t S, H, K, I, P; // paths, hidden, known inputs, inputs of the LSTM, numbers of the head
    mq_real *joined; // (S, I + H)
    mq_real *gates; // (S, 4 H)
    mq_real *cells; // two of (S, H)
    mq_real *squashed; // (S, H)
    mq_real *constant; // (4 H) bias and static part of the gates
    mq_real *said; // (S, P)
    mq_real *draws; // (horizon + spans, S)
};

// A fork: where it is and in which unit it speaks.
struct fork {
    int64_t b;
    int64_t step;
    struct mq_demand_unit unit;
    uint64_t series;
    uint64_t period;
};

static struct run run_of(const struct mq_exec *exec, const struct mq_node *node)
{
    const struct unroll *sizes = node->config;
    const int64_t K = mq_node_in(exec, node, KNOWN).size[2];
    return (struct run){.sizes = sizes,
                        .S = sizes->paths,
                        .H = sizes->hidden,
                        .K = K,
                        .I = CHANNELS + K,
                        .P = mq_distribution_width(sizes->kind),
                        .joined = mq_node_buffer(exec, node, JOINED),
                        .gates = mq_node_buffer(exec, node, GATES),
                        .cells = mq_node_buffer(exec, node, CELLS),
                        .squashed = mq_node_buffer(exec, node, SQUASHED),
                        .constant = mq_node_buffer(exec, node, CONSTANT),
                        .said = mq_node_buffer(exec, node, SAID),
                        .draws = mq_node_buffer(exec, node, DRAWS)};
}

static double at(struct mq_view x, int64_t b, int64_t i)
{
    return (double)x.data[b * x.stride[0] + i * x.stride[1]];
}

static const mq_real *row_at(struct mq_view x, int64_t b, int64_t t)
{
    return x.data + b * x.stride[0] + t * x.stride[1];
}

static struct fork fork_at(const struct mq_exec *exec, const struct mq_node *node, int64_t b,
                           int64_t f)
{
    const struct mq_view scale = mq_node_in(exec, node, SCALE);
    const struct mq_view address = mq_node_in(exec, node, ADDRESS);
    const int64_t step = mq_node_step(node, f);
    const struct mq_address own = mq_address_get(address.data + b * address.stride[0]);
    return (struct fork){
        .b = b,
        .step = step,
        .unit = {at(scale, b, step), at(mq_node_in(exec, node, LEVEL), b, step)},
        .series = (uint64_t)own.series,
        .period = (uint64_t)(own.end - (scale.size[1] - 1) + step),
    };
}

static void fill_constant(const struct mq_exec *exec, const struct mq_node *node,
                          const struct run *run, int64_t b)
{
    const int64_t gates = 4 * run->H;
    memcpy(run->constant, mq_node_param(exec, node, LSTM_BIAS),
           (size_t)gates * sizeof *run->constant);
    if (node->n_in == FIXED) return;
    const struct mq_view fixed = mq_view_slice(mq_node_in(exec, node, FIXED), 0, b, 1);
    mq_matmul(fixed, mq_node_param(exec, node, LSTM_FIXED), 1,
              mq_view_of(run->constant, mq_shape2(1, gates)));
}

// Every path starts from the fork's h and c, and reads what stays as it is: that something was
// observed, scale and level.
static void begin_paths(const struct mq_exec *exec, const struct mq_node *node,
                        const struct run *run, const struct fork *fork)
{
    const size_t hidden = (size_t)run->H * sizeof(mq_real);
    const mq_real *state = row_at(mq_node_in(exec, node, STATES), fork->b, fork->step);
    const mq_real *own = row_at(mq_node_in(exec, node, OWN), fork->b, fork->step);
    for (int64_t s = 0; s < run->S; s++) {
        mq_real *row = run->joined + s * (run->I + run->H);
        memcpy(row, own, CHANNELS * sizeof *row);
        row[OBSERVED] = 1;
        memcpy(row + run->I, state, hidden);
        memcpy(run->cells + s * run->H, state + run->H, hidden);
    }
}

// Draws of the date `k` periods after the fork, from what the head says of h.
static void draw(const struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                 const struct fork *fork, int64_t k)
{
    enum { PERIOD_BITS = 28, PERIOD_MASK = (1 << PERIOD_BITS) - 1 }; // up to MQ_PERIODS_MAX
    const int64_t width = run->I + run->H;
    const mq_real *bias = mq_node_param(exec, node, HEAD_BIAS);
    mq_real *draws = run->draws + (k - 1) * run->S;
    for (int64_t s = 0; s < run->S; s++)
        memcpy(run->said + s * run->P, bias, (size_t)run->P * sizeof *bias);
    mq_gemm_nn(run->S, run->P, run->H, run->joined + run->I, width,
               mq_node_param(exec, node, HEAD_WEIGHT), run->P, 1, run->said, run->P);
    const uint64_t address = fork->series << PERIOD_BITS | (fork->period & PERIOD_MASK);
    for (int64_t s = 0; s < run->S; s++) {
        struct mq_rng rng = mq_rng_at((uint64_t)s, MQ_RNG_PATH, address, (uint32_t)k);
        draws[s] = (mq_real)mq_distribution_draw(run->sizes->kind, run->said + s * run->P,
                                                 fork->unit, &rng);
    }
}

// The LSTM reads the draws of date k and the known inputs of the next one.
static void advance(const struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                    const struct fork *fork, int64_t k)
{
    const int64_t width = run->I + run->H, gates = 4 * run->H, cell = run->S * run->H;
    const mq_real *known = row_at(mq_node_in(exec, node, KNOWN), fork->b, fork->step + k + 1);
    mq_real *squashed = run->said; // the draws squashed, one per path: the head has been read
    memcpy(squashed, run->draws + (k - 1) * run->S, (size_t)run->S * sizeof *squashed);
    mq_vec_asinh(run->S, squashed);
    for (int64_t s = 0; s < run->S; s++) {
        mq_real *row = run->joined + s * width;
        row[TARGET] = squashed[s];
        memcpy(row + CHANNELS, known, (size_t)run->K * sizeof *row);
        memcpy(run->gates + s * gates, run->constant, (size_t)gates * sizeof *row);
    }
    mq_gemm_nn(run->S, gates, width, run->joined, width, mq_node_param(exec, node, LSTM_WEIGHT),
               gates, 1, run->gates, gates);
    mq_lstm_cell(run->S, run->H, run->gates, run->cells + (k - 1) % 2 * cell,
                 run->cells + k % 2 * cell, run->squashed, run->joined + run->I, width);
}

// The mean of the first n draws of each path.
static void average(const struct run *run, int64_t n, mq_real *mean)
{
    for (int64_t s = 0; s < run->S; s++) {
        double sum = 0;
        for (int64_t h = 0; h < n; h++)
            sum += (double)run->draws[h * run->S + s];
        mean[s] = (mq_real)(sum / (double)n);
    }
}

static int ascending(const void *a, const void *b)
{
    const mq_real x = *(const mq_real *)a;
    const mq_real y = *(const mq_real *)b;
    return (x > y) - (x < y);
}

// Linear between order statistics, the smallest at level 0 and the largest at 1.
static mq_real quantile(const mq_real sorted[], int64_t n, double level)
{
    const double position = level * (double)(n - 1);
    const int64_t left = (int64_t)position;
    if (left + 1 >= n) return sorted[n - 1];
    const double low = (double)sorted[left], high = (double)sorted[left + 1];
    // This form never falls as the level rises; the cut keeps rounding from passing `high`.
    return (mq_real)fmin(low + (position - (double)left) * (high - low), high);
}

static void unroll_fork(struct mq_exec *exec, const struct mq_node *node, const struct run *run,
                        const struct fork *fork, mq_real *yhat)
{
    const struct unroll *sizes = run->sizes;
    begin_paths(exec, node, run, fork);
    for (int64_t k = 1; k <= sizes->horizon; k++) {
        draw(exec, node, run, fork, k);
        if (k < sizes->horizon) advance(exec, node, run, fork, k);
    }
    // Before sorting, which makes rows of paths rows of numbers.
    for (int64_t i = 0; i < sizes->n_spans; i++)
        average(run, sizes->span[i], run->draws + (sizes->horizon + i) * run->S);
    for (int64_t h = 0; h < sizes->horizon + sizes->n_spans; h++) {
        mq_real *draws = run->draws + h * run->S;
        mq_real sum = 0; // times 0: NaN where there is no number to sort
        for (int64_t s = 0; s < run->S; s++)
            sum += 0 * draws[s];
        qsort(draws, (size_t)run->S, sizeof *draws, ascending);
        for (int64_t q = 0; q < sizes->n_levels; q++)
            yhat[h * sizes->n_levels + q] = quantile(draws, run->S, sizes->level[q]) + sum;
    }
}

static void unroll_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view yhat = mq_node_out(exec, node);
    const struct run run = run_of(exec, node);
    for (int64_t b = 0; b < yhat.size[0]; b++) {
        fill_constant(exec, node, &run, b);
        for (int64_t f = 0; f < yhat.size[1]; f++) {
            const struct fork fork = fork_at(exec, node, b, f);
            unroll_fork(exec, node, &run, &fork,
                        yhat.data + b * yhat.stride[0] + f * yhat.stride[1]);
        }
    }
}

static const struct mq_op unroll_op = {"unroll", unroll_forward, NULL};

static bool borrow(struct mq_graph *g, struct mq_node *node, const char *lstm, bool has_fixed)
{
    static const char *const parts[] = {"input", "recurrent", "bias", "fixed"};
    for (int i = 0; i < 3 + has_fixed; i++) {
        char name[MQ_PARAM_NAME_MAX];
        (void)snprintf(name, sizeof name, "%s.%s", lstm, parts[i]);
        if (!mq_node_borrow(g, node, name)) return false;
    }
    return true;
}

static bool check_shapes(struct mq_graph *g, const struct mq_unroll_inputs *in, int64_t hidden,
                         int64_t horizon)
{
    const struct mq_shape states = mq_graph_shape(g, in->states);
    const int64_t B = states.size[0], T = states.size[1];
    const struct mq_shape known = mq_graph_shape(g, in->known);
    return states.rank == 3 && states.size[2] == 2 * hidden && known.rank == 3 &&
           mq_shape_equal(mq_graph_shape(g, in->own), mq_shape3(B, T, CHANNELS)) &&
           mq_shape_equal(known, mq_shape3(B, T + horizon, known.size[2])) &&
           mq_shape_equal(mq_graph_shape(g, in->scale), mq_shape2(B, T)) &&
           mq_shape_equal(mq_graph_shape(g, in->level), mq_shape2(B, T)) &&
           mq_shape_equal(mq_graph_shape(g, in->address), mq_shape2(B, 4));
}

static void ask_for_buffers(struct mq_node *node, const struct unroll *sizes, int64_t width)
{
    const int64_t S = sizes->paths, H = sizes->hidden;
    const int64_t counts[] = {[JOINED] = S * width,
                              [GATES] = S * 4 * H,
                              [CELLS] = 2 * S * H,
                              [SQUASHED] = S * H,
                              [CONSTANT] = 4 * H,
                              [SAID] = S * mq_distribution_width(sizes->kind),
                              [DRAWS] = S * (sizes->horizon + sizes->n_spans)};
    for (int i = JOINED; i <= DRAWS; i++)
        mq_node_keep(node, MQ_SCRATCH, counts[i], counts[i]);
}

static void count_flops(struct mq_node *node, const struct unroll *sizes, int64_t forks, int64_t K)
{
    const double rows = (double)(forks * sizes->paths * sizes->horizon);
    const double each = (double)((CHANNELS + K + sizes->hidden) * 4 * sizes->hidden +
                                 sizes->hidden * mq_distribution_width(sizes->kind));
    node->forward_flops = 2 * rows * each;
}

mq_value mq_unroll(struct mq_graph *g, struct mq_unroll_inputs in, struct mq_forks forks,
                   const struct mq_unroll *sizes)
{
    const mq_value inputs[INPUTS] = {in.states, in.own,     in.known, in.scale,
                                     in.level,  in.address, in.fixed};
    const bool has_fixed = in.fixed >= 0;
    const size_t levels = (size_t)sizes->n_levels * sizeof *sizes->level;
    struct mq_node *node = mq_node_new(g, &unroll_op, sizes->head, inputs, FIXED + has_fixed,
                                       sizeof(struct unroll) + levels);
    if (node == NULL) return -1;
    node->is_recurrent = true;
    if (!check_shapes(g, &in, sizes->hidden, sizes->horizon))
        return mq_build_fail(g,
                             "unroll: not states (B, T, %lld), own (B, T, %d), known (B, T + H, K)",
                             (long long)(2 * sizes->hidden), CHANNELS);
    const int64_t width = mq_distribution_width(sizes->kind);
    struct unroll *unroll = node->config;
    *unroll = (struct unroll){.kind = sizes->kind,
                              .hidden = sizes->hidden,
                              .paths = sizes->paths,
                              .horizon = sizes->horizon,
                              .n_spans = sizes->n_spans,
                              .n_levels = sizes->n_levels};
    MQ_ASSERT(sizes->n_spans <= MQ_SPANS_MAX);
    for (int64_t i = 0; i < sizes->n_spans; i++)
        unroll->span[i] = mq_span_periods(sizes->span[i]);
    memcpy(unroll->level, sizes->level, levels);
    const struct mq_shape known = mq_graph_shape(g, in.known);
    if (!mq_node_declare(g, node, "weight", mq_shape2(sizes->hidden, width), sizes->hidden, width,
                         MQ_INIT_GLOROT) ||
        !mq_node_declare(g, node, "bias", mq_shape1(width), sizes->hidden, width, MQ_INIT_ZERO) ||
        !borrow(g, node, sizes->lstm, has_fixed) ||
        !mq_node_fork(g, node, forks, known.size[1] - sizes->horizon))
        return -1;
    count_flops(node, unroll, known.size[0] * forks.n, known.size[2]);
    ask_for_buffers(node, unroll, CHANNELS + known.size[2] + sizes->hidden);
    return mq_node_yields(
        g, node,
        mq_shape4(known.size[0], forks.n, sizes->horizon + sizes->n_spans, sizes->n_levels));
}
