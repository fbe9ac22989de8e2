// The flag is the only thing that the training handler touches.
#include "mq/train/stop.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "mq/base/clock.h"
#include "mq/base/status.h"

static const struct {
    int number;
    const char *name;
} signals[] = {
    [MQ_STOP_SIGTERM] = {SIGTERM, "SIGTERM"},
    [MQ_STOP_SIGINT] = {SIGINT, "SIGINT"},
    [MQ_STOP_SIGUSR1] = {SIGUSR1, "SIGUSR1"},
    [MQ_STOP_SIGUSR2] = {SIGUSR2, "SIGUSR2"},
};

// Launchers hand one request on more than once: to a process and to its group, say.
static const double echo_s = 1;

static volatile sig_atomic_t received;
static double deadline_s; // 0: none
static struct sigaction before[sizeof signals / sizeof *signals]; // what they did
static double heard_s[sizeof signals / sizeof *signals]; // when they came first; 0: never
static volatile sig_atomic_t is_listening;
static volatile sig_atomic_t is_speaker_here; // says why it leaves

static void remember(int number)
{
    received = number;
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++) {
        if (signals[i].number != number) continue;
        if (heard_s[i] == 0) heard_s[i] = mq_clock_s();
        if (mq_clock_s() - heard_s[i] < echo_s) continue;
        (void)sigaction(number, &before[i], NULL);
        (void)raise(number); // comes when this handler is left
    }
}

static void handle_all(void (*handler)(int), struct sigaction old[])
{
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++) {
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(signals[i].number, &action, old != NULL ? &old[i] : NULL);
    }
}

void mq_stop_listen(double max_time_s)
{
    received = 0;
    is_listening = true;
    deadline_s = max_time_s > 0 ? mq_clock_s() + max_time_s : 0;
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++)
        heard_s[i] = 0;
    handle_all(remember, before);
}

void mq_stop_unlisten(void)
{
    is_listening = false;
    for (int i = MQ_STOP_SIGTERM; i <= MQ_STOP_SIGUSR2; i++)
        (void)sigaction(signals[i].number, &before[i], NULL);
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

static void leave_unfinished(int number)
{
    static const char word[] = "error: stopped by a signal while fitting\n"
                               "hint: run the same command again: it fits from the beginning\n";
    (void)number;
    if (is_speaker_here) (void)!write(STDERR_FILENO, word, sizeof word - 1);
    _exit(MQ_STOPPED);
}

void mq_stop_whole_begin(void)
{
    handle_all(leave_unfinished, NULL);
    if (received != 0) leave_unfinished(received);
}

void mq_stop_whole_end(void)
{
    handle_all(remember, NULL);
}

// ---- around training ---------------------------------------------------------------------------

static void leave(int number)
{
    (void)number;
    _exit(MQ_STOPPED);
}

static void leave_with_a_word(int number)
{
    static const char outside[] = "error: stopped by a signal outside of training\n"
                                  "hint: run the same command again\n";
    static const char again[] = "error: stopped at once by a second signal\n"
                                "hint: run the same command again: it resumes from the last "
                                "checkpoint\n";
    if (is_listening)
        (void)!write(STDERR_FILENO, again, sizeof again - 1);
    else
        (void)!write(STDERR_FILENO, outside, sizeof outside - 1);
    leave(number);
}

void mq_stop_at_once(bool is_speaker)
{
    is_speaker_here = is_speaker;
    (void)signal(SIGUSR1, is_speaker ? leave_with_a_word : leave);
    (void)signal(SIGUSR2, is_speaker ? leave_with_a_word : leave);
}

void mq_stop_ignore(void)
{
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGUSR2, SIG_IGN);
}
