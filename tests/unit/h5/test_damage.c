// Damage: whatever happens to the bytes of a file, nothing crashes and no changed value is
// believed.
#define _GNU_SOURCE // memmem
#include "support/harness.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/base/rng.h"
#include "mq/h5/file.h"
#include "mq/h5/table.h"

/// HDF5 forgets the object headers that it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

enum { ROWS = 600, COLUMNS = 5, GROWN = 700, SUPERBLOCK = 48, FLIPS = 500, CUTS = 60 };

struct contents {
    float table[ROWS][COLUMNS];
    int64_t grown[GROWN];
    char text[64];
    char words[4 * 8];
};

static const char *const words[4] = {"alpha", "beta", "gamma", "Größe"};

static void fill(struct contents *contents)
{
    memset(contents, 0, sizeof *contents);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
            contents->table[i][j] = (float)(i * i % 1009) + 0.25f * (float)j;
    for (int i = 0; i < GROWN; i++)
        contents->grown[i] = (int64_t)i * i * i;
    (void)snprintf(contents->text, sizeof contents->text, "a text that matters");
    for (int i = 0; i < 4; i++)
        (void)snprintf(contents->words + 8 * i, 8, "%s", words[i]);
}

static void write_contents(const char *path, const struct contents *contents, bool compress)
{
    struct mq_h5 *file;
    struct mq_h5_table *table;
    ck_ok(mq_h5_create(&file, path));
    ck_ok(mq_h5_write(file, "/group/table", MQ_H5_F32, (struct mq_h5_shape){2, {ROWS, COLUMNS}},
                      contents->table, compress));
    ck_ok(
        mq_h5_table_create(&table, file, "/grown", MQ_H5_I64, (struct mq_h5_shape){1, {-1}}, true));
    ck_ok(mq_h5_table_append(table, GROWN / 2, contents->grown));
    ck_ok(mq_h5_table_append(table, GROWN - GROWN / 2, contents->grown + GROWN / 2));
    mq_h5_table_close(table);
    ck_ok(mq_h5_write_strings(file, "/words", 4, words));
    ck_ok(mq_h5_set_text(file, "/group", "text", contents->text));
    ck_ok(mq_h5_publish(file));
}

static mq_status read_contents(struct mq_h5 *file, struct contents *contents)
{
    mq_status status = MQ_OK;
    char **list = NULL;
    struct mq_str text = {0};
    memset(contents, 0, sizeof *contents);
    MQ_DO(mq_h5_read(file, "/group/table", MQ_H5_F32, (struct mq_h5_shape){2, {ROWS, COLUMNS}},
                     contents->table));
    MQ_DO(mq_h5_read(file, "/grown", MQ_H5_I64, (struct mq_h5_shape){1, {GROWN}}, contents->grown));
    MQ_DO(mq_h5_read_strings(file, "/words", 0, 4, &list));
    for (int i = 0; i < 4; i++)
        (void)snprintf(contents->words + 8 * i, 8, "%s", list[i]);
    MQ_DO(mq_h5_get_text(file, "/group", "text", &text));
    (void)snprintf(contents->text, sizeof contents->text, "%s", text.data);
done:
    mq_free(list);
    mq_str_release(&text);
    return status;
}

/// The three acceptable fates of a damaged file: refused, found damaged, or unchanged.
enum fate { REFUSED, DAMAGED, UNCHANGED };

static enum fate check_bytes(const char *bytes, size_t n, const struct contents *original)
{
    const char *path = test_path("damaged.h5");
    ck_ok(mq_file_replace(path, bytes, n));
    struct mq_h5 *file;
    const mq_status opened = mq_h5_open(&file, path);
    if (opened != MQ_OK) {
        ck_assert_int_eq(opened, MQ_DATA);
        ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "damaged.h5"));
        return REFUSED;
    }
    const mq_status verified = mq_h5_verify(file);
    struct contents contents;
    const mq_status read = read_contents(file, &contents);
    mq_h5_close(file);
    ck_assert(verified == MQ_OK || verified == MQ_DATA);
    if (read == MQ_OK) ck_assert_mem_eq(&contents, original, sizeof contents);
    if (verified == MQ_OK) ck_assert_int_eq(read, MQ_OK);
    return verified == MQ_OK ? UNCHANGED : DAMAGED;
}

static void write_and_load(bool compress, struct contents *original, struct mq_str *bytes)
{
    const char *path = test_path("whole.h5");
    fill(original);
    write_contents(path, original, compress);
    ck_ok(mq_file_read(path, bytes));
    ck_assert_int_eq(check_bytes(bytes->data, bytes->length, original), UNCHANGED);
}

START_TEST(test_no_flipped_bit_changes_what_is_read)
{
    struct contents original;
    struct mq_str bytes = {0};
    int n[3] = {0};
    write_and_load(_i == 1, &original, &bytes);
    struct mq_rng rng = mq_rng_at(5, MQ_RNG_TEST, (uint64_t)_i, 0);
    for (int i = 0; i < FLIPS; i++) {
        const size_t random = (size_t)mq_rng_below(&rng, bytes.length);
        const size_t at = i < SUPERBLOCK ? (size_t)i : random;
        const char bit = (char)(1 << mq_rng_below(&rng, 8));
        bytes.data[at] = (char)(bytes.data[at] ^ bit);
        n[check_bytes(bytes.data, bytes.length, &original)]++;
        bytes.data[at] = (char)(bytes.data[at] ^ bit);
    }
    ck_assert_msg(n[REFUSED] > 0 && n[DAMAGED] > 0, "%d refused, %d damaged, %d unchanged",
                  n[REFUSED], n[DAMAGED], n[UNCHANGED]);
    mq_str_release(&bytes);
}
END_TEST

START_TEST(test_no_truncated_file_is_opened)
{
    struct contents original;
    struct mq_str bytes = {0};
    write_and_load(_i == 1, &original, &bytes);
    for (size_t i = 0; i < CUTS; i++)
        ck_assert_int_eq(check_bytes(bytes.data, bytes.length * i / CUTS, &original), REFUSED);
    ck_assert_int_eq(check_bytes(bytes.data, bytes.length - 1, &original), REFUSED);
    mq_str_release(&bytes);
}
END_TEST

START_TEST(test_verify_names_the_damaged_dataset)
{
    struct contents original;
    struct mq_str bytes = {0};
    write_and_load(false, &original, &bytes);
    char *row = memmem(bytes.data, bytes.length, original.table[100], sizeof original.table[100]);
    ck_assert_ptr_nonnull(row);
    row[0] ^= 1;
    ck_ok(mq_file_replace(test_path("row.h5"), bytes.data, bytes.length));
    struct mq_h5 *file;
    ck_ok(mq_h5_open(&file, test_path("row.h5")));
    ck_fails(mq_h5_verify(file), MQ_DATA, "row.h5: /group/table: cannot read (");
    mq_h5_close(file);
    mq_str_release(&bytes);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("damage");
    tcase_add_loop_test(tc, test_no_flipped_bit_changes_what_is_read, 0, 2);
    tcase_add_loop_test(tc, test_no_truncated_file_is_opened, 0, 2);
    tcase_add_test(tc, test_verify_names_the_damaged_dataset);
    return run_tests("h5/damage", tc);
}
