// The registry of import formats, the schema file, and what a panel remembers of its source.
#include "mq/data/import.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mq/base/alloc.h"
#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/base/str.h"
#include "mq/config/setting.h"
#include "mq/config/yaml.h"

// ---- formats ------------------------------------------------------------------------------------

#define MQ_IMPORT(name) extern const struct mq_import_format mq_import_##name;
#include "data/import.def"
#undef MQ_IMPORT

static const struct mq_import_format *const formats[] = {
#define MQ_IMPORT(name) &mq_import_##name,
#include "data/import.def"
#undef MQ_IMPORT
};

enum { N_FORMATS = sizeof formats / sizeof formats[0] };

const struct mq_import_format *const *mq_import_formats(int64_t *n)
{
    *n = N_FORMATS;
    return formats;
}

const struct mq_import_format *mq_import_find(const char *name)
{
    const char *names[N_FORMATS];
    char list[MQ_HINT_MAX] = "";
    for (int i = 0; i < N_FORMATS; i++) {
        names[i] = formats[i]->name;
        if (strcmp(name, names[i]) == 0) return formats[i];
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    (void)mq_fail(MQ_USAGE, "there is no import format '%s'", name);
    const char *nearest = mq_str_nearest(name, names, N_FORMATS);
    (void)(nearest != NULL ? mq_hint("did you mean '%s'?", nearest) : mq_hint("one of: %s", list));
    return NULL;
}

// ---- the schema file ----------------------------------------------------------------------------

struct schema_file {
    char id[MQ_TEXT_MAX];
    char timestamp[MQ_TEXT_MAX];
    char target[MQ_TEXT_MAX];
    char available[MQ_TEXT_MAX];
    char frequency[MQ_TEXT_MAX];
    int missing;
    bool extend;
    int64_t ahead;
    struct mq_text_list columns[5]; // by role
};

static const char *const missing_choices[] = {
    [MQ_MISSING_NAN] = "nan", [MQ_MISSING_ZERO] = "zero", NULL};

#define TEXT(field, text)                                                                          \
    {                                                                                              \
#field, MQ_TEXT, offsetof(struct schema_file, field), "", 0, 0, NULL, "", text             \
    }
#define LIST(key, role, text)                                                                      \
    {                                                                                              \
        key, MQ_TEXT_LIST, offsetof(struct schema_file, columns[role]), "[]", 0, 0, NULL, "", text \
    }
static const struct mq_setting rows[] = {
    TEXT(id, "column of item ids; default item_id or unique_id"),
    TEXT(timestamp, "column of dates; default timestamp or ds"),
    TEXT(target, "column to forecast; default target or y"),
    TEXT(available, "column that is 0 where an item was out of stock"),
    TEXT(frequency, "hourly, daily, weekly, monthly, quarterly, yearly, 30min; default: guessed"),
    {"missing", MQ_CHOICE, offsetof(struct schema_file, missing), "nan", 0, 0, missing_choices, "",
     "a period without a row: nan is not observed, zero is no demand"},
    {"extend", MQ_BOOL, offsetof(struct schema_file, extend), "false", 0, 0, NULL, "",
     "every series runs to the last period of the panel"},
    {"ahead", MQ_INT, offsetof(struct schema_file, ahead), "-1", -1, 1e6, NULL, "periods",
     "known periods past the end; -1: as far as the rows go"},
    LIST("static", MQ_ROLE_STATIC_CATEGORY, "columns of categories of an item"),
    LIST("static_real", MQ_ROLE_STATIC_REAL, "columns of numbers of an item"),
    LIST("known", MQ_ROLE_KNOWN, "columns known ahead, by item and period"),
    LIST("past", MQ_ROLE_PAST, "columns known up to the present, by item and period"),
    LIST("calendar", MQ_ROLE_CALENDAR, "columns known ahead and the same for all items"),
};
#undef TEXT
#undef LIST

static const struct mq_section section = {"schema", rows, sizeof rows / sizeof rows[0]};

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
        MQ_TRY(mq_setting_parse(&section, setting, entry->value, source, file));
    }
    return MQ_OK;
}

static mq_status copy_name(char to[MQ_NAME_MAX], const char *from, const char *path)
{
    const int n = snprintf(to, MQ_NAME_MAX, "%s", from);
    if (n < MQ_NAME_MAX) return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: a column name of %d bytes, at most %d", path, n, MQ_NAME_MAX - 1);
}

static const char *used_as(const struct mq_schema *schema, const char *column)
{
    if (strcmp(column, schema->id) == 0) return "id";
    if (strcmp(column, schema->timestamp) == 0) return "timestamp";
    if (strcmp(column, schema->target) == 0) return "target";
    if (strcmp(column, schema->available) == 0) return "available";
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
            const char *use = used_as(schema, column);
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

static mq_status fill_schema(struct mq_schema *schema, const struct schema_file *file,
                             const char *path)
{
    MQ_TRY(copy_name(schema->id, file->id, path));
    MQ_TRY(copy_name(schema->timestamp, file->timestamp, path));
    MQ_TRY(copy_name(schema->target, file->target, path));
    MQ_TRY(copy_name(schema->available, file->available, path));
    MQ_TRY(copy_name(schema->frequency, file->frequency, path));
    schema->missing = (enum mq_missing)file->missing;
    schema->extend = file->extend;
    schema->ahead = file->ahead;
    struct mq_calendar unused;
    if (schema->frequency[0] != '\0' &&
        !mq_frequency_parse(schema->frequency, &unused.unit, &unused.multiple)) {
        (void)mq_fail(MQ_USAGE, "%s: unknown frequency '%s'", path, schema->frequency);
        return mq_hint("hourly, daily, weekly, monthly, quarterly, yearly, or a multiple as 30min");
    }
    return add_covariates(schema, file, path);
}

struct mq_schema mq_schema_default(void)
{
    return (struct mq_schema){.ahead = -1};
}

mq_status mq_schema_read(struct mq_schema *schema, const char *path)
{
    mq_status status = MQ_OK;
    struct mq_str text = {0};
    struct mq_yaml yaml = {0};
    struct schema_file *file = NULL;
    *schema = mq_schema_default();
    MQ_NEW_DO(file, 1);
    MQ_DO(mq_file_read(path, &text));
    MQ_DO(mq_yaml_parse(&yaml, path, text.data != NULL ? text.data : "", text.length));
    MQ_DO(parse_entries(file, path, &yaml));
    MQ_DO(fill_schema(schema, file, path));
done:
    mq_free(file);
    mq_yaml_release(&yaml);
    mq_str_release(&text);
    return status;
}

// ---- the source ---------------------------------------------------------------------------------

mq_status mq_import_source(struct mq_panel_info *info, const char *format,
                           const char *const sources[], int64_t n_sources)
{
    char more[32] = "";
    if (n_sources > 1)
        (void)snprintf(more, sizeof more, " and %lld more", (long long)n_sources - 1);
    (void)snprintf(info->source, sizeof info->source, "%s: %.255s%s", format,
                   mq_path_name(sources[0]), more);
    struct stat status;
    const bool is_plain = stat(sources[0], &status) == 0 && S_ISREG(status.st_mode);
    if (n_sources > 1 || !is_plain) return MQ_OK;
    return mq_sha256_file(sources[0], info->source_sha256);
}
