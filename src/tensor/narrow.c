// A matrix product with three columns reads or writes many numbers for few multiplications, so what
// counts is how often it goes over them: here once, for both gradients and the ReLU.
//
// A strip of columns of x and dx is a vector for each row; the strip's part of w, and of its gradient,
// stays in registers. Columns that do not fill a last vector are in one that overlaps its neighbour,
// which comes after it.
#include "mq/tensor/narrow.h"

#include <string.h>

#include "mq/base/clones.h"
#include "mq/base/status.h"
#include "mq/tensor/gemm.h"

enum { Q = 3, IN_MOST = 256, LANES = 64 / sizeof(mq_real) };

// Rows that lie at equal distances.
struct rows {
    int64_t n;
    int64_t in;
    const mq_real *x;
    int64_t x_stride;
    const mq_real *dy;
    int64_t dy_stride;
    mq_real *dx;
    int64_t dx_stride;
};

// The map and its gradient, turned.
struct map {
    mq_real w[Q][IN_MOST];
    mq_real dw[Q][IN_MOST];
};

// Columns from `first` on; those of the first `skip` lanes are left to another strip.
MQ_INLINE void strip(struct rows rows, bool adds, bool rectifies, int64_t first, int64_t skip,
                     struct map *map)
{
    const mq_real *restrict x = rows.x + first, *restrict dy = rows.dy;
    mq_real *restrict dx = rows.dx + first;
    mq_real w[Q][LANES], dw[Q][LANES];
    for (int q = 0; q < Q; q++) {
#pragma omp simd
        for (int j = 0; j < LANES; j++) {
            w[q][j] = j < skip ? 0 : map->w[q][first + j];
            dw[q][j] = 0;
        }
    }
    for (int64_t r = 0; r < rows.n; r++) {
#pragma omp simd
        for (int j = 0; j < LANES; j++) {
            const mq_real sum = dy[0] * w[0][j] + dy[1] * w[1][j] + dy[2] * w[2][j];
            const mq_real all = adds ? dx[j] + sum : sum;
            dw[0][j] += dy[0] * x[j];
            dw[1][j] += dy[1] * x[j];
            dw[2][j] += dy[2] * x[j];
            dx[j] = !rectifies || x[j] > 0 ? all : 0;
        }
        x += rows.x_stride;
        dx += rows.dx_stride;
        dy += rows.dy_stride;
    }
    for (int q = 0; q < Q; q++) {
#pragma omp simd
        for (int j = 0; j < LANES; j++)
            map->dw[q][first + j] += j < skip ? 0 : dw[q][j];
    }
}

MQ_INLINE void strips(struct rows rows, bool adds, bool rectifies, struct map *map)
{
    const int64_t whole = rows.in / LANES * LANES, rest = rows.in - whole;
    if (rest > 0) strip(rows, adds, rectifies, rows.in - LANES, LANES - rest, map);
    for (int64_t first = 0; first < whole; first += LANES)
        strip(rows, adds, rectifies, first, 0, map);
}

// A loop for each case, without the question.
MQ_CLONES static void go_back(struct rows rows, bool adds, bool rectifies, struct map *map)
{
    if (adds && rectifies)
        strips(rows, true, true, map);
    else if (adds)
        strips(rows, true, false, map);
    else if (rectifies)
        strips(rows, false, true, map);
    else
        strips(rows, false, false, map);
}

// Rows of all forks follow each other as those of one do.
static bool is_even(struct mq_view view)
{
    return view.stride[1] == view.size[2] * view.stride[2];
}

static struct mq_view one_fork(struct mq_view view)
{
    view.size[2] *= view.size[1];
    view.size[1] = 1;
    return view;
}

static void visit(struct mq_view x, struct mq_view dy, bool adds, bool rectifies, struct mq_view dx,
                  struct map *map)
{
    for (int64_t b = 0; b < x.size[0]; b++) {
        for (int64_t f = 0; f < x.size[1]; f++) {
            const struct rows rows = {.n = x.size[2],
                                      .in = x.size[3],
                                      .x = x.data + b * x.stride[0] + f * x.stride[1],
                                      .x_stride = x.stride[2],
                                      .dy = dy.data + b * dy.stride[0] + f * dy.stride[1],
                                      .dy_stride = dy.stride[2],
                                      .dx = dx.data + b * dx.stride[0] + f * dx.stride[1],
                                      .dx_stride = dx.stride[2]};
            go_back(rows, adds, rectifies, map);
        }
    }
}

bool mq_narrow_back(struct mq_view x, struct mq_view dy, const mq_real *w, mq_real *dw,
                    mq_real beta, bool rectifies, struct mq_view dx)
{
    const int64_t in = x.size[x.rank - 1];
    struct map map;
    MQ_ASSERT(x.rank >= 3 && dy.rank == x.rank && dx.rank == x.rank);
    if (dy.size[dy.rank - 1] != Q || in < LANES || in > IN_MOST) return false;
    for (int q = 0; q < Q; q++) {
        memset(map.dw[q], 0, (size_t)in * sizeof(mq_real));
        mq_turn(in, 1, w + q, Q, map.w[q], in);
    }
    x = mq_view_widen(x);
    dy = mq_view_widen(dy);
    dx = mq_view_widen(dx);
    if (is_even(x) && is_even(dy) && is_even(dx))
        visit(one_fork(x), one_fork(dy), beta != 0, rectifies, one_fork(dx), &map);
    else
        visit(x, dy, beta != 0, rectifies, dx, &map);
    for (int64_t c = 0; c < in; c++) {
        for (int q = 0; q < Q; q++)
            dw[c * Q + q] += map.dw[q][c];
    }
    return true;
}
