/// Where random draws belong, as numbers that a network is told.
#ifndef MQ_BASE_ADDRESS_H
#define MQ_BASE_ADDRESS_H

#include <stdint.h>

#include "mq/base/real.h"

struct mq_address {
    int64_t series;
    int64_t end; ///< period of the window's last step
};
enum { MQ_ADDRESS_PARTS = 4, MQ_ADDRESS_HALF = 1 << 16 };

/// Each number in two halves: a float holds whole numbers up to 2^24.
static inline void mq_address_put(struct mq_address address, mq_real part[MQ_ADDRESS_PARTS])
{
    part[0] = (mq_real)(address.series / MQ_ADDRESS_HALF);
    part[1] = (mq_real)(address.series % MQ_ADDRESS_HALF);
    part[2] = (mq_real)(address.end / MQ_ADDRESS_HALF);
    part[3] = (mq_real)(address.end % MQ_ADDRESS_HALF);
}

static inline struct mq_address mq_address_get(const mq_real part[MQ_ADDRESS_PARTS])
{
    return (struct mq_address){
        .series = (int64_t)part[0] * MQ_ADDRESS_HALF + (int64_t)part[1],
        .end = (int64_t)part[2] * MQ_ADDRESS_HALF + (int64_t)part[3],
    };
}

#endif
