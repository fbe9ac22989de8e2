/// A CSV file written field by field and published whole (RFC 4180, lines end with LF).
///
///     mq_csv_create(&writer, "sales.csv");
///     mq_csv_put_text(writer, "item_id"); mq_csv_put_text(writer, "target");
///     mq_csv_end_row(writer); mq_csv_publish(writer);
///
/// A failed write is remembered and told by mq_csv_publish.
#ifndef MQ_DATA_CSV_WRITER_H
#define MQ_DATA_CSV_WRITER_H

#include <stdint.h>

#include "mq/base/status.h"

struct mq_csv_writer;

/// Nothing appears under `path` before publish.
mq_status mq_csv_create(struct mq_csv_writer **writer, const char *path) MQ_NODISCARD;
/// Quoted where it must be.
void mq_csv_put_text(struct mq_csv_writer *writer, const char *text);
void mq_csv_put_i64(struct mq_csv_writer *writer, int64_t value);
/// The shortest text that reads back as the same number; NaN is an empty field.
void mq_csv_put_real(struct mq_csv_writer *writer, float value);
void mq_csv_end_row(struct mq_csv_writer *writer);
/// Publishes; frees the writer in every case.
mq_status mq_csv_publish(struct mq_csv_writer *writer) MQ_NODISCARD;
/// Gives up: nothing appears. Accepts NULL.
void mq_csv_discard(struct mq_csv_writer *writer);

#endif
