// The M4 competition's files: quoted wide rows "V1","V2",... of ragged length, the id first.
//
// Sources: the training rows; if given, the test rows that follow them; if given, a table about the
// items, known by its header: category and start of each. The M3 and tourism competitions have been
// published in the same form.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "data/csv.h"
#include "data/items.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/path.h"

struct m4 {
    const char *train_file;
    const char *test_file; // NULL: not given
    const char *facts_file; // NULL: not given
    struct mq_items train;
    struct mq_items test; // by the same ids
    struct mq_names ids; // of the facts
    struct mq_names categories;
    int64_t *category; // (ids.n) number
    int64_t *start_s; // (ids.n) or MQ_UNDATED
    int64_t n_facts; // room in both
    float *values; // of one row
    int64_t n_values;
};

static void m4_release(struct m4 *m4)
{
    mq_items_release(&m4->train);
    mq_items_release(&m4->test);
    mq_names_release(&m4->ids);
    mq_names_release(&m4->categories);
    mq_free(m4->category);
    mq_free(m4->start_s);
    mq_free(m4->values);
}

// ---- files --------------------------------------------------------------------------------------

static mq_status open_file(struct mq_csv *csv, const char *path)
{
    bool has_record = false;
    MQ_TRY(mq_csv_open(csv, path));
    MQ_TRY(mq_csv_next(csv, &has_record));
    return has_record ? MQ_OK : mq_fail(MQ_DATA, "%s: the file is empty", path);
}

static mq_status recognise(struct m4 *m4, const char *path)
{
    struct mq_csv csv = {0};
    mq_status status = MQ_OK;
    MQ_DO(open_file(&csv, path));
    const bool is_wide = strcmp(csv.fields[0], "V1") == 0;
    const char **role = !is_wide                 ? &m4->facts_file
                        : m4->train_file == NULL ? &m4->train_file
                                                 : &m4->test_file;
    if (*role != NULL)
        MQ_DO(mq_fail(MQ_USAGE, "%s: more than TRAIN, TEST and a table of items", path));
    *role = path;
done:
    mq_csv_close(&csv);
    return status;
}

// "Hourly-train.csv": the first such word in the name, "" for none.
static const char *frequency_in(const char *path)
{
    static const char *const words[] = {"hourly",  "daily",     "weekly",
                                        "monthly", "quarterly", "yearly"};
    for (const char *name = mq_path_name(path); *name != '\0'; name++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncasecmp(name, words[i], strlen(words[i])) == 0) return words[i];
    return "";
}

// ---- the table of items -------------------------------------------------------------------------

static int64_t find_column(const struct mq_csv *csv, const char *const names[2])
{
    for (int64_t i = 0; i < csv->n; i++)
        if (strcasecmp(csv->fields[i], names[0]) == 0 || strcasecmp(csv->fields[i], names[1]) == 0)
            return i;
    return -1;
}

// "1975:2", year and number of the period in it. Years of one or two digits are no dates: the
// period counts from an unknown one.
static bool parse_year_and_period(const char *text, enum mq_unit unit, int64_t *start_s)
{
    const int months = unit == MQ_MONTH ? 1 : unit == MQ_QUARTER ? 3 : 12;
    int year = 0;
    int number = 0;
    int end = 0;
    char date[MQ_DATE_MAX];
    if (sscanf(text, "%4d:%2d%n", &year, &number, &end) != 2 || text[end] != '\0') return false;
    if (year < 0 || number < 1 || (number - 1) * months >= 12) return false;
    (void)snprintf(date, sizeof date, "%04d-%02d", year, (number - 1) * months + 1);
    if (year < 100) *start_s = MQ_UNDATED;
    return year < 100 || mq_date_parse(date, start_s);
}

// "01-07-15 12:00", day first, as the competition of 2018 wrote dates: years up to 17 are 2017.
static bool parse_day_first(const char *text, int64_t *start_s)
{
    int day = 0;
    int month = 0;
    int year = 0;
    int hour = 0;
    int minute = 0;
    int end = 0;
    char date[64];
    if (sscanf(text, "%2d-%2d-%4d %2d:%2d%n", &day, &month, &year, &hour, &minute, &end) != 5 ||
        text[end] != '\0')
        return false;
    if (year < 100) year += year <= 17 ? 2000 : 1900;
    (void)snprintf(date, sizeof date, "%04d-%02d-%02d %02d:%02d", year, month, day, hour, minute);
    return mq_date_parse(date, start_s);
}

static mq_status read_start(struct m4 *m4, const struct mq_csv *csv, int64_t column,
                            int64_t *start_s)
{
    *start_s = MQ_UNDATED;
    if (column < 0 || column >= csv->n || csv->fields[column][0] == '\0') return MQ_OK;
    const char *text = csv->fields[column];
    if (mq_date_parse(text, start_s) || parse_day_first(text, start_s) ||
        parse_year_and_period(text, m4->train.info.calendar.unit, start_s))
        return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s:%lld: '%s' is not a date", csv->path, (long long)csv->row, text);
    return mq_hint("starts are written 2015-07-01 12:00, 01-07-15 12:00 or 1975:2, the year and "
                   "the number of the period in it");
}

static mq_status grow_facts(struct m4 *m4)
{
    const int64_t n = mq_max_i64(256, 2 * m4->n_facts);
    int64_t *category = mq_realloc(m4->category, n, sizeof *category);
    if (category == NULL) return MQ_FAILED;
    m4->category = category;
    int64_t *start_s = mq_realloc(m4->start_s, n, sizeof *start_s);
    if (start_s == NULL) return MQ_FAILED;
    m4->start_s = start_s;
    m4->n_facts = n;
    return MQ_OK;
}

static mq_status read_facts(struct m4 *m4)
{
    static const char *const categories[] = {"category", "type"};
    static const char *const starts[] = {"StartingDate", "start"};
    struct mq_csv csv = {0};
    mq_status status = MQ_OK;
    bool has_record = false;
    MQ_DO(open_file(&csv, m4->facts_file));
    const int64_t category = find_column(&csv, categories);
    const int64_t start = find_column(&csv, starts);
    if (category < 0 && start < 0) {
        (void)mq_fail(MQ_DATA, "%s: neither rows \"V1\",\"V2\",... nor a table of items", csv.path);
        MQ_DO(mq_hint("such a table has columns id, category or type, StartingDate or start"));
    }
    MQ_DO(mq_csv_next(&csv, &has_record));
    while (has_record) {
        int64_t item = 0;
        MQ_DO(mq_names_add(&m4->ids, csv.fields[0], &item));
        if (item >= m4->n_facts) MQ_DO(grow_facts(m4));
        MQ_DO(read_start(m4, &csv, start, &m4->start_s[item]));
        MQ_DO(mq_names_add(&m4->categories,
                           category >= 0 && category < csv.n ? csv.fields[category] : "",
                           &m4->category[item]));
        MQ_DO(mq_csv_next(&csv, &has_record));
    }
done:
    mq_csv_close(&csv);
    return status;
}

// ---- rows ---------------------------------------------------------------------------------------

// The numbers of a row; empty fields at its end are none, empty ones between are missing.
static mq_status read_values(struct m4 *m4, struct mq_csv *csv, int64_t *n)
{
    int64_t end = csv->n;
    while (end > 1 && csv->fields[end - 1][0] == '\0')
        end--;
    *n = end - 1;
    if (*n > m4->n_values) {
        const int64_t capacity = mq_max_i64(*n, 2 * m4->n_values);
        float *values = mq_realloc(m4->values, capacity, sizeof *values);
        if (values == NULL) return MQ_FAILED;
        m4->values = values;
        m4->n_values = capacity;
    }
    for (int64_t i = 0; i < *n; i++) {
        char column[32];
        (void)snprintf(column, sizeof column, "V%lld", (long long)i + 2);
        MQ_TRY(mq_csv_number(csv, i + 1, column, &m4->values[i]));
    }
    return MQ_OK;
}

static mq_status read_test_row(struct m4 *m4, struct mq_csv *csv)
{
    int64_t n = 0;
    MQ_TRY(mq_items_begin(&m4->test, csv->fields[0], MQ_UNDATED, csv->path, csv->row));
    MQ_TRY(read_values(m4, csv, &n));
    return mq_items_add_target(&m4->test, m4->values, n);
}

static mq_status add_test_values(struct m4 *m4, const struct mq_csv *csv)
{
    const int64_t number = mq_names_find(&m4->test.ids, csv->fields[0]);
    if (number < 0)
        return mq_fail(MQ_DATA, "%s:%lld: item '%s' has no row in %s", csv->path,
                       (long long)csv->row, csv->fields[0], m4->test_file);
    const struct mq_item *item = &m4->test.item[number];
    if (item->length == 0) return MQ_OK;
    return mq_items_add_target(&m4->train, m4->test.reals + item->first, item->length);
}

static mq_status read_train_row(struct m4 *m4, struct mq_csv *csv)
{
    int64_t n = 0;
    const int64_t fact = mq_names_find(&m4->ids, csv->fields[0]);
    if (m4->facts_file != NULL && fact < 0)
        return mq_fail(MQ_DATA, "%s:%lld: item '%s' has no row in %s", csv->path,
                       (long long)csv->row, csv->fields[0], m4->facts_file);
    MQ_TRY(mq_items_begin(&m4->train, csv->fields[0], fact >= 0 ? m4->start_s[fact] : MQ_UNDATED,
                          csv->path, csv->row));
    if (fact >= 0)
        MQ_TRY(
            mq_items_set_category(&m4->train, 0, mq_names_at(&m4->categories, m4->category[fact])));
    MQ_TRY(read_values(m4, csv, &n));
    MQ_TRY(mq_items_add_target(&m4->train, m4->values, n));
    return m4->test_file != NULL ? add_test_values(m4, csv) : MQ_OK;
}

static mq_status read_rows(struct m4 *m4, const char *path,
                           mq_status (*read_row)(struct m4 *, struct mq_csv *))
{
    struct mq_csv csv = {0};
    mq_status status = MQ_OK;
    bool has_record = false;
    MQ_DO(open_file(&csv, path));
    MQ_DO(mq_csv_next(&csv, &has_record));
    while (has_record) {
        MQ_DO(read_row(m4, &csv));
        MQ_DO(mq_csv_next(&csv, &has_record));
    }
done:
    mq_csv_close(&csv);
    return status;
}

static mq_status check_tests(const struct m4 *m4)
{
    for (int64_t i = 0; i < m4->test.ids.n; i++) {
        const char *id = mq_names_at(&m4->test.ids, i);
        if (mq_names_find(&m4->train.ids, id) < 0)
            return mq_fail(MQ_DATA, "%s: item '%s' has no row in %s", m4->test_file, id,
                           m4->train_file);
    }
    return MQ_OK;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct m4 m4 = {0};
    MQ_DO(mq_items_init(&m4.train, schema, "m4", sources, n_sources));
    for (int64_t i = 0; i < n_sources; i++)
        MQ_DO(recognise(&m4, sources[i]));
    if (m4.train_file == NULL) MQ_DO(mq_fail(MQ_DATA, "%s: its header is not V1", sources[0]));
    MQ_DO(mq_items_set_frequency(&m4.train, frequency_in(m4.train_file), m4.train_file));
    if (m4.facts_file != NULL) {
        MQ_DO(mq_items_add_covariate(&m4.train, "category", MQ_ROLE_STATIC_CATEGORY));
        MQ_DO(read_facts(&m4));
    }
    if (m4.test_file != NULL) MQ_DO(read_rows(&m4, m4.test_file, read_test_row));
    MQ_DO(read_rows(&m4, m4.train_file, read_train_row));
    MQ_DO(check_tests(&m4));
    MQ_DO(mq_items_write(&m4.train, output));
done:
    m4_release(&m4);
    return status;
}

const struct mq_import_format mq_import_m4 = {
    .name = "m4",
    .summary = "M4 competition: TRAIN.csv [TEST.csv] [INFO.csv], rows of \"V1\",\"V2\",...",
    .run = run,
};
