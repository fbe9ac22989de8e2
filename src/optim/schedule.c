// Learning rate schedules.
#include "mq/optim/schedule.h"

#include <math.h>

#include "mq/base/int.h"

struct mq_schedule_state mq_schedule_start(void)
{
    return (struct mq_schedule_state){.factor = 1, .best = INFINITY};
}

/// Half a cosine from 1 to `final`: 1 on the first step after warm-up, `final` on the last step.
static double cosine(double final, int64_t step, int64_t steps)
{
    if (step >= steps - 1) return final;
    const double pi = 3.14159265358979323846;
    const double turn = (double)step / (double)(steps - 1);
    return final + (1 - final) * 0.5 * (1 + cos(pi * turn));
}

double mq_schedule_lr(const struct mq_train_settings *settings,
                      const struct mq_schedule_state *state, int64_t step, int64_t total_steps)
{
    MQ_ASSERT(step >= 0 && step < total_steps);
    const int64_t warmup = mq_max_i64(0, settings->warmup);
    const double rise = step < warmup ? (double)(step + 1) / (double)warmup : 1;
    double factor = 1;
    if (settings->schedule == MQ_SCHEDULE_COSINE && step >= warmup)
        factor = cosine(settings->lr_final, step - warmup, total_steps - warmup);
    if (settings->schedule == MQ_SCHEDULE_PLATEAU) factor = state->factor;
    return settings->lr * rise * factor;
}

void mq_schedule_observe(struct mq_schedule_state *state, const struct mq_train_settings *settings,
                         double valid_loss)
{
    if (settings->schedule != MQ_SCHEDULE_PLATEAU) return;
    if (valid_loss < state->best) {
        state->best = valid_loss;
        state->misses = 0;
    } else if (++state->misses >= settings->plateau_patience) {
        state->factor = fmax(state->factor * settings->plateau_factor, settings->lr_final);
        state->misses = 0;
    }
}
