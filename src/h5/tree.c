// The tree of names inside a file: what is there, and the groups on the way to a new dataset.
#include "h5/internal.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"

/// Length of the prefix of `name` that ends before the first slash after `from`, or of all of it.
static size_t next_prefix(const char *name, size_t from)
{
    while (name[from] == '/')
        from++;
    while (name[from] != '\0' && name[from] != '/')
        from++;
    return from;
}

/// Whether an object of the file itself has this name: a link elsewhere is not followed.
static bool is_inside(const struct mq_h5 *file, const char *name)
{
    H5L_info_t link;
    if (H5Lexists(file->id, name, H5P_DEFAULT) <= 0) return false;
    if (H5Lget_info(file->id, name, &link, H5P_DEFAULT) < 0) return false;
    return link.type == H5L_TYPE_HARD && H5Oexists_by_name(file->id, name, H5P_DEFAULT) > 0;
}

bool mq_h5_has(struct mq_h5 *file, const char *name)
{
    mq_h5_silence();
    // HDF5 fails on a path whose parents are missing, so ask for each of them.
    char prefix[MQ_H5_NAME_MAX];
    const size_t n = strlen(name);
    if (n >= sizeof prefix) return false;
    for (size_t end = next_prefix(name, 0); strspn(name, "/") < n; end = next_prefix(name, end)) {
        (void)snprintf(prefix, sizeof prefix, "%.*s", (int)end, name);
        if (!is_inside(file, prefix)) return false;
        if (end == n) break;
    }
    return true;
}

static mq_status make_group(struct mq_h5 *file, const char *name)
{
    mq_status status = MQ_OK;
    hid_t group = H5I_INVALID_HID;
    hid_t creation = H5I_INVALID_HID;
    MQ_DO(mq_h5_check(creation = H5Pcreate(H5P_GROUP_CREATE), file, name, "cannot create"));
    MQ_DO(mq_h5_check(H5Pset_obj_track_times(creation, false), file, name, "cannot create"));
    group = H5Gcreate2(file->id, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    MQ_DO(mq_h5_check(group, file, name, "cannot create"));
done:
    if (creation >= 0) (void)H5Pclose(creation);
    if (group >= 0) (void)H5Gclose(group);
    return status;
}

mq_status mq_h5_make_groups(struct mq_h5 *file, const char *name)
{
    char prefix[MQ_H5_NAME_MAX];
    const size_t n = strlen(name);
    if (n >= sizeof prefix) return mq_fail(MQ_FAILED, "%s: name too long: %s", file->path, name);
    for (size_t end = next_prefix(name, 0); end < n; end = next_prefix(name, end)) {
        (void)snprintf(prefix, sizeof prefix, "%.*s", (int)end, name);
        if (!mq_h5_has(file, prefix)) MQ_TRY(make_group(file, prefix));
    }
    return MQ_OK;
}

// More than any group of ours has.
enum { MEMBERS_MAX = 4096 };

mq_status mq_h5_members(struct mq_h5 *file, const char *group, char ***names, int64_t *n)
{
    mq_status status = MQ_OK;
    *names = NULL;
    *n = 0;
    H5G_info_t info = {.nlinks = 0};
    if (mq_h5_has(file, group)) {
        const herr_t known = H5Gget_info_by_name(file->id, group, &info, H5P_DEFAULT);
        MQ_TRY(mq_h5_check(known, file, group, "cannot read the group"));
    }
    if (info.nlinks > MEMBERS_MAX)
        return mq_fail(MQ_DATA, "%s: %s: impossible: %llu members", file->path, group,
                       (unsigned long long)info.nlinks);
    const int64_t count = (int64_t)info.nlinks;
    MQ_NEW(*names, count);
    for (*n = 0; *n < count; (*n)++) {
        char name[MQ_H5_NAME_MAX];
        const ssize_t length = H5Lget_name_by_idx(file->id, group, H5_INDEX_NAME, H5_ITER_INC,
                                                  (hsize_t)*n, name, sizeof name, H5P_DEFAULT);
        MQ_DO(mq_h5_check(length, file, group, "cannot read the group"));
        if (length >= (ssize_t)sizeof name)
            MQ_DO(mq_fail(MQ_DATA, "%s: %s: a name is too long", file->path, group));
        MQ_DO(((*names)[*n] = mq_strdup(name)) != NULL ? MQ_OK : MQ_FAILED);
    }
done:
    if (status != MQ_OK) {
        for (int64_t i = 0; i < *n; i++)
            mq_free((*names)[i]);
        mq_free(*names);
        *names = NULL;
        *n = 0;
    }
    return status;
}
