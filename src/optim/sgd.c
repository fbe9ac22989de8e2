// Gradient descent with momentum 0.9 (Polyak's heavy ball): u = 0.9 u + g, x = x - lr u.
#include "optim/kind.h"

static const mq_real momentum = (mq_real)0.9;

static void move(mq_real clip, mq_real lr, mq_real keep, mq_real *restrict x,
                 const mq_real *restrict g, mq_real *restrict u, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        u[i] = momentum * u[i] + clip * g[i];
        x[i] = keep * x[i] - lr * u[i];
    }
}

static void apply(const struct mq_optimizer_update *update, mq_real x[], const mq_real g[],
                  mq_real *const state[], int64_t n)
{
    move((mq_real)update->clip_scale, (mq_real)update->lr, (mq_real)(1 - update->decay), x, g,
         state[0], n);
}

const struct mq_optimizer_row mq_optimizer_sgd = {
    .name = "sgd", .states = {"velocity"}, .apply = apply};
