// A forecast is held against its manifest: whatever is missing or damaged is named.
#include "support/harness.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/model/manifest.h"
#include "mq/h5/file.h"

/// HDF5 forgets the object headers that it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static const char *in(const char *directory, const char *name)
{
    char path[MQ_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return test_path(path);
}

static void replace(const char *path, const char *text)
{
    ck_ok(mq_file_replace(path, text, strlen(text)));
}

static void write_face(const char *path, int64_t items)
{
    static const float zeros[64];
    struct mq_h5 *face;
    ck_ok(mq_h5_create(&face, path));
    ck_ok(mq_h5_write(face, "/quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {items, 1, 2, 3}},
                      zeros, false));
    ck_ok(mq_h5_publish(face));
}

static json_t *part(const char *file, int64_t items, const char *bytes)
{
    char sha256[MQ_SHA256_HEX];
    mq_sha256_hex(bytes, strlen(bytes), sha256);
    return json_pack("{s:s, s:I, s:I, s:s}", "file", file, "items", (json_int_t)items, "bytes",
                     (json_int_t)strlen(bytes), "sha256", sha256);
}

// Two parts of 2 and 1 products, a face of `shown`, and a manifest that says `items`.
static void make_forecast_showing(const char *name, int64_t items, int64_t shown)
{
    ck_ok(mq_make_directories(test_path(name)));
    replace(in(name, "part-00000.h5"), "first part");
    replace(in(name, "part-00001.h5"), "second");
    write_face(in(name, "forecast.h5"), shown);
    json_t *manifest = json_pack("{s:I, s:[f, f], s:[o, o]}", "items", (json_int_t)items, "levels",
                                 0.1, 1.0 / 3, "parts", part("part-00000.h5", 2, "first part"),
                                 part("part-00001.h5", 1, "second"));
    ck_ok(mq_manifest_write(test_path(name), manifest));
    json_decref(manifest);
}

static void make_forecast(const char *name, int64_t items)
{
    make_forecast_showing(name, items, 3);
}

static void check_refused(const char *path, const char *message)
{
    json_t *manifest = NULL;
    ck_fails(mq_forecast_verify(path, &manifest), MQ_DATA, message);
    ck_assert_ptr_null(manifest);
}

START_TEST(test_a_whole_forecast_passes_by_any_of_its_names)
{
    static const char *const names[] = {"", "forecast.h5", "part-00001.h5", "manifest.json"};
    make_forecast("whole", 3);
    for (int i = 0; i < 4; i++) {
        json_t *manifest = NULL;
        ck_ok(mq_forecast_verify(in("whole", names[i]), &manifest));
        ck_assert_int_eq(json_integer_value(json_object_get(manifest, "items")), 3);
        json_decref(manifest);
    }
}
END_TEST

START_TEST(test_a_missing_file_is_named)
{
    static const char *const names[] = {"part-00001.h5", "forecast.h5", "manifest.json"};
    for (int i = 0; i < 3; i++) {
        make_forecast("missing", 3);
        ck_ok(mq_file_remove(in("missing", names[i])));
        check_refused(test_path("missing"), names[i]);
    }
    check_refused(test_path("nowhere/forecast.h5"), "manifest.json: missing");
}
END_TEST

START_TEST(test_a_part_of_another_size_or_content_is_named)
{
    make_forecast("damaged", 3);
    replace(in("damaged", "part-00000.h5"), "first parT");
    check_refused(test_path("damaged"), "part-00000.h5: its checksum does not match");
    replace(in("damaged", "part-00000.h5"), "first par");
    check_refused(test_path("damaged"), "part-00000.h5: 9 bytes, the manifest says 10");
}
END_TEST

START_TEST(test_parts_and_face_must_hold_the_products_promised)
{
    make_forecast("counts", 4);
    check_refused(test_path("counts"), "the parts hold 3 products");
    make_forecast_showing("counts", 3, 2);
    check_refused(test_path("counts"), "/quantiles does not hold the 3 products");
}
END_TEST

START_TEST(test_no_changed_byte_of_face_or_manifest_goes_unseen)
{
    static const char *const names[] = {"forecast.h5", "manifest.json"};
    struct mq_str bytes = {0};
    make_forecast("flipped", 3);
    ck_ok(mq_file_read(in("flipped", names[_i]), &bytes));
    for (size_t at = 0; at < bytes.length; at += 1 + bytes.length / 64) {
        if (strchr(" \n", bytes.data[at]) != NULL) continue; // says nothing in a manifest
        bytes.data[at] ^= 1;
        ck_ok(mq_file_replace(in("flipped", names[_i]), bytes.data, bytes.length));
        check_refused(test_path("flipped"), _i == 0 ? "its checksum does not match" : names[_i]);
        bytes.data[at] ^= 1;
    }
    mq_str_release(&bytes);
}
END_TEST

START_TEST(test_a_face_that_is_cut_is_named)
{
    struct mq_str bytes = {0};
    make_forecast("face", 3);
    ck_ok(mq_file_read(in("face", "forecast.h5"), &bytes));
    ck_ok(mq_file_replace(in("face", "forecast.h5"), bytes.data, bytes.length / 2));
    mq_str_release(&bytes);
    check_refused(test_path("face"), "forecast.h5: ");
}
END_TEST

START_TEST(test_files_of_a_forecast_are_known_by_name_and_manifest)
{
    make_forecast("named", 3);
    ck_assert(mq_is_of_forecast(in("named", "forecast.h5")));
    ck_assert(mq_is_of_forecast(in("named", "part-00001.h5")));
    ck_assert(!mq_is_of_forecast(in("named", "panel.h5")));
    ck_ok(mq_file_remove(in("named", "manifest.json")));
    ck_assert(!mq_is_of_forecast(in("named", "forecast.h5")));
}
END_TEST

START_TEST(test_a_manifest_that_makes_no_sense_is_refused)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "3",
        "{\"items\": 3}",
        "{\"items\": 3, \"parts\": 7}",
        "{\"items\": 3, \"parts\": [1, null]}",
        "{\"items\": 0, \"parts\": []}",
        "{\"items\": 3, \"parts\": [{\"file\": \"../part\", \"items\": 3, \"sha256\": \"\"}]}"};
    make_forecast("manifest", 3);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        replace(in("manifest", "manifest.json"), texts[i]);
        check_refused(test_path("manifest"), "manifest");
    }
}
END_TEST

START_TEST(test_parts_of_an_impossible_number_of_products_are_refused)
{
    ck_ok(mq_make_directories(test_path("sums")));
    replace(in("sums", "part-00000.h5"), "first part");
    write_face(in("sums", "forecast.h5"), 3);
    for (int i = 0; i < 2; i++) {
        const int64_t items = i == 0 ? INT64_MAX : -1;
        json_t *manifest = json_pack("{s:i, s:[o, o]}", "items", 3, "parts",
                                     part("part-00000.h5", items, "first part"),
                                     part("part-00000.h5", items, "first part"));
        ck_ok(mq_manifest_write(test_path("sums"), manifest));
        json_decref(manifest);
        check_refused(test_path("sums"), "the parts hold more than");
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("manifest");
    tcase_add_test(tc, test_a_whole_forecast_passes_by_any_of_its_names);
    tcase_add_test(tc, test_a_missing_file_is_named);
    tcase_add_test(tc, test_a_part_of_another_size_or_content_is_named);
    tcase_add_test(tc, test_parts_and_face_must_hold_the_products_promised);
    tcase_add_loop_test(tc, test_no_changed_byte_of_face_or_manifest_goes_unseen, 0, 2);
    tcase_add_test(tc, test_a_face_that_is_cut_is_named);
    tcase_add_test(tc, test_files_of_a_forecast_are_known_by_name_and_manifest);
    tcase_add_test(tc, test_a_manifest_that_makes_no_sense_is_refused);
    tcase_add_test(tc, test_parts_of_an_impossible_number_of_products_are_refused);
    return run_tests("model/manifest", tc);
}
