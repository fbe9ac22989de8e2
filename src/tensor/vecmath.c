// Pointwise loops. Each body is one function of one element: loops that mix several
// transcendentals are not vectorised. math.h comes first, while __FAST_MATH__ offers the vector
// forms of its functions; then NaN and infinity get their meaning back.
#include <math.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-finite-math-only", "no-tree-loop-distribute-patterns")
#endif

#include "mq/tensor/vecmath.h"

#include "mq/base/clones.h"
#include "mq/base/status.h"

#ifdef MQ_REAL_IS_DOUBLE
#define EXP exp
#define TANH tanh
#define LOG1P log1p
#define ASINH asinh
#define FABS fabs
#else
#define EXP expf
#define TANH tanhf
#define LOG1P log1pf
#define ASINH asinhf
#define FABS fabsf
#endif

MQ_CLONES void mq_vec_exp(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = EXP(x[i]);
}

MQ_CLONES void mq_vec_asinh(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = ASINH(x[i]);
}

MQ_CLONES void mq_vec_tanh(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = TANH(x[i]);
}

MQ_CLONES void mq_vec_sigmoid(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = 1 / (1 + EXP(-x[i]));
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which cannot overflow.
MQ_CLONES void mq_vec_softplus(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = (x[i] < 0 ? 0 : x[i]) + LOG1P(EXP(-FABS(x[i])));
}

MQ_CLONES void mq_vec_relu(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = x[i] < 0 ? 0 : x[i]; // this way round NaN stays NaN
}

MQ_CLONES void mq_vec_elu(int64_t n, mq_real *x)
{
    for (int64_t i = 0; i < n; i++) {
        const mq_real below = EXP(x[i] > 0 ? 0 : x[i]) - 1;
        x[i] = x[i] > 0 ? x[i] : below;
    }
}

MQ_CLONES void mq_vec_tanh_back(int64_t n, const mq_real *restrict y, mq_real *restrict dy)
{
    for (int64_t i = 0; i < n; i++)
        dy[i] *= 1 - y[i] * y[i];
}

MQ_CLONES void mq_vec_sigmoid_back(int64_t n, const mq_real *restrict y, mq_real *restrict dy)
{
    for (int64_t i = 0; i < n; i++)
        dy[i] *= y[i] * (1 - y[i]);
}

MQ_CLONES void mq_vec_relu_back(int64_t n, const mq_real *restrict y, mq_real *restrict dy)
{
    for (int64_t i = 0; i < n; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

MQ_CLONES void mq_vec_elu_back(int64_t n, const mq_real *restrict y, mq_real *restrict dy)
{
    for (int64_t i = 0; i < n; i++)
        dy[i] *= y[i] > 0 ? 1 : y[i] + 1;
}

MQ_CLONES void mq_vec_exp_from(int64_t n, mq_real scale, mq_real most, mq_real *x)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = EXP(scale * (x[i] - most));
}

// Lane by lane: the largest of numbers that may be NaN depends on their order. Loops over lanes
// say `simd`, or they would be unrolled into single numbers.
MQ_CLONES mq_real mq_vec_max(int64_t n, const mq_real *x)
{
    mq_real lane[MQ_LANES], most = x[0];
#pragma omp simd
    for (int j = 0; j < MQ_LANES; j++)
        lane[j] = most;
    for (; n >= MQ_LANES; n -= MQ_LANES, x += MQ_LANES) {
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            lane[j] = x[j] > lane[j] ? x[j] : lane[j];
    }
    for (int64_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (int j = 0; j < MQ_LANES; j++)
        most = lane[j] > most ? lane[j] : most;
    return most;
}

MQ_CLONES mq_real mq_vec_sum(int64_t n, const mq_real *x)
{
    mq_real sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

MQ_CLONES void mq_vec_add(int64_t n, const mq_real *restrict x, mq_real *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += x[i];
}

MQ_CLONES void mq_vec_mul(int64_t n, const mq_real *restrict x, mq_real *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] *= x[i];
}

// Rows shorter than a vector are taken NARROW at a time, as one row.
enum { NARROW = 16 };

static int64_t wide_rows(int64_t rows, int64_t cols)
{
    return cols < NARROW ? rows / NARROW : 0;
}

MQ_CLONES static void add_to_rows(int64_t rows, int64_t cols, const mq_real *restrict x,
                                  mq_real *restrict y)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++)
            y[r * cols + c] += x[c];
    }
}

MQ_CLONES static void add_to_rows_relu(int64_t rows, int64_t cols, const mq_real *restrict x,
                                       mq_real *restrict y)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            const mq_real sum = y[r * cols + c] + x[c];
            y[r * cols + c] = sum < 0 ? 0 : sum;
        }
    }
}

typedef void rows_add(int64_t rows, int64_t cols, const mq_real *x, mq_real *y);

static void add_wide(rows_add *add, int64_t rows, int64_t cols, const mq_real *x, mq_real *y)
{
    mq_real wide[NARROW * NARROW];
    const int64_t n = wide_rows(rows, cols);
    for (int64_t i = 0; n > 0 && i < NARROW * cols; i++)
        wide[i] = x[i % cols];
    add(n, NARROW * cols, wide, y);
    add(rows - n * NARROW, cols, x, y + n * NARROW * cols);
}

void mq_rows_add(int64_t rows, int64_t cols, const mq_real *x, mq_real *y)
{
    add_wide(add_to_rows, rows, cols, x, y);
}

void mq_rows_add_relu(int64_t rows, int64_t cols, const mq_real *x, mq_real *y)
{
    add_wide(add_to_rows_relu, rows, cols, x, y);
}

enum { SUM_COLS = 64, SUM_ROWS = 256 };

// Adds the rows of one strip of columns: short runs in mq_real, runs in double.
MQ_CLONES static void sum_strip(int64_t rows, int64_t cols, int64_t width,
                                const mq_real *restrict x, mq_real *restrict sum)
{
    double total[SUM_COLS] = {0};
    for (int64_t begin = 0; begin < rows; begin += SUM_ROWS) {
        const int64_t end = begin + SUM_ROWS < rows ? begin + SUM_ROWS : rows;
        mq_real run[SUM_COLS] = {0};
        for (int64_t r = begin; r < end; r++) {
            for (int64_t c = 0; c < width; c++)
                run[c] += x[r * cols + c];
        }
        for (int64_t c = 0; c < width; c++)
            total[c] += (double)run[c];
    }
    for (int64_t c = 0; c < width; c++)
        sum[c] += (mq_real)total[c];
}

static void sum_strips(int64_t rows, int64_t cols, const mq_real *x, mq_real *sum)
{
    for (int64_t c = 0; c < cols; c += SUM_COLS) {
        sum_strip(rows, cols, cols - c < SUM_COLS ? cols - c : SUM_COLS, x + c, sum + c);
    }
}

void mq_rows_sum(int64_t rows, int64_t cols, const mq_real *x, mq_real *sum)
{
    mq_real wide[NARROW * NARROW] = {0};
    const int64_t n = wide_rows(rows, cols);
    if (n > 0) {
        sum_strips(n, NARROW * cols, x, wide);
        sum_strips(NARROW, cols, wide, sum);
    }
    sum_strips(rows - n * NARROW, cols, x + n * NARROW * cols, sum);
}

MQ_CLONES void mq_rows_put(int64_t rows, int64_t cols, const mq_real *restrict x, int64_t x_stride,
                           mq_real beta, mq_real *restrict y, int64_t y_stride)
{
    for (int64_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        if (beta != 0) {
            for (int64_t c = 0; c < cols; c++)
                y[c] += x[c];
        } else {
            for (int64_t c = 0; c < cols; c++)
                y[c] = x[c];
        }
    }
}

MQ_CLONES void mq_rows_add_two(int64_t rows, int64_t cols, const mq_real *restrict shared,
                               const mq_real *restrict moving, int64_t moving_stride,
                               mq_real *restrict y)
{
    for (int64_t r = 0; r < rows; r++, y += cols, moving += moving_stride) {
        for (int64_t c = 0; c < cols; c++)
            y[c] += shared[c] + moving[c];
    }
}

// A strip of columns, so that the sum stays in a register.
MQ_CLONES void mq_rows_add_two_back(int64_t rows, int64_t cols, const mq_real *restrict dy,
                                    mq_real *restrict dshared, mq_real *restrict dmoving,
                                    int64_t moving_stride)
{
    int64_t c = 0;
    for (; c + MQ_LANES <= cols; c += MQ_LANES) {
        const mq_real *d = dy + c;
        mq_real *moving = dmoving + c, sum[MQ_LANES];
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            sum[j] = dshared[c + j];
        for (int64_t r = 0; r < rows; r++, d += cols, moving += moving_stride) {
#pragma omp simd
            for (int j = 0; j < MQ_LANES; j++) {
                sum[j] += d[j];
                moving[j] += d[j];
            }
        }
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            dshared[c + j] = sum[j];
    }
    for (int64_t r = 0; c < cols && r < rows; r++) {
        for (int64_t i = c; i < cols; i++) {
            dshared[i] += dy[r * cols + i];
            dmoving[r * moving_stride + i] += dy[r * cols + i];
        }
    }
}

MQ_CLONES void mq_rows_scale(int64_t rows, int64_t cols, const mq_real *restrict factor,
                             mq_real *restrict y, int64_t stride)
{
    for (int64_t r = 0; r < rows; r++, y += stride) {
        for (int64_t c = 0; c < cols; c++)
            y[c] *= factor[r];
    }
}

MQ_CLONES void mq_rows_weigh(int64_t rows, int64_t cols, const mq_real *restrict a,
                             const mq_real *restrict b, int64_t stride, mq_real *restrict w,
                             mq_real *restrict sum)
{
    for (int64_t r = 0; r < rows; r++, b += stride, w += cols) {
        mq_real total = 0;
        for (int64_t c = 0; c < cols; c++) {
            w[c] = a[c] * b[c];
            total += w[c];
        }
        sum[r] = total;
    }
}

MQ_CLONES void mq_rows_weigh_back(int64_t rows, int64_t cols, mq_real scale,
                                  const mq_real *restrict w, const mq_real *restrict inverse,
                                  const mq_real *restrict dw, mq_real *restrict da,
                                  mq_real *restrict db, int64_t stride)
{
    for (int64_t r = 0; r < rows; r++, w += cols, dw += cols, db += stride) {
        mq_real mean = 0;
        for (int64_t c = 0; c < cols; c++)
            mean += w[c] * dw[c];
        mean *= inverse[r];
        for (int64_t c = 0; c < cols; c++) {
            const mq_real d = scale * w[c] * (dw[c] - mean);
            da[c] += d;
            db[c] += d;
        }
    }
}

// MQ_LANES columns from `first` on; `end` rows hold some that are not 0.
MQ_CLONES static void soften_lanes(int64_t first, int64_t end, mq_real scale, mq_real *restrict x,
                                   int64_t stride)
{
    mq_real most[MQ_LANES], sum[MQ_LANES];
#pragma omp simd
    for (int j = 0; j < MQ_LANES; j++) {
        most[j] = x[j];
        sum[j] = 0;
    }
    for (int64_t r = 1; r < end; r++) {
        const mq_real *row = x + r * stride;
        const int diagonal = (int)(r - first);
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++) {
            const mq_real seen = j >= diagonal ? row[j] : most[j];
            most[j] = seen > most[j] ? seen : most[j];
        }
    }
    for (int64_t r = 0; r < end; r++) {
        mq_real *row = x + r * stride;
        const int diagonal = (int)(r - first);
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            row[j] = EXP(j >= diagonal ? scale * (row[j] - most[j]) : 0);
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++) {
            row[j] = j >= diagonal ? row[j] : 0;
            sum[j] += row[j];
        }
    }
#pragma omp simd
    for (int j = 0; j < MQ_LANES; j++)
        sum[j] = 1 / sum[j];
    for (int64_t r = 0; r < end; r++) {
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            x[r * stride + j] *= sum[j];
    }
}

MQ_CLONES static void soften_lanes_back(int64_t end, mq_real scale, const mq_real *restrict w,
                                        mq_real *restrict dw, int64_t stride)
{
    mq_real mean[MQ_LANES] = {0};
    for (int64_t r = 0; r < end; r++) {
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            mean[j] += w[r * stride + j] * dw[r * stride + j];
    }
    for (int64_t r = 0; r < end; r++) {
#pragma omp simd
        for (int j = 0; j < MQ_LANES; j++)
            dw[r * stride + j] = scale * w[r * stride + j] * (dw[r * stride + j] - mean[j]);
    }
}

static void clear_lanes(int64_t rows, mq_real *x, int64_t stride)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int j = 0; j < MQ_LANES; j++)
            x[r * stride + j] = 0;
    }
}

void mq_cols_soften(int64_t n, mq_real scale, mq_real *x, int64_t stride)
{
    MQ_ASSERT(stride % MQ_LANES == 0 && stride >= n);
    for (int64_t c = 0; c < n; c += MQ_LANES) {
        const int64_t end = c + MQ_LANES < n ? c + MQ_LANES : n;
        soften_lanes(c, end, scale, x + c, stride);
        clear_lanes(n - end, x + end * stride + c, stride);
    }
}

void mq_cols_soften_back(int64_t n, mq_real scale, const mq_real *w, mq_real *dw, int64_t stride)
{
    MQ_ASSERT(stride % MQ_LANES == 0 && stride >= n);
    for (int64_t c = 0; c < n; c += MQ_LANES) {
        const int64_t end = c + MQ_LANES < n ? c + MQ_LANES : n;
        soften_lanes_back(end, scale, w + c, dw + c, stride);
        clear_lanes(n - end, dw + end * stride + c, stride);
    }
}

MQ_CLONES mq_real mq_vec_pinball(int64_t n, const mq_real *restrict level, struct mq_affine unit,
                                 const mq_real *restrict y, const mq_real *restrict mask,
                                 const mq_real *restrict x)
{
    mq_real sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const mq_real under = unit.factor * y[i] + unit.shift - x[i];
        const mq_real loss = level[i] * under - (under < 0 ? under : 0);
        sum += mask[i] != 0 ? mask[i] * loss : 0;
    }
    return sum;
}

MQ_CLONES void mq_vec_pinball_back(int64_t n, mq_real weight, const mq_real *restrict level,
                                   struct mq_affine unit, const mq_real *restrict y,
                                   const mq_real *restrict mask, const mq_real *restrict x,
                                   mq_real *restrict d)
{
    for (int64_t i = 0; i < n; i++) {
        const mq_real under = unit.factor * y[i] + unit.shift - x[i];
        const mq_real slope = (under < 0 ? 1 : 0) - level[i];
        d[i] += mask[i] != 0 ? weight * mask[i] * slope : 0;
    }
}

MQ_CLONES static void lstm_row(int64_t hidden, mq_real *restrict gates,
                               const mq_real *restrict before, mq_real *restrict cell,
                               mq_real *restrict squashed, mq_real *restrict h)
{
    const mq_real *in = gates;
    const mq_real *forget = gates + hidden;
    mq_real *fresh = gates + 2 * hidden;
    mq_real *out = gates + 3 * hidden;
    for (int64_t j = 0; j < 2 * hidden; j++)
        gates[j] = 1 / (1 + EXP(-gates[j]));
    for (int64_t j = 0; j < hidden; j++)
        fresh[j] = TANH(fresh[j]);
    for (int64_t j = 0; j < hidden; j++)
        out[j] = 1 / (1 + EXP(-out[j]));
    for (int64_t j = 0; j < hidden; j++)
        cell[j] = forget[j] * before[j] + in[j] * fresh[j];
    for (int64_t j = 0; j < hidden; j++)
        squashed[j] = TANH(cell[j]);
    for (int64_t j = 0; j < hidden; j++)
        h[j] = out[j] * squashed[j];
}

void mq_lstm_cell(int64_t rows, int64_t hidden, mq_real *gates, const mq_real *before,
                  mq_real *cell, mq_real *squashed, mq_real *h, int64_t h_stride)
{
    for (int64_t r = 0; r < rows; r++) {
        lstm_row(hidden, gates + r * 4 * hidden, before + r * hidden, cell + r * hidden,
                 squashed + r * hidden, h + r * h_stride);
    }
}

// h = o s, s = tanh(c), c = f b + i g: ds = dh o, dc += ds (1 - s^2); di = dc g, df = dc b,
// dg = dc i, do = dh s, each times its gate's derivative; and c_{t-1} gets dc f.
MQ_CLONES static void lstm_row_back(int64_t hidden, mq_real *restrict in, mq_real *restrict forget,
                                    mq_real *restrict fresh, mq_real *restrict out,
                                    const mq_real *restrict before,
                                    const mq_real *restrict squashed, const mq_real *restrict dh,
                                    const mq_real *restrict dh_next, mq_real *restrict dc)
{
    for (int64_t j = 0; j < hidden; j++) {
        const mq_real i = in[j], f = forget[j], g = fresh[j], o = out[j], s = squashed[j];
        const mq_real both = dh[j] + dh_next[j];
        const mq_real c = dc[j] + both * o * (1 - s * s);
        in[j] = c * g * i * (1 - i);
        forget[j] = c * before[j] * f * (1 - f);
        fresh[j] = c * i * (1 - g * g);
        out[j] = both * s * o * (1 - o);
        dc[j] = c * f;
    }
}

void mq_lstm_cell_back(int64_t rows, int64_t hidden, mq_real *gates, const mq_real *before,
                       const mq_real *squashed, const mq_real *dh, int64_t dh_stride,
                       const mq_real *dh_next, int64_t next_stride, mq_real *dc)
{
    for (int64_t r = 0; r < rows; r++) {
        mq_real *gate = gates + r * 4 * hidden;
        lstm_row_back(hidden, gate, gate + hidden, gate + 2 * hidden, gate + 3 * hidden,
                      before + r * hidden, squashed + r * hidden, dh + r * dh_stride,
                      dh_next + r * next_stride, dc + r * hidden);
    }
}
