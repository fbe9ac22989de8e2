/// Stopping on time: signals and the clock raise a flag that the training step looks at.
///
/// SIGTERM, SIGUSR1 and SIGUSR2 ask for: finish this step, write a checkpoint, leave with exit code
/// 75. SIGINT too. A second signal of the same kind acts as if nobody listened. One rank's flag is
/// enough: it rides with the gradients.
#ifndef MQ_TRAIN_STOP_H
#define MQ_TRAIN_STOP_H

#include <stdbool.h>

/// Starts listening; `max_time_s` > 0 also asks to stop that long after now. Process-wide.
void mq_stop_listen(double max_time_s);
/// Back to the signals' defaults.
void mq_stop_ignore(void);
/// True once a signal came or the time is up.
bool mq_stop_requested(void);
/// "SIGUSR1", "--max-time", or "another rank".
const char *mq_stop_reason(void);

#endif
