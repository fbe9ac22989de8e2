// The manners of the HDF5 library: it stays silent, does nothing at exit, and its errors become
// one line of ours.
#include "h5/internal.h"

#include <stdio.h>
#include <string.h>

void mq_h5_silence(void)
{
    // A file that could not be closed (full disk) would crash the library's clean-up at exit. The
    // call counts before the library's first use only, and later ones do nothing.
    (void)H5dont_atexit();
    // A file may name a filter that is not part of HDF5; it would be looked for and run.
    (void)H5PLset_loading_state(0);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

struct error_text {
    char *text;
    size_t capacity;
    bool is_memory; // the failure began where HDF5 could not allocate
};

// By HDF5's numbers, or by its words where it says no more, as of zlib.
static bool is_want_of_memory(const H5E_error2_t *error)
{
    static const char *const words[] = {"memory allocation failed", "H5MM_realloc",
                                        "inflateInit() failed", "memory exhausted"};
    if (error->maj_num == H5E_RESOURCE)
        return error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
    for (size_t i = 0; error->desc != NULL && i < sizeof words / sizeof *words; i++)
        if (strstr(error->desc, words[i]) != NULL) return true;
    return false;
}

static herr_t take_innermost(unsigned depth, const H5E_error2_t *error, void *user)
{
    struct error_text *out = user;
    out->is_memory = out->is_memory || is_want_of_memory(error);
    if (depth != 0 || error->desc == NULL) return 0;
    // The file driver wraps strerror's text in addresses and times; only the text helps.
    static const char mark[] = "error message = '";
    const char *system = strstr(error->desc, mark);
    const char *from = system != NULL ? system + sizeof mark - 1 : error->desc;
    const size_t n = system != NULL ? strcspn(from, "'") : strlen(from);
    (void)snprintf(out->text, out->capacity, "%.*s", (int)n, from);
    return 0;
}

bool mq_h5_error_text(char *text, size_t capacity)
{
    struct error_text out = {text, capacity, false};
    text[0] = '\0';
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &out);
    return out.is_memory;
}

mq_status mq_h5_fail_kind(const char *path)
{
    (void)mq_fail(MQ_DATA, "%s: not an HDF5 file", path);
    return mq_hint("panels come from mqcast import, checkpoints and forecasts from a run");
}

mq_status mq_h5_fail(struct mq_h5 *file, const char *name, const char *what)
{
    char reason[200];
    const bool is_memory = mq_h5_error_text(reason, sizeof reason);
    const char *slash = name[0] == '/' ? "" : "/";
    const mq_status status = file->is_new || is_memory ? MQ_FAILED : MQ_DATA;
    if (is_memory)
        (void)mq_fail_memory("%s: %s%s: %s (%s)", file->path, slash, name, what, reason);
    else if (reason[0] != '\0')
        (void)mq_fail(status, "%s: %s%s: %s (%s)", file->path, slash, name, what, reason);
    else
        (void)mq_fail(status, "%s: %s%s: %s", file->path, slash, name, what);
    if (file->is_new && file->failure.status == MQ_OK) file->failure = *mq_error_get();
    return status;
}

mq_status mq_h5_check(int64_t result, struct mq_h5 *file, const char *name, const char *what)
{
    return result >= 0 ? MQ_OK : mq_h5_fail(file, name, what);
}

hid_t mq_h5_memory_type(enum mq_h5_type type)
{
    switch (type) {
    case MQ_H5_F32:
        return H5T_NATIVE_FLOAT;
    case MQ_H5_F64:
        return H5T_NATIVE_DOUBLE;
    case MQ_H5_I64:
        return H5T_NATIVE_INT64;
    case MQ_H5_I32:
        return H5T_NATIVE_INT32;
    case MQ_H5_U8:
        return H5T_NATIVE_UINT8;
    }
    MQ_ASSERT(!"a type of enum mq_h5_type");
    return H5I_INVALID_HID;
}

hid_t mq_h5_stored_type(enum mq_h5_type type)
{
    switch (type) {
    case MQ_H5_F32:
        return H5T_IEEE_F32LE;
    case MQ_H5_F64:
        return H5T_IEEE_F64LE;
    case MQ_H5_I64:
        return H5T_STD_I64LE;
    case MQ_H5_I32:
        return H5T_STD_I32LE;
    case MQ_H5_U8:
        return H5T_STD_U8LE;
    }
    MQ_ASSERT(!"a type of enum mq_h5_type");
    return H5I_INVALID_HID;
}

hid_t mq_h5_text_type(int64_t width)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0) return type;
    if (H5Tset_size(type, (size_t)width) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
        H5Tset_strpad(type, H5T_STR_NULLPAD) < 0) {
        (void)H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}
