/// Rows of a long table in any order, and the panel they make.
///
/// Memory: 28 bytes a row and 4 for each of its reals (target, available, known, past and calendar
/// covariates), while the panel is written; per item its id, 16 bytes and 4 for each covariate.
///
///     mq_rows_init(&rows, schema, sources, n_sources);
///     for each source k: rows.source = k;
///         for each line: mq_rows_append(&rows, id, line, &reals); mq_rows_set_time(&rows, moment);
///             fill reals, the target by mq_rows_set_target
///     mq_rows_write(&rows, "csv", output);
///
/// Where the schema names a panel to append to, its series are items that were there before (base):
/// ids, places and statics are held in memory, its values are read as they are written.
#ifndef DATA_ROWS_H
#define DATA_ROWS_H

#include <stdint.h>
#include <sys/types.h>

#include "data/date_format.h"
#include "data/names.h"
#include "data/zone.h"
#include "mq/data/import.h"

/// The panel that rows are appended to; zero-initialised: there is none. Periods are the panel's own.
struct mq_rows_base {
    struct mq_panel *panel;
    dev_t device; ///< with the inode: which file it is, while it is open
    ino_t inode;
    int64_t n_series; ///< the first items
    int64_t *start; ///< (n_series)
    int64_t *length; ///< (n_series)
    int64_t covariate[MQ_COVARIATES_MAX]; ///< of the panel, by number in the result
    int64_t shift; ///< from a period of the panel to one of the result, which may begin earlier
};

struct mq_rows {
    const struct mq_schema *schema;
    const char *const *sources;
    int64_t n_sources;
    int64_t source; ///< the one that rows are added from
    int64_t *source_end; ///< (n_sources) rows up to the end of each source

    int64_t width; ///< reals of a row: slot 0 is the target
    int64_t available; ///< slot, or -1
    int64_t slot[MQ_COVARIATES_MAX]; ///< of each covariate; -1 for statics

    int64_t n;
    int64_t capacity;
    int32_t *item;
    int64_t *time; ///< seconds since 1970; periods once the calendar is found
    int64_t *line; ///< in its source
    float *reals; ///< (n, width)

    struct mq_names items;
    int64_t item_capacity;
    float *statics; ///< (items, covariates): NaN or code 0 as long as nothing is known
    struct mq_names categories[MQ_COVARIATES_MAX];

    struct mq_zone zone; ///< of the dates
    int64_t period_s; ///< of dates that end periods; 0: they begin them
    bool has_moments; ///< dates have offsets to UTC
    double total; ///< of the targets
    struct mq_rows_base base;
};

/// Schema and sources stay the caller's. Release with mq_rows_release in every case.
mq_status mq_rows_init(struct mq_rows *rows, const struct mq_schema *schema,
                       const char *const sources[], int64_t n_sources) MQ_NODISCARD;
void mq_rows_release(struct mq_rows *rows);

/// Adds a row of NaN; `reals` (width) is valid until the next row.
mq_status mq_rows_append(struct mq_rows *rows, const char *id, int64_t line,
                         float **reals) MQ_NODISCARD;
/// The date of the last row. MQ_DATA when some dates have offsets and others none.
mq_status mq_rows_set_time(struct mq_rows *rows, struct mq_moment moment) MQ_NODISCARD;
/// The target of the last row, which counts in the total. MQ_DATA when it is too large.
mq_status mq_rows_set_target(struct mq_rows *rows, double value, float *real) MQ_NODISCARD;
/// What the last row says about its item. The first value counts, NaN and "" say nothing; MQ_DATA
/// when it differs from what an earlier row said.
mq_status mq_rows_set_real(struct mq_rows *rows, int64_t covariate, float value) MQ_NODISCARD;
mq_status mq_rows_set_category(struct mq_rows *rows, int64_t covariate,
                               const char *name) MQ_NODISCARD;

/// "sales.csv:17" of a row, for messages.
enum { MQ_ROW_NAME_MAX = 256 };
void mq_rows_print(const struct mq_rows *rows, int64_t row, char text[MQ_ROW_NAME_MAX]);

/// Finds the calendar, sorts, joins rows of one period, fills the gaps, writes and publishes. May be called once.
mq_status mq_rows_write(struct mq_rows *rows, const char *format, const char *output) MQ_NODISCARD;

#endif
