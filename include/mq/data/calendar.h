/// Periods and dates: every time step is an integer period since the panel's epoch.
///
/// Frequencies: hour, day, week, month, quarter, year, with a multiple (30 minutes is
/// {MINUTE, 30}). Period 0 is the epoch; for week the weekday is the epoch's, for month the day.
#ifndef MQ_DATA_CALENDAR_H
#define MQ_DATA_CALENDAR_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/tensor/view.h"

enum mq_unit { MQ_MINUTE, MQ_HOUR, MQ_DAY, MQ_WEEK, MQ_MONTH, MQ_QUARTER, MQ_YEAR };

struct mq_calendar {
    enum mq_unit unit;
    int64_t multiple;  ///< periods are `multiple` units long
    int64_t epoch_s;   ///< seconds since 1970-01-01 UTC of period 0
};

enum { MQ_DATE_MAX = 32 };

/// "hourly" or "H", "daily" "D", "weekly" "W", "monthly" "M", "quarterly" "Q", "yearly" "Y", "30min".
bool mq_frequency_parse(const char *text, enum mq_unit *unit, int64_t *multiple);
void mq_frequency_print(const struct mq_calendar *calendar, char text[MQ_DATE_MAX]);

/// "2011-12-09", "2011-12-09 08:00[:00]", "2011-12-09T08:00:00[Z]", "2011-12", "2011/12/09" to
/// seconds since 1970; false when not a valid date.
bool mq_date_parse(const char *text, int64_t *seconds);
/// Date of a period: "2011-12-09", or with a time of day for hourly and finer.
void mq_period_print(const struct mq_calendar *calendar, int64_t period, char text[MQ_DATE_MAX]);
/// Period that contains this time. False when the calendar needs it to fall on a period's start
/// (daily and finer: any time inside; monthly and longer: any day inside; weekly: any day inside).
int64_t mq_period_of(const struct mq_calendar *calendar, int64_t seconds);

/// Periods of the main season: hourly 24, daily 7, weekly 52, monthly 12, quarterly 4, yearly 1.
int64_t mq_calendar_season(const struct mq_calendar *calendar);

/// Calendar features of a frequency, all within [-1, 1]: their number, names and values at a period.
enum { MQ_CALENDAR_FEATURES_MAX = 24 };
int64_t mq_calendar_features(const struct mq_calendar *calendar);
const char *mq_calendar_feature_name(const struct mq_calendar *calendar, int64_t index);
void mq_calendar_fill(const struct mq_calendar *calendar, int64_t period, mq_real features[]);

#endif
