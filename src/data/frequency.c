// Frequencies guessed from dates.
#include "data/frequency.h"

#include "mq/base/int.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, SHORTEST_MONTH_S = 28 * DAY_S };

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static void add_month(struct mq_dates *dates, const struct mq_date *date)
{
    const struct mq_date *first = &dates->first;
    const int64_t months = 12 * (date->year - first->year) + date->month - first->month;
    dates->months_step = common_divisor(dates->months_step, months);
    dates->is_same_day = dates->is_same_day && date->day == first->day;
    dates->is_month_end =
        dates->is_month_end && date->day == mq_days_in_month(date->year, date->month);
}

void mq_dates_add(struct mq_dates *dates, int64_t seconds, int64_t step_s)
{
    if (dates->n++ == 0) {
        dates->earliest_s = seconds;
        dates->first = mq_date_of(seconds);
        dates->is_same_day = true;
        dates->is_month_end = true;
    }
    dates->earliest_s = mq_min_i64(dates->earliest_s, seconds);
    if (step_s > 0 && (dates->smallest_step_s == 0 || step_s < dates->smallest_step_s))
        dates->smallest_step_s = step_s;
    if (dates->is_same_day || dates->is_month_end) {
        const struct mq_date date = mq_date_of(seconds);
        add_month(dates, &date);
    }
}

static mq_status refuse_to_guess(int64_t step_s, const char *file)
{
    if (step_s == 0)
        (void)mq_fail(MQ_DATA, "%s: cannot guess the frequency: no item has two dates", file);
    else
        (void)mq_fail(MQ_DATA, "%s: steps of %lld seconds: the finest frequency is a minute", file,
                      (long long)step_s);
    return mq_hint("name it in a schema file, for instance frequency: daily");
}

static mq_status guess(const struct mq_dates *dates, const char *file, struct mq_calendar *calendar)
{
    const int64_t step_s = dates->smallest_step_s;
    const int64_t months = dates->months_step;
    if (step_s == 0 || step_s % MINUTE_S != 0) return refuse_to_guess(step_s, file);
    calendar->multiple = 1;
    if (step_s >= SHORTEST_MONTH_S && (dates->is_same_day || dates->is_month_end)) {
        calendar->unit = months % 12 == 0 ? MQ_YEAR : months % 3 == 0 ? MQ_QUARTER : MQ_MONTH;
    } else if (step_s % DAY_S == 0) {
        calendar->unit = step_s % (7 * DAY_S) == 0 ? MQ_WEEK : MQ_DAY;
    } else if (step_s % HOUR_S == 0) {
        calendar->unit = MQ_HOUR;
        calendar->multiple = step_s / HOUR_S;
    } else {
        calendar->unit = MQ_MINUTE;
        calendar->multiple = step_s / MINUTE_S;
    }
    if (!mq_frequency_is_possible(calendar->unit, calendar->multiple))
        return refuse_to_guess(step_s, file);
    return MQ_OK;
}

// Where the period of the earliest date begins. Months keep the day of the month that all dates
// share; 31 stands for month ends.
static int64_t epoch_of(const struct mq_dates *dates, enum mq_unit unit)
{
    if (unit == MQ_MINUTE || unit == MQ_HOUR) return dates->earliest_s;
    const struct mq_date earliest = mq_date_of(dates->earliest_s);
    const int64_t day_s = dates->earliest_s - earliest.second_of_day;
    const bool is_shared = dates->is_same_day || (dates->is_month_end && earliest.day == 31);
    if (unit == MQ_DAY || unit == MQ_WEEK || is_shared) return day_s;
    return day_s - (int64_t)(earliest.day - 1) * DAY_S;
}

mq_status mq_dates_calendar(const struct mq_dates *dates, const char *frequency, const char *file,
                            struct mq_calendar *calendar)
{
    if (frequency[0] == '\0') {
        MQ_TRY(guess(dates, file, calendar));
    } else if (!mq_frequency_parse(frequency, &calendar->unit, &calendar->multiple)) {
        (void)mq_fail(MQ_USAGE, "unknown frequency '%s'", frequency);
        return mq_hint("hourly, daily, weekly, monthly, quarterly, yearly, or a multiple as 30min");
    }
    calendar->epoch_s = epoch_of(dates, calendar->unit);
    return MQ_OK;
}

bool mq_date_fits(const struct mq_calendar *calendar, int64_t seconds)
{
    const int64_t start_s = mq_period_start_s(calendar, mq_period_of(calendar, seconds));
    if (calendar->unit < MQ_DAY) return seconds == start_s;
    if (calendar->unit < MQ_MONTH) return seconds - start_s < DAY_S;
    const struct mq_date date = mq_date_of(seconds);
    const struct mq_date start = mq_date_of(start_s);
    return date.year == start.year && date.month == start.month;
}
