/// Pointwise math over rows of numbers: one simple loop each, vectorised for the CPU at run time.
///
/// Compiled with -ffast-math: sums may be reordered and denormals rounded, NaN and
/// infinity still pass through. Arguments of one call never overlap. Without allocation. Local.
#ifndef MQ_TENSOR_VECMATH_H
#define MQ_TENSOR_VECMATH_H

#include <stdint.h>

#include "mq/tensor/view.h"

/// As many numbers as fill the widest vector, or two of them in double.
enum { MQ_LANES = 16 };

/// In place: x = f(x).
void mq_vec_exp(int64_t n, mq_real *x);
void mq_vec_asinh(int64_t n, mq_real *x);
void mq_vec_tanh(int64_t n, mq_real *x);
void mq_vec_sigmoid(int64_t n, mq_real *x);
void mq_vec_softplus(int64_t n, mq_real *x);
void mq_vec_relu(int64_t n, mq_real *x);
/// x for x > 0, exp(x) - 1 below.
void mq_vec_elu(int64_t n, mq_real *x);

/// dy *= f'(x), with the derivative written in terms of y = f(x).
void mq_vec_tanh_back(int64_t n, const mq_real *y, mq_real *dy);
void mq_vec_sigmoid_back(int64_t n, const mq_real *y, mq_real *dy);
void mq_vec_relu_back(int64_t n, const mq_real *y, mq_real *dy);
void mq_vec_elu_back(int64_t n, const mq_real *y, mq_real *dy);

/// x = exp(scale (x - most)).
void mq_vec_exp_from(int64_t n, mq_real scale, mq_real most, mq_real *x);
/// Of at least one number; NaN is passed over or passed on.
mq_real mq_vec_max(int64_t n, const mq_real *x);
mq_real mq_vec_sum(int64_t n, const mq_real *x);

/// y += x.
void mq_vec_add(int64_t n, const mq_real *x, mq_real *y);
/// y *= x.
void mq_vec_mul(int64_t n, const mq_real *x, mq_real *y);

/// y[r] += x for every row r of y (rows, cols), contiguous.
void mq_rows_add(int64_t rows, int64_t cols, const mq_real *x, mq_real *y);
/// Then mq_vec_relu of all, in the same pass.
void mq_rows_add_relu(int64_t rows, int64_t cols, const mq_real *x, mq_real *y);
/// sum += the sum of the rows of x (rows, cols), contiguous; added up in double.
void mq_rows_sum(int64_t rows, int64_t cols, const mq_real *x, mq_real *sum);

/// y[r] = x[r] or y[r] += x[r]: rows begin at multiples of their strides. x_stride 0: one row for all;
/// y_stride 0: all into one row, where a few are added up in mq_real.
void mq_rows_put(int64_t rows, int64_t cols, const mq_real *x, int64_t x_stride, mq_real beta,
                 mq_real *y, int64_t y_stride);
/// y[r] += shared + moving[r]: y (rows, cols) contiguous, shared one row.
void mq_rows_add_two(int64_t rows, int64_t cols, const mq_real *shared, const mq_real *moving,
                     int64_t moving_stride, mq_real *y);

/// Backwards: dshared += the sum of dy's rows, dmoving[r] += dy[r].
void mq_rows_add_two_back(int64_t rows, int64_t cols, const mq_real *dy, mq_real *dshared,
                          mq_real *dmoving, int64_t moving_stride);

/// y[r] *= factor[r]: row r of y (rows, cols) begins at r * stride.
void mq_rows_scale(int64_t rows, int64_t cols, const mq_real *factor, mq_real *y, int64_t stride);

/// Attention weights that are products: w[r] = a * b[r] and their sums, w (rows, cols) contiguous,
/// a one row, row r of b begins at r * stride.
void mq_rows_weigh(int64_t rows, int64_t cols, const mq_real *a, const mq_real *b, int64_t stride,
                   mq_real *w, mq_real *sum);
/// Backwards, by the logarithms of a and b divided by `scale`: with dw the gradient by the weights,
/// each row divided by the sum whose inverse is given, d = scale w (dw - inverse sum w dw), and
/// da += the sum of d's rows, db[r] += d[r].
void mq_rows_weigh_back(int64_t rows, int64_t cols, mq_real scale, const mq_real *w,
                        const mq_real *inverse, const mq_real *dw, mq_real *da, mq_real *db,
                        int64_t stride);

/// Attention of whoever came later to whoever came earlier: rows are the earlier, columns the later.
/// Column c of x (n, n) becomes softmax(scale x) over the rows up to the diagonal and 0 below it.
/// Rows begin at multiples of `stride`, itself one of MQ_LANES; what lies between changes.
void mq_cols_soften(int64_t n, mq_real scale, mq_real *x, int64_t stride);
/// Backwards in place, given the result: dw becomes scale w (dw - sum w dw), the sum down the column.
void mq_cols_soften_back(int64_t n, mq_real scale, const mq_real *w, mq_real *dw, int64_t stride);

/// y -> factor y + shift.
struct mq_affine {
    mq_real factor;
    mq_real shift;
};
/// Quantile losses of forecasts x of the numbers unit(y): sum mask (level e - min(e, 0)) with e =
/// unit(y) - x. Where mask is 0 nothing is looked at.
mq_real mq_vec_pinball(int64_t n, const mq_real *level, struct mq_affine unit, const mq_real *y,
                       const mq_real *mask, const mq_real *x);
/// Backwards: d += weight mask (1{unit(y) < x} - level).
void mq_vec_pinball_back(int64_t n, mq_real weight, const mq_real *level, struct mq_affine unit,
                         const mq_real *y, const mq_real *mask, const mq_real *x, mq_real *d);

/// One step of an LSTM cell for `rows` series.
///
/// gates (rows, 4 hidden)  in: pre-activations in the order i f g o; out: the gates
/// before, cell            c_{t-1} and c_t = f c_{t-1} + i g, (rows, hidden)
/// squashed                tanh(c_t), (rows, hidden)
/// h                       o tanh(c_t); row r begins at r * h_stride
void mq_lstm_cell(int64_t rows, int64_t hidden, mq_real *gates, const mq_real *before,
                  mq_real *cell, mq_real *squashed, mq_real *h, int64_t h_stride);

/// The step backwards, in place.
///
/// gates     in: the gates; out: gradients by their pre-activations
/// dh        gradient by h_t from above; row r begins at r * dh_stride
/// dh_next   gradient by h_t from step t+1; row r begins at r * next_stride
/// dc        in: gradient by c_t from step t+1; out: gradient by c_{t-1}, (rows, hidden)
void mq_lstm_cell_back(int64_t rows, int64_t hidden, mq_real *gates, const mq_real *before,
                       const mq_real *squashed, const mq_real *dh, int64_t dh_stride,
                       const mq_real *dh_next, int64_t next_stride, mq_real *dc);

#endif
