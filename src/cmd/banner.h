/// What a job runs on, said once at its start.
#ifndef CMD_BANNER_H
#define CMD_BANNER_H

#include "mq/comm/world.h"

/// Logs version, ranks, nodes, cores, threads, libraries and matrix kernel, and warns where the
/// machine is used below its worth. Collective.
mq_status mq_banner(struct mq_world *world, int64_t threads) MQ_NODISCARD;

/// Warns when the matrix kernels are older than the CPU. Local.
void mq_warn_kernel(void);

#endif
