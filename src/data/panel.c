// Opening a panel: what it says about itself, and whether its datasets have the sizes they must.
// Indices are checked where they are read, so that memory stays bounded.
#include "data/panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"

// ---- attributes --------------------------------------------------------------------------------

/// An attribute of the file as text of at most `capacity` bytes; longer ones are cut.
static mq_status read_text(struct mq_h5 *file, const char *name, char *text, size_t capacity)
{
    struct mq_str value = {0};
    const mq_status status = mq_h5_get_text(file, "/", name, &value);
    if (status == MQ_OK) {
        (void)snprintf(text, capacity, "%s", value.data);
        mq_tame(text);
    }
    mq_str_release(&value);
    return status;
}

static mq_status check_format(struct mq_h5 *file)
{
    char format[64] = "";
    int64_t version = 0;
    const char *path = mq_h5_path(file);
    if (!mq_h5_has_attribute(file, "/", "format"))
        return mq_fail(MQ_DATA, "%s: not a panel: it does not say its format", path);
    MQ_TRY(read_text(file, "format", format, sizeof format));
    if (strcmp(format, MQ_PANEL_FORMAT) != 0) {
        (void)mq_fail(MQ_DATA, "%s: not a panel but '%s'", path, format);
        return mq_hint("panels come from mqcast import and mqcast synth");
    }
    MQ_TRY(mq_h5_get_i64(file, "/", "version", &version));
    if (version == MQ_PANEL_VERSION) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s: panel of version %lld, this program reads version %d", path,
                  (long long)version, MQ_PANEL_VERSION);
    return mq_hint("import its source again, or use the mqcast that wrote it");
}

static mq_status read_calendar(struct mq_h5 *file, struct mq_calendar *calendar)
{
    char frequency[64];
    char epoch[64];
    MQ_TRY(read_text(file, "frequency", frequency, sizeof frequency));
    MQ_TRY(read_text(file, "epoch", epoch, sizeof epoch));
    if (!mq_frequency_parse(frequency, &calendar->unit, &calendar->multiple))
        return mq_fail(MQ_DATA, "%s: '%s' is not a frequency", mq_h5_path(file), frequency);
    if (!mq_date_parse(epoch, &calendar->epoch_s))
        return mq_fail(MQ_DATA, "%s: the epoch '%s' is not a date", mq_h5_path(file), epoch);
    return MQ_OK;
}

static mq_status read_header(struct mq_panel *panel)
{
    struct mq_h5 *file = panel->file;
    struct mq_panel_info *info = &panel->info;
    MQ_TRY(check_format(file));
    MQ_TRY(read_calendar(file, &info->calendar));
    MQ_TRY(mq_h5_get_i64(file, "/", "n_periods", &info->n_periods));
    MQ_TRY(mq_h5_get_i64(file, "/", "ahead", &info->ahead));
    if (info->n_periods < 0 || info->n_periods > MQ_PERIODS_MAX || info->ahead < 0 ||
        info->ahead > MQ_PERIODS_MAX)
        return mq_fail(MQ_DATA, "%s: impossible: %lld periods, %lld ahead", mq_h5_path(file),
                       (long long)info->n_periods, (long long)info->ahead);
    MQ_TRY(read_text(file, "created", info->created, sizeof info->created));
    MQ_TRY(read_text(file, "source", info->source, sizeof info->source));
    MQ_TRY(read_text(file, "source_sha256", info->source_sha256, sizeof info->source_sha256));
    return read_text(file, "fingerprint", info->fingerprint, sizeof info->fingerprint);
}

// ---- datasets ----------------------------------------------------------------------------------

/// A dataset of one dimension; `n` is its size, which must be `expected` unless that is -1.
static mq_status open_table(struct mq_panel *panel, const char *name, enum mq_h5_type type,
                            int64_t expected, struct mq_h5_table **table, int64_t *n)
{
    struct mq_h5_shape shape;
    MQ_TRY(mq_h5_table_open(table, panel->file, name, type, &shape));
    if (shape.rank != 1)
        return mq_fail(MQ_DATA, "%s: %s: %d dimensions, expected 1", mq_h5_path(panel->file), name,
                       shape.rank);
    if (expected >= 0 && shape.size[0] != expected)
        return mq_fail(MQ_DATA, "%s: %s: %lld values, expected %lld", mq_h5_path(panel->file), name,
                       (long long)shape.size[0], (long long)expected);
    if (n != NULL) *n = shape.size[0];
    return MQ_OK;
}

/// The last series must end where the values end.
static mq_status check_last(struct mq_panel *panel)
{
    const struct mq_panel_info *info = &panel->info;
    int64_t offset = 0;
    int64_t length = 0;
    MQ_TRY(mq_h5_table_read(panel->offset, info->n_series - 1, 1, &offset));
    MQ_TRY(mq_h5_table_read(panel->length, info->n_series - 1, 1, &length));
    if (offset < 0 || length < 0 || length > info->n_values || offset != info->n_values - length)
        return mq_fail(MQ_DATA, "%s: the index ends at value %lld + %lld, /target has %lld",
                       mq_h5_path(panel->file), (long long)offset, (long long)length,
                       (long long)info->n_values);
    return MQ_OK;
}

static mq_status open_series(struct mq_panel *panel)
{
    struct mq_panel_info *info = &panel->info;
    struct mq_h5_shape ids;
    MQ_TRY(open_table(panel, "/series/start", MQ_H5_I64, -1, &panel->start, &info->n_series));
    if (info->n_series == 0) return mq_fail(MQ_DATA, "%s: no series", mq_h5_path(panel->file));
    MQ_TRY(open_table(panel, "/series/offset", MQ_H5_I64, info->n_series, &panel->offset, NULL));
    MQ_TRY(open_table(panel, "/series/length", MQ_H5_I64, info->n_series, &panel->length, NULL));
    if (mq_h5_has(panel->file, "/series/checksum"))
        MQ_TRY(open_table(panel, "/series/checksum", MQ_H5_I64, info->n_series, &panel->checksum,
                          NULL));
    MQ_TRY(mq_h5_shape(panel->file, "/series/id", &ids));
    if (ids.rank != 1 || ids.size[0] != info->n_series)
        return mq_fail(MQ_DATA, "%s: /series/id: not one id per series", mq_h5_path(panel->file));
    MQ_TRY(open_table(panel, "/target", MQ_H5_F32, -1, &panel->target, &info->n_values));
    info->has_available = mq_h5_has(panel->file, "/available");
    if (info->has_available)
        MQ_TRY(open_table(panel, "/available", MQ_H5_F32, info->n_values, &panel->available, NULL));
    return check_last(panel);
}

/// Puts a member of a group where it was among the writer's covariates.
static mq_status find_covariate(struct mq_panel *panel, enum mq_role role, const char *name)
{
    struct mq_covariate covariate = {.role = role};
    char dataset[MQ_H5_NAME_MAX];
    int64_t position = -1;
    const char *path = mq_h5_path(panel->file);
    if (!mq_is_printable(name))
        return mq_fail(MQ_DATA, "%s: %s: a name is not printable UTF-8", path, mq_role_group(role));
    if (strlen(name) >= sizeof covariate.name || !mq_path_is_entry(name))
        return mq_fail(MQ_DATA, "%s: '%.40s' cannot name a covariate", path, name);
    (void)snprintf(covariate.name, sizeof covariate.name, "%s", name);
    mq_covariate_dataset(&covariate, dataset);
    if (role == MQ_ROLE_STATIC_REAL && mq_h5_has_attribute(panel->file, dataset, "encoding"))
        covariate.role = MQ_ROLE_STATIC_CATEGORY;
    MQ_TRY(mq_h5_get_i64(panel->file, dataset, "position", &position));
    if (position < 0 || position >= MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA, "%s: %s: impossible position %lld", path, dataset,
                       (long long)position);
    if (panel->info.covariates[position].name[0] != '\0')
        return mq_fail(MQ_DATA, "%s: %s: position %lld is taken", path, dataset,
                       (long long)position);
    panel->info.covariates[position] = covariate;
    panel->info.n_covariates++;
    return MQ_OK;
}

static mq_status find_covariates(struct mq_panel *panel)
{
    static const enum mq_role roles[] = {MQ_ROLE_KNOWN, MQ_ROLE_CALENDAR, MQ_ROLE_PAST,
                                         MQ_ROLE_STATIC_REAL};
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        mq_status status = MQ_OK;
        char **names = NULL;
        int64_t n = 0;
        MQ_TRY(mq_h5_members(panel->file, mq_role_group(roles[r]), &names, &n));
        for (int64_t i = 0; i < n && status == MQ_OK; i++)
            status = find_covariate(panel, roles[r], names[i]);
        for (int64_t i = 0; i < n; i++)
            mq_free(names[i]);
        mq_free(names);
        MQ_TRY(status);
    }
    for (int64_t c = 0; c < panel->info.n_covariates; c++)
        if (panel->info.covariates[c].name[0] == '\0')
            return mq_fail(MQ_DATA, "%s: covariate %lld of %lld is missing",
                           mq_h5_path(panel->file), (long long)c,
                           (long long)panel->info.n_covariates);
    return MQ_OK;
}

/// Holds what was read against the attribute "checksum", if the dataset has one.
static mq_status check_checksum(struct mq_panel *panel, const char *dataset, int64_t found)
{
    int64_t stored = 0;
    if (!mq_h5_has_attribute(panel->file, dataset, "checksum")) return MQ_OK;
    MQ_TRY(mq_h5_get_i64(panel->file, dataset, "checksum", &stored));
    if (stored == found) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: %s: damaged: it does not match its checksum",
                   mq_h5_path(panel->file), dataset);
}

/// 2 when the values are 0 and 1 alone, and one of them is 1.
static int64_t cardinality_of(const float values[], int64_t n)
{
    bool has_event = false;
    for (int64_t i = 0; i < n; i++) {
        if (values[i] != 0.0f && values[i] != 1.0f && !isnan(values[i])) return 0;
        has_event = has_event || values[i] == 1.0f;
    }
    return has_event ? 2 : 0;
}

static mq_status load_calendar(struct mq_panel *panel, int64_t c, const char *dataset)
{
    const int64_t n_periods = panel->info.n_periods + panel->info.ahead;
    struct mq_h5_shape shape;
    MQ_TRY(mq_h5_shape(panel->file, dataset, &shape)); // before room is made for it
    const int64_t n = shape.size[0];
    if (shape.rank != 1 || n < n_periods || n > mq_max_i64(n_periods, MQ_PERIODS_MAX))
        return mq_fail(MQ_DATA, "%s: %s: not one value for each of %lld periods",
                       mq_h5_path(panel->file), dataset, (long long)n_periods);
    MQ_NEW(panel->calendar[c], n);
    panel->n_calendar[c] = n;
    MQ_TRY(mq_h5_read(panel->file, dataset, MQ_H5_F32, shape, panel->calendar[c]));
    MQ_TRY(check_checksum(panel, dataset, mq_calendar_checksum(panel->calendar[c], n)));
    panel->info.covariates[c].cardinality = cardinality_of(panel->calendar[c], n);
    return MQ_OK;
}

static mq_status open_covariate(struct mq_panel *panel, int64_t c)
{
    struct mq_panel_info *info = &panel->info;
    struct mq_covariate *covariate = &info->covariates[c];
    char dataset[MQ_H5_NAME_MAX];
    struct mq_h5_shape shape;
    mq_covariate_dataset(covariate, dataset);
    switch (covariate->role) {
    case MQ_ROLE_CALENDAR:
        return load_calendar(panel, c, dataset);
    case MQ_ROLE_KNOWN:
        if (info->n_series > (INT64_MAX - info->n_values) / (info->ahead + 1))
            return mq_fail(MQ_DATA, "%s: impossible: %lld series", mq_h5_path(panel->file),
                           (long long)info->n_series);
        return open_table(panel, dataset, MQ_H5_F32, info->n_values + info->n_series * info->ahead,
                          &panel->covariate[c], NULL);
    case MQ_ROLE_PAST:
        return open_table(panel, dataset, MQ_H5_F32, info->n_values, &panel->covariate[c], NULL);
    case MQ_ROLE_STATIC_CATEGORY:
        mq_covariate_vocabulary(covariate, dataset);
        MQ_TRY(mq_h5_shape(panel->file, dataset, &shape));
        if (shape.rank != 1 || shape.size[0] > MQ_CODES_MAX)
            return mq_fail(MQ_DATA, "%s: %s: impossible vocabulary", mq_h5_path(panel->file),
                           dataset);
        covariate->cardinality = shape.size[0];
        mq_covariate_dataset(covariate, dataset);
        break;
    case MQ_ROLE_STATIC_REAL:
        break;
    }
    return open_table(panel, dataset, MQ_H5_F32, info->n_series, &panel->covariate[c], NULL);
}

mq_status mq_panel_open(struct mq_panel **panel, const char *path)
{
    mq_status status = MQ_OK;
    *panel = NULL;
    struct mq_panel *made;
    MQ_NEW(made, 1);
    MQ_DO(mq_h5_open(&made->file, path));
    MQ_DO(read_header(made));
    MQ_DO(open_series(made));
    MQ_DO(find_covariates(made));
    for (int64_t c = 0; c < made->info.n_covariates; c++)
        MQ_DO(open_covariate(made, c));
    *panel = made;
    made = NULL;
done:
    mq_panel_close(made);
    return status;
}

mq_status mq_panel_outline(struct mq_panel **panel, const struct mq_panel_info *info)
{
    MQ_NEW(*panel, 1);
    (*panel)->info = *info;
    (*panel)->info.n_series = 0;
    (*panel)->info.n_periods = 0;
    (*panel)->info.n_values = 0;
    return MQ_OK;
}

mq_status mq_panel_outline_calendar(struct mq_panel *panel, int64_t index, int64_t first, int64_t n,
                                    const float values[])
{
    MQ_ASSERT(panel->info.covariates[index].role == MQ_ROLE_CALENDAR);
    const int64_t length = mq_max_i64(first + n, 0);
    float *calendar = NULL;
    MQ_NEW(calendar, length);
    for (int64_t period = 0; period < length; period++)
        calendar[period] = period < first ? NAN : values[period - first];
    mq_free(panel->calendar[index]);
    panel->calendar[index] = calendar;
    panel->n_calendar[index] = length;
    return MQ_OK;
}

void mq_panel_close(struct mq_panel *panel)
{
    if (panel == NULL) return;
    mq_h5_table_close(panel->start);
    mq_h5_table_close(panel->offset);
    mq_h5_table_close(panel->length);
    mq_h5_table_close(panel->checksum);
    mq_h5_table_close(panel->target);
    mq_h5_table_close(panel->available);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++) {
        mq_h5_table_close(panel->covariate[c]);
        mq_free(panel->calendar[c]);
    }
    mq_h5_close(panel->file);
    mq_free(panel);
}

const struct mq_panel_info *mq_panel_info(const struct mq_panel *panel)
{
    return &panel->info;
}

const char *mq_panel_path(const struct mq_panel *panel)
{
    return panel->file != NULL ? mq_h5_path(panel->file) : "in memory";
}

const float *mq_panel_calendar(const struct mq_panel *panel, int64_t index)
{
    MQ_ASSERT(panel->info.covariates[index].role == MQ_ROLE_CALENDAR);
    return panel->calendar[index];
}

int64_t mq_panel_calendar_length(const struct mq_panel *panel, int64_t index)
{
    MQ_ASSERT(panel->info.covariates[index].role == MQ_ROLE_CALENDAR);
    return panel->n_calendar[index];
}

mq_status mq_panel_id_width(struct mq_panel *panel, int64_t *width)
{
    return mq_h5_strings_width(panel->file, "/series/id", width);
}

mq_status mq_panel_vocabulary(struct mq_panel *panel, int64_t covariate, char ***names)
{
    const struct mq_covariate *category = &panel->info.covariates[covariate];
    char dataset[MQ_H5_NAME_MAX];
    MQ_ASSERT(category->role == MQ_ROLE_STATIC_CATEGORY);
    mq_covariate_vocabulary(category, dataset);
    MQ_TRY(mq_h5_read_strings(panel->file, dataset, 0, category->cardinality, names));
    const mq_status status = check_checksum(
        panel, dataset, mq_names_checksum((const char *const *)*names, category->cardinality));
    if (status == MQ_OK) return MQ_OK;
    mq_free(*names);
    *names = NULL;
    return status;
}
