/// Products in registers, for CPUs whose OpenBLAS kernels pack both operands of even the smallest
/// one: those of AVX2 reach half their speed on the shapes of a network. Private to tensor/.
#ifndef TENSOR_TILE_H
#define TENSOR_TILE_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/base/real.h"

/// Element (i, j) is data[i * row + j * col].
struct mq_tile_operand {
    const mq_real *data;
    int64_t row;
    int64_t col;
};

/// Whether OpenBLAS runs its AVX2 kernels, which is what tiles are for. Never in builds with
/// sanitizers, where tiles are tested but do not serve.
bool mq_tile_serves(void);

/// c (m, n) = beta c + a (m, k) b (k, n); beta 0 does not read c. Rows of c are `ldc` apart and
/// come out the same whatever m is.
void mq_tile_gemm(int64_t m, int64_t n, int64_t k, struct mq_tile_operand a,
                  struct mq_tile_operand b, mq_real beta, mq_real *c, int64_t ldc);

#endif
