/// Inside of the world, for the files of this folder.
///
/// Every collective is started as its non-blocking form and finished by mq_world_wait, which
/// watches the other ranks: a rank that died ends the wait with its name instead of a hang.
#ifndef COMM_WORLD_INTERNAL_H
#define COMM_WORLD_INTERNAL_H

#include <mpi.h>

#include "comm/peer.h"
#include "comm/sum.h"
#include "comm/watch.h"
#include "mq/comm/world.h"

struct mq_world {
    MPI_Comm comm; ///< a duplicate: never mixes with messages of others
    int rank;
    int size;
    bool owns_mpi; ///< started MPI, so finalizes it
    bool is_broken; ///< a rank died or stays away: MPI_Finalize would wait for it
    struct mq_error failure; ///< why it is broken
    int speaker; ///< the rank that tells the user of a failure
    struct mq_peer *peers; ///< (size)
    int *watched; ///< (n_watched) ranks of other processes seen alive on this machine
    int n_watched;
    struct mq_watch watch;
    struct mq_sum_choice sum;
};

/// MQ_FAILED with "rank 2: MPI_Allreduce: <MPI's text>" unless `code` is MPI_SUCCESS. `world` may
/// be NULL while there is none.
mq_status mq_mpi_check(const struct mq_world *world, int code, const char *call) MQ_NODISCARD;

/// Calls an MPI function under the check: MQ_TRY(MQ_MPI(world, MPI_Comm_rank, comm, &rank)).
#define MQ_MPI(world, function, ...) mq_mpi_check((world), function(__VA_ARGS__), #function)

/// On entry to every collective, before anything is sent: the old failure in a broken world.
mq_status mq_world_enter(const struct mq_world *world) MQ_NODISCARD;

/// The failure just recorded leaves the world broken; `speaker` will tell. MQ_FAILED.
mq_status mq_world_break(struct mq_world *world, int speaker);

/// Waits until the request is done. Spins at first, sleeps when it takes long, and then looks after
/// the watched ranks and for late ones. MQ_FAILED naming a rank that is gone or stays away; the
/// operation is then still pending and owns its buffers: the world may only be closed or aborted.
mq_status mq_world_wait(struct mq_world *world, MPI_Request *request,
                        const char *call) MQ_NODISCARD;

/// The smallest of all ranks' values, in place. Collective.
mq_status mq_world_min(struct mq_world *world, int64_t *value) MQ_NODISCARD;

#endif
