/// Matrix products: plain matrices in memory, and linear maps over the last dimension of views.
///
/// Single-threaded and without allocation. Rows of a product are not independent of the number of
/// rows (the kernels block by shape): equal bits need equal shapes and strides. Local.
#ifndef MQ_TENSOR_GEMM_H
#define MQ_TENSOR_GEMM_H

#include <stdint.h>

#include "mq/tensor/view.h"

/// c (m,n) = beta c + a (m,k) b (k,n). Row-major; ld* are row strides, at least the row's length.
/// With beta == 0, c is only written: NaN in it does not matter.
void mq_gemm_nn(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc);
/// c (m,n) = beta c + a (m,k) b^T, b (n,k).
void mq_gemm_nt(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc);
/// c (m,n) = beta c + a^T b, a (k,m), b (k,n).
void mq_gemm_tn(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc);

/// turned (n,m) = a^T, a (m,n); ld* are row strides. Where mq_gemm_nt would be called again and
/// again with few rows, mq_gemm_nn by the turned matrix is faster.
void mq_turn(int64_t m, int64_t n, const mq_real *a, int64_t lda, mq_real *turned, int64_t ldt);

/// y = beta y + x w over the last dimension: x (..., I), w (I, O) contiguous, y (..., O).
///
/// The leading dimensions of x and y agree. They become the rows of as few products as their
/// strides allow: one when both are contiguous. Rows of x may overlap, rows of y may not.
void mq_matmul(struct mq_view x, const mq_real *w, mq_real beta, struct mq_view y);
/// dx = beta dx + dy w^T: the gradient by x. Rows of dx may not overlap.
void mq_matmul_dx(struct mq_view dy, const mq_real *w, mq_real beta, struct mq_view dx);
/// dw += x^T dy: the gradient by w, summed over all rows.
void mq_matmul_dw(struct mq_view x, struct mq_view dy, mq_real *dw);

#endif
