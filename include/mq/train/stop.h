/// Stopping on time: signals and the clock raise a flag that the training step looks at.
///
/// SIGTERM, SIGUSR1 and SIGUSR2 ask for: finish this step, write a checkpoint, leave with exit code
/// 75. SIGINT too. A second signal of the same kind acts as if nobody listened. One rank's cause is
/// enough: it rides with the gradients.
#ifndef MQ_TRAIN_STOP_H
#define MQ_TRAIN_STOP_H

enum mq_stop {
    MQ_STOP_NONE,
    MQ_STOP_SIGTERM,
    MQ_STOP_SIGINT,
    MQ_STOP_SIGUSR1,
    MQ_STOP_SIGUSR2,
    MQ_STOP_CLOCK,
    MQ_STOPS
};

/// Starts listening; `max_time_s` > 0 also asks to stop that long after now. Process-wide.
void mq_stop_listen(double max_time_s);
/// Back to the signals' defaults.
void mq_stop_ignore(void);
/// Why this rank should stop, once a signal came or the time is up.
enum mq_stop mq_stop_requested(void);
/// "SIGUSR1", "--max-time".
const char *mq_stop_name(enum mq_stop cause);

#endif
