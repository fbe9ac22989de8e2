/// Sums of integers over ranks, by the algorithm that moves the fewest bytes.
#ifndef COMM_SUM_H
#define COMM_SUM_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

struct mq_world;

/// Open MPI's choice of an algorithm, as a variable of MPI's tool interface.
struct mq_sum_choice {
    MPI_T_cvar_handle variable;
    int usual; ///< its value before
    int large; ///< its value for large sums
    bool is_open; ///< the tool interface, to be closed
    bool is_ours; ///< the variable is there, and the user has not set it
};

/// Looks for the choice. Without it sums are what the MPI library makes of them.
void mq_sum_choice_open(struct mq_sum_choice *choice);
void mq_sum_choice_close(struct mq_sum_choice *choice);

/// Starts an all-reduce in place; MPI's code. Collective, the same n everywhere.
int mq_sum_start(struct mq_world *world, int64_t values[], int n, MPI_Request *request);

#endif
