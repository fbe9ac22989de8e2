/// Clocks of places: the offsets of a time zone, and which hours of its clock come twice or never.
#ifndef DATA_ZONE_H
#define DATA_ZONE_H

#include <stdint.h>

#include "mq/base/status.h"

struct mq_zone_change {
    int64_t at_s; ///< UTC
    int64_t before_s; ///< offset to UTC before, seconds
    int64_t after_s;
};

/// Zero-initialised is UTC.
struct mq_zone {
    int64_t first_s; ///< offset before the first change
    int64_t n;
    struct mq_zone_change *changes; ///< (n) ascending, of the years 1900 to 2100
};

/// How often a time of the clock exists.
enum mq_zone_times { MQ_NEVER, MQ_ONCE, MQ_TWICE };

/// A zone of the system's database by its name, "Europe/Berlin"; "" is UTC. MQ_USAGE when there is
/// none of this name; `file` is for messages. Not while other threads ask for local times. Release
/// with mq_zone_release in every case.
mq_status mq_zone_open(struct mq_zone *zone, const char *name, const char *file) MQ_NODISCARD;
void mq_zone_release(struct mq_zone *zone);

/// What the clock shows at a moment.
int64_t mq_zone_local(const struct mq_zone *zone, int64_t utc_s);
/// The moment at which the clock shows `local_s`: the earlier of two, and the later, which are the
/// same when it does so once.
enum mq_zone_times mq_zone_utc(const struct mq_zone *zone, int64_t local_s, int64_t *earlier_s,
                               int64_t *later_s);

#endif
