// "Lead" convolution: for each fork a linear map of the known rows that follow it.
//
// The joined rows t+1 .. t+H of all forks of a few series are copied side by side ("unfolded"), so
// that the map is one product with depth H K, for any list of forks. H shifted products of depth K
// need no copy but as many passes over the output, and were no faster.
#include "nn/op.h"

#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/runs.h"
#include "mq/tensor/vecmath.h"

enum { BASE, KNOWN };
enum { UNFOLDED, UNFOLDED_BACK };

struct lead {
    enum mq_activation activation;
    int64_t horizon;
    int64_t chunk; ///< series unfolded at a time
};

// Unfolded rows are read again while they are in the nearest caches.
enum { CHUNK_BYTES = 64 * 1024 };

static void unfold(const struct mq_node *node, struct mq_view known, int64_t horizon, int64_t begin,
                   int64_t end, mq_real *to)
{
    const int64_t K = known.size[2];
    const bool is_joined = known.stride[1] == K;
    for (int64_t b = begin; b < end; b++) {
        for (int64_t f = 0; f < node->n_forks; f++, to += horizon * K) {
            const mq_real *from =
                known.data + b * known.stride[0] + (mq_node_step(node, f) + 1) * known.stride[1];
            if (is_joined) {
                memcpy(to, from, (size_t)(horizon * K) * sizeof *to);
                continue;
            }
            for (int64_t k = 0; k < horizon; k++) {
                memcpy(to + k * K, from + k * known.stride[1], (size_t)K * sizeof *to);
            }
        }
    }
}

static void fold_add(const struct mq_node *node, const mq_real *from, int64_t horizon,
                     int64_t begin, int64_t end, struct mq_view dknown)
{
    const int64_t K = dknown.size[2];
    for (int64_t b = begin; b < end; b++) {
        for (int64_t f = 0; f < node->n_forks; f++) {
            for (int64_t k = 0; k < horizon; k++, from += K) {
                mq_vec_add(K, from,
                           dknown.data + b * dknown.stride[0] +
                               (mq_node_step(node, f) + 1 + k) * dknown.stride[1]);
            }
        }
    }
}

static void lead_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct lead *lead = node->config;
    const struct mq_view known = mq_node_in(exec, node, KNOWN);
    const struct mq_view y = mq_node_out(exec, node);
    const int64_t B = y.size[0], F = y.size[1], out = y.size[2];
    const int64_t depth = lead->horizon * known.size[2];
    mq_real *unfolded = mq_node_buffer(exec, node, UNFOLDED);
    mq_view_put(mq_node_in(exec, node, BASE), 0, y);
    for (int64_t b = 0; b < B; b += lead->chunk) {
        const int64_t end = mq_min_i64(B, b + lead->chunk);
        const int64_t rows = (end - b) * F;
        unfold(node, known, lead->horizon, b, end, unfolded);
        mq_gemm_nn(rows, out, depth, unfolded, depth, mq_node_param(exec, node, 0), out, 1,
                   y.data + b * F * out, out);
        mq_activate(lead->activation, rows * out, y.data + b * F * out);
    }
}

static void lead_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct lead *lead = node->config;
    const struct mq_view known = mq_node_in(exec, node, KNOWN);
    const struct mq_view dbase = mq_node_din(exec, node, BASE);
    const struct mq_view dknown = mq_node_din(exec, node, KNOWN);
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t B = dy.size[0], F = dy.size[1], out = dy.size[2];
    const int64_t depth = lead->horizon * known.size[2];
    mq_real *unfolded = mq_node_buffer(exec, node, UNFOLDED_BACK);
    mq_node_activate_back(node, lead->activation, B * F * out, mq_node_out(exec, node).data,
                          dy.data);
    for (int64_t b = 0; b < B; b += lead->chunk) {
        const int64_t end = mq_min_i64(B, b + lead->chunk);
        const int64_t rows = (end - b) * F;
        const mq_real *d = dy.data + b * F * out;
        unfold(node, known, lead->horizon, b, end, unfolded);
        mq_gemm_tn(depth, out, rows, unfolded, depth, d, out, 1, mq_node_dparam(exec, node, 0),
                   out);
        if (dknown.data == NULL) continue;
        mq_gemm_nt(rows, depth, out, d, out, mq_node_param(exec, node, 0), out, 0, unfolded, depth);
        fold_add(node, unfolded, lead->horizon, b, end, dknown);
    }
    if (dbase.data) mq_view_put(dy, mq_node_beta(exec, BASE), dbase);
}

static const struct mq_op lead_op = {"lead", lead_forward, lead_backward};

mq_value mq_lead(struct mq_graph *g, const char *name, mq_value base, mq_value known,
                 struct mq_forks forks, int64_t horizon, enum mq_activation activation)
{
    struct mq_node *node =
        mq_node_new(g, &lead_op, name, (mq_value[]){base, known}, 2, sizeof(struct lead));
    if (node == NULL) return -1;
    const struct mq_shape y = mq_graph_shape(g, base);
    const struct mq_shape x = mq_graph_shape(g, known);
    if (y.rank != 3 || x.rank != 3 || y.size[0] != x.size[0] || y.size[1] != forks.n ||
        horizon < 1 || horizon >= x.size[1]) {
        return mq_build_fail(g, "%s: base is not (B, %lld forks, C) or known not (B, T + %lld, K)",
                             name, (long long)forks.n, (long long)horizon);
    }
    if (!mq_node_fork(g, node, forks, x.size[1] - horizon)) return -1;
    const int64_t out = y.size[2], depth = horizon * x.size[2];
    if (!mq_node_declare(g, node, "weight", mq_shape3(horizon, x.size[2], out), depth, out,
                         MQ_INIT_GLOROT)) {
        return -1;
    }
    const int64_t each = forks.n * depth;
    const int64_t fitting = CHUNK_BYTES / (each * (int64_t)sizeof(mq_real));
    const int64_t chunk = mq_max_i64(1, mq_min_i64(y.size[0], fitting));
    *(struct lead *)node->config = (struct lead){activation, horizon, chunk};
    mq_node_keep(node, MQ_SCRATCH, chunk * each, chunk * each);
    mq_node_keep(node, MQ_SCRATCH_BACK, chunk * each, 0);
    const double flops = 2.0 * (double)(mq_shape_count(y) * depth);
    node->in[KNOWN].is_read_back = true;
    node->in[KNOWN].can_overwrite = false; // windows overlap: contributions always add
    node->in[KNOWN].flops = flops;
    node->forward_flops = node->backward_flops = flops;
    mq_node_activates(node, activation);
    return mq_node_yields(g, node, y);
}
