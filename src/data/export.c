// Panel to long CSV: a pass over the series, and one row per item and period.
#include "mq/data/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/config/yaml.h"
#include "mq/data/csv_writer.h"

enum { SERIES_AT_ONCE = 256 };

// Columns that are no covariates; a covariate of the same name pushes them aside.
enum { ID, TIMESTAMP, TARGET, AVAILABLE, N_COLUMNS };

struct export
{
    struct mq_panel *panel;
    const struct mq_panel_info *info;
    char column[N_COLUMNS][MQ_NAME_MAX + 4];
    char **vocabulary[MQ_COVARIATES_MAX]; // of categories
    int64_t ahead; // periods of known covariates past the end; 0 where there are none
    bool reaches_end; // every series that has values goes to the panel's last period
    struct mq_csv_writer *csv;
    struct mq_series_block block;
    char **ids; // of the block
};

static void export_release(struct export *export)
{
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(export->vocabulary[c]);
    mq_csv_discard(export->csv);
    mq_series_block_release(&export->block);
    mq_free(export->ids);
}

// ---- names --------------------------------------------------------------------------------------

static bool is_covariate(const struct mq_panel_info *info, const char *name)
{
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (strcmp(info->covariates[c].name, name) == 0) return true;
    return false;
}

static bool is_known_ahead(const struct mq_panel_info *info)
{
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_KNOWN ||
            info->covariates[c].role == MQ_ROLE_CALENDAR)
            return true;
    return false;
}

static mq_status name_columns(struct export *export)
{
    static const char *const usual[N_COLUMNS] = {"item_id", "timestamp", "target", "available"};
    const struct mq_panel_info *info = export->info;
    for (int64_t c = 0; c < info->n_covariates; c++)
        for (int64_t b = 0; b < c; b++)
            if (strcmp(info->covariates[b].name, info->covariates[c].name) == 0)
                return mq_fail(MQ_DATA, "%s: two covariates are called '%s': CSV cannot hold both",
                               mq_panel_path(export->panel), info->covariates[c].name);
    for (int i = 0; i < N_COLUMNS; i++) {
        char *name = export->column[i];
        (void)snprintf(name, sizeof export->column[i], "%s", usual[i]);
        for (size_t n = strlen(name); is_covariate(info, name) && n + 1 < MQ_NAME_MAX; n++) {
            name[n] = '_';
            name[n + 1] = '\0';
        }
    }
    return MQ_OK;
}

static mq_status read_vocabularies(struct export *export)
{
    for (int64_t c = 0; c < export->info->n_covariates; c++)
        if (export->info->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_panel_vocabulary(export->panel, c, &export->vocabulary[c]));
    return MQ_OK;
}

// ---- the schema ---------------------------------------------------------------------------------

static mq_status add_key(struct mq_str *schema, const char *key, const char *name)
{
    MQ_TRY(mq_str_printf(schema, "%s: ", key));
    MQ_TRY(mq_yaml_quote(schema, name));
    return mq_str_add(schema, "\n");
}

static mq_status add_list(struct mq_str *schema, const struct mq_panel_info *info, const char *key,
                          enum mq_role role)
{
    bool is_first = true;
    for (int64_t c = 0; c < info->n_covariates; c++) {
        if (info->covariates[c].role != role) continue;
        MQ_TRY(mq_str_add(schema, is_first ? key : ", "));
        if (is_first) MQ_TRY(mq_str_add(schema, ": ["));
        MQ_TRY(mq_yaml_quote(schema, info->covariates[c].name));
        is_first = false;
    }
    return is_first ? MQ_OK : mq_str_add(schema, "]\n");
}

static mq_status print_schema(const struct export *export, struct mq_str *schema)
{
    static const char *const keys[] = {
        [MQ_ROLE_KNOWN] = "known",
        [MQ_ROLE_CALENDAR] = "calendar",
        [MQ_ROLE_PAST] = "past",
        [MQ_ROLE_STATIC_REAL] = "static_real",
        [MQ_ROLE_STATIC_CATEGORY] = "static",
    };
    const struct mq_panel_info *info = export->info;
    char frequency[MQ_DATE_MAX];
    mq_frequency_print(&info->calendar, frequency);
    MQ_TRY(add_key(schema, "id", export->column[ID]));
    MQ_TRY(add_key(schema, "timestamp", export->column[TIMESTAMP]));
    MQ_TRY(add_key(schema, "target", export->column[TARGET]));
    if (info->has_available) MQ_TRY(add_key(schema, "available", export->column[AVAILABLE]));
    MQ_TRY(add_key(schema, "frequency", frequency));
    MQ_TRY(mq_str_printf(schema, "extend: %s\nahead: %lld\n",
                         export->reaches_end ? "true" : "false", (long long)info->ahead));
    for (enum mq_role role = MQ_ROLE_KNOWN; role <= MQ_ROLE_STATIC_CATEGORY; role++)
        MQ_TRY(add_list(schema, info, keys[role], role));
    return MQ_OK;
}

mq_status mq_panel_schema_path(const char *output, char path[MQ_PATH_MAX])
{
    const size_t n = strlen(output);
    const size_t stem = mq_path_has_suffix(output, ".csv") ? n - strlen(".csv") : n;
    if (snprintf(path, MQ_PATH_MAX, "%.*s.yaml", (int)stem, output) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "%s: the path is too long", output);
    return MQ_OK;
}

static mq_status write_schema(const struct export *export, const char *output)
{
    struct mq_str schema = {0};
    char path[MQ_PATH_MAX];
    mq_status status = mq_panel_schema_path(output, path);
    if (status == MQ_OK) status = print_schema(export, &schema);
    if (status == MQ_OK) status = mq_file_replace(path, schema.data, schema.length);
    mq_str_release(&schema);
    return status;
}

// ---- rows ---------------------------------------------------------------------------------------

static void write_header(struct export *export)
{
    for (int i = ID; i < N_COLUMNS; i++)
        if (i != AVAILABLE || export->info->has_available)
            mq_csv_put_text(export->csv, export->column[i]);
    for (int64_t c = 0; c < export->info->n_covariates; c++)
        mq_csv_put_text(export->csv, export->info->covariates[c].name);
    mq_csv_end_row(export->csv);
}

static void write_covariate(const struct export *export, int64_t c, int64_t i, int64_t j)
{
    const struct mq_series_block *block = &export->block;
    const bool is_inside = j < block->length[i];
    const bool is_known = j < block->length[i] + block->ahead;
    float value = NAN;
    switch (export->info->covariates[c].role) {
    case MQ_ROLE_KNOWN:
        if (is_known) value = block->known[c][block->offset[i] + i * block->ahead + j];
        break;
    case MQ_ROLE_CALENDAR:
        // A series without values may begin after everything that is known.
        if (is_known && block->start[i] + j < mq_panel_calendar_length(export->panel, c))
            value = mq_panel_calendar(export->panel, c)[block->start[i] + j];
        break;
    case MQ_ROLE_PAST:
        if (is_inside) value = block->past[c][block->offset[i] + j];
        break;
    case MQ_ROLE_STATIC_REAL:
        value = block->statics[c][i];
        break;
    case MQ_ROLE_STATIC_CATEGORY: {
        const int64_t code = (int64_t)block->statics[c][i];
        mq_csv_put_text(export->csv, code > 0 ? export->vocabulary[c][code - 1] : "");
        return;
    }
    }
    mq_csv_put_real(export->csv, value);
}

// Periods of the series and those known ahead. A series without values has a row nonetheless, so
// that the item is there.
static void write_series(const struct export *export, int64_t i)
{
    const struct mq_series_block *block = &export->block;
    const struct mq_panel_info *info = export->info;
    const int64_t n = mq_max_i64(1, block->length[i] + export->ahead);
    for (int64_t j = 0; j < n; j++) {
        const bool is_inside = j < block->length[i];
        char date[MQ_DATE_MAX];
        mq_period_print(&info->calendar, block->start[i] + j, date);
        mq_csv_put_text(export->csv, export->ids[i]);
        mq_csv_put_text(export->csv, date);
        mq_csv_put_real(export->csv, is_inside ? block->target[block->offset[i] + j] : NAN);
        if (info->has_available)
            mq_csv_put_real(export->csv, is_inside ? block->available[block->offset[i] + j] : NAN);
        for (int64_t c = 0; c < info->n_covariates; c++)
            write_covariate(export, c, i, j);
        mq_csv_end_row(export->csv);
    }
}

static mq_status write_rows(struct export *export)
{
    const struct mq_panel_info *info = export->info;
    export->reaches_end = true;
    for (int64_t first = 0; first < info->n_series; first += SERIES_AT_ONCE) {
        const int64_t n = mq_min_i64(SERIES_AT_ONCE, info->n_series - first);
        mq_series_block_release(&export->block);
        mq_free(export->ids);
        export->ids = NULL;
        MQ_TRY(mq_panel_ids(export->panel, first, n, &export->ids));
        MQ_TRY(mq_panel_read(export->panel, first, n, &export->block));
        for (int64_t i = 0; i < n; i++) {
            const int64_t length = export->block.length[i];
            if (length > 0 && export->block.start[i] + length < info->n_periods)
                export->reaches_end = false;
            write_series(export, i);
        }
    }
    return MQ_OK;
}

mq_status mq_panel_export(struct mq_panel *panel, const char *output)
{
    mq_status status = MQ_OK;
    struct export export = {.panel = panel, .info = mq_panel_info(panel)};
    export.ahead = is_known_ahead(export.info) ? export.info->ahead : 0;
    MQ_DO(name_columns(&export));
    MQ_DO(read_vocabularies(&export));
    MQ_DO(mq_csv_create(&export.csv, output));
    write_header(&export);
    MQ_DO(write_rows(&export));
    MQ_DO(write_schema(&export, output));
    status = mq_csv_publish(export.csv);
    export.csv = NULL;
done:
    export_release(&export);
    return status;
}
