/// A growing byte string, and small helpers on text.
#ifndef MQ_BASE_STR_H
#define MQ_BASE_STR_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"

/// Zero-initialised is empty and valid. `data` is NUL-terminated once anything was added, else
/// NULL.
struct mq_str {
    char *data;
    size_t length;
    size_t capacity;
};

mq_status mq_str_add(struct mq_str *string, const char *text) MQ_NODISCARD;
mq_status mq_str_add_bytes(struct mq_str *string, const void *bytes, size_t n) MQ_NODISCARD;
mq_status mq_str_printf(struct mq_str *string, const char *format, ...) MQ_NODISCARD
    MQ_PRINTF(2, 3);
void mq_str_release(struct mq_str *string);

/// The candidate closest to `word` by edit distance, or NULL when none is close enough to suggest.
const char *mq_str_nearest(const char *word, const char *const candidates[], int64_t n);

/// Whether the text is UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF).
bool mq_is_utf8(const char *text);
/// Whether it is UTF-8 on one line that YAML, in quotes, and a terminal show as it is.
bool mq_is_printable(const char *text);

/// Control characters become spaces: what a file contained is one line, and no orders to a terminal.
void mq_tame(char *text);

/// Whole text must be a number ("1e-3", " 5" is not); false otherwise. NaN and inf are not numbers.
bool mq_parse_f64(const char *text, double *value);
bool mq_parse_i64(const char *text, int64_t *value);
/// "90s", "15m", "4h", "1d", "1:30:00" or plain seconds.
bool mq_parse_duration_s(const char *text, double *seconds);

#endif
