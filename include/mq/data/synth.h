/// A synthetic catalogue with known structure: seasons, price, promotions, launches, intermittent
/// and dead products.
#ifndef MQ_DATA_SYNTH_H
#define MQ_DATA_SYNTH_H

#include <stdint.h>

#include "mq/data/panel.h"

struct mq_synth {
    int64_t n_series;
    int64_t length;          ///< periods
    int64_t ahead;           ///< known periods past the end
    enum mq_unit unit;       ///< MQ_DAY, MQ_WEEK, ...
    uint64_t seed;
};

/// Series i is a pure function of (seed, i). Writes and publishes in bounded memory.
mq_status mq_synth_write(const struct mq_synth *synth, const char *path) MQ_NODISCARD;

#endif
