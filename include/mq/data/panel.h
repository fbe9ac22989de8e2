/// The panel: a catalogue of ragged series in one HDF5 file (layout in the README, "Panel").
///
/// Time is a period index common to all series: 0 .. n_periods-1. A series covers [start, start +
/// length); outside it nothing is observed. A reader holds the index of a contiguous range of
/// series (its shard) and reads values by ranges of series, so memory does not grow with the panel.
#ifndef MQ_DATA_PANEL_H
#define MQ_DATA_PANEL_H

#include <stdint.h>

#include "mq/base/hash.h"
#include "mq/data/calendar.h"
#include "mq/data/covariate.h"
#include "mq/h5/file.h"

/// Values beyond it are refused: sums over the catalogue and scales of series stay exact below.
#define MQ_VALUE_MAX 1e15

/// What a panel holds; filled on open. Plain data.
struct mq_panel_info {
    struct mq_calendar calendar;
    int64_t n_series;
    int64_t n_periods; ///< last observed period of any series + 1
    int64_t n_values; ///< target values in all
    int64_t ahead; ///< periods of known covariates past n_periods
    bool has_available; ///< an out-of-stock mask is stored
    int64_t n_covariates;
    struct mq_covariate covariates[MQ_COVARIATES_MAX];
    char fingerprint[MQ_SHA256_HEX]; ///< of contents: what a checkpoint remembers
    char source[512];
    char source_sha256[MQ_SHA256_HEX]; ///< of the source's bytes; empty when it is not one file
    char created[32];
};

struct mq_panel;

/// MQ_DATA when it is not a panel, of an unknown version, damaged, or holds no series. Local.
mq_status mq_panel_open(struct mq_panel **panel, const char *path) MQ_NODISCARD;
void mq_panel_close(struct mq_panel *panel);
const struct mq_panel_info *mq_panel_info(const struct mq_panel *panel);
const char *mq_panel_path(const struct mq_panel *panel);

/// A panel without series or file: frequency, epoch, covariates and fingerprint are those of `info`,
/// 0 periods. For forecasting series that are in memory. Local.
mq_status mq_panel_outline(struct mq_panel **panel, const struct mq_panel_info *info) MQ_NODISCARD;
/// Gives an outline the n values of a calendar covariate from period `first` on, in place of all it
/// had. What they say of periods before 0 is not kept. Local.
mq_status mq_panel_outline_calendar(struct mq_panel *panel, int64_t index, int64_t first, int64_t n,
                                    const float values[]) MQ_NODISCARD;

/// Consecutive series with everything stored about them. Values of series i of the block, at
/// period start[i] + j, are target[offset[i] + j], j < length[i]. Reals missing in the source are
/// NaN.
struct mq_series_block {
    int64_t first; ///< number of the first series
    int64_t n;
    int64_t *start; ///< (n)
    int64_t *length; ///< (n)
    int64_t *offset; ///< (n + 1) into target, past and available
    float *target;
    float *available; ///< 0 = out of stock, 1 = in stock; NULL when not stored
    float *past[MQ_COVARIATES_MAX]; ///< by covariate index; NULL for other roles
    /// by covariate index; value of series i at period start[i] + j is known[c][offset[i] + i *
    /// ahead
    /// + j], j < length[i] + ahead
    float *known[MQ_COVARIATES_MAX];
    float *statics[MQ_COVARIATES_MAX]; ///< (n) reals, or category codes as whole numbers
    int64_t ahead;
    int64_t bytes; ///< memory held
};

/// Reads series [first, first + n). MQ_DATA naming file and series when damaged (checksums) or when
/// the index contradicts itself. Release with mq_series_block_release (accepts zeroed). Local; one
/// thread at a time per panel.
mq_status mq_panel_read(struct mq_panel *panel, int64_t first, int64_t n,
                        struct mq_series_block *block) MQ_NODISCARD;
void mq_series_block_release(struct mq_series_block *block);
/// Series [begin, begin + n) of a block: looks into its arrays, and is not to be released.
struct mq_series_block mq_series_block_slice(const struct mq_series_block *block, int64_t begin,
                                             int64_t n);

/// Calendar covariate `index` (MQ_ROLE_CALENDAR) from period 0 on, owned by the panel: as many
/// periods as are known, at least n_periods + ahead. Missing is NaN.
const float *mq_panel_calendar(const struct mq_panel *panel, int64_t index);
int64_t mq_panel_calendar_length(const struct mq_panel *panel, int64_t index);

/// Ids of series [first, first + n): one block, freed with mq_free.
mq_status mq_panel_ids(struct mq_panel *panel, int64_t first, int64_t n, char ***ids) MQ_NODISCARD;
/// Bytes of each id as stored, and a copy of ids [first, first + n) to a new dataset of another
/// file, in bounded memory.
mq_status mq_panel_id_width(struct mq_panel *panel, int64_t *width) MQ_NODISCARD;
mq_status mq_panel_copy_ids(struct mq_panel *panel, int64_t first, int64_t n, struct mq_h5 *file,
                            const char *name) MQ_NODISCARD;
/// Names of a static category's values: vocabulary[code - 1]; one block, freed with mq_free.
mq_status mq_panel_vocabulary(struct mq_panel *panel, int64_t covariate,
                              char ***names) MQ_NODISCARD;
/// Reads everything once and verifies checksums and index. MQ_DATA naming what is damaged.
mq_status mq_panel_verify(struct mq_panel *panel) MQ_NODISCARD;

// ---- writing
// ---------------------------------------------------------------------------------------

/// One series handed to the writer; the caller keeps ownership of all pointers.
struct mq_series {
    const char *id;
    int64_t start; ///< period; 0-length series: any
    int64_t length; ///< >= 0
    const float *target; ///< (length), NaN = not observed
    const float *available; ///< (length) or NULL = all 1
    const float *const *past; ///< by covariate index: (length)
    const float *const *known; ///< by covariate index: (length + ahead), missing = NaN
    const float *statics; ///< by covariate index; codes 1..cardinality, 0 = unknown, NaN = missing
};

struct mq_panel_writer;

/// info: calendar, covariates, ahead, has_available, source (fingerprint, counts and created are
/// filled by the writer; cardinalities come with the vocabularies). Nothing appears under `path`
/// before publish. After a failure the writer may only be discarded.
mq_status mq_panel_create(struct mq_panel_writer **writer, const char *path,
                          const struct mq_panel_info *info) MQ_NODISCARD;
/// Series are stored in the order given; memory is bounded (values are flushed as they come) but
/// for the ids. MQ_DATA for an id that is empty, too long (255 bytes) or already there, for
/// infinite values and for codes below 0.
mq_status mq_panel_append(struct mq_panel_writer *writer,
                          const struct mq_series *series) MQ_NODISCARD;
/// Vocabulary of a static category (none: all codes are 0), and values of a calendar covariate as
/// far as they are known. Any time before publish.
mq_status mq_panel_set_vocabulary(struct mq_panel_writer *writer, int64_t covariate, int64_t n,
                                  const char *const names[]) MQ_NODISCARD;
mq_status mq_panel_set_calendar(struct mq_panel_writer *writer, int64_t covariate, int64_t n,
                                const float values[]) MQ_NODISCARD;
/// Publishes; frees the writer in every case. MQ_DATA when no series was appended.
mq_status mq_panel_publish(struct mq_panel_writer *writer) MQ_NODISCARD;
/// Gives up: nothing appears. Accepts NULL.
void mq_panel_discard(struct mq_panel_writer *writer);

#endif
