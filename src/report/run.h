/// What a run directory holds, as far as it can be read. Private to report/.
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include <jansson.h>

#include "mq/base/path.h"

/// Columns of the run log; NaN where a line lacks one.
enum log_column { LOG_STEP, LOG_LOSS, LOG_VALID_LOSS, LOG_LR, LOG_COLUMNS };

struct run {
    const char *directory;
    const char *name; ///< of the run, or of its directory
    json_t *evaluation; ///< NULL when missing or damaged
    json_t *cost; ///< NULL when missing or damaged
    json_t *simulation; ///< NULL when missing or damaged
    double *log[LOG_COLUMNS]; ///< (n_log) each
    int64_t n_log;
    char forecast[MQ_PATH_MAX]; ///< path of the forecast; empty when there is none that is whole
    struct mq_str missing; ///< sentences on what is not there
};

/// Missing and damaged pieces are noted in `missing`; fails only on lack of memory.
mq_status run_load(struct run *run, const char *directory) MQ_NODISCARD;
void run_release(struct run *run);
/// True when there is nothing to report.
bool run_is_empty(const struct run *run);

/// A score of the run, or of its seasonal naive baseline; NaN when there is none.
double run_score(const struct run *run, const char *name);
double baseline_score(const struct run *run, const char *name);
/// {scores} of the baseline, or NULL.
const json_t *run_baseline(const struct run *run);
/// Number under a key; NaN when there is none.
double number_at(const json_t *object, const char *key);

#endif
