/// The parts of a date, for calendar features.
#ifndef DATA_DATE_H
#define DATA_DATE_H

#include "mq/data/calendar.h"

struct mq_date {
    int64_t year;
    int month; ///< 1 .. 12
    int day; ///< 1 .. 31
    int weekday; ///< 0 = Monday
    int day_of_year; ///< 0 .. 365
    int days_in_year; ///< 365 or 366
    int second_of_day; ///< 0 .. 86399
};

struct mq_date mq_date_of(int64_t seconds);
int mq_days_in_month(int64_t year, int month);
/// Seconds since 1970 at which a day begins; it must exist.
int64_t mq_day_start_s(int64_t year, int month, int day);
/// Seconds since 1970 at which a period begins.
int64_t mq_period_start_s(const struct mq_calendar *calendar, int64_t period);

#endif
