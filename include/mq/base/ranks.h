/// Ranks as they look to those who divide work, add up and agree, and need not know how ranks talk:
/// models that are fitted, forests.
#ifndef MQ_BASE_RANKS_H
#define MQ_BASE_RANKS_H

#include <stdint.h>

#include "mq/base/exact.h"
#include "mq/base/status.h"

/// Plain data; zeroed but for `n` = 1 it is a rank alone.
struct mq_ranks {
    int64_t n;
    int64_t own; ///< 0 .. n - 1
    /// Element-wise sums in place over all ranks; NULL: alone. Collective.
    mq_status (*sum)(void *context, int64_t values[], int64_t n);
    /// The worst status of all ranks; NULL: alone. Collective.
    mq_status (*agree)(void *context, mq_status status);
    void *context;
};

/// Collective.
mq_status mq_ranks_sum(const struct mq_ranks *ranks, int64_t values[], int64_t n) MQ_NODISCARD;
/// The same of exact sums. Collective.
mq_status mq_ranks_sum_exact(const struct mq_ranks *ranks, struct mq_exact sums[],
                             int64_t n) MQ_NODISCARD;
/// When any rank comes with a failure, all return one. Collective.
mq_status mq_ranks_agree(const struct mq_ranks *ranks, mq_status status) MQ_NODISCARD;

#endif
