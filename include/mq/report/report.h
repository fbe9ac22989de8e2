/// A self-contained HTML page about one run or several side by side.
///
/// Accuracy and cost, scores against seasonal naive, calibration, accuracy by horizon and by segment, learning curves,
/// and forecasts of a few products over their recent history, from the files that runs hold. No
/// scripts, no outside resources; figures are inline SVG that follow the reader's light or dark
/// theme. What a run lacks is said in words.
#ifndef MQ_REPORT_REPORT_H
#define MQ_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/base/status.h"

/// Writes the page for n >= 1 run directories to `output`, whole or not at all. MQ_USAGE when no
/// directory holds anything to report. Local: one rank calls it.
mq_status mq_report_write(const char *const run_directories[], int64_t n,
                          const char *output) MQ_NODISCARD;

/// Whether a file begins as such a page does.
bool mq_report_is_page(const char *path);

#endif
