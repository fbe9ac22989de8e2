// Two views of one shape, run by run: what lies together in both goes through one loop.
#include "mq/tensor/runs.h"

#include <string.h>

#include "mq/base/status.h"
#include "mq/tensor/vecmath.h"

// Trailing dimensions that lie together in both views become one.
static void join_trailing(struct mq_view *x, struct mq_view *y)
{
    for (int d = MQ_RANK_MAX - 2; d >= 0; d--) {
        const int64_t run = x->size[MQ_RANK_MAX - 1];
        if (x->size[d] != 1 && (x->stride[d] != run || y->stride[d] != run)) return;
        x->size[MQ_RANK_MAX - 1] *= x->size[d];
        x->size[d] = 1;
    }
}

typedef void run_visit(int64_t n, const mq_real *x, mq_real *y);

static void visit_runs(struct mq_view from, struct mq_view to, run_visit *visit)
{
    MQ_ASSERT(mq_shape_equal(mq_view_shape(from), mq_view_shape(to)));
    struct mq_view x = mq_view_widen(from), y = mq_view_widen(to);
    join_trailing(&x, &y);
    for (int64_t a = 0; a < x.size[0]; a++) {
        for (int64_t b = 0; b < x.size[1]; b++) {
            for (int64_t c = 0; c < x.size[2]; c++) {
                visit(x.size[3], x.data + a * x.stride[0] + b * x.stride[1] + c * x.stride[2],
                      y.data + a * y.stride[0] + b * y.stride[1] + c * y.stride[2]);
            }
        }
    }
}

static void copy_run(int64_t n, const mq_real *x, mq_real *y)
{
    memcpy(y, x, (size_t)n * sizeof *y);
}

void mq_view_put(struct mq_view from, mq_real beta, struct mq_view to)
{
    visit_runs(from, to, beta != 0 ? mq_vec_add : copy_run);
}

static void clear_run(int64_t n, const mq_real *x, mq_real *y)
{
    (void)x;
    memset(y, 0, (size_t)n * sizeof *y);
}

void mq_view_clear(struct mq_view view)
{
    visit_runs(view, view, clear_run);
}

void mq_view_relu_back(struct mq_view y, struct mq_view dy)
{
    visit_runs(y, dy, mq_vec_relu_back);
}
