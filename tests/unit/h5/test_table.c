// Tables: rows in any pieces are the same dataset.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"
#include "mq/h5/table.h"

enum { ROWS = 1000, COLUMNS = 3 };

static void count_up(int64_t values[ROWS][COLUMNS])
{
    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = 0; j < COLUMNS; j++)
            values[i][j] = COLUMNS * i + j;
}

START_TEST(test_rows_appended_in_pieces_are_read_back_in_other_pieces)
{
    int64_t values[ROWS][COLUMNS];
    int64_t back[ROWS][COLUMNS];
    const char *path = test_path("append.h5");
    struct mq_h5 *file;
    struct mq_h5_table *table;
    struct mq_h5_shape shape;
    count_up(values);
    ck_ok(mq_h5_create(&file, path));
    ck_ok(mq_h5_table_create(&table, file, "/x", MQ_H5_I64, (struct mq_h5_shape){2, {-1, COLUMNS}},
                             true));
    int64_t n = 0;
    for (int64_t step = 0; n < ROWS; n += step, step++)
        ck_ok(mq_h5_table_append(table, mq_min_i64(step, ROWS - n), values[n]));
    mq_h5_table_close(table);
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, path));
    ck_ok(mq_h5_table_open(&table, file, "/x", MQ_H5_I64, &shape));
    ck_assert(shape.rank == 2 && shape.size[0] == ROWS && shape.size[1] == COLUMNS);
    for (int64_t start = 0; start < ROWS; start += 37)
        ck_ok(mq_h5_table_read(table, start, mq_min_i64(37, ROWS - start), back[start]));
    ck_assert_mem_eq(back, values, sizeof values);
    ck_ok(mq_h5_table_read(table, ROWS, 0, back));
    ck_fails(mq_h5_table_read(table, ROWS - 1, 2, back), MQ_DATA, "/x: rows 999 to 1001 of 1000");
    ck_fails(mq_h5_table_read(table, -1, 2, back), MQ_DATA, "rows -1");
    mq_h5_table_close(table);
    mq_h5_close(file);
}
END_TEST

START_TEST(test_rows_can_be_written_in_any_order_and_absent_reals_are_nan)
{
    const float high[2] = {8, 9};
    const float low[1] = {0};
    float back[10];
    const char *path = test_path("order.h5");
    struct mq_h5 *file;
    struct mq_h5_table *table;
    ck_ok(mq_h5_create_in_memory(&file, path));
    ck_ok(mq_h5_table_create(&table, file, "/x", MQ_H5_F32, (struct mq_h5_shape){1, {10}}, false));
    ck_ok(mq_h5_table_write(table, 8, 2, high));
    ck_ok(mq_h5_table_write(table, 0, 1, low));
    mq_h5_table_close(table);
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, path));
    ck_ok(mq_h5_read(file, "/x", MQ_H5_F32, (struct mq_h5_shape){1, {10}}, back));
    for (int i = 1; i < 8; i++)
        ck_assert(isnan(back[i]));
    ck_assert(back[0] == 0.0f && back[8] == 8.0f && back[9] == 9.0f);
    mq_h5_close(file);
}
END_TEST

START_TEST(test_a_table_without_rows_is_legal)
{
    struct mq_h5 *file;
    struct mq_h5_table *table;
    struct mq_h5_shape shape;
    ck_ok(mq_h5_create(&file, test_path("none.h5")));
    ck_ok(mq_h5_table_create(&table, file, "/x", MQ_H5_F32, (struct mq_h5_shape){1, {-1}}, true));
    mq_h5_table_close(table);
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, test_path("none.h5")));
    ck_ok(mq_h5_shape(file, "/x", &shape));
    ck_assert(shape.rank == 1 && shape.size[0] == 0);
    ck_fails(mq_h5_table_open(&table, file, "/y", MQ_H5_F32, &shape), MQ_DATA, "no dataset /y");
    ck_assert_ptr_null(table);
    mq_h5_table_close(table);
    mq_h5_close(file);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("table");
    tcase_add_test(tc, test_rows_appended_in_pieces_are_read_back_in_other_pieces);
    tcase_add_test(tc, test_rows_can_be_written_in_any_order_and_absent_reals_are_nan);
    tcase_add_test(tc, test_a_table_without_rows_is_legal);
    return run_tests("h5/table", tc);
}
