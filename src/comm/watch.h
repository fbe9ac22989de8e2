/// Late ranks: who does not come to where this rank waits.
///
/// Nothing is sent as long as nobody waits long. Who waits longer than `warn_s` asks all ranks; those
/// that wait too answer. Who does not answer is still on its way, and is named. Higher ranks ask
/// later, and not at all once a lower one does.
#ifndef COMM_WATCH_H
#define COMM_WATCH_H

#include <mpi.h>

#include "mq/comm/world.h"

struct mq_watch {
    MPI_Comm comm; ///< for questions and answers alone
    double warn_s; ///< 0: never
    double end_s; ///< 0: never
    mq_describe_rank *describe; ///< NULL: nothing more is known of a rank
    const void *context;
    int64_t question; ///< number of the last one asked
    int64_t *answered; ///< (size) the last question that a rank has answered
    int64_t (*notes)[2]; ///< (size) on the way to each rank
    MPI_Request *sending; ///< (size)
    int ending; ///< the lowest rank that is about to end the job, and will tell why; -1: none
};

/// One wait, from begin to end.
struct mq_wait {
    double waited_s; ///< not counting what this process was stopped for
    double looked_s;
    double ask_s; ///< waited_s at which to ask
    double report_s; ///< waited_s at which all answers are in; 0: not asked
    bool has_warned;
};

mq_status mq_watch_open(struct mq_world *world) MQ_NODISCARD;
/// Accepts what was never opened.
void mq_watch_close(struct mq_world *world);

void mq_watch_begin(struct mq_world *world, struct mq_wait *wait);
/// Takes the notes that MPI has at hand: each call may bring more of what was sent long ago.
mq_status mq_watch_listen(struct mq_world *world, struct mq_wait *wait) MQ_NODISCARD;
/// Now and then while it waits: answers, asks, warns. MQ_FAILED, and the world is broken, when
/// ranks are later than `end_s`.
mq_status mq_watch_look(struct mq_world *world, struct mq_wait *wait) MQ_NODISCARD;
/// Says that a wait is over when it was said that it lasts; takes back that this rank ends the job.
mq_status mq_watch_end(struct mq_world *world, const struct mq_wait *wait) MQ_NODISCARD;

#endif
