/// What the stages of a run took, in cost.json of its directory.
#ifndef CMD_COST_H
#define CMD_COST_H

#include "mq/base/pool.h"
#include "mq/comm/world.h"

struct cost {
    double began_s;
    int64_t cpu_us; ///< of this process before the stage
};

struct cost cost_begin(void);
/// Writes {seconds, core_seconds, ranks, threads, peak_rss_bytes} under the name of the stage:
/// processor seconds of all ranks, memory of the largest. What attempts at training took adds up.
/// Collective.
mq_status cost_end(const struct cost *cost, struct mq_world *world, const struct mq_pool *pool,
                   const char *directory, const char *stage) MQ_NODISCARD;

#endif
