/// Who trains a run: one process at a time (file `claim` of its directory).
#ifndef MQ_TRAIN_CLAIM_H
#define MQ_TRAIN_CLAIM_H

#include "mq/base/status.h"

enum mq_claim_state {
    MQ_CLAIM_FREE, ///< nobody trains it
    MQ_CLAIM_HELD, ///< `holder` does
    MQ_CLAIM_LEFT, ///< `holder` did, and is gone without having given it back
    MQ_CLAIM_UNKNOWN, ///< the file system has no locks
};

enum { MQ_CLAIM_HOLDER_MAX = 128 };

struct mq_claim {
    enum mq_claim_state state;
    char holder[MQ_CLAIM_HOLDER_MAX]; ///< "pid 4711 on host h2", as the holder wrote it; or empty
};

/// Looks at the claim of a run's directory from any host that sees it; without the file it is free. A
/// lock that nobody has is taken for a moment, shared; a job that begins meanwhile tries again. Local.
void mq_claim_look(const char *run_directory, struct mq_claim *claim);

#endif
