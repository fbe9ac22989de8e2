// Datasets: created in chunks with checksums, read and written by rows or whole.
#include "h5/internal.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// Far below the 1 MiB chunk cache: a chunk larger than the cache is read again for every row. And
// of the size of what is read at random, a block of series: the rest of a chunk is inflated in vain.
enum { CHUNK_BYTES = 64 << 10 };

/// Whole rows as long as they fit, the last dimensions first.
static void choose_chunk(struct mq_h5_shape shape, size_t element_bytes,
                         hsize_t chunk[MQ_H5_RANK_MAX])
{
    int64_t budget = mq_max_i64(CHUNK_BYTES / (int64_t)element_bytes, 1);
    for (int d = shape.rank - 1; d >= 0; d--) {
        const int64_t size = shape.size[d] < 0 ? budget : mq_max_i64(shape.size[d], 1);
        chunk[d] = (hsize_t)mq_min_i64(size, budget);
        budget = mq_max_i64(budget / (int64_t)chunk[d], 1);
    }
}

/// The space of a new dataset. A dimension of size 0 may grow: HDF5 wants chunks no larger than a
/// fixed dimension, and no empty ones.
static hid_t create_space(struct mq_h5_shape shape)
{
    hsize_t size[MQ_H5_RANK_MAX];
    hsize_t most[MQ_H5_RANK_MAX];
    for (int d = 0; d < shape.rank; d++) {
        MQ_ASSERT(shape.size[d] >= (d == 0 ? -1 : 0));
        size[d] = (hsize_t)mq_max_i64(shape.size[d], 0);
        most[d] = size[d] > 0 ? size[d] : H5S_UNLIMITED;
    }
    return H5Screate_simple(shape.rank, size, most);
}

hid_t mq_h5_creation_properties(hid_t stored_type)
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (creation < 0) return creation;
    const double nan = (double)NAN;
    const int64_t minus_one = -1;
    herr_t ok = H5Pset_obj_track_times(creation, false);
    const H5T_class_t class = H5Tget_class(stored_type);
    if (ok >= 0 && class == H5T_FLOAT) ok = H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &nan);
    if (ok >= 0 && class == H5T_INTEGER)
        ok = H5Pset_fill_value(creation, H5T_NATIVE_INT64, &minus_one);
    if (ok < 0) {
        (void)H5Pclose(creation);
        return H5I_INVALID_HID;
    }
    return creation;
}

mq_status mq_h5_dataset_create(struct mq_h5 *file, const char *name, hid_t stored_type,
                               struct mq_h5_shape shape, bool compress, hid_t *dataset)
{
    MQ_ASSERT(file->is_new && shape.rank >= 1 && shape.rank <= MQ_H5_RANK_MAX);
    mq_status status = MQ_OK;
    hid_t creation = H5I_INVALID_HID;
    hid_t space = H5I_INVALID_HID;
    hsize_t chunk[MQ_H5_RANK_MAX];
    *dataset = H5I_INVALID_HID;
    mq_h5_silence();
    MQ_TRY(mq_h5_make_groups(file, name));
    choose_chunk(shape, H5Tget_size(stored_type), chunk);
    creation = mq_h5_creation_properties(stored_type);
    MQ_DO(mq_h5_check(creation, file, name, "cannot create"));
    MQ_DO(mq_h5_check(H5Pset_chunk(creation, shape.rank, chunk), file, name, "cannot create"));
    if (compress) MQ_DO(mq_h5_check(H5Pset_deflate(creation, 1), file, name, "cannot create"));
    // After the compression, so that a damaged chunk is found before it is inflated.
    MQ_DO(mq_h5_check(H5Pset_fletcher32(creation), file, name, "cannot create"));
    MQ_DO(mq_h5_check(space = create_space(shape), file, name, "cannot create"));
    *dataset = H5Dcreate2(file->id, name, stored_type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    MQ_DO(mq_h5_check(*dataset, file, name, "cannot create"));
done:
    if (space >= 0) (void)H5Sclose(space);
    if (creation >= 0) (void)H5Pclose(creation);
    return status;
}

static mq_status read_shape(struct mq_h5 *file, const char *name, hid_t dataset,
                            struct mq_h5_shape *shape)
{
    mq_status status = MQ_OK;
    *shape = (struct mq_h5_shape){0};
    const hid_t space = H5Dget_space(dataset);
    MQ_TRY(mq_h5_check(space, file, name, "cannot read the shape"));
    const int rank = H5Sget_simple_extent_ndims(space);
    MQ_DO(mq_h5_check(rank, file, name, "cannot read the shape"));
    if (rank < 1 || rank > MQ_H5_RANK_MAX)
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: has %d dimensions", file->path, name, rank));
    hsize_t size[MQ_H5_RANK_MAX];
    MQ_DO(mq_h5_check(H5Sget_simple_extent_dims(space, size, NULL), file, name,
                      "cannot read the shape"));
    shape->rank = rank;
    for (int d = 0; d < rank; d++) {
        if (size[d] > INT64_MAX)
            MQ_DO(mq_fail(MQ_DATA, "%s: %s: impossible size", file->path, name));
        shape->size[d] = (int64_t)size[d];
    }
done:
    (void)H5Sclose(space);
    return status;
}

mq_status mq_h5_dataset_open(struct mq_h5 *file, const char *name, hid_t *dataset,
                             struct mq_h5_shape *shape)
{
    *dataset = H5I_INVALID_HID;
    if (!mq_h5_has(file, name)) return mq_fail(MQ_DATA, "%s: no dataset %s", file->path, name);
    *dataset = H5Dopen2(file->id, name, H5P_DEFAULT);
    MQ_TRY(mq_h5_check(*dataset, file, name, "cannot open"));
    mq_status status = read_shape(file, name, *dataset, shape);
    if (status == MQ_OK && !file->is_new) status = mq_h5_limits_check(file, name, *dataset, *shape);
    if (status != MQ_OK) {
        (void)H5Dclose(*dataset);
        *dataset = H5I_INVALID_HID;
    }
    return status;
}

mq_status mq_h5_dataset_close(struct mq_h5 *file, const char *name, hid_t dataset, mq_status status)
{
    if (dataset < 0) return status;
    mq_h5_silence();
    if (H5Dclose(dataset) >= 0 || status != MQ_OK || !file->is_new) return status;
    return mq_h5_fail(file, name, "cannot write");
}

/// Selects rows of the dataset and makes the space of the memory they come from or go to.
static mq_status select_rows(const struct mq_h5_rows *rows, int64_t start, int64_t n, hid_t *stored,
                             hid_t *memory)
{
    hsize_t from[MQ_H5_RANK_MAX] = {(hsize_t)start};
    hsize_t count[MQ_H5_RANK_MAX] = {(hsize_t)n};
    for (int d = 1; d < rows->shape.rank; d++)
        count[d] = (hsize_t)rows->shape.size[d];
    *stored = H5Dget_space(rows->dataset);
    MQ_TRY(mq_h5_check(*stored, rows->file, rows->name, "cannot select rows"));
    const herr_t selected = H5Sselect_hyperslab(*stored, H5S_SELECT_SET, from, NULL, count, NULL);
    MQ_TRY(mq_h5_check(selected, rows->file, rows->name, "cannot select rows"));
    *memory = H5Screate_simple(rows->shape.rank, count, NULL);
    return mq_h5_check(*memory, rows->file, rows->name, "cannot select rows");
}

/// Exactly one of `in` and `out` is the caller's memory.
static mq_status transfer(const struct mq_h5_rows *rows, int64_t start, int64_t n, void *in,
                          const void *out)
{
    mq_status status = MQ_OK;
    hid_t stored = H5I_INVALID_HID;
    hid_t memory = H5I_INVALID_HID;
    mq_h5_silence();
    if (start < 0 || n < 0 || start > rows->shape.size[0] - n)
        return mq_fail(MQ_DATA, "%s: %s: rows %lld to %lld of %lld", rows->file->path, rows->name,
                       (long long)start, (long long)(start + n), (long long)rows->shape.size[0]);
    int64_t row = 1;
    for (int d = 1; d < rows->shape.rank; d++)
        row = mq_min_i64(row, rows->shape.size[d]);
    if (n == 0 || row == 0) return MQ_OK;
    MQ_DO(select_rows(rows, start, n, &stored, &memory));
    if (in != NULL)
        MQ_DO(
            mq_h5_check(H5Dread(rows->dataset, rows->memory_type, memory, stored, H5P_DEFAULT, in),
                        rows->file, rows->name, "cannot read"));
    else
        MQ_DO(mq_h5_check(
            H5Dwrite(rows->dataset, rows->memory_type, memory, stored, H5P_DEFAULT, out),
            rows->file, rows->name, "cannot write"));
done:
    if (memory >= 0) (void)H5Sclose(memory);
    if (stored >= 0) (void)H5Sclose(stored);
    return status;
}

mq_status mq_h5_rows_read(const struct mq_h5_rows *rows, int64_t start, int64_t n, void *data)
{
    return transfer(rows, start, n, data, NULL);
}

mq_status mq_h5_rows_write(const struct mq_h5_rows *rows, int64_t start, int64_t n,
                           const void *data)
{
    return transfer(rows, start, n, NULL, data);
}

mq_status mq_h5_shape(struct mq_h5 *file, const char *name, struct mq_h5_shape *shape)
{
    hid_t dataset;
    MQ_TRY(mq_h5_dataset_open(file, name, &dataset, shape));
    return mq_h5_dataset_close(file, name, dataset, MQ_OK);
}

mq_status mq_h5_write(struct mq_h5 *file, const char *name, enum mq_h5_type type,
                      struct mq_h5_shape shape, const void *data, bool compress)
{
    hid_t dataset;
    MQ_TRY(mq_h5_dataset_create(file, name, mq_h5_stored_type(type), shape, compress, &dataset));
    const struct mq_h5_rows rows = {file, name, dataset, mq_h5_memory_type(type), shape};
    const mq_status status = mq_h5_rows_write(&rows, 0, shape.size[0], data);
    return mq_h5_dataset_close(file, name, dataset, status);
}

mq_status mq_h5_read(struct mq_h5 *file, const char *name, enum mq_h5_type type,
                     struct mq_h5_shape shape, void *data)
{
    mq_status status = MQ_OK;
    struct mq_h5_rows rows = {file, name, H5I_INVALID_HID, mq_h5_memory_type(type), {0}};
    MQ_TRY(mq_h5_dataset_open(file, name, &rows.dataset, &rows.shape));
    if (rows.shape.rank != shape.rank)
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: %d dimensions, expected %d", file->path, name,
                      rows.shape.rank, shape.rank));
    for (int d = 0; d < shape.rank; d++)
        if (rows.shape.size[d] != shape.size[d])
            MQ_DO(mq_fail(MQ_DATA, "%s: %s: size %lld in dimension %d, expected %lld", file->path,
                          name, (long long)rows.shape.size[d], d, (long long)shape.size[d]));
    MQ_DO(mq_h5_rows_read(&rows, 0, shape.size[0], data));
done:
    return mq_h5_dataset_close(file, name, rows.dataset, status);
}
