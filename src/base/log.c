// Log lines on stderr. The level and the rank are the only process-wide state of the library.
#include "mq/base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "mq/base/str.h"

static enum mq_log_level current_level = MQ_LOG_INFO;
static int current_rank;
static bool has_live_line;

void mq_log_configure(enum mq_log_level level, int rank)
{
    current_level = level;
    current_rank = rank;
}

enum mq_log_level mq_log_level(void)
{
    return current_level;
}

static void clear_live_line(void)
{
    if (has_live_line) (void)fputs("\033[K", stderr);
    has_live_line = false;
}

static void print_line(enum mq_log_level level, const char *label, const char *format, va_list list)
{
    if (level > current_level) return;
    char text[2 * MQ_MESSAGE_MAX];
    (void)vsnprintf(text, sizeof text, format, list);
    mq_tame(text); // names come from files
    char clock[16] = "";
    const time_t now = time(NULL);
    struct tm parts;
    if (localtime_r(&now, &parts) != NULL) (void)strftime(clock, sizeof clock, "%H:%M:%S", &parts);
    clear_live_line();
    if (current_rank == 0)
        (void)fprintf(stderr, "%s %s%s\n", clock, label, text);
    else
        (void)fprintf(stderr, "%s [%d] %s%s\n", clock, current_rank, label, text);
}

void mq_warn(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_line(MQ_LOG_WARN, "warning: ", format, list);
    va_end(list);
}

void mq_info(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_line(MQ_LOG_INFO, "", format, list);
    va_end(list);
}

void mq_debug(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_line(MQ_LOG_DEBUG, "debug: ", format, list);
    va_end(list);
}

bool mq_log_is_live(void)
{
    return isatty(STDERR_FILENO) != 0;
}

// One that is wider than the terminal would not be rewritten. The cursor goes back to its beginning,
// where whatever is printed next belongs.
void mq_live(const char *format, ...)
{
    struct winsize size = {0};
    char text[MQ_MESSAGE_MAX];
    if (current_level < MQ_LOG_INFO || !mq_log_is_live()) return;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    mq_tame(text);
    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    const int width = size.ws_col > 1 ? size.ws_col - 1 : 79;
    clear_live_line();
    (void)fprintf(stderr, "%.*s\r", width, text);
    (void)fflush(stderr);
    has_live_line = true;
}

// Bytes alone do not say what they were for: the innermost functions do.
static int innermost_frames(const char *frames)
{
    enum { SHOWN = 4 };
    const char *end = frames;
    for (int i = 0; i < SHOWN && end != NULL; i++)
        end = strstr(end + (i > 0), " < ");
    return (int)(end != NULL ? end - frames : (ptrdiff_t)strlen(frames));
}

void mq_log_error(const struct mq_error *error)
{
    clear_live_line();
    if (error->is_out_of_memory && error->frames[0] != '\0')
        (void)fprintf(stderr, "error: %s (%.*s)\n", error->message, innermost_frames(error->frames),
                      error->frames);
    else
        (void)fprintf(stderr, "error: %s\n", error->message);
    if (error->hint[0] != '\0') (void)fprintf(stderr, "hint: %s\n", error->hint);
    if (current_level >= MQ_LOG_DEBUG && error->frames[0] != '\0')
        (void)fprintf(stderr, "in: %s\n", error->frames);
}
