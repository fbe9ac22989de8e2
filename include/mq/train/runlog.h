/// log.jsonl: one JSON object per logged step, written by rank 0 only.
#ifndef MQ_TRAIN_RUNLOG_H
#define MQ_TRAIN_RUNLOG_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"

/// One line. A NaN valid_loss means "not validated at this step" and is left out.
struct mq_log_entry {
    int64_t step;
    int64_t steps; ///< of the whole training
    double epoch;
    double loss; ///< mean of what training lowers over the steps since the last line, scaled units
    double valid_loss; ///< on the validation span: mean_wQL, or a policy's cost
    double lr;
    double grad_norm;
    double series_per_s;
    double wait_data_s; ///< since the last line, this rank
    double comm_s;
    double time_s; ///< since the start of this process's training
};

/// The entry of a line of n bytes; what the line lacks is NAN, or -1. MQ_DATA when it is none: cut
/// short, or without a step.
mq_status mq_runlog_parse(struct mq_log_entry *entry, const char *line, size_t n) MQ_NODISCARD;

struct mq_runlog;

/// Opens for appending after `step`: later lines of an earlier attempt are dropped, so that a
/// resumed run leaves the log of an undisturbed one. Local.
mq_status mq_runlog_open(struct mq_runlog **log, const char *path, int64_t step) MQ_NODISCARD;
mq_status mq_runlog_write(struct mq_runlog *log, const struct mq_log_entry *entry) MQ_NODISCARD;
void mq_runlog_close(struct mq_runlog *log);

/// Resident memory of this process, bytes; 0 when unknown.
int64_t mq_resident_bytes(void);
/// The most it ever was.
int64_t mq_peak_resident_bytes(void);

#endif
