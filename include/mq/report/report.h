/// A self-contained HTML page about one run or several side by side.
///
/// Accuracy and cost, scores against seasonal naive, by horizon, volume, history and segment,
/// calibration, stability, learning curves, and single products: their past, what the best
/// checkpoint said at the last evaluation origin and what then came, and the published forecast.
/// Figures are drawn in the browser by d3, which the page contains; nothing is fetched, and a
/// policy within the page allows no other script. What a run lacks is said in words.
#ifndef MQ_REPORT_REPORT_H
#define MQ_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/base/status.h"

struct mq_report_request {
    const char *const *runs; ///< (n_runs) directories
    int64_t n_runs; ///< >= 1
    const char *const *items; ///< (n_items) ids of products to show, of any of the runs
    int64_t n_items;
};

/// Writes the page to `output`, whole or not at all. MQ_USAGE when no directory holds anything to
/// report, or no run has a product that is asked for. Local: one rank calls it.
mq_status mq_report_write(const struct mq_report_request *request, const char *output) MQ_NODISCARD;

/// Whether a file begins as such a page does.
bool mq_report_is_page(const char *path);

#endif
