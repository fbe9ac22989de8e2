// What all optimizers share: state, clipping, weight decay, the average of the weights.
#include "mq/optim/optimizer.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "optim/kind.h"

struct mq_optimizer {
    const struct mq_optimizer_row *kind;
    mq_real *state[MQ_OPTIMIZER_MOMENTS_MAX];
    mq_real *average; // NULL: none
    int64_t count;
    int64_t steps;
    double clip;
    double weight_decay;
    double average_decay;
};

static const struct mq_optimizer_row *const kinds[] = {
#define MQ_OPTIMIZER(kind) &mq_optimizer_##kind,
#include "optim/optim.def"
#undef MQ_OPTIMIZER
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
_Static_assert(MQ_OPTIMIZER_ADAM == 0 && MQ_OPTIMIZER_SGD == 1, "the order of optim.def");

mq_status mq_optimizer_new(struct mq_optimizer **optimizer,
                           const struct mq_train_settings *settings, int64_t count)
{
    MQ_ASSERT(settings->optimizer >= 0 && settings->optimizer < KINDS && count >= 0);
    *optimizer = NULL;
    struct mq_optimizer *o = NULL;
    MQ_NEW(o, 1);
    o->kind = kinds[settings->optimizer];
    o->count = count;
    o->clip = settings->clip;
    o->weight_decay = settings->weight_decay;
    o->average_decay = settings->average;
    mq_status status = MQ_OK;
    for (int i = 0; i < MQ_OPTIMIZER_MOMENTS_MAX; i++)
        if (o->kind->states[i] != NULL) MQ_NEW_DO(o->state[i], count);
    if (o->average_decay > 0) MQ_NEW_DO(o->average, count);
    *optimizer = o;
done:
    if (status != MQ_OK) mq_optimizer_free(o);
    return status;
}

void mq_optimizer_free(struct mq_optimizer *optimizer)
{
    if (optimizer == NULL) return;
    for (int i = 0; i < MQ_OPTIMIZER_MOMENTS_MAX; i++)
        mq_free(optimizer->state[i]);
    mq_free(optimizer->average);
    mq_free(optimizer);
}

double mq_global_norm(const mq_real gradients[], int64_t n)
{
    // Several running sums let the compiler use whole vectors; their number fixes the order of the
    // additions, whatever the width of a vector. Squares of floats are exact in double.
    enum { SUMS = 16 };
    double sums[SUMS] = {0};
    const int64_t whole = n - n % SUMS;
    for (int64_t i = 0; i < whole; i += SUMS)
        for (int j = 0; j < SUMS; j++)
            sums[j] += (double)gradients[i + j] * (double)gradients[i + j];
    for (int64_t i = whole; i < n; i++)
        sums[i - whole] += (double)gradients[i] * (double)gradients[i];
    double total = 0;
    for (int j = 0; j < SUMS; j++)
        total += sums[j];
    return sqrt(total);
}

// Of the newest weights in the average. While steps are few it looks back over a ninth of them, so
// that it forgets where training began; at step 1 it is the weights.
static double newest_share(double decay, int64_t step)
{
    return fmax(1 - decay, 9 / (8 + (double)step));
}

static void follow(mq_real share, mq_real *restrict average, const mq_real *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        average[i] += share * (x[i] - average[i]);
}

double mq_optimizer_step(struct mq_optimizer *optimizer, mq_real values[],
                         const mq_real gradients[], double lr)
{
    const double norm = mq_global_norm(gradients, optimizer->count);
    const bool clips = optimizer->clip > 0 && norm > optimizer->clip;
    optimizer->steps++;
    const struct mq_optimizer_update update = {
        .step = optimizer->steps,
        .lr = lr,
        .clip_scale = clips ? optimizer->clip / norm : 1,
        .decay = lr * optimizer->weight_decay,
    };
    optimizer->kind->apply(&update, values, gradients, optimizer->state, optimizer->count);
    if (optimizer->average != NULL)
        follow((mq_real)newest_share(optimizer->average_decay, update.step), optimizer->average,
               values, optimizer->count);
    return norm;
}

void mq_optimizer_exchange(struct mq_optimizer *optimizer, mq_real values[])
{
    if (optimizer == NULL || optimizer->average == NULL) return;
    for (int64_t i = 0; i < optimizer->count; i++) {
        const mq_real value = values[i];
        values[i] = optimizer->average[i];
        optimizer->average[i] = value;
    }
}

int64_t mq_optimizer_states(const struct mq_optimizer *optimizer,
                            struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX])
{
    int64_t n = 0;
    for (int i = 0; i < MQ_OPTIMIZER_MOMENTS_MAX; i++) {
        if (optimizer->kind->states[i] == NULL) continue;
        states[n++] = (struct mq_optimizer_state){optimizer->kind->states[i], optimizer->state[i],
                                                  optimizer->count};
    }
    if (optimizer->average != NULL)
        states[n++] = (struct mq_optimizer_state){"weights", optimizer->average, optimizer->count};
    return n;
}

const char *mq_optimizer_name(const struct mq_optimizer *optimizer)
{
    return optimizer->kind->name;
}

int64_t mq_optimizer_steps(const struct mq_optimizer *optimizer)
{
    return optimizer->steps;
}

void mq_optimizer_set_steps(struct mq_optimizer *optimizer, int64_t steps)
{
    optimizer->steps = steps;
}
