// Decoder self-attention: contexts of one target date, made at successive forks, attend to each
// other; a fork sees its own and those of earlier forks.
//
// Fork t at horizon k and fork s at horizon r share date t + k = s + r: the grid of (fork, horizon)
// falls into anti-diagonals, each a small dense block of at most H rows. Contexts are taken from the
// grid date by date, so that the rows of a date lie together, and so many dates at once that products
// with the parameter are of a fair size. Queries, keys, values and weights are made of them, used and
// forgotten; backward makes them again. Of a whole series they would be some five times the
// contexts, and to and from memory takes longer than to multiply.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { CONTEXT, STATE, DATED };
enum { SCRATCH, SCRATCH_BACK };

// Most rows of dates that go together; of one date there may be more.
enum { GROUP = 128 };

struct revise {
    int64_t heads;
    bool has_dated;
};

// One date of one series; its rows are forks in the order of time. n == 0 behind the last date.
struct block {
    int64_t H;
    int64_t b, date;
    int64_t first, n; ///< forks
    int64_t row; ///< its first one in the group
};

// Dates that go together.
struct group {
    struct block first;
    int64_t rows;
};

struct arrays {
    int64_t width;
    int64_t heads;
    int64_t stride; ///< of rows with a column for each fork
    mq_real *contexts; ///< (rows of a group, width)
    mq_real *rows; ///< (rows of a group, 3 width): keys, queries, values
    mq_real *drows; ///< (rows of a group, 3 width)
    mq_real *result; ///< (n, width) of a date: the output, or its gradient
    mq_real *turned; ///< queries, or the output's gradient, of a head of a date: (width, n)
    mq_real *weights; ///< (n, stride) of a head of a date, by key and query; 0 for earlier queries
    mq_real *dweights; ///< (n, stride)
    mq_real *matrix_turned; ///< the parameter, (3 width, width)
    mq_real *dmatrix; ///< of a series, (width, 3 width)
};

static const struct revise *config_of(const struct mq_node *node)
{
    return node->config;
}

static int64_t stride_for(int64_t H)
{
    return mq_round_up(H, MQ_LANES);
}

static int64_t rows_of_group(int64_t H)
{
    return mq_max_i64(H, GROUP);
}

static int64_t scratch_count(int64_t H, int64_t width, bool is_back)
{
    const int64_t weights = H * stride_for(H), rows = rows_of_group(H) * 3 * width;
    const int64_t forward =
        rows_of_group(H) * width + rows + H * width + width * stride_for(H) + weights;
    return is_back ? forward + rows + weights + 2 * width * 3 * width : forward;
}

// For contexts shaped like y.
static struct arrays arrays_in(const struct mq_exec *exec, const struct mq_node *node,
                               struct mq_view y, bool is_back)
{
    const int64_t H = y.size[2], width = y.size[3], rows = rows_of_group(H);
    struct arrays x = {.width = width, .heads = config_of(node)->heads, .stride = stride_for(H)};
    x.turned = mq_node_buffer(exec, node, is_back ? SCRATCH_BACK : SCRATCH);
    x.weights = x.turned + width * x.stride;
    x.contexts = x.weights + H * x.stride;
    x.rows = x.contexts + rows * width;
    x.result = x.rows + rows * 3 * width;
    if (is_back) {
        x.dweights = x.result + H * width;
        x.drows = x.dweights + H * x.stride;
        x.matrix_turned = x.drows + rows * 3 * width;
        x.dmatrix = x.matrix_turned + 3 * width * width;
    }
    return x;
}

// Moves on to the next date that forks look at.
static void next_date(const struct mq_node *node, struct block *block)
{
    const int64_t last = mq_node_step(node, node->n_forks - 1) + block->H;
    int64_t end = block->first + block->n;
    block->row += block->n;
    block->n = 0;
    while (block->n == 0 && ++block->date <= last) {
        while (end < node->n_forks && mq_node_step(node, end) < block->date)
            end++;
        while (block->first < end && mq_node_step(node, block->first) < block->date - block->H)
            block->first++;
        block->n = end - block->first;
    }
}

static struct block first_date(const struct mq_node *node, int64_t H, int64_t b)
{
    struct block block = {.H = H, .b = b};
    next_date(node, &block);
    return block;
}

// The dates from `next` on that go together; moves `next` behind them.
static struct group take_group(const struct mq_node *node, struct block *next)
{
    next->row = 0;
    const struct block first = *next;
    do
        next_date(node, next);
    while (next->n > 0 && next->row + next->n <= rows_of_group(first.H));
    return (struct group){first, next->row};
}

// The row of a date's row i in an array by fork and horizon.
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

// Rows of a date from `begin` on that lie equally far apart in arrays by fork and horizon: those of
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

// A group's contexts, and their share of its rows.
static void gather(const struct mq_exec *exec, const struct mq_node *node, const struct arrays *x,
                   struct group group)
{
    const struct mq_view context = mq_node_in(exec, node, CONTEXT);
    const int64_t width = x->width, ld = 3 * width;
    for (struct block block = group.first; block.row < group.rows; next_date(node, &block)) {
        expect_next(node, &block, context);
        take_rows(node, &block, context, x->contexts + block.row * width);
    }
    mq_gemm_nn(group.rows, ld, width, x->contexts, width, mq_node_param(exec, node, 0), ld, 0,
               x->rows, ld);
}

// Adds to a date's rows the shares of states and of the date.
static void add_states(const struct mq_exec *exec, const struct mq_node *node,
                       const struct arrays *x, const struct block *block)
{
    const struct mq_view state = mq_node_in(exec, node, STATE);
    const int64_t width = x->width, ld = 3 * width;
    mq_real *rows = x->rows + block->row * ld;
    mq_rows_put(block->n, state.size[2], row_at(block, state, block->first), state.stride[1], 1,
                rows, ld);
    if (!config_of(node)->has_dated) return;
    mq_rows_put(block->n, width, row_at(block, mq_node_in(exec, node, DATED), block->date), 0, 1,
                rows + width, ld);
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

// Weights of the head whose columns begin at `at`.
static void weigh(const struct arrays *x, const struct block *block, int64_t at)
{
    const int64_t n = block->n, width = x->width / x->heads, ld = 3 * x->width;
    const mq_real *key = x->rows + block->row * ld + at, *query = key + x->width;
    mq_turn(n, width, query, ld, x->turned, x->stride);
    mq_gemm_nn(n, whole_cols(block), width, key, ld, x->turned, x->stride, 0, x->weights,
               x->stride);
    mq_cols_soften(n, scale_of(width), x->weights, x->stride);
}

static void block_forward(const struct mq_exec *exec, const struct mq_node *node,
                          const struct arrays *x, const struct block *block)
{
    const int64_t n = block->n, width = x->width / x->heads, ld = 3 * x->width;
    const mq_real *value = x->rows + block->row * ld + 2 * x->width;
    add_states(exec, node, x, block);
    for (int64_t at = 0; at < x->width; at += width) {
        weigh(x, block, at);
        mq_gemm_tn(n, width, n, x->weights, x->stride, value + at, ld, 0, x->result + at, x->width);
    }
    put_rows(node, block, x->result, 0, mq_node_out(exec, node));
    expect_next(node, block, mq_node_out(exec, node));
}

static void revise_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view y = mq_node_out(exec, node);
    const struct arrays x = arrays_in(exec, node, y, false);
    for (int64_t b = 0; b < y.size[0]; b++) {
        for (struct block next = first_date(node, y.size[2], b); next.n > 0;) {
            const struct group group = take_group(node, &next);
            gather(exec, node, &x, group);
            for (struct block date = group.first; date.row < group.rows; next_date(node, &date))
                block_forward(exec, node, &x, &date);
        }
    }
}

// With y_q = sum_k w_kq value_k: dvalue = w dy, dw = value dy^T, and with ds the gradient by the
// scores key . query, dquery = ds^T key, dkey = ds query.
static void weigh_back(const struct arrays *x, const struct block *block, int64_t at)
{
    const int64_t n = block->n, width = x->width / x->heads, ld = 3 * x->width;
    const mq_real *key = x->rows + block->row * ld + at, *query = key + x->width;
    const mq_real *value = query + x->width, *dy = x->result + at;
    mq_real *dkey = x->drows + block->row * ld + at, *dquery = dkey + x->width;
    mq_real *dvalue = dquery + x->width;
    weigh(x, block, at);
    mq_gemm_nn(n, width, n, x->weights, x->stride, dy, x->width, 0, dvalue, ld);
    mq_turn(n, width, dy, x->width, x->turned, x->stride);
    mq_gemm_nn(n, whole_cols(block), width, value, ld, x->turned, x->stride, 0, x->dweights,
               x->stride);
    mq_cols_soften_back(n, scale_of(width), x->weights, x->dweights, x->stride);
    mq_gemm_tn(n, width, n, x->dweights, x->stride, key, ld, 0, dquery, ld);
    mq_gemm_nn(n, width, n, x->dweights, x->stride, query, ld, 0, dkey, ld);
}

static void block_back(const struct mq_exec *exec, const struct mq_node *node,
                       const struct arrays *x, const struct block *block)
{
    const struct mq_view dy = mq_node_dout(exec, node), dstate = mq_node_din(exec, node, STATE);
    const struct mq_view ddated =
        config_of(node)->has_dated ? mq_node_din(exec, node, DATED) : (struct mq_view){0};
    const int64_t ld = 3 * x->width;
    const mq_real *drows = x->drows + block->row * ld;
    add_states(exec, node, x, block);
    expect_next(node, block, dy);
    take_rows(node, block, dy, x->result);
    for (int64_t at = 0; at < x->width; at += x->width / x->heads)
        weigh_back(x, block, at);
    if (dstate.data) {
        mq_rows_put(block->n, dstate.size[2], drows, ld, 1, row_at(block, dstate, block->first),
                    dstate.stride[1]);
    }
    if (ddated.data) {
        mq_rows_put(block->n, x->width, drows + x->width, ld, 1, row_at(block, ddated, block->date),
                    0);
    }
}

// From the gradient by a group's rows to those by the parameter and by contexts; these take the
// contexts' place.
static void scatter_back(const struct mq_exec *exec, const struct mq_node *node,
                         const struct arrays *x, struct group group)
{
    const struct mq_view dcontext = mq_node_din(exec, node, CONTEXT);
    const int64_t width = x->width, ld = 3 * width;
    mq_gemm_tn(width, ld, group.rows, x->contexts, width, x->drows, ld, 1, x->dmatrix, ld);
    if (dcontext.data == NULL) return;
    mq_gemm_nn(group.rows, width, ld, x->drows, ld, x->matrix_turned, width, 0, x->contexts, width);
    for (struct block date = group.first; date.row < group.rows; next_date(node, &date)) {
        put_rows(node, &date, x->contexts + date.row * width, mq_node_beta(exec, CONTEXT),
                 dcontext);
        expect_next(node, &date, dcontext);
    }
}

static void revise_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct mq_view dy = mq_node_dout(exec, node);
    const struct arrays x = arrays_in(exec, node, dy, true);
    const int64_t C = x.width, count = C * 3 * C;
    mq_turn(C, 3 * C, mq_node_param(exec, node, 0), 3 * C, x.matrix_turned, C);
    for (int64_t b = 0; b < dy.size[0]; b++) {
        memset(x.dmatrix, 0, (size_t)count * sizeof *x.dmatrix);
        for (struct block next = first_date(node, dy.size[2], b); next.n > 0;) {
            const struct group group = take_group(node, &next);
            gather(exec, node, &x, group);
            for (struct block date = group.first; date.row < group.rows; next_date(node, &date))
                block_back(exec, node, &x, &date);
            scatter_back(exec, node, &x, group);
        }
        mq_vec_add(count, x.dmatrix, mq_node_dparam(exec, node, 0));
    }
}

static const struct mq_op revise_op = {"revise", revise_forward, revise_backward};

// Pairs of contexts of one date, the later looking at the earlier.
static double count_pairs(const struct mq_node *node, int64_t H)
{
    double pairs = 0;
    for (struct block block = first_date(node, H, 0); block.n > 0; next_date(node, &block))
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
