// Growing strings, suggestions and strict number parsing.
#include "mq/base/str.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

static mq_status reserve(struct mq_str *string, size_t extra)
{
    const size_t need = string->length + extra + 1;
    if (need <= string->capacity) return MQ_OK;
    const size_t capacity = need < 64 ? 64 : 2 * need;
    char *grown = mq_realloc(string->data, (int64_t)capacity, 1);
    if (grown == NULL) return MQ_FAILED;
    string->data = grown;
    string->capacity = capacity;
    return MQ_OK;
}

mq_status mq_str_add_bytes(struct mq_str *string, const void *bytes, size_t n)
{
    MQ_TRY(reserve(string, n));
    if (n > 0) memcpy(string->data + string->length, bytes, n);
    string->length += n;
    string->data[string->length] = '\0';
    return MQ_OK;
}

mq_status mq_str_add(struct mq_str *string, const char *text)
{
    return mq_str_add_bytes(string, text, strlen(text));
}

mq_status mq_str_printf(struct mq_str *string, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    mq_status status =
        n < 0 ? mq_fail(MQ_FAILED, "cannot format '%s'", format) : reserve(string, (size_t)n);
    if (status == MQ_OK) {
        (void)vsnprintf(string->data + string->length, (size_t)n + 1, format, again);
        string->length += (size_t)n;
    }
    va_end(again);
    return status;
}

void mq_str_release(struct mq_str *string)
{
    mq_free(string->data);
    *string = (struct mq_str){0};
}

enum { WORD_MAX = 64 };

// Optimal string alignment distance: insert, delete, replace, swap neighbours.
static int edit_distance(const char *a, const char *b)
{
    const size_t n = strlen(a);
    const size_t m = strlen(b);
    if (n >= WORD_MAX || m >= WORD_MAX) return INT_MAX; // no word of ours
    int d[WORD_MAX][WORD_MAX];
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (int)(i + j);
                continue;
            }
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && d[i - 2][j - 2] + 1 < best) best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

const char *mq_str_nearest(const char *word, const char *const candidates[], int64_t n)
{
    const char *nearest = NULL;
    int best = 1 + (int)(strlen(word) / 3); // further away is another word, not a slip
    for (int64_t i = 0; i < n; i++) {
        const int distance = edit_distance(word, candidates[i]);
        if (distance <= best && (nearest == NULL || distance < best)) {
            nearest = candidates[i];
            best = distance;
        }
    }
    return nearest;
}

static bool is_plain_start(const char *text)
{
    return *text == '-' || *text == '+' || *text == '.' || (*text >= '0' && *text <= '9');
}

void mq_tame(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
}

// "-12.5": up to 15 digits are a whole number and a power of ten that doubles hold exactly, so that one
// division rounds as strtod does (Clinger 1990). False for other texts, be they numbers or not.
static bool parse_short(const char *text, double *value)
{
    enum { DIGITS = 15 };
    static const double powers[DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool is_negative = *text == '-';
    text += is_negative;
    int64_t number = 0;
    int n = 0;
    int n_behind = 0; // the point
    for (; n < DIGITS && *text >= '0' && *text <= '9'; n++)
        number = 10 * number + (*text++ - '0');
    if (n == 0) return false;
    if (*text == '.')
        for (text++; n < DIGITS && *text >= '0' && *text <= '9'; n++, n_behind++)
            number = 10 * number + (*text++ - '0');
    if (*text != '\0') return false;
    const double size = (double)number / powers[n_behind];
    *value = is_negative ? -size : size;
    return true;
}

bool mq_parse_f64(const char *text, double *value)
{
    if (parse_short(text, value)) return true;
    if (!is_plain_start(text) || strpbrk(text, "xXnN") != NULL) return false;
    char *end = NULL;
    const double parsed = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(parsed)) return false;
    *value = parsed;
    return true;
}

bool mq_parse_i64(const char *text, int64_t *value)
{
    if (!is_plain_start(text)) return false;
    char *end = NULL;
    errno = 0;
    const long long parsed = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0) return false;
    *value = parsed;
    return true;
}

bool mq_parse_duration_s(const char *text, double *seconds)
{
    const size_t digits = strspn(text, "0123456789.:");
    if (digits == 0 || strlen(text) > digits + 1) return false; // no signs, no blanks, one unit
    double parts[3] = {0};
    char unit = '\0';
    char rest = '\0';
    const int colons = sscanf(text, "%lf:%lf:%lf%c", &parts[0], &parts[1], &parts[2], &rest);
    if (colons == 3) {
        *seconds = 3600 * parts[0] + 60 * parts[1] + parts[2];
        return isfinite(*seconds);
    }
    const int fields = sscanf(text, "%lf%c%c", &parts[0], &unit, &rest);
    if (fields < 1 || fields > 2 || !isfinite(parts[0])) return false;
    double factor = 0;
    switch (unit) {
    case '\0':
    case 's':
        factor = 1;
        break;
    case 'm':
        factor = 60;
        break;
    case 'h':
        factor = 3600;
        break;
    case 'd':
        factor = 86400;
        break;
    default:
        return false;
    }
    *seconds = parts[0] * factor;
    return true;
}

// Bytes of the character at `c` and its code; 0: none.
static int utf8_length(const unsigned char *c, uint32_t *code)
{
    *code = c[0];
    if (c[0] < 0x80) return 1;
    const int n = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    *code = c[0] & (0x7fU >> n);
    if (c[0] < 0xc2 || c[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80) return 0; // the terminating NUL as well
        *code = *code << 6 | (c[i] & 0x3fU);
    }
    const bool is_shortest = n == 2 || *code >= (n == 3 ? 0x800U : 0x10000U);
    return is_shortest && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff) ? n : 0;
}

bool mq_is_utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';) {
        uint32_t code = 0;
        const int n = utf8_length(c, &code);
        if (n == 0) return false;
        c += n;
    }
    return true;
}

bool mq_is_printable(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';) {
        uint32_t code = 0;
        const int n = utf8_length(c, &code);
        const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        const bool is_mark = code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe ||
                             code == 0xffff; // ends of lines, of files, none
        if (n == 0 || is_control || is_mark) return false;
        c += n;
    }
    return true;
}
