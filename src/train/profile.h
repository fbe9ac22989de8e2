/// What a profile holds. Private to train/.
#ifndef TRAIN_PROFILE_H
#define TRAIN_PROFILE_H

#include "mq/train/profile.h"

struct mq_profile {
    struct mq_world *world;
    const struct mq_graph *graph;
    struct mq_exec *const *execs; ///< (threads)
    int64_t threads;
    double origin_s; ///< the same moment on all ranks
    double began_s; ///< of the first step; 0: none yet
    int64_t steps;
    int64_t first_step;
    int64_t step;
    double stage_s[MQ_STAGES];
    struct mq_trace *traces; ///< (threads)
    struct mq_track *tracks; ///< (threads); NULL without a timeline
};

#endif
