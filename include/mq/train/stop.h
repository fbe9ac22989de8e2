/// Stopping on time: signals and the clock. Process-wide.
///
/// While training listens, SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 ask for: finish this step, write a
/// checkpoint, leave with exit code 75. They raise a flag that the step looks at; one rank's cause
/// is enough: it rides with the gradients. A signal of the same kind a second or more after the first
/// acts as if nobody listened; within that second it counts as the same request.
///
/// What is whole or not at all, and cannot be gone on with, is not worth waiting for: a signal ends
/// it at once, with the same exit code.
///
/// Around training a program has nothing to finish, for what it writes appears whole or not at all:
/// it may leave at once, until its exit code is settled.
#ifndef MQ_TRAIN_STOP_H
#define MQ_TRAIN_STOP_H

#include <stdbool.h>

enum mq_stop {
    MQ_STOP_NONE,
    MQ_STOP_SIGTERM,
    MQ_STOP_SIGINT,
    MQ_STOP_SIGUSR1,
    MQ_STOP_SIGUSR2,
    MQ_STOP_CLOCK,
    MQ_STOPS
};

/// Starts listening; `max_time_s` > 0 also asks to stop that long after now.
void mq_stop_listen(double max_time_s);
/// The signals do again what they did before.
void mq_stop_unlisten(void);
/// Why this rank should stop, once a signal came or the time is up.
enum mq_stop mq_stop_requested(void);
/// "SIGUSR1", "--max-time".
const char *mq_stop_name(enum mq_stop cause);

/// Between the two, while listening, any of the four signals ends the process at once with exit code 75,
/// also one that came before; the clock does not.
void mq_stop_whole_begin(void);
void mq_stop_whole_end(void);

/// SIGUSR1 and SIGUSR2 end the process with exit code 75; the speaker says so. SIGTERM and SIGINT
/// stay what they are: whoever sends them does not count on an answer.
void mq_stop_at_once(bool is_speaker);
/// SIGTERM, SIGUSR1 and SIGUSR2 do nothing any more: a launcher that ends all ranks because one has
/// ended must not replace the exit code that they agreed on.
void mq_stop_ignore(void);

#endif
