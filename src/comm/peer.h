/// A process of the same job as the operating system sees it: is it still there? Pure, no MPI.
#ifndef COMM_PEER_H
#define COMM_PEER_H

#include <stdbool.h>
#include <stdint.h>

enum { MQ_MACHINE_MAX = 40, MQ_HOST_MAX = 64 };

/// Plain data, sent between ranks. The start time tells a process from a later one with the same
/// number, and from one in another PID namespace.
struct mq_peer {
    char machine[MQ_MACHINE_MAX]; ///< boot id of the running kernel; empty: not known
    char host[MQ_HOST_MAX];
    int64_t pid;
    uint64_t started; ///< clock ticks between boot and start of the process; 0: not known
};

struct mq_peer mq_peer_self(void);

/// Same running kernel, so that its processes may be visible here.
bool mq_peer_shares_machine(const struct mq_peer *a, const struct mq_peer *b);

/// Its state as the system tells it: 'R' running, 'S' sleeping, 'D' waiting for a disk, 'T'
/// stopped, ...; '\0' when it is not seen.
char mq_peer_state(const struct mq_peer *peer);

/// The process is seen running. False also for one that never was visible from here.
bool mq_peer_is_alive(const struct mq_peer *peer);

#endif
