/// What one thread did when: spans of time in memory that is given once.
///
/// Spans within one another are told when they end, the inner one first. A track belongs to one
/// thread; others may read it when that thread rests. NULL is no track: then nobody looks at the
/// clock.
///
///     const double began_s = mq_span_begin(track);
///     ...
///     mq_span_end(track, began_s, "optimizer", -1);
#ifndef MQ_BASE_TRACK_H
#define MQ_BASE_TRACK_H

#include <stdint.h>

struct mq_span {
    const char *name; ///< lives as long as the track
    int64_t number; ///< of a step or a lane; -1: none
    double began_s; ///< by mq_clock_s
    double ended_s;
};

struct mq_track {
    struct mq_span *spans; ///< (capacity), the caller's
    int64_t capacity;
    int64_t n;
    int64_t left_out; ///< for want of room
};

/// The time now, or 0 without a track.
double mq_span_begin(const struct mq_track *track);
void mq_span_end(struct mq_track *track, double began_s, const char *name, int64_t number);

#endif
