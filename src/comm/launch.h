/// How this process was started, as far as its environment tells: pure, no MPI.
#ifndef COMM_LAUNCH_H
#define COMM_LAUNCH_H

#include "mq/base/status.h"

/// Looks up an environment variable; NULL when unset. getenv in the program, a table in tests.
typedef char *mq_environment(const char *name);

/// Refuses a world of one that nobody asked for: several Slurm tasks were requested, yet neither
/// mpirun nor a one-task job step made this process.
mq_status mq_launch_check_alone(mq_environment *environment) MQ_NODISCARD;

#endif
