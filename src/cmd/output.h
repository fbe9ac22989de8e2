/// Files that a verb writes: what may be replaced.
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdint.h>

#include "mq/base/status.h"

/// MQ_USAGE with a hint when `output` is a directory, is one of the sources by whatever name, or
/// exists and is not a panel.
mq_status mq_output_panel(const char *output, const char *const sources[], int64_t n) MQ_NODISCARD;
/// The same for a page of a report.
mq_status mq_output_page(const char *output) MQ_NODISCARD;
/// The same for a timeline, and when its directory is not there: found out before it is made, not
/// after.
mq_status mq_output_trace(const char *output) MQ_NODISCARD;
/// The same for the results of a simulation.
mq_status mq_output_simulation(const char *output) MQ_NODISCARD;
/// MQ_USAGE when `output` exists at all.
mq_status mq_output_new(const char *output) MQ_NODISCARD;

#endif
