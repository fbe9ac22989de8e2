// Names inside a panel file, and the checksums and the fingerprint of its contents.
#include "data/layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "mq/base/int.h"

const char *mq_role_group(enum mq_role role)
{
    switch (role) {
    case MQ_ROLE_KNOWN:
        return "/known";
    case MQ_ROLE_CALENDAR:
        return "/calendar";
    case MQ_ROLE_PAST:
        return "/past";
    case MQ_ROLE_STATIC_REAL:
    case MQ_ROLE_STATIC_CATEGORY:
        return "/static";
    }
    MQ_ASSERT(!"a role of enum mq_role");
    return "";
}

void mq_covariate_dataset(const struct mq_covariate *covariate, char name[MQ_H5_NAME_MAX])
{
    (void)snprintf(name, MQ_H5_NAME_MAX, "%s/%s", mq_role_group(covariate->role), covariate->name);
}

void mq_covariate_vocabulary(const struct mq_covariate *covariate, char name[MQ_H5_NAME_MAX])
{
    (void)snprintf(name, MQ_H5_NAME_MAX, "/vocabulary/%s", covariate->name);
}

int64_t mq_covariate_length(enum mq_role role, int64_t length, int64_t ahead)
{
    switch (role) {
    case MQ_ROLE_KNOWN:
        return length + ahead;
    case MQ_ROLE_PAST:
        return length;
    case MQ_ROLE_CALENDAR:
        return 0;
    case MQ_ROLE_STATIC_REAL:
    case MQ_ROLE_STATIC_CATEGORY:
        return 1;
    }
    MQ_ASSERT(!"a role of enum mq_role");
    return 0;
}

// ---- checksums ---------------------------------------------------------------------------------

static uint32_t crc_of(uint32_t crc, const void *bytes, size_t n)
{
    return n > 0 ? (uint32_t)crc32_z(crc, bytes, n) : crc; // zlib begins anew at NULL
}

static uint32_t crc_i64(uint32_t crc, int64_t value)
{
    return crc_of(crc, &value, sizeof value);
}

static uint32_t crc_reals(uint32_t crc, const float *values, int64_t n)
{
    return crc_of(crc, values, (size_t)n * sizeof values[0]);
}

enum { FLAGS = 1024 };

/// In stock or not is what is stored, whatever number said so: of the next periods from `done` on.
/// Their number.
static int64_t fill_flags(const float *available, int64_t done, int64_t n,
                          unsigned char flags[FLAGS])
{
    const int64_t step = mq_min_i64(FLAGS, n - done);
    for (int64_t i = 0; i < step; i++)
        flags[i] = available == NULL || available[done + i] != 0.0f;
    return step;
}

static uint32_t crc_available(uint32_t crc, const float *available, int64_t n)
{
    unsigned char flags[FLAGS];
    for (int64_t done = 0; done < n; done += FLAGS)
        crc = crc_of(crc, flags, (size_t)fill_flags(available, done, n, flags));
    return crc;
}

uint32_t mq_values_crc(const struct mq_panel_info *info, int64_t number,
                       const struct mq_series *series)
{
    uint32_t crc = crc_i64(crc_i64(crc_i64(0, number), series->start), series->length);
    crc = crc_reals(crc, series->target, series->length);
    if (info->has_available) crc = crc_available(crc, series->available, series->length);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        const enum mq_role role = info->covariates[c].role;
        const int64_t n = mq_covariate_length(role, series->length, info->ahead);
        const float code =
            role == MQ_ROLE_STATIC_CATEGORY ? mq_category_code(series->statics[c]) : 0.0f;
        if (role == MQ_ROLE_KNOWN) crc = crc_reals(crc, series->known[c], n);
        if (role == MQ_ROLE_PAST) crc = crc_reals(crc, series->past[c], n);
        if (role == MQ_ROLE_STATIC_REAL) crc = crc_reals(crc, &series->statics[c], n);
        if (role == MQ_ROLE_STATIC_CATEGORY) crc = crc_i64(crc, (int64_t)code);
    }
    return crc;
}

uint32_t mq_id_crc(int64_t number, const char *id)
{
    return crc_of(crc_i64(0, number), id, strlen(id));
}

int64_t mq_series_checksum(const struct mq_panel_info *info, int64_t number,
                           const struct mq_series *series)
{
    const uint64_t id = mq_id_crc(number, series->id);
    return (int64_t)(id << 32 | mq_values_crc(info, number, series));
}

int64_t mq_calendar_checksum(const float values[], int64_t n)
{
    return crc_reals(crc_i64(0, n), values, n);
}

int64_t mq_names_checksum(const char *const names[], int64_t n)
{
    uint32_t crc = crc_i64(0, n);
    for (int64_t i = 0; i < n; i++)
        crc = crc_of(crc, names[i], strlen(names[i]) + 1);
    return crc;
}

// ---- proportions --------------------------------------------------------------------------------

// A row for each of ten thousand periods is an item that sells once a year by the hour.
enum { VALUES_ALWAYS = 1000000, VALUES_PER_GIVEN = 10000 };

bool mq_is_out_of_proportion(int64_t n_values, int64_t n_given)
{
    return n_values > VALUES_ALWAYS && (n_values - VALUES_ALWAYS) / VALUES_PER_GIVEN > n_given;
}

mq_status mq_fail_proportion(const char *file, const struct mq_calendar *calendar,
                             int64_t n_periods, int64_t n_values, int64_t n_given)
{
    char first[MQ_DATE_MAX];
    char last[MQ_DATE_MAX];
    char frequency[MQ_DATE_MAX];
    mq_period_print(calendar, 0, first);
    mq_period_print(calendar, mq_max_i64(n_periods - 1, 0), last);
    mq_frequency_print(calendar, frequency);
    (void)mq_fail(MQ_DATA, "%s: %lld values, %s from %s to %s, of %lld given: a date is wrong",
                  file, (long long)n_values, frequency, first, last, (long long)n_given);
    return mq_hint("or the frequency is too fine: name a longer one in a schema file");
}

// ---- fingerprint -------------------------------------------------------------------------------

static void add_i64(struct mq_sha256 *hash, int64_t value)
{
    mq_sha256_add(hash, &value, sizeof value);
}

/// With its NUL, so that "ab", "c" and "a", "bc" differ.
static void add_text(struct mq_sha256 *hash, const char *text)
{
    mq_sha256_add(hash, text, strlen(text) + 1);
}

/// A missing value is the same whatever the bits of its NaN.
static void add_reals(struct mq_sha256 *hash, const float *values, int64_t n)
{
    float piece[1024];
    const int64_t most = (int64_t)(sizeof piece / sizeof piece[0]);
    for (int64_t done = 0; done < n; done += most) {
        const int64_t step = mq_min_i64(most, n - done);
        for (int64_t i = 0; i < step; i++)
            piece[i] = isnan(values[done + i]) ? NAN : values[done + i];
        mq_sha256_add(hash, piece, (size_t)step * sizeof piece[0]);
    }
}

static void add_available(struct mq_sha256 *hash, const float *available, int64_t n)
{
    unsigned char flags[FLAGS];
    for (int64_t done = 0; done < n; done += FLAGS)
        mq_sha256_add(hash, flags, (size_t)fill_flags(available, done, n, flags));
}

void mq_fingerprint_begin(struct mq_sha256 *hash, const struct mq_panel_info *info)
{
    mq_sha256_begin(hash);
    add_text(hash, MQ_PANEL_FORMAT);
    add_i64(hash, MQ_PANEL_VERSION);
    add_i64(hash, (int64_t)info->calendar.unit);
    add_i64(hash, info->calendar.multiple);
    add_i64(hash, info->calendar.epoch_s);
    add_i64(hash, info->ahead);
    add_i64(hash, info->has_available);
    add_i64(hash, info->n_covariates);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        add_text(hash, info->covariates[c].name);
        add_i64(hash, (int64_t)info->covariates[c].role);
    }
}

void mq_fingerprint_series(struct mq_sha256 *hash, const struct mq_panel_info *info,
                           const struct mq_series *series)
{
    add_text(hash, series->id);
    add_i64(hash, series->start);
    add_i64(hash, series->length);
    add_reals(hash, series->target, series->length);
    if (info->has_available) add_available(hash, series->available, series->length);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        const enum mq_role role = info->covariates[c].role;
        const int64_t n = mq_covariate_length(role, series->length, info->ahead);
        if (role == MQ_ROLE_KNOWN) add_reals(hash, series->known[c], n);
        if (role == MQ_ROLE_PAST) add_reals(hash, series->past[c], n);
        if (role == MQ_ROLE_STATIC_REAL) add_reals(hash, &series->statics[c], n);
        if (role == MQ_ROLE_STATIC_CATEGORY)
            add_i64(hash, (int64_t)mq_category_code(series->statics[c]));
    }
}

void mq_fingerprint_calendar(struct mq_sha256 *hash, const float values[], int64_t n)
{
    add_i64(hash, n);
    add_reals(hash, values, n);
}

void mq_fingerprint_names(struct mq_sha256 *hash, const char *const names[], int64_t n)
{
    add_i64(hash, n);
    for (int64_t i = 0; i < n; i++)
        add_text(hash, names[i]);
}
