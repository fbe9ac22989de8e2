// What a dataset of a file may ask of its reader: a file is data from elsewhere, and neither memory
// nor other files nor code are taken on its word.
#include "h5/internal.h"
#include "mq/base/int.h"

// Deflate makes at most 1032 bytes of one. Our chunks have 64 KiB.
enum { INFLATION_MAX = 1032, CHUNK_BYTES_MAX = 1 << 20, FILTERS_MAX = 8 };

static mq_status refuse(struct mq_h5 *file, const char *name, const char *why)
{
    return mq_fail(MQ_DATA, "%s: %s: %s", file->path, name, why);
}

static mq_status check_type(struct mq_h5 *file, const char *name, hid_t dataset, size_t *bytes)
{
    const hid_t type = H5Dget_type(dataset);
    MQ_TRY(mq_h5_check(type, file, name, "cannot read the type"));
    const H5T_class_t class = H5Tget_class(type);
    const bool is_plain = class == H5T_INTEGER || class == H5T_FLOAT ||
                          (class == H5T_STRING && H5Tis_variable_str(type) == 0);
    *bytes = H5Tget_size(type);
    (void)H5Tclose(type);
    return is_plain && *bytes > 0 ? MQ_OK
                                  : refuse(file, name, "neither numbers nor text of a fixed size");
}

// Without asking HDF5 for more than the number: it would look for a plug-in of that name.
static mq_status check_filters(struct mq_h5 *file, const char *name, hid_t creation)
{
    bool has_checksum = false;
    const int n = H5Pget_nfilters(creation);
    MQ_TRY(mq_h5_check(n, file, name, "cannot read the filters"));
    if (n > FILTERS_MAX) return refuse(file, name, "stored through too many filters");
    for (int i = 0; i < n; i++) {
        unsigned flags = 0;
        size_t n_values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &n_values, NULL, 0, NULL, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return mq_fail(MQ_DATA, "%s: %s: stored through filter %d, which is not ours",
                           file->path, name, (int)filter);
        has_checksum = has_checksum || filter == H5Z_FILTER_FLETCHER32;
    }
    return has_checksum ? MQ_OK : refuse(file, name, "stored without checksums");
}

static mq_status check_chunks(struct mq_h5 *file, const char *name, hid_t creation, int rank,
                              size_t element_bytes)
{
    hsize_t chunk[MQ_H5_RANK_MAX] = {0};
    mq_wide bytes = (mq_wide)element_bytes;
    MQ_TRY(mq_h5_check(H5Pget_chunk(creation, MQ_H5_RANK_MAX, chunk), file, name,
                       "cannot read the chunks"));
    for (int d = 0; d < rank && bytes <= CHUNK_BYTES_MAX; d++)
        bytes *= (mq_wide)chunk[d];
    return bytes <= CHUNK_BYTES_MAX ? MQ_OK : refuse(file, name, "impossible chunks");
}

static mq_status check_size(struct mq_h5 *file, const char *name, struct mq_h5_shape shape,
                            size_t element_bytes, mq_wide most)
{
    mq_wide bytes = (mq_wide)element_bytes;
    for (int d = 0; d < shape.rank && bytes <= most; d++)
        bytes *= shape.size[d];
    return bytes <= most ? MQ_OK
                         : refuse(file, name, "impossible size: more than the file can hold");
}

mq_status mq_h5_limits_check(struct mq_h5 *file, const char *name, hid_t dataset,
                             struct mq_h5_shape shape)
{
    mq_status status = MQ_OK;
    size_t element_bytes = 0;
    const hid_t creation = H5Dget_create_plist(dataset);
    MQ_TRY(mq_h5_check(creation, file, name, "cannot read the layout"));
    MQ_DO(check_type(file, name, dataset, &element_bytes));
    const H5D_layout_t layout = H5Pget_layout(creation);
    const bool is_face = layout == H5D_VIRTUAL && file->has_parts; // held against its parts
    const mq_wide most = is_face ? INT64_MAX / 8 : (mq_wide)file->bytes * INFLATION_MAX;
    if (layout == H5D_VIRTUAL && !is_face) MQ_DO(refuse(file, name, "leads to other files"));
    if (layout != H5D_CHUNKED && !is_face)
        MQ_DO(refuse(file, name, "not stored in chunks with checksums"));
    if (!is_face) MQ_DO(check_filters(file, name, creation));
    if (!is_face) MQ_DO(check_chunks(file, name, creation, shape.rank, element_bytes));
    MQ_DO(check_size(file, name, shape, element_bytes, most));
done:
    (void)H5Pclose(creation);
    return status;
}
