// Long CSV: one row per item and period, in any order, in one file or several; or one column per item.
#include <stdio.h>
#include <string.h>

#include "data/date.h"
#include "data/date_format.h"
#include "data/layout.h"
#include "data/long_columns.h"
#include "data/rows.h"
#include "data/schema.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

struct reader {
    struct mq_csv csv;
    struct mq_long_columns columns;
    struct mq_rows *rows;
    bool has_numbered_periods; // as well as dates
    struct mq_calendar calendar; // of numbered and undated periods
    struct mq_str id;
    struct mq_str date;
    int64_t *n_undated; // (items) rows of each so far
    int64_t item_capacity;
};

// ---- time ---------------------------------------------------------------------------------------

static mq_status join_date(struct reader *reader, char **text)
{
    struct mq_csv *csv = &reader->csv;
    const struct mq_long_columns *columns = &reader->columns;
    if (columns->n_timestamp == 1) {
        *text = mq_csv_text(csv, columns->timestamp[0].index);
        return MQ_OK;
    }
    reader->date.length = 0;
    for (int64_t i = 0; i < columns->n_timestamp; i++)
        MQ_TRY(mq_str_printf(&reader->date, "%s%s", i > 0 ? " " : "",
                             mq_csv_text(csv, columns->timestamp[i].index)));
    *text = reader->date.data;
    return MQ_OK;
}

static mq_status fail_date(const struct reader *reader, const char *text)
{
    const struct mq_csv *csv = &reader->csv;
    const char *format = reader->rows->schema->date_format;
    (void)mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is not a date", csv->path,
                  (long long)csv->row, reader->columns.timestamp[0].name, text);
    if (format[0] != '\0') return mq_hint("date_format is %s", format);
    return mq_hint("dates are written 2011-12-09, 2011-12 or 2011-12-09 08:00; a schema file names "
                   "others (date_format: %%d.%%m.%%Y), numbered periods need frequency and epoch");
}

static mq_status read_time(struct reader *reader, struct mq_moment *moment)
{
    const struct mq_csv *csv = &reader->csv;
    char *text = NULL;
    int64_t period = 0;
    MQ_TRY(join_date(reader, &text));
    if (!reader->has_numbered_periods || !mq_parse_i64(text, &period))
        return mq_date_format_read(reader->rows->schema->date_format, text, moment)
                   ? MQ_OK
                   : fail_date(reader, text);
    if (period < 0 || period >= MQ_PERIODS_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: column '%s': period %lld is not from 0 to %d", csv->path,
                       (long long)csv->row, reader->columns.timestamp[0].name, (long long)period,
                       MQ_PERIODS_MAX - 1);
    *moment = (struct mq_moment){mq_period_start_s(&reader->calendar, period), false};
    return MQ_OK;
}

// The period that follows the item's row before.
static mq_status next_undated(struct reader *reader, int64_t item, int64_t *seconds)
{
    if (item >= reader->item_capacity) {
        const int64_t capacity = mq_max_i64(256, 2 * item);
        int64_t *counts = mq_realloc(reader->n_undated, capacity, sizeof *counts);
        if (counts == NULL) return MQ_FAILED;
        for (int64_t i = reader->item_capacity; i < capacity; i++)
            counts[i] = 0;
        reader->n_undated = counts;
        reader->item_capacity = capacity;
    }
    *seconds = mq_period_start_s(&reader->calendar, reader->n_undated[item]++);
    return MQ_OK;
}

// ---- rows ---------------------------------------------------------------------------------------

static mq_status read_number(struct mq_csv *csv, struct mq_long_column column, float *value)
{
    return mq_csv_number(csv, column.index, column.name, value);
}

static mq_status read_target(struct reader *reader, struct mq_long_column column, float *value)
{
    const struct mq_long_column times = reader->columns.times;
    double target = 0;
    double factor = 1;
    MQ_TRY(mq_csv_real(&reader->csv, column.index, column.name, &target));
    if (times.index >= 0) MQ_TRY(mq_csv_real(&reader->csv, times.index, times.name, &factor));
    return mq_rows_set_target(reader->rows, target * factor, value);
}

static mq_status read_available(struct mq_csv *csv, struct mq_long_column column, float *value)
{
    MQ_TRY(read_number(csv, column, value));
    if (*value == 0.0f || *value == 1.0f || *value != *value) return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is not 0 or 1", csv->path,
                   (long long)csv->row, column.name, csv->fields[column.index]);
}

static mq_status read_covariate(struct mq_csv *csv, struct mq_rows *rows, int64_t c,
                                struct mq_long_column column, float reals[])
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
static mq_status read_id(struct reader *reader, const char **text)
{
    const struct mq_csv *csv = &reader->csv;
    const struct mq_long_columns *columns = &reader->columns;
    const char *unnamed = reader->rows->schema->unnamed;
    reader->id.length = 0;
    for (int64_t i = 0; i < columns->n_id; i++) {
        const char *field = csv->fields[columns->id[i].index];
        if (*field == '\0') field = unnamed;
        if (*field == '\0') {
            (void)mq_fail(MQ_DATA, "%s:%lld: column '%s' is empty", csv->path, (long long)csv->row,
                          columns->id[i].name);
            return mq_hint("a schema file gives such rows an id: unnamed: other");
        }
        *text = field;
        if (columns->n_id > 1) MQ_TRY(mq_str_printf(&reader->id, "%s%s", i > 0 ? "_" : "", field));
    }
    if (columns->n_id > 1) *text = reader->id.data;
    return MQ_OK;
}

// One row of the panel: of the record, or of the column of an item in it.
static mq_status add_row(struct reader *reader, const char *id, struct mq_moment moment,
                         struct mq_long_column target)
{
    struct mq_csv *csv = &reader->csv;
    struct mq_rows *rows = reader->rows;
    const struct mq_long_columns *columns = &reader->columns;
    float *reals = NULL;
    MQ_TRY(mq_rows_append(rows, id, csv->row, &reals));
    int64_t *time = &rows->time[rows->n - 1];
    if (rows->schema->is_undated)
        MQ_TRY(next_undated(reader, rows->item[rows->n - 1], time));
    else
        MQ_TRY(mq_rows_set_time(rows, moment));
    MQ_TRY(read_target(reader, target, &reals[0]));
    if (rows->available >= 0)
        MQ_TRY(read_available(csv, columns->available, &reals[rows->available]));
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        MQ_TRY(read_covariate(csv, rows, c, columns->covariates[c], reals));
    return MQ_OK;
}

static mq_status read_record(struct reader *reader)
{
    struct mq_csv *csv = &reader->csv;
    const struct mq_long_columns *columns = &reader->columns;
    if (csv->n != columns->n)
        return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                       (long long)csv->row, (long long)csv->n, (long long)columns->n);
    const char *id = reader->rows->schema->item;
    struct mq_moment moment = {0};
    MQ_TRY(read_id(reader, &id));
    if (!reader->rows->schema->is_undated) MQ_TRY(read_time(reader, &moment));
    if (columns->items.n == 0) return add_row(reader, id, moment, columns->target);
    for (int64_t i = 0; i < columns->items.n; i++) {
        const char *name = mq_names_at(&columns->items, i);
        const struct mq_long_column target = {columns->item_column[i], name};
        MQ_TRY(add_row(reader, name, moment, target));
    }
    return MQ_OK;
}

static mq_status read_file(struct reader *reader, const char *path)
{
    const struct mq_schema *schema = reader->rows->schema;
    mq_status status = MQ_OK;
    bool has_record = false;
    if (reader->has_numbered_periods || schema->is_undated)
        MQ_DO(mq_schema_calendar(schema, "", path, &reader->calendar));
    MQ_DO(mq_csv_open_as(&reader->csv, path, mq_schema_dialect(schema)));
    MQ_DO(mq_long_columns_read(&reader->columns, &reader->csv, schema));
    MQ_DO(mq_csv_next(&reader->csv, &has_record));
    while (has_record) {
        MQ_DO(read_record(reader));
        MQ_DO(mq_csv_next(&reader->csv, &has_record));
    }
done:
    mq_csv_close(&reader->csv);
    mq_long_columns_release(&reader->columns);
    return status;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct mq_rows rows = {0};
    struct reader reader = {.rows = &rows};
    if (schema->items == MQ_ITEMS_NUMBERED)
        return mq_fail(MQ_USAGE, "items: numbered is for wide files");
    reader.has_numbered_periods =
        mq_schema_has_numbered_periods(schema) && schema->date_format[0] == '\0';
    MQ_DO(mq_rows_init(&rows, schema, sources, n_sources));
    for (rows.source = 0; rows.source < n_sources; rows.source++)
        MQ_DO(read_file(&reader, sources[rows.source]));
    MQ_DO(mq_rows_write(&rows, "csv", output));
done:
    mq_str_release(&reader.id);
    mq_str_release(&reader.date);
    mq_free(reader.n_undated);
    mq_rows_release(&rows);
    return status;
}

const struct mq_import_format mq_import_csv = {
    .name = "csv",
    .summary =
        "long CSV, one row per item and period: item_id, timestamp, target or unique_id, ds, y",
    .can_append = true,
    .run = run,
};
