// Dates and periods in the proleptic Gregorian calendar, UTC.
#include "mq/data/calendar.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "data/date.h"
#include "mq/base/int.h"

// With at most 10^8 periods (a panel's limit), so many weeks or months stay below 2^63 seconds.
enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, MULTIPLE_MAX = 100000, MONTHS_MAX = 12000 };

// ---- dates -------------------------------------------------------------------------------------

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

int64_t mq_day_start_s(int64_t year, int month, int day)
{
    return days_of(year, month, day) * DAY_S;
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
        if ((take(&text, ' ') || take(&text, 'T')) && !take_time(&text, &second_of_day))
            return false;
    }
    if (*text != '\0' || year < 1 || month < 1 || month > 12) return false;
    if (day < 1 || day > mq_days_in_month(year, month)) return false;
    *seconds = days_of(year, month, day) * DAY_S + second_of_day;
    return true;
}

bool mq_date_is_possible(int64_t seconds)
{
    return seconds >= days_of(1, 1, 1) * DAY_S && seconds < days_of(10000, 1, 1) * DAY_S;
}

static void print_date(int64_t seconds, bool with_time, char text[MQ_DATE_MAX])
{
    const struct mq_date date = mq_date_of(seconds);
    const int n =
        snprintf(text, MQ_DATE_MAX, "%04lld-%02d-%02d", (long long)date.year, date.month, date.day);
    if (!with_time || n >= MQ_DATE_MAX) return;
    (void)snprintf(text + n, (size_t)(MQ_DATE_MAX - n), " %02d:%02d:%02d",
                   date.second_of_day / HOUR_S, date.second_of_day / MINUTE_S % 60,
                   date.second_of_day % 60);
}

void mq_date_print(int64_t seconds, char text[MQ_DATE_MAX])
{
    print_date(seconds, seconds % DAY_S != 0, text);
}

// ---- frequencies -------------------------------------------------------------------------------

/// What there is to know of a unit: its name alone and after a multiple, the words that mean it,
/// its length (in seconds, or in months when that is not fixed), and how many make the main season.
static const struct {
    const char *name;
    const char *suffix;
    const char *words;
    int64_t seconds;
    int64_t months;
    int64_t season;
} units[] = {
    [MQ_MINUTE] = {"minutely", "min", "min t minute minutes minutely", MINUTE_S, 0, 1440},
    [MQ_HOUR] = {"hourly", "h", "h hour hours hourly", HOUR_S, 0, 24},
    [MQ_DAY] = {"daily", "d", "d day days daily", DAY_S, 0, 7},
    [MQ_WEEK] = {"weekly", "w", "w week weeks weekly", 7 * DAY_S, 0, 52},
    [MQ_MONTH] = {"monthly", "m", "m ms me month months monthly", 0, 1, 12},
    [MQ_QUARTER] = {"quarterly", "q", "q qs qe quarter quarters quarterly", 0, 3, 4},
    [MQ_YEAR] = {"yearly", "y", "y a ys ye year years yearly annual", 0, 12, 1},
};

/// Whether `text` is one of the words, which are in lower case with one space between them.
static bool is_one_of(const char *text, const char *words)
{
    const size_t n = strlen(text);
    while (*words != '\0') {
        const size_t length = strcspn(words, " ");
        if (length == n && strncasecmp(text, words, n) == 0) return true;
        words += length + (words[length] == ' ');
    }
    return false;
}

bool mq_frequency_is_possible(int64_t unit, int64_t multiple)
{
    return unit >= MQ_MINUTE && unit <= MQ_YEAR && multiple >= 1 && multiple <= MULTIPLE_MAX &&
           units[unit].months * multiple <= MONTHS_MAX;
}

bool mq_frequency_parse(const char *text, enum mq_unit *unit, int64_t *multiple)
{
    if (is_one_of(text, "half_hourly")) text = "30min";
    int64_t count = 0;
    const char *word = text;
    for (; isdigit((unsigned char)*word); word++) {
        count = 10 * count + (*word - '0');
        if (count > MULTIPLE_MAX) return false;
    }
    if (word == text)
        count = 1;
    else if (*word == ' ' || *word == '_')
        word++;
    if (count == 0) return false;
    for (enum mq_unit u = MQ_MINUTE; u <= MQ_YEAR; u++)
        if (is_one_of(word, units[u].words) && mq_frequency_is_possible(u, count)) {
            *unit = u;
            *multiple = count;
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

// ---- periods -----------------------------------------------------------------------------------

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
