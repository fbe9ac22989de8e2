/// A calendar file: a CSV of dates and of what happens on them, the same for all series.
///
///     date,holiday,degrees
///     2024-12-24,Christmas Eve,3.5
///     2024-12-25,Christmas,4
///
/// The first column is the date (date, timestamp or ds). A column whose first value is a number
/// holds numbers and is one covariate; any other holds names of events, empty for none, and is one
/// covariate of 0 and 1 for each name: holiday_christmas_eve, holiday_christmas. Rows come in any
/// order, and a date may have several.
///
/// A date covers the periods of its day, or with times of day the period it falls in. Of several
/// values in one period, events and columns of 0 and 1 take the largest, other numbers the mean.
/// From the first date of the file to the last, events and columns of 0 and 1 are 0 where nothing
/// is said; everything else is missing.
#ifndef MQ_DATA_CALENDAR_FILE_H
#define MQ_DATA_CALENDAR_FILE_H

#include "mq/data/panel.h"

/// One cell that says something.
struct mq_calendar_entry {
    int64_t seconds; ///< since 1970
    int64_t covariate;
    float value;
};

/// Zero-initialised is a file without covariates.
struct mq_calendar_file {
    const char *path; ///< as given; the caller keeps it alive
    int64_t n_covariates;
    struct mq_covariate covariates[MQ_COVARIATES_MAX]; ///< in order of first appearance
    bool is_event[MQ_COVARIATES_MAX]; ///< holds 0 and 1 alone
    int64_t first_s; ///< earliest and latest date of any row
    int64_t last_s;
    bool has_times; ///< a date has a time of day
    int64_t n_entries;
    int64_t capacity;
    struct mq_calendar_entry *entries;
};

/// MQ_DATA naming file and line when wrong. Release with mq_calendar_file_release in every case.
mq_status mq_calendar_file_read(struct mq_calendar_file *file, const char *path) MQ_NODISCARD;
void mq_calendar_file_release(struct mq_calendar_file *file);

/// Adds the covariates of the file to those of a panel, and the file to its source.
mq_status mq_calendar_file_join(const struct mq_calendar_file *file,
                                struct mq_panel_info *info) MQ_NODISCARD;
/// Hands their values to the writer of that panel, as far as the file goes; dates before period 0
/// are left out. The first covariate of the file is number `first` of the panel.
mq_status mq_calendar_file_write(const struct mq_calendar_file *file,
                                 const struct mq_calendar *calendar, int64_t first,
                                 struct mq_panel_writer *writer) MQ_NODISCARD;

#endif
