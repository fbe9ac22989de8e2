// A file in memory whose bytes are ours: HDF5's core driver allocates and frees through us, and
// what it frees on closing is the finished file. (H5Fget_file_image would cost a second copy, and
// in 1.10 the copy has a wrong checksum in its superblock.)
#include "h5/internal.h"

#include "mq/base/alloc.h"

// The driver asks for memory in steps of this size.
enum { STEP_BYTES = 1 << 20 };

static void *grow(void *bytes, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    struct mq_h5_image *image = user;
    if (bytes != NULL && size <= image->capacity) return bytes;
    const size_t capacity = size + size / 2; // the driver's small steps would copy quadratically
    void *grown = mq_realloc(bytes, (int64_t)capacity, 1);
    if (grown != NULL) image->capacity = capacity;
    return grown;
}

static void *allocate(size_t size, H5FD_file_image_op_t operation, void *user)
{
    return grow(NULL, size, operation, user);
}

static herr_t keep(void *bytes, H5FD_file_image_op_t operation, void *user)
{
    struct mq_h5_image *image = user;
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
        image->bytes = bytes;
    else
        mq_free(bytes);
    return 0;
}

static void *share_user(void *user)
{
    return user;
}

static herr_t leave_user(void *user)
{
    (void)user;
    return 0;
}

herr_t mq_h5_image_attach(struct mq_h5_image *image, hid_t access)
{
    H5FD_file_image_callbacks_t callbacks = {
        .image_malloc = allocate,
        .image_realloc = grow,
        .image_free = keep,
        .udata_copy = share_user,
        .udata_free = leave_user,
        .udata = image,
    };
    const herr_t ok = H5Pset_fapl_core(access, STEP_BYTES, false);
    return ok < 0 ? ok : H5Pset_file_image_callbacks(access, &callbacks);
}
