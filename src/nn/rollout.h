// What the two directions of a rollout share: its sizes, and where its arrays are.
//
// Everything is laid out period by period, so that a period is one loop over products.
#ifndef NN_ROLLOUT_H
#define NN_ROLLOUT_H

#include "nn/op.h"

enum { BASE, TARGET, MASK, SCALE, LEVEL, WEIGHT, ADDRESS, STOCK, ROLLOUT_INPUTS };
enum { PLANES, STATES, ACTIVATIONS, STOCKS, DPLANES, DSTATES, DACTIVATIONS, TURNED };
enum { STATE_WEIGHT = 0 }; // parameters: then weight and bias of each layer, last of the order

// Of each product and period.
enum plane {
    DEMAND,
    COUNTS, // what a unit of cost weighs in the loss
    UNIT, // 0: the product has not begun
    INITIAL, // stock as long as it has not begun
    AGE, // at which the order of this period arrives
    ORDER,
    SAID, // the network's number behind the order
    AVAILABLE, // stock that meets demand
    PLANES_N
};

struct rollout {
    struct mq_rollout sizes; // delay: behind this struct
    bool is_loss;
    double delay[];
};

struct run {
    const struct mq_rollout *sizes;
    int64_t B, F, H, S; // S: numbers of a state
    int64_t oldest; // age of the oldest order that may still be on its way
    bool is_kept; // every period has its own states and activations
    mq_real *planes; // (PLANES_N, F, B)
    mq_real *states; // (F or 1, B, S)
    mq_real *activations; // (layers, F or 1, B, H)
    mq_real *stock; // (B)
};

static inline mq_real *plane_at(const struct run *run, enum plane plane, int64_t t)
{
    return run->planes + ((int64_t)plane * run->F + t) * run->B;
}

static inline mq_real *states_at(const struct run *run, int64_t t)
{
    return run->states + (run->is_kept ? t : 0) * run->B * run->S;
}

static inline mq_real *activations_at(const struct run *run, int64_t layer, int64_t t)
{
    const int64_t periods = run->is_kept ? run->F : 1;
    return run->activations + (layer * periods + (run->is_kept ? t : 0)) * run->B * run->H;
}

static inline bool is_review(const struct run *run, int64_t t)
{
    return t >= run->sizes->first_review &&
           (t - run->sizes->first_review) % run->sizes->review == 0;
}

struct run rollout_run(const struct mq_exec *exec, const struct mq_node *node);

/// Backwards through all periods.
void rollout_backward(struct mq_exec *exec, const struct mq_node *node);

#endif
