/// A dataset opened for reading or writing by rows: ranges of its first dimension.
#ifndef MQ_H5_TABLE_H
#define MQ_H5_TABLE_H

#include "mq/h5/file.h"

struct mq_h5_table;

/// Opens an existing dataset; its shape is in `shape` when not NULL. `type` is that of the caller's
/// memory. Close before the file.
mq_status mq_h5_table_open(struct mq_h5_table **table, struct mq_h5 *file, const char *name,
                           enum mq_h5_type type, struct mq_h5_shape *shape) MQ_NODISCARD;
/// Creates a dataset of this shape to be filled by rows; a first size of -1 means it grows as rows
/// are appended. Chunks hold up to 64 KiB of whole rows.
mq_status mq_h5_table_create(struct mq_h5_table **table, struct mq_h5 *file, const char *name,
                             enum mq_h5_type type, struct mq_h5_shape shape,
                             bool compress) MQ_NODISCARD;
void mq_h5_table_close(struct mq_h5_table *table);

/// Rows [start, start + n) of the first dimension; contiguous memory.
mq_status mq_h5_table_read(struct mq_h5_table *table, int64_t start, int64_t n,
                           void *rows) MQ_NODISCARD;
mq_status mq_h5_table_write(struct mq_h5_table *table, int64_t start, int64_t n,
                            const void *rows) MQ_NODISCARD;
/// Writes after the last row written, growing the dataset.
mq_status mq_h5_table_append(struct mq_h5_table *table, int64_t n, const void *rows) MQ_NODISCARD;

#endif
