/// Optimizers: one loop over the whole arena of parameters, the same bits on every rank.
///
/// With `average` an exponential average follows the weights that move: what validates, forecasts
/// and goes into checkpoints. mq_optimizer_exchange puts it in the weights' place and back.
///
/// The state is flat arrays as long as the parameters and a step count; a checkpoint writes what
/// mq_optimizer_states enumerates. Kinds are registered in src/optim/optim.def.
///
///     mq_optimizer_new(&optimizer, &experiment.train, params.count);
///     const double norm = mq_optimizer_step(optimizer, params.values, gradients, lr);
#ifndef MQ_OPTIM_OPTIMIZER_H
#define MQ_OPTIM_OPTIMIZER_H

#include <stdint.h>

#include "mq/base/real.h"
#include "mq/base/status.h"
#include "mq/config/experiment.h"

enum { MQ_OPTIMIZER_STATES_MAX = 3 };

struct mq_optimizer;

/// One array of the state: to be written as it is, and filled in place on resume.
struct mq_optimizer_state {
    const char *name; ///< "first_moment"
    mq_real *values; ///< (count), owned by the optimizer
    int64_t count;
};

/// The kind, clip, weight decay and average of `settings`, for `count` parameters; all state zero.
mq_status mq_optimizer_new(struct mq_optimizer **optimizer,
                           const struct mq_train_settings *settings, int64_t count) MQ_NODISCARD;
void mq_optimizer_free(struct mq_optimizer *optimizer);

/// One step with the gradients (count) of the mean loss: scales them to a global norm of at most
/// `clip`, decays the values by lr * weight_decay (decoupled), moves them. Gradients must be
/// finite; they are only read. Returns their norm before clipping. Allocates nothing.
double mq_optimizer_step(struct mq_optimizer *optimizer, mq_real values[],
                         const mq_real gradients[], double lr);

/// Exchanges the weights with their average; once more, and all is as before. Does nothing without
/// an average or an optimizer. No step may be taken in between.
void mq_optimizer_exchange(struct mq_optimizer *optimizer, mq_real values[]);

/// Euclidean norm, summed in double in an order fixed by `n` alone.
double mq_global_norm(const mq_real gradients[], int64_t n);

/// Lists the state; returns how many arrays there are. The last is "weights" when there is an
/// average: the one of the two sets of weights that the model does not hold.
int64_t mq_optimizer_states(const struct mq_optimizer *optimizer,
                            struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX]);

/// "adam", ...
const char *mq_optimizer_name(const struct mq_optimizer *optimizer);
/// Steps taken; with the arrays this is the whole state.
int64_t mq_optimizer_steps(const struct mq_optimizer *optimizer);
void mq_optimizer_set_steps(struct mq_optimizer *optimizer, int64_t steps);

#endif
