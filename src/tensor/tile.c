// Tiles of the result stay in registers while the common dimension runs: rows of one operand are
// spread over vectors of the other, whose columns are laid side by side once for all rows unless
// they are near as they lie.
#include "tensor/tile.h"

#include <stdatomic.h>
#include <stddef.h>

#include "mq/base/int.h"
#include "mq/base/status.h"
#include "mq/tensor/blas_info.h"
#include "mq/tensor/gemm.h"

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

// The most columns that are too few for a vector.
enum { NARROW = LANES / 2 };

// Of the common dimension and of rows between two layings of b: b stays in the first-level cache,
// a in the second.
enum { DEPTH = 256, HEIGHT = 252 };

// Laying b's columns side by side does not pay for few rows, nor where so many numbers hold b's rows:
// they stay in the first-level cache as they are.
enum { FEW = 12, NEAR = 16384 / sizeof(mq_real) };

// Part of a product: rows of one operand over a few columns of the other.
struct part {
    int64_t depth;
    const mq_real *a;
    int64_t a_row, a_col;
    const mq_real *b;
    int64_t b_row;
    mq_real beta;
    mq_real *c;
    int64_t ldc;
};

TILE const loose *at(const mq_real *x, int v)
{
    return (const loose *)(const void *)(x + (ptrdiff_t)v * LANES);
}

TILE loose *to(mq_real *x, int v)
{
    return (loose *)(void *)(x + (ptrdiff_t)v * LANES);
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
    const int64_t a_row = part->a_row, a_col = part->a_col, b_row = part->b_row;
    for (int64_t p = part->depth; p > 0; p--, a += a_col, b += b_row) {
        vec row[WIDEST];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            row[v] = *at(b, v);
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[i][v] += a[i * a_row] * row[v];
        }
    }
    mq_real *c = part->c;
    const int64_t ldc = part->ldc;
    if (part->beta != 0) {
        const mq_real beta = part->beta;
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[i][v] += beta * *at(c + i * ldc, v);
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            *to(c + i * ldc, v) = sums[i][v];
    }
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
MULTIPLIER(1, 3)
MULTIPLIER(2, 3)
MULTIPLIER(3, 3)
MULTIPLIER(4, 3)
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
    [3] = {NULL, multiply_1_3, multiply_2_3, multiply_3_3, multiply_4_3},
    [4] = {NULL, multiply_1_4, multiply_2_4, multiply_3_4},
};

// Vectors across for `rows` rows and `cols` columns. A last one is partly filled only by more columns
// than are narrow.
static int vectors_for(int64_t rows, int64_t cols)
{
    if (rows <= SUMS / WIDEST && cols >= WIDEST * LANES) return WIDEST;
    if (cols > 2 * LANES + NARROW && cols <= 3 * LANES) return 3;
    return cols > LANES + NARROW ? 2 : 1;
}

// In pieces of sizes that the compiler knows.
TILE void copy_numbers(const mq_real *from, int64_t n, mq_real *x)
{
    for (; n >= LANES; n -= LANES, from += LANES, x += LANES)
        *to(x, 0) = *at(from, 0);
    if (LANES > 4 && n & 4) {
        __builtin_memcpy(x, from, 4 * sizeof *x);
        from += 4, x += 4;
    }
    if (n & 2) {
        __builtin_memcpy(x, from, 2 * sizeof *x);
        from += 2, x += 2;
    }
    if (n & 1) *x = *from;
}

// Where only the first `cols` columns of the vectors are real.
AVX2 static void multiply_partly(const struct part *part, int64_t rows, int vectors, int64_t cols)
{
    mq_real whole[SUMS * LANES];
    const int64_t width = (int64_t)vectors * LANES;
    struct part wide = *part;
    wide.c = whole;
    wide.ldc = width;
    for (int64_t i = 0; part->beta != 0 && i < rows; i++)
        copy_numbers(part->c + i * part->ldc, cols, whole + i * width);
    multipliers[vectors][rows](&wide);
    for (int64_t i = 0; i < rows; i++)
        copy_numbers(whole + i * width, cols, part->c + i * part->ldc);
}

// All rows, in tiles as equal as can be: a last one of few rows would be slow.
static void multiply_rows(struct part part, int64_t rows, int vectors, int64_t cols)
{
    const int64_t tiles = mq_ceil_div(rows, SUMS / vectors);
    const int64_t least = rows / tiles, more = rows % tiles;
    for (int64_t t = 0; t < tiles; t++) {
        const int64_t n = least + (t < more);
        if (cols < (int64_t)vectors * LANES)
            multiply_partly(&part, n, vectors, cols);
        else
            multipliers[vectors][n](&part);
        part.a += n * part.a_row;
        part.c += n * part.ldc;
    }
}

TILE void lay_whole(const mq_real *from, int64_t row, int64_t depth, int vectors, mq_real *laid)
{
    for (int64_t p = 0; p < depth; p++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            *to(laid + p * vectors * LANES, v) = *at(from + p * row, v);
    }
}

// Columns [0, cols) of b in rows of so many vectors, the rest 0.
AVX2 static void lay(struct mq_tile_operand b, int64_t depth, int64_t cols, int vectors,
                     mq_real *laid)
{
    const int64_t width = (int64_t)vectors * LANES;
    MQ_ASSERT(cols > width - LANES);
    if (b.col != 1) {
        MQ_ASSERT(b.row == 1);
        mq_turn(cols, depth, b.data, b.col, laid, width);
    } else if (cols == width && vectors == 2) { // nearly always
        lay_whole(b.data, b.row, depth, 2, laid);
    } else if (cols == width) {
        for (int v = 0; v < vectors; v++) {
            for (int64_t p = 0; p < depth; p++)
                *to(laid + p * width, v) = *at(b.data + p * b.row, v);
        }
    } else {
        for (int64_t p = 0; p < depth; p++) {
            *to(laid + p * width, vectors - 1) = (vec){0};
            copy_numbers(b.data + p * b.row, cols, laid + p * width);
        }
        return;
    }
    for (int64_t p = 0; cols < width && p < depth; p++) {
        for (int64_t j = cols; j < width; j++)
            laid[p * width + j] = 0;
    }
}

// A result of few columns is made turned, so that its rows fill vectors.
static void multiply_narrow(struct part part, int64_t m, int64_t n, struct mq_tile_operand b,
                            mq_real *laid)
{
    mq_real turned[NARROW * WIDEST * LANES];
    const int64_t most = mq_min_i64(WIDEST, SUMS / n);
    struct part wide = {part.depth, b.data, b.col, b.row, .c = turned};
    int64_t rows;
    for (int64_t i = 0; i < m; i += rows) {
        const int vectors = (int)mq_max_i64(1, mq_min_i64((m - i) / LANES, most));
        const int64_t width = (int64_t)vectors * LANES;
        const struct mq_tile_operand a = {part.a + i * part.a_row, part.a_col, part.a_row};
        rows = mq_min_i64(width, m - i);
        wide.ldc = width;
        wide.b = a.data;
        wide.b_row = a.row;
        if (a.col != 1 || rows < width) {
            lay(a, part.depth, rows, vectors, laid);
            wide.b = laid;
            wide.b_row = width;
        }
        multipliers[vectors][n](&wide);
        for (int64_t r = 0; r < rows; r++) {
            mq_real *c = part.c + (i + r) * part.ldc;
            for (int64_t j = 0; j < n; j++)
                c[j] = turned[j * width + r] + (part.beta == 0 ? 0 : part.beta * c[j]);
        }
    }
}

// A block of rows and of the common dimension, a few columns at a time.
static void multiply_block(int64_t m, int64_t n, struct part part, struct mq_tile_operand b,
                           mq_real *c)
{
    _Alignas(64) mq_real laid[DEPTH * WIDEST * LANES];
    const bool stays = b.col == 1 && (m <= FEW || part.depth * b.row <= NEAR);
    int64_t cols;
    for (int64_t j = 0; j < n; j += cols) {
        const struct mq_tile_operand columns = {b.data + j * b.col, b.row, b.col};
        part.c = c + j;
        if (n - j <= NARROW) {
            multiply_narrow(part, m, n - j, columns, laid);
            return;
        }
        const int vectors = vectors_for(m, n - j);
        const int64_t width = (int64_t)vectors * LANES;
        cols = mq_min_i64(n - j, width);
        part.b = columns.data;
        part.b_row = b.row;
        if (!stays || cols < width) {
            lay(columns, part.depth, cols, vectors, laid);
            part.b = laid;
            part.b_row = width;
        }
        multiply_rows(part, m, vectors, cols);
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
