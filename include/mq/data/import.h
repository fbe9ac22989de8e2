/// Import formats: rows of import.def, one file each (import_csv.c, import_wide.c, ...).
///
/// Errors are MQ_DATA and name file and row; nothing appears under the output path on failure.
///
/// Periods that have numbers for dates count from the schema's epoch, which has number 0. Series
/// that have no dates at all end together, in the last period of the panel.
///
/// What long rows mean: a series spans its first to its last observed target (or to the panel's
/// last one, `extend`). A period without a row inside is filled by `missing`; a row with an empty
/// target is not observed. An item without any target is a series of length 0 that begins where the
/// panel ends. Known covariates hold from one row to the next, also past the end, and the first
/// holds before itself. On dates without a row calendar covariates are 0, past covariates are NaN
/// and `available` is 1. Statics take the first value given.
#ifndef MQ_DATA_IMPORT_H
#define MQ_DATA_IMPORT_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/config/setting.h"
#include "mq/data/calendar.h"
#include "mq/data/calendar_file.h"
#include "mq/data/panel.h"

enum mq_missing { MQ_MISSING_NAN, MQ_MISSING_ZERO };

/// Columns and roles. Empty names take the format's defaults; read from a schema file (YAML) by
/// mq_schema_read, or all defaults.
struct mq_schema {
    struct mq_text_list id; ///< several are joined by "_"; default: item_id or unique_id
    char item[MQ_NAME_MAX]; ///< id of the one item of a file that has no column of ids
    char timestamp[MQ_NAME_MAX]; ///< default: timestamp or ds
    char target[MQ_NAME_MAX]; ///< default: target or y
    char available[MQ_NAME_MAX]; ///< default: none
    char frequency[MQ_NAME_MAX]; ///< default: guessed from the smallest step
    char epoch[MQ_NAME_MAX]; ///< date of period 0 of numbered or undated periods
    enum mq_missing missing; ///< a period without a row inside a series' span
    bool extend; ///< fill every series to the panel's last period (with `missing`)
    int64_t ahead; ///< known periods kept past the end; -1: as far as the file goes
    int64_t n_covariates;
    struct mq_covariate covariates[MQ_COVARIATES_MAX]; ///< name = column
    struct mq_text_list ignore; ///< columns of a wide file that are no periods
    const struct mq_calendar_file *calendar_file; ///< joins the panel; NULL: none
};

/// All defaults: no covariates, `ahead` as far as the file goes.
struct mq_schema mq_schema_default(void);

/// Reads a schema: keys item, timestamp, target, available, frequency, epoch, missing (nan|zero),
/// extend, ahead, and the lists of columns id, static (categories), static_real, known, past,
/// calendar, ignore. A column of the id may also be a category. MQ_USAGE with file:line when wrong.
mq_status mq_schema_read(struct mq_schema *schema, const char *path) MQ_NODISCARD;

struct mq_import_format {
    const char *name; ///< "csv"
    const char *summary; ///< for --help
    /// Sources in the order given; writes and publishes `output`.
    mq_status (*run)(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output);
};

/// Fills `source` ("csv: sales.csv") and, when it is one plain file, `source_sha256`. For formats.
mq_status mq_import_source(struct mq_panel_info *info, const char *format,
                           const char *const sources[], int64_t n_sources) MQ_NODISCARD;

/// mq_panel_create for formats: with the covariates of the calendar file behind those of `info`.
mq_status mq_import_create(struct mq_panel_writer **writer, const struct mq_schema *schema,
                           const char *output, const struct mq_panel_info *info) MQ_NODISCARD;

/// NULL with the error recorded (MQ_USAGE, nearest name as hint) when there is no such format.
const struct mq_import_format *mq_import_find(const char *name);
const struct mq_import_format *const *mq_import_formats(int64_t *n);

#endif
