// Where the sections of the experiment live; shared by the parser and the printer.
#ifndef CONFIG_ROWS_H
#define CONFIG_ROWS_H

#include "mq/config/experiment.h"

/// The struct that section `index` of mq_experiment_sections fills.
void *mq_experiment_target(struct mq_experiment *experiment, int64_t index);
const void *mq_experiment_source(const struct mq_experiment *experiment, int64_t index);

#endif
