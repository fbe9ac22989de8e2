/// What an optimizer kind is: the names of its state and its update.
#ifndef OPTIM_KIND_H
#define OPTIM_KIND_H

#include "mq/optim/optimizer.h"

enum { MQ_OPTIMIZER_MOMENTS_MAX = MQ_OPTIMIZER_STATES_MAX - 1 };

/// The numbers of one step, the same for every parameter.
struct mq_optimizer_update {
    int64_t step; ///< of this step, from 1
    double lr;
    double clip_scale; ///< factor of every gradient
    double decay; ///< lr * weight_decay: fraction of a value that is taken away
};

struct mq_optimizer_row {
    const char *name;
    const char *states[MQ_OPTIMIZER_MOMENTS_MAX]; ///< NULL: not used
    /// Moves x (n) by the gradients g (n); state[i] (n) in the order of `states`.
    void (*apply)(const struct mq_optimizer_update *update, mq_real x[], const mq_real g[],
                  mq_real *const state[], int64_t n);
};

#define MQ_OPTIMIZER(kind) extern const struct mq_optimizer_row mq_optimizer_##kind;
#include "optim/optim.def"
#undef MQ_OPTIMIZER

#endif
