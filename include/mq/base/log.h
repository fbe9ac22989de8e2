/// Human log lines on stderr: time, level, rank when it is not 0.
///
/// Set once by the program before threads start; library code never prints progress by itself.
#ifndef MQ_BASE_LOG_H
#define MQ_BASE_LOG_H

#include "mq/base/status.h"

enum mq_log_level { MQ_LOG_QUIET, MQ_LOG_WARN, MQ_LOG_INFO, MQ_LOG_DEBUG };

/// Lines above `level` are dropped; lines of a rank other than 0 carry its number.
void mq_log_configure(enum mq_log_level level, int rank);
enum mq_log_level mq_log_level(void);

void mq_warn(const char *format, ...) MQ_PRINTF(1, 2);
void mq_info(const char *format, ...) MQ_PRINTF(1, 2);
void mq_debug(const char *format, ...) MQ_PRINTF(1, 2);

/// Whether stderr is a terminal, where a line can be rewritten.
bool mq_log_is_live(void);
/// At the level of mq_info: a line that stays until the next one of any kind, on a terminal; elsewhere
/// nothing.
void mq_live(const char *format, ...) MQ_PRINTF(1, 2);

/// Prints `error: message` and, when there is one, `hint: ...`; the frames too at debug level.
void mq_log_error(const struct mq_error *error);

#endif
