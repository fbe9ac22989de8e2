// Decoder self-attention: contexts of one target date, made at successive forks, attend to each
// other; a fork sees its own and those of earlier forks.
//
// Fork t at horizon k and fork s at horizon r share date t + k = s + r: the grid of (fork, horizon)
// falls into anti-diagonals, each a small dense block of at most H rows. A block's queries, keys
// and values are made from its contexts, used, and forgotten; backward makes them again. For all
// blocks together they would be three times the contexts, and to and from memory takes longer than
// to multiply.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { CONTEXT, STATE, DATED };
enum { SCRATCH, SCRATCH_BACK };

struct revise {
    int64_t heads;
    bool has_dated;
};

// One date of one series. Rows are forks in the order of time; columns are keys, queries, values.
struct block {
    int64_t b, date;
    int64_t first, n; ///< forks
    int64_t H, width;
    int64_t stride; ///< of rows with a column for each fork
    mq_real *contexts; ///< (n, width)
    mq_real *rows; ///< (n, 3 width)
    mq_real *turned; ///< queries, or the output's gradient, of one head: (width, n)
    mq_real *weights; ///< (n, n), row by key, column by query: zero below the diagonal
    mq_real *result; ///< (n, width): the output, or its gradient
    mq_real *drows; ///< (n, 3 width)
    mq_real *dweights; ///< (n, n)
    mq_real *matrix_turned; ///< the parameter, (3 width, width)
    mq_real *dmatrix; ///< of one series, (width, 3 width)
};

static int64_t stride_for(int64_t H)
{
    return mq_round_up(H, MQ_LANES);
}

static int64_t scratch_count(int64_t H, int64_t width, bool is_back)
{
    const int64_t weights = H * stride_for(H), rows = H * 3 * width;
    const int64_t forward = width * stride_for(H) + weights + rows + 2 * H * width;
    return is_back ? forward + weights + rows + 2 * width * 3 * width : forward;
}

static struct block block_in(mq_real *memory, int64_t H, int64_t width, bool is_back)
{
    struct block block = {.H = H, .width = width, .stride = stride_for(H)};
    block.turned = memory;
    block.weights = block.turned + width * block.stride;
    block.rows = block.weights + H * block.stride;
    block.contexts = block.rows + H * 3 * width;
    block.result = block.contexts + H * width;
    if (is_back) {
        block.dweights = block.result + H * width;
        block.drows = block.dweights + H * block.stride;
        block.matrix_turned = block.drows + H * 3 * width;
        block.dmatrix = block.matrix_turned + 3 * width * width;
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
static mq_real *grid_row(const struct mq_node *node, const struct block *block, struct mq_view x,
                         int64_t i)
{
    const int64_t f = block->first + i, k = block->date - mq_node_step(node, f);
    return x.data + block->b * x.stride[0] + f * x.stride[1] + (k - 1) * x.stride[2];
}

static mq_real *row_at(const struct block *block, struct mq_view x, int64_t row)
{
    return x.data + block->b * x.stride[0] + row * x.stride[1];
}

// Block rows from `begin` on that lie equally far apart in arrays by fork and horizon: those of
// forks one step apart.
static int64_t count_even(const struct mq_node *node, const struct block *block, int64_t begin)
{
    if (node->fork_at == NULL) return block->n - begin;
    int64_t end = begin + 1;
    const int64_t *at = node->fork_at + block->first;
    while (end < block->n && at[end] == at[end - 1] + 1)
        end++;
    return end - begin;
}

static int64_t grid_stride(struct mq_view x)
{
    return x.stride[1] - x.stride[2];
}

// An array's rows by fork and horizon, into contiguous ones.
static void take_rows(const struct mq_node *node, const struct block *block, struct mq_view x,
                      mq_real *to)
{
    const int64_t cols = x.size[3];
    for (int64_t i = 0, n; i < block->n; i += n) {
        n = count_even(node, block, i);
        mq_rows_put(n, cols, grid_row(node, block, x, i), grid_stride(x), 0, to + i * cols, cols);
    }
}

static void put_rows(const struct mq_node *node, const struct block *block, const mq_real *from,
                     mq_real beta, struct mq_view x)
{
    const int64_t cols = x.size[3];
    for (int64_t i = 0, n; i < block->n; i += n) {
        n = count_even(node, block, i);
        mq_rows_put(n, cols, from + i * cols, cols, beta, grid_row(node, block, x, i),
                    grid_stride(x));
    }
}

// Asks for the rows after these: the next date's block wants them, and forks lie too far apart for
// the CPU to foresee that.
static void expect_next(const struct mq_node *node, const struct block *block, struct mq_view x)
{
    for (int64_t i = 0; i < block->n; i++) {
        const mq_real *next = grid_row(node, block, x, i) + x.stride[2];
        for (int64_t c = 0; c < x.size[3]; c += MQ_LINE)
            __builtin_prefetch(next + c, 1);
    }
}

static void gather(const struct mq_exec *exec, const struct mq_node *node,
                   const struct block *block)
{
    const struct revise *revise = node->config;
    const struct mq_view context = mq_node_in(exec, node, CONTEXT);
    const struct mq_view state = mq_node_in(exec, node, STATE);
    const int64_t width = block->width, ld = 3 * width;
    expect_next(node, block, context);
    take_rows(node, block, context, block->contexts);
    mq_gemm_nn(block->n, ld, width, block->contexts, width, mq_node_param(exec, node, 0), ld, 0,
               block->rows, ld);
    mq_rows_put(block->n, state.size[2], row_at(block, state, block->first), state.stride[1], 1,
                block->rows, ld);
    if (revise->has_dated) {
        mq_rows_put(block->n, width, row_at(block, mq_node_in(exec, node, DATED), block->date), 0,
                    1, block->rows + width, ld);
    }
}

// The block's columns and some more, so that they fill vectors; no result depends on those.
static int64_t whole_cols(const struct block *block)
{
    _Static_assert(MQ_LANES % 8 == 0, "rows have room for them");
    return mq_round_up(block->n, 8);
}

static mq_real scale_of(int64_t width)
{
    return (mq_real)(1 / sqrt((double)width));
}

static void weigh(const struct block *block, int64_t at, int64_t width)
{
    const int64_t ld = 3 * block->width, n = block->n;
    const mq_real *key = block->rows + at, *query = key + block->width;
    mq_turn(n, width, query, ld, block->turned, block->stride);
    mq_gemm_nn(n, whole_cols(block), width, key, ld, block->turned, block->stride, 0,
               block->weights, block->stride);
    mq_cols_soften(n, scale_of(width), block->weights, block->stride);
}

static void revise_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct revise *revise = node->config;
    const struct mq_view y = mq_node_out(exec, node);
    struct block block = block_in(mq_node_buffer(exec, node, SCRATCH), y.size[2], y.size[3], false);
    const int64_t width = block.width / revise->heads;
    for (int64_t b = 0; b < y.size[0]; b++) {
        first_date(&block, b);
        while (next_date(node, &block)) {
            gather(exec, node, &block);
            for (int64_t at = 0; at < block.width; at += width) {
                weigh(&block, at, width);
                mq_gemm_tn(block.n, width, block.n, block.weights, block.stride,
                           block.rows + 2 * block.width + at, 3 * block.width, 0, block.result + at,
                           block.width);
            }
            put_rows(node, &block, block.result, 0, y);
            expect_next(node, &block, y);
        }
    }
}

// With y_q = sum_k w_kq value_k: dvalue = w dy, dw = value dy^T, and with ds the gradient by the
// scores key . query, dquery = ds^T key, dkey = ds query.
static void weigh_back(const struct block *block, int64_t at, int64_t width)
{
    const int64_t ld = 3 * block->width, n = block->n, stride = block->stride;
    const mq_real *key = block->rows + at, *query = key + block->width;
    const mq_real *value = query + block->width, *dy = block->result + at;
    mq_real *dkey = block->drows + at, *dquery = dkey + block->width;
    mq_real *dvalue = dquery + block->width;
    weigh(block, at, width);
    mq_gemm_nn(n, width, n, block->weights, stride, dy, block->width, 0, dvalue, ld);
    mq_turn(n, width, dy, block->width, block->turned, stride);
    mq_gemm_nn(n, whole_cols(block), width, value, ld, block->turned, stride, 0, block->dweights,
               stride);
    mq_cols_soften_back(n, scale_of(width), block->weights, block->dweights, stride);
    mq_gemm_tn(n, width, n, block->dweights, stride, key, ld, 0, dquery, ld);
    mq_gemm_nn(n, width, n, block->dweights, stride, query, ld, 0, dkey, ld);
}

static void scatter_back(const struct mq_exec *exec, const struct mq_node *node,
                         const struct block *block)
{
    const struct revise *revise = node->config;
    const struct mq_view dcontext = mq_node_din(exec, node, CONTEXT);
    const struct mq_view dstate = mq_node_din(exec, node, STATE);
    const struct mq_view ddated =
        revise->has_dated ? mq_node_din(exec, node, DATED) : (struct mq_view){0};
    const int64_t width = block->width, ld = 3 * width;
    mq_gemm_tn(width, ld, block->n, block->contexts, width, block->drows, ld, 1, block->dmatrix,
               ld);
    if (dcontext.data) {
        mq_gemm_nn(block->n, width, ld, block->drows, ld, block->matrix_turned, width, 0,
                   block->contexts, width);
        put_rows(node, block, block->contexts, mq_node_beta(exec, CONTEXT), dcontext);
        expect_next(node, block, dcontext);
    }
    if (dstate.data) {
        mq_rows_put(block->n, dstate.size[2], block->drows, ld, 1,
                    row_at(block, dstate, block->first), dstate.stride[1]);
    }
    if (ddated.data) {
        mq_rows_put(block->n, width, block->drows + width, ld, 1,
                    row_at(block, ddated, block->date), 0);
    }
}

static void block_back(struct mq_exec *exec, const struct mq_node *node, const struct block *block)
{
    const struct revise *revise = node->config;
    const struct mq_view dy = mq_node_dout(exec, node);
    const int64_t width = block->width / revise->heads;
    gather(exec, node, block);
    expect_next(node, block, dy);
    take_rows(node, block, dy, block->result);
    for (int64_t at = 0; at < block->width; at += width)
        weigh_back(block, at, width);
    scatter_back(exec, node, block);
}

static void revise_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dy = mq_node_dout(exec, node);
    struct block block =
        block_in(mq_node_buffer(exec, node, SCRATCH_BACK), dy.size[2], dy.size[3], true);
    const int64_t C = block.width, count = C * 3 * C;
    mq_turn(C, 3 * C, mq_node_param(exec, node, 0), 3 * C, block.matrix_turned, C);
    for (int64_t b = 0; b < dy.size[0]; b++) {
        memset(block.dmatrix, 0, (size_t)count * sizeof *block.dmatrix);
        first_date(&block, b);
        while (next_date(node, &block))
            block_back(exec, node, &block);
        mq_vec_add(count, block.dmatrix, mq_node_dparam(exec, node, 0));
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

static void count_flops(struct mq_node *node, struct mq_shape y)
{
    const double products = 2.0 * (double)(mq_shape_count(y) * 3 * y.size[3]);
    const double pairs = 2.0 * count_pairs(node, y.size[2]) * (double)(y.size[0] * y.size[3]);
    node->in[CONTEXT].flops = products;
    node->forward_flops = products + 2 * pairs; // scores, sums
    node->backward_flops = products + 4 * pairs;
}

mq_value mq_revise(struct mq_graph *g, const char *name, mq_value contexts, mq_value state,
                   mq_value dated, struct mq_forks forks, int64_t heads)
{
    const mq_value in[] = {contexts, state, dated};
    struct mq_node *node =
        mq_node_new(g, &revise_op, name, in, dated >= 0 ? 3 : 2, sizeof(struct revise));
    if (node == NULL) return -1;
    const struct mq_shape x = mq_graph_shape(g, contexts), s = mq_graph_shape(g, state);
    const struct mq_shape d = mq_graph_shape(g, dated);
    const int64_t B = x.size[0], H = x.size[2], C = x.size[3];
    if (x.rank != 4 || x.size[1] != forks.n || heads < 1 || C % heads != 0 || s.rank != 3 ||
        s.size[0] != B || s.size[1] != forks.n || s.size[2] > 3 * C ||
        (dated >= 0 && (d.rank != 3 || d.size[0] != B || d.size[2] != C))) {
        return mq_build_fail(g,
                             "%s: not (B, F, H, C), (B, F, up to 3 C) and (B, T + H, C) with "
                             "%lld forks, or %lld heads do not divide width %lld",
                             name, (long long)forks.n, (long long)heads, (long long)C);
    }
    const int64_t T = dated >= 0 ? d.size[1] - H : forks.at ? INT64_MAX : forks.n;
    if (!mq_node_fork(g, node, forks, T)) return -1;
    if (!mq_node_declare(g, node, "context", mq_shape2(C, 3 * C), C, 3 * C, MQ_INIT_GLOROT))
        return -1;
    *(struct revise *)node->config = (struct revise){heads, dated >= 0};
    const int64_t count = scratch_count(H, C, false);
    mq_node_keep(node, MQ_SCRATCH, count, count);
    mq_node_keep(node, MQ_SCRATCH_BACK, scratch_count(H, C, true), 0);
    for (int i = 0; i < node->n_in; i++) {
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = i == CONTEXT; // the others are shared by several dates or forks
    }
    count_flops(node, x);
    return mq_node_yields(g, node, x);
}
