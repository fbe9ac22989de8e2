// What losses over forking targets share. The targets are read where they lie.
#ifndef NN_FORKING_H
#define NN_FORKING_H

#include "nn/op.h"

/// The inputs of such a loss.
enum {
    MQ_FORKING_YHAT,
    MQ_FORKING_TARGET,
    MQ_FORKING_MASK,
    MQ_FORKING_SCALE,
    MQ_FORKING_LEVEL,
    MQ_FORKING_WEIGHT,
    MQ_FORKING_INPUTS
};

/// A loss node; NULL when the build has failed.
struct mq_node *mq_forking_node(struct mq_graph *g, const struct mq_op *op, mq_value yhat,
                                struct mq_observed observed, struct mq_forks forks,
                                int64_t n_levels, size_t config_bytes);

/// A loss node's inputs at hand.
struct mq_forking {
    const struct mq_exec *exec;
    const struct mq_node *node;
    struct mq_view in[MQ_FORKING_INPUTS];
};
struct mq_forking mq_forking_of(const struct mq_exec *exec, const struct mq_node *node);

/// What the loss sees of one fork: H targets and their masks, and H rows of Q forecasts.
struct mq_fork {
    int64_t date; ///< of the first target
    const mq_real *target;
    const mq_real *mask;
    const mq_real *yhat;
    double scale;
    double level;
    double weight;
};
struct mq_fork mq_fork_at(const struct mq_forking *forking, int64_t b, int64_t f);

#endif
