// Matrix products over cblas, and how the leading dimensions of two strided views become the rows
// of as few of them as possible.
#include "mq/tensor/gemm.h"

#include <cblas.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "mq/base/int.h"
#include "mq/base/status.h"
#include "tensor/tile.h"

#ifdef MQ_REAL_IS_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

// cblas refuses a row stride below the row's length even where there is only one row.
static int leading(int64_t stride, int64_t rows, int64_t cols)
{
    MQ_ASSERT(rows == 1 || stride >= cols);
    return mq_to_int(mq_max_i64(stride, mq_max_i64(cols, 1)));
}

// OpenBLAS multiplies without packing up to this many multiplications, at up to twice the speed; so
// larger products are cut into rows and, where those would be few, into columns before, or in depth.
enum { UNPACKED_MOST = 1000000, ROWS_LEAST = 32, COLS = 64 };

// Columns of a piece, for `each` multiplications in a column of one row; all when it does not help.
static int64_t piece_cols(int64_t cols, int64_t each)
{
    const int64_t most = UNPACKED_MOST / ROWS_LEAST / mq_max_i64(each, 1);
    return cols <= most || most < COLS ? mq_max_i64(cols, 1) : COLS;
}

// Rows of a piece, for `each` multiplications in a row.
static int64_t piece_rows(int64_t rows, int64_t each)
{
    const int64_t piece = UNPACKED_MOST / mq_max_i64(each, 1) / ROWS_LEAST * ROWS_LEAST;
    return piece == 0 ? mq_max_i64(rows, 1) : piece;
}

// Depth of a piece of all `cols` columns; all of it when cutting does not help.
static int64_t piece_depth(int64_t rows, int64_t cols, int64_t depth)
{
    const int64_t each = mq_max_i64(mq_min_i64(rows, ROWS_LEAST) * cols, 1);
    const int64_t most = UNPACKED_MOST / each;
    if (depth <= most || most < COLS) return mq_max_i64(depth, 1);
    return mq_ceil_div(depth, mq_ceil_div(depth, most));
}

void mq_gemm_nn(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc)
{
    if (mq_tile_serves()) {
        mq_tile_gemm(m, n, k, (struct mq_tile_operand){a, lda, 1},
                     (struct mq_tile_operand){b, ldb, 1}, beta, c, ldc);
        return;
    }
    const int64_t wide = piece_cols(n, k), deep = piece_depth(m, wide, k);
    const int64_t high = piece_rows(m, wide * deep);
    for (int64_t i = 0; i < m; i += high) {
        const int64_t rows = mq_min_i64(high, m - i);
        for (int64_t j = 0; j < n; j += wide) {
            const int64_t cols = mq_min_i64(wide, n - j);
            for (int64_t p = 0; p < mq_max_i64(k, 1); p += deep) {
                const int64_t depth = mq_min_i64(deep, k - p);
                GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, mq_to_int(rows), mq_to_int(cols),
                     mq_to_int(depth), 1, a + i * lda + p, leading(lda, rows, depth),
                     b + p * ldb + j, leading(ldb, depth, cols), p == 0 ? beta : 1, c + i * ldc + j,
                     leading(ldc, rows, cols));
            }
        }
    }
}

void mq_gemm_nt(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc)
{
    if (mq_tile_serves()) {
        mq_tile_gemm(m, n, k, (struct mq_tile_operand){a, lda, 1},
                     (struct mq_tile_operand){b, 1, ldb}, beta, c, ldc);
        return;
    }
    GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, mq_to_int(m), mq_to_int(n), mq_to_int(k), 1, a,
         leading(lda, m, k), b, leading(ldb, n, k), beta, c, leading(ldc, m, n));
}

// Here the rows are summed over.
void mq_gemm_tn(int64_t m, int64_t n, int64_t k, const mq_real *a, int64_t lda, const mq_real *b,
                int64_t ldb, mq_real beta, mq_real *c, int64_t ldc)
{
    if (mq_tile_serves()) {
        mq_tile_gemm(m, n, k, (struct mq_tile_operand){a, 1, lda},
                     (struct mq_tile_operand){b, ldb, 1}, beta, c, ldc);
        return;
    }
    const int64_t wide = piece_cols(n, m), high = piece_rows(k, m * wide);
    for (int64_t i = 0; i < mq_max_i64(k, 1); i += high) {
        for (int64_t j = 0; j < n; j += wide) {
            const int64_t rows = mq_min_i64(high, k - i), cols = mq_min_i64(wide, n - j);
            GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, mq_to_int(m), mq_to_int(cols),
                 mq_to_int(rows), 1, a + i * lda, leading(lda, rows, m), b + i * ldb + j,
                 leading(ldb, rows, cols), i == 0 ? beta : 1, c + j, leading(ldc, m, cols));
        }
    }
}

// One leading dimension of a pair of views, neighbours merged where both allow it.
struct axis {
    int64_t size;
    int64_t stride[2];
};

// The leading dimensions of a pair of views: `rows` makes the rows of a matrix, the outer two are
// looped over.
struct rows {
    struct axis rows;
    struct axis outer[MQ_RANK_MAX - 1];
    int n_outer;
};

static int merge_axes(struct mq_view a, struct mq_view b, struct axis axes[MQ_RANK_MAX - 1])
{
    int n = 0;
    for (int d = 0; d < a.rank - 1; d++) {
        MQ_ASSERT(a.size[d] == b.size[d]);
        const struct axis axis = {a.size[d], {a.stride[d], b.stride[d]}};
        struct axis *last = n > 0 ? &axes[n - 1] : NULL;
        if (axis.size == 1) continue;
        if (last && last->stride[0] == axis.size * axis.stride[0] &&
            last->stride[1] == axis.size * axis.stride[1]) {
            *last = (struct axis){last->size * axis.size, {axis.stride[0], axis.stride[1]}};
        } else {
            axes[n++] = axis;
        }
    }
    return n;
}

enum { INNERMOST_LEAST = 16 };

// Picks the innermost axis if it gives enough rows, for they lie together, else the longest, as
// long as its rows do not overlap; where all do, single rows.
static struct rows arrange_rows(struct mq_view a, struct mq_view b)
{
    MQ_ASSERT(a.rank == b.rank && a.rank >= 1);
    MQ_ASSERT(a.stride[a.rank - 1] == 1 || a.size[a.rank - 1] == 1);
    MQ_ASSERT(b.stride[b.rank - 1] == 1 || b.size[b.rank - 1] == 1);
    struct axis axes[MQ_RANK_MAX - 1];
    const int n = merge_axes(a, b, axes);
    const int64_t cols[2] = {a.size[a.rank - 1], b.size[b.rank - 1]};
    int best = -1;
    for (int i = 0; i < n; i++) {
        if (axes[i].stride[0] < cols[0] || axes[i].stride[1] < cols[1]) continue;
        const bool is_innermost = i == n - 1 && axes[i].size >= INNERMOST_LEAST;
        if (best < 0 || axes[i].size > axes[best].size || is_innermost) best = i;
    }
    struct rows rows = {.rows = {1, {cols[0], cols[1]}}, .n_outer = 0};
    if (best >= 0) rows.rows = axes[best];
    for (int i = 0; i < n; i++) {
        if (i != best) rows.outer[rows.n_outer++] = axes[i];
    }
    for (int i = rows.n_outer; i < MQ_RANK_MAX - 1; i++)
        rows.outer[i] = (struct axis){1, {0, 0}};
    return rows;
}

typedef void matrix_visit(void *context, int64_t m, mq_real *a, int64_t lda, mq_real *b,
                          int64_t ldb);

static void visit_matrices(struct mq_view a, struct mq_view b, matrix_visit *visit, void *context)
{
    const struct rows r = arrange_rows(a, b);
    const struct axis *o = r.outer;
    for (int64_t i = 0; i < o[0].size; i++) {
        for (int64_t j = 0; j < o[1].size; j++) {
            for (int64_t k = 0; k < o[2].size; k++) {
                const int64_t at_a = i * o[0].stride[0] + j * o[1].stride[0] + k * o[2].stride[0];
                const int64_t at_b = i * o[0].stride[1] + j * o[1].stride[1] + k * o[2].stride[1];
                visit(context, r.rows.size, a.data + at_a, r.rows.stride[0], b.data + at_b,
                      r.rows.stride[1]);
            }
        }
    }
}

struct product {
    int64_t in;
    int64_t out;
    const mq_real *w;
    mq_real *dw;
    mq_real beta;
    bool is_turned; ///< w is (out, in)
};

static void visit_forward(void *context, int64_t m, mq_real *x, int64_t ldx, mq_real *y,
                          int64_t ldy)
{
    const struct product *p = context;
    mq_gemm_nn(m, p->out, p->in, x, ldx, p->w, p->out, p->beta, y, ldy);
}

static void visit_dx(void *context, int64_t m, mq_real *dy, int64_t ldy, mq_real *dx, int64_t ldx)
{
    const struct product *p = context;
    if (p->is_turned)
        mq_gemm_nn(m, p->in, p->out, dy, ldy, p->w, p->in, p->beta, dx, ldx);
    else
        mq_gemm_nt(m, p->in, p->out, dy, ldy, p->w, p->out, p->beta, dx, ldx);
}

static void visit_dw(void *context, int64_t m, mq_real *x, int64_t ldx, mq_real *dy, int64_t ldy)
{
    const struct product *p = context;
    mq_gemm_tn(p->in, p->out, m, x, ldx, dy, ldy, 1, p->dw, p->out);
}

void mq_matmul(struct mq_view x, const mq_real *w, mq_real beta, struct mq_view y)
{
    struct product p = {.in = x.size[x.rank - 1], .out = y.size[y.rank - 1], .w = w, .beta = beta};
    visit_matrices(x, y, visit_forward, &p);
}

#if defined(__SSE__) && !defined(MQ_REAL_IS_DOUBLE)
// Four rows and columns in registers.
static inline void turn_four(const mq_real *a, int64_t lda, mq_real *turned, int64_t ldt)
{
    __m128 row[4];
    for (int i = 0; i < 4; i++)
        row[i] = _mm_loadu_ps(a + i * lda);
    _MM_TRANSPOSE4_PS(row[0], row[1], row[2], row[3]);
    for (int i = 0; i < 4; i++)
        _mm_storeu_ps(turned + i * ldt, row[i]);
}
#else
static inline void turn_four(const mq_real *a, int64_t lda, mq_real *turned, int64_t ldt)
{
    for (int j = 0; j < 4; j++) {
        for (int i = 0; i < 4; i++)
            turned[j * ldt + i] = a[i * lda + j];
    }
}
#endif

static void turn_columns(int64_t m, int64_t n, const mq_real *a, int64_t lda, mq_real *turned,
                         int64_t ldt)
{
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < m; i++)
            turned[j * ldt + i] = a[i * lda + j];
    }
}

// Columns of a one after the other: what is written lies together, what is read stays in cache.
void mq_turn(int64_t m, int64_t n, const mq_real *a, int64_t lda, mq_real *turned, int64_t ldt)
{
    const int64_t high = m / 4 * 4, wide = n / 4 * 4;
    for (int64_t j = 0; j < wide; j += 4) {
        for (int64_t i = 0; i < high; i += 4)
            turn_four(a + i * lda + j, lda, turned + j * ldt + i, ldt);
    }
    turn_columns(m - high, wide, a + high * lda, lda, turned + high, ldt);
    turn_columns(m, n - wide, a + wide, lda, turned + wide * ldt, ldt);
}

// A small matrix is turned once, for only products as they stand go without packing.
void mq_matmul_dx(struct mq_view dy, const mq_real *w, mq_real beta, struct mq_view dx)
{
    enum { TURNED_MOST = 4096 };
    mq_real turned[TURNED_MOST];
    struct product p = {
        .in = dx.size[dx.rank - 1], .out = dy.size[dy.rank - 1], .w = w, .beta = beta};
    if (p.in * p.out <= TURNED_MOST) {
        mq_turn(p.in, p.out, w, p.out, turned, p.in);
        p.w = turned;
        p.is_turned = true;
    }
    visit_matrices(dy, dx, visit_dx, &p);
}

void mq_matmul_dw(struct mq_view x, struct mq_view dy, mq_real *dw)
{
    struct product p = {.in = x.size[x.rank - 1], .out = dy.size[dy.rank - 1], .dw = dw};
    visit_matrices(x, dy, visit_dw, &p);
}
