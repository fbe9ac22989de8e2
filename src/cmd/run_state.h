/// What a run does now, by the files in its directory alone: its claim, its log, its checkpoints. So
/// it is the same on any host that sees them. Looked at again and again while it trains.
#ifndef CMD_RUN_STATE_H
#define CMD_RUN_STATE_H

#include <sys/types.h>

#include "mq/base/path.h"
#include "mq/config/experiment.h"
#include "mq/train/claim.h"
#include "mq/train/runlog.h"

enum run_phase {
    RUN_MISSING, ///< no such directory, or nothing of a run in it
    RUN_TRAINS,
    RUN_DONE,
    RUN_STOPPED, ///< before its end, with a checkpoint of the last step in the log
    RUN_DIED, ///< killed or failed: without one
};

struct run_state {
    const char *directory;
    enum run_phase phase;
    struct mq_claim claim;
    char model[MQ_TEXT_MAX]; ///< empty: experiment.yaml does not say
    int64_t patience;
    int64_t latest; ///< step of that checkpoint; -1: none
    int64_t best;

    struct mq_log_entry *entries; ///< of the log as it is now
    int64_t n;
    int64_t kept; ///< how many of them were there when it was last looked at
    bool was_replaced; ///< since then: the run has begun again from an earlier step

    // How far the log has been read.
    int64_t capacity;
    ino_t inode;
    off_t offset;
};

/// Looks; the state begins as zeros and a directory. What cannot be read is as good as not there.
/// Fails for want of memory.
mq_status run_state_look(struct run_state *state) MQ_NODISCARD;
void run_state_release(struct run_state *state);

/// Steps of the whole training; 0 when the log does not say.
int64_t run_state_steps(const struct run_state *state);
/// Seconds until the end at the pace of the last lines, NAN when nothing is known of it.
double run_state_left_s(const struct run_state *state);
/// What line i says happened since the line before, which may be another attempt's.
double run_state_interval_s(const struct run_state *state, int64_t i);
/// The line with the lowest validation score; -1: none.
int64_t run_state_best(const struct run_state *state);

#endif
