// The thread-local record of the last failure.
#include "mq/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct mq_error last;

// One line, and nothing that a terminal would obey, whatever a file contained.
static void make_line(char text[])
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
}

mq_status mq_fail(mq_status status, const char *format, ...)
{
    // Formatted aside first: an argument may point into the old message.
    char text[MQ_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    make_line(text);
    last.status = status;
    memcpy(last.message, text, sizeof text);
    last.hint[0] = '\0';
    last.frames[0] = '\0';
    return status;
}

mq_status mq_hint(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(last.hint, sizeof last.hint, format, arguments);
    va_end(arguments);
    make_line(last.hint);
    return last.status;
}

mq_status mq_prefix(const char *format, ...)
{
    char text[MQ_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    make_line(text);
    const size_t used = strlen(text);
    (void)snprintf(text + used, sizeof text - used, ": %s", last.message);
    memcpy(last.message, text, sizeof text);
    return last.status;
}

mq_status mq_frame(mq_status status, const char *function)
{
    const size_t used = strlen(last.frames);
    (void)snprintf(last.frames + used, sizeof last.frames - used, used > 0 ? " < %s" : "%s",
                   function);
    return status;
}

const struct mq_error *mq_error_get(void)
{
    return &last;
}

void mq_error_set(const struct mq_error *error)
{
    if (error != &last) last = *error;
}

_Noreturn void mq_assert_failed(const char *condition, const char *file, int line,
                                const char *function)
{
    (void)fprintf(stderr, "error: internal: %s:%d: %s: '%s' does not hold\n", file, line, function,
                  condition);
    abort();
}
