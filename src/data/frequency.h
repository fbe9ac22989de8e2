/// The frequency of dates: guessed from them, and whether they keep to it.
#ifndef DATA_FREQUENCY_H
#define DATA_FREQUENCY_H

#include <stdint.h>

#include "data/date.h"

/// What is learnt from dates, taken in with mq_dates_add; zero-initialised is valid.
struct mq_dates {
    int64_t n;
    int64_t earliest_s;
    int64_t smallest_step_s; ///< between neighbours of one item; 0: no two dates
    struct mq_date first; ///< the date added first
    bool is_same_day; ///< all fall on the same day of the month
    bool is_month_end; ///< all fall on the last day of the month
    int64_t months_step; ///< while one of both holds: divides the months between dates
};

/// Takes in a date and its distance to the item's date before it (0: none).
void mq_dates_add(struct mq_dates *dates, int64_t seconds, int64_t step_s);

/// Calendar of these dates, with the earliest one in period 0. `frequency` is its name, or "" to
/// guess: months, quarters or years when all dates fall on the same day (or the last) of their
/// month, weeks when the smallest step is whole weeks, days for other whole days, else hours or
/// minutes. `file` is for messages. MQ_DATA when there is nothing to guess from, MQ_USAGE when the
/// name is unknown.
mq_status mq_dates_calendar(const struct mq_dates *dates, const char *frequency, const char *file,
                            struct mq_calendar *calendar) MQ_NODISCARD;

/// Whether a date is one of the calendar's: the very start of a period of minutes or hours, the
/// first day of one of days or weeks, the first month of a longer one.
bool mq_date_fits(const struct mq_calendar *calendar, int64_t seconds);

#endif
