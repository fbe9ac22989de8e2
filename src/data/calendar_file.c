// Calendar files: cells become entries (date, covariate, value), and entries become periods.
#include "mq/data/calendar_file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/csv.h"
#include "data/input.h"
#include "data/layout.h"
#include "data/names.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "mq/base/path.h"

// An event a year in a panel of minutes takes half a million periods.
enum { DAY_S = 86400, PERIODS_PER_ENTRY = 1000000 };

// What the values of a column are is seen at the first one.
struct column {
    char name[MQ_NAME_MAX];
    enum mq_csv_kind kind;
    int64_t covariate; // of a column of numbers
    int64_t n_names; // of a column of names: its covariates so far
};

struct reader {
    struct mq_calendar_file *file;
    struct mq_csv csv;
    int64_t n_columns; // without the dates
    struct column columns[MQ_COVARIATES_MAX];
    int64_t column_of[MQ_COVARIATES_MAX]; // of each covariate
};

// ---- the header ---------------------------------------------------------------------------------

static mq_status check_dates(const struct mq_csv *csv)
{
    static const char *const names[] = {"date", "timestamp", "ds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(csv->fields[0], names[i]) == 0) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: the first column is '%s', not the date", csv->path,
                  (long long)csv->row, csv->fields[0]);
    return mq_hint("call it date, timestamp or ds");
}

static mq_status add_column(struct reader *reader, const char *name)
{
    const struct mq_csv *csv = &reader->csv;
    if (reader->n_columns == MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: more than %d columns beside the date", csv->path,
                       (long long)csv->row, MQ_COVARIATES_MAX);
    for (int64_t i = 0; i < reader->n_columns; i++)
        if (strcmp(name, reader->columns[i].name) == 0)
            return mq_fail(MQ_DATA, "%s:%lld: column '%s' twice", csv->path, (long long)csv->row,
                           name);
    struct column *column = &reader->columns[reader->n_columns++];
    const int n = snprintf(column->name, sizeof column->name, "%s", name);
    if (n == 0 || n >= MQ_NAME_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: column %lld has a name of %d bytes, 1 to %d are possible",
                       csv->path, (long long)csv->row, (long long)reader->n_columns + 1, n,
                       MQ_NAME_MAX - 1);
    return mq_name_check(name, csv->path, csv->row);
}

static mq_status read_header(struct reader *reader)
{
    struct mq_csv *csv = &reader->csv;
    bool has_record = false;
    MQ_TRY(mq_csv_next(csv, &has_record));
    if (!has_record) return mq_fail(MQ_DATA, "%s: the file is empty", csv->path);
    MQ_TRY(check_dates(csv));
    for (int64_t i = 1; i < csv->n; i++)
        MQ_TRY(add_column(reader, csv->fields[i]));
    if (reader->n_columns > 0) return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: no column beside the date", csv->path, (long long)csv->row);
}

// ---- cells --------------------------------------------------------------------------------------

static mq_status add_covariate(struct reader *reader, int64_t column, const char *name,
                               bool is_event, int64_t *covariate)
{
    struct mq_calendar_file *file = reader->file;
    if (file->n_covariates == MQ_COVARIATES_MAX) {
        (void)mq_fail(MQ_DATA, "%s:%lld: column '%s': '%s' is one covariate too many, at most %d",
                      file->path, (long long)reader->csv.row, reader->columns[column].name, name,
                      MQ_COVARIATES_MAX);
        return mq_hint("each name of an event is a covariate: give rare ones the same name");
    }
    *covariate = file->n_covariates++;
    reader->column_of[*covariate] = column;
    file->is_event[*covariate] = is_event;
    struct mq_covariate *made = &file->covariates[*covariate];
    made->role = MQ_ROLE_CALENDAR;
    (void)snprintf(made->name, sizeof made->name, "%s", name);
    return MQ_OK;
}

// "holiday" and "St. Patrick's Day" give "holiday_st_patrick_s_day": one word that can be named in
// a list of covariates.
static mq_status name_event(const struct reader *reader, const struct column *column,
                            const char *event, char name[MQ_NAME_MAX])
{
    const struct mq_csv *csv = &reader->csv;
    size_t n = strlen(column->name);
    memcpy(name, column->name, n);
    bool is_gap = true;
    bool is_empty = true;
    for (const char *c = event; *c != '\0' && n + 2 < MQ_NAME_MAX; c++) {
        const unsigned char byte = (unsigned char)*c;
        const bool is_letter = byte >= 0x80 || isalnum(byte) != 0;
        if (is_letter && is_gap) name[n++] = '_';
        if (is_letter) name[n++] = (char)(byte < 0x80 ? tolower(byte) : byte);
        is_gap = !is_letter;
        is_empty = is_empty && !is_letter;
    }
    name[n] = '\0';
    MQ_TRY(mq_name_check(event, csv->path, csv->row));
    if (!is_empty && n + 2 < MQ_NAME_MAX) return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: column '%s': '%.40s' cannot name an event", csv->path,
                   (long long)csv->row, column->name, event);
}

static mq_status find_event(struct reader *reader, int64_t number, const char *event,
                            int64_t *covariate)
{
    const struct mq_calendar_file *file = reader->file;
    char name[MQ_NAME_MAX];
    MQ_TRY(name_event(reader, &reader->columns[number], event, name));
    for (*covariate = 0; *covariate < file->n_covariates; ++*covariate)
        if (reader->column_of[*covariate] == number &&
            strcmp(file->covariates[*covariate].name, name) == 0)
            return MQ_OK;
    return add_covariate(reader, number, name, true, covariate);
}

static mq_status add_entry(struct mq_calendar_file *file, int64_t seconds, int64_t covariate,
                           float value)
{
    if (file->n_entries == file->capacity) {
        const int64_t capacity = mq_max_i64(256, 2 * file->capacity);
        struct mq_calendar_entry *entries = mq_realloc(file->entries, capacity, sizeof *entries);
        if (entries == NULL) return MQ_FAILED;
        file->entries = entries;
        file->capacity = capacity;
    }
    file->entries[file->n_entries++] = (struct mq_calendar_entry){seconds, covariate, value};
    return MQ_OK;
}

static mq_status read_cell(struct reader *reader, int64_t number, int64_t seconds)
{
    struct mq_calendar_file *file = reader->file;
    struct column *column = &reader->columns[number];
    const enum mq_csv_kind kind = mq_csv_kind(&reader->csv, number + 1);
    float value = 1;
    if (kind == MQ_CSV_MISSING) return MQ_OK;
    if (column->kind == MQ_CSV_MISSING) {
        column->kind = kind;
        if (kind == MQ_CSV_NUMBER)
            MQ_TRY(add_covariate(reader, number, column->name, true, &column->covariate));
    }
    int64_t covariate = column->covariate;
    if (column->kind == MQ_CSV_TEXT) {
        MQ_TRY(find_event(reader, number, reader->csv.fields[number + 1], &covariate));
    } else {
        MQ_TRY(mq_csv_number(&reader->csv, number + 1, column->name, &value));
        if (value != 0.0f && value != 1.0f) file->is_event[covariate] = false;
    }
    return add_entry(file, seconds, covariate, value);
}

static mq_status read_row(struct reader *reader, bool is_first)
{
    struct mq_csv *csv = &reader->csv;
    struct mq_calendar_file *file = reader->file;
    int64_t seconds = 0;
    if (csv->n != reader->n_columns + 1)
        return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                       (long long)csv->row, (long long)csv->n, (long long)reader->n_columns + 1);
    MQ_TRY(mq_csv_date(csv, 0, "date", &seconds));
    file->first_s = is_first ? seconds : mq_min_i64(file->first_s, seconds);
    file->last_s = is_first ? seconds : mq_max_i64(file->last_s, seconds);
    file->has_times = file->has_times || seconds % DAY_S != 0;
    for (int64_t i = 0; i < reader->n_columns; i++)
        MQ_TRY(read_cell(reader, i, seconds));
    return MQ_OK;
}

mq_status mq_calendar_file_read(struct mq_calendar_file *file, const char *path)
{
    mq_status status = MQ_OK;
    struct reader *reader = NULL;
    bool has_record = false;
    *file = (struct mq_calendar_file){.path = path};
    MQ_NEW(reader, 1);
    reader->file = file;
    MQ_DO(mq_csv_open(&reader->csv, path));
    MQ_DO(read_header(reader));
    MQ_DO(mq_csv_next(&reader->csv, &has_record));
    for (bool is_first = true; has_record; is_first = false) {
        MQ_DO(read_row(reader, is_first));
        MQ_DO(mq_csv_next(&reader->csv, &has_record));
    }
    if (file->n_entries == 0) MQ_DO(mq_fail(MQ_DATA, "%s: no date has a value", path));
done:
    mq_csv_close(&reader->csv);
    mq_free(reader);
    return status;
}

void mq_calendar_file_release(struct mq_calendar_file *file)
{
    mq_free(file->entries);
    *file = (struct mq_calendar_file){0};
}

// ---- the panel ----------------------------------------------------------------------------------

mq_status mq_calendar_file_join(const struct mq_calendar_file *file, struct mq_panel_info *info)
{
    const int64_t n = info->n_covariates + file->n_covariates;
    if (n > MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA,
                       "%s: %lld covariates and %lld of the sources are more than a panel has, %d",
                       file->path, (long long)file->n_covariates, (long long)info->n_covariates,
                       MQ_COVARIATES_MAX);
    memcpy(info->covariates + info->n_covariates, file->covariates,
           (size_t)file->n_covariates * sizeof *file->covariates);
    info->n_covariates = n;
    const size_t used = strlen(info->source);
    (void)snprintf(info->source + used, sizeof info->source - used, " with %s",
                   mq_source_name(file->path));
    info->source_sha256[0] = '\0'; // more than one file
    return MQ_OK;
}

// The last second that a date covers.
static int64_t end_of(const struct mq_calendar_file *file, int64_t seconds)
{
    return file->has_times ? seconds : seconds + DAY_S - 1;
}

// Values of a covariate at [0, n); `count` (n, all 0) is used up.
static void spread(const struct mq_calendar_file *file, const struct mq_calendar *calendar,
                   int64_t covariate, int64_t n, float values[], float count[])
{
    const bool is_event = file->is_event[covariate];
    const int64_t first = mq_period_of(calendar, file->first_s);
    for (int64_t t = 0; t < n; t++)
        values[t] = is_event && t >= first ? 0.0f : NAN;
    for (int64_t i = 0; i < file->n_entries; i++) {
        const struct mq_calendar_entry *entry = &file->entries[i];
        if (entry->covariate != covariate) continue;
        const int64_t last = mq_period_of(calendar, end_of(file, entry->seconds));
        const int64_t begin = mq_max_i64(0, mq_period_of(calendar, entry->seconds));
        for (int64_t t = begin; t <= last && t < n; t++) {
            if (is_event) {
                values[t] = fmaxf(values[t], entry->value);
                continue;
            }
            const float mean = count[t] > 0.0f ? values[t] : 0.0f;
            count[t] += 1.0f;
            values[t] = mean + (entry->value - mean) / count[t];
        }
    }
}

static void note_left_out(const struct mq_calendar_file *file, const struct mq_calendar *calendar)
{
    int64_t n = 0;
    char date[MQ_DATE_MAX];
    for (int64_t i = 0; i < file->n_entries; i++)
        n += mq_period_of(calendar, end_of(file, file->entries[i].seconds)) < 0;
    if (n == 0) return;
    mq_period_print(calendar, 0, date);
    mq_info("%s: %lld of %lld values lie before the panel begins, %s: left out", file->path,
            (long long)n, (long long)file->n_entries, date);
}

mq_status mq_calendar_file_write(const struct mq_calendar_file *file,
                                 const struct mq_calendar *calendar, int64_t first,
                                 struct mq_panel_writer *writer)
{
    mq_status status = MQ_OK;
    float *values = NULL;
    float *count = NULL;
    const int64_t end = mq_period_of(calendar, end_of(file, file->last_s)) + 1;
    const int64_t n = mq_max_i64(0, mq_min_i64(end, MQ_PERIODS_MAX));
    if (n / PERIODS_PER_ENTRY * file->n_covariates > file->n_entries)
        MQ_DO(mq_fail_proportion(file->path, calendar, n, n * file->n_covariates, file->n_entries));
    note_left_out(file, calendar);
    MQ_NEW_DO(values, n);
    MQ_NEW_DO(count, n);
    for (int64_t c = 0; c < file->n_covariates; c++) {
        memset(count, 0, (size_t)n * sizeof *count);
        spread(file, calendar, c, n, values, count);
        MQ_DO(mq_panel_set_calendar(writer, first + c, n, values));
    }
done:
    mq_free(values);
    mq_free(count);
    return status;
}
