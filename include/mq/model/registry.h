/// The models by name, from models.def.
#ifndef MQ_MODEL_REGISTRY_H
#define MQ_MODEL_REGISTRY_H

#include "mq/model/forecaster.h"

/// NULL-terminated, in the order of models.def.
const struct mq_forecaster *const *mq_forecasters(void);
/// MQ_USAGE with the nearest name as hint when there is none.
mq_status mq_forecaster_find(const char *type,
                             const struct mq_forecaster **forecaster) MQ_NODISCARD;
/// MQ_USAGE unless what it gives are forecasts.
mq_status mq_forecaster_check_forecasts(const struct mq_forecaster *forecaster) MQ_NODISCARD;
/// What validation of a model by that name measures: "wQL", or "cost" of a policy's orders.
const char *mq_model_score(const char *type);
/// The settings of a model for the experiment parser (mq_find_model_settings).
mq_status mq_model_settings(const char *type, struct mq_section *section,
                            size_t *bytes) MQ_NODISCARD;

#endif
