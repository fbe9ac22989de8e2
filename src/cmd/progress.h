/// What takes long, as lines on stderr: on a terminal one that is rewritten, elsewhere now and then
/// one more.
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "mq/base/meter.h"
#include "mq/train/trainer.h"

enum { PROGRESS_TIME_MAX = 32 };

struct progress {
    const char *what; ///< "forecast", ...
    bool is_live;
    double began_s;
    double said_s; ///< when the last line was printed
    double valid_loss; ///< of the last validation; NaN: none yet
    bool is_best; ///< and whether it was the best
};

struct progress progress_begin(const char *what);
/// For what is done one by one: says how far it is, nothing when that takes less than ten seconds. Silent
/// but on rank 0. `progress` must outlive it.
struct mq_meter progress_meter(struct progress *progress, const struct mq_world *world);
/// The listener of training; `context` is a struct progress.
mq_train_listener progress_of_training;

/// "45 s", "12 min", "3.5 h", or "?" for what is not known.
void progress_time(char text[PROGRESS_TIME_MAX], double seconds);

#endif
