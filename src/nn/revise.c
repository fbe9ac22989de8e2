// Decoder self-attention: contexts of one target date, made at successive forks, attend to each
// other; a fork sees its own and those of earlier forks.
//
// Fork t at horizon k and fork s at horizon r share date t + k = s + r: the grid of (fork, horizon)
// falls into anti-diagonals, each a small dense block of at most H rows. A block's queries, keys
// and values are gathered and summed from their pieces, used, and forgotten; backward does so
// again.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { OWN, STATE, DATED };
enum { SCRATCH, SCRATCH_BACK };

struct revise {
    int64_t heads;
    bool has_dated;
};

// One date of one series. Rows are forks in the order of time; columns are keys, queries, values.
struct block {
    int64_t b, date;
    int64_t first, n; ///< forks
    int64_t H, width; ///< width of each of the three
    mq_real *rows; ///< (n, 3 width)
    mq_real *weights; ///< (n, n), zero above the diagonal, not yet divided by their sums
    mq_real *inverse; ///< of the sums, (n)
    mq_real *result; ///< (n, width): the output, or its gradient
    mq_real *drows; ///< (n, 3 width)
    mq_real *dweights; ///< (n, n)
};

static int64_t scratch_count(int64_t H, int64_t width, bool is_back)
{
    return H * (3 * width + H) * (is_back ? 2 : 1) + H * (width + 1);
}

static struct block block_in(mq_real *memory, int64_t H, int64_t width, bool is_back)
{
    struct block block = {.H = H, .width = width};
    block.rows = memory;
    block.weights = block.rows + H * 3 * width;
    block.result = block.weights + H * H;
    block.inverse = block.result + H * width;
    if (is_back) {
        block.drows = block.inverse + H;
        block.dweights = block.drows + H * 3 * width;
    }
    return block;
}

// Moves on to the next date that forks look at; false behind the last one.
static bool next_date(const struct mq_node *node, struct block *block)
{
    const int64_t last = mq_node_step(node, node->n_forks - 1) + block->H;
    while (++block->date <= last) {
        int64_t end = block->first + block->n;
        while (end < node->n_forks && mq_node_step(node, end) < block->date)
            end++;
        while (block->first < end && mq_node_step(node, block->first) < block->date - block->H)
            block->first++;
        block->n = end - block->first;
        if (block->n > 0) return true;
    }
    return false;
}

static void first_date(struct block *block, int64_t b)
{
    block->b = b;
    block->date = 0;
    block->first = block->n = 0;
}

// The row of block row i in an array by fork and horizon.
static mq_real *own_row(const struct mq_node *node, const struct block *block, struct mq_view x,
                        int64_t i)
{
    const int64_t f = block->first + i, k = block->date - mq_node_step(node, f);
    return x.data + block->b * x.stride[0] + f * x.stride[1] + (k - 1) * x.stride[2];
}

static mq_real *row_at(const struct block *block, struct mq_view x, int64_t row)
{
    return x.data + block->b * x.stride[0] + row * x.stride[1];
}

// Asks for the row after this one: the next date's block wants it of every fork, and forks lie too
// far apart for the CPU to foresee that.
static void expect_next(const mq_real *row, int64_t width)
{
    enum { LINE = 64 / sizeof(mq_real) };
    for (int64_t i = 0; i < width; i += LINE)
        __builtin_prefetch(row + width + i);
}

static void gather(const struct mq_exec *exec, const struct mq_node *node,
                   const struct block *block)
{
    const struct revise *revise = node->config;
    const struct mq_view own = mq_node_in(exec, node, OWN);
    const struct mq_view state = mq_node_in(exec, node, STATE);
    const int64_t width = block->width;
    for (int64_t i = 0; i < block->n; i++) {
        mq_real *to = block->rows + i * 3 * width;
        const mq_real *from = own_row(node, block, own, i);
        expect_next(from, 3 * width);
        mq_vec_put(3 * width, from, 0, to);
        mq_vec_add(state.size[2], row_at(block, state, block->first + i), to);
        if (revise->has_dated) {
            mq_vec_add(width, row_at(block, mq_node_in(exec, node, DATED), block->date),
                       to + width);
        }
    }
}

static mq_real scale_of(int64_t width)
{
    return (mq_real)(1 / sqrt((double)width));
}

static void weigh(const struct block *block, int64_t at, int64_t width)
{
    const int64_t ld = 3 * block->width, n = block->n;
    const mq_real *key = block->rows + at, *query = key + block->width;
    mq_gemm_nt(n, n, width, query, ld, key, ld, 0, block->weights, n);
    mq_rows_soften(n, scale_of(width), block->weights, block->inverse);
    for (int64_t i = 0; i < n; i++)
        block->inverse[i] = 1 / block->inverse[i];
}

static void revise_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct revise *revise = node->config;
    const struct mq_view y = mq_node_out(exec, node);
    struct block block = block_in(mq_node_buffer(exec, node, SCRATCH), y.size[2], y.size[3], false);
    const int64_t width = block.width / revise->heads, ld = 3 * block.width;
    for (int64_t b = 0; b < y.size[0]; b++) {
        first_date(&block, b);
        while (next_date(node, &block)) {
            gather(exec, node, &block);
            for (int64_t at = 0; at < block.width; at += width) {
                weigh(&block, at, width);
                mq_gemm_nn(block.n, width, block.n, block.weights, block.n,
                           block.rows + 2 * block.width + at, ld, 0, block.result + at,
                           block.width);
                mq_rows_scale(block.n, width, block.inverse, block.result + at, block.width);
            }
            for (int64_t i = 0; i < block.n; i++) {
                mq_vec_put(block.width, block.result + i * block.width, 0,
                           own_row(node, &block, y, i));
            }
        }
    }
}

// As in fork_back of attend.c, with everything in one block.
static void weigh_back(const struct block *block, int64_t at, int64_t width)
{
    const int64_t ld = 3 * block->width, n = block->n;
    const mq_real *key = block->rows + at, *query = key + block->width;
    const mq_real *value = query + block->width;
    mq_real *dkey = block->drows + at, *dquery = dkey + block->width;
    mq_real *dvalue = dquery + block->width, *dy = block->result + at;
    weigh(block, at, width);
    mq_rows_scale(n, width, block->inverse, dy, block->width);
    mq_gemm_tn(n, width, n, block->weights, n, dy, block->width, 0, dvalue, ld);
    mq_gemm_nt(n, n, width, dy, block->width, value, ld, 0, block->dweights, n);
    mq_rows_soften_back(n, scale_of(width), block->weights, block->inverse, block->dweights);
    mq_gemm_nn(n, width, n, block->dweights, n, key, ld, 0, dquery, ld);
    mq_gemm_tn(n, width, n, block->dweights, n, query, ld, 0, dkey, ld);
}

static void scatter_back(const struct mq_exec *exec, const struct mq_node *node,
                         const struct block *block)
{
    const struct revise *revise = node->config;
    const struct mq_view down = mq_node_din(exec, node, OWN);
    const struct mq_view dstate = mq_node_din(exec, node, STATE);
    const struct mq_view ddated =
        revise->has_dated ? mq_node_din(exec, node, DATED) : (struct mq_view){0};
    for (int64_t i = 0; i < block->n; i++) {
        const mq_real *d = block->drows + i * 3 * block->width;
        if (down.data) {
            mq_vec_put(3 * block->width, d, mq_node_beta(exec, OWN), own_row(node, block, down, i));
        }
        if (dstate.data) mq_vec_add(dstate.size[2], d, row_at(block, dstate, block->first + i));
        if (ddated.data) {
            mq_vec_add(block->width, d + block->width, row_at(block, ddated, block->date));
        }
    }
}

static void revise_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct revise *revise = node->config;
    const struct mq_view dy = mq_node_dout(exec, node);
    struct block block =
        block_in(mq_node_buffer(exec, node, SCRATCH_BACK), dy.size[2], dy.size[3], true);
    const int64_t width = block.width / revise->heads;
    for (int64_t b = 0; b < dy.size[0]; b++) {
        first_date(&block, b);
        while (next_date(node, &block)) {
            gather(exec, node, &block);
            for (int64_t i = 0; i < block.n; i++) {
                mq_vec_put(block.width, own_row(node, &block, dy, i), 0,
                           block.result + i * block.width);
            }
            for (int64_t at = 0; at < block.width; at += width)
                weigh_back(&block, at, width);
            scatter_back(exec, node, &block);
        }
    }
}

static const struct mq_op revise_op = {"revise", revise_forward, revise_backward};

// Pairs of contexts of one date, the later looking at the earlier.
static double count_pairs(const struct mq_node *node, int64_t H)
{
    struct block block = {.H = H};
    double pairs = 0;
    first_date(&block, 0);
    while (next_date(node, &block))
        pairs += 0.5 * (double)(block.n * (block.n + 1));
    return pairs;
}

mq_value mq_revise(struct mq_graph *g, const char *name, mq_value own, mq_value state,
                   mq_value dated, struct mq_forks forks, int64_t heads)
{
    const mq_value in[] = {own, state, dated};
    struct mq_node *node =
        mq_node_new(g, &revise_op, name, in, dated >= 0 ? 3 : 2, sizeof(struct revise));
    if (node == NULL) return -1;
    const struct mq_shape x = mq_graph_shape(g, own), s = mq_graph_shape(g, state);
    const struct mq_shape d = mq_graph_shape(g, dated);
    const int64_t B = x.size[0], H = x.size[2], width = x.size[3] / 3;
    if (x.rank != 4 || x.size[1] != forks.n || x.size[3] != 3 * width || heads < 1 ||
        width % heads != 0 || s.rank != 3 || s.size[0] != B || s.size[1] != forks.n ||
        s.size[2] > 3 * width ||
        (dated >= 0 && (d.rank != 3 || d.size[0] != B || d.size[2] != width))) {
        return mq_build_fail(g,
                             "%s: not (B, F, H, 3 C), (B, F, up to 3 C) and (B, T + H, C) with "
                             "%lld forks, or %lld heads do not divide width %lld",
                             name, (long long)forks.n, (long long)heads, (long long)width);
    }
    const int64_t T = dated >= 0 ? d.size[1] - H : forks.at ? INT64_MAX : forks.n;
    if (!mq_node_fork(g, node, forks, T)) return -1;
    *(struct revise *)node->config = (struct revise){heads, dated >= 0};
    const int64_t count = scratch_count(H, width, false);
    mq_node_keep(node, MQ_SCRATCH, count, count);
    mq_node_keep(node, MQ_SCRATCH_BACK, scratch_count(H, width, true), 0);
    for (int i = 0; i < node->n_in; i++) {
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = i == OWN; // the others are shared by several dates or forks
    }
    const double flops = 2.0 * count_pairs(node, H) * (double)(B * width);
    node->forward_flops = 2 * flops; // scores, sums
    node->backward_flops = 4 * flops;
    return mq_node_yields(g, node, mq_shape_with_last(x, width));
}
