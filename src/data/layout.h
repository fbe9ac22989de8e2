/// What the reader and the writer of panels agree on: names, limits and the fingerprint.
///
/// The fingerprint is the SHA-256 of everything a panel means: the calendar, the covariates, each
/// series in order, then shared values and vocabularies. How it is stored, when it was made and
/// from what file do not enter.
///
/// The fingerprint is compared when a panel is verified. What is read by series is held against the
/// checksums of those series, so that a chunk that is whole but in another's place is found too.
#ifndef DATA_LAYOUT_H
#define DATA_LAYOUT_H

#include "mq/data/panel.h"
#include "mq/h5/file.h"

#define MQ_PANEL_FORMAT "mqcast-panel"

/// Codes are whole numbers in float32.
enum { MQ_PANEL_VERSION = 1, MQ_ID_MAX = 255, MQ_CODES_MAX = 1 << 24 };

/// "/known/", the group of a role.
const char *mq_role_group(enum mq_role role);
/// "/known/price", where a covariate is.
void mq_covariate_dataset(const struct mq_covariate *covariate, char name[MQ_H5_NAME_MAX]);
/// "/vocabulary/shop", where the names of a category are.
void mq_covariate_vocabulary(const struct mq_covariate *covariate, char name[MQ_H5_NAME_MAX]);
/// Values that one series has of a covariate; 0 for MQ_ROLE_CALENDAR.
int64_t mq_covariate_length(enum mq_role role, int64_t length, int64_t ahead);

/// Codes are whole numbers; one that is missing is 0, unknown.
static inline float mq_category_code(float value)
{
    return value == value ? value : 0.0f;
}

/// The checksum stored for series `number`: a CRC-32 of number, place and values in the low half, of
/// number and id in the high half. Each half can be checked by who reads that part alone.
int64_t mq_series_checksum(const struct mq_panel_info *info, int64_t number,
                           const struct mq_series *series);
uint32_t mq_values_crc(const struct mq_panel_info *info, int64_t number,
                       const struct mq_series *series);
uint32_t mq_id_crc(int64_t number, const char *id);
/// The attribute "checksum" of a calendar covariate and of a vocabulary.
int64_t mq_calendar_checksum(const float values[], int64_t n);
int64_t mq_names_checksum(const char *const names[], int64_t n);
/// Whether a panel of so many values is out of proportion to the rows or values that a source gave:
/// then a date is wrong, or the frequency too fine, and its gaps would fill disks.
bool mq_is_out_of_proportion(int64_t n_values, int64_t n_given);
/// MQ_DATA for such a panel of `n_periods`.
mq_status mq_fail_proportion(const char *file, const struct mq_calendar *calendar,
                             int64_t n_periods, int64_t n_values, int64_t n_given);

void mq_fingerprint_begin(struct mq_sha256 *hash, const struct mq_panel_info *info);
void mq_fingerprint_series(struct mq_sha256 *hash, const struct mq_panel_info *info,
                           const struct mq_series *series);
void mq_fingerprint_calendar(struct mq_sha256 *hash, const float values[], int64_t n);
void mq_fingerprint_names(struct mq_sha256 *hash, const char *const names[], int64_t n);

#endif
