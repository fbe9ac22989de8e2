/// Virtual datasets: one face over part files, no parallel HDF5 needed.
///
/// HDF5 reads a missing source silently as fill values, so a reader that must know calls
/// mq_h5_parts_verify.
#ifndef MQ_H5_PARTS_H
#define MQ_H5_PARTS_H

#include "mq/h5/file.h"

/// Rows of the first dimension that one part file holds under the same dataset name.
struct mq_h5_part {
    char file[MQ_H5_NAME_MAX]; ///< name relative to the face's directory
    int64_t rows;
};

/// Creates `name` (fixed-size type) in `face` as the parts' datasets one after the other along the
/// first dimension; shape.size[0] is the sum of rows. Parts with 0 rows are skipped. Fill is NaN
/// for reals, -1 for integers.
mq_status mq_h5_join_parts(struct mq_h5 *face, const char *name, enum mq_h5_type type,
                           struct mq_h5_shape shape, const struct mq_h5_part parts[],
                           int64_t n) MQ_NODISCARD;
/// The same for fixed-length strings of the parts' common width.
mq_status mq_h5_join_string_parts(struct mq_h5 *face, const char *name, int64_t rows, int64_t width,
                                  const struct mq_h5_part parts[], int64_t n) MQ_NODISCARD;
/// As mq_h5_write_strings with a given width in bytes (>= the longest string).
mq_status mq_h5_write_strings_width(struct mq_h5 *file, const char *name, int64_t n, int64_t width,
                                    const char *const strings[]) MQ_NODISCARD;
/// Bytes of each string of a dataset.
mq_status mq_h5_strings_width(struct mq_h5 *file, const char *name, int64_t *width) MQ_NODISCARD;
/// Creates `name` with strings [start, start + n) of another file's dataset, of the same width, in
/// bounded memory.
mq_status mq_h5_copy_strings(struct mq_h5 *file, const char *name, struct mq_h5 *source,
                             const char *source_name, int64_t start, int64_t n) MQ_NODISCARD;
/// Of a face opened with mq_h5_open_face: every part of the virtual dataset `name` lies beside it,
/// opens and has the rows the face shows of it, and together they are all rows; else MQ_DATA naming
/// the part. Its checksums are read with its data. Other datasets pass.
mq_status mq_h5_parts_verify(struct mq_h5 *face, const char *name) MQ_NODISCARD;

#endif
