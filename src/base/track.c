// Spans of time of a thread.
#include "mq/base/track.h"

#include <stddef.h>

#include "mq/base/clock.h"

double mq_span_begin(const struct mq_track *track)
{
    return track != NULL ? mq_clock_s() : 0;
}

void mq_span_end(struct mq_track *track, double began_s, const char *name, int64_t number)
{
    if (track == NULL) return;
    if (track->n < track->capacity)
        track->spans[track->n++] = (struct mq_span){name, number, began_s, mq_clock_s()};
    else
        track->left_out++;
}
