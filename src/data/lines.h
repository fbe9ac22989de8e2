/// Lines of a text file, plain or gzipped, one at a time.
///
/// Lines end with LF or CR LF; a byte order mark is skipped. A line is valid until the next one.
/// Memory is one line. Everything wrong is MQ_DATA (MQ_FAILED when the file cannot be opened).
#ifndef DATA_LINES_H
#define DATA_LINES_H

#include <stdint.h>

#include "data/input.h"
#include "mq/base/str.h"

struct mq_lines {
    struct mq_input input;
    int64_t row; ///< of the current line, from 1
    struct mq_str line; ///< without its end; the caller may write inside
};

/// Release with mq_lines_close in every case; it accepts the zeroed struct.
mq_status mq_lines_open(struct mq_lines *lines, const char *path) MQ_NODISCARD;
void mq_lines_close(struct mq_lines *lines);
/// Reads the next line; `has_line` is false at the end of the file.
mq_status mq_lines_next(struct mq_lines *lines, bool *has_line) MQ_NODISCARD;

#endif
