// Faces: virtual datasets over parts read as one, and missing parts are found.
#define _GNU_SOURCE // memmem
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"

enum { PARTS = 3, ROWS = 5, COLUMNS = 2, WIDTH = 12 };

static const struct mq_h5_part parts[PARTS] = {
    {"part-0.h5", 2}, {"part-1.h5", 0}, {"part-2.h5", 3}};
static const char *const ids[ROWS] = {"a", "bb", "Größe", "dddd", "twelve bytes"};

static struct mq_h5_shape shape2(int64_t rows)
{
    return (struct mq_h5_shape){2, {rows, COLUMNS}};
}

static void write_part(const struct mq_h5_part *part, int64_t first)
{
    float values[ROWS][COLUMNS];
    int64_t counts[ROWS];
    struct mq_h5 *file;
    for (int64_t i = 0; i < part->rows; i++) {
        counts[i] = 10 * (first + i);
        for (int64_t j = 0; j < COLUMNS; j++)
            values[i][j] = (float)(first + i) + 0.5f * (float)j;
    }
    ck_ok(mq_h5_create(&file, test_path(part->file)));
    ck_ok(mq_h5_write(file, "/quantiles", MQ_H5_F32, shape2(part->rows), values, true));
    ck_ok(mq_h5_write(file, "/count", MQ_H5_I64, (struct mq_h5_shape){1, {part->rows}}, counts,
                      false));
    ck_ok(mq_h5_write_strings_width(file, "/item_id", part->rows, WIDTH, ids + first));
    ck_ok(mq_h5_publish(file));
}

static void write_all(void)
{
    struct mq_h5 *face;
    for (int64_t i = 0, first = 0; i < PARTS; first += parts[i].rows, i++)
        write_part(&parts[i], first);
    ck_ok(mq_h5_create(&face, test_path("face.h5")));
    ck_ok(mq_h5_join_parts(face, "/quantiles", MQ_H5_F32, shape2(ROWS), parts, PARTS));
    ck_ok(
        mq_h5_join_parts(face, "/count", MQ_H5_I64, (struct mq_h5_shape){1, {ROWS}}, parts, PARTS));
    ck_ok(mq_h5_join_string_parts(face, "/item_id", ROWS, WIDTH, parts, PARTS));
    ck_ok(mq_h5_publish(face));
}

START_TEST(test_a_face_reads_as_the_parts_one_after_the_other)
{
    struct mq_h5 *face;
    float values[ROWS][COLUMNS];
    int64_t counts[ROWS];
    char **back;
    write_all();
    ck_ok(mq_h5_open_face(&face, test_path("face.h5")));
    ck_ok(mq_h5_verify(face));
    ck_ok(mq_h5_read(face, "/quantiles", MQ_H5_F32, shape2(ROWS), values));
    ck_ok(mq_h5_read(face, "/count", MQ_H5_I64, (struct mq_h5_shape){1, {ROWS}}, counts));
    ck_ok(mq_h5_read_strings(face, "/item_id", 0, ROWS, &back));
    for (int64_t i = 0; i < ROWS; i++) {
        ck_assert(values[i][0] == (float)i && values[i][1] == (float)i + 0.5f);
        ck_assert_int_eq(counts[i], 10 * i);
        ck_assert_str_eq(back[i], ids[i]);
    }
    mq_free(back);
    mq_h5_close(face);
}
END_TEST

START_TEST(test_a_missing_part_is_found_although_reading_succeeds)
{
    struct mq_h5 *face;
    float values[ROWS][COLUMNS];
    write_all();
    ck_ok(mq_file_remove(test_path("part-0.h5")));
    ck_ok(mq_h5_open_face(&face, test_path("face.h5")));
    ck_ok(mq_h5_read(face, "/quantiles", MQ_H5_F32, shape2(ROWS), values));
    ck_assert(isnan(values[0][0]) && isnan(values[1][1]) && values[2][0] == 2.0f);
    ck_fails(mq_h5_parts_verify(face, "/quantiles"), MQ_DATA, "part-0.h5: No such file");
    ck_fails(mq_h5_verify(face), MQ_DATA, "part-0.h5");
    mq_h5_close(face);
}
END_TEST

START_TEST(test_a_foreign_or_damaged_part_is_found)
{
    struct mq_h5 *face;
    struct mq_str bytes = {0};
    write_all();
    write_part(&(struct mq_h5_part){"part-2.h5", 2}, 2);
    ck_ok(mq_h5_open_face(&face, test_path("face.h5")));
    ck_fails(mq_h5_verify(face), MQ_DATA, "part-2.h5 has another shape");
    mq_h5_close(face);

    write_part(&parts[2], 2);
    ck_ok(mq_file_read(test_path("part-2.h5"), &bytes));
    const int64_t counts[3] = {20, 30, 40};
    char *stored = memmem(bytes.data, bytes.length, counts, sizeof counts);
    ck_assert_ptr_nonnull(stored);
    stored[0] ^= 4;
    ck_ok(mq_file_replace(test_path("part-2.h5"), bytes.data, bytes.length));
    ck_ok(mq_h5_open_face(&face, test_path("face.h5")));
    ck_fails(mq_h5_verify(face), MQ_DATA, "/count: cannot read");
    mq_h5_close(face);
    mq_str_release(&bytes);
}
END_TEST

START_TEST(test_a_face_is_read_while_a_part_is_open)
{
    struct mq_h5 *face;
    struct mq_h5 *part;
    int64_t counts[ROWS];
    write_all();
    ck_ok(mq_h5_open(&part, test_path("part-0.h5")));
    ck_ok(mq_h5_open_face(&face, test_path("face.h5")));
    ck_ok(mq_h5_read(face, "/count", MQ_H5_I64, (struct mq_h5_shape){1, {ROWS}}, counts));
    ck_ok(mq_h5_verify(face));
    ck_assert(counts[0] == 0 && counts[1] == 10 && counts[4] == 40);
    mq_h5_close(face);
    mq_h5_close(part);
}
END_TEST

START_TEST(test_a_face_without_rows_is_legal)
{
    struct mq_h5 *face;
    struct mq_h5_shape shape;
    ck_ok(mq_h5_create(&face, test_path("nothing.h5")));
    ck_ok(mq_h5_join_parts(face, "/quantiles", MQ_H5_F32, shape2(0), &parts[1], 1));
    ck_ok(mq_h5_publish(face));
    ck_ok(mq_h5_open_face(&face, test_path("nothing.h5")));
    ck_ok(mq_h5_shape(face, "/quantiles", &shape));
    ck_assert(shape.rank == 2 && shape.size[0] == 0 && shape.size[1] == COLUMNS);
    ck_ok(mq_h5_verify(face));
    mq_h5_close(face);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("parts");
    tcase_add_test(tc, test_a_face_reads_as_the_parts_one_after_the_other);
    tcase_add_test(tc, test_a_missing_part_is_found_although_reading_succeeds);
    tcase_add_test(tc, test_a_foreign_or_damaged_part_is_found);
    tcase_add_test(tc, test_a_face_is_read_while_a_part_is_open);
    tcase_add_test(tc, test_a_face_without_rows_is_legal);
    return run_tests("h5/parts", tc);
}
