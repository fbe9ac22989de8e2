// The schema file, and what it says of sources without dates.
#include "data/schema.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "data/date_format.h"
#include "data/frequency.h"
#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/config/yaml.h"

enum { SCHEMA_BYTES_MAX = 1 << 20 };

struct schema_file {
    struct mq_text_list id;
    char item[MQ_TEXT_MAX];
    int items;
    char unnamed[MQ_TEXT_MAX];
    struct mq_text_list timestamp;
    bool undated;
    char date_format[MQ_TEXT_MAX];
    int stamps;
    char time_zone[MQ_TEXT_MAX];
    int clock;
    int doubled;
    char target[MQ_TEXT_MAX];
    char times[MQ_TEXT_MAX];
    int duplicates;
    char available[MQ_TEXT_MAX];
    char frequency[MQ_TEXT_MAX];
    char epoch[MQ_TEXT_MAX];
    int missing;
    bool extend;
    int64_t ahead;
    struct mq_text_list columns[5]; // by role
    struct mq_text_list ignore;
    char delimiter[MQ_TEXT_MAX];
    char decimal[MQ_TEXT_MAX];
    char encoding[MQ_TEXT_MAX];
    bool header;
};

static const char *const missing_choices[] = {
    [MQ_MISSING_NAN] = "nan", [MQ_MISSING_ZERO] = "zero", NULL};

static const char *const combine_choices[] = {
    [MQ_REFUSE] = "refuse", [MQ_SUM] = "sum",   [MQ_MEAN] = "mean",
    [MQ_FIRST] = "first",   [MQ_LAST] = "last", NULL};
static const char *const clock_choices[] = {
    [MQ_CLOCK_LOCAL] = "local", [MQ_CLOCK_UTC] = "utc", NULL};
static const char *const items_choices[] = {[MQ_ITEMS_NAMED] = "named",
                                            [MQ_ITEMS_COLUMNS] = "columns",
                                            [MQ_ITEMS_NUMBERED] = "numbered",
                                            NULL};
static const char *const stamps_choices[] = {"start", "end", NULL};

#define TEXT(field, text)                                                                          \
    {                                                                                              \
#field, MQ_TEXT, offsetof(struct schema_file, field), "", 0, 0, NULL, "", text             \
    }
#define LIST(key, field, text)                                                                     \
    {                                                                                              \
        key, MQ_TEXT_LIST, offsetof(struct schema_file, field), "[]", 0, 0, NULL, "", text         \
    }
#define CHOICE(field, fallback, choices, text)                                                     \
    {                                                                                              \
#field, MQ_CHOICE, offsetof(struct schema_file, field), fallback, 0, 0, choices, "", text  \
    }
#define SWITCH(field, fallback, text)                                                              \
    {                                                                                              \
#field, MQ_BOOL, offsetof(struct schema_file, field), fallback, 0, 0, NULL, "", text       \
    }
static const struct mq_setting rows[] = {
    LIST("id", id, "column of item ids, or several, joined by _; default item_id or unique_id"),
    TEXT(item, "id of the one item, where there is no column of ids"),
    CHOICE(items, "named", items_choices,
           "named: rows name their item; columns: each column without a role is an item; numbered: "
           "rows are items (wide)"),
    TEXT(unnamed, "id of rows whose id is empty; default: they are refused"),
    LIST("timestamp", timestamp,
         "column of dates, or several, joined by a space; default timestamp or ds"),
    SWITCH(undated, "false", "no dates: the rows of an item are consecutive periods from epoch"),
    TEXT(date_format, "strptime's, as %d.%m.%Y %H:%M, or unix, unix_ms; default ISO 8601"),
    CHOICE(stamps, "start", stamps_choices, "whether dates are the start or the end of a period"),
    TEXT(time_zone, "of the dates, as Europe/Berlin; default: dates are taken as they are"),
    CHOICE(clock, "local", clock_choices, "with time_zone: the panel's periods are local or UTC"),
    CHOICE(doubled, "refuse", combine_choices,
           "local clock: two rows of the hour that comes twice"),
    TEXT(target, "column to forecast; default target or y"),
    TEXT(times, "column that the target is multiplied by: quantity times price"),
    CHOICE(duplicates, "refuse", combine_choices, "several rows of one item and period"),
    TEXT(available, "column that is 0 where an item was out of stock"),
    TEXT(frequency, "hourly, daily, weekly, monthly, quarterly, yearly, 30min; default: guessed"),
    TEXT(epoch, "date of period 0 where periods are numbered or undated; default 2000-01-01"),
    {"missing", MQ_CHOICE, offsetof(struct schema_file, missing), "nan", 0, 0, missing_choices, "",
     "a period without a row: nan is not observed, zero is no demand"},
    {"extend", MQ_BOOL, offsetof(struct schema_file, extend), "false", 0, 0, NULL, "",
     "every series runs to the last period of the panel"},
    {"ahead", MQ_INT, offsetof(struct schema_file, ahead), "-1", -1, 1e6, NULL, "periods",
     "known periods past the end; -1: as far as the rows go"},
    LIST("static", columns[MQ_ROLE_STATIC_CATEGORY], "columns of categories of an item"),
    LIST("static_real", columns[MQ_ROLE_STATIC_REAL], "columns of numbers of an item"),
    LIST("known", columns[MQ_ROLE_KNOWN], "columns known ahead, by item and period"),
    LIST("past", columns[MQ_ROLE_PAST], "columns known up to the present, by item and period"),
    LIST("calendar", columns[MQ_ROLE_CALENDAR], "columns known ahead and the same for all items"),
    LIST("ignore", ignore, "columns that are no periods (wide) or items (items: columns)"),
    TEXT(delimiter, "between fields: one character, or tab; default a comma"),
    TEXT(decimal, "in numbers: . or ,"),
    TEXT(encoding, "of the file, as iconv has it: latin1, windows-1252, utf-16; default utf-8"),
    SWITCH(header, "true", "whether the first row names the columns; else they are 1, 2, 3, ..."),
};
#undef TEXT
#undef LIST
#undef CHOICE
#undef SWITCH

static const struct mq_section section = {"schema", rows, sizeof rows / sizeof rows[0]};

// One column needs no brackets: `id: sku` is `id: [sku]`.
static mq_status parse_entry(struct schema_file *file, const struct mq_setting *setting,
                             const struct mq_yaml_entry *entry, struct mq_source source)
{
    if (setting->type != MQ_TEXT_LIST || entry->is_list)
        return mq_setting_parse(&section, setting, entry->value, source, file);
    struct mq_str list = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_str_add(&list, "["));
    MQ_DO(mq_yaml_quote(&list, entry->value));
    MQ_DO(mq_str_add(&list, "]"));
    MQ_DO(mq_setting_parse(&section, setting, list.data, source, file));
done:
    mq_str_release(&list);
    return status;
}

static mq_status parse_entries(struct schema_file *file, const char *path,
                               const struct mq_yaml *yaml)
{
    MQ_TRY(mq_settings_default(&section, file));
    for (int64_t i = 0; i < yaml->n; i++) {
        const struct mq_yaml_entry *entry = &yaml->entries[i];
        const struct mq_source source = {path, entry->line};
        if (entry->section[0] != '\0')
            return mq_fail(MQ_USAGE, "%s:%lld: a schema has no sections, but '%s' is one", path,
                           (long long)entry->line, entry->section);
        const struct mq_setting *setting = NULL;
        MQ_TRY(mq_setting_find(&section, entry->key, source, &setting));
        MQ_TRY(parse_entry(file, setting, entry, source));
    }
    return MQ_OK;
}

static mq_status copy_name(char to[MQ_NAME_MAX], const char *from, const char *path)
{
    const int n = snprintf(to, MQ_NAME_MAX, "%s", from);
    if (n < MQ_NAME_MAX) return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: a column name of %d bytes, at most %d", path, n, MQ_NAME_MAX - 1);
}

static bool is_in(const struct mq_text_list *list, const char *column)
{
    for (int64_t i = 0; i < list->n; i++)
        if (strcmp(column, list->value[i]) == 0) return true;
    return false;
}

// What a column is already; the columns of the id may be categories as well: store, product.
static const char *used_as(const struct mq_schema *schema, const char *column, enum mq_role role)
{
    if (is_in(&schema->id, column) && role != MQ_ROLE_STATIC_CATEGORY) return "id";
    if (is_in(&schema->timestamp, column)) return "timestamp";
    if (strcmp(column, schema->target) == 0) return "target";
    if (strcmp(column, schema->available) == 0) return "available";
    if (is_in(&schema->ignore, column)) return "ignore";
    for (int64_t c = 0; c < schema->n_covariates; c++)
        if (strcmp(column, schema->covariates[c].name) == 0) return "covariate";
    return NULL;
}

static mq_status add_covariates(struct mq_schema *schema, const struct schema_file *file,
                                const char *path)
{
    for (enum mq_role role = MQ_ROLE_KNOWN; role <= MQ_ROLE_STATIC_CATEGORY; role++) {
        const struct mq_text_list *columns = &file->columns[role];
        for (int64_t i = 0; i < columns->n; i++) {
            const char *column = columns->value[i];
            const char *use = used_as(schema, column, role);
            if (use != NULL)
                return mq_fail(MQ_USAGE, "%s: column '%s' has two roles, one is %s", path, column,
                               use);
            if (schema->n_covariates == MQ_COVARIATES_MAX)
                return mq_fail(MQ_USAGE, "%s: more than %d covariates", path, MQ_COVARIATES_MAX);
            struct mq_covariate *covariate = &schema->covariates[schema->n_covariates++];
            covariate->role = role;
            MQ_TRY(copy_name(covariate->name, column, path));
        }
    }
    return MQ_OK;
}

static mq_status set_frequency(struct mq_schema *schema, const struct schema_file *file,
                               const char *path)
{
    struct mq_calendar unused;
    int64_t epoch_s = 0;
    MQ_TRY(copy_name(schema->frequency, file->frequency, path));
    MQ_TRY(copy_name(schema->epoch, file->epoch, path));
    if (schema->frequency[0] != '\0' &&
        !mq_frequency_parse(schema->frequency, &unused.unit, &unused.multiple)) {
        (void)mq_fail(MQ_USAGE, "%s: unknown frequency '%s'", path, schema->frequency);
        return mq_hint("hourly, daily, weekly, monthly, quarterly, yearly, or a multiple as 30min");
    }
    if (schema->epoch[0] != '\0' && !mq_date_parse(schema->epoch, &epoch_s))
        return mq_fail(MQ_USAGE, "%s: epoch '%s' is not a date", path, schema->epoch);
    return MQ_OK;
}

static mq_status copy_short(char to[MQ_FORMAT_MAX], const char *from, const char *key,
                            const char *path)
{
    if (snprintf(to, MQ_FORMAT_MAX, "%s", from) < MQ_FORMAT_MAX) return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: %s is longer than %d bytes", path, key, MQ_FORMAT_MAX - 1);
}

// How the file is written: what is between fields and in numbers.
static mq_status set_dialect(struct mq_schema *schema, const struct schema_file *file,
                             const char *path)
{
    const char *delimiter = strcmp(file->delimiter, "tab") == 0 ? "\t" : file->delimiter;
    const char *decimal = file->decimal[0] != '\0' ? file->decimal : ".";
    if (delimiter[0] != '\0') schema->delimiter = delimiter[0];
    if (strlen(delimiter) > 1 || strchr("\"\r\n", schema->delimiter) != NULL)
        return mq_fail(MQ_USAGE, "%s: delimiter is one character or tab, not '%s'", path,
                       file->delimiter);
    schema->decimal = decimal[0];
    if (strcmp(decimal, ".") != 0 && strcmp(decimal, ",") != 0)
        return mq_fail(MQ_USAGE, "%s: decimal is . or ,, not '%s'", path, decimal);
    schema->has_header = file->header;
    return copy_short(schema->encoding, file->encoding, "encoding", path);
}

static mq_status set_time(struct mq_schema *schema, const struct schema_file *file,
                          const char *path)
{
    schema->timestamp = file->timestamp;
    schema->is_undated = file->undated;
    schema->ends_periods = file->stamps == 1;
    schema->clock = (enum mq_clock)file->clock;
    schema->doubled = (enum mq_combine)file->doubled;
    MQ_TRY(copy_short(schema->date_format, file->date_format, "date_format", path));
    MQ_TRY(copy_short(schema->time_zone, file->time_zone, "time_zone", path));
    MQ_TRY(mq_date_format_check(schema->date_format, path));
    MQ_TRY(set_frequency(schema, file, path));
    if (schema->is_undated && (schema->timestamp.n > 0 || schema->frequency[0] == '\0'))
        return mq_fail(MQ_USAGE, "%s: undated: true takes a frequency and no timestamp", path);
    struct mq_calendar calendar = {.unit = MQ_MONTH};
    if (schema->frequency[0] != '\0')
        (void)mq_frequency_parse(schema->frequency, &calendar.unit, &calendar.multiple);
    if (schema->ends_periods && calendar.unit >= MQ_MONTH)
        return mq_fail(MQ_USAGE, "%s: stamps: end takes a frequency of minutes to weeks", path);
    const bool has_clock = file->clock != MQ_CLOCK_LOCAL || file->doubled != MQ_REFUSE;
    if (schema->time_zone[0] != '\0' || !has_clock) return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: clock and doubled say nothing without a time_zone", path);
}

static mq_status set_items(struct mq_schema *schema, const struct schema_file *file,
                           const char *path)
{
    schema->id = file->id;
    schema->ignore = file->ignore;
    schema->items = (enum mq_items_in)file->items;
    MQ_TRY(copy_name(schema->item, file->item, path));
    MQ_TRY(copy_name(schema->unnamed, file->unnamed, path));
    if (schema->item[0] != '\0' && schema->id.n > 0)
        return mq_fail(MQ_USAGE, "%s: item is for files without a column of ids, but id is '%s'",
                       path, schema->id.value[0]);
    if (schema->items == MQ_ITEMS_NAMED || (schema->id.n == 0 && schema->item[0] == '\0'))
        return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: items: %s leaves no place for id or item", path,
                   items_choices[schema->items]);
}

static mq_status fill_schema(struct mq_schema *schema, const struct schema_file *file,
                             const char *path)
{
    MQ_TRY(set_items(schema, file, path));
    MQ_TRY(set_time(schema, file, path));
    MQ_TRY(set_dialect(schema, file, path));
    MQ_TRY(copy_name(schema->target, file->target, path));
    MQ_TRY(copy_name(schema->times, file->times, path));
    MQ_TRY(copy_name(schema->available, file->available, path));
    schema->duplicates = (enum mq_combine)file->duplicates;
    schema->missing = (enum mq_missing)file->missing;
    schema->extend = file->extend;
    schema->ahead = file->ahead;
    return add_covariates(schema, file, path);
}

struct mq_schema mq_schema_default(void)
{
    return (struct mq_schema){.ahead = -1, .delimiter = ',', .decimal = '.', .has_header = true};
}

mq_status mq_schema_read(struct mq_schema *schema, const char *path)
{
    mq_status status = MQ_OK;
    struct mq_str text = {0};
    struct mq_yaml yaml = {0};
    struct schema_file *file = NULL;
    *schema = mq_schema_default();
    MQ_NEW_DO(file, 1);
    MQ_DO(mq_file_read_most(path, SCHEMA_BYTES_MAX, &text));
    MQ_DO(mq_yaml_parse(&yaml, path, text.data != NULL ? text.data : "", text.length));
    MQ_DO(parse_entries(file, path, &yaml));
    MQ_DO(fill_schema(schema, file, path));
done:
    mq_free(file);
    mq_yaml_release(&yaml);
    mq_str_release(&text);
    return status;
}

// ---- for importers ------------------------------------------------------------------------------

mq_status mq_schema_refuse_columns(const struct mq_schema *schema, const char *format)
{
    const char *column = schema->id.n > 0           ? schema->id.value[0]
                         : schema->ignore.n > 0     ? schema->ignore.value[0]
                         : schema->n_covariates > 0 ? schema->covariates[0].name
                         : schema->timestamp.n > 0  ? schema->timestamp.value[0]
                         : schema->target[0]        ? schema->target
                         : schema->times[0]         ? schema->times
                                                    : schema->available;
    const bool is_table = schema->delimiter != ',' || schema->decimal != '.' ||
                          schema->encoding[0] != '\0' || !schema->has_header ||
                          schema->items != MQ_ITEMS_NAMED || schema->is_undated ||
                          schema->ends_periods || schema->date_format[0] != '\0' ||
                          schema->time_zone[0] != '\0' || schema->duplicates != MQ_REFUSE;
    if (*column == '\0' && !is_table) return MQ_OK;
    if (*column != '\0')
        (void)mq_fail(MQ_USAGE, "the schema names column '%s', but %s files have their own roles",
                      column, format);
    else
        (void)mq_fail(MQ_USAGE, "the schema explains a table, but %s files have their own form",
                      format);
    return mq_hint("for %s a schema holds frequency, epoch, missing, extend and ahead", format);
}

mq_status mq_schema_calendar(const struct mq_schema *schema, const char *frequency,
                             const char *file, struct mq_calendar *calendar)
{
    if (schema->frequency[0] != '\0') frequency = schema->frequency;
    if (*frequency == '\0') {
        (void)mq_fail(MQ_USAGE, "%s: the frequency is not known", file);
        return mq_hint("name it in a schema file, for instance frequency: daily");
    }
    struct mq_dates dates = {0};
    int64_t epoch_s = 0;
    const bool is_date =
        mq_date_parse(schema->epoch[0] != '\0' ? schema->epoch : "2000-01-01", &epoch_s);
    MQ_ASSERT(is_date);
    (void)is_date;
    mq_dates_add(&dates, epoch_s, 0);
    MQ_TRY(mq_dates_calendar(&dates, frequency, file, calendar));
    if (calendar->unit == MQ_WEEK && schema->epoch[0] == '\0')
        (void)mq_date_parse("2000-01-03", &calendar->epoch_s);
    return MQ_OK;
}

struct mq_csv_dialect mq_schema_dialect(const struct mq_schema *schema)
{
    return (struct mq_csv_dialect){schema->delimiter, schema->decimal, schema->encoding};
}

bool mq_schema_has_numbered_periods(const struct mq_schema *schema)
{
    return schema->frequency[0] != '\0' && schema->epoch[0] != '\0';
}
