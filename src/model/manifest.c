// Seals a manifest, and holds a forecast against it.
#include "mq/model/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/h5/file.h"

static const char manifest_name[] = "manifest.json";
static const char face_name[] = "forecast.h5";

// Checksum of what the manifest says, however it is laid out. Twelve digits survive being written
// and read.
static mq_status digest(const json_t *manifest, char hex[MQ_SHA256_HEX])
{
    mq_status status = MQ_FAILED;
    char *text = NULL;
    json_t *rest = json_copy((json_t *)manifest); // a shallow copy counts references, no more
    if (rest == NULL) goto done;
    (void)json_object_del(rest, "sha256");
    text = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(12));
    if (text == NULL) goto done;
    mq_sha256_hex(text, strlen(text), hex);
    status = MQ_OK;
done:
    free(text);
    json_decref(rest);
    return status == MQ_OK ? status : mq_fail(status, "%s: out of memory", manifest_name);
}

// ---- writing ------------------------------------------------------------------------------------

static mq_status add_face(const char *directory, json_t *manifest)
{
    char path[MQ_PATH_MAX];
    char sha256[MQ_SHA256_HEX];
    int64_t bytes = 0;
    MQ_TRY(mq_path_join(path, directory, face_name));
    MQ_TRY(mq_file_size(path, &bytes));
    MQ_TRY(mq_sha256_file(path, sha256));
    json_t *face = json_pack("{s:s, s:I, s:s}", "file", face_name, "bytes", (json_int_t)bytes,
                             "sha256", sha256);
    if (json_object_set_new(manifest, "face", face) == 0) return MQ_OK;
    return mq_fail(MQ_FAILED, "%s: out of memory", path);
}

mq_status mq_manifest_write(const char *directory, json_t *manifest)
{
    char path[MQ_PATH_MAX];
    char sha256[MQ_SHA256_HEX];
    MQ_TRY(mq_path_join(path, directory, manifest_name));
    MQ_TRY(add_face(directory, manifest));
    MQ_TRY(digest(manifest, sha256));
    char *text = NULL;
    if (json_object_set_new(manifest, "sha256", json_string(sha256)) == 0)
        text = json_dumps(manifest, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    if (text == NULL) return mq_fail(MQ_FAILED, "%s: out of memory", path);
    const mq_status status = mq_file_replace(path, text, strlen(text));
    free(text);
    return status;
}

// ---- reading ------------------------------------------------------------------------------------

static mq_status check_digest(const char *path, const json_t *manifest)
{
    char found[MQ_SHA256_HEX];
    const char *sha256 = json_string_value(json_object_get(manifest, "sha256"));
    if (!json_is_object(manifest) || sha256 == NULL)
        return mq_fail(MQ_DATA, "%s: names no sha256 of its own", path);
    MQ_TRY(digest(manifest, found));
    if (strcmp(found, sha256) == 0) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: damaged: it does not match its own checksum", path);
}

static mq_status read_manifest(const char *path, json_t **manifest)
{
    struct mq_str text = {0};
    json_error_t error;
    if (!mq_path_exists(path))
        return mq_fail(MQ_DATA, "%s: missing: the forecast is not whole", path);
    mq_status status = mq_file_read(path, &text);
    if (status == MQ_OK) {
        *manifest = json_loadb(text.data != NULL ? text.data : "", text.length, 0, &error);
        if (*manifest == NULL) status = mq_fail(MQ_DATA, "%s:%d: %s", path, error.line, error.text);
    }
    mq_str_release(&text);
    return status;
}

// A file that the manifest names: the face or a part.
static mq_status check_file(const char *directory, const json_t *part)
{
    const char *name = json_string_value(json_object_get(part, "file"));
    const char *sha256 = json_string_value(json_object_get(part, "sha256"));
    const json_int_t bytes = json_integer_value(json_object_get(part, "bytes"));
    if (name == NULL || sha256 == NULL || strchr(name, '/') != NULL)
        return mq_fail(MQ_DATA, "%s/%s: a part without file or sha256", directory, manifest_name);
    char path[MQ_PATH_MAX];
    char found[MQ_SHA256_HEX];
    int64_t size = 0;
    MQ_TRY(mq_path_join(path, directory, name));
    if (!mq_path_exists(path))
        return mq_fail(MQ_DATA, "%s: missing: the forecast is not whole", path);
    MQ_TRY(mq_file_size(path, &size));
    if (size != bytes)
        return mq_fail(MQ_DATA, "%s: %lld bytes, the manifest says %lld", path, (long long)size,
                       (long long)bytes);
    MQ_TRY(mq_sha256_file(path, found));
    if (strcmp(found, sha256) != 0)
        return mq_fail(MQ_DATA, "%s: its checksum does not match the manifest", path);
    return MQ_OK;
}

// The face shows every product, each from one part.
static mq_status check_shape(const char *directory, const json_t *manifest)
{
    char path[MQ_PATH_MAX];
    struct mq_h5 *face = NULL;
    struct mq_h5_shape shape = {0};
    MQ_TRY(mq_path_join(path, directory, face_name));
    MQ_TRY(mq_h5_open(&face, path));
    mq_status status = mq_h5_shape(face, "/quantiles", &shape);
    const json_int_t items = json_integer_value(json_object_get(manifest, "items"));
    if (status == MQ_OK && (shape.rank != 4 || shape.size[0] != items))
        status = mq_fail(MQ_DATA, "%s: /quantiles does not hold the %lld products of the manifest",
                         path, (long long)items);
    mq_h5_close(face);
    return status;
}

static mq_status verify(const char *directory, const json_t *manifest)
{
    size_t i = 0;
    json_t *part = NULL;
    json_int_t items = 0;
    MQ_TRY(check_file(directory, json_object_get(manifest, "face")));
    json_array_foreach(json_object_get(manifest, "parts"), i, part)
    {
        const json_int_t own = json_integer_value(json_object_get(part, "items"));
        MQ_TRY(check_file(directory, part));
        if (own < 0 || __builtin_add_overflow(items, own, &items))
            return mq_fail(MQ_DATA, "%s/%s: a part of %lld products is impossible", directory,
                           manifest_name, (long long)own);
    }
    if (items != json_integer_value(json_object_get(manifest, "items")))
        return mq_fail(MQ_DATA, "%s/%s: the parts hold %lld products", directory, manifest_name,
                       (long long)items);
    return check_shape(directory, manifest);
}

mq_status mq_forecast_verify(const char *path, json_t **manifest)
{
    char directory[MQ_PATH_MAX];
    char file[MQ_PATH_MAX];
    *manifest = NULL;
    if (mq_path_is_directory(path))
        (void)snprintf(directory, sizeof directory, "%s", path);
    else
        mq_path_directory(directory, path);
    MQ_TRY(mq_path_join(file, directory, manifest_name));
    MQ_TRY(read_manifest(file, manifest));
    mq_status status = check_digest(file, *manifest);
    if (status == MQ_OK) status = verify(directory, *manifest);
    if (status != MQ_OK) {
        json_decref(*manifest);
        *manifest = NULL;
    }
    return status;
}

bool mq_is_of_forecast(const char *path)
{
    char directory[MQ_PATH_MAX];
    char manifest[MQ_PATH_MAX];
    const char *name = mq_path_name(path);
    mq_path_directory(directory, path);
    const bool is_named = strcmp(name, face_name) == 0 ||
                          (strncmp(name, "part-", 5) == 0 && mq_path_has_suffix(name, ".h5"));
    return is_named && mq_path_join(manifest, directory, manifest_name) == MQ_OK &&
           mq_path_exists(manifest);
}
