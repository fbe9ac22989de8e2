// The thread-local record of the last failure.
#include "mq/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/str.h"

static _Thread_local struct mq_error last;

static mq_status record(mq_status status, const char *start, const char *format, va_list arguments)
{
    // Formatted aside first: an argument may point into the old message.
    char text[MQ_MESSAGE_MAX];
    const int used = snprintf(text, sizeof text, "%s", start);
    (void)vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
    mq_tame(text);
    last.status = status;
    last.is_out_of_memory = false;
    memcpy(last.message, text, sizeof text);
    last.hint[0] = '\0';
    last.frames[0] = '\0';
    return status;
}

mq_status mq_fail(mq_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)record(status, "", format, arguments);
    va_end(arguments);
    return status;
}

mq_status mq_fail_memory(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)record(MQ_FAILED, "out of memory: ", format, arguments);
    va_end(arguments);
    last.is_out_of_memory = true;
    return MQ_FAILED;
}

bool mq_is_out_of_memory(void)
{
    return last.is_out_of_memory;
}

mq_status mq_hint(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(last.hint, sizeof last.hint, format, arguments);
    va_end(arguments);
    mq_tame(last.hint);
    return last.status;
}

mq_status mq_prefix(const char *format, ...)
{
    char text[MQ_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mq_tame(text);
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
