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
///
/// Several rows of one item and period are refused, or become one by `duplicates`: the target by that
/// rule, covariates by the same but averaged where targets are added. They then need not stand at a
/// period's beginning, so that a schema with frequency and duplicates adds up sales.
///
/// With a time zone the panel keeps the zone's clock, on which an hour of autumn comes twice (its rows
/// become one by `doubled`) and one of spring never (it is not observed, whatever `missing` is), or
/// goes by UTC, where neither happens. A date with an offset is a moment; without a zone it is one of
/// UTC.
#ifndef MQ_DATA_IMPORT_H
#define MQ_DATA_IMPORT_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/config/setting.h"
#include "mq/data/calendar.h"
#include "mq/data/calendar_file.h"
#include "mq/data/panel.h"

enum mq_missing { MQ_MISSING_NAN, MQ_MISSING_ZERO };
/// What becomes of several values for one item and period.
enum mq_combine { MQ_REFUSE, MQ_SUM, MQ_MEAN, MQ_FIRST, MQ_LAST };
enum mq_clock { MQ_CLOCK_LOCAL, MQ_CLOCK_UTC };
/// Where items are in a table: rows name them, columns are items, or (wide) rows are items without
/// names.
enum mq_items_in { MQ_ITEMS_NAMED, MQ_ITEMS_COLUMNS, MQ_ITEMS_NUMBERED };

enum { MQ_FORMAT_MAX = 64 };

/// Columns and roles. Empty names take the format's defaults; read from a schema file (YAML) by
/// mq_schema_read, or all defaults.
struct mq_schema {
    struct mq_text_list id; ///< several are joined by "_"; default: item_id or unique_id
    char item[MQ_NAME_MAX]; ///< id of the one item of a file that has no column of ids
    enum mq_items_in items;
    char unnamed[MQ_NAME_MAX]; ///< id of rows whose id is empty; "": they are refused
    /// Several are joined by a space; default: timestamp or ds.
    struct mq_text_list timestamp;
    bool is_undated; ///< there is none: the rows of an item are consecutive periods
    char date_format[MQ_FORMAT_MAX]; ///< (data/date_format.h) default: ISO 8601
    bool ends_periods; ///< timestamps stand for the period that ends then
    char time_zone[MQ_FORMAT_MAX]; ///< of the timestamps; "": none
    enum mq_clock clock; ///< of the panel, given a time zone
    enum mq_combine doubled; ///< the hour that comes twice on a local clock
    char target[MQ_NAME_MAX]; ///< default: target or y
    char times[MQ_NAME_MAX]; ///< column that multiplies the target; default: none
    enum mq_combine duplicates; ///< several rows for one item and period
    char available[MQ_NAME_MAX]; ///< default: none
    char frequency[MQ_NAME_MAX]; ///< default: guessed from the smallest step
    char epoch[MQ_NAME_MAX]; ///< date of period 0 of numbered or undated periods
    enum mq_missing missing; ///< a period without a row inside a series' span
    bool extend; ///< fill every series to the panel's last period (with `missing`)
    int64_t ahead; ///< known periods kept past the end; -1: as far as the file goes
    int64_t n_covariates;
    struct mq_covariate covariates[MQ_COVARIATES_MAX]; ///< name = column
    struct mq_text_list ignore; ///< columns that are no periods or items
    char delimiter; ///< between fields
    char decimal; ///< in numbers, '.' or ','
    char encoding[MQ_FORMAT_MAX]; ///< of the file, as iconv has it; "": UTF-8
    bool has_header; ///< else columns are called 1, 2, 3, ...
    const struct mq_calendar_file *calendar_file; ///< joins the panel; NULL: none
    const char *append_to; ///< panel that the sources join; NULL: they make a panel of their own
    bool replaces; ///< appended rows win over what the panel holds, else they are refused
};

/// All defaults: no covariates, `ahead` as far as the file goes.
struct mq_schema mq_schema_default(void);

/// Reads a schema: the keys are those of its table (data/schema.c), which the README explains. A
/// column of the id may also be a category. MQ_USAGE with file:line when wrong.
mq_status mq_schema_read(struct mq_schema *schema, const char *path) MQ_NODISCARD;

struct mq_import_format {
    const char *name; ///< "csv"
    const char *summary; ///< for --help
    bool can_append; ///< to a panel (mq_schema.append_to), else MQ_USAGE
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
