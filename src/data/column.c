// Buffered appends: a call into HDF5 for every 64 Ki values, not for every series.
#include "data/column.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

enum { CAPACITY = 1 << 16 };

static size_t size_of(enum mq_h5_type type)
{
    switch (type) {
    case MQ_H5_F32:
    case MQ_H5_I32:
        return 4;
    case MQ_H5_F64:
    case MQ_H5_I64:
        return 8;
    case MQ_H5_U8:
        return 1;
    }
    MQ_ASSERT(!"a type of enum mq_h5_type");
    return 0;
}

mq_status mq_column_open(struct mq_column *column, struct mq_h5 *file, const char *name,
                         enum mq_h5_type type)
{
    *column = (struct mq_column){.type = type};
    MQ_TRY((column->buffer = mq_calloc(CAPACITY, size_of(type))) != NULL ? MQ_OK : MQ_FAILED);
    const struct mq_h5_shape growing = {1, {-1}};
    return mq_h5_table_create(&column->table, file, name, type, growing, true);
}

static mq_status flush(struct mq_column *column)
{
    MQ_TRY(mq_h5_table_append(column->table, column->used, column->buffer));
    column->used = 0;
    return MQ_OK;
}

static void store_reals(struct mq_column *column, const float *restrict values, int64_t n)
{
    unsigned char *end = column->buffer + (size_t)column->used * size_of(column->type);
    if (column->type == MQ_H5_F32) {
        memcpy(end, values, (size_t)n * sizeof values[0]);
    } else if (column->type == MQ_H5_I32) {
        int32_t *out = (int32_t *)(void *)end;
        for (int64_t i = 0; i < n; i++)
            out[i] = (int32_t)values[i];
    } else {
        MQ_ASSERT(column->type == MQ_H5_U8);
        for (int64_t i = 0; i < n; i++)
            end[i] = (unsigned char)values[i];
    }
    column->used += n;
}

mq_status mq_column_add_reals(struct mq_column *column, const float values[], int64_t n)
{
    for (int64_t done = 0; done < n;) {
        const int64_t step = mq_min_i64(CAPACITY - column->used, n - done);
        store_reals(column, values + done, step);
        done += step;
        if (column->used == CAPACITY) MQ_TRY(flush(column));
    }
    return MQ_OK;
}

mq_status mq_column_add_i64(struct mq_column *column, int64_t value)
{
    MQ_ASSERT(column->type == MQ_H5_I64);
    ((int64_t *)(void *)column->buffer)[column->used++] = value;
    return column->used == CAPACITY ? flush(column) : MQ_OK;
}

mq_status mq_column_finish(struct mq_column *column)
{
    const mq_status status = flush(column);
    mq_column_release(column);
    return status;
}

void mq_column_release(struct mq_column *column)
{
    mq_h5_table_close(column->table);
    mq_free(column->buffer);
    *column = (struct mq_column){0};
}
