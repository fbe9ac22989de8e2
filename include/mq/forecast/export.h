/// A forecast as long CSV.
#ifndef MQ_FORECAST_EXPORT_H
#define MQ_FORECAST_EXPORT_H

#include "mq/base/status.h"

/// Writes `output`, a row for each item, origin and horizon: item_id, origin (date of the last
/// period seen), date (of the target), h, a column q<level> for each level, observed (empty where
/// it is not known). `path` is the face, for all items, or one part. MQ_DATA when the forecast is
/// not whole. Memory is bounded. Local.
mq_status mq_forecast_export(const char *path, const char *output) MQ_NODISCARD;

/// The same of totals, a row for each item, origin and span: item_id, origin, lead, review, q<level>,
/// order_up_to, observed. MQ_USAGE when the forecast has none. Local.
mq_status mq_forecast_export_totals(const char *path, const char *output) MQ_NODISCARD;

#endif
