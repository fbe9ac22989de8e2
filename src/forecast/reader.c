// Holds a forecast against its manifest.
#include "mq/forecast/reader.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/h5/file.h"

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

static mq_status check_part(const char *directory, const json_t *part)
{
    const char *name = json_string_value(json_object_get(part, "file"));
    const char *sha256 = json_string_value(json_object_get(part, "sha256"));
    const json_int_t bytes = json_integer_value(json_object_get(part, "bytes"));
    if (name == NULL || sha256 == NULL || strchr(name, '/') != NULL)
        return mq_fail(MQ_DATA, "%s/manifest.json: a part without file or sha256", directory);
    char path[MQ_PATH_MAX];
    char found[MQ_SHA256_HEX];
    int64_t size = 0;
    MQ_TRY(mq_path_join(path, directory, name));
    if (!mq_path_exists(path)) return mq_fail(MQ_DATA, "%s: the part is missing", path);
    MQ_TRY(mq_file_size(path, &size));
    if (size != bytes)
        return mq_fail(MQ_DATA, "%s: %lld bytes, the manifest says %lld", path, (long long)size,
                       (long long)bytes);
    MQ_TRY(mq_sha256_file(path, found));
    if (strcmp(found, sha256) != 0)
        return mq_fail(MQ_DATA, "%s: its checksum does not match the manifest", path);
    return MQ_OK;
}

// The face itself: the shape it shows must be the one promised.
static mq_status check_face(const char *directory, const json_t *manifest)
{
    char path[MQ_PATH_MAX];
    struct mq_h5 *face = NULL;
    struct mq_h5_shape shape = {0};
    MQ_TRY(mq_path_join(path, directory, "forecast.h5"));
    if (!mq_path_exists(path))
        return mq_fail(MQ_DATA, "%s: missing: the forecast is not whole", path);
    MQ_TRY(mq_h5_open(&face, path));
    mq_status status = mq_h5_shape(face, "/quantiles", &shape);
    const json_int_t items = json_integer_value(json_object_get(manifest, "items"));
    if (status == MQ_OK && (shape.rank != 4 || shape.size[0] != items))
        status = mq_fail(MQ_DATA, "%s: /quantiles does not hold the %lld products of the manifest",
                         path, (long long)items);
    mq_h5_close(face);
    return status;
}

mq_status mq_forecast_verify(const char *path, json_t **manifest)
{
    char directory[MQ_PATH_MAX];
    char file[MQ_PATH_MAX];
    if (mq_path_is_directory(path))
        (void)snprintf(directory, sizeof directory, "%s", path);
    else
        mq_path_directory(directory, path);
    MQ_TRY(mq_path_join(file, directory, "manifest.json"));
    MQ_TRY(read_manifest(file, manifest));
    mq_status status = MQ_OK;
    size_t i = 0;
    json_t *part = NULL;
    json_int_t items = 0;
    json_array_foreach(json_object_get(*manifest, "parts"), i, part)
    {
        if (status == MQ_OK) status = check_part(directory, part);
        items += json_integer_value(json_object_get(part, "items"));
    }
    if (status == MQ_OK && items != json_integer_value(json_object_get(*manifest, "items")))
        status = mq_fail(MQ_DATA, "%s: the parts hold %lld products", file, (long long)items);
    if (status == MQ_OK) status = check_face(directory, *manifest);
    if (status != MQ_OK) {
        json_decref(*manifest);
        *manifest = NULL;
    }
    return status;
}
