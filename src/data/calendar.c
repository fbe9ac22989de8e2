// Dates and periods in the proleptic Gregorian calendar, UTC.
#include "mq/data/calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "data/date.h"
#include "mq/base/int.h"
#include "mq/base/str.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

// ---- dates ---------------------------------------------------------------------------------------

static int64_t floor_div(int64_t a, int64_t b)
{
    const int64_t quotient = a / b;
    return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int mq_days_in_month(int64_t year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/// Days from 0001-01-01 to the first day of a year.
static int64_t days_before_year(int64_t year)
{
    const int64_t y = year - 1;
    return 365 * y + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400);
}

/// Days from 1970-01-01.
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t days = days_before_year(year) - days_before_year(1970) + day - 1;
    for (int m = 1; m < month; m++)
        days += mq_days_in_month(year, m);
    return days;
}

struct mq_date mq_date_of(int64_t seconds)
{
    struct mq_date date = {0};
    const int64_t days = floor_div(seconds, DAY_S);
    const int64_t since_one = days + days_before_year(1970);
    // 400 years have 146097 days: the guess is at most one year off.
    date.year = floor_div(since_one * 400, 146097) + 1;
    while (days_before_year(date.year) > since_one)
        date.year--;
    while (days_before_year(date.year + 1) <= since_one)
        date.year++;
    date.day_of_year = (int)(since_one - days_before_year(date.year));
    date.days_in_year = is_leap(date.year) ? 366 : 365;
    date.month = 1;
    date.day = date.day_of_year + 1;
    while (date.day > mq_days_in_month(date.year, date.month))
        date.day -= mq_days_in_month(date.year, date.month++);
    date.weekday = (int)(days + 3 - 7 * floor_div(days + 3, 7)); // 1970-01-01 was a Thursday
    date.second_of_day = (int)(seconds - days * DAY_S);
    return date;
}

/// Reads exactly `n` digits and moves past them.
static bool take_digits(const char **text, int n, int *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)**text)) return false;
        *value = 10 * *value + (**text - '0');
        (*text)++;
    }
    return true;
}

static bool take(const char **text, char expected)
{
    if (**text != expected) return false;
    (*text)++;
    return true;
}

/// "08:00", "08:00:00", either with a final Z.
static bool take_time(const char **text, int *second_of_day)
{
    int hour;
    int minute;
    int second = 0;
    if (!take_digits(text, 2, &hour) || !take(text, ':') || !take_digits(text, 2, &minute))
        return false;
    if (take(text, ':') && !take_digits(text, 2, &second)) return false;
    (void)take(text, 'Z');
    *second_of_day = hour * HOUR_S + minute * MINUTE_S + second;
    return hour < 24 && minute < 60 && second < 60;
}

bool mq_date_parse(const char *text, int64_t *seconds)
{
    int year;
    int month;
    int day = 1;
    int second_of_day = 0;
    if (!take_digits(&text, 4, &year)) return false;
    const char separator = *text == '/' ? '/' : '-';
    if (!take(&text, separator) || !take_digits(&text, 2, &month)) return false;
    if (take(&text, separator)) {
        if (!take_digits(&text, 2, &day)) return false;
        if ((take(&text, ' ') || take(&text, 'T')) && !take_time(&text, &second_of_day)) return false;
    }
    if (*text != '\0' || year < 1 || month < 1 || month > 12) return false;
    if (day < 1 || day > mq_days_in_month(year, month)) return false;
    *seconds = days_of(year, month, day) * DAY_S + second_of_day;
    return true;
}

static void print_date(int64_t seconds, bool with_time, char text[MQ_DATE_MAX])
{
    const struct mq_date date = mq_date_of(seconds);
    const int n = snprintf(text, MQ_DATE_MAX, "%04lld-%02d-%02d", (long long)date.year, date.month,
                           date.day);
    if (!with_time || n >= MQ_DATE_MAX) return;
    (void)snprintf(text + n, (size_t)(MQ_DATE_MAX - n), " %02d:%02d:%02d",
                   date.second_of_day / HOUR_S, date.second_of_day / MINUTE_S % 60,
                   date.second_of_day % 60);
}

void mq_date_print(int64_t seconds, char text[MQ_DATE_MAX])
{
    print_date(seconds, seconds % DAY_S != 0, text);
}

// ---- frequencies -----------------------------------------------------------------------------------

struct unit_name {
    const char *name;
    enum mq_unit unit;
    int multiple;
};

static const struct unit_name unit_names[] = {
    {"min", MQ_MINUTE, 1},       {"minute", MQ_MINUTE, 1},   {"minutes", MQ_MINUTE, 1},
    {"minutely", MQ_MINUTE, 1},  {"t", MQ_MINUTE, 1},        {"half_hourly", MQ_MINUTE, 30},
    {"h", MQ_HOUR, 1},           {"hour", MQ_HOUR, 1},       {"hours", MQ_HOUR, 1},
    {"hourly", MQ_HOUR, 1},      {"d", MQ_DAY, 1},           {"day", MQ_DAY, 1},
    {"days", MQ_DAY, 1},         {"daily", MQ_DAY, 1},       {"w", MQ_WEEK, 1},
    {"week", MQ_WEEK, 1},        {"weeks", MQ_WEEK, 1},      {"weekly", MQ_WEEK, 1},
    {"m", MQ_MONTH, 1},          {"ms", MQ_MONTH, 1},        {"me", MQ_MONTH, 1},
    {"month", MQ_MONTH, 1},      {"months", MQ_MONTH, 1},    {"monthly", MQ_MONTH, 1},
    {"q", MQ_QUARTER, 1},        {"qs", MQ_QUARTER, 1},      {"qe", MQ_QUARTER, 1},
    {"quarter", MQ_QUARTER, 1},  {"quarters", MQ_QUARTER, 1}, {"quarterly", MQ_QUARTER, 1},
    {"y", MQ_YEAR, 1},           {"a", MQ_YEAR, 1},          {"ys", MQ_YEAR, 1},
    {"ye", MQ_YEAR, 1},          {"year", MQ_YEAR, 1},       {"years", MQ_YEAR, 1},
    {"yearly", MQ_YEAR, 1},      {"annual", MQ_YEAR, 1},
};

/// What there is to know of a unit: its name alone and after a multiple, its length (in seconds, or
/// in months when that is not fixed), and how many of it make the main season.
static const struct {
    const char *name;
    const char *suffix;
    int64_t seconds;
    int64_t months;
    int64_t season;
} units[] = {
    [MQ_MINUTE] = {"minutely", "min", MINUTE_S, 0, 1440},
    [MQ_HOUR] = {"hourly", "h", HOUR_S, 0, 24},
    [MQ_DAY] = {"daily", "d", DAY_S, 0, 7},
    [MQ_WEEK] = {"weekly", "w", 7 * DAY_S, 0, 52},
    [MQ_MONTH] = {"monthly", "m", 0, 1, 12},
    [MQ_QUARTER] = {"quarterly", "q", 0, 3, 4},
    [MQ_YEAR] = {"yearly", "y", 0, 12, 1},
};

static bool is_same_word(const char *text, const char *lower)
{
    for (; *text != '\0' && *lower != '\0'; text++, lower++)
        if (tolower((unsigned char)*text) != *lower) return false;
    return *text == *lower;
}

bool mq_frequency_parse(const char *text, enum mq_unit *unit, int64_t *multiple)
{
    int64_t count = 0;
    const char *word = text;
    for (; isdigit((unsigned char)*word); word++) {
        count = 10 * count + (*word - '0');
        if (count > 100000) return false;
    }
    if (word == text)
        count = 1;
    else if (*word == ' ' || *word == '_')
        word++;
    if (count == 0) return false;
    for (size_t i = 0; i < sizeof unit_names / sizeof unit_names[0]; i++)
        if (is_same_word(word, unit_names[i].name)) {
            *unit = unit_names[i].unit;
            *multiple = count * unit_names[i].multiple;
            return true;
        }
    return false;
}

void mq_frequency_print(const struct mq_calendar *calendar, char text[MQ_DATE_MAX])
{
    if (calendar->multiple == 1)
        (void)snprintf(text, MQ_DATE_MAX, "%s", units[calendar->unit].name);
    else
        (void)snprintf(text, MQ_DATE_MAX, "%lld%s", (long long)calendar->multiple,
                       units[calendar->unit].suffix);
}

int64_t mq_calendar_season(const struct mq_calendar *calendar)
{
    return mq_max_i64(units[calendar->unit].season / calendar->multiple, 1);
}

// ---- periods ---------------------------------------------------------------------------------------

/// Months since the year 0.
static int64_t month_number(struct mq_date date)
{
    return 12 * date.year + date.month - 1;
}

int64_t mq_period_start_s(const struct mq_calendar *calendar, int64_t period)
{
    const int64_t steps = period * calendar->multiple;
    if (units[calendar->unit].months == 0)
        return calendar->epoch_s + steps * units[calendar->unit].seconds;
    const struct mq_date epoch = mq_date_of(calendar->epoch_s);
    const int64_t month = month_number(epoch) + steps * units[calendar->unit].months;
    const int64_t year = floor_div(month, 12);
    const int month_of_year = (int)(month - 12 * year) + 1;
    const int last = mq_days_in_month(year, month_of_year);
    const int day = epoch.day < last ? epoch.day : last;
    return days_of(year, month_of_year, day) * DAY_S + epoch.second_of_day;
}

void mq_period_print(const struct mq_calendar *calendar, int64_t period, char text[MQ_DATE_MAX])
{
    print_date(mq_period_start_s(calendar, period), calendar->unit < MQ_DAY, text);
}

int64_t mq_period_of(const struct mq_calendar *calendar, int64_t seconds)
{
    const int64_t months = units[calendar->unit].months * calendar->multiple;
    if (months > 0)
        return floor_div(month_number(mq_date_of(seconds)) -
                             month_number(mq_date_of(calendar->epoch_s)),
                         months);
    return floor_div(seconds - calendar->epoch_s,
                     units[calendar->unit].seconds * calendar->multiple);
}
