/// Dates written in a format that the user names, strptime's directives without its leniency.
#ifndef DATA_DATE_FORMAT_H
#define DATA_DATE_FORMAT_H

#include <stdint.h>

#include "mq/base/status.h"

/// A moment as it was written: on a clock of its own, or with its distance to UTC.
struct mq_moment {
    int64_t seconds; ///< since 1970; UTC when has_offset
    bool has_offset;
};

/// Formats are "" (ISO 8601: a date, perhaps a time, perhaps Z or an offset), "unix" and "unix_ms"
/// (seconds and milliseconds since 1970 UTC), or a text with %Y %y %m %d %b %j %G %V %u %H %I %M %S
/// %f %p %z %%. MQ_USAGE naming `file` for other directives, and where no day, month or year
/// follows.
mq_status mq_date_format_check(const char *format, const char *file) MQ_NODISCARD;

/// Reads the whole text. Numbers may lack leading zeros, hour 24 is midnight of the day after, a
/// week is its Monday unless %u follows. False when it is no valid date in this format.
bool mq_date_format_read(const char *format, const char *text, struct mq_moment *moment);

#endif
