/// What was observed some periods before: shared by those who gather it and those who compute.
#ifndef MQ_BASE_LAG_H
#define MQ_BASE_LAG_H

#include <stdint.h>

#include "mq/base/int.h"

/// The mean of `repeats` values that are `period` apart, both >= 1. Period 1 is the last value.
struct mq_lag {
    int64_t period;
    int64_t repeats;
};
enum { MQ_LAGS_MAX = 16 };

/// Steps before the first one that lags look at.
static inline int64_t mq_lags_reach(const struct mq_lag lag[], int64_t n)
{
    int64_t reach = 0;
    for (int64_t j = 0; j < n; j++)
        reach = mq_max_i64(reach, lag[j].period * lag[j].repeats);
    return reach;
}

#endif
