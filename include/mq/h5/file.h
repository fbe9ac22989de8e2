/// HDF5 files: opened for reading, or written whole and published by rename.
///
/// A file being created has a temporary name until mq_h5_publish; closing it without publishing
/// removes it. All data is chunked with checksums (fletcher32) in the latest file format, so damage
/// is found by reading; a file built in memory is sealed: it begins with its length and SHA-256, and
/// is opened only when they hold. Errors name file and dataset; HDF5's own error stack is never
/// printed.
///
/// What is opened may come from anywhere: links out of the file, data in other files, filters that
/// are plug-ins (which HDF5 would load as code: switched off for the process), and sizes beyond
/// what the file can hold are MQ_DATA.
/// Local. One thread at a time per file.
#ifndef MQ_H5_FILE_H
#define MQ_H5_FILE_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/base/str.h"

struct mq_h5;

enum mq_h5_type { MQ_H5_F32, MQ_H5_F64, MQ_H5_I64, MQ_H5_I32, MQ_H5_U8 };
enum { MQ_H5_RANK_MAX = 4, MQ_H5_NAME_MAX = 256 };

struct mq_h5_shape {
    int rank;
    int64_t size[MQ_H5_RANK_MAX];
};

/// MQ_DATA when the file is not HDF5 or is damaged, MQ_FAILED when it cannot be read at all.
mq_status mq_h5_open(struct mq_h5 **file, const char *path) MQ_NODISCARD;
/// The same for a face, whose datasets may be virtual (mq/h5/parts.h).
mq_status mq_h5_open_face(struct mq_h5 **file, const char *path) MQ_NODISCARD;
/// Whether the file opened was built in memory and is, byte for byte, what was published.
bool mq_h5_is_sealed(const struct mq_h5 *file);
/// Starts a file that appears under `path` only with mq_h5_publish.
mq_status mq_h5_create(struct mq_h5 **file, const char *path) MQ_NODISCARD;
/// The same, built in memory, sealed and written by us: a full disk is a plain error and never a crash in
/// the library. For files that fit in memory (checkpoints).
mq_status mq_h5_create_in_memory(struct mq_h5 **file, const char *path) MQ_NODISCARD;
/// Flush, close, fsync, rename, fsync the directory; frees the handle in every case.
mq_status mq_h5_publish(struct mq_h5 *file) MQ_NODISCARD;
/// Length of a new file as publishing it now would leave it.
mq_status mq_h5_bytes(struct mq_h5 *file, int64_t *bytes) MQ_NODISCARD;
/// Closes; a file that was being created is removed. Accepts NULL.
void mq_h5_close(struct mq_h5 *file);
const char *mq_h5_path(const struct mq_h5 *file);

bool mq_h5_has(struct mq_h5 *file, const char *name);
/// MQ_DATA when there is no such dataset.
mq_status mq_h5_shape(struct mq_h5 *file, const char *name, struct mq_h5_shape *shape) MQ_NODISCARD;
/// Names of the members of a group in order of name, e.g. "/known"; a missing group has none.
/// Caller frees each name and the list with mq_free.
mq_status mq_h5_members(struct mq_h5 *file, const char *group, char ***names,
                        int64_t *n) MQ_NODISCARD;

// ---- whole datasets
// ------------------------------------------------------------------------------

/// Creates groups on the way ("/known/price"). `compress`: shuffle-free gzip 1.
mq_status mq_h5_write(struct mq_h5 *file, const char *name, enum mq_h5_type type,
                      struct mq_h5_shape shape, const void *data, bool compress) MQ_NODISCARD;
/// The dataset must have exactly this shape, else MQ_DATA. Converts number types.
mq_status mq_h5_read(struct mq_h5 *file, const char *name, enum mq_h5_type type,
                     struct mq_h5_shape shape, void *data) MQ_NODISCARD;

/// Fixed-length UTF-8 strings, one dimension.
mq_status mq_h5_write_strings(struct mq_h5 *file, const char *name, int64_t n,
                              const char *const strings[]) MQ_NODISCARD;
/// Rows [start, start + n). One block of memory: `*strings` (n pointers) followed by the bytes;
/// the caller frees it with one mq_free.
mq_status mq_h5_read_strings(struct mq_h5 *file, const char *name, int64_t start, int64_t n,
                             char ***strings) MQ_NODISCARD;

// ---- attributes ("/" is the file)
// ------------------------------------------------------------------

mq_status mq_h5_set_text(struct mq_h5 *file, const char *object, const char *name,
                         const char *text) MQ_NODISCARD;
mq_status mq_h5_set_i64(struct mq_h5 *file, const char *object, const char *name,
                        int64_t value) MQ_NODISCARD;
mq_status mq_h5_set_f64(struct mq_h5 *file, const char *object, const char *name,
                        double value) MQ_NODISCARD;
/// Appends to `text`. MQ_DATA when missing.
mq_status mq_h5_get_text(struct mq_h5 *file, const char *object, const char *name,
                         struct mq_str *text) MQ_NODISCARD;
mq_status mq_h5_get_i64(struct mq_h5 *file, const char *object, const char *name,
                        int64_t *value) MQ_NODISCARD;
mq_status mq_h5_get_f64(struct mq_h5 *file, const char *object, const char *name,
                        double *value) MQ_NODISCARD;
bool mq_h5_has_attribute(struct mq_h5 *file, const char *object, const char *name);

/// Makes `scale` (one dimension) the dimension scale of dimension `dimension` of `dataset`.
mq_status mq_h5_attach_scale(struct mq_h5 *file, const char *dataset, int dimension,
                             const char *scale, const char *label) MQ_NODISCARD;

/// Reads every dataset of the file once, so that every checksum is verified. MQ_DATA naming the
/// first damaged dataset.
mq_status mq_h5_verify(struct mq_h5 *file) MQ_NODISCARD;

#endif
