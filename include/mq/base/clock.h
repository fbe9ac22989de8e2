/// Time: a monotonic clock for durations, the wall clock as ISO text for records.
#ifndef MQ_BASE_CLOCK_H
#define MQ_BASE_CLOCK_H

/// Seconds since an arbitrary fixed point; never goes back.
double mq_clock_s(void);

enum { MQ_ISO_MAX = 32 };

/// The time now in UTC, "2026-01-31T12:00:00Z".
void mq_clock_iso(char text[MQ_ISO_MAX]);

#endif
