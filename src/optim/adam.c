// Adam with decoupled weight decay. Sources: Kingma & Ba 2015, "Adam: a method for stochastic
// optimization", algorithm 1; Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
#include "optim/kind.h"

#include <math.h>

static const double beta1 = 0.9;
static const double beta2 = 0.999;
static const double epsilon = 1e-8;

/// Numbers of the paper for one step, in the type of the loop.
struct factors {
    mq_real beta1;
    mq_real beta2;
    mq_real gain1; ///< 1 - beta1
    mq_real gain2;
    mq_real unbias1; ///< 1 / (1 - beta1^t)
    mq_real unbias2;
    mq_real epsilon;
    mq_real lr;
    mq_real keep; ///< 1 - lr * weight_decay
    mq_real clip;
};

// On the stack and passed by value, so that nothing the loop writes can alias it.
static void move(struct factors f, mq_real *restrict x, const mq_real *restrict g,
                 mq_real *restrict m, mq_real *restrict v, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const mq_real clipped = f.clip * g[i];
        m[i] = f.beta1 * m[i] + f.gain1 * clipped;
        v[i] = f.beta2 * v[i] + f.gain2 * clipped * clipped;
        const mq_real size = (mq_real)sqrt(f.unbias2 * v[i]);
        x[i] = f.keep * x[i] - f.lr * f.unbias1 * m[i] / (size + f.epsilon);
    }
}

static void apply(const struct mq_optimizer_update *update, mq_real x[], const mq_real g[],
                  mq_real *const state[], int64_t n)
{
    const double t = (double)update->step;
    const struct factors factors = {
        .beta1 = (mq_real)beta1,
        .beta2 = (mq_real)beta2,
        .gain1 = (mq_real)(1 - beta1),
        .gain2 = (mq_real)(1 - beta2),
        .unbias1 = (mq_real)(1 / (1 - pow(beta1, t))),
        .unbias2 = (mq_real)(1 / (1 - pow(beta2, t))),
        .epsilon = (mq_real)epsilon,
        .lr = (mq_real)update->lr,
        .keep = (mq_real)(1 - update->decay),
        .clip = (mq_real)update->clip_scale,
    };
    move(factors, x, g, state[0], state[1], n);
}

const struct mq_optimizer_row mq_optimizer_adam = {
    .name = "adam", .states = {"first_moment", "second_moment"}, .apply = apply};
