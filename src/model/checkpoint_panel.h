/// What a checkpoint remembers of the panel: enough to forecast another one.
#ifndef MQ_MODEL_CHECKPOINT_PANEL_H
#define MQ_MODEL_CHECKPOINT_PANEL_H

#include "mq/h5/file.h"
#include "mq/model/model.h"

mq_status mq_checkpoint_put_panel(struct mq_h5 *file, const struct mq_model *model) MQ_NODISCARD;
/// Fills model->panel, and the fitted part of model->features once they are selected.
mq_status mq_checkpoint_get_panel(struct mq_h5 *file, struct mq_model *model) MQ_NODISCARD;
mq_status mq_checkpoint_get_statistics(struct mq_h5 *file, struct mq_model *model) MQ_NODISCARD;

#endif
