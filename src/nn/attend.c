// Horizon-specific attention over the past, without the (fork, horizon, step) scores of a batch.
//
// A score is a sum, (state_t + dated_{t+k}) . key_s = state_t . key_s + dated_{t+k} . key_s, so it
// is two products over all steps, one per fork and one per date, and its exponential is a product
// of exponentials: weights of fork t at horizon k are e_t(s) e_{t+k}(s) / sum. That holds as long
// as both factors are in range where it counts; rows whose sum says otherwise are computed
// directly.
//
// Forks go in tiles of neighbours. A tile's rows of both factors stay in the nearest caches; the
// weights exist for one fork at a time, in backward again.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/tensor/gemm.h"
#include "mq/tensor/vecmath.h"

enum { STATE, DATED, KEY, VALUE };
enum { SCRATCH, SCRATCH_BACK };
enum { TILE_STEPS = 32 };

// A row counts as in range within these sums. A factor below 1e-38 is lost; against it stands one
// of at most e^20 = 5e8, and a sum of at least 1e-15.
static const mq_real least_sum = (mq_real)1e-15;
static const mq_real most_log = 20;

struct attend {
    int64_t horizon;
    int64_t window; ///< steps, the fork's own included
    int64_t heads;
};

// One head of one series.
struct head {
    int64_t H, window, width;
    mq_real scale;
    struct mq_view state, dated, key, value; ///< rank 2: rows of one series, columns of one head
    struct mq_view y; ///< rank 3: forks, horizons, columns
};

struct tile {
    int64_t first, n; ///< forks
    int64_t from, steps; ///< what their windows cover
    int64_t date, dates; ///< what their horizons cover
    int64_t stride;
    mq_real *state, *dated; ///< scores, then factors: (n, steps) and (dates, steps)
    mq_real *dstate, *ddated; ///< their gradients
    mq_real *turned; ///< values of its steps, (width, steps)
    mq_real *weights,
        *dweights; ///< of one fork: (H, its steps), weights not yet divided by their sum
    mq_real *inverse; ///< of the sums, (H)
};

// What a fork sees.
struct sight {
    int64_t row; ///< in the tile's state rows
    int64_t at; ///< first step, from the tile's first
    int64_t n;
    int64_t date; ///< row of horizon 1 in the tile's dated rows
};

static int64_t window_begin(int64_t step, int64_t window)
{
    return mq_max_i64(0, step - window + 1);
}

// ---- tiles -------------------------------------------------------------------------------------

static int64_t tile_stride(int64_t T, int64_t window)
{
    return mq_round_up(mq_min_i64(T, window + TILE_STEPS - 1), MQ_LINE);
}

static int64_t scratch_count(const struct attend *attend, int64_t T, int64_t width, bool is_back)
{
    const int64_t rows = 2 * TILE_STEPS + attend->horizon;
    const int64_t stride = tile_stride(T, attend->window);
    const int64_t each = rows * stride + attend->horizon * attend->window;
    return (is_back ? 2 * each + width * stride : each) + attend->horizon;
}

static struct tile tile_in(mq_real *memory, const struct attend *attend, int64_t T, int64_t width,
                           bool is_back)
{
    struct tile tile = {.stride = tile_stride(T, attend->window)};
    const int64_t states = TILE_STEPS * tile.stride;
    const int64_t dates = (TILE_STEPS + attend->horizon) * tile.stride;
    tile.state = memory;
    tile.dated = tile.state + states;
    memory = tile.dated + dates;
    if (is_back) {
        tile.dstate = memory;
        tile.ddated = tile.dstate + states;
        memory = tile.ddated + dates;
        tile.dweights = memory;
        tile.turned = tile.dweights + attend->horizon * attend->window;
        memory = tile.turned + width * tile.stride;
    }
    tile.weights = memory;
    tile.inverse = tile.weights + attend->horizon * attend->window;
    return tile;
}

// Moves the tile to the forks from `first` on; false when there are none.
static bool place_tile(const struct mq_node *node, const struct head *head, int64_t first,
                       struct tile *tile)
{
    if (first >= node->n_forks) return false;
    const int64_t begin = mq_node_step(node, first);
    int64_t end = first;
    while (end < node->n_forks && mq_node_step(node, end) < begin + TILE_STEPS)
        end++;
    const int64_t last = mq_node_step(node, end - 1);
    tile->first = first;
    tile->n = end - first;
    tile->from = window_begin(begin, head->window);
    tile->steps = last + 1 - tile->from;
    tile->date = begin + 1;
    tile->dates = last + head->H - begin;
    return true;
}

static struct sight sight_of(const struct mq_node *node, const struct head *head,
                             const struct tile *tile, int64_t f)
{
    const int64_t step = mq_node_step(node, f), begin = window_begin(step, head->window);
    return (struct sight){.row = f - tile->first,
                          .at = begin - tile->from,
                          .n = step + 1 - begin,
                          .date = step + 1 - tile->date};
}

// ---- factors -----------------------------------------------------------------------------------

static const mq_real *row_of(struct mq_view x, int64_t row)
{
    return x.data + row * x.stride[0];
}

static void score(const struct head *head, struct mq_view query, int64_t row, int64_t rows,
                  const struct tile *tile, mq_real *scores)
{
    mq_gemm_nt(rows, tile->steps, head->width, row_of(query, row), query.stride[0],
               row_of(head->key, tile->from), head->key.stride[0], 0, scores, tile->stride);
}

// exp(scale (x - most)) with `most` over what every fork that uses the row sees, so that no fork's
// bits depend on later steps. Later steps that tower over it make their row's sum infinite.
static void soften_date(const struct mq_node *node, const struct head *head,
                        const struct tile *tile, int64_t row)
{
    const int64_t date = tile->date + row;
    const int64_t begin = mq_node_step(node, tile->first);
    const int64_t last = mq_node_step(node, tile->first + tile->n - 1);
    const int64_t oldest = mq_max_i64(begin, date - head->H), newest = mq_min_i64(last, date - 1);
    const int64_t at = window_begin(oldest, head->window) - tile->from;
    const int64_t common = oldest + 1 - tile->from - at, n = newest + 1 - tile->from - at;
    mq_real *x = tile->dated + row * tile->stride + at;
    const mq_real most = mq_vec_max(common, x);
    for (int64_t s = common; s < n; s++) {
        if (head->scale * (x[s] - most) > most_log) x[s] = (mq_real)INFINITY;
    }
    mq_vec_exp_from(n, head->scale, most, x);
}

static void fill_factors(const struct mq_node *node, const struct head *head,
                         const struct tile *tile)
{
    score(head, head->state, tile->first, tile->n, tile, tile->state);
    score(head, head->dated, tile->date, tile->dates, tile, tile->dated);
    for (int64_t f = tile->first; f < tile->first + tile->n; f++) {
        const struct sight sight = sight_of(node, head, tile, f);
        mq_real *x = tile->state + sight.row * tile->stride + sight.at;
        mq_vec_exp_from(sight.n, head->scale, mq_vec_max(sight.n, x), x);
    }
    for (int64_t row = 0; row < tile->dates; row++)
        soften_date(node, head, tile, row);
}

// One row of weights from the scores themselves; returns their sum.
static mq_real weigh_directly(const struct head *head, const struct tile *tile, struct sight sight,
                              int64_t k, mq_real *weights)
{
    const mq_real *key = row_of(head->key, tile->from + sight.at);
    const int64_t ldk = head->key.stride[0];
    mq_gemm_nt(1, sight.n, head->width, row_of(head->state, tile->first + sight.row), head->width,
               key, ldk, 0, weights, sight.n);
    mq_gemm_nt(1, sight.n, head->width, row_of(head->dated, tile->date + sight.date + k),
               head->width, key, ldk, 1, weights, sight.n);
    mq_vec_exp_from(sight.n, head->scale, mq_vec_max(sight.n, weights), weights);
    return mq_vec_sum(sight.n, weights);
}

static void weigh(const struct head *head, const struct tile *tile, struct sight sight)
{
    mq_real *sum = tile->inverse;
    mq_rows_weigh(head->H, sight.n, tile->state + sight.row * tile->stride + sight.at,
                  tile->dated + sight.date * tile->stride + sight.at, tile->stride, tile->weights,
                  sum);
    for (int64_t k = 0; k < head->H; k++) {
        const bool is_in_range = sum[k] >= least_sum && isfinite(sum[k]);
        if (!is_in_range)
            sum[k] = weigh_directly(head, tile, sight, k, tile->weights + k * sight.n);
        tile->inverse[k] = 1 / sum[k];
    }
}

// ---- kernels -----------------------------------------------------------------------------------

static struct mq_view rows_of_head(struct mq_view x, int64_t b, int64_t head, int64_t width)
{
    if (x.data == NULL) return x;
    return (struct mq_view){.data = x.data + b * x.stride[0] + head * width,
                            .rank = 2,
                            .size = {x.size[1], width, 1, 1},
                            .stride = {x.stride[1], 1, 1, 1}};
}

static struct head head_of(const struct mq_exec *exec, const struct mq_node *node, struct mq_view y,
                           int64_t b, int64_t i)
{
    const struct attend *attend = node->config;
    const int64_t width = y.size[3] / attend->heads;
    struct head head = {.H = attend->horizon, .window = attend->window, .width = width};
    head.scale = (mq_real)(1 / sqrt((double)width));
    head.state = rows_of_head(mq_node_in(exec, node, STATE), b, i, width);
    head.dated = rows_of_head(mq_node_in(exec, node, DATED), b, i, width);
    head.key = rows_of_head(mq_node_in(exec, node, KEY), b, i, width);
    head.value = rows_of_head(mq_node_in(exec, node, VALUE), b, i, width);
    head.y = y;
    head.y.data += b * y.stride[0] + i * width;
    return head;
}

static void attend_forward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct attend *attend = node->config;
    const struct mq_view y = mq_node_out(exec, node);
    struct tile tile =
        tile_in(mq_node_buffer(exec, node, SCRATCH), attend, mq_node_in(exec, node, KEY).size[1],
                y.size[3] / attend->heads, false);
    for (int64_t i = 0; i < y.size[0] * attend->heads; i++) {
        const struct head head = head_of(exec, node, y, i / attend->heads, i % attend->heads);
        for (int64_t f = 0; place_tile(node, &head, f, &tile); f += tile.n) {
            fill_factors(node, &head, &tile);
            for (int64_t g = f; g < f + tile.n; g++) {
                const struct sight sight = sight_of(node, &head, &tile, g);
                mq_real *to = head.y.data + g * y.stride[1];
                weigh(&head, &tile, sight);
                mq_gemm_nn(head.H, head.width, sight.n, tile.weights, sight.n,
                           row_of(head.value, tile.from + sight.at), head.value.stride[0], 0, to,
                           y.stride[2]);
                mq_rows_scale(head.H, head.width, tile.inverse, to, y.stride[2]);
            }
        }
    }
}

// With weights w / z, dz = 1/z scaled into dy: dvalue += w^T dy, dw = dy value^T, and the gradient
// by the scores, w (dw - sum w dw / z), goes to the fork's row and to its dates' rows.
static void fork_back(const struct head *head, const struct tile *tile, struct sight sight,
                      mq_real *dy, struct mq_view dvalue)
{
    const int64_t ldy = head->y.stride[2], from = tile->from + sight.at;
    weigh(head, tile, sight);
    mq_rows_scale(head->H, head->width, tile->inverse, dy, ldy);
    if (dvalue.data) {
        mq_gemm_tn(sight.n, head->width, head->H, tile->weights, sight.n, dy, ldy, 1,
                   dvalue.data + from * dvalue.stride[0], dvalue.stride[0]);
    }
    mq_gemm_nn(head->H, sight.n, head->width, dy, ldy, tile->turned + sight.at, tile->stride, 0,
               tile->dweights, sight.n);
    mq_rows_weigh_back(head->H, sight.n, head->scale, tile->weights, tile->inverse, tile->dweights,
                       tile->dstate + sight.row * tile->stride + sight.at,
                       tile->ddated + sight.date * tile->stride + sight.at, tile->stride);
}

struct head_gradients {
    struct mq_view state, dated, key, value;
    mq_real state_beta;
};

static void scores_back(const struct head *head, const struct tile *tile,
                        const struct head_gradients *d)
{
    const mq_real *key = row_of(head->key, tile->from);
    const int64_t ldk = head->key.stride[0], w = head->width;
    if (d->state.data) {
        mq_gemm_nn(tile->n, w, tile->steps, tile->dstate, tile->stride, key, ldk, d->state_beta,
                   d->state.data + tile->first * d->state.stride[0], d->state.stride[0]);
    }
    if (d->dated.data) {
        mq_gemm_nn(tile->dates, w, tile->steps, tile->ddated, tile->stride, key, ldk, 1,
                   d->dated.data + tile->date * d->dated.stride[0], d->dated.stride[0]);
    }
    if (d->key.data == NULL) return;
    mq_real *dkey = d->key.data + tile->from * d->key.stride[0];
    mq_gemm_tn(tile->steps, w, tile->n, tile->dstate, tile->stride,
               row_of(head->state, tile->first), head->state.stride[0], 1, dkey, d->key.stride[0]);
    mq_gemm_tn(tile->steps, w, tile->dates, tile->ddated, tile->stride,
               row_of(head->dated, tile->date), head->dated.stride[0], 1, dkey, d->key.stride[0]);
}

static void head_back(const struct mq_node *node, const struct head *head, struct tile *tile,
                      const struct head_gradients *d)
{
    for (int64_t f = 0; place_tile(node, head, f, tile); f += tile->n) {
        fill_factors(node, head, tile);
        mq_turn(tile->steps, head->width, row_of(head->value, tile->from), head->value.stride[0],
                tile->turned, tile->stride);
        memset(tile->dstate, 0, (size_t)(tile->n * tile->stride) * sizeof *tile->dstate);
        memset(tile->ddated, 0, (size_t)(tile->dates * tile->stride) * sizeof *tile->ddated);
        for (int64_t g = f; g < f + tile->n; g++) {
            fork_back(head, tile, sight_of(node, head, tile, g),
                      head->y.data + g * head->y.stride[1], d->value);
        }
        scores_back(head, tile, d);
    }
}

static void attend_backward(struct mq_exec *exec, const struct mq_node *node)
{
    const struct attend *attend = node->config;
    const struct mq_view dy = mq_node_dout(exec, node);
    struct tile tile =
        tile_in(mq_node_buffer(exec, node, SCRATCH_BACK), attend,
                mq_node_in(exec, node, KEY).size[1], dy.size[3] / attend->heads, true);
    for (int64_t i = 0; i < dy.size[0] * attend->heads; i++) {
        const int64_t b = i / attend->heads, h = i % attend->heads;
        const struct head head = head_of(exec, node, dy, b, h);
        const struct head_gradients d = {
            .state = rows_of_head(mq_node_din(exec, node, STATE), b, h, head.width),
            .dated = rows_of_head(mq_node_din(exec, node, DATED), b, h, head.width),
            .key = rows_of_head(mq_node_din(exec, node, KEY), b, h, head.width),
            .value = rows_of_head(mq_node_din(exec, node, VALUE), b, h, head.width),
            .state_beta = mq_node_beta(exec, STATE),
        };
        head_back(node, &head, &tile, &d);
    }
}

static const struct mq_op attend_op = {"attend", attend_forward, attend_backward};

// ---- construction ------------------------------------------------------------------------------

// Pairs of a fork, or of a date, and a step that it is scored against.
static void count_pairs(const struct mq_node *node, const struct attend *attend, int64_t T,
                        double *of_forks, double *of_dates)
{
    *of_forks = *of_dates = 0;
    int64_t oldest = 0, newest = -1; // forks whose horizons cover the date: [oldest, newest]
    for (int64_t f = 0; f < node->n_forks; f++) {
        const int64_t step = mq_node_step(node, f);
        *of_forks += (double)(step + 1 - window_begin(step, attend->window));
    }
    for (int64_t date = 1; date < T + attend->horizon; date++) {
        while (newest + 1 < node->n_forks && mq_node_step(node, newest + 1) < date)
            newest++;
        while (oldest <= newest && mq_node_step(node, oldest) < date - attend->horizon)
            oldest++;
        if (oldest > newest) continue;
        const int64_t begin = window_begin(mq_node_step(node, oldest), attend->window);
        *of_dates += (double)(mq_node_step(node, newest) + 1 - begin);
    }
}

static void count_flops(struct mq_node *node, struct mq_shape y, int64_t T)
{
    double of_forks, of_dates;
    count_pairs(node, node->config, T, &of_forks, &of_dates);
    const double each = 2.0 * (double)(y.size[0] * y.size[3]);
    const double sums = each * of_forks * (double)y.size[2];
    node->in[STATE].flops = each * of_forks;
    node->in[DATED].flops = each * of_dates;
    node->in[KEY].flops = each * (of_forks + of_dates);
    node->in[VALUE].flops = sums;
    node->forward_flops = each * (of_forks + of_dates) + sums;
    node->backward_flops = sums;
}

static bool is_fit(const struct mq_shape in[4], struct mq_forks forks, struct mq_attention sizes,
                   int64_t horizon)
{
    const int64_t B = in[KEY].size[0], T = in[KEY].size[1], width = in[KEY].size[2];
    return in[KEY].rank == 3 && mq_shape_equal(in[VALUE], in[KEY]) &&
           mq_shape_equal(in[STATE], mq_shape3(B, forks.n, width)) &&
           mq_shape_equal(in[DATED], mq_shape3(B, T + horizon, width)) && horizon >= 1 &&
           sizes.heads >= 1 && width % sizes.heads == 0 && sizes.window >= 0;
}

mq_value mq_attend(struct mq_graph *g, const char *name, struct mq_attention_inputs x,
                   struct mq_forks forks, int64_t horizon, struct mq_attention sizes)
{
    const mq_value values[] = {x.state, x.dated, x.key, x.value};
    struct mq_node *node = mq_node_new(g, &attend_op, name, values, 4, sizeof(struct attend));
    if (node == NULL) return -1;
    struct mq_shape in[4];
    for (int i = 0; i < 4; i++)
        in[i] = mq_graph_shape(g, values[i]);
    const int64_t T = in[KEY].size[1], width = in[KEY].size[2];
    if (!is_fit(in, forks, sizes, horizon)) {
        return mq_build_fail(g,
                             "%s: not (B, F, C), (B, T + %lld, C), (B, T, C) and (B, T, C) with "
                             "%lld forks, or %lld heads do not divide width %lld",
                             name, (long long)horizon, (long long)forks.n, (long long)sizes.heads,
                             (long long)width);
    }
    if (!mq_node_fork(g, node, forks, T)) return -1;
    struct attend *attend = node->config;
    const int64_t window = sizes.window > 0 ? mq_min_i64(sizes.window, T) : T;
    *attend = (struct attend){.horizon = horizon, .window = window, .heads = sizes.heads};
    const int64_t count = scratch_count(attend, T, width / sizes.heads, false);
    mq_node_keep(node, MQ_SCRATCH, count, count);
    mq_node_keep(node, MQ_SCRATCH_BACK, scratch_count(attend, T, width / sizes.heads, true), 0);
    for (int i = 0; i < 4; i++) {
        node->in[i].is_read_back = true;
        node->in[i].can_overwrite = i == STATE; // windows and horizons of forks overlap
    }
    const struct mq_shape y = mq_shape4(in[KEY].size[0], forks.n, horizon, width);
    count_flops(node, y, T);
    return mq_node_yields(g, node, y);
}
