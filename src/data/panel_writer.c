// Writing a panel: series stream through buffered columns, the rest is written at the end.
#include "mq/data/panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/column.h"
#include "data/layout.h"
#include "data/names.h"
#include "mq/base/path.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"

struct mq_panel_writer {
    struct mq_h5 *file;
    struct mq_panel_info info;
    struct mq_sha256 hash;
    struct mq_names ids;
    struct mq_column start;
    struct mq_column offset;
    struct mq_column length;
    struct mq_column checksum;
    struct mq_column target;
    struct mq_column available;
    struct mq_column covariate[MQ_COVARIATES_MAX];
    struct mq_names vocabulary[MQ_COVARIATES_MAX];
    float largest_code[MQ_COVARIATES_MAX];
    float *calendar[MQ_COVARIATES_MAX];
    int64_t n_calendar[MQ_COVARIATES_MAX];
};

// ---- creating ----------------------------------------------------------------------------------

static mq_status check_names(const struct mq_panel_info *info, const char *path)
{
    if (info->n_covariates < 0 || info->n_covariates > MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA, "%s: %lld covariates, at most %d are possible", path,
                       (long long)info->n_covariates, MQ_COVARIATES_MAX);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        const struct mq_covariate *covariate = &info->covariates[c];
        const char *name = covariate->name;
        if (!mq_path_is_entry(name) || !mq_is_printable(name))
            return mq_fail(MQ_DATA, "%s: '%s' cannot name a covariate", path, name);
        for (int64_t b = 0; b < c; b++)
            if (strcmp(name, info->covariates[b].name) == 0 &&
                strcmp(mq_role_group(covariate->role), mq_role_group(info->covariates[b].role)) ==
                    0)
                return mq_fail(MQ_DATA, "%s: covariate '%s' twice", path, name);
    }
    return MQ_OK;
}

static mq_status open_covariate(struct mq_panel_writer *writer, int64_t c)
{
    const struct mq_covariate *covariate = &writer->info.covariates[c];
    const bool is_category = covariate->role == MQ_ROLE_STATIC_CATEGORY;
    char name[MQ_H5_NAME_MAX];
    mq_covariate_dataset(covariate, name);
    MQ_TRY(mq_column_open(&writer->covariate[c], writer->file, name,
                          is_category ? MQ_H5_I32 : MQ_H5_F32));
    MQ_TRY(mq_h5_set_i64(writer->file, name, "position", c));
    if (is_category) MQ_TRY(mq_h5_set_text(writer->file, name, "encoding", "categorical"));
    return MQ_OK;
}

static mq_status open_columns(struct mq_panel_writer *writer)
{
    struct mq_h5 *file = writer->file;
    MQ_TRY(mq_column_open(&writer->start, file, "/series/start", MQ_H5_I64));
    MQ_TRY(mq_column_open(&writer->offset, file, "/series/offset", MQ_H5_I64));
    MQ_TRY(mq_column_open(&writer->length, file, "/series/length", MQ_H5_I64));
    MQ_TRY(mq_column_open(&writer->checksum, file, "/series/checksum", MQ_H5_I64));
    MQ_TRY(mq_column_open(&writer->target, file, "/target", MQ_H5_F32));
    if (writer->info.has_available)
        MQ_TRY(mq_column_open(&writer->available, file, "/available", MQ_H5_U8));
    for (int64_t c = 0; c < writer->info.n_covariates; c++)
        MQ_TRY(open_covariate(writer, c));
    return MQ_OK;
}

mq_status mq_panel_create(struct mq_panel_writer **writer, const char *path,
                          const struct mq_panel_info *info)
{
    mq_status status = MQ_OK;
    *writer = NULL;
    struct mq_panel_writer *made;
    MQ_ASSERT(info->ahead >= 0 && info->calendar.multiple >= 1);
    MQ_TRY(check_names(info, path));
    MQ_NEW(made, 1);
    made->info = *info;
    made->info.n_series = 0;
    made->info.n_values = 0;
    made->info.n_periods = 0;
    mq_fingerprint_begin(&made->hash, info);
    MQ_DO(mq_h5_create(&made->file, path));
    MQ_DO(open_columns(made));
    *writer = made;
    made = NULL;
done:
    mq_panel_discard(made);
    return status;
}

// ---- series ------------------------------------------------------------------------------------

static mq_status check_size(const struct mq_panel_writer *writer, const struct mq_series *series,
                            const char *what, const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (fabs((double)values[i]) > MQ_VALUE_MAX)
            return mq_fail(MQ_DATA, "%s: series '%s': %s is %g, value %lld; values go up to %g",
                           mq_h5_path(writer->file), series->id, what, (double)values[i],
                           (long long)i, MQ_VALUE_MAX);
    return MQ_OK;
}

static mq_status check_place(struct mq_panel_writer *writer, const struct mq_series *series)
{
    const char *path = mq_h5_path(writer->file);
    const struct mq_panel_info *info = &writer->info;
    MQ_ASSERT(series->start >= 0 && series->length >= 0);
    if (series->start > MQ_PERIODS_MAX || series->length > MQ_PERIODS_MAX ||
        series->start + series->length + info->ahead > MQ_PERIODS_MAX)
        return mq_fail(MQ_DATA, "%s: series '%s' ends in period %lld; at most %d are possible",
                       path, series->id, (long long)(series->start + series->length),
                       MQ_PERIODS_MAX);
    if (series->id[0] == '\0')
        return mq_fail(MQ_DATA, "%s: series %lld has an empty id", path, (long long)info->n_series);
    if (!mq_is_utf8(series->id))
        return mq_fail(MQ_DATA, "%s: the id '%s' is not UTF-8", path, series->id);
    if (strlen(series->id) > MQ_ID_MAX)
        return mq_fail(MQ_DATA, "%s: the id '%.40s...' is longer than %d bytes", path, series->id,
                       MQ_ID_MAX);
    int64_t number;
    MQ_TRY(mq_names_add(&writer->ids, series->id, &number));
    if (number != info->n_series)
        return mq_fail(MQ_DATA, "%s: two series have the id '%s' (%lld and %lld)", path, series->id,
                       (long long)number, (long long)info->n_series);
    return MQ_OK;
}

/// The values that a series has of covariate c.
static const float *covariate_values(const struct mq_series *series, enum mq_role role, int64_t c)
{
    if (role == MQ_ROLE_KNOWN) return series->known[c];
    if (role == MQ_ROLE_PAST) return series->past[c];
    return &series->statics[c];
}

static mq_status append_category(struct mq_panel_writer *writer, const struct mq_series *series,
                                 int64_t c)
{
    const float code = mq_category_code(series->statics[c]);
    if (code < 0.0f || code > 0x1p24f || code != floorf(code))
        return mq_fail(MQ_DATA, "%s: series '%s': %s is %g, not a code", mq_h5_path(writer->file),
                       series->id, writer->info.covariates[c].name, (double)code);
    writer->largest_code[c] = fmaxf(writer->largest_code[c], code);
    return mq_column_add_reals(&writer->covariate[c], &code, 1);
}

static mq_status append_covariate(struct mq_panel_writer *writer, const struct mq_series *series,
                                  int64_t c)
{
    const struct mq_covariate *covariate = &writer->info.covariates[c];
    if (covariate->role == MQ_ROLE_CALENDAR) return MQ_OK;
    if (covariate->role == MQ_ROLE_STATIC_CATEGORY) return append_category(writer, series, c);
    const float *values = covariate_values(series, covariate->role, c);
    const int64_t n = mq_covariate_length(covariate->role, series->length, writer->info.ahead);
    MQ_TRY(check_size(writer, series, covariate->name, values, n));
    return mq_column_add_reals(&writer->covariate[c], values, n);
}

/// In stock unless said otherwise: only 0 is not.
static mq_status append_available(struct mq_column *column, const float *available, int64_t n)
{
    float flags[1024];
    const int64_t most = (int64_t)(sizeof flags / sizeof flags[0]);
    for (int64_t done = 0; done < n; done += most) {
        const int64_t step = mq_min_i64(most, n - done);
        for (int64_t i = 0; i < step; i++)
            flags[i] = available == NULL || available[done + i] != 0.0f ? 1.0f : 0.0f;
        MQ_TRY(mq_column_add_reals(column, flags, step));
    }
    return MQ_OK;
}

mq_status mq_panel_append(struct mq_panel_writer *writer, const struct mq_series *series)
{
    struct mq_panel_info *info = &writer->info;
    MQ_TRY(check_place(writer, series));
    MQ_TRY(check_size(writer, series, "target", series->target, series->length));
    MQ_TRY(mq_column_add_i64(&writer->start, series->start));
    MQ_TRY(mq_column_add_i64(&writer->offset, info->n_values));
    MQ_TRY(mq_column_add_i64(&writer->length, series->length));
    MQ_TRY(mq_column_add_reals(&writer->target, series->target, series->length));
    if (info->has_available)
        MQ_TRY(append_available(&writer->available, series->available, series->length));
    for (int64_t c = 0; c < info->n_covariates; c++)
        MQ_TRY(append_covariate(writer, series, c));
    MQ_TRY(mq_column_add_i64(&writer->checksum, mq_series_checksum(info, info->n_series, series)));
    mq_fingerprint_series(&writer->hash, info, series);
    info->n_series++;
    info->n_values += series->length;
    if (series->length > 0)
        info->n_periods = mq_max_i64(info->n_periods, series->start + series->length);
    return MQ_OK;
}

// ---- the rest ----------------------------------------------------------------------------------

mq_status mq_panel_set_vocabulary(struct mq_panel_writer *writer, int64_t covariate, int64_t n,
                                  const char *const names[])
{
    MQ_ASSERT(writer->info.covariates[covariate].role == MQ_ROLE_STATIC_CATEGORY);
    mq_names_release(&writer->vocabulary[covariate]);
    for (int64_t i = 0; i < n; i++) {
        int64_t number;
        if (!mq_is_utf8(names[i]))
            return mq_fail(MQ_DATA, "%s: %s: the category '%s' is not UTF-8",
                           mq_h5_path(writer->file), writer->info.covariates[covariate].name,
                           names[i]);
        MQ_TRY(mq_names_add(&writer->vocabulary[covariate], names[i], &number));
        if (number != i)
            return mq_fail(MQ_DATA, "%s: %s: two categories are called '%s'",
                           mq_h5_path(writer->file), writer->info.covariates[covariate].name,
                           names[i]);
    }
    writer->info.covariates[covariate].cardinality = n;
    return MQ_OK;
}

mq_status mq_panel_set_calendar(struct mq_panel_writer *writer, int64_t covariate, int64_t n,
                                const float values[])
{
    MQ_ASSERT(writer->info.covariates[covariate].role == MQ_ROLE_CALENDAR);
    mq_free(writer->calendar[covariate]);
    MQ_NEW(writer->calendar[covariate], n);
    if (n > 0) memcpy(writer->calendar[covariate], values, (size_t)n * sizeof values[0]);
    writer->n_calendar[covariate] = n;
    return MQ_OK;
}

/// What is not given up to the last period of the panel and those ahead is missing.
static mq_status extend_calendar(struct mq_panel_writer *writer, int64_t c)
{
    const int64_t n = writer->info.n_periods + writer->info.ahead;
    if (writer->n_calendar[c] >= n) return MQ_OK;
    float *values = mq_realloc(writer->calendar[c], n, sizeof *values);
    if (values == NULL) return MQ_FAILED;
    writer->calendar[c] = values;
    for (; writer->n_calendar[c] < n; writer->n_calendar[c]++)
        values[writer->n_calendar[c]] = NAN;
    return MQ_OK;
}

static mq_status finish_calendar(struct mq_panel_writer *writer, int64_t c)
{
    const struct mq_panel_info *info = &writer->info;
    MQ_TRY(extend_calendar(writer, c));
    const int64_t n = writer->n_calendar[c];
    for (int64_t i = 0; i < n; i++)
        if (fabs((double)writer->calendar[c][i]) > MQ_VALUE_MAX)
            return mq_fail(MQ_DATA,
                           "%s: calendar covariate '%s' is %g in period %lld; values go up to %g",
                           mq_h5_path(writer->file), info->covariates[c].name,
                           (double)writer->calendar[c][i], (long long)i, MQ_VALUE_MAX);
    mq_fingerprint_calendar(&writer->hash, writer->calendar[c], n);
    char dataset[MQ_H5_NAME_MAX];
    mq_covariate_dataset(&info->covariates[c], dataset);
    MQ_TRY(mq_h5_set_i64(writer->file, dataset, "checksum",
                         mq_calendar_checksum(writer->calendar[c], n)));
    return mq_column_add_reals(&writer->covariate[c], writer->calendar[c], n);
}

static mq_status finish_vocabulary(struct mq_panel_writer *writer, int64_t c)
{
    const struct mq_covariate *covariate = &writer->info.covariates[c];
    const int64_t n = covariate->cardinality;
    if (writer->largest_code[c] > (float)n)
        return mq_fail(MQ_DATA, "%s: %s has %lld categories, but a code is %g",
                       mq_h5_path(writer->file), covariate->name, (long long)n,
                       (double)writer->largest_code[c]);
    const char **names = NULL;
    char dataset[MQ_H5_NAME_MAX];
    mq_covariate_vocabulary(covariate, dataset);
    MQ_TRY(mq_names_list(&writer->vocabulary[c], &names));
    mq_fingerprint_names(&writer->hash, names, n);
    mq_status status = mq_h5_write_strings(writer->file, dataset, n, names);
    if (status == MQ_OK)
        status = mq_h5_set_i64(writer->file, dataset, "checksum", mq_names_checksum(names, n));
    mq_free(names);
    return status;
}

static mq_status finish_columns(struct mq_panel_writer *writer)
{
    MQ_TRY(mq_column_finish(&writer->start));
    MQ_TRY(mq_column_finish(&writer->offset));
    MQ_TRY(mq_column_finish(&writer->length));
    MQ_TRY(mq_column_finish(&writer->checksum));
    MQ_TRY(mq_column_finish(&writer->target));
    if (writer->info.has_available) MQ_TRY(mq_column_finish(&writer->available));
    for (int64_t c = 0; c < writer->info.n_covariates; c++) {
        const enum mq_role role = writer->info.covariates[c].role;
        if (role == MQ_ROLE_CALENDAR) MQ_TRY(finish_calendar(writer, c));
        if (role == MQ_ROLE_STATIC_CATEGORY) MQ_TRY(finish_vocabulary(writer, c));
        MQ_TRY(mq_column_finish(&writer->covariate[c]));
    }
    return MQ_OK;
}

static mq_status write_ids(struct mq_panel_writer *writer)
{
    const char **ids = NULL;
    MQ_TRY(mq_names_list(&writer->ids, &ids));
    const mq_status status =
        mq_h5_write_strings(writer->file, "/series/id", writer->info.n_series, ids);
    mq_free(ids);
    return status;
}

static mq_status write_attributes(struct mq_panel_writer *writer)
{
    struct mq_h5 *file = writer->file;
    struct mq_panel_info *info = &writer->info;
    char frequency[MQ_DATE_MAX];
    char epoch[MQ_DATE_MAX];
    mq_frequency_print(&info->calendar, frequency);
    mq_date_print(info->calendar.epoch_s, epoch);
    mq_clock_iso(info->created);
    mq_sha256_end(&writer->hash, info->fingerprint);
    MQ_TRY(mq_h5_set_text(file, "/", "format", MQ_PANEL_FORMAT));
    MQ_TRY(mq_h5_set_i64(file, "/", "version", MQ_PANEL_VERSION));
    MQ_TRY(mq_h5_set_text(file, "/", "frequency", frequency));
    MQ_TRY(mq_h5_set_text(file, "/", "epoch", epoch));
    MQ_TRY(mq_h5_set_i64(file, "/", "n_periods", info->n_periods));
    MQ_TRY(mq_h5_set_i64(file, "/", "ahead", info->ahead));
    MQ_TRY(mq_h5_set_text(file, "/", "creator", "mqcast " MQ_VERSION));
    MQ_TRY(mq_h5_set_text(file, "/", "created", info->created));
    MQ_TRY(mq_h5_set_text(file, "/", "source", info->source));
    MQ_TRY(mq_h5_set_text(file, "/", "source_sha256", info->source_sha256));
    return mq_h5_set_text(file, "/", "fingerprint", info->fingerprint);
}

mq_status mq_panel_publish(struct mq_panel_writer *writer)
{
    mq_status status = MQ_OK;
    if (writer->info.n_series == 0)
        MQ_DO(mq_fail(MQ_DATA, "%s: no series to write", mq_h5_path(writer->file)));
    MQ_DO(finish_columns(writer));
    MQ_DO(write_ids(writer));
    MQ_DO(write_attributes(writer));
    struct mq_h5 *file = writer->file;
    writer->file = NULL; // publishing frees it in every case
    MQ_DO(mq_h5_publish(file));
done:
    mq_panel_discard(writer);
    return status;
}

void mq_panel_discard(struct mq_panel_writer *writer)
{
    if (writer == NULL) return;
    mq_column_release(&writer->start);
    mq_column_release(&writer->offset);
    mq_column_release(&writer->length);
    mq_column_release(&writer->checksum);
    mq_column_release(&writer->target);
    mq_column_release(&writer->available);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++) {
        mq_column_release(&writer->covariate[c]);
        mq_names_release(&writer->vocabulary[c]);
        mq_free(writer->calendar[c]);
    }
    mq_names_release(&writer->ids);
    mq_h5_close(writer->file);
    mq_free(writer);
}
