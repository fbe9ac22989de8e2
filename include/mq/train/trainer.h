/// Training: every rank computes its lanes, gradients are summed, all take the same step.
#ifndef MQ_TRAIN_TRAINER_H
#define MQ_TRAIN_TRAINER_H

#include <jansson.h>

#include "mq/base/meter.h"
#include "mq/base/pool.h"
#include "mq/comm/world.h"
#include "mq/model/model.h"
#include "mq/train/runlog.h"

enum mq_resume { MQ_RESUME_AUTO, MQ_RESUME_NEVER, MQ_RESUME_MUST, MQ_RESUME_FILE };

/// How training goes, after each interval of the log.
struct mq_train_report {
    const struct mq_log_entry *entry;
    bool is_best; ///< of all validations so far
    const char *score; ///< what those measure: wQL or cost
    double interval_s; ///< how long it took
    double left_s; ///< at the average pace of this process, validations and checkpoints included
};
/// Told on rank 0, between steps.
typedef void mq_train_listener(void *context, const struct mq_train_report *report);

/// Asks for a profiler (train/profiler.h) of the steps that this process makes.
struct mq_train_trace {
    const char *path; ///< of the timeline; NULL: trace.json of the run
    json_t
        *layers; ///< gives rank 0 the table, the caller's from then on; NULL when there was no step
};

struct mq_train_request {
    struct mq_experiment *experiment; ///< taken over
    enum mq_resume resume;
    const char *resume_file; ///< MQ_RESUME_FILE: a checkpoint of this run
    const char *from; ///< start a new run from these weights; NULL: from the seed
    double max_time_s; ///< 0: none
    mq_train_listener *listener; ///< NULL: nobody
    void *listener_context;
    struct mq_meter fit_meter; ///< told how far a fit is
    struct mq_train_trace *trace; ///< NULL: none
};

/// Trains to the end of the experiment, or until a signal or the clock: then MQ_STOPPED, with a
/// valid checkpoint. MQ_NUMERIC when loss or gradients are not finite, the last checkpoint kept. On
/// MQ_OK and MQ_STOPPED the run directory holds experiment.yaml, log.jsonl and checkpoints, and the
/// trace is written.
/// Collective.
mq_status mq_train(struct mq_world *world, struct mq_pool *pool,
                   const struct mq_train_request *request) MQ_NODISCARD;

#endif
