// Wide CSV: one row per item, one column per period in order. Rows go straight to the panel.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/csv.h"
#include "data/frequency.h"
#include "data/date.h"
#include "data/names.h"
#include "data/rows.h"
#include "data/schema.h"
#include "mq/base/alloc.h"
#include "mq/base/log.h"
#include "mq/data/import.h"

enum kind { PERIOD, ID, STATIC, IGNORED };

struct wide {
    const struct mq_schema *schema;
    struct mq_csv csv;
    int64_t n_columns;
    enum kind *kind; // (n_columns)
    int64_t covariate[MQ_COVARIATES_MAX]; // column of each
    int64_t n_id;
    int64_t id[MQ_LIST_MAX]; // columns
    struct mq_str header; // names of the columns, each NUL-terminated
    size_t *name; // (n_columns) start of each in `header`
    int64_t n_periods; // columns of kind PERIOD
    struct mq_calendar calendar; // of the first file; the others must have the same
    float *values; // (n_periods) of one item
    bool has_values; // in any row so far
    float statics[MQ_COVARIATES_MAX];
    struct mq_str joined; // id of the row
    struct mq_names ids;
    struct mq_names categories[MQ_COVARIATES_MAX];
    struct mq_panel_writer *writer;
    struct mq_rows rows; // in place of the writer: what joins a panel
};

static void wide_release(struct wide *wide)
{
    mq_csv_close(&wide->csv);
    mq_free(wide->kind);
    mq_str_release(&wide->header);
    mq_free(wide->name);
    mq_free(wide->values);
    mq_str_release(&wide->joined);
    mq_names_release(&wide->ids);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_names_release(&wide->categories[c]);
    mq_panel_discard(wide->writer);
    mq_rows_release(&wide->rows);
}

static const char *column_name(const struct wide *wide, int64_t column)
{
    return wide->header.data + wide->name[column];
}

// ---- the header ---------------------------------------------------------------------------------

static mq_status check_roles(const struct mq_schema *schema)
{
    const char *wrong = schema->available[0] != '\0' ? schema->available
                        : schema->times[0] != '\0'   ? schema->times
                        : schema->target[0] != '\0'  ? schema->target
                        : schema->timestamp.n > 0    ? schema->timestamp.value[0]
                                                     : NULL;
    for (int64_t c = 0; c < schema->n_covariates; c++)
        if (schema->covariates[c].role < MQ_ROLE_STATIC_REAL) wrong = schema->covariates[c].name;
    const bool is_long = schema->items == MQ_ITEMS_COLUMNS || schema->is_undated ||
                         schema->ends_periods || schema->time_zone[0] != '\0' ||
                         schema->duplicates != MQ_REFUSE || schema->unnamed[0] != '\0';
    if (is_long)
        return mq_fail(MQ_USAGE,
                       "items: columns, undated, stamps, time_zone, duplicates and unnamed "
                       "are for csv, with one row per item and period");
    if (wrong == NULL) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "column '%s': a wide file holds targets and statics alone", wrong);
    return mq_hint("import it as csv, with one row per item and period");
}

static mq_status keep_header(struct wide *wide)
{
    wide->n_columns = wide->csv.n;
    MQ_NEW(wide->kind, wide->n_columns);
    MQ_NEW(wide->name, wide->n_columns);
    for (int64_t i = 0; i < wide->n_columns; i++) {
        wide->name[i] = wide->header.length;
        MQ_TRY(
            mq_str_add_bytes(&wide->header, wide->csv.fields[i], strlen(wide->csv.fields[i]) + 1));
    }
    return MQ_OK;
}

static mq_status find_column(const struct wide *wide, const char *name, int64_t *column)
{
    for (*column = 0; *column < wide->n_columns; ++*column)
        if (strcmp(column_name(wide, *column), name) == 0) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s: there is no column '%s'", wide->csv.path, name);
    return mq_hint("the first column is '%s'", column_name(wide, 0));
}

static mq_status find_id(struct wide *wide)
{
    const struct mq_text_list *columns = &wide->schema->id;
    if (wide->schema->items == MQ_ITEMS_NUMBERED) return MQ_OK;
    wide->n_id = columns->n > 0 ? columns->n : 1; // by default the first column
    for (int64_t i = 0; i < wide->n_id; i++) {
        if (columns->n > 0) MQ_TRY(find_column(wide, columns->value[i], &wide->id[i]));
        wide->kind[wide->id[i]] = ID;
    }
    return MQ_OK;
}

// A column without a name is no period: spreadsheets leave such columns at the end of rows.
static mq_status find_kinds(struct wide *wide)
{
    const struct mq_schema *schema = wide->schema;
    int64_t column = 0;
    for (int64_t i = 0; i < wide->n_columns; i++)
        if (column_name(wide, i)[strspn(column_name(wide, i), " ")] == '\0')
            wide->kind[i] = IGNORED;
    MQ_TRY(find_id(wide));
    for (int64_t i = 0; i < schema->ignore.n; i++) {
        MQ_TRY(find_column(wide, schema->ignore.value[i], &column));
        wide->kind[column] = IGNORED;
    }
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        MQ_TRY(find_column(wide, schema->covariates[c].name, &column));
        if (wide->kind[column] == ID && schema->covariates[c].role != MQ_ROLE_STATIC_CATEGORY)
            return mq_fail(MQ_USAGE, "column '%s' cannot be a covariate as well",
                           column_name(wide, column));
        if (wide->kind[column] == PERIOD) wide->kind[column] = STATIC;
        wide->covariate[c] = column;
    }
    for (int64_t i = 0; i < wide->n_columns; i++)
        wide->n_periods += wide->kind[i] == PERIOD;
    if (wide->n_periods == 0)
        return mq_fail(MQ_DATA, "%s: no column is left for the periods", wide->csv.path);
    return MQ_OK;
}

// Splits "W07" into the length of "W" and 7; false without a number at the end.
static bool split_number(const char *name, size_t *prefix, int64_t *number)
{
    *prefix = strlen(name);
    while (*prefix > 0 && name[*prefix - 1] >= '0' && name[*prefix - 1] <= '9')
        --*prefix;
    return mq_parse_i64(name + *prefix, number);
}

// Undated periods are one name with consecutive numbers, V1, V2, ...: a column of sums behind them
// is no period.
static mq_status check_numbers(const struct wide *wide, int64_t first)
{
    const char *before = NULL;
    size_t prefix = 0;
    int64_t expected = 0;
    for (int64_t i = first; i < wide->n_columns; i++) {
        if (wide->kind[i] != PERIOD) continue;
        const char *name = column_name(wide, i);
        size_t n = 0;
        int64_t number = 0;
        const bool has_number = split_number(name, &n, &number);
        const bool is_next =
            before == NULL || (n == prefix && memcmp(name, before, n) == 0 && number == expected);
        if (!has_number || !is_next) {
            if (before == NULL)
                (void)mq_fail(MQ_DATA, "%s: column '%s' is no period: neither a date nor numbered",
                              wide->csv.path, name);
            else
                (void)mq_fail(MQ_DATA, "%s: column '%s' is not the period that follows '%s'",
                              wide->csv.path, name, before);
            return mq_hint("a schema file names the columns that are no periods: "
                           "ignore: [SUM], id: sku, static: [kind]");
        }
        before = name;
        prefix = n;
        expected = number < INT64_MAX ? number + 1 : -1; // which no column has
    }
    return MQ_OK;
}

static mq_status number_periods(struct wide *wide, int64_t first)
{
    MQ_TRY(check_numbers(wide, first));
    if (wide->schema->frequency[0] == '\0')
        mq_warn("%s: the columns are no dates: taken as days since 2000-01-01 (a schema file names "
                "frequency and epoch)",
                wide->csv.path);
    return mq_schema_calendar(wide->schema, "daily", wide->csv.path, &wide->calendar);
}

static bool parse_date(const struct wide *wide, int64_t column, int64_t *seconds)
{
    struct mq_moment moment = {0};
    const bool is_date =
        wide->schema->has_header &&
        mq_date_format_read(wide->schema->date_format, column_name(wide, column), &moment);
    *seconds = moment.seconds;
    return is_date;
}

static mq_status column_date(const struct wide *wide, int64_t column, int64_t *seconds)
{
    if (parse_date(wide, column, seconds)) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: column '%s' is not a date, but the first period is",
                   wide->csv.path, column_name(wide, column));
}

static mq_status date_periods(struct wide *wide, int64_t first)
{
    struct mq_dates dates = {0};
    int64_t before = 0;
    for (int64_t i = first; i < wide->n_columns; i++) {
        if (wide->kind[i] != PERIOD) continue;
        int64_t seconds = 0;
        MQ_TRY(column_date(wide, i, &seconds));
        mq_dates_add(&dates, seconds, dates.n > 0 ? seconds - before : 0);
        before = seconds;
    }
    MQ_TRY(mq_dates_calendar(&dates, wide->schema->frequency, wide->csv.path, &wide->calendar));
    int64_t expected = 0;
    for (int64_t i = first; i < wide->n_columns; i++) {
        if (wide->kind[i] != PERIOD) continue;
        int64_t seconds = 0;
        MQ_TRY(column_date(wide, i, &seconds));
        char date[MQ_DATE_MAX];
        mq_period_print(&wide->calendar, expected, date);
        if (!mq_date_fits(&wide->calendar, seconds) ||
            mq_period_of(&wide->calendar, seconds) != expected)
            return mq_fail(MQ_DATA, "%s: column '%s' stands where %s should be", wide->csv.path,
                           column_name(wide, i), date);
        expected++;
    }
    return MQ_OK;
}

static mq_status read_header(struct wide *wide)
{
    bool has_record = false;
    MQ_TRY(mq_csv_names(&wide->csv, wide->schema->has_header, &has_record));
    if (!has_record) return mq_fail(MQ_DATA, "%s: the file is empty", wide->csv.path);
    MQ_TRY(keep_header(wide));
    MQ_TRY(find_kinds(wide));
    MQ_NEW(wide->values, wide->n_periods);
    int64_t first = 0;
    while (wide->kind[first] != PERIOD)
        first++;
    int64_t seconds = 0;
    if (parse_date(wide, first, &seconds)) return date_periods(wide, first);
    return number_periods(wide, first);
}

// Every file repeats the header of the first.
static mq_status check_header(struct wide *wide)
{
    bool has_record = false;
    MQ_TRY(mq_csv_names(&wide->csv, wide->schema->has_header, &has_record));
    bool is_same = has_record && wide->csv.n == wide->n_columns;
    for (int64_t i = 0; is_same && i < wide->n_columns; i++)
        is_same = strcmp(wide->csv.fields[i], column_name(wide, i)) == 0;
    if (is_same) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: the columns are not those of the first file", wide->csv.path);
}

// ---- items --------------------------------------------------------------------------------------

static mq_status read_static(struct wide *wide, int64_t c)
{
    const int64_t column = wide->covariate[c];
    const bool is_category = wide->schema->covariates[c].role == MQ_ROLE_STATIC_CATEGORY;
    wide->statics[c] = is_category ? 0.0f : NAN;
    if (column >= wide->csv.n) return MQ_OK;
    const char *name = wide->csv.fields[column];
    if (!is_category)
        return mq_csv_number(&wide->csv, column, column_name(wide, column), &wide->statics[c]);
    int64_t number = -1;
    if (*name != '\0') MQ_TRY(mq_names_add(&wide->categories[c], name, &number));
    wide->statics[c] = (float)(number + 1);
    return MQ_OK;
}

static mq_status read_id(struct wide *wide)
{
    const struct mq_csv *csv = &wide->csv;
    wide->joined.length = 0;
    if (wide->schema->items == MQ_ITEMS_NUMBERED)
        return mq_str_printf(&wide->joined, "%lld", (long long)wide->ids.n + 1);
    for (int64_t i = 0; i < wide->n_id; i++) {
        const char *field = wide->id[i] < csv->n ? csv->fields[wide->id[i]] : "";
        if (*field == '\0')
            return mq_fail(MQ_DATA, "%s:%lld: the item has no id", csv->path, (long long)csv->row);
        MQ_TRY(mq_str_printf(&wide->joined, "%s%s", i > 0 ? "_" : "", field));
    }
    return MQ_OK;
}

// Reads the fields of a row, which may end early; the missing periods are NaN.
static mq_status read_fields(struct wide *wide)
{
    struct mq_csv *csv = &wide->csv;
    int64_t period = 0;
    MQ_TRY(read_id(wide));
    for (int64_t i = 0; i < wide->n_columns; i++) {
        if (wide->kind[i] != PERIOD) continue;
        wide->values[period] = NAN;
        if (i < csv->n) MQ_TRY(mq_csv_number(csv, i, column_name(wide, i), &wide->values[period]));
        wide->has_values = wide->has_values || !isnan(wide->values[period]);
        period++;
    }
    for (int64_t c = 0; c < wide->schema->n_covariates; c++)
        MQ_TRY(read_static(wide, c));
    return MQ_OK;
}

static mq_status append_item(struct wide *wide, const char *id)
{
    const struct mq_schema *schema = wide->schema;
    int64_t start = 0;
    int64_t end = wide->n_periods;
    while (start < end && isnan(wide->values[start]))
        start++;
    while (end > start && isnan(wide->values[end - 1]))
        end--;
    if (schema->extend && end > start) end = wide->n_periods;
    if (schema->missing == MQ_MISSING_ZERO)
        for (int64_t j = start; j < end; j++)
            if (isnan(wide->values[j])) wide->values[j] = 0.0f;
    const struct mq_series series = {
        .id = id,
        .start = start,
        .length = end - start,
        .target = wide->values + start,
        .statics = wide->statics,
    };
    return mq_panel_append(wide->writer, &series);
}

// The item as rows that join a panel: one for each value, or one without when there is none.
static mq_status add_rows(struct wide *wide, const char *id)
{
    const struct mq_schema *schema = wide->schema;
    struct mq_rows *rows = &wide->rows;
    float *reals = NULL;
    bool has_row = false;
    for (int64_t t = 0; t < wide->n_periods; t++) {
        const bool is_last_chance = t == wide->n_periods - 1 && !has_row;
        if (isnan(wide->values[t]) && !is_last_chance) continue;
        const struct mq_moment moment = {mq_period_start_s(&wide->calendar, t), false};
        MQ_TRY(mq_rows_append(rows, id, wide->csv.row, &reals));
        MQ_TRY(mq_rows_set_time(rows, moment));
        MQ_TRY(mq_rows_set_target(rows, (double)wide->values[t], &reals[0]));
        has_row = true;
    }
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        const int64_t code = (int64_t)wide->statics[c];
        if (schema->covariates[c].role == MQ_ROLE_STATIC_REAL)
            MQ_TRY(mq_rows_set_real(rows, c, wide->statics[c]));
        else if (code > 0)
            MQ_TRY(mq_rows_set_category(rows, c, mq_names_at(&wide->categories[c], code - 1)));
    }
    return MQ_OK;
}

static mq_status read_row(struct wide *wide)
{
    const struct mq_csv *csv = &wide->csv;
    if (csv->n > wide->n_columns)
        return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                       (long long)csv->row, (long long)csv->n, (long long)wide->n_columns);
    MQ_TRY(read_fields(wide));
    const char *id = wide->joined.data;
    MQ_TRY(mq_name_check(id, csv->path, csv->row));
    const int64_t before = wide->ids.n;
    int64_t item = 0;
    MQ_TRY(mq_names_add(&wide->ids, id, &item));
    if (item < before)
        return mq_fail(MQ_DATA, "%s:%lld: item '%s' has a row already", csv->path,
                       (long long)csv->row, id);
    return wide->schema->append_to != NULL ? add_rows(wide, id) : append_item(wide, id);
}

static mq_status read_rows(struct wide *wide)
{
    bool has_record = false;
    MQ_TRY(mq_csv_next(&wide->csv, &has_record));
    while (has_record) {
        MQ_TRY(read_row(wide));
        MQ_TRY(mq_csv_next(&wide->csv, &has_record));
    }
    return MQ_OK;
}

// ---- the panel ----------------------------------------------------------------------------------

static mq_status begin_panel(struct wide *wide, const char *const sources[], int64_t n_sources,
                             const char *output)
{
    if (wide->schema->append_to != NULL)
        return mq_rows_init(&wide->rows, wide->schema, sources, n_sources);
    struct mq_panel_info info = {
        .calendar = wide->calendar,
        .n_covariates = wide->schema->n_covariates,
    };
    memcpy(info.covariates, wide->schema->covariates, sizeof info.covariates);
    MQ_TRY(mq_import_source(&info, "wide", sources, n_sources));
    return mq_import_create(&wide->writer, wide->schema, output, &info);
}

static mq_status write_vocabularies(struct wide *wide)
{
    for (int64_t c = 0; c < wide->schema->n_covariates; c++)
        if (wide->schema->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_vocabulary_write(&wide->categories[c], wide->writer, c));
    return MQ_OK;
}

static mq_status finish_panel(struct wide *wide, const char *output)
{
    if (wide->schema->append_to != NULL) return mq_rows_write(&wide->rows, "wide", output);
    MQ_TRY(write_vocabularies(wide));
    struct mq_panel_writer *writer = wide->writer;
    wide->writer = NULL;
    return mq_panel_publish(writer);
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct wide wide = {.schema = schema};
    MQ_DO(check_roles(schema));
    for (int64_t i = 0; i < n_sources; i++) {
        mq_csv_close(&wide.csv);
        MQ_DO(mq_csv_open_as(&wide.csv, sources[i], mq_schema_dialect(schema)));
        MQ_DO(i == 0 ? read_header(&wide) : check_header(&wide));
        if (i == 0) MQ_DO(begin_panel(&wide, sources, n_sources, output));
        wide.rows.source = i;
        MQ_DO(read_rows(&wide));
    }
    if (wide.ids.n == 0) MQ_DO(mq_fail(MQ_DATA, "%s: no rows", sources[0]));
    if (!wide.has_values) MQ_DO(mq_fail(MQ_DATA, "%s: no row has a value", sources[0]));
    MQ_DO(finish_panel(&wide, output));
done:
    wide_release(&wide);
    return status;
}

const struct mq_import_format mq_import_wide = {
    .name = "wide",
    .summary = "wide CSV, one row per item and one column per period",
    .can_append = true,
    .run = run,
};
