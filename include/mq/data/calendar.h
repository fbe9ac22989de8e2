/// Periods and dates: every time step is an integer period since the panel's epoch.
///
/// Frequencies: minute, hour, day, week, month, quarter, year, with a multiple (30 minutes is
/// {MINUTE, 30}). Period 0 begins at the epoch. Weeks begin on the epoch's weekday; months,
/// quarters and years are whole calendar months counted from the epoch's, dated by its day (or the
/// last one of a shorter month). The calendar is the Gregorian one in UTC, without leap seconds.
#ifndef MQ_DATA_CALENDAR_H
#define MQ_DATA_CALENDAR_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/tensor/view.h"

enum mq_unit { MQ_MINUTE, MQ_HOUR, MQ_DAY, MQ_WEEK, MQ_MONTH, MQ_QUARTER, MQ_YEAR };

struct mq_calendar {
    enum mq_unit unit;
    int64_t multiple; ///< periods are `multiple` units long
    int64_t epoch_s; ///< seconds since 1970-01-01 UTC of period 0
};

/// Periods are bounded so that their dates in seconds cannot overflow.
enum { MQ_DATE_MAX = 32, MQ_PERIODS_MAX = 100000000 };

/// "hourly" or "H", "daily" "D", "weekly" "W", "monthly" "M", "quarterly" "Q", "yearly" "Y",
/// "30min", "2 weeks", "10_minutes", "half_hourly"; upper or lower case.
bool mq_frequency_parse(const char *text, enum mq_unit *unit, int64_t *multiple);
/// Whether a date lies in the years 1 to 9999, as mq_date_parse reads them.
bool mq_date_is_possible(int64_t seconds);
/// Whether periods may be `multiple` of an enum mq_unit: at most 100,000, or 1,000 years.
bool mq_frequency_is_possible(int64_t unit, int64_t multiple);
/// As mq_frequency_parse reads it: "daily", "30min".
void mq_frequency_print(const struct mq_calendar *calendar, char text[MQ_DATE_MAX]);

/// "2011-12-09", "2011-12-09 08:00[:00]", "2011-12-09T08:00:00[Z]", "2011-12", "2011/12/09" to
/// seconds since 1970; false when not a valid date.
bool mq_date_parse(const char *text, int64_t *seconds);
/// "2011-12-09", or "2011-12-09 08:00:00" when it is not midnight.
void mq_date_print(int64_t seconds, char text[MQ_DATE_MAX]);
/// Date of a period: "2011-12-09", or with a time of day for hourly and finer.
void mq_period_print(const struct mq_calendar *calendar, int64_t period, char text[MQ_DATE_MAX]);
/// Period that contains this time: any time of day, day of the week or day of the month inside it.
int64_t mq_period_of(const struct mq_calendar *calendar, int64_t seconds);

/// Periods of the main season: hourly 24, daily 7, weekly 52, monthly 12, quarterly 4, yearly 1; of
/// a multiple so many times fewer (half-hourly 48), but at least 1.
int64_t mq_calendar_season(const struct mq_calendar *calendar);

enum { MQ_CALENDAR_FEATURES_MAX = 24 };

/// Calendar features of a frequency, shortest cycle first, all within [-1, 1]: how many of them
/// follow cycles that `n_periods` cover at least twice. A cycle seen once (the day of the year in a
/// year of data) is a clock that only tells dates apart which will not come back.
int64_t mq_calendar_features(const struct mq_calendar *calendar, int64_t n_periods);
/// Name of feature `index` below MQ_CALENDAR_FEATURES_MAX, NULL past the last one of the frequency.
const char *mq_calendar_feature_name(const struct mq_calendar *calendar, int64_t index);
/// The first n features at a period.
void mq_calendar_fill(const struct mq_calendar *calendar, int64_t period, int64_t n,
                      mq_real features[]);

#endif
