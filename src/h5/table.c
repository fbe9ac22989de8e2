// A dataset held open and moved by rows.
#include "mq/h5/table.h"

#include <stdio.h>

#include "h5/internal.h"
#include "mq/base/alloc.h"

struct mq_h5_table {
    struct mq_h5_rows rows;
    bool grows;
    int64_t n_written; ///< rows, from the start: where the next append goes
    char name[MQ_H5_NAME_MAX];
};

static mq_status table_new(struct mq_h5_table **table, struct mq_h5 *file, const char *name,
                           enum mq_h5_type type)
{
    *table = NULL;
    struct mq_h5_table *made;
    MQ_NEW(made, 1);
    (void)snprintf(made->name, sizeof made->name, "%s", name);
    made->rows.file = file;
    made->rows.name = made->name;
    made->rows.dataset = H5I_INVALID_HID;
    made->rows.memory_type = mq_h5_memory_type(type);
    *table = made;
    return MQ_OK;
}

mq_status mq_h5_table_open(struct mq_h5_table **table, struct mq_h5 *file, const char *name,
                           enum mq_h5_type type, struct mq_h5_shape *shape)
{
    mq_status status = MQ_OK;
    MQ_TRY(table_new(table, file, name, type));
    struct mq_h5_rows *rows = &(*table)->rows;
    MQ_DO(mq_h5_dataset_open(file, name, &rows->dataset, &rows->shape));
    (*table)->n_written = rows->shape.size[0];
    if (shape != NULL) *shape = rows->shape;
done:
    if (status != MQ_OK) {
        mq_h5_table_close(*table);
        *table = NULL;
    }
    return status;
}

mq_status mq_h5_table_create(struct mq_h5_table **table, struct mq_h5 *file, const char *name,
                             enum mq_h5_type type, struct mq_h5_shape shape, bool compress)
{
    mq_status status = MQ_OK;
    MQ_TRY(table_new(table, file, name, type));
    struct mq_h5_rows *rows = &(*table)->rows;
    const hid_t stored = mq_h5_stored_type(type);
    MQ_DO(mq_h5_dataset_create(file, name, stored, shape, compress, &rows->dataset));
    rows->shape = shape;
    (*table)->grows = shape.size[0] < 0;
    if ((*table)->grows) rows->shape.size[0] = 0;
done:
    if (status != MQ_OK) {
        mq_h5_table_close(*table);
        *table = NULL;
    }
    return status;
}

void mq_h5_table_close(struct mq_h5_table *table)
{
    if (table == NULL) return;
    // A failure to write the last chunks is kept by the file, which then refuses to be published.
    struct mq_h5_rows *rows = &table->rows;
    (void)!mq_h5_dataset_close(rows->file, rows->name, rows->dataset, MQ_OK);
    mq_free(table);
}

mq_status mq_h5_table_read(struct mq_h5_table *table, int64_t start, int64_t n, void *rows)
{
    return mq_h5_rows_read(&table->rows, start, n, rows);
}

mq_status mq_h5_table_write(struct mq_h5_table *table, int64_t start, int64_t n, const void *rows)
{
    MQ_TRY(mq_h5_rows_write(&table->rows, start, n, rows));
    if (start + n > table->n_written) table->n_written = start + n;
    return MQ_OK;
}

mq_status mq_h5_table_append(struct mq_h5_table *table, int64_t n, const void *rows)
{
    struct mq_h5_shape *shape = &table->rows.shape;
    if (table->grows && table->n_written + n > shape->size[0]) {
        hsize_t size[MQ_H5_RANK_MAX] = {(hsize_t)(table->n_written + n)};
        for (int d = 1; d < shape->rank; d++)
            size[d] = (hsize_t)shape->size[d];
        mq_h5_silence();
        MQ_TRY(mq_h5_check(H5Dset_extent(table->rows.dataset, size), table->rows.file, table->name,
                           "cannot grow"));
        shape->size[0] = table->n_written + n;
    }
    return mq_h5_table_write(table, table->n_written, n, rows);
}
