// Tiles of the result stay in registers while the common dimension runs: rows of one operand are
// spread over vectors of the other, whose columns are laid side by side once for all rows.
#include "tensor/tile.h"

#include <stdatomic.h>
#include <stddef.h>

#include "mq/base/int.h"
#include "mq/base/status.h"
#include "mq/tensor/blas_info.h"

#if defined(__x86_64__) && defined(__GNUC__)

#define AVX2 __attribute__((target("avx2,fma")))
#define TILE AVX2 __attribute__((always_inline)) static inline

// As the compiler's own vectors: the same lines make the build in double. It contracts a * b + c to
// one instruction, since this file is compiled with -ffp-contract=fast.
typedef mq_real vec __attribute__((vector_size(32)));
typedef mq_real loose __attribute__((vector_size(32), aligned(sizeof(mq_real)), may_alias));

enum { LANES = 32 / sizeof(mq_real) };

// 16 registers: 12 sums, the vectors of a row of b, and a number of a. Fewer sums than 8 would
// wait for each other, so fewer rows take more vectors.
enum { SUMS = 12, WIDEST = 4 };

// Of the common dimension and of rows between two layings of b: b stays in the first-level cache,
// a in the second.
enum { DEPTH = 256, HEIGHT = 252 };

// Rows for which laying b's columns side by side does not pay.
enum { FEW = 12 };

// Part of a product: `cols` of the columns that fit into the vectors are real.
struct part {
    int64_t depth;
    const mq_real *a;
    int64_t a_row, a_col;
    const mq_real *b;
    int64_t b_row;
    mq_real beta;
    mq_real *c;
    int64_t ldc;
    int64_t cols;
};

TILE const loose *at(const mq_real *x, int v)
{
    return (const loose *)(const void *)(x + (ptrdiff_t)v * LANES);
}

TILE loose *to(mq_real *x, int v)
{
    return (loose *)(void *)(x + (ptrdiff_t)v * LANES);
}

// The real columns of c's rows to rows of one vector, or back.
static void copy_columns(const struct part *part, int rows, mq_real *narrow, bool is_there)
{
    for (int64_t i = 0; i < rows; i++) {
        mq_real *c = part->c + i * part->ldc, *x = narrow + i * LANES;
        for (int64_t j = 0; j < part->cols; j++) {
            if (is_there)
                x[j] = c[j];
            else
                c[j] = x[j];
        }
    }
}

TILE void multiply(const struct part *part, int rows, int vectors)
{
    vec sums[SUMS][WIDEST];
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sums[i][v] = (vec){0};
    }
    const mq_real *a = part->a, *b = part->b;
    for (int64_t p = 0; p < part->depth; p++, a += part->a_col, b += part->b_row) {
        vec row[WIDEST];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            row[v] = *at(b, v);
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[i][v] += a[i * part->a_row] * row[v];
        }
    }
    mq_real narrow[SUMS * LANES]; // where not all columns are real, there is one vector
    mq_real *c = part->cols == vectors * LANES ? part->c : narrow;
    const int64_t ldc = c == narrow ? LANES : part->ldc;
    if (c == narrow && part->beta != 0) copy_columns(part, rows, narrow, true);
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) {
            if (part->beta != 0) sums[i][v] += part->beta * *at(c + i * ldc, v);
            *to(c + i * ldc, v) = sums[i][v];
        }
    }
    if (c == narrow) copy_columns(part, rows, narrow, false);
}

// The loops above for every number of rows, so that sums are registers.
typedef void multiplier(const struct part *part);
#define MULTIPLIER(rows, vectors)                                                                  \
    AVX2 static void multiply_##rows##_##vectors(const struct part *part)                          \
    {                                                                                              \
        multiply(part, rows, vectors);                                                             \
    }
MULTIPLIER(1, 4)
MULTIPLIER(2, 4)
MULTIPLIER(3, 4)
MULTIPLIER(1, 2)
MULTIPLIER(2, 2)
MULTIPLIER(3, 2)
MULTIPLIER(4, 2)
MULTIPLIER(5, 2)
MULTIPLIER(6, 2)
MULTIPLIER(1, 1)
MULTIPLIER(2, 1)
MULTIPLIER(3, 1)
MULTIPLIER(4, 1)
MULTIPLIER(5, 1)
MULTIPLIER(6, 1)
MULTIPLIER(7, 1)
MULTIPLIER(8, 1)
MULTIPLIER(9, 1)
MULTIPLIER(10, 1)
MULTIPLIER(11, 1)
MULTIPLIER(12, 1)

static multiplier *const multipliers[WIDEST + 1][SUMS + 1] = {
    [1] = {NULL, multiply_1_1, multiply_2_1, multiply_3_1, multiply_4_1, multiply_5_1, multiply_6_1,
           multiply_7_1, multiply_8_1, multiply_9_1, multiply_10_1, multiply_11_1, multiply_12_1},
    [2] = {NULL, multiply_1_2, multiply_2_2, multiply_3_2, multiply_4_2, multiply_5_2,
           multiply_6_2},
    [4] = {NULL, multiply_1_4, multiply_2_4, multiply_3_4},
};

// Vectors across for `rows` rows and `cols` columns: as many as fill, or one.
static int vectors_for(int64_t rows, int64_t cols)
{
    if (rows <= SUMS / WIDEST && cols >= WIDEST * LANES) return WIDEST;
    return cols >= 2 * LANES ? 2 : 1;
}

// All rows, in tiles as equal as can be: a last one of few rows would be slow.
static void multiply_rows(struct part part, int64_t rows, int vectors)
{
    const int64_t most = SUMS / vectors;
    while (rows > 0) {
        const int64_t n = mq_ceil_div(rows, mq_ceil_div(rows, most));
        multipliers[vectors][n](&part);
        part.a += n * part.a_row;
        part.c += n * part.ldc;
        rows -= n;
    }
}

// Columns [0, cols) of b in rows of `width`, the rest 0.
AVX2 static void lay(const struct mq_tile_operand *b, int64_t depth, int64_t cols, int64_t width,
                     mq_real *laid)
{
    for (int64_t p = 0; p < depth; p++, laid += width) {
        const mq_real *from = b->data + p * b->row;
        if (b->col == 1 && cols == width) {
            for (int v = 0; v * LANES < width; v++)
                *to(laid, v) = *at(from, v);
            continue;
        }
        for (int64_t j = 0; j < cols; j++)
            laid[j] = from[j * b->col];
        for (int64_t j = cols; j < width; j++)
            laid[j] = 0;
    }
}

// A block of rows and of the common dimension, a few columns at a time.
static void multiply_block(int64_t m, int64_t n, struct part part, struct mq_tile_operand b,
                           mq_real *c)
{
    mq_real laid[DEPTH * WIDEST * LANES];
    for (int64_t j = 0; j < n; j += part.cols) {
        const int vectors = vectors_for(m, n - j);
        const int64_t width = (int64_t)vectors * LANES;
        const struct mq_tile_operand columns = {b.data + j * b.col, b.row, b.col};
        part.cols = mq_min_i64(n - j, width);
        part.b = columns.data;
        part.b_row = b.row;
        if (b.col != 1 || part.cols < width || m > FEW) {
            lay(&columns, part.depth, part.cols, width, laid);
            part.b = laid;
            part.b_row = width;
        }
        part.c = c + j;
        multiply_rows(part, m, vectors);
    }
}

bool mq_tile_serves(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false; // every vector would be looked up: a hundred times slower than OpenBLAS
#endif
    enum { UNKNOWN, NO, YES };
    static atomic_int answer = UNKNOWN; // asked before every product
    if (answer == UNKNOWN) answer = mq_blas_is_avx2() ? YES : NO;
    return answer == YES;
}

void mq_tile_gemm(int64_t m, int64_t n, int64_t k, struct mq_tile_operand a,
                  struct mq_tile_operand b, mq_real beta, mq_real *c, int64_t ldc)
{
    struct part part = {.a_row = a.row, .a_col = a.col, .ldc = ldc};
    for (int64_t p = 0; p == 0 || p < k; p += DEPTH) {
        part.depth = mq_min_i64(DEPTH, k - p);
        part.beta = p == 0 ? beta : 1;
        for (int64_t i = 0; i < m; i += HEIGHT) {
            part.a = a.data + i * a.row + p * a.col;
            multiply_block(mq_min_i64(HEIGHT, m - i), n, part,
                           (struct mq_tile_operand){b.data + p * b.row, b.row, b.col}, c + i * ldc);
        }
    }
}

#else

bool mq_tile_serves(void)
{
    return false;
}

void mq_tile_gemm(int64_t m, int64_t n, int64_t k, struct mq_tile_operand a,
                  struct mq_tile_operand b, mq_real beta, mq_real *c, int64_t ldc)
{
    (void)m, (void)n, (void)k, (void)a, (void)b, (void)beta, (void)c, (void)ldc;
    MQ_ASSERT(false);
}

#endif
