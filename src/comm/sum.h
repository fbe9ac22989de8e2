/// Sums of integers over ranks, by the algorithm that moves the fewest bytes.
#ifndef COMM_SUM_H
#define COMM_SUM_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "mq/base/status.h"

struct mq_world;

/// Open MPI's choice of an algorithm, as a variable of MPI's tool interface. That takes 0.2 s to open,
/// so the first large sum does it. Without the variable sums are what the MPI library makes of them.
struct mq_sum_choice {
    MPI_T_cvar_handle variable;
    int usual; ///< its value before
    int large; ///< its value for large sums
    bool is_sought; ///< looked for already
    bool is_open; ///< the tool interface, to be closed
    bool is_ours; ///< on every rank the variable is there, and the user has not set it
};

/// Before MPI ends. Unloads components of MPI.
void mq_sum_choice_close(struct mq_sum_choice *choice);

/// Starts an all-reduce in place; the first large one waits for all ranks, which agree on the
/// algorithm. MQ_FAILED where MPI says so or a rank is gone. Collective, the same n everywhere.
mq_status mq_sum_start(struct mq_world *world, int64_t values[], int n,
                       MPI_Request *request) MQ_NODISCARD;

#endif
