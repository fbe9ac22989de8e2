// Seals a manifest, and holds a forecast against it.
#include "mq/model/manifest.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/json.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"

static const char manifest_name[] = "manifest.json";
static const char face_name[] = "forecast.h5";
static const char format_name[] = "mqcast-forecast-manifest";

// A part takes some 200 bytes.
enum { VERSION = 1, BYTES_MAX = 64 << 20 };

// Checksum of what the manifest says, however it is laid out. Twelve digits survive being written
// and read.
static mq_status digest(const json_t *manifest, char hex[MQ_SHA256_HEX])
{
    struct mq_str text = {0};
    json_t *rest = json_copy((json_t *)manifest); // a shallow copy counts references, no more
    // Where memory runs out jansson copies less than all.
    if (json_object_size(rest) != json_object_size(manifest)) {
        json_decref(rest);
        return mq_fail_memory("%s", manifest_name);
    }
    (void)json_object_del(rest, "sha256");
    const mq_status status =
        mq_json_text(rest, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(12), &text);
    if (status == MQ_OK) mq_sha256_hex(text.data, text.length, hex);
    mq_str_release(&text);
    json_decref(rest);
    return status;
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
    return mq_fail_memory("%s", path);
}

mq_status mq_manifest_write(const char *directory, json_t *manifest)
{
    char path[MQ_PATH_MAX];
    char sha256[MQ_SHA256_HEX];
    MQ_TRY(mq_path_join(path, directory, manifest_name));
    if (json_object_set_new(manifest, "format", json_string(format_name)) != 0 ||
        json_object_set_new(manifest, "version", json_integer(VERSION)) != 0)
        return mq_fail_memory("%s", path);
    MQ_TRY(add_face(directory, manifest));
    MQ_TRY(digest(manifest, sha256));
    if (json_object_set_new(manifest, "sha256", json_string(sha256)) != 0)
        return mq_fail_memory("%s", path);
    struct mq_str text = {0};
    mq_status status = mq_json_text(manifest, JSON_INDENT(1) | JSON_REAL_PRECISION(12), &text);
    if (status == MQ_OK) status = mq_file_replace(path, text.data, text.length);
    mq_str_release(&text);
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
    int64_t bytes = 0;
    if (!mq_path_is_file(path))
        return mq_fail(MQ_DATA, "%s: missing: the forecast is not whole", path);
    MQ_TRY(mq_file_size(path, &bytes));
    if (bytes > BYTES_MAX) return mq_fail(MQ_DATA, "%s: too long for a manifest", path);
    mq_status status = mq_file_read(path, &text);
    if (status == MQ_OK) status = mq_json_parse(manifest, text.data, text.length, path);
    mq_str_release(&text);
    return status;
}

static mq_status check_version(const char *path, const json_t *manifest)
{
    const char *format = json_string_value(json_object_get(manifest, "format"));
    const json_int_t version = json_integer_value(json_object_get(manifest, "version"));
    if (format == NULL || strcmp(format, format_name) != 0)
        return mq_fail(MQ_DATA, "%s: not the manifest of a forecast", path);
    if (version == VERSION) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: manifest version %lld, this program reads %d", path,
                   (long long)version, VERSION);
}

// A file that the manifest names: the face or a part.
static mq_status check_file(const char *directory, const json_t *part)
{
    const char *name = json_string_value(json_object_get(part, "file"));
    const char *sha256 = json_string_value(json_object_get(part, "sha256"));
    const json_int_t bytes = json_integer_value(json_object_get(part, "bytes"));
    if (name == NULL || sha256 == NULL || !mq_path_is_entry(name))
        return mq_fail(MQ_DATA, "%s/%s: a part without a file beside it, or without sha256",
                       directory, manifest_name);
    char path[MQ_PATH_MAX];
    char found[MQ_SHA256_HEX];
    int64_t size = 0;
    MQ_TRY(mq_path_join(path, directory, name));
    if (!mq_path_is_file(path))
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

// The face shows every product, each from one part beside it.
static mq_status check_shape(const char *directory, const json_t *manifest)
{
    static const char *const joined[] = {
        "/quantiles", "/observed",    "/item_id",        "/origin",      "/level",
        "/horizon",   "/origin_date", "/span_quantiles", "/order_up_to", "/span_observed",
        "/span",      "/span_lead",   "/span_review"};
    char path[MQ_PATH_MAX];
    struct mq_h5 *face = NULL;
    struct mq_h5_shape shape = {0};
    MQ_TRY(mq_path_join(path, directory, face_name));
    MQ_TRY(mq_h5_open_face(&face, path));
    mq_status status = mq_h5_shape(face, "/quantiles", &shape);
    const json_int_t items = json_integer_value(json_object_get(manifest, "items"));
    if (status == MQ_OK && (shape.rank != 4 || shape.size[0] != items))
        status = mq_fail(MQ_DATA, "%s: /quantiles does not hold the %lld products of the manifest",
                         path, (long long)items);
    for (size_t i = 0; i < sizeof joined / sizeof *joined && status == MQ_OK; i++)
        if (mq_h5_has(face, joined[i])) status = mq_h5_parts_verify(face, joined[i]);
    mq_h5_close(face);
    return status;
}

static mq_status check_face(const char *directory, const json_t *manifest)
{
    const json_t *face = json_object_get(manifest, "face");
    const char *name = json_string_value(json_object_get(face, "file"));
    if (name == NULL || strcmp(name, face_name) != 0)
        return mq_fail(MQ_DATA, "%s/%s: names no face '%s'", directory, manifest_name, face_name);
    return check_file(directory, face);
}

static mq_status verify(const char *directory, const json_t *manifest)
{
    size_t i = 0;
    json_t *part = NULL;
    json_int_t items = 0;
    const json_int_t promised = json_integer_value(json_object_get(manifest, "items"));
    MQ_TRY(check_face(directory, manifest));
    json_array_foreach(json_object_get(manifest, "parts"), i, part)
    {
        MQ_TRY(check_file(directory, part));
        const json_int_t n = json_integer_value(json_object_get(part, "items"));
        if (n < 0 || n > promised - items)
            return mq_fail(MQ_DATA, "%s/%s: the parts hold more than %lld products", directory,
                           manifest_name, (long long)promised);
        items += n;
    }
    if (items != promised)
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
    if (status == MQ_OK) status = check_version(file, *manifest);
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
