// Preloaded: the time of day jumps ten years ahead and back with every look.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t jump(void)
{
    static int looks;
    return (++looks % 2 ? 1 : -1) * (time_t)(10 * 365 * 86400);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += jump();
    return result;
}

time_t time(time_t *now)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    if (now != NULL) *now = t.tv_sec;
    return t.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec t;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    *now = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
    return 0;
}
