// Processes by /proc/<pid>/stat: state and start time.
#include "comm/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct process {
    char state;
    uint64_t started;
};

/// False when the file cannot be read or understood, with the reason in errno.
static bool read_process(int64_t pid, struct process *process)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    char text[1024];
    const size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    // "pid (name) state ppid ..." where the name may hold anything; the start time is field 22,
    // 19 fields after the state.
    const char *after_name = strrchr(text, ')');
    errno = 0;
    return after_name != NULL &&
           sscanf(after_name + 1,
                  " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                  "%" SCNu64,
                  &process->state, &process->started) == 2;
}

static void read_boot_id(char machine[MQ_MACHINE_MAX])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file == NULL) return;
    const size_t n = fread(machine, 1, MQ_MACHINE_MAX - 1, file);
    (void)fclose(file);
    machine[n] = '\0';
    machine[strcspn(machine, "\n")] = '\0';
}

struct mq_peer mq_peer_self(void)
{
    struct mq_peer self = {.pid = getpid()};
    struct process process = {0};
    if (read_process(self.pid, &process)) self.started = process.started;
    read_boot_id(self.machine);
    if (gethostname(self.host, sizeof self.host - 1) != 0)
        (void)snprintf(self.host, sizeof self.host, "unknown");
    return self;
}

bool mq_peer_shares_machine(const struct mq_peer *a, const struct mq_peer *b)
{
    return a->machine[0] != '\0' && strcmp(a->machine, b->machine) == 0;
}

char mq_peer_state(const struct mq_peer *peer)
{
    struct process process = {0};
    const bool is_seen = read_process(peer->pid, &process) && process.started == peer->started;
    return is_seen ? process.state : '\0';
}

bool mq_peer_is_alive(const struct mq_peer *peer)
{
    struct process process = {0};
    if (read_process(peer->pid, &process))
        return process.started == peer->started && process.state != 'Z' && process.state != 'X';
    // An unreadable entry alone (too many open files, say) is no proof of death.
    return errno != ENOENT && errno != ESRCH && kill((pid_t)peer->pid, 0) == 0;
}
