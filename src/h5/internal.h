/// What the units of this folder share: the handle, HDF5's error text, and transfers by rows.
#ifndef SRC_H5_INTERNAL_H
#define SRC_H5_INTERNAL_H

#include <hdf5.h>

#include "mq/base/path.h"
#include "mq/h5/file.h"

/// The bytes of a file built in memory; `bytes` is set when HDF5 closes the file.
struct mq_h5_image {
    void *bytes;
    size_t capacity;
};

struct mq_h5 {
    hid_t id;
    int64_t bytes; ///< of a file opened for reading: what it holds cannot be much more
    bool has_parts; ///< a face: its datasets may be virtual
    bool is_sealed;
    bool is_new; ///< being created: failures are MQ_FAILED, else MQ_DATA
    bool is_in_memory; ///< new, and without a file before it is published
    char path[MQ_PATH_MAX];
    char temporary[MQ_PATH_MAX]; ///< where a new file is until it is published
    struct mq_error failure; ///< new: the first write that failed; then it is never published
    struct mq_h5_image image;
};

/// Keeps HDF5 from printing its error stack; the setting is one per thread. First thing on entry.
void mq_h5_silence(void);
/// The innermost text of HDF5's error stack, or empty; true when memory ran out. Right after the
/// call that failed.
bool mq_h5_error_text(char *text, size_t capacity);
/// Records "path: /name: what (HDF5's reason)". Right after the call that failed.
mq_status mq_h5_fail(struct mq_h5 *file, const char *name, const char *what);
/// Records that the file is of another kind: MQ_DATA.
mq_status mq_h5_fail_kind(const char *path);
/// MQ_OK when `result` (an id or a return code of HDF5) is not negative, else mq_h5_fail.
mq_status mq_h5_check(int64_t result, struct mq_h5 *file, const char *name,
                      const char *what) MQ_NODISCARD;

/// Access properties get the memory driver, with `image` as its memory. The image must stay in
/// place until the file is closed; the caller then frees image->bytes.
herr_t mq_h5_image_attach(struct mq_h5_image *image, hid_t access);

/// The seal of a file built in memory: its first bytes, HDF5's user block, are a line of text with
/// length and SHA-256 of all that follows. HDF5 skips them.
enum { MQ_H5_SEAL_BYTES = 512 };
/// Seals the `n` bytes of a whole file.
void mq_h5_seal(void *bytes, size_t n);
/// What a file is before HDF5 sees it: MQ_DATA when it is neither HDF5 nor sealed, or does not match
/// its seal; MQ_FAILED when it cannot be read or is not a plain file. Fills bytes and is_sealed.
mq_status mq_h5_seal_check(struct mq_h5 *file) MQ_NODISCARD;

/// Whether a dataset opened for reading is as ours are: chunks with checksums, no filters but those
/// of HDF5 itself, numbers or text of fixed size, no larger than its file can hold. Virtual ones in
/// a face alone. MQ_DATA saying why not.
mq_status mq_h5_limits_check(struct mq_h5 *file, const char *name, hid_t dataset,
                             struct mq_h5_shape shape) MQ_NODISCARD;

/// HDF5's types of numbers in memory and in files: library constants, never closed.
hid_t mq_h5_memory_type(enum mq_h5_type type);
hid_t mq_h5_stored_type(enum mq_h5_type type);
/// A new type: UTF-8 text of `width` bytes padded with NUL. Negative on failure.
hid_t mq_h5_text_type(int64_t width);

/// New creation properties with what all datasets share: a fill value by type (NaN, -1 or empty
/// text; 0 for bytes), no time stamps. Negative on failure.
hid_t mq_h5_creation_properties(hid_t stored_type);
/// Creates the groups that `name` lies in. Every object is made without time stamps, so that the
/// same contents give the same bytes.
mq_status mq_h5_make_groups(struct mq_h5 *file, const char *name) MQ_NODISCARD;
/// Creates a chunked dataset with checksums; a first size of -1 grows. Caller closes `dataset`.
mq_status mq_h5_dataset_create(struct mq_h5 *file, const char *name, hid_t stored_type,
                               struct mq_h5_shape shape, bool compress,
                               hid_t *dataset) MQ_NODISCARD;
/// Opens a dataset and tells its shape. Caller closes `dataset`.
mq_status mq_h5_dataset_open(struct mq_h5 *file, const char *name, hid_t *dataset,
                             struct mq_h5_shape *shape) MQ_NODISCARD;
/// Closes a dataset, which may still write; passes `status` on unless this is the first failure.
mq_status mq_h5_dataset_close(struct mq_h5 *file, const char *name, hid_t dataset,
                              mq_status status) MQ_NODISCARD;

/// A dataset, as transfers see it.
struct mq_h5_rows {
    struct mq_h5 *file;
    const char *name;
    hid_t dataset;
    hid_t memory_type;
    struct mq_h5_shape shape;
};

/// Rows [start, start + n) of the first dimension from and to contiguous memory; n = 0 is fine.
mq_status mq_h5_rows_read(const struct mq_h5_rows *rows, int64_t start, int64_t n,
                          void *data) MQ_NODISCARD;
mq_status mq_h5_rows_write(const struct mq_h5_rows *rows, int64_t start, int64_t n,
                           const void *data) MQ_NODISCARD;

#endif
