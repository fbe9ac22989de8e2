// Life of a file: opened for reading, or created beside its final name and published by rename.
#include "h5/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/alloc.h"

/// Access properties: the latest format, whose metadata carries checksums, and nothing else. A
/// virtual dataset opens its parts with HDF5's defaults; a part that is also open here with others
/// (closing degree, locking) could not be opened and would silently read as fill values.
static hid_t access_properties(void)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0) return access;
    if (H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) < 0) {
        (void)H5Pclose(access);
        return H5I_INVALID_HID;
    }
    return access;
}

static mq_status handle_new(struct mq_h5 **file, const char *path)
{
    *file = NULL;
    if (strlen(path) >= MQ_PATH_MAX) return mq_fail(MQ_FAILED, "path too long: %s", path);
    struct mq_h5 *handle;
    MQ_NEW(handle, 1);
    handle->id = H5I_INVALID_HID;
    (void)snprintf(handle->path, sizeof handle->path, "%s", path);
    *file = handle;
    return MQ_OK;
}

mq_status mq_h5_open(struct mq_h5 **file, const char *path)
{
    mq_status status = MQ_OK;
    hid_t access = H5I_INVALID_HID;
    mq_h5_silence();
    *file = NULL;
    MQ_TRY(handle_new(file, path));
    MQ_DO(mq_h5_seal_check(*file));
    MQ_DO(mq_h5_check(access = access_properties(), *file, "/", "cannot open"));
    (*file)->id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if ((*file)->id < 0) {
        char reason[200];
        if (mq_h5_error_text(reason, sizeof reason))
            status = mq_fail_memory("%s: cannot open (%s)", path, reason);
        else if (H5Fis_hdf5(path) > 0)
            status = mq_fail(MQ_DATA, "%s: damaged or incomplete (%s)", path, reason);
        else
            status = mq_h5_fail_kind(path);
    }
done:
    if (access >= 0) (void)H5Pclose(access);
    if (status != MQ_OK) {
        mq_free(*file);
        *file = NULL;
    }
    return status;
}

mq_status mq_h5_open_face(struct mq_h5 **file, const char *path)
{
    MQ_TRY(mq_h5_open(file, path));
    (*file)->has_parts = true;
    return MQ_OK;
}

bool mq_h5_is_sealed(const struct mq_h5 *file)
{
    return file->is_sealed;
}

/// Creation properties of a file: no time stamps, and room for the seal of one built in memory.
static mq_status creation_properties(struct mq_h5 *file, hid_t *creation)
{
    *creation = H5Pcreate(H5P_FILE_CREATE);
    MQ_TRY(mq_h5_check(*creation, file, "/", "cannot create"));
    MQ_TRY(mq_h5_check(H5Pset_obj_track_times(*creation, false), file, "/", "cannot create"));
    const hsize_t room = file->is_in_memory ? MQ_H5_SEAL_BYTES : 0;
    return mq_h5_check(H5Pset_userblock(*creation, room), file, "/", "cannot create");
}

// HDF5 would only say that it cannot create.
static mq_status check_directory(const char *path)
{
    char directory[MQ_PATH_MAX];
    mq_path_directory(directory, path);
    if (mq_path_exists(directory)) return MQ_OK;
    errno = ENOENT;
    return mq_fail_open(path);
}

static mq_status create(struct mq_h5 **file, const char *path, bool is_in_memory)
{
    mq_status status = MQ_OK;
    hid_t access = H5I_INVALID_HID;
    hid_t creation = H5I_INVALID_HID;
    mq_h5_silence();
    MQ_TRY(handle_new(file, path));
    struct mq_h5 *handle = *file;
    handle->is_new = true;
    handle->is_in_memory = is_in_memory;
    if (!is_in_memory) MQ_DO(check_directory(path));
    MQ_DO(mq_temporary_begin(handle->temporary, path));
    MQ_DO(mq_h5_check(access = access_properties(), handle, "/", "cannot create"));
    if (is_in_memory)
        MQ_DO(
            mq_h5_check(mq_h5_image_attach(&handle->image, access), handle, "/", "cannot create"));
    MQ_DO(creation_properties(handle, &creation));
    handle->id = H5Fcreate(handle->temporary, H5F_ACC_EXCL, creation, access);
    MQ_DO(mq_h5_check(handle->id, handle, "/", "cannot create"));
done:
    if (creation >= 0) (void)H5Pclose(creation);
    if (access >= 0) (void)H5Pclose(access);
    if (status != MQ_OK) {
        mq_h5_close(*file);
        *file = NULL;
    }
    return status;
}

mq_status mq_h5_create(struct mq_h5 **file, const char *path)
{
    return create(file, path, false);
}

mq_status mq_h5_create_in_memory(struct mq_h5 **file, const char *path)
{
    return create(file, path, true);
}

/// Everything HDF5 still holds back goes to the file or its image.
static mq_status flush(struct mq_h5 *file)
{
    if (file->failure.status != MQ_OK) {
        mq_error_set(&file->failure);
        return file->failure.status;
    }
    const unsigned kinds = H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_ATTR | H5F_OBJ_LOCAL;
    if (H5Fget_obj_count(file->id, kinds) != 0)
        return mq_fail(MQ_FAILED, "%s: published with a table still open", file->path);
    return mq_h5_check(H5Fflush(file->id, H5F_SCOPE_GLOBAL), file, "/", "cannot write");
}

mq_status mq_h5_bytes(struct mq_h5 *file, int64_t *bytes)
{
    MQ_ASSERT(file->is_new);
    mq_h5_silence();
    MQ_TRY(flush(file));
    // The flush gave back what was reserved at the end, so this is what closing will leave.
    *bytes = H5Fget_file_image(file->id, NULL, 0);
    MQ_TRY(mq_h5_check(*bytes, file, "/", "cannot write"));
    if (file->is_in_memory) *bytes += MQ_H5_SEAL_BYTES;
    return MQ_OK;
}

static mq_status close_written(struct mq_h5 *file)
{
    const herr_t closed = H5Fclose(file->id);
    file->id = H5I_INVALID_HID;
    return mq_h5_check(closed, file, "/", "cannot write");
}

mq_status mq_h5_publish(struct mq_h5 *file)
{
    int64_t bytes = 0;
    mq_status status = mq_h5_bytes(file, &bytes);
    if (status == MQ_OK) status = close_written(file);
    if (status == MQ_OK && file->is_in_memory) mq_h5_seal(file->image.bytes, (size_t)bytes);
    if (status == MQ_OK)
        status = file->is_in_memory ? mq_file_replace(file->path, file->image.bytes, (size_t)bytes)
                                    : mq_file_publish(file->temporary, file->path);
    mq_h5_close(file); // removes what is left under the temporary name, if anything
    return status;
}

void mq_h5_close(struct mq_h5 *file)
{
    if (file == NULL) return;
    mq_h5_silence();
    if (file->id >= 0) (void)H5Fclose(file->id);
    if (file->is_new && !file->is_in_memory) (void)unlink(file->temporary);
    mq_free(file->image.bytes);
    mq_free(file);
}

const char *mq_h5_path(const struct mq_h5 *file)
{
    return file->path;
}
