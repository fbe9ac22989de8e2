// Long CSV: one row per item and period, in any order, in one file or several.
#include <stdio.h>
#include <string.h>

#include "data/csv.h"
#include "data/date.h"
#include "data/layout.h"
#include "data/rows.h"
#include "data/schema.h"
#include "mq/base/log.h"

// Where things are in a file, and what they are called there.
struct column {
    int64_t index;
    const char *name;
};
struct columns {
    int64_t n; // of the header
    int64_t n_id;
    struct column id[MQ_LIST_MAX];
    struct column timestamp;
    struct column target;
    struct column available;
    struct column covariates[MQ_COVARIATES_MAX];
};
struct reader {
    struct mq_csv csv;
    struct columns columns;
    bool has_numbered_periods; // as well as dates
    struct mq_calendar calendar; // of the numbers
    struct mq_str id;
};

// ---- the header ---------------------------------------------------------------------------------

static mq_status fail_missing(const struct mq_csv *csv, const char *wanted)
{
    (void)mq_fail(MQ_DATA, "%s: there is no column %s", csv->path, wanted);
    const char *other = csv->n == 1 ? strpbrk(csv->fields[0], ";\t|") : NULL;
    if (other != NULL && *other == '\t') return mq_hint("fields are parted by commas, here by tabs");
    if (other != NULL) return mq_hint("fields are parted by commas, here by '%c'", *other);
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
static mq_status look_up(const struct mq_csv *csv, const char *name, struct column *column)
{
    *column = (struct column){-1, name};
    for (int64_t i = 0; i < csv->n; i++) {
        if (strcmp(csv->fields[i], name) != 0) continue;
        if (column->index >= 0)
            return mq_fail(MQ_DATA, "%s:%lld: two columns are called '%s'", csv->path,
                           (long long)csv->row, name);
        column->index = i;
    }
    return MQ_OK;
}

static mq_status find_named(const struct mq_csv *csv, const char *name, struct column *column)
{
    char quoted[MQ_NAME_MAX + 2];
    MQ_TRY(look_up(csv, name, column));
    if (column->index >= 0) return MQ_OK;
    (void)snprintf(quoted, sizeof quoted, "'%s'", name);
    return fail_missing(csv, quoted);
}

// The column that the schema names, or one of the two usual names.
static mq_status find_column(const struct mq_csv *csv, const char *name, const char *const usual[2],
                             struct column *column)
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

static mq_status warn_unused(const struct mq_csv *csv, const struct columns *columns)
{
    struct mq_str list = {0};
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < csv->n; i++) {
        if (i == columns->id[0].index || i == columns->timestamp.index ||
            i == columns->target.index)
            continue;
        MQ_DO(mq_str_printf(&list, "%s%s", list.length > 0 ? ", " : "", csv->fields[i]));
    }
    if (list.length > 0)
        mq_warn("%s: columns not used: %s (a schema file gives them roles)", csv->path, list.data);
done:
    mq_str_release(&list);
    return status;
}

static mq_status find_covariates(const struct mq_csv *csv, const struct mq_schema *schema,
                                 struct columns *columns)
{
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        struct column *column = &columns->covariates[c];
        MQ_TRY(find_named(csv, schema->covariates[c].name, column));
        bool is_taken =
            column->index == columns->timestamp.index || column->index == columns->target.index;
        for (int64_t i = 0; i < columns->n_id; i++)
            is_taken = is_taken || (column->index == columns->id[i].index &&
                                    schema->covariates[c].role != MQ_ROLE_STATIC_CATEGORY);
        if (is_taken)
            return mq_fail(MQ_USAGE, "column '%s' cannot be a covariate as well", column->name);
    }
    return MQ_OK;
}

static mq_status find_id(const struct mq_csv *csv, const struct mq_schema *schema,
                         struct columns *columns)
{
    static const char *const ids[] = {"item_id", "unique_id"};
    columns->id[0].index = -1;
    columns->n_id = schema->item[0] != '\0' ? 0 : schema->id.n > 0 ? schema->id.n : 1;
    if (columns->n_id == 1 && schema->id.n == 0) return find_column(csv, "", ids, &columns->id[0]);
    for (int64_t i = 0; i < columns->n_id; i++)
        MQ_TRY(find_named(csv, schema->id.value[i], &columns->id[i]));
    return MQ_OK;
}

static mq_status read_header(struct mq_csv *csv, const struct mq_schema *schema,
                             struct columns *columns)
{
    static const char *const timestamps[] = {"timestamp", "ds"};
    static const char *const targets[] = {"target", "y"};
    bool has_record = false;
    MQ_TRY(mq_csv_next(csv, &has_record));
    if (!has_record) return mq_fail(MQ_DATA, "%s: the file is empty", csv->path);
    columns->n = csv->n;
    MQ_TRY(find_id(csv, schema, columns));
    MQ_TRY(find_column(csv, schema->timestamp, timestamps, &columns->timestamp));
    MQ_TRY(find_column(csv, schema->target, targets, &columns->target));
    columns->available.index = -1;
    if (schema->available[0] != '\0')
        MQ_TRY(find_named(csv, schema->available, &columns->available));
    MQ_TRY(find_covariates(csv, schema, columns));
    const bool has_schema = schema->id.n > 0 || schema->item[0] != '\0' ||
                            schema->timestamp[0] != '\0' || schema->target[0] != '\0' ||
                            schema->available[0] != '\0' || schema->n_covariates > 0;
    return has_schema ? MQ_OK : warn_unused(csv, columns);
}

// ---- rows ---------------------------------------------------------------------------------------

static mq_status read_number(struct mq_csv *csv, struct column column, float *value)
{
    return mq_csv_number(csv, column.index, column.name, value);
}

static mq_status read_available(struct mq_csv *csv, struct column column, float *value)
{
    MQ_TRY(read_number(csv, column, value));
    if (*value == 0.0f || *value == 1.0f || *value != *value) return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is not 0 or 1", csv->path,
                   (long long)csv->row, column.name, csv->fields[column.index]);
}

static mq_status read_covariate(struct mq_csv *csv, struct mq_rows *rows, int64_t c,
                                struct column column, float reals[])
{
    const enum mq_role role = rows->schema->covariates[c].role;
    if (role == MQ_ROLE_STATIC_CATEGORY)
        return mq_rows_set_category(rows, c, csv->fields[column.index]);
    float value = 0;
    MQ_TRY(read_number(csv, column, &value));
    if (role == MQ_ROLE_STATIC_REAL) return mq_rows_set_real(rows, c, value);
    reals[rows->slot[c]] = value;
    return MQ_OK;
}

// The fields of the id joined by "_", in `id` when there are several; `text` is the item otherwise.
static mq_status read_id(const struct mq_csv *csv, const struct columns *columns, struct mq_str *id,
                         const char **text)
{
    id->length = 0;
    for (int64_t i = 0; i < columns->n_id; i++) {
        const char *field = csv->fields[columns->id[i].index];
        if (*field == '\0')
            return mq_fail(MQ_DATA, "%s:%lld: column '%s' is empty", csv->path, (long long)csv->row,
                           columns->id[i].name);
        *text = field;
        if (columns->n_id > 1) MQ_TRY(mq_str_printf(id, "%s%s", i > 0 ? "_" : "", field));
    }
    if (columns->n_id > 1) *text = id->data;
    return MQ_OK;
}

static mq_status read_time(struct reader *reader, int64_t *seconds)
{
    struct mq_csv *csv = &reader->csv;
    const struct column *column = &reader->columns.timestamp;
    int64_t period = 0;
    if (!reader->has_numbered_periods || !mq_parse_i64(csv->fields[column->index], &period))
        return mq_csv_date(csv, column->index, column->name, seconds);
    if (period < 0 || period >= MQ_PERIODS_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: column '%s': period %lld is not from 0 to %d", csv->path,
                       (long long)csv->row, column->name, (long long)period, MQ_PERIODS_MAX - 1);
    *seconds = mq_period_start_s(&reader->calendar, period);
    return MQ_OK;
}

static mq_status read_row(struct reader *reader, struct mq_rows *rows)
{
    struct mq_csv *csv = &reader->csv;
    const struct columns *columns = &reader->columns;
    if (csv->n != columns->n)
        return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                       (long long)csv->row, (long long)csv->n, (long long)columns->n);
    const char *id = rows->schema->item;
    int64_t seconds = 0;
    float *reals = NULL;
    MQ_TRY(read_id(csv, columns, &reader->id, &id));
    MQ_TRY(read_time(reader, &seconds));
    MQ_TRY(mq_rows_append(rows, id, seconds, csv->row, &reals));
    MQ_TRY(read_number(csv, columns->target, &reals[0]));
    if (rows->available >= 0)
        MQ_TRY(read_available(csv, columns->available, &reals[rows->available]));
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        MQ_TRY(read_covariate(csv, rows, c, columns->covariates[c], reals));
    return MQ_OK;
}

static mq_status read_file(const char *path, struct mq_rows *rows)
{
    mq_status status = MQ_OK;
    struct reader reader = {.has_numbered_periods = mq_schema_has_numbered_periods(rows->schema)};
    bool has_record = false;
    if (reader.has_numbered_periods)
        MQ_DO(mq_schema_calendar(rows->schema, "", path, &reader.calendar));
    MQ_DO(mq_csv_open(&reader.csv, path));
    MQ_DO(read_header(&reader.csv, rows->schema, &reader.columns));
    MQ_DO(mq_csv_next(&reader.csv, &has_record));
    while (has_record) {
        MQ_DO(read_row(&reader, rows));
        MQ_DO(mq_csv_next(&reader.csv, &has_record));
    }
done:
    mq_csv_close(&reader.csv);
    mq_str_release(&reader.id);
    return status;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct mq_rows rows = {0};
    MQ_DO(mq_rows_init(&rows, schema, sources, n_sources));
    for (rows.source = 0; rows.source < n_sources; rows.source++)
        MQ_DO(read_file(sources[rows.source], &rows));
    MQ_DO(mq_rows_write(&rows, "csv", output));
done:
    mq_rows_release(&rows);
    return status;
}

const struct mq_import_format mq_import_csv = {
    .name = "csv",
    .summary =
        "long CSV, one row per item and period: item_id, timestamp, target or unique_id, ds, y",
    .run = run,
};
