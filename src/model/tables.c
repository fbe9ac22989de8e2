// Named arrays, in memory and in a checkpoint: /table/name, /table/type, and /fitted/<name> for each.
#include "model/tables.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"

static const char names_name[] = "/table/name";
static const char types_name[] = "/table/type";

static const struct {
    size_t size;
    enum mq_h5_type h5;
} types[] = {
    [MQ_TABLE_F32] = {4, MQ_H5_F32},
    [MQ_TABLE_F64] = {8, MQ_H5_F64},
    [MQ_TABLE_I32] = {4, MQ_H5_I32},
    [MQ_TABLE_I64] = {8, MQ_H5_I64},
};

static const struct mq_table *find(const struct mq_tables *tables, const char *name)
{
    for (int64_t i = 0; i < tables->n; i++)
        if (strcmp(tables->table[i].name, name) == 0) return &tables->table[i];
    return NULL;
}

mq_status mq_tables_add(struct mq_tables *tables, const char *name, enum mq_table_type type,
                        int64_t n, void **data)
{
    MQ_ASSERT(tables->n < MQ_TABLES_MAX && strlen(name) < MQ_TABLE_NAME_MAX && n >= 0 &&
              find(tables, name) == NULL);
    char *values = NULL;
    MQ_NEW(values, n * (int64_t)types[type].size);
    struct mq_table *table = &tables->table[tables->n++];
    *table = (struct mq_table){.type = type, .n = n, .data = values};
    (void)snprintf(table->name, sizeof table->name, "%s", name);
    *data = values;
    return MQ_OK;
}

const void *mq_tables_get(const struct mq_tables *tables, const char *name, enum mq_table_type type,
                          int64_t *n)
{
    const struct mq_table *table = find(tables, name);
    const bool is_there = table != NULL && table->type == type;
    *n = is_there ? table->n : 0;
    return is_there ? table->data : NULL;
}

void mq_tables_release(struct mq_tables *tables)
{
    for (int64_t i = 0; i < tables->n; i++)
        mq_free(tables->table[i].data);
    *tables = (struct mq_tables){0};
}

void mq_tables_sha256(const struct mq_tables *tables, char hex[MQ_SHA256_HEX])
{
    struct mq_sha256 hash;
    mq_sha256_begin(&hash);
    for (int64_t i = 0; i < tables->n; i++) {
        const struct mq_table *table = &tables->table[i];
        const int64_t head[] = {(int64_t)table->type, table->n};
        mq_sha256_add(&hash, table->name, sizeof table->name);
        mq_sha256_add(&hash, head, sizeof head);
        mq_sha256_add(&hash, table->data, (size_t)table->n * types[table->type].size);
    }
    mq_sha256_end(&hash, hex);
}

// ---- in a checkpoint ----------------------------------------------------------------------------

static void dataset_of(const char *table, char name[MQ_H5_NAME_MAX])
{
    (void)snprintf(name, MQ_H5_NAME_MAX, "/fitted/%s", table);
}

mq_status mq_tables_put(struct mq_h5 *file, const struct mq_tables *tables)
{
    const char *names[MQ_TABLES_MAX];
    int32_t kinds[MQ_TABLES_MAX];
    for (int64_t i = 0; i < tables->n; i++) {
        const struct mq_table *table = &tables->table[i];
        char name[MQ_H5_NAME_MAX];
        names[i] = table->name;
        kinds[i] = (int32_t)table->type;
        dataset_of(table->name, name);
        MQ_TRY(mq_h5_write(file, name, types[table->type].h5, (struct mq_h5_shape){1, {table->n}},
                           table->data, false));
    }
    MQ_TRY(mq_h5_write_strings(file, names_name, tables->n, names));
    return mq_h5_write(file, types_name, MQ_H5_I32, (struct mq_h5_shape){1, {tables->n}}, kinds,
                       false);
}

static mq_status read_table(struct mq_h5 *file, struct mq_tables *tables, const char *table,
                            int32_t type)
{
    char name[MQ_H5_NAME_MAX];
    struct mq_h5_shape shape = {0};
    void *data = NULL;
    if (type < 0 || type > MQ_TABLE_I64 || strlen(table) >= MQ_TABLE_NAME_MAX ||
        strchr(table, '/') != NULL || find(tables, table) != NULL)
        return mq_fail(MQ_DATA, "%s: %s: '%.64s' is no table", mq_h5_path(file), names_name, table);
    dataset_of(table, name);
    MQ_TRY(mq_h5_shape(file, name, &shape));
    MQ_TRY(mq_tables_add(tables, table, (enum mq_table_type)type, shape.size[0], &data));
    return mq_h5_read(file, name, types[type].h5, (struct mq_h5_shape){1, {shape.size[0]}}, data);
}

mq_status mq_tables_read(struct mq_h5 *file, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    struct mq_h5_shape shape = {0};
    char **names = NULL;
    int32_t kinds[MQ_TABLES_MAX];
    if (!mq_h5_has(file, names_name)) return MQ_OK;
    MQ_TRY(mq_h5_shape(file, names_name, &shape));
    const int64_t n = shape.size[0];
    if (shape.rank != 1 || n > MQ_TABLES_MAX)
        return mq_fail(MQ_DATA, "%s: %s: wrong shape", mq_h5_path(file), names_name);
    MQ_DO(mq_h5_read_strings(file, names_name, 0, n, &names));
    MQ_DO(mq_h5_read(file, types_name, MQ_H5_I32, (struct mq_h5_shape){1, {n}}, kinds));
    for (int64_t i = 0; i < n; i++)
        MQ_DO(read_table(file, tables, names[i], kinds[i]));
done:
    mq_free(names);
    return status;
}
