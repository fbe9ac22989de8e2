/// One growing dataset of numbers, written through a buffer: rows come one series at a time.
#ifndef DATA_COLUMN_H
#define DATA_COLUMN_H

#include "mq/h5/table.h"

/// Zero-initialised is closed.
struct mq_column {
    struct mq_h5_table *table;
    enum mq_h5_type type;
    unsigned char *buffer;
    int64_t used; ///< values in the buffer
};

mq_status mq_column_open(struct mq_column *column, struct mq_h5 *file, const char *name,
                         enum mq_h5_type type) MQ_NODISCARD;
/// Adds reals to a column of MQ_H5_F32, or whole numbers that fit to MQ_H5_I32 or MQ_H5_U8.
mq_status mq_column_add_reals(struct mq_column *column, const float values[],
                              int64_t n) MQ_NODISCARD;
/// Adds to a column of MQ_H5_I64.
mq_status mq_column_add_i64(struct mq_column *column, int64_t value) MQ_NODISCARD;
/// Writes what is left and closes.
mq_status mq_column_finish(struct mq_column *column) MQ_NODISCARD;
/// Closes without writing; accepts a closed column.
void mq_column_release(struct mq_column *column);

#endif
