#include "model/tables.h"

#include <string.h>

#include "support/harness.h"

static void fill(struct mq_tables *tables)
{
    double *weights = NULL;
    int32_t *nodes = NULL;
    void *nothing = NULL;
    ck_ok(mq_tables_add(tables, "weights", MQ_TABLE_F64, 3, (void **)&weights));
    ck_ok(mq_tables_add(tables, "nodes", MQ_TABLE_I32, 2, (void **)&nodes));
    ck_ok(mq_tables_add(tables, "nothing", MQ_TABLE_F32, 0, &nothing));
    weights[2] = 0.1;
    nodes[0] = -7;
}

START_TEST(test_tables_are_found_by_name_and_type)
{
    struct mq_tables tables = {0};
    int64_t n = -1;
    fill(&tables);
    const double *weights = mq_tables_get(&tables, "weights", MQ_TABLE_F64, &n);
    ck_assert_int_eq(n, 3);
    ck_assert(weights[0] == 0 && weights[2] == 0.1);
    ck_assert_ptr_null(mq_tables_get(&tables, "weights", MQ_TABLE_F32, &n));
    ck_assert_int_eq(n, 0);
    ck_assert_ptr_null(mq_tables_get(&tables, "leaves", MQ_TABLE_F64, &n));
    mq_tables_release(&tables);
}
END_TEST

START_TEST(test_hash_sees_every_value_and_name)
{
    struct mq_tables one = {0};
    struct mq_tables other = {0};
    char hex[3][MQ_SHA256_HEX];
    fill(&one);
    fill(&other);
    mq_tables_sha256(&one, hex[0]);
    mq_tables_sha256(&other, hex[1]);
    ck_assert_str_eq(hex[0], hex[1]);
    ((int32_t *)other.table[1].data)[1] = 1;
    mq_tables_sha256(&other, hex[1]);
    one.table[0].name[0] = 'W';
    mq_tables_sha256(&one, hex[2]);
    ck_assert_str_ne(hex[0], hex[1]);
    ck_assert_str_ne(hex[0], hex[2]);
    mq_tables_release(&one);
    mq_tables_release(&other);
}
END_TEST

START_TEST(test_tables_come_back_from_a_file)
{
    struct mq_tables written = {0};
    struct mq_tables read = {0};
    struct mq_h5 *file = NULL;
    char hex[2][MQ_SHA256_HEX];
    const char *path = test_path("tables.h5");
    fill(&written);
    ck_ok(mq_h5_create_in_memory(&file, path));
    ck_ok(mq_tables_put(file, &written));
    ck_ok(mq_h5_publish(file));
    ck_ok(mq_h5_open(&file, path));
    ck_ok(mq_tables_read(file, &read));
    mq_h5_close(file);
    mq_tables_sha256(&written, hex[0]);
    mq_tables_sha256(&read, hex[1]);
    ck_assert_str_eq(hex[0], hex[1]);
    mq_tables_release(&written);
    mq_tables_release(&read);
}
END_TEST

// Names of tables become names of datasets, types index a table.
START_TEST(test_names_and_types_from_a_file_are_not_trusted)
{
    static const struct {
        const char *name;
        int32_t type;
    } wrong[] = {{"../weights", MQ_TABLE_F64}, {"weights", 4}, {"weights", -1}, {"leaves", 0}};
    const char *path = test_path("tables.h5");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct mq_tables tables = {0};
        struct mq_h5 *file = NULL;
        const double value = 1;
        const struct mq_h5_shape one = {1, {1}};
        ck_ok(mq_h5_create_in_memory(&file, path));
        ck_ok(mq_h5_write(file, "/fitted/weights", MQ_H5_F64, one, &value, false));
        ck_ok(mq_h5_write(file, "/weights", MQ_H5_F64, one, &value, false));
        ck_ok(mq_h5_write_strings(file, "/table/name", 1, &wrong[i].name));
        ck_ok(mq_h5_write(file, "/table/type", MQ_H5_I32, one, &wrong[i].type, false));
        ck_ok(mq_h5_publish(file));
        ck_ok(mq_h5_open(&file, path));
        ck_assert_int_eq(mq_tables_read(file, &tables), MQ_DATA);
        mq_h5_close(file);
        mq_tables_release(&tables);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("tables");
    tcase_add_test(tc, test_tables_are_found_by_name_and_type);
    tcase_add_test(tc, test_hash_sees_every_value_and_name);
    tcase_add_test(tc, test_tables_come_back_from_a_file);
    tcase_add_test(tc, test_names_and_types_from_a_file_are_not_trusted);
    return run_tests("model/tables", tc);
}
