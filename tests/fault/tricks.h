/// Files made to harm: what HDF5 can be made to write into a file of ours, and mqcast never would.
#ifndef TESTS_FAULT_TRICKS_H
#define TESTS_FAULT_TRICKS_H

#include <hdf5.h>
#include <stdio.h>

#include "h5/internal.h"
#include "support/damage.h"
#include "support/harness.h"

static const hsize_t absurd = (hsize_t)1 << 60;

struct trick {
    const char *name;
    void (*play)(hid_t file);
    const char *refused; ///< a part of the message
};

/// The trick at hand, for what goes wrong with it.
static const char *playing = "";

static inline void must(int64_t result)
{
    ck_assert_msg(result >= 0, "%s: HDF5 does not play along", playing);
}

static inline void drop(hid_t file, const char *name)
{
    must(H5Ldelete(file, name, H5P_DEFAULT));
}

/// `name` becomes a new dataset of int64, of this size and with these creation properties.
static inline void put_dataset(hid_t file, const char *name, hid_t type, hsize_t size,
                               hid_t creation)
{
    const hsize_t most = H5S_UNLIMITED;
    const bool is_chunked = H5Pget_layout(creation) == H5D_CHUNKED;
    const hid_t space = H5Screate_simple(1, &size, is_chunked ? &most : NULL);
    drop(file, name);
    const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    must(dataset);
    must(H5Dclose(dataset));
    must(H5Sclose(space));
}

/// Chunks of `chunk` elements with the checksums that are asked for.
static inline hid_t chunked(hsize_t chunk)
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    must(H5Pset_chunk(creation, 1, &chunk));
    must(H5Pset_deflate(creation, 1));
    must(H5Pset_fletcher32(creation));
    return creation;
}

static inline void grow(hid_t file, const char *name)
{
    const hid_t creation = chunked(1024);
    put_dataset(file, name, H5T_STD_I64LE, absurd, creation);
    must(H5Pclose(creation));
}

static inline void set_i64(hid_t file, const char *object, const char *name, int64_t value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    must(H5Adelete_by_name(file, object, name, H5P_DEFAULT)); // HDF5 cannot always overwrite
    const hid_t attribute = H5Acreate_by_name(file, object, name, H5T_STD_I64LE, space, H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT);
    must(attribute);
    must(H5Awrite(attribute, H5T_NATIVE_INT64, &value));
    must(H5Aclose(attribute));
    must(H5Sclose(space));
}

static inline void write_i64(hid_t file, const char *name, hsize_t at, int64_t value)
{
    const hsize_t one = 1;
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate_simple(1, &one, NULL);
    must(H5Sselect_elements(space, H5S_SELECT_SET, 1, &at));
    must(H5Dwrite(dataset, H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, &value));
    must(H5Sclose(memory));
    must(H5Sclose(space));
    must(H5Dclose(dataset));
}

static inline void play(const char *path, const struct trick *trick)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    must(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST));
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, access);
    must(file);
    playing = trick->name;
    trick->play(file);
    must(H5Fclose(file));
    must(H5Pclose(access));
}

static inline void check_refused(const struct trick *trick, const char *path,
                                 mq_status (*read)(const struct subject *, struct mq_sha256 *),
                                 struct damage_counts *counts)
{
    const struct subject subject = {trick->name, path, trick->refused, read, NULL};
    ck_assert_msg(!damage_read(&subject, "", trick->refused, counts), "%s: not refused",
                  trick->name);
}

#endif
