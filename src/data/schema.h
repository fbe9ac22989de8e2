/// What importers ask of a schema.
#ifndef DATA_SCHEMA_H
#define DATA_SCHEMA_H

#include "data/csv.h"
#include "mq/data/import.h"

/// MQ_USAGE when the schema names columns: the format of that name has its own.
mq_status mq_schema_refuse_columns(const struct mq_schema *schema, const char *format) MQ_NODISCARD;

/// Calendar of a source without dates: the schema's frequency, or `frequency` ("" for none) when it
/// has none, and its epoch: by default Saturday 1 January 2000, for weeks the Monday after it.
/// MQ_USAGE when no frequency is named or it is unknown; `file` is for messages.
mq_status mq_schema_calendar(const struct mq_schema *schema, const char *frequency,
                             const char *file, struct mq_calendar *calendar) MQ_NODISCARD;

/// How its files are written.
struct mq_csv_dialect mq_schema_dialect(const struct mq_schema *schema);

/// Whether the schema says what numbered periods mean: frequency and epoch.
bool mq_schema_has_numbered_periods(const struct mq_schema *schema);

#endif
