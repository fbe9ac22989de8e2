/// A forecast as long CSV.
#ifndef MQ_FORECAST_EXPORT_H
#define MQ_FORECAST_EXPORT_H

#include "mq/base/status.h"

/// Writes `output`, a row for each item, origin and horizon: item_id, origin (date of the last
/// period seen), date (of the target), h, a column q<level> for each level, observed (empty where
/// it is not known). `path` is the face, for all items, or one part. MQ_DATA when the forecast is
/// not whole. Memory is bounded. Local.
mq_status mq_forecast_export(const char *path, const char *output) MQ_NODISCARD;

#endif
