// Reading blocks of series, with the part of the index that they need; and reading everything.
#include "data/panel.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/h5/parts.h"

// A block of a verification holds about this many values of the target.
enum { VERIFY_VALUES = 1 << 20, IDS_AT_ONCE = 4096 };

// ---- ids ---------------------------------------------------------------------------------------

/// Rows [first, first + n) of the checksums, or NULL when the panel has none.
static mq_status read_checksums(struct mq_panel *panel, int64_t first, int64_t n,
                                int64_t **checksums)
{
    *checksums = NULL;
    if (panel->checksum == NULL) return MQ_OK;
    MQ_NEW(*checksums, n);
    const mq_status status = mq_h5_table_read(panel->checksum, first, n, *checksums);
    if (status == MQ_OK) return MQ_OK;
    mq_free(*checksums);
    *checksums = NULL;
    return status;
}

mq_status mq_panel_ids(struct mq_panel *panel, int64_t first, int64_t n, char ***ids)
{
    mq_status status = MQ_OK;
    int64_t *checksums = NULL;
    char **list = NULL;
    *ids = NULL;
    MQ_DO(mq_h5_read_strings(panel->file, "/series/id", first, n, &list));
    MQ_DO(read_checksums(panel, first, n, &checksums));
    for (int64_t i = 0; i < n && checksums != NULL; i++)
        if ((uint32_t)((uint64_t)checksums[i] >> 32) != mq_id_crc(first + i, list[i]))
            MQ_DO(mq_fail(MQ_DATA, "%s: series %lld: damaged: its id does not match its checksum",
                          mq_panel_path(panel), (long long)(first + i)));
    *ids = list;
    list = NULL;
done:
    mq_free(checksums);
    mq_free(list);
    return status;
}

mq_status mq_panel_copy_ids(struct mq_panel *panel, int64_t first, int64_t n, struct mq_h5 *file,
                            const char *name)
{
    for (int64_t done = 0; done < n; done += IDS_AT_ONCE) {
        char **ids = NULL;
        MQ_TRY(mq_panel_ids(panel, first + done, mq_min_i64(IDS_AT_ONCE, n - done), &ids));
        mq_free(ids);
    }
    return mq_h5_copy_strings(file, name, panel->file, "/series/id", first, n);
}

// ---- series ------------------------------------------------------------------------------------

/// Records that the index contradicts itself at a series, named by number and id.
static mq_status index_failure(struct mq_panel *panel, int64_t series, const char *what,
                               int64_t value, int64_t limit)
{
    char **ids = NULL;
    const bool has_id = mq_panel_ids(panel, series, 1, &ids) == MQ_OK;
    const mq_status status =
        mq_fail(MQ_DATA, "%s: series %lld (%s): %s: %lld, expected %lld", mq_panel_path(panel),
                (long long)series, has_id ? ids[0] : "?", what, (long long)value, (long long)limit);
    mq_free(ids);
    return status;
}

static mq_status check_place(struct mq_panel *panel, int64_t series, int64_t start, int64_t length)
{
    const int64_t n_periods = panel->info.n_periods;
    if (start < 0 || start > MQ_PERIODS_MAX)
        return index_failure(panel, series, "impossible start", start, 0);
    if (length < 0 || length > n_periods)
        return index_failure(panel, series, "impossible length", length, n_periods);
    // A series without values may begin after the panel: its known covariates do.
    if (length > 0 && start > n_periods - length)
        return index_failure(panel, series, "ends after the panel's last period", start + length,
                             n_periods);
    return MQ_OK;
}

mq_status mq_panel_places(struct mq_panel *panel, int64_t first, int64_t n, int64_t start[],
                          int64_t length[])
{
    MQ_TRY(mq_h5_table_read(panel->start, first, n, start));
    MQ_TRY(mq_h5_table_read(panel->length, first, n, length));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(check_place(panel, first + i, start[i], length[i]));
    return MQ_OK;
}

/// Fills the index of the block; `from` is where its values begin in the panel.
static mq_status read_index(struct mq_panel *panel, struct mq_series_block *block, int64_t *from)
{
    const int64_t first = block->first;
    const int64_t n = block->n;
    const bool is_last = first + n == panel->info.n_series;
    MQ_NEW(block->start, n);
    MQ_NEW(block->length, n);
    MQ_NEW(block->offset, n + 1);
    MQ_TRY(mq_h5_table_read(panel->start, first, n, block->start));
    MQ_TRY(mq_h5_table_read(panel->length, first, n, block->length));
    MQ_TRY(mq_h5_table_read(panel->offset, first, is_last ? n : n + 1, block->offset));
    if (is_last) block->offset[n] = panel->info.n_values;
    *from = block->offset[0];
    if (first == 0 && *from != 0) return index_failure(panel, 0, "first offset", *from, 0);
    for (int64_t i = 0; i < n; i++) {
        MQ_TRY(check_place(panel, first + i, block->start[i], block->length[i]));
        const int64_t offset = block->offset[i];
        if (offset < 0 || offset > panel->info.n_values - block->length[i])
            return index_failure(panel, first + i, "offset past the values", offset,
                                 panel->info.n_values - block->length[i]);
        if (block->offset[i + 1] != offset + block->length[i])
            return index_failure(panel, first + i, "offset of the next series",
                                 block->offset[i + 1], offset + block->length[i]);
    }
    for (int64_t i = 0; i <= n; i++)
        block->offset[i] -= *from;
    block->bytes += (3 * n + 1) * (int64_t)sizeof(int64_t);
    return MQ_OK;
}

static mq_status read_values(struct mq_series_block *block, struct mq_h5_table *table,
                             int64_t start, int64_t n, float **values)
{
    MQ_NEW(*values, n);
    block->bytes += n * (int64_t)sizeof **values;
    const mq_status status = mq_h5_table_read(table, start, n, *values);
    if (status == MQ_OK) return MQ_OK;
    return mq_prefix("series %lld to %lld", (long long)block->first,
                     (long long)(block->first + block->n - 1));
}

static mq_status check_codes(struct mq_panel *panel, const struct mq_series_block *block, int64_t c)
{
    const struct mq_covariate *covariate = &panel->info.covariates[c];
    for (int64_t i = 0; i < block->n; i++) {
        const float code = block->statics[c][i];
        if (!(code >= 0.0f && code <= (float)covariate->cardinality))
            return index_failure(panel, block->first + i, covariate->name, (int64_t)code,
                                 covariate->cardinality);
    }
    return MQ_OK;
}

static mq_status read_covariate(struct mq_panel *panel, struct mq_series_block *block, int64_t from,
                                int64_t c)
{
    struct mq_h5_table *table = panel->covariate[c];
    const int64_t n_values = block->offset[block->n];
    const int64_t ahead = block->ahead;
    switch (panel->info.covariates[c].role) {
    case MQ_ROLE_CALENDAR:
        return MQ_OK;
    case MQ_ROLE_KNOWN:
        return read_values(block, table, from + block->first * ahead, n_values + block->n * ahead,
                           &block->known[c]);
    case MQ_ROLE_PAST:
        return read_values(block, table, from, n_values, &block->past[c]);
    case MQ_ROLE_STATIC_REAL:
        return read_values(block, table, block->first, block->n, &block->statics[c]);
    case MQ_ROLE_STATIC_CATEGORY:
        MQ_TRY(read_values(block, table, block->first, block->n, &block->statics[c]));
        return check_codes(panel, block, c);
    }
    MQ_ASSERT(!"a role of enum mq_role");
    return MQ_OK;
}

/// A series as it was given to the writer, with room for its pointers.
struct given {
    struct mq_series series;
    const float *past[MQ_COVARIATES_MAX];
    const float *known[MQ_COVARIATES_MAX];
    float statics[MQ_COVARIATES_MAX];
};

/// Series i of a block.
static void give(const struct mq_panel_info *info, const struct mq_series_block *block,
                 const char *id, int64_t i, struct given *given)
{
    const int64_t at = block->offset[i];
    for (int64_t c = 0; c < info->n_covariates; c++) {
        if (block->past[c] != NULL) given->past[c] = block->past[c] + at;
        if (block->known[c] != NULL) given->known[c] = block->known[c] + at + i * block->ahead;
        if (block->statics[c] != NULL) given->statics[c] = block->statics[c][i];
    }
    given->series = (struct mq_series){
        .id = id,
        .start = block->start[i],
        .length = block->length[i],
        .target = block->target + at,
        .available = block->available != NULL ? block->available + at : NULL,
        .past = given->past,
        .known = given->known,
        .statics = given->statics,
    };
}

static mq_status check_checksums(struct mq_panel *panel, const struct mq_series_block *block)
{
    mq_status status = MQ_OK;
    int64_t *checksums = NULL;
    struct given given;
    MQ_TRY(read_checksums(panel, block->first, block->n, &checksums));
    for (int64_t i = 0; i < block->n && checksums != NULL; i++) {
        give(&panel->info, block, "", i, &given);
        const uint32_t found = mq_values_crc(&panel->info, block->first + i, &given.series);
        if ((uint32_t)checksums[i] != found)
            MQ_DO(mq_fail(MQ_DATA, "%s: series %lld: damaged: it does not match its checksum",
                          mq_panel_path(panel), (long long)(block->first + i)));
    }
done:
    mq_free(checksums);
    return status;
}

mq_status mq_panel_read(struct mq_panel *panel, int64_t first, int64_t n,
                        struct mq_series_block *block)
{
    MQ_ASSERT(first >= 0 && n >= 0 && first + n <= panel->info.n_series);
    mq_status status = MQ_OK;
    int64_t from = 0;
    *block = (struct mq_series_block){.first = first, .n = n, .ahead = panel->info.ahead};
    MQ_DO(read_index(panel, block, &from));
    const int64_t n_values = block->offset[n];
    MQ_DO(read_values(block, panel->target, from, n_values, &block->target));
    if (panel->info.has_available)
        MQ_DO(read_values(block, panel->available, from, n_values, &block->available));
    for (int64_t c = 0; c < panel->info.n_covariates; c++)
        MQ_DO(read_covariate(panel, block, from, c));
    MQ_DO(check_checksums(panel, block));
done:
    if (status != MQ_OK) mq_series_block_release(block);
    return status;
}

void mq_series_block_release(struct mq_series_block *block)
{
    mq_free(block->start);
    mq_free(block->length);
    mq_free(block->offset);
    mq_free(block->target);
    mq_free(block->available);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++) {
        mq_free(block->past[c]);
        mq_free(block->known[c]);
        mq_free(block->statics[c]);
    }
    *block = (struct mq_series_block){0};
}

struct mq_series_block mq_series_block_slice(const struct mq_series_block *block, int64_t begin,
                                             int64_t n)
{
    MQ_ASSERT(begin >= 0 && n >= 0 && begin + n <= block->n);
    struct mq_series_block slice = *block;
    slice.first += begin;
    slice.n = n;
    slice.bytes = 0;
    slice.start += begin;
    slice.length += begin;
    slice.offset += begin;
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++) {
        if (slice.known[c] != NULL) slice.known[c] += begin * block->ahead;
        if (slice.statics[c] != NULL) slice.statics[c] += begin;
    }
    return slice;
}

// ---- verifying ---------------------------------------------------------------------------------

/// Adds a block to the hash, and to the number of periods that the series cover.
static mq_status hash_block(struct mq_panel *panel, int64_t first, int64_t n,
                            struct mq_sha256 *hash, int64_t *n_periods)
{
    mq_status status = MQ_OK;
    struct mq_series_block block = {0};
    char **ids = NULL;
    MQ_DO(mq_panel_read(panel, first, n, &block));
    MQ_DO(mq_panel_ids(panel, first, n, &ids));
    for (int64_t i = 0; i < n; i++) {
        struct given given;
        give(&panel->info, &block, ids[i], i, &given);
        mq_fingerprint_series(hash, &panel->info, &given.series);
        if (block.length[i] > 0)
            *n_periods = mq_max_i64(*n_periods, block.start[i] + block.length[i]);
    }
done:
    mq_free(ids);
    mq_series_block_release(&block);
    return status;
}

static mq_status hash_shared(struct mq_panel *panel, int64_t c, struct mq_sha256 *hash)
{
    const struct mq_panel_info *info = &panel->info;
    if (info->covariates[c].role == MQ_ROLE_CALENDAR)
        mq_fingerprint_calendar(hash, panel->calendar[c], panel->n_calendar[c]);
    if (info->covariates[c].role != MQ_ROLE_STATIC_CATEGORY) return MQ_OK;
    char **names = NULL;
    MQ_TRY(mq_panel_vocabulary(panel, c, &names));
    mq_fingerprint_names(hash, (const char *const *)names, info->covariates[c].cardinality);
    mq_free(names);
    return MQ_OK;
}

mq_status mq_panel_verify(struct mq_panel *panel)
{
    const struct mq_panel_info *info = &panel->info;
    struct mq_sha256 hash;
    char fingerprint[MQ_SHA256_HEX];
    const int64_t mean_length = info->n_values / info->n_series + 1;
    const int64_t step = mq_max_i64(VERIFY_VALUES / mean_length, 1);
    int64_t n_periods = 0;
    mq_fingerprint_begin(&hash, info);
    for (int64_t first = 0; first < info->n_series; first += step)
        MQ_TRY(
            hash_block(panel, first, mq_min_i64(step, info->n_series - first), &hash, &n_periods));
    for (int64_t c = 0; c < info->n_covariates; c++)
        MQ_TRY(hash_shared(panel, c, &hash));
    mq_sha256_end(&hash, fingerprint);
    if (strcmp(fingerprint, info->fingerprint) != 0)
        return mq_fail(MQ_DATA, "%s: the contents are not those of its fingerprint",
                       mq_panel_path(panel));
    if (n_periods != info->n_periods) // of which the fingerprint says nothing
        return mq_fail(MQ_DATA, "%s: n_periods is %lld, but the series end after %lld",
                       mq_panel_path(panel), (long long)info->n_periods, (long long)n_periods);
    return MQ_OK;
}
