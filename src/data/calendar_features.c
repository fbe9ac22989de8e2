// Features of a period's date: the cycles that demand follows, as waves or indicators in [-1, 1].
#include "mq/data/calendar.h"

#include <math.h>
#include <stddef.h>

#include "data/date.h"

enum cycle { OF_DAY, OF_WEEK, OF_MONTH, OF_YEAR, OF_MONTHS };
enum kind { SINE, COSINE, WEEKDAY, QUARTER };

/// One feature: a harmonic of a cycle, or whether the weekday or quarter is `number`.
struct feature {
    const char *name;
    enum kind kind;
    enum cycle cycle;
    int number; ///< harmonic, weekday (0 = Monday) or quarter (0 = January to March)
};

/// The features of a unit, shortest cycle first; a row without a name ends them. Minutes have those
/// of hours.
static const struct feature features_of[][MQ_CALENDAR_FEATURES_MAX] = {
    [MQ_HOUR] = {{"day_sin_1", SINE, OF_DAY, 1},
                 {"day_cos_1", COSINE, OF_DAY, 1},
                 {"day_sin_2", SINE, OF_DAY, 2},
                 {"day_cos_2", COSINE, OF_DAY, 2},
                 {"week_sin_1", SINE, OF_WEEK, 1},
                 {"week_cos_1", COSINE, OF_WEEK, 1},
                 {"year_sin_1", SINE, OF_YEAR, 1},
                 {"year_cos_1", COSINE, OF_YEAR, 1}},
    [MQ_DAY] = {{"monday", WEEKDAY, OF_WEEK, 0},
                {"tuesday", WEEKDAY, OF_WEEK, 1},
                {"wednesday", WEEKDAY, OF_WEEK, 2},
                {"thursday", WEEKDAY, OF_WEEK, 3},
                {"friday", WEEKDAY, OF_WEEK, 4},
                {"saturday", WEEKDAY, OF_WEEK, 5},
                {"sunday", WEEKDAY, OF_WEEK, 6},
                {"month_sin_1", SINE, OF_MONTH, 1},
                {"month_cos_1", COSINE, OF_MONTH, 1},
                {"year_sin_1", SINE, OF_YEAR, 1},
                {"year_cos_1", COSINE, OF_YEAR, 1},
                {"year_sin_2", SINE, OF_YEAR, 2},
                {"year_cos_2", COSINE, OF_YEAR, 2}},
    [MQ_WEEK] = {{"year_sin_1", SINE, OF_YEAR, 1},
                 {"year_cos_1", COSINE, OF_YEAR, 1},
                 {"year_sin_2", SINE, OF_YEAR, 2},
                 {"year_cos_2", COSINE, OF_YEAR, 2}},
    [MQ_MONTH] = {{"year_sin_1", SINE, OF_MONTHS, 1},
                  {"year_cos_1", COSINE, OF_MONTHS, 1},
                  {"year_sin_2", SINE, OF_MONTHS, 2},
                  {"year_cos_2", COSINE, OF_MONTHS, 2}},
    [MQ_QUARTER] = {{"quarter_1", QUARTER, OF_YEAR, 0},
                    {"quarter_2", QUARTER, OF_YEAR, 1},
                    {"quarter_3", QUARTER, OF_YEAR, 2},
                    {"quarter_4", QUARTER, OF_YEAR, 3}},
    [MQ_YEAR] = {{NULL, SINE, OF_YEAR, 0}},
};

static const double DAYS_OF_YEAR = 365.25;

static const struct feature *rows_of(const struct mq_calendar *calendar)
{
    return features_of[calendar->unit == MQ_MINUTE ? MQ_HOUR : calendar->unit];
}

static double fraction_of_day(const struct mq_date *date)
{
    return date->second_of_day / 86400.0;
}

/// How far the cycle has come, in [0, 1).
static double phase(enum cycle cycle, const struct mq_date *date)
{
    switch (cycle) {
    case OF_DAY:
        return fraction_of_day(date);
    case OF_WEEK:
        return (date->weekday + fraction_of_day(date)) / 7.0;
    case OF_MONTH:
        return (date->day - 1) / (double)mq_days_in_month(date->year, date->month);
    case OF_YEAR:
        return (date->day_of_year + fraction_of_day(date)) / date->days_in_year;
    case OF_MONTHS: // whole months: every January is the same
        return (date->month - 1) / 12.0;
    }
    MQ_ASSERT(!"a cycle");
    return 0.0;
}

static double value_of(const struct feature *feature, const struct mq_date *date)
{
    const double turn = 2.0 * 3.14159265358979323846;
    switch (feature->kind) {
    case SINE:
        return sin(turn * feature->number * phase(feature->cycle, date));
    case COSINE:
        return cos(turn * feature->number * phase(feature->cycle, date));
    case WEEKDAY:
        return date->weekday == feature->number;
    case QUARTER:
        return (date->month - 1) / 3 == feature->number;
    }
    MQ_ASSERT(!"a kind of feature");
    return 0.0;
}

static double cycle_days(enum cycle cycle)
{
    switch (cycle) {
    case OF_DAY:
        return 1;
    case OF_WEEK:
        return 7;
    case OF_MONTH:
        return DAYS_OF_YEAR / 12;
    default:
        return DAYS_OF_YEAR;
    }
}

static double period_days(const struct mq_calendar *calendar)
{
    static const double days[] = {
        [MQ_MINUTE] = 1.0 / 1440, [MQ_HOUR] = 1.0 / 24,      [MQ_DAY] = 1,      [MQ_WEEK] = 7,
        [MQ_MONTH] = 365.25 / 12, [MQ_QUARTER] = 365.25 / 4, [MQ_YEAR] = 365.25};
    return days[calendar->unit] * (double)calendar->multiple;
}

int64_t mq_calendar_features(const struct mq_calendar *calendar, int64_t n_periods)
{
    const struct feature *rows = rows_of(calendar);
    const double covered =
        (double)n_periods * period_days(calendar) * (1 + 1e-9); // 24 months are 2 years
    int64_t n = 0;
    while (rows[n].name != NULL && 2 * cycle_days(rows[n].cycle) <= covered)
        n++;
    return n;
}

const char *mq_calendar_feature_name(const struct mq_calendar *calendar, int64_t index)
{
    MQ_ASSERT(index >= 0 && index < MQ_CALENDAR_FEATURES_MAX);
    return rows_of(calendar)[index].name;
}

void mq_calendar_fill(const struct mq_calendar *calendar, int64_t period, int64_t n,
                      mq_real features[])
{
    const struct mq_date date = mq_date_of(mq_period_start_s(calendar, period));
    const struct feature *rows = rows_of(calendar);
    for (int64_t i = 0; i < n; i++)
        features[i] = (mq_real)value_of(&rows[i], &date);
}
