// Virtual datasets over part files, and the check that the parts are all there: HDF5 reads a
// missing or foreign part as fill values without a word.
#include "mq/h5/parts.h"

#include <stdio.h>
#include <string.h>

#include "h5/internal.h"
#include "mq/base/int.h"

/// The rows of one mapping, as a selection of the face's space and a whole space of the part.
static mq_status map_part(struct mq_h5 *face, const char *name, hid_t creation, hid_t space,
                          struct mq_h5_shape shape, int64_t first, const struct mq_h5_part *part)
{
    mq_status status = MQ_OK;
    hsize_t from[MQ_H5_RANK_MAX] = {(hsize_t)first};
    hsize_t count[MQ_H5_RANK_MAX] = {(hsize_t)part->rows};
    for (int d = 1; d < shape.rank; d++)
        count[d] = (hsize_t)shape.size[d];
    // HDF5 reads "%b" in a source's name as a number of its own.
    MQ_ASSERT(strchr(part->file, '%') == NULL);
    const hid_t source = H5Screate_simple(shape.rank, count, NULL);
    MQ_TRY(mq_h5_check(source, face, name, "cannot join parts"));
    MQ_DO(mq_h5_check(H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL), face,
                      name, "cannot join parts"));
    MQ_DO(mq_h5_check(H5Pset_virtual(creation, space, part->file, name, source), face, name,
                      "cannot join parts"));
done:
    (void)H5Sclose(source);
    return status;
}

static bool is_empty(struct mq_h5_shape shape)
{
    for (int d = 0; d < shape.rank; d++)
        if (shape.size[d] == 0) return true;
    return false;
}

static mq_status join(struct mq_h5 *face, const char *name, hid_t stored_type,
                      struct mq_h5_shape shape, const struct mq_h5_part parts[], int64_t n)
{
    mq_status status = MQ_OK;
    hid_t dataset = H5I_INVALID_HID;
    hid_t creation = H5I_INVALID_HID;
    hid_t space = H5I_INVALID_HID;
    hsize_t size[MQ_H5_RANK_MAX];
    mq_h5_silence();
    if (is_empty(shape)) { // no part has anything to show
        MQ_TRY(mq_h5_dataset_create(face, name, stored_type, shape, false, &dataset));
        return mq_h5_dataset_close(face, name, dataset, MQ_OK);
    }
    for (int d = 0; d < shape.rank; d++)
        size[d] = (hsize_t)shape.size[d];
    MQ_TRY(mq_h5_make_groups(face, name));
    MQ_DO(mq_h5_check(creation = mq_h5_creation_properties(stored_type), face, name,
                      "cannot join parts"));
    MQ_DO(mq_h5_check(space = H5Screate_simple(shape.rank, size, NULL), face, name,
                      "cannot join parts"));
    int64_t first = 0;
    for (int64_t i = 0; i < n; i++) {
        if (parts[i].rows > 0)
            MQ_DO(map_part(face, name, creation, space, shape, first, &parts[i]));
        first += parts[i].rows;
    }
    MQ_ASSERT(first == shape.size[0]);
    dataset = H5Dcreate2(face->id, name, stored_type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    MQ_DO(mq_h5_check(dataset, face, name, "cannot join parts"));
done:
    if (space >= 0) (void)H5Sclose(space);
    // Left open, a list that holds mappings crashes the library's clean-up.
    if (creation >= 0) (void)H5Pclose(creation);
    return mq_h5_dataset_close(face, name, dataset, status);
}

mq_status mq_h5_join_parts(struct mq_h5 *face, const char *name, enum mq_h5_type type,
                           struct mq_h5_shape shape, const struct mq_h5_part parts[], int64_t n)
{
    return join(face, name, mq_h5_stored_type(type), shape, parts, n);
}

mq_status mq_h5_join_string_parts(struct mq_h5 *face, const char *name, int64_t rows, int64_t width,
                                  const struct mq_h5_part parts[], int64_t n)
{
    MQ_ASSERT(width >= 1);
    mq_h5_silence();
    const hid_t type = mq_h5_text_type(width);
    MQ_TRY(mq_h5_check(type, face, name, "cannot join parts"));
    const mq_status status = join(face, name, type, (struct mq_h5_shape){1, {rows}}, parts, n);
    (void)H5Tclose(type);
    return status;
}

/// The rows of mapping `index`: whole rows that begin at `first`, where those before it end.
static mq_status read_rows(struct mq_h5 *face, const char *name, struct mq_h5_shape shape,
                           hid_t space, int64_t first, int64_t *rows)
{
    hsize_t from[MQ_H5_RANK_MAX];
    hsize_t to[MQ_H5_RANK_MAX];
    if (H5Sget_simple_extent_ndims(space) != shape.rank)
        return mq_fail(MQ_DATA, "%s: %s: the parts do not fit", face->path, name);
    const hssize_t n = H5Sget_select_npoints(space);
    MQ_TRY(mq_h5_check(n, face, name, "cannot read the parts"));
    MQ_TRY(mq_h5_check(H5Sget_select_bounds(space, from, to), face, name, "cannot read the parts"));
    bool is_next = (int64_t)from[0] == first && to[0] < (hsize_t)shape.size[0];
    mq_wide points = (mq_wide)to[0] - (mq_wide)from[0] + 1;
    for (int d = 1; d < shape.rank && is_next; d++) {
        is_next = from[d] == 0 && (int64_t)to[d] == shape.size[d] - 1;
        points *= shape.size[d];
    }
    if (!is_next || points != n)
        return mq_fail(MQ_DATA, "%s: %s: the parts do not fit", face->path, name);
    *rows = (int64_t)(to[0] - from[0] + 1);
    return MQ_OK;
}

/// Whether mapping `index` shows the dataset of the same name.
static bool shows_same(hid_t creation, size_t index, const char *name)
{
    char shown[MQ_H5_NAME_MAX] = "";
    const ssize_t length = H5Pget_virtual_dsetname(creation, index, shown, sizeof shown);
    return length >= 0 && length < (ssize_t)sizeof shown &&
           strcmp(shown + strspn(shown, "/"), name + strspn(name, "/")) == 0;
}

/// Name and rows of mapping `index`. The part must lie beside the face.
static mq_status read_mapping(struct mq_h5 *face, const char *name, struct mq_h5_shape shape,
                              hid_t creation, size_t index, int64_t first, struct mq_h5_part *part)
{
    const ssize_t length = H5Pget_virtual_filename(creation, index, part->file, sizeof part->file);
    MQ_TRY(mq_h5_check(length, face, name, "cannot read the parts"));
    if (length >= (ssize_t)sizeof part->file)
        return mq_fail(MQ_DATA, "%s: %s: the name of a part is too long", face->path, name);
    if (!mq_path_is_entry(part->file) || strchr(part->file, '%') != NULL)
        return mq_fail(MQ_DATA, "%s: %s: the part '%s' is not a file beside it", face->path, name,
                       part->file);
    if (!shows_same(creation, index, name))
        return mq_fail(MQ_DATA, "%s: %s: shows other data of %s", face->path, name, part->file);
    const hid_t space = H5Pget_virtual_vspace(creation, index);
    MQ_TRY(mq_h5_check(space, face, name, "cannot read the parts"));
    const mq_status status = read_rows(face, name, shape, space, first, &part->rows);
    (void)H5Sclose(space);
    return status;
}

static mq_status verify_part(struct mq_h5 *face, const char *name, struct mq_h5_shape shape,
                             const struct mq_h5_part *part)
{
    char directory[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    struct mq_h5 *file = NULL;
    struct mq_h5_shape found;
    mq_path_directory(directory, face->path);
    MQ_TRY(mq_path_join(path, directory, part->file));
    // A part that is not there is damage to the whole.
    if (mq_h5_open(&file, path) != MQ_OK)
        return mq_is_out_of_memory() ? MQ_FAILED
                                     : mq_fail(MQ_DATA, "%s: %s: part: %s", face->path, name,
                                               mq_error_get()->message);
    mq_status status = mq_h5_shape(file, name, &found);
    shape.size[0] = part->rows;
    bool is_same = status == MQ_OK && found.rank == shape.rank;
    for (int d = 0; is_same && d < shape.rank; d++)
        is_same = found.size[d] == shape.size[d];
    mq_h5_close(file);
    if (status == MQ_OK && !is_same)
        status =
            mq_fail(MQ_DATA, "%s: %s: part %s has another shape", face->path, name, part->file);
    return status;
}

mq_status mq_h5_parts_verify(struct mq_h5 *face, const char *name)
{
    mq_status status = MQ_OK;
    hid_t dataset;
    hid_t creation = H5I_INVALID_HID;
    struct mq_h5_shape shape;
    size_t n = 0;
    MQ_TRY(mq_h5_dataset_open(face, name, &dataset, &shape));
    MQ_DO(
        mq_h5_check(creation = H5Dget_create_plist(dataset), face, name, "cannot read the parts"));
    if (H5Pget_layout(creation) != H5D_VIRTUAL) goto done;
    MQ_DO(mq_h5_check(H5Pget_virtual_count(creation, &n), face, name, "cannot read the parts"));
    int64_t first = 0;
    for (size_t i = 0; i < n; i++) {
        struct mq_h5_part part;
        MQ_DO(read_mapping(face, name, shape, creation, i, first, &part));
        MQ_DO(verify_part(face, name, shape, &part));
        first += part.rows;
    }
    if (first != shape.size[0])
        MQ_DO(mq_fail(MQ_DATA, "%s: %s: the parts hold %lld rows of %lld", face->path, name,
                      (long long)first, (long long)shape.size[0]));
done:
    if (creation >= 0) (void)H5Pclose(creation);
    return mq_h5_dataset_close(face, name, dataset, status);
}
