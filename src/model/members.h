/// What a checkpoint says of members.
#ifndef MODEL_MEMBERS_H
#define MODEL_MEMBERS_H

#include "mq/h5/file.h"
#include "mq/model/members.h"

/// How many there are; 0 for a model that combines none.
mq_status mq_members_count(struct mq_h5 *file, int64_t *n) MQ_NODISCARD;
mq_status mq_members_put(struct mq_h5 *file, const struct mq_model *model) MQ_NODISCARD;
/// Reads the members again. MQ_DATA naming the one that is gone or no longer what it was.
mq_status mq_members_get(struct mq_h5 *file, struct mq_model *model) MQ_NODISCARD;

#endif
