// Files: round trips, publishing, refusals, full disks.
#include "support/harness.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/h5/file.h"
#include "mq/h5/table.h"

static struct mq_h5_shape shape1(int64_t n)
{
    return (struct mq_h5_shape){1, {n}};
}

static struct mq_h5_shape shape2(int64_t n, int64_t m)
{
    return (struct mq_h5_shape){2, {n, m}};
}

static struct mq_h5 *create(const char *path)
{
    struct mq_h5 *file;
    ck_ok(mq_h5_create(&file, path));
    return file;
}

static struct mq_h5 *reopen(struct mq_h5 *file, const char *path)
{
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, path));
    return file;
}

START_TEST(test_every_number_type_comes_back)
{
    const float f32[2] = {1.5f, NAN};
    const double f64[2] = {1e-300, -INFINITY};
    const int64_t i64[2] = {INT64_MIN, INT64_MAX};
    const int32_t i32[2] = {INT32_MIN, INT32_MAX};
    const unsigned char u8[2] = {0, 255};
    const struct {
        const char *name;
        enum mq_h5_type type;
        const void *data;
        size_t bytes;
    } rows[] = {{"/f32", MQ_H5_F32, f32, sizeof f32},
                {"/a/f64", MQ_H5_F64, f64, sizeof f64},
                {"/a/b/i64", MQ_H5_I64, i64, sizeof i64},
                {"/a/i32", MQ_H5_I32, i32, sizeof i32},
                {"u8", MQ_H5_U8, u8, sizeof u8}};
    struct mq_h5 *file = create(test_path("types.h5"));
    for (size_t i = 0; i < 5; i++)
        ck_ok(mq_h5_write(file, rows[i].name, rows[i].type, shape1(2), rows[i].data, i % 2 == 0));
    file = reopen(file, test_path("types.h5"));
    for (size_t i = 0; i < 5; i++) {
        unsigned char back[16];
        ck_ok(mq_h5_read(file, rows[i].name, rows[i].type, shape1(2), back));
        ck_assert_mem_eq(back, rows[i].data, rows[i].bytes);
    }
    ck_ok(mq_h5_verify(file));
    mq_h5_close(file);
}
END_TEST

START_TEST(test_numbers_convert_on_the_way)
{
    const unsigned char stored[3] = {0, 1, 200};
    float read[3];
    struct mq_h5 *file = create(test_path("convert.h5"));
    ck_ok(mq_h5_write(file, "/x", MQ_H5_U8, shape1(3), stored, false));
    file = reopen(file, test_path("convert.h5"));
    ck_ok(mq_h5_read(file, "/x", MQ_H5_F32, shape1(3), read));
    ck_assert(read[0] == 0.0f && read[1] == 1.0f && read[2] == 200.0f);
    mq_h5_close(file);
}
END_TEST

START_TEST(test_shapes_with_no_rows_and_large_rows_are_legal)
{
    enum { WIDE = 300000 };
    float *wide;
    ck_assert_ptr_nonnull(wide = mq_calloc(2 * WIDE, sizeof *wide));
    for (int64_t i = 0; i < 2 * WIDE; i++)
        wide[i] = (float)i;
    struct mq_h5 *file = create(test_path("shapes.h5"));
    ck_ok(mq_h5_write(file, "/none", MQ_H5_F32, shape1(0), NULL, true));
    ck_ok(mq_h5_write(file, "/rows", MQ_H5_F32, shape2(0, 3), NULL, false));
    ck_ok(mq_h5_write(file, "/columns", MQ_H5_I64, shape2(3, 0), NULL, false));
    ck_ok(mq_h5_write(file, "/wide", MQ_H5_F32, shape2(2, WIDE), wide, false));
    file = reopen(file, test_path("shapes.h5"));
    struct mq_h5_shape shape;
    ck_ok(mq_h5_shape(file, "/columns", &shape));
    ck_assert(shape.rank == 2 && shape.size[0] == 3 && shape.size[1] == 0);
    ck_ok(mq_h5_read(file, "/none", MQ_H5_F32, shape1(0), NULL));
    memset(wide, 0, 2 * WIDE * sizeof *wide);
    ck_ok(mq_h5_read(file, "/wide", MQ_H5_F32, shape2(2, WIDE), wide));
    for (int64_t i = 0; i < 2 * WIDE; i++)
        ck_assert(wide[i] == (float)i);
    ck_ok(mq_h5_verify(file));
    mq_h5_close(file);
    mq_free(wide);
}
END_TEST

START_TEST(test_a_wrong_shape_or_name_is_a_data_error)
{
    const double data[6] = {0};
    double back[6];
    struct mq_h5 *file = create(test_path("wrong.h5"));
    ck_ok(mq_h5_write(file, "/x", MQ_H5_F64, shape2(2, 3), data, false));
    file = reopen(file, test_path("wrong.h5"));
    struct mq_h5_shape shape;
    ck_fails(mq_h5_read(file, "/x", MQ_H5_F64, shape2(3, 2), back), MQ_DATA, "/x: size 2");
    ck_fails(mq_h5_read(file, "/x", MQ_H5_F64, shape1(6), back), MQ_DATA, "2 dimensions");
    ck_fails(mq_h5_shape(file, "/y", &shape), MQ_DATA, "wrong.h5: no dataset /y");
    ck_fails(mq_h5_shape(file, "/y/z", &shape), MQ_DATA, "no dataset /y/z");
    char **strings;
    ck_fails(mq_h5_read_strings(file, "/x", 0, 2, &strings), MQ_DATA, "not text");
    mq_h5_close(file);
}
END_TEST

START_TEST(test_attributes_come_back_and_can_be_replaced)
{
    const float one = 1.0f;
    struct mq_h5 *file = create(test_path("attributes.h5"));
    ck_ok(mq_h5_write(file, "/x", MQ_H5_F32, shape1(1), &one, false));
    ck_ok(mq_h5_set_text(file, "/", "title", "Zürich £5"));
    ck_ok(mq_h5_set_text(file, "/", "empty", ""));
    ck_ok(mq_h5_set_i64(file, "/x", "count", 7));
    ck_ok(mq_h5_set_i64(file, "/x", "count", -8));
    ck_ok(mq_h5_set_f64(file, "/x", "rate", 0.1));
    file = reopen(file, test_path("attributes.h5"));
    struct mq_str text = {0};
    ck_ok(mq_h5_get_text(file, "/", "title", &text));
    ck_ok(mq_h5_get_text(file, "/", "empty", &text));
    ck_assert_str_eq(text.data, "Zürich £5");
    mq_str_release(&text);
    int64_t count;
    double rate;
    ck_ok(mq_h5_get_i64(file, "/x", "count", &count));
    ck_ok(mq_h5_get_f64(file, "/x", "rate", &rate));
    ck_assert(count == -8 && rate == 0.1);
    ck_assert(mq_h5_has_attribute(file, "/x", "rate"));
    ck_assert(!mq_h5_has_attribute(file, "/", "rate"));
    ck_assert(!mq_h5_has_attribute(file, "/nothing", "rate"));
    ck_fails(mq_h5_get_i64(file, "/", "rate", &count), MQ_DATA, "no attribute /@rate");
    ck_fails(mq_h5_get_i64(file, "/", "title", &count), MQ_DATA, "not one number");
    ck_fails(mq_h5_get_text(file, "/x", "rate", &text), MQ_DATA, "not one text");
    mq_h5_close(file);
}
END_TEST

START_TEST(test_strings_come_back_by_rows)
{
    const char *const words[4] = {"", "ascii", "Größe 日本", "x"};
    struct mq_h5 *file = create(test_path("strings.h5"));
    ck_ok(mq_h5_write_strings(file, "/series/id", 4, words));
    ck_ok(mq_h5_write_strings(file, "/none", 0, NULL));
    file = reopen(file, test_path("strings.h5"));
    char **back;
    ck_ok(mq_h5_read_strings(file, "/series/id", 1, 3, &back));
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(back[i], words[i + 1]);
    mq_free(back);
    ck_ok(mq_h5_read_strings(file, "/none", 0, 0, &back));
    mq_free(back);
    ck_fails(mq_h5_read_strings(file, "/series/id", 2, 3, &back), MQ_DATA, "rows 2 to 5 of 4");
    mq_h5_close(file);
}
END_TEST

START_TEST(test_members_are_listed_in_order_of_name)
{
    const float one = 1.0f;
    struct mq_h5 *file = create(test_path("members.h5"));
    ck_ok(mq_h5_write(file, "/known/price", MQ_H5_F32, shape1(1), &one, false));
    ck_ok(mq_h5_write(file, "/known/event", MQ_H5_F32, shape1(1), &one, false));
    char **names;
    int64_t n;
    ck_ok(mq_h5_members(file, "/known", &names, &n));
    ck_assert_int_eq(n, 2);
    ck_assert_str_eq(names[0], "event");
    ck_assert_str_eq(names[1], "price");
    for (int64_t i = 0; i < n; i++)
        mq_free(names[i]);
    mq_free(names);
    ck_ok(mq_h5_members(file, "/past", &names, &n));
    ck_assert_int_eq(n, 0);
    mq_free(names);
    ck_assert(mq_h5_has(file, "/") && mq_h5_has(file, "/known") && mq_h5_has(file, "known/price"));
    ck_assert(!mq_h5_has(file, "/past/price") && !mq_h5_has(file, "/known/pri"));
    mq_h5_close(file);
}
END_TEST

START_TEST(test_a_scale_is_attached)
{
    const double quantiles[2][2] = {{1, 2}, {3, 4}};
    const double level[2] = {0.1, 0.9};
    struct mq_h5 *file = create(test_path("scale.h5"));
    ck_ok(mq_h5_write(file, "/quantiles", MQ_H5_F64, shape2(2, 2), quantiles, false));
    ck_ok(mq_h5_write(file, "/level", MQ_H5_F64, shape1(2), level, false));
    ck_ok(mq_h5_attach_scale(file, "/quantiles", 1, "/level", "quantile"));
    file = reopen(file, test_path("scale.h5"));
    ck_assert(mq_h5_has_attribute(file, "/level", "REFERENCE_LIST"));
    ck_assert(mq_h5_has_attribute(file, "/quantiles", "DIMENSION_LIST"));
    ck_ok(mq_h5_verify(file));
    mq_h5_close(file);
}
END_TEST

START_TEST(test_nothing_appears_without_publish)
{
    const float one = 1.0f;
    char temporary[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(temporary, test_path("closed.h5")));
    struct mq_h5 *file = create(test_path("closed.h5"));
    ck_ok(mq_h5_write(file, "/x", MQ_H5_F32, shape1(1), &one, false));
    ck_assert(mq_path_exists(temporary) && !mq_path_exists(test_path("closed.h5")));
    mq_h5_close(file);
    ck_assert(!mq_path_exists(temporary) && !mq_path_exists(test_path("closed.h5")));
    mq_h5_close(NULL);
}
END_TEST

START_TEST(test_a_file_built_in_memory_touches_the_disk_only_when_published)
{
    const float two[2] = {1.0f, 2.0f};
    float back[2];
    char temporary[MQ_PATH_MAX];
    const char *path = test_path("memory.h5");
    ck_ok(mq_path_temporary(temporary, path));
    struct mq_h5 *file;
    ck_ok(mq_h5_create_in_memory(&file, path));
    ck_assert_str_eq(mq_h5_path(file), path);
    ck_ok(mq_h5_write(file, "/x", MQ_H5_F32, shape1(2), two, false));
    ck_assert(!mq_path_exists(temporary));
    file = reopen(file, path);
    ck_assert(!mq_path_exists(temporary));
    ck_ok(mq_h5_read(file, "/x", MQ_H5_F32, shape1(2), back));
    ck_assert_mem_eq(back, two, sizeof two);
    mq_h5_close(file);
}
END_TEST

START_TEST(test_the_same_contents_give_the_same_bytes)
{
    char hex[2][MQ_SHA256_HEX];
    for (int i = 0; i < 2; i++) {
        const float two[2] = {1.0f, 2.0f};
        struct mq_h5 *file = create(test_path("same.h5"));
        ck_ok(mq_h5_write(file, "/group/x", MQ_H5_F32, shape1(2), two, true));
        ck_ok(mq_h5_set_text(file, "/group/x", "unit", "pieces"));
        ck_ok(mq_h5_publish(file));
        ck_ok(mq_sha256_file(test_path("same.h5"), hex[i]));
        if (i == 0) (void)usleep(1100000); // time stamps would count seconds
    }
    ck_assert_str_eq(hex[0], hex[1]);
}
END_TEST

START_TEST(test_what_is_not_there_fails_and_what_is_not_hdf5_is_bad_data)
{
    struct mq_h5 *file;
    ck_fails(mq_h5_open(&file, test_path("missing.h5")), MQ_FAILED, "No such file");
    ck_assert_ptr_null(file);
    ck_fails(mq_h5_open(&file, test_directory()), MQ_FAILED, "is a directory");
    ck_fails(mq_h5_create(&file, test_path("no/such/place.h5")), MQ_FAILED, "No such file");
    ck_ok(mq_file_replace(test_path("text.h5"), "item_id,ds,y\n", 13));
    ck_fails(mq_h5_open(&file, test_path("text.h5")), MQ_DATA, "not an HDF5 file");
    ck_ok(mq_file_replace(test_path("empty.h5"), "", 0));
    ck_fails(mq_h5_open(&file, test_path("empty.h5")), MQ_DATA, "not an HDF5 file");
}
END_TEST

/// From here on no file may grow past `bytes`: what a full disk looks like to a writer.
static void limit_file_size(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/// Values that do not compress, enough for several chunks.
static float *noise(int64_t n)
{
    float *values = mq_calloc(n, sizeof *values);
    ck_assert_ptr_nonnull(values);
    uint32_t state = 1;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8);
    }
    return values;
}

enum { MANY = 500000 };

START_TEST(test_a_full_disk_is_an_error_and_publishes_nothing)
{
    float *values = noise(MANY);
    const bool is_in_memory = _i == 1;
    const char *path = test_path(is_in_memory ? "full-memory.h5" : "full.h5");
    ck_ok(mq_file_replace(path, "the old one", 11));
    struct mq_h5 *file;
    ck_ok(is_in_memory ? mq_h5_create_in_memory(&file, path) : mq_h5_create(&file, path));
    limit_file_size(300000);
    const mq_status written = mq_h5_write(file, "/x", MQ_H5_F32, shape1(MANY), values, false);
    ck_assert_int_eq(written, is_in_memory ? MQ_OK : MQ_FAILED);
    ck_fails(mq_h5_publish(file), MQ_FAILED, "File too large");
    int64_t bytes;
    char temporary[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(temporary, path));
    ck_ok(mq_file_size(path, &bytes));
    ck_assert(bytes == 11 && !mq_path_exists(temporary));
    mq_free(values);
}
END_TEST

START_TEST(test_a_write_that_fails_late_is_remembered)
{
    // The rows fit into the chunk cache: only closing the table finds the disk full.
    float *values = noise(1000);
    struct mq_h5_table *table;
    struct mq_h5 *file = create(test_path("late.h5"));
    ck_ok(mq_h5_table_create(&table, file, "/x", MQ_H5_F32, shape1(-1), false));
    ck_ok(mq_h5_table_append(table, 1000, values));
    limit_file_size(0);
    mq_h5_table_close(table);
    limit_file_size(RLIM_INFINITY); // room again, but the rows are lost
    ck_fails(mq_h5_publish(file), MQ_FAILED, "late.h5: /x: cannot write (File too large)");
    ck_assert(!mq_path_exists(test_path("late.h5")));
    mq_free(values);
}
END_TEST

START_TEST(test_a_size_that_no_file_could_hold_is_refused)
{
    struct mq_h5 *file = NULL;
    struct mq_h5_table *table = NULL;
    struct mq_h5_shape shape = {1, {100000000}};
    const char *path = test_path("claims.h5");
    ck_ok(mq_h5_create(&file, path));
    ck_ok(mq_h5_table_create(&table, file, "/values", MQ_H5_F32, shape, false));
    mq_h5_table_close(table); // without a value
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, path));
    ck_fails(mq_h5_shape(file, "/values", &shape), MQ_DATA, "/values: impossible size");
    ck_fails(mq_h5_table_open(&table, file, "/values", MQ_H5_F32, &shape), MQ_DATA,
             "impossible size");
    ck_fails(mq_h5_verify(file), MQ_DATA, "impossible size");
    mq_h5_close(file);
}
END_TEST

START_TEST(test_rows_that_are_not_there_take_no_room)
{
    struct mq_h5 *file = NULL;
    const struct mq_h5_shape shape = {4, {0, 4096, 4096, 4096}};
    ck_ok(mq_h5_create(&file, test_path("none.h5")));
    ck_ok(mq_h5_write(file, "/values", MQ_H5_F64, shape, "", false));
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, test_path("none.h5")));
    ck_ok(mq_h5_verify(file));
    mq_h5_close(file);
}
END_TEST

START_TEST(test_zeros_that_compress_best_are_no_impossible_size)
{
    enum { N = 1 << 20 };
    struct mq_h5 *file = NULL;
    struct mq_h5_shape shape = {1, {N}};
    float *zeros = mq_calloc(N, sizeof *zeros);
    ck_ok(mq_h5_create(&file, test_path("zeros.h5")));
    ck_ok(mq_h5_write(file, "/values", MQ_H5_F32, shape, zeros, true));
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, test_path("zeros.h5")));
    ck_ok(mq_h5_read(file, "/values", MQ_H5_F32, shape, zeros));
    mq_h5_close(file);
    mq_free(zeros);
}
END_TEST

START_TEST(test_text_that_is_not_utf8_is_a_data_error)
{
    static const char *const words[] = {"good", "\xff"};
    struct mq_h5 *file = NULL;
    struct mq_str text = {0};
    char **strings = NULL;
    ck_ok(mq_h5_create(&file, test_path("latin1.h5")));
    ck_ok(mq_h5_set_text(file, "/", "text",
                         "Gr\xf6\xdf"
                         "e"));
    ck_ok(mq_h5_write_strings(file, "/words", 2, words));
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, test_path("latin1.h5")));
    ck_fails(mq_h5_get_text(file, "/", "text", &text), MQ_DATA, "/@text: not UTF-8");
    ck_fails(mq_h5_read_strings(file, "/words", 0, 2, &strings), MQ_DATA, "row 1 is not UTF-8");
    ck_ok(mq_h5_read_strings(file, "/words", 0, 1, &strings));
    mq_free(strings);
    mq_str_release(&text);
    mq_h5_close(file);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("file");
    tcase_add_test(tc, test_every_number_type_comes_back);
    tcase_add_test(tc, test_numbers_convert_on_the_way);
    tcase_add_test(tc, test_shapes_with_no_rows_and_large_rows_are_legal);
    tcase_add_test(tc, test_a_wrong_shape_or_name_is_a_data_error);
    tcase_add_test(tc, test_attributes_come_back_and_can_be_replaced);
    tcase_add_test(tc, test_strings_come_back_by_rows);
    tcase_add_test(tc, test_members_are_listed_in_order_of_name);
    tcase_add_test(tc, test_a_scale_is_attached);
    tcase_add_test(tc, test_nothing_appears_without_publish);
    tcase_add_test(tc, test_a_file_built_in_memory_touches_the_disk_only_when_published);
    tcase_add_test(tc, test_the_same_contents_give_the_same_bytes);
    tcase_add_test(tc, test_what_is_not_there_fails_and_what_is_not_hdf5_is_bad_data);
    tcase_add_loop_test(tc, test_a_full_disk_is_an_error_and_publishes_nothing, 0, 2);
    tcase_add_test(tc, test_a_write_that_fails_late_is_remembered);
    tcase_add_test(tc, test_a_size_that_no_file_could_hold_is_refused);
    tcase_add_test(tc, test_rows_that_are_not_there_take_no_room);
    tcase_add_test(tc, test_zeros_that_compress_best_are_no_impossible_size);
    tcase_add_test(tc, test_text_that_is_not_utf8_is_a_data_error);
    return run_tests("h5/file", tc);
}
