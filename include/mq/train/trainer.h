/// Training: every rank computes its lanes, gradients are summed, all take the same step.
#ifndef MQ_TRAIN_TRAINER_H
#define MQ_TRAIN_TRAINER_H

#include "mq/base/pool.h"
#include "mq/comm/world.h"
#include "mq/model/model.h"

enum mq_resume { MQ_RESUME_AUTO, MQ_RESUME_NEVER, MQ_RESUME_MUST, MQ_RESUME_FILE };

struct mq_train_request {
    struct mq_experiment *experiment; ///< taken over
    enum mq_resume resume;
    const char *resume_file; ///< MQ_RESUME_FILE: a checkpoint of this run
    const char *from; ///< start a new run from these weights; NULL: from the seed
    double max_time_s; ///< 0: none
    bool is_quiet; ///< no progress lines
};

/// Trains to the end of the experiment, or until a signal or the clock: then MQ_STOPPED, with a
/// valid checkpoint. MQ_NUMERIC when loss or gradients are not finite, the last checkpoint kept. On
/// MQ_OK and MQ_STOPPED the run directory holds experiment.yaml, log.jsonl and checkpoints.
/// Collective.
mq_status mq_train(struct mq_world *world, struct mq_pool *pool,
                   const struct mq_train_request *request) MQ_NODISCARD;

#endif
