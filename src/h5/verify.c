// Reading a whole file once, for its checksums.
#include "h5/internal.h"

#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/h5/parts.h"

// A file of ours is three groups deep, with some hundred objects; another could contain itself.
enum { DEPTH_MAX = 16, OBJECTS_MAX = 1000, BLOCK_BYTES = 1 << 20 };

/// Rows that make about one block; whole chunks, so that none is read twice.
static mq_status block_rows(const struct mq_h5_rows *rows, int64_t *n, int64_t *row_bytes)
{
    mq_wide bytes = (mq_wide)H5Tget_size(rows->memory_type);
    for (int d = 1; d < rows->shape.rank; d++) {
        bytes *= rows->shape.size[d];
        if (bytes > INT64_MAX / 2)
            return mq_fail(MQ_DATA, "%s: %s: impossible size", rows->file->path, rows->name);
    }
    *row_bytes = mq_max_i64((int64_t)bytes, 1);
    *n = mq_max_i64(BLOCK_BYTES / *row_bytes, 1);
    const hid_t creation = H5Dget_create_plist(rows->dataset);
    MQ_TRY(mq_h5_check(creation, rows->file, rows->name, "cannot read"));
    hsize_t chunk[MQ_H5_RANK_MAX] = {1};
    if (H5Pget_layout(creation) == H5D_CHUNKED)
        (void)H5Pget_chunk(creation, rows->shape.rank, chunk);
    (void)H5Pclose(creation);
    const int64_t chunk_rows = (int64_t)chunk[0];
    if (chunk_rows > 1 && chunk_rows <= *n) *n -= *n % chunk_rows;
    *n = mq_min_i64(*n, mq_max_i64(rows->shape.size[0], 1));
    return MQ_OK;
}

static mq_status read_blocks(const struct mq_h5_rows *rows)
{
    mq_status status = MQ_OK;
    int64_t n = 0;
    int64_t row_bytes = 0;
    void *block = NULL;
    if (rows->shape.size[0] == 0) return MQ_OK; // however long its rows would be
    MQ_TRY(block_rows(rows, &n, &row_bytes));
    MQ_DO((block = mq_calloc(n, (size_t)row_bytes)) != NULL ? MQ_OK : MQ_FAILED);
    for (int64_t start = 0; start < rows->shape.size[0]; start += n)
        MQ_DO(mq_h5_rows_read(rows, start, mq_min_i64(n, rows->shape.size[0] - start), block));
done:
    mq_free(block);
    return status;
}

static mq_status verify_dataset(struct mq_h5 *file, const char *name)
{
    mq_status status = MQ_OK;
    hid_t stored = H5I_INVALID_HID;
    struct mq_h5_rows rows = {file, name, H5I_INVALID_HID, H5I_INVALID_HID, {0}};
    if (file->has_parts) MQ_TRY(mq_h5_parts_verify(file, name));
    MQ_TRY(mq_h5_dataset_open(file, name, &rows.dataset, &rows.shape));
    MQ_DO(mq_h5_check(stored = H5Dget_type(rows.dataset), file, name, "cannot read the type"));
    rows.memory_type = H5Tget_native_type(stored, H5T_DIR_ASCEND);
    MQ_DO(mq_h5_check(rows.memory_type, file, name, "cannot read the type"));
    if (H5Tdetect_class(rows.memory_type, H5T_VLEN) != 0)
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: not of a fixed size", file->path, name));
    MQ_DO(read_blocks(&rows));
done:
    if (rows.memory_type >= 0) (void)H5Tclose(rows.memory_type);
    if (stored >= 0) (void)H5Tclose(stored);
    return mq_h5_dataset_close(file, name, rows.dataset, status);
}

/// Where a walk over the objects of a file is.
struct walk {
    struct mq_h5 *file;
    int64_t n_seen;
};

static mq_status verify_group(struct walk *walk, const char *group, int depth);

static mq_status verify_member(struct walk *walk, const char *name, int depth)
{
    struct mq_h5 *file = walk->file;
    if (++walk->n_seen > OBJECTS_MAX) return mq_fail(MQ_DATA, "%s: too many objects", file->path);
    if (!mq_h5_has(file, name))
        return mq_fail(MQ_DATA, "%s: %s: a link that leads nowhere in this file", file->path, name);
    const hid_t object = H5Oopen(file->id, name, H5P_DEFAULT);
    MQ_TRY(mq_h5_check(object, file, name, "cannot open"));
    const H5I_type_t kind = H5Iget_type(object);
    (void)H5Oclose(object);
    if (kind == H5I_GROUP) return verify_group(walk, name, depth + 1);
    return kind == H5I_DATASET ? verify_dataset(file, name) : MQ_OK;
}

static mq_status verify_group(struct walk *walk, const char *group, int depth)
{
    struct mq_h5 *file = walk->file;
    mq_status status = MQ_OK;
    char **names = NULL;
    int64_t n = 0;
    if (depth > DEPTH_MAX) return mq_fail(MQ_DATA, "%s: %s: groups too deep", file->path, group);
    MQ_TRY(mq_h5_members(file, group, &names, &n));
    for (int64_t i = 0; i < n && status == MQ_OK; i++) {
        char name[MQ_H5_NAME_MAX];
        const char *parent = depth == 0 ? "" : group;
        if (snprintf(name, sizeof name, "%s/%s", parent, names[i]) >= (int)sizeof name)
            status = mq_fail(MQ_DATA, "%s: %s: a name is too long", file->path, group);
        else
            status = verify_member(walk, name, depth);
    }
    for (int64_t i = 0; i < n; i++)
        mq_free(names[i]);
    mq_free(names);
    return status;
}

mq_status mq_h5_verify(struct mq_h5 *file)
{
    struct walk walk = {.file = file};
    mq_h5_silence();
    return verify_group(&walk, "/", 0);
}
