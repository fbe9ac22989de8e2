// The flag is the only thing a handler touches.
#include "mq/train/stop.h"

#include <signal.h>
#include <stddef.h>

#include "mq/base/clock.h"
#include "mq/base/status.h"

static volatile sig_atomic_t received;
static double deadline_s; // 0: none

static const struct {
    int number;
    const char *name;
} signals[] = {
    [MQ_STOP_SIGTERM] = {SIGTERM, "SIGTERM"},
    [MQ_STOP_SIGINT] = {SIGINT, "SIGINT"},
    [MQ_STOP_SIGUSR1] = {SIGUSR1, "SIGUSR1"},
    [MQ_STOP_SIGUSR2] = {SIGUSR2, "SIGUSR2"},
};

static void remember(int number)
{
    received = number;
    (void)signal(number, SIG_DFL); // the second one is meant
}

void mq_stop_listen(double max_time_s)
{
    received = 0;
    deadline_s = max_time_s > 0 ? mq_clock_s() + max_time_s : 0;
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++) {
        struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(signals[i].number, &action, NULL);
    }
}

void mq_stop_ignore(void)
{
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++)
        (void)signal(signals[i].number, SIG_DFL);
}

enum mq_stop mq_stop_requested(void)
{
    for (enum mq_stop i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++)
        if (received == signals[i].number) return i;
    return deadline_s > 0 && mq_clock_s() >= deadline_s ? MQ_STOP_CLOCK : MQ_STOP_NONE;
}

const char *mq_stop_name(enum mq_stop cause)
{
    MQ_ASSERT(cause > MQ_STOP_NONE && cause < MQ_STOPS);
    return cause == MQ_STOP_CLOCK ? "--max-time" : signals[cause].name;
}
