/// Members: the trained models that a model without weights of its own combines.
///
/// Its checkpoint names theirs and the hashes of their weights; reading it reads and checks them.
#ifndef MQ_MODEL_MEMBERS_H
#define MQ_MODEL_MEMBERS_H

#include "mq/model/model.h"

/// Reads the members that the model's experiment names: runs stand for their best checkpoint.
/// MQ_USAGE naming member and key when one cannot take part: it was trained on another panel,
/// forecasts another horizon, does not know the levels, or combines others itself. Does nothing for
/// a model that combines none. Local.
mq_status mq_members_find(struct mq_model *model) MQ_NODISCARD;

#endif
