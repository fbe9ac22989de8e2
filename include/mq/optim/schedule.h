/// The learning rate as a pure function of the step, the settings and, for plateau, of the
/// validations so far.
///
/// Warm-up is a straight line from 0: the first `warmup` steps take (step + 1) / warmup of the
/// rate. After it: constant stays; cosine falls from lr to lr * lr_final on the last step; plateau
/// multiplies by plateau_factor whenever plateau_patience validations brought no gain, down to
/// lr * lr_final.
#ifndef MQ_OPTIM_SCHEDULE_H
#define MQ_OPTIM_SCHEDULE_H

#include <stdint.h>

#include "mq/config/experiment.h"

/// What plateau remembers; plain data, part of a checkpoint. Other schedules leave it alone.
struct mq_schedule_state {
    double factor; ///< product of the falls so far, <= 1
    double best; ///< lowest validation loss seen
    int64_t misses; ///< validations since the best or the last fall
};

/// No validation seen yet.
struct mq_schedule_state mq_schedule_start(void);

/// Rate of step `step`, counted from 0, of `total_steps`.
double mq_schedule_lr(const struct mq_train_settings *settings,
                      const struct mq_schedule_state *state, int64_t step, int64_t total_steps);

/// Takes note of a validation. A loss that is NaN is no gain.
void mq_schedule_observe(struct mq_schedule_state *state, const struct mq_train_settings *settings,
                         double valid_loss);

#endif
