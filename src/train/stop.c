// The flag is the only thing a handler touches.
#include "mq/train/stop.h"

#include <signal.h>
#include <stddef.h>

#include "mq/base/clock.h"

static volatile sig_atomic_t received;
static double deadline_s; // 0: none

static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

static void remember(int number)
{
    received = number;
    (void)signal(number, SIG_DFL); // the second one is meant
}

void mq_stop_listen(double max_time_s)
{
    received = 0;
    deadline_s = max_time_s > 0 ? mq_clock_s() + max_time_s : 0;
    for (int i = 0; i < N_SIGNALS; i++) {
        struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(signals[i], &action, NULL);
    }
}

void mq_stop_ignore(void)
{
    for (int i = 0; i < N_SIGNALS; i++)
        (void)signal(signals[i], SIG_DFL);
}

bool mq_stop_requested(void)
{
    return received != 0 || (deadline_s > 0 && mq_clock_s() >= deadline_s);
}

const char *mq_stop_reason(void)
{
    switch (received) {
    case SIGTERM:
        return "SIGTERM";
    case SIGINT:
        return "SIGINT";
    case SIGUSR1:
        return "SIGUSR1";
    case SIGUSR2:
        return "SIGUSR2";
    default:
        return deadline_s > 0 && mq_clock_s() >= deadline_s ? "--max-time" : "another rank";
    }
}
