// The header of a long table: names become places.
#include "data/long_columns.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/log.h"

// ---- the header ---------------------------------------------------------------------------------

static mq_status fail_missing(const struct mq_csv *csv, const char *wanted)
{
    (void)mq_fail(MQ_DATA, "%s: there is no column %s", csv->path, wanted);
    const char *other = csv->n == 1 ? strpbrk(csv->fields[0], ",;\t|") : NULL;
    if (other != NULL && *other == '\t')
        return mq_hint("fields are parted by tabs: a schema file says delimiter: tab");
    if (other != NULL)
        return mq_hint("fields are parted by '%c': a schema file says delimiter: \"%c\"", *other,
                       *other);
    struct mq_str list = {0};
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < csv->n && list.length < MQ_HINT_MAX; i++)
        MQ_DO(mq_str_printf(&list, "%s%s", i > 0 ? ", " : "", csv->fields[i]));
    status = mq_hint("a schema file (--schema) tells which column is which; the file has: %s",
                     list.data);
done:
    mq_str_release(&list);
    return status;
}

// The column called `name`; its index is -1 when there is none.
static mq_status look_up(const struct mq_csv *csv, const char *name, struct mq_long_column *column)
{
    *column = (struct mq_long_column){-1, name};
    for (int64_t i = 0; i < csv->n; i++) {
        if (strcmp(csv->fields[i], name) != 0) continue;
        if (column->index >= 0)
            return mq_fail(MQ_DATA, "%s:%lld: two columns are called '%s'", csv->path,
                           (long long)csv->row, name);
        column->index = i;
    }
    return MQ_OK;
}

static mq_status find_named(const struct mq_csv *csv, const char *name,
                            struct mq_long_column *column)
{
    char quoted[MQ_NAME_MAX + 2];
    MQ_TRY(look_up(csv, name, column));
    if (column->index >= 0) return MQ_OK;
    (void)snprintf(quoted, sizeof quoted, "'%s'", name);
    return fail_missing(csv, quoted);
}

// The column that the schema names, or one of the two usual names.
static mq_status find_column(const struct mq_csv *csv, const char *name, const char *const usual[2],
                             struct mq_long_column *column)
{
    if (name[0] != '\0') return find_named(csv, name, column);
    for (int i = 0; i < 2; i++) {
        MQ_TRY(look_up(csv, usual[i], column));
        if (column->index >= 0) return MQ_OK;
    }
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "'%s' or '%s'", usual[0], usual[1]);
    return fail_missing(csv, quoted);
}

// Whether the schema gives a column a role of its own.
static bool is_used(const struct mq_long_columns *columns, const struct mq_schema *schema,
                    int64_t index)
{
    bool is_used = index == columns->target.index || index == columns->times.index ||
                   index == columns->available.index;
    for (int64_t i = 0; i < columns->n_id; i++)
        is_used = is_used || index == columns->id[i].index;
    for (int64_t i = 0; i < columns->n_timestamp; i++)
        is_used = is_used || index == columns->timestamp[i].index;
    for (int64_t c = 0; c < schema->n_covariates; c++)
        is_used = is_used || index == columns->covariates[c].index;
    return is_used;
}

static mq_status warn_unused(const struct mq_csv *csv, const struct mq_long_columns *columns,
                             const struct mq_schema *schema)
{
    struct mq_str list = {0};
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < csv->n; i++)
        if (!is_used(columns, schema, i))
            MQ_DO(mq_str_printf(&list, "%s%s", list.length > 0 ? ", " : "", csv->fields[i]));
    if (list.length > 0)
        mq_warn("%s: columns not used: %s (a schema file gives them roles)", csv->path, list.data);
done:
    mq_str_release(&list);
    return status;
}

static mq_status find_covariates(const struct mq_csv *csv, const struct mq_schema *schema,
                                 struct mq_long_columns *columns)
{
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        struct mq_long_column *column = &columns->covariates[c];
        MQ_TRY(find_named(csv, schema->covariates[c].name, column));
        bool is_taken = column->index == columns->target.index;
        for (int64_t i = 0; i < columns->n_timestamp; i++)
            is_taken = is_taken || column->index == columns->timestamp[i].index;
        for (int64_t i = 0; i < columns->n_id; i++)
            is_taken = is_taken || (column->index == columns->id[i].index &&
                                    schema->covariates[c].role != MQ_ROLE_STATIC_CATEGORY);
        if (is_taken)
            return mq_fail(MQ_USAGE, "column '%s' cannot be a covariate as well", column->name);
    }
    return MQ_OK;
}

static mq_status find_id(const struct mq_csv *csv, const struct mq_schema *schema,
                         struct mq_long_columns *columns)
{
    static const char *const usual[] = {"item_id", "unique_id"};
    if (schema->item[0] != '\0' || schema->items == MQ_ITEMS_COLUMNS) return MQ_OK;
    columns->n_id = schema->id.n > 0 ? schema->id.n : 1;
    if (schema->id.n == 0) return find_column(csv, "", usual, &columns->id[0]);
    for (int64_t i = 0; i < columns->n_id; i++)
        MQ_TRY(find_named(csv, schema->id.value[i], &columns->id[i]));
    return MQ_OK;
}

static mq_status find_timestamp(const struct mq_csv *csv, const struct mq_schema *schema,
                                struct mq_long_columns *columns)
{
    static const char *const usual[] = {"timestamp", "ds"};
    if (schema->is_undated) return MQ_OK;
    columns->n_timestamp = schema->timestamp.n > 0 ? schema->timestamp.n : 1;
    if (schema->timestamp.n == 0) return find_column(csv, "", usual, &columns->timestamp[0]);
    for (int64_t i = 0; i < columns->n_timestamp; i++)
        MQ_TRY(find_named(csv, schema->timestamp.value[i], &columns->timestamp[i]));
    return MQ_OK;
}

static mq_status find_target(const struct mq_csv *csv, const struct mq_schema *schema,
                             struct mq_long_columns *columns)
{
    static const char *const usual[] = {"target", "y"};
    columns->target.index = columns->times.index = columns->available.index = -1;
    if (schema->items != MQ_ITEMS_COLUMNS)
        MQ_TRY(find_column(csv, schema->target, usual, &columns->target));
    if (schema->times[0] != '\0') MQ_TRY(find_named(csv, schema->times, &columns->times));
    if (schema->available[0] == '\0') return MQ_OK;
    return find_named(csv, schema->available, &columns->available);
}

// ---- columns that are items ---------------------------------------------------------------------

static mq_status check_item_roles(const struct mq_schema *schema)
{
    const char *wrong = schema->target[0] != '\0'      ? schema->target
                        : schema->times[0] != '\0'     ? schema->times
                        : schema->available[0] != '\0' ? schema->available
                                                       : NULL;
    for (int64_t c = 0; c < schema->n_covariates; c++)
        if (schema->covariates[c].role != MQ_ROLE_CALENDAR) wrong = schema->covariates[c].name;
    if (wrong == NULL) return MQ_OK;
    return mq_fail(MQ_USAGE,
                   "column '%s': where columns are items, others are dates or calendar covariates",
                   wrong);
}

static bool is_ignored(const struct mq_schema *schema, const char *name)
{
    for (int64_t i = 0; i < schema->ignore.n; i++)
        if (strcmp(schema->ignore.value[i], name) == 0) return true;
    return name[strspn(name, " ")] == '\0';
}

static mq_status find_items(const struct mq_csv *csv, const struct mq_schema *schema,
                            struct mq_long_columns *columns)
{
    struct mq_long_column ignored;
    for (int64_t i = 0; i < schema->ignore.n; i++)
        MQ_TRY(find_named(csv, schema->ignore.value[i], &ignored));
    MQ_NEW(columns->item_column, csv->n);
    for (int64_t i = 0; i < csv->n; i++) {
        const int64_t before = columns->items.n;
        int64_t item = 0;
        if (is_used(columns, schema, i) || is_ignored(schema, csv->fields[i])) continue;
        MQ_TRY(mq_names_add(&columns->items, csv->fields[i], &item));
        if (item < before)
            return mq_fail(MQ_DATA, "%s:%lld: two columns are called '%s'", csv->path,
                           (long long)csv->row, csv->fields[i]);
        columns->item_column[item] = i;
    }
    if (columns->items.n > 0) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: no column is left for the items", csv->path);
}

// ---- all of it ----------------------------------------------------------------------------------

static bool names_columns(const struct mq_schema *schema)
{
    return schema->id.n > 0 || schema->item[0] != '\0' || schema->timestamp.n > 0 ||
           schema->target[0] != '\0' || schema->available[0] != '\0' || schema->n_covariates > 0;
}

mq_status mq_long_columns_read(struct mq_long_columns *columns, struct mq_csv *csv,
                               const struct mq_schema *schema)
{
    bool has_record = false;
    *columns = (struct mq_long_columns){0};
    MQ_TRY(mq_csv_names(csv, schema->has_header, &has_record));
    if (!has_record) return mq_fail(MQ_DATA, "%s: the file is empty", csv->path);
    columns->n = csv->n;
    MQ_TRY(find_id(csv, schema, columns));
    MQ_TRY(find_timestamp(csv, schema, columns));
    MQ_TRY(find_target(csv, schema, columns));
    MQ_TRY(find_covariates(csv, schema, columns));
    if (schema->items == MQ_ITEMS_COLUMNS) {
        MQ_TRY(check_item_roles(schema));
        return find_items(csv, schema, columns);
    }
    return names_columns(schema) ? MQ_OK : warn_unused(csv, columns, schema);
}

void mq_long_columns_release(struct mq_long_columns *columns)
{
    mq_names_release(&columns->items);
    mq_free(columns->item_column);
    *columns = (struct mq_long_columns){0};
}
