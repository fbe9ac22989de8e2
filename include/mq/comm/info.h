/// The MPI library, as far as it tells without a world.
#ifndef MQ_COMM_INFO_H
#define MQ_COMM_INFO_H

enum { MQ_MPI_NAME_MAX = 64 };

/// "Open MPI 4.1.4". Local; may be called before mq_world_open.
void mq_mpi_version(char text[MQ_MPI_NAME_MAX]);

#endif
