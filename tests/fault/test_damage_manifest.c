// Manifests and faces made to harm, with checksums that hold: names that lead out of the directory,
// impossible numbers, depth without end, rows of other files.
#include "support/damage.h"

#include <hdf5.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq/base/path.h"
#include "mq/h5/parts.h"
#include "mq/model/manifest.h"
#include "support/harness.h"

enum { ITEMS = 3 };

static char directory[MQ_PATH_MAX];

static const char *in(const char *name)
{
    static char paths[4][MQ_PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    ck_ok(mq_path_join(path, directory, name));
    return path;
}

static void replace(const char *path, const char *text)
{
    ck_ok(mq_file_replace(path, text, strlen(text)));
}

static void write_part(const char *path)
{
    static const float zeros[ITEMS * 2 * 3];
    struct mq_h5 *part;
    ck_ok(mq_h5_create(&part, path));
    ck_ok(mq_h5_write(part, "/quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {ITEMS, 1, 2, 3}},
                      zeros, false));
    ck_ok(mq_h5_publish(part));
}

static void write_face(const char *part, int64_t rows)
{
    struct mq_h5 *face;
    struct mq_h5_part parts[] = {{.rows = rows}};
    (void)snprintf(parts[0].file, sizeof parts[0].file, "%s", part);
    ck_ok(mq_h5_create(&face, in("forecast.h5")));
    ck_ok(mq_h5_join_parts(face, "/quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {rows, 1, 2, 3}},
                           parts, 1));
    ck_ok(mq_h5_publish(face));
}

static json_t *part_named(const char *path, const char *file, json_int_t items)
{
    char sha256[MQ_SHA256_HEX] = "";
    int64_t bytes = 0;
    if (mq_path_is_file(path)) {
        ck_ok(mq_sha256_file(path, sha256));
        ck_ok(mq_file_size(path, &bytes));
    }
    return json_pack("{s:s, s:I, s:I, s:s}", "file", file, "items", items, "bytes",
                     (json_int_t)bytes, "sha256", sha256);
}

/// A forecast of one part that is whole.
static void write_whole(void)
{
    json_t *part;
    write_part(in("part-00000.h5"));
    write_face("part-00000.h5", ITEMS);
    part = part_named(in("part-00000.h5"), "part-00000.h5", ITEMS);
    json_t *manifest = json_pack("{s:i, s:[o]}", "items", ITEMS, "parts", part);
    ck_ok(mq_manifest_write(directory, manifest));
    json_decref(manifest);
}

static mq_status read_forecast(const struct subject *subject, struct mq_sha256 *hash)
{
    json_t *manifest = NULL;
    (void)subject, (void)hash;
    const mq_status status = mq_forecast_verify(directory, &manifest);
    json_decref(manifest);
    return status;
}

static void check_refused(const char *name, const char *message, struct damage_counts *counts)
{
    const struct subject subject = {name, directory, message, read_forecast, NULL};
    ck_assert_msg(!damage_read(&subject, "", message, counts), "%s: not refused", name);
}

static void setup(const char *name)
{
    ck_ok(mq_path_join(directory, test_directory(), name));
    ck_ok(mq_make_directories(directory));
    write_whole();
    json_t *manifest = NULL;
    ck_ok(mq_forecast_verify(directory, &manifest));
    json_decref(manifest);
}

START_TEST(test_parts_lie_beside_their_manifest)
{
    // The file that is named is there, and its checksum is right.
    static const char *const names[] = {"../outside.h5", "/etc/passwd",    ".", "..", "",
                                        "a\nb",          "./part-00000.h5"};
    struct damage_counts counts = {0};
    setup("names");
    write_part(test_path("outside.h5"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[2 * MQ_PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        json_t *manifest =
            json_pack("{s:i, s:[o]}", "items", ITEMS, "parts", part_named(path, names[i], ITEMS));
        ck_ok(mq_manifest_write(directory, manifest));
        json_decref(manifest);
        check_refused(names[i], "a part without a file beside it", &counts);
    }
    damage_report("hostile-part-names", &counts);
}
END_TEST

START_TEST(test_numbers_of_a_manifest_are_possible)
{
    static const json_int_t items[][3] = {
        {INT64_MAX, INT64_MAX, INT64_MAX}, {-5, 8, 3}, {3, 1, 1}, {4, -1, 3}};
    struct damage_counts counts = {0};
    setup("numbers");
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        json_t *manifest = json_pack("{s:I, s:[o, o]}", "items", items[i][2], "parts",
                                     part_named(in("part-00000.h5"), "part-00000.h5", items[i][0]),
                                     part_named(in("part-00000.h5"), "part-00000.h5", items[i][1]));
        ck_ok(mq_manifest_write(directory, manifest));
        json_decref(manifest);
        check_refused("items", "manifest.json: the parts hold", &counts);
    }
    damage_report("hostile-numbers", &counts);
}
END_TEST

START_TEST(test_what_is_no_manifest_is_refused)
{
    static const char *const texts[][2] = {
        {"", "manifest.json"},
        {"[]", "names no sha256"},
        {"{}", "names no sha256"},
        {"{\"sha256\": 7}", "names no sha256"},
        {"{\"items\": 123456789012345678901234567890}", "manifest.json: too big integer"},
        {"{\"levels\": [1e999]}", "manifest.json: real number overflow"},
        {"{\"items\": 1, \"items\": 2}", "manifest.json: duplicate object key"},
        {"{\"run\": \"a\\u0000b\"}", "manifest.json: "},
        {"{\"run\": \"a\nerror: b\"}", "manifest.json: "},
        {"{\"sha256\": \"00\"}", "does not match its own checksum"},
    };
    struct damage_counts counts = {0};
    setup("texts");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        replace(in("manifest.json"), texts[i][0]);
        check_refused(texts[i][0], texts[i][1], &counts);
    }
    struct mq_str deep = {0};
    for (int i = 0; i < 200000; i++)
        ck_ok(mq_str_add(&deep, i % 2 == 0 ? "[" : "{\"a\":"));
    replace(in("manifest.json"), deep.data);
    check_refused("depth", "maximum parsing depth", &counts);
    mq_str_release(&deep);
    ck_assert_int_eq(truncate(in("manifest.json"), (off_t)1 << 40), 0); // holds nothing
    check_refused("length", "too long for a manifest", &counts);
    damage_report("hostile-manifest", &counts);
}
END_TEST

/// The manifest as written, with one value changed and its checksum made to match again.
static void change(const char *key, json_t *value)
{
    struct mq_str text = {0};
    char sha256[MQ_SHA256_HEX];
    write_whole();
    ck_ok(mq_file_read(in("manifest.json"), &text));
    json_t *manifest = json_loadb(text.data, text.length, 0, NULL);
    mq_str_release(&text);
    ck_assert_int_eq(json_object_set_new(manifest, key, value), 0);
    (void)json_object_del(manifest, "sha256");
    char *compact = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(12));
    mq_sha256_hex(compact, strlen(compact), sha256);
    free(compact);
    ck_assert_int_eq(json_object_set_new(manifest, "sha256", json_string(sha256)), 0);
    ck_assert_int_eq(json_dump_file(manifest, in("manifest.json"), 0), 0);
    json_decref(manifest);
}

START_TEST(test_another_format_version_or_face_is_refused)
{
    struct damage_counts counts = {0};
    setup("versions");
    change("version", json_integer(2));
    check_refused("version", "manifest version 2, this program reads 1", &counts);
    change("format", json_string("mqcast-panel"));
    check_refused("format", "manifest.json: not the manifest of a forecast", &counts);
    change("face", part_named(in("part-00000.h5"), "part-00000.h5", ITEMS));
    check_refused("face", "names no face 'forecast.h5'", &counts);
    change("parts", json_pack("{s:s}", "file", "part-00000.h5"));
    check_refused("parts", "the parts hold 0 products", &counts);
    change("items", json_integer(4));
    check_refused("items", "the parts hold 3 products", &counts);
    damage_report("hostile-versions", &counts);
}
END_TEST

/// A face with one mapping written by HDF5 itself, and a manifest that promises it.
static void write_strange_face(const char *file, const char *name, hsize_t rows, hsize_t shown)
{
    const hsize_t size[4] = {rows, 1, 2, 3};
    const hsize_t count[4] = {shown, 1, 2, 3};
    const hsize_t from[4] = {0};
    const hid_t face = H5Fcreate(in("forecast.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(4, size, NULL);
    const hid_t source = H5Screate_simple(4, count, NULL);
    ck_assert_int_ge(H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, count, NULL), 0);
    ck_assert_int_ge(H5Pset_virtual(creation, space, file, name, source), 0);
    const hid_t dataset =
        H5Dcreate2(face, "/quantiles", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    (void)H5Dclose(dataset);
    (void)H5Sclose(source);
    (void)H5Sclose(space);
    (void)H5Pclose(creation);
    ck_assert_int_ge(H5Fclose(face), 0);
    json_t *part = part_named(in("part-00000.h5"), "part-00000.h5", (json_int_t)rows);
    json_t *manifest = json_pack("{s:I, s:[o]}", "items", (json_int_t)rows, "parts", part);
    ck_ok(mq_manifest_write(directory, manifest));
    json_decref(manifest);
}

START_TEST(test_a_face_shows_its_own_parts_and_no_more)
{
    struct damage_counts counts = {0};
    setup("faces");
    write_part(test_path("outside.h5"));
    write_strange_face(test_path("outside.h5"), "/quantiles", ITEMS, ITEMS);
    check_refused("absolute", "is not a file beside it", &counts);
    write_strange_face("../outside.h5", "/quantiles", ITEMS, ITEMS);
    check_refused("outside", "the part '../outside.h5' is not a file beside it", &counts);
    write_strange_face("part-00009.h5", "/quantiles", ITEMS, ITEMS);
    check_refused("missing", "part-00009.h5: No such file", &counts);
    write_strange_face("part-00000.h5", "/other", ITEMS, ITEMS);
    check_refused("dataset", "/quantiles: shows other data of part-00000.h5", &counts);
    write_strange_face("part-00000.h5", "/quantiles", (hsize_t)1 << 40, ITEMS);
    check_refused("2^40 products", "the parts hold 3 rows of 1099511627776", &counts);
    write_strange_face("part-00000.h5", "/quantiles", (hsize_t)1 << 40, (hsize_t)1 << 40);
    check_refused("2^40 rows", "has another shape", &counts);
    damage_report("hostile-face", &counts);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("manifest");
    tcase_add_test(tc, test_parts_lie_beside_their_manifest);
    tcase_add_test(tc, test_numbers_of_a_manifest_are_possible);
    tcase_add_test(tc, test_what_is_no_manifest_is_refused);
    tcase_add_test(tc, test_another_format_version_or_face_is_refused);
    tcase_add_test(tc, test_a_face_shows_its_own_parts_and_no_more);
    return run_tests("fault/damage_manifest", tc);
}
