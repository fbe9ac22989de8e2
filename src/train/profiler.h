/// What a profiler holds. Private to train/.
#ifndef TRAIN_PROFILER_H
#define TRAIN_PROFILER_H

#include "mq/train/profiler.h"

struct mq_profiler {
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
