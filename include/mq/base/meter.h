/// Told how far something long has come, so that the program can say so: library code prints nothing.
#ifndef MQ_BASE_METER_H
#define MQ_BASE_METER_H

#include <stddef.h>
#include <stdint.h>

struct mq_meter {
    void (*tell)(void *context, int64_t done, int64_t all); ///< NULL: nobody asks
    void *context;
};

static inline void mq_meter_tell(const struct mq_meter *meter, int64_t done, int64_t all)
{
    if (meter->tell != NULL) meter->tell(meter->context, done, all);
}

#endif
