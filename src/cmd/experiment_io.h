/// Experiments from files, the same on all ranks.
#ifndef CMD_EXPERIMENT_IO_H
#define CMD_EXPERIMENT_IO_H

#include "cmd/command.h"
#include "mq/config/experiment.h"

/// Rank 0 reads the file, all ranks parse the same bytes and apply --set. MQ_USAGE with file:line.
/// Release with mq_experiment_release. Collective.
mq_status mq_experiment_read(struct mq_world *world, const struct mq_arguments *arguments,
                             const char *path, struct mq_experiment *experiment) MQ_NODISCARD;

#endif
