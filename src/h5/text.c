// Lists of strings: fixed-length UTF-8 text, one dimension.
#include "h5/internal.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/h5/parts.h"

enum { BLOCK_BYTES = 1 << 20, WIDTH_MAX = 1 << 16 };

/// Rows [first, first + n).
static mq_status write_blocks(const struct mq_h5_rows *rows, int64_t first, int64_t n,
                              int64_t width, const char *const strings[])
{
    mq_status status = MQ_OK;
    char *block = NULL;
    const int64_t block_rows = mq_max_i64(BLOCK_BYTES / width, 1);
    MQ_NEW(block, mq_min_i64(block_rows, n) * width);
    for (int64_t start = 0; start < n; start += block_rows) {
        const int64_t count = mq_min_i64(block_rows, n - start);
        memset(block, 0, (size_t)(count * width));
        for (int64_t i = 0; i < count; i++) {
            const size_t length = strlen(strings[start + i]);
            MQ_ASSERT((int64_t)length <= width);
            memcpy(block + i * width, strings[start + i], length);
        }
        MQ_DO(mq_h5_rows_write(rows, first + start, count, block));
    }
done:
    mq_free(block);
    return status;
}

mq_status mq_h5_write_strings_width(struct mq_h5 *file, const char *name, int64_t n, int64_t width,
                                    const char *const strings[])
{
    MQ_ASSERT(width >= 1);
    mq_status status = MQ_OK;
    hid_t dataset = H5I_INVALID_HID;
    const struct mq_h5_shape shape = {1, {n}};
    mq_h5_silence();
    const hid_t type = mq_h5_text_type(width);
    MQ_TRY(mq_h5_check(type, file, name, "cannot create"));
    MQ_DO(mq_h5_dataset_create(file, name, type, shape, true, &dataset));
    const struct mq_h5_rows rows = {file, name, dataset, type, shape};
    MQ_DO(write_blocks(&rows, 0, n, width, strings));
done:
    (void)H5Tclose(type);
    return mq_h5_dataset_close(file, name, dataset, status);
}

mq_status mq_h5_write_strings(struct mq_h5 *file, const char *name, int64_t n,
                              const char *const strings[])
{
    int64_t width = 1;
    for (int64_t i = 0; i < n; i++)
        width = mq_max_i64(width, (int64_t)strlen(strings[i]));
    return mq_h5_write_strings_width(file, name, n, width, strings);
}

/// The stored type as NUL-terminated text, and the bytes of one such text.
static mq_status memory_text_type(struct mq_h5 *file, const char *name, hid_t dataset, hid_t *type,
                                  int64_t *bytes)
{
    const hid_t stored = H5Dget_type(dataset);
    MQ_TRY(mq_h5_check(stored, file, name, "cannot read the type"));
    *type = H5Tcopy(stored); // that of a dataset cannot be changed
    (void)H5Tclose(stored);
    if (*type < 0) return mq_fail(MQ_FAILED, "%s: %s: cannot copy the type", file->path, name);
    const int64_t width = (int64_t)H5Tget_size(*type);
    if (H5Tget_class(*type) != H5T_STRING || H5Tis_variable_str(*type) != 0 || width < 1 ||
        width > WIDTH_MAX)
        return mq_fail(MQ_DATA, "%s: %s: not text of fixed length", file->path, name);
    *bytes = width + 1;
    MQ_TRY(mq_h5_check(H5Tset_size(*type, (size_t)*bytes), file, name, "cannot read the type"));
    return mq_h5_check(H5Tset_strpad(*type, H5T_STR_NULLTERM), file, name, "cannot read the type");
}

mq_status mq_h5_read_strings(struct mq_h5 *file, const char *name, int64_t start, int64_t n,
                             char ***strings)
{
    mq_status status = MQ_OK;
    char **list = NULL;
    int64_t bytes = 0;
    struct mq_h5_rows rows = {file, name, H5I_INVALID_HID, H5I_INVALID_HID, {0}};
    *strings = NULL;
    MQ_TRY(mq_h5_dataset_open(file, name, &rows.dataset, &rows.shape));
    MQ_DO(memory_text_type(file, name, rows.dataset, &rows.memory_type, &bytes));
    if (rows.shape.rank != 1)
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: %d dimensions, expected 1", file->path, name,
                      rows.shape.rank));
    if (start < 0 || n < 0 || start > rows.shape.size[0] - n)
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: rows %lld to %lld of %lld", file->path, name,
                      (long long)start, (long long)(start + n), (long long)rows.shape.size[0]));
    MQ_DO((list = mq_calloc(n, sizeof(char *) + (size_t)bytes)) != NULL ? MQ_OK : MQ_FAILED);
    char *text = (char *)(list + n);
    MQ_DO(mq_h5_rows_read(&rows, start, n, text));
    for (int64_t i = 0; i < n; i++) {
        list[i] = text + i * bytes;
        if (!mq_is_utf8(list[i]))
            MQ_DO(mq_fail(MQ_DATA, "%s: %s: row %lld is not UTF-8", file->path, name,
                          (long long)(start + i)));
    }
    *strings = list;
    list = NULL;
done:
    mq_free(list);
    if (rows.memory_type >= 0) (void)H5Tclose(rows.memory_type);
    return mq_h5_dataset_close(file, name, rows.dataset, status);
}

mq_status mq_h5_strings_width(struct mq_h5 *file, const char *name, int64_t *width)
{
    mq_status status = MQ_OK;
    hid_t type = H5I_INVALID_HID;
    hid_t dataset;
    struct mq_h5_shape shape;
    MQ_TRY(mq_h5_dataset_open(file, name, &dataset, &shape));
    MQ_DO(memory_text_type(file, name, dataset, &type, width));
    *width -= 1; // the NUL
done:
    if (type >= 0) (void)H5Tclose(type);
    return mq_h5_dataset_close(file, name, dataset, status);
}

mq_status mq_h5_copy_strings(struct mq_h5 *file, const char *name, struct mq_h5 *source,
                             const char *source_name, int64_t start, int64_t n)
{
    mq_status status = MQ_OK;
    hid_t dataset = H5I_INVALID_HID;
    int64_t width = 0;
    const struct mq_h5_shape shape = {1, {n}};
    MQ_TRY(mq_h5_strings_width(source, source_name, &width));
    const hid_t type = mq_h5_text_type(width);
    MQ_TRY(mq_h5_check(type, file, name, "cannot create"));
    MQ_DO(mq_h5_dataset_create(file, name, type, shape, true, &dataset));
    const struct mq_h5_rows rows = {file, name, dataset, type, shape};
    const int64_t step = mq_max_i64(BLOCK_BYTES / width, 1);
    for (int64_t done = 0; done < n; done += step) {
        const int64_t count = mq_min_i64(step, n - done);
        char **strings = NULL;
        MQ_DO(mq_h5_read_strings(source, source_name, start + done, count, &strings));
        status = write_blocks(&rows, done, count, width, (const char *const *)strings);
        mq_free(strings);
        if (status != MQ_OK) goto done;
    }
done:
    (void)H5Tclose(type);
    return mq_h5_dataset_close(file, name, dataset, status);
}
