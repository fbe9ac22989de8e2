/// What takes long, as lines on stderr: on a terminal one that is rewritten, elsewhere now and then
/// one more.
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "mq/base/clock.h"
#include "mq/train/trainer.h"

enum { PROGRESS_TIME_MAX = 32 };

struct progress {
    double began_s;
    double said_s; ///< when the last line was printed
    double valid_loss; ///< of the last validation; negative: none yet
    bool is_best; ///< and whether it was the best
};

struct progress progress_begin(void);
/// The listener of training; `context` is a struct progress.
mq_train_listener progress_of_training;

/// "45 s", "12 min", "3.5 h", or "?" for what is not known.
void progress_time(char text[PROGRESS_TIME_MAX], double seconds);

#endif
