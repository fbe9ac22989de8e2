// Dates in a named format: directives fill the parts of a date, which are then joined and checked.
#include "data/date_format.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "data/date.h"
#include "mq/base/str.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static const char known_directives[] = "YymdbjGVuHIMSfpz%";

// What was read; -1: nothing was.
struct parts {
    int year;
    int month;
    int day;
    int day_of_year;
    int week_year;
    int week;
    int weekday; // 1 = Monday
    int hour;
    int minute;
    int second;
    int half; // 0 = am, 1 = pm
    int64_t offset_s;
    bool has_offset;
};

// ---- the format ---------------------------------------------------------------------------------

static bool is_epoch(const char *format)
{
    return strcmp(format, "unix") == 0 || strcmp(format, "unix_ms") == 0;
}

static bool has_directive(const char *format, char directive)
{
    for (const char *at = format; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2)
        if (at[1] == directive) return true;
    return false;
}

mq_status mq_date_format_check(const char *format, const char *file)
{
    if (format[0] == '\0' || is_epoch(format)) return MQ_OK;
    for (const char *at = format; (at = strchr(at, '%')) != NULL; at += 2) {
        if (at[1] != '\0' && strchr(known_directives, at[1]) != NULL) continue;
        (void)mq_fail(MQ_USAGE, "%s: date_format '%s': unknown directive '%.2s'", file, format, at);
        return mq_hint("known are %%Y %%y %%m %%d %%b %%j %%G %%V %%u %%H %%I %%M %%S %%f %%p %%z");
    }
    const bool has_year = has_directive(format, 'Y') || has_directive(format, 'y');
    const bool has_month = has_directive(format, 'm') || has_directive(format, 'b');
    const bool has_week = has_directive(format, 'G') && has_directive(format, 'V');
    if (has_week || (has_year && (has_month || has_directive(format, 'j')))) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: date_format '%s' gives no date", file, format);
    return mq_hint("for instance %%d.%%m.%%Y %%H:%%M, %%m/%%d/%%Y, %%Y%%m%%d, %%G-W%%V, unix");
}

// ---- parts --------------------------------------------------------------------------------------

// One to `most` digits.
static bool take_number(const char **text, int most, int *value)
{
    int n = 0;
    *value = 0;
    for (; n < most && isdigit((unsigned char)**text); n++)
        *value = 10 * *value + (*(*text)++ - '0');
    return n > 0;
}

static bool take_year(const char **text, int *year)
{
    const char *start = *text;
    return take_number(text, 4, year) && *text - start == 4;
}

static bool take_month(const char **text, int *month)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (*month = 1; *month <= 12; ++*month)
        if (strncasecmp(*text, names + 3 * (*month - 1), 3) == 0) {
            *text += 3;
            return true;
        }
    return false;
}

static bool take_half(const char **text, int *half)
{
    *half = tolower((unsigned char)**text) == 'p';
    if (!*half && tolower((unsigned char)**text) != 'a') return false;
    if (tolower((unsigned char)(*text)[1]) != 'm') return false;
    *text += 2;
    return true;
}

// "Z", "+01:00", "-0500", "+01".
static bool take_offset(const char **text, struct parts *parts)
{
    int hours = 0;
    int minutes = 0;
    parts->has_offset = true;
    parts->offset_s = 0;
    if (**text == 'Z' || **text == 'z') return (*text)++, true;
    const int sign = **text == '+' ? 1 : -1;
    if (**text != '+' && **text != '-') return false;
    (*text)++;
    if (!take_number(text, 2, &hours)) return false;
    if (**text == ':') (*text)++;
    if (isdigit((unsigned char)**text) && !take_number(text, 2, &minutes)) return false;
    parts->offset_s = sign * (int64_t)(hours * HOUR_S + minutes * MINUTE_S);
    return hours <= 14 && minutes < 60;
}

static bool skip_fraction(const char **text)
{
    int ignored;
    return take_number(text, 9, &ignored);
}

static bool take(char directive, const char **text, struct parts *parts)
{
    switch (directive) {
    case 'Y':
        return take_year(text, &parts->year);
    case 'y': // as POSIX has it: 69 is 1969, 68 is 2068
        if (!take_number(text, 2, &parts->year)) return false;
        parts->year += parts->year < 69 ? 2000 : 1900;
        return true;
    case 'm':
        return take_number(text, 2, &parts->month);
    case 'b':
        return take_month(text, &parts->month);
    case 'd':
        return take_number(text, 2, &parts->day);
    case 'j':
        return take_number(text, 3, &parts->day_of_year);
    case 'G':
        return take_year(text, &parts->week_year);
    case 'V':
        return take_number(text, 2, &parts->week);
    case 'u':
        return take_number(text, 1, &parts->weekday);
    case 'H':
    case 'I':
        return take_number(text, 2, &parts->hour);
    case 'M':
        return take_number(text, 2, &parts->minute);
    case 'S':
        return take_number(text, 2, &parts->second);
    case 'f':
        return skip_fraction(text);
    case 'p':
        return take_half(text, &parts->half);
    case 'z':
        return take_offset(text, parts);
    default:
        return *(*text)++ == '%';
    }
}

// ---- joining ------------------------------------------------------------------------------------

// ISO 8601: week 1 is that of 4 January.
static bool week_date(const struct parts *parts, int64_t *seconds)
{
    const int weekday = parts->weekday < 0 ? 1 : parts->weekday;
    if (parts->week_year < 1 || parts->week < 1 || parts->week > 53) return false;
    if (weekday < 1 || weekday > 7) return false;
    const int64_t fourth_s = mq_day_start_s(parts->week_year, 1, 4);
    const int64_t monday_s = fourth_s - (int64_t)mq_date_of(fourth_s).weekday * DAY_S;
    const int64_t week_s = monday_s + (parts->week - 1) * 7LL * DAY_S;
    *seconds = week_s + (weekday - 1) * DAY_S;
    const struct mq_date thursday = mq_date_of(week_s + 3 * DAY_S);
    return parts->week < 53 || thursday.year == parts->week_year;
}

static bool join_day(const struct parts *parts, int64_t *seconds)
{
    if (parts->week > 0) return week_date(parts, seconds);
    const int day = parts->day < 0 ? 1 : parts->day;
    if (parts->year < 1) return false;
    if (parts->day_of_year >= 0) {
        *seconds = mq_day_start_s(parts->year, 1, 1) + (parts->day_of_year - 1LL) * DAY_S;
        return parts->day_of_year >= 1 && mq_date_of(*seconds).year == parts->year;
    }
    if (parts->month < 1 || parts->month > 12) return false;
    if (day < 1 || day > mq_days_in_month(parts->year, parts->month)) return false;
    *seconds = mq_day_start_s(parts->year, parts->month, day);
    return true;
}

static bool join(const struct parts *parts, struct mq_moment *moment)
{
    int hour = parts->hour;
    if (!join_day(parts, &moment->seconds)) return false;
    if (parts->half >= 0) {
        if (hour < 1 || hour > 12) return false;
        hour = hour % 12 + 12 * parts->half;
    }
    const bool is_midnight = hour == 24 && parts->minute == 0 && parts->second == 0;
    if ((hour > 23 && !is_midnight) || parts->minute > 59 || parts->second > 59) return false;
    moment->seconds += hour * HOUR_S + parts->minute * MINUTE_S + parts->second - parts->offset_s;
    moment->has_offset = parts->has_offset;
    return mq_date_is_possible(moment->seconds);
}

static bool read_epoch(const char *format, const char *text, struct mq_moment *moment)
{
    int64_t number = 0;
    if (!mq_parse_i64(text, &number)) return false;
    const int64_t unit = strcmp(format, "unix_ms") == 0 ? 1000 : 1;
    *moment = (struct mq_moment){number / unit - (number % unit < 0), true};
    return mq_date_is_possible(moment->seconds);
}

// A date and time, then perhaps a fraction of a second, then perhaps Z or an offset.
static bool read_iso(const char *text, struct mq_moment *moment)
{
    enum { DATE = 10, LONGEST = 19 }; // "2011-12-09", "2011-12-09 08:00:00"
    struct parts parts = {.offset_s = 0};
    char date[LONGEST + 1] = "";
    size_t n = strlen(text) < DATE ? strlen(text) : DATE;
    while (n < LONGEST && text[n] != '\0' && strchr("0123456789: T", text[n]) != NULL)
        n++;
    memcpy(date, text, n);
    if (!mq_date_parse(date, &moment->seconds)) return false;
    const char *rest = text + n;
    if (n == LONGEST && *rest == '.' && (rest++, !skip_fraction(&rest))) return false;
    if (*rest != '\0' && (n <= DATE || !take_offset(&rest, &parts))) return false;
    moment->seconds -= parts.offset_s;
    moment->has_offset = parts.has_offset;
    return *rest == '\0' && mq_date_is_possible(moment->seconds);
}

bool mq_date_format_read(const char *format, const char *text, struct mq_moment *moment)
{
    if (format[0] == '\0') return read_iso(text, moment);
    if (is_epoch(format)) return read_epoch(format, text, moment);
    struct parts parts = {-1, -1, -1, -1, -1, -1, -1, 0, 0, 0, -1, 0, false};
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            if (*text++ != *format) return false;
        } else if (!take(*++format, &text, &parts)) {
            return false;
        }
    }
    return *text == '\0' && join(&parts, moment);
}
