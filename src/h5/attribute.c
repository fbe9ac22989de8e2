// Attributes: one number or one text at an object, and the dimension scales made of them.
#include "h5/internal.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"

enum { TEXT_BYTES_MAX = 1 << 26 };

/// "object@name", as errors call an attribute.
static void attribute_label(char label[2 * MQ_H5_NAME_MAX], const char *object, const char *name)
{
    (void)snprintf(label, (size_t)2 * MQ_H5_NAME_MAX, "%s@%s", object, name);
}

static mq_status set(struct mq_h5 *file, const char *object, const char *name, hid_t stored_type,
                     hid_t memory_type, const void *value)
{
    MQ_ASSERT(file->is_new);
    mq_status status = MQ_OK;
    char label[2 * MQ_H5_NAME_MAX];
    hid_t attribute = H5I_INVALID_HID;
    attribute_label(label, object, name);
    mq_h5_silence();
    const hid_t space = H5Screate(H5S_SCALAR);
    MQ_TRY(mq_h5_check(space, file, label, "cannot create"));
    if (H5Aexists_by_name(file->id, object, name, H5P_DEFAULT) > 0)
        MQ_DO(mq_h5_check(H5Adelete_by_name(file->id, object, name, H5P_DEFAULT), file, label,
                          "cannot replace"));
    attribute = H5Acreate_by_name(file->id, object, name, stored_type, space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT);
    MQ_DO(mq_h5_check(attribute, file, label, "cannot create"));
    MQ_DO(mq_h5_check(H5Awrite(attribute, memory_type, value), file, label, "cannot write"));
done:
    if (attribute >= 0 && H5Aclose(attribute) < 0 && status == MQ_OK)
        status = mq_h5_fail(file, label, "cannot write");
    (void)H5Sclose(space);
    return status;
}

mq_status mq_h5_set_text(struct mq_h5 *file, const char *object, const char *name, const char *text)
{
    const hid_t type = mq_h5_text_type((int64_t)strlen(text) + 1); // no type has 0 bytes
    MQ_TRY(mq_h5_check(type, file, object, "cannot create an attribute"));
    const mq_status status = set(file, object, name, type, type, text);
    (void)H5Tclose(type);
    return status;
}

mq_status mq_h5_set_i64(struct mq_h5 *file, const char *object, const char *name, int64_t value)
{
    return set(file, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

mq_status mq_h5_set_f64(struct mq_h5 *file, const char *object, const char *name, double value)
{
    return set(file, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

bool mq_h5_has_attribute(struct mq_h5 *file, const char *object, const char *name)
{
    return mq_h5_has(file, object) && H5Aexists_by_name(file->id, object, name, H5P_DEFAULT) > 0;
}

/// Opens an attribute that holds one value of this class. Caller closes both.
static mq_status open_attribute(struct mq_h5 *file, const char *object, const char *name,
                                bool is_text, hid_t *attribute, hid_t *type)
{
    char label[2 * MQ_H5_NAME_MAX];
    attribute_label(label, object, name);
    if (!mq_h5_has_attribute(file, object, name))
        return mq_fail(MQ_DATA, "%s: no attribute %s", file->path, label);
    *attribute = H5Aopen_by_name(file->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
    MQ_TRY(mq_h5_check(*attribute, file, label, "cannot open"));
    *type = H5Aget_type(*attribute);
    MQ_TRY(mq_h5_check(*type, file, label, "cannot open"));
    const hid_t space = H5Aget_space(*attribute);
    const bool is_one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (space >= 0) (void)H5Sclose(space);
    const H5T_class_t class = H5Tget_class(*type);
    const bool fits = is_text ? class == H5T_STRING && H5Tis_variable_str(*type) == 0
                              : class == H5T_INTEGER || class == H5T_FLOAT;
    if (!is_one || !fits)
        return mq_fail(MQ_DATA, "%s: %s: not one %s", file->path, label,
                       is_text ? "text" : "number");
    return MQ_OK;
}

static void close_attribute(hid_t attribute, hid_t type)
{
    if (type >= 0) (void)H5Tclose(type);
    if (attribute >= 0) (void)H5Aclose(attribute);
}

mq_status mq_h5_get_text(struct mq_h5 *file, const char *object, const char *name,
                         struct mq_str *text)
{
    mq_status status = MQ_OK;
    hid_t attribute = H5I_INVALID_HID;
    hid_t type = H5I_INVALID_HID;
    char *bytes = NULL;
    MQ_DO(open_attribute(file, object, name, true, &attribute, &type));
    const size_t size = H5Tget_size(type);
    if (size > TEXT_BYTES_MAX || (!file->is_new && (int64_t)size > file->bytes))
        MQ_DO(mq_fail(MQ_DATA, "%s: %s@%s: too long", file->path, object, name));
    MQ_DO((bytes = mq_calloc((int64_t)size + 1, 1)) != NULL ? MQ_OK : MQ_FAILED);
    MQ_DO(mq_h5_check(H5Aread(attribute, type, bytes), file, object, "cannot read an attribute"));
    if (!mq_is_utf8(bytes))
        MQ_DO(mq_fail(MQ_DATA, "%s: %s@%s: not UTF-8", file->path, object, name));
    MQ_DO(mq_str_add(text, bytes));
done:
    mq_free(bytes);
    close_attribute(attribute, type);
    return status;
}

static mq_status get_number(struct mq_h5 *file, const char *object, const char *name,
                            hid_t memory_type, void *value)
{
    mq_status status = MQ_OK;
    hid_t attribute = H5I_INVALID_HID;
    hid_t type = H5I_INVALID_HID;
    MQ_DO(open_attribute(file, object, name, false, &attribute, &type));
    MQ_DO(mq_h5_check(H5Aread(attribute, memory_type, value), file, object,
                      "cannot read an attribute"));
done:
    close_attribute(attribute, type);
    return status;
}

mq_status mq_h5_get_i64(struct mq_h5 *file, const char *object, const char *name, int64_t *value)
{
    return get_number(file, object, name, H5T_NATIVE_INT64, value);
}

mq_status mq_h5_get_f64(struct mq_h5 *file, const char *object, const char *name, double *value)
{
    return get_number(file, object, name, H5T_NATIVE_DOUBLE, value);
}

mq_status mq_h5_attach_scale(struct mq_h5 *file, const char *dataset, int dimension,
                             const char *scale, const char *label)
{
    mq_status status = MQ_OK;
    struct mq_h5_shape shape;
    hid_t target = H5I_INVALID_HID;
    hid_t axis = H5I_INVALID_HID;
    MQ_DO(mq_h5_dataset_open(file, dataset, &target, &shape));
    MQ_ASSERT(dimension >= 0 && dimension < shape.rank);
    MQ_DO(mq_h5_dataset_open(file, scale, &axis, &shape));
    if (H5DSis_scale(axis) <= 0)
        MQ_DO(mq_h5_check(H5DSset_scale(axis, label), file, scale, "cannot make a scale"));
    MQ_DO(mq_h5_check(H5DSattach_scale(target, axis, (unsigned)dimension), file, dataset,
                      "cannot attach a scale"));
    MQ_DO(mq_h5_check(H5DSset_label(target, (unsigned)dimension, label), file, dataset,
                      "cannot label a dimension"));
done:
    status = mq_h5_dataset_close(file, scale, axis, status);
    return mq_h5_dataset_close(file, dataset, target, status);
}
