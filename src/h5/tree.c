// The tree of names inside a file: what is there, and the groups on the way to a new dataset.
#include "h5/internal.h"

#include <stdio.h>
#include <stdlib.h>
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

struct member_list {
    struct mq_h5 *file;
    const char *group;
    char **names;
    int64_t n;
    mq_status status;
};

static herr_t add_member(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    (void)group, (void)link;
    struct member_list *list = user;
    if (list->n == MEMBERS_MAX)
        list->status = mq_fail(MQ_DATA, "%s: %s: impossible: more than %d members",
                               list->file->path, list->group, MEMBERS_MAX);
    else if (strlen(name) >= MQ_H5_NAME_MAX)
        list->status =
            mq_fail(MQ_DATA, "%s: %s: a name is too long", list->file->path, list->group);
    else if ((list->names[list->n] = mq_strdup(name)) == NULL)
        list->status = MQ_FAILED;
    else
        list->n++;
    return list->status == MQ_OK ? 0 : -1;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

mq_status mq_h5_members(struct mq_h5 *file, const char *group, char ***names, int64_t *n)
{
    struct member_list list = {.file = file, .group = group};
    *names = NULL;
    *n = 0;
    MQ_NEW(list.names, MEMBERS_MAX);
    // In the order of the file, and sorted here: for any other order HDF5 makes a table, which it
    // frees before it is filled (and crashes) when a large group cannot be read.
    if (mq_h5_has(file, group)) {
        const herr_t walked = H5Literate_by_name(file->id, group, H5_INDEX_NAME, H5_ITER_NATIVE,
                                                 NULL, add_member, &list, H5P_DEFAULT);
        if (list.status == MQ_OK)
            list.status = mq_h5_check(walked, file, group, "cannot read the group");
    }
    if (list.status != MQ_OK) {
        for (int64_t i = 0; i < list.n; i++)
            mq_free(list.names[i]);
        mq_free(list.names);
        return list.status;
    }
    qsort(list.names, (size_t)list.n, sizeof *list.names, compare_names);
    *names = list.names;
    *n = list.n;
    return MQ_OK;
}
