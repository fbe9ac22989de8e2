#include "support/harness.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "comm/peer.h"

/// A child that tells who it is, then waits to be killed.
static pid_t start_child(struct mq_peer *peer)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        const struct mq_peer self = mq_peer_self();
        if (write(ends[1], &self, sizeof self) == (ssize_t)sizeof self) (void)pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], peer, sizeof *peer), sizeof *peer);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return child;
}

START_TEST(test_self_is_alive_on_its_own_machine)
{
    const struct mq_peer self = mq_peer_self();
    ck_assert_int_eq(self.pid, getpid());
    ck_assert(self.started > 0);
    ck_assert(mq_peer_shares_machine(&self, &self));
    ck_assert(mq_peer_is_alive(&self));
}
END_TEST

START_TEST(test_killed_peer_is_gone_as_zombie_and_when_reaped)
{
    struct mq_peer peer;
    const pid_t child = start_child(&peer);
    ck_assert_int_eq(peer.pid, child);
    ck_assert(mq_peer_is_alive(&peer));
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert_msg(!mq_peer_is_alive(&peer), "a zombie counts as alive");
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_msg(!mq_peer_is_alive(&peer), "a reaped process counts as alive");
}
END_TEST

START_TEST(test_later_process_with_the_same_number_is_another)
{
    struct mq_peer earlier = mq_peer_self();
    earlier.started--;
    ck_assert(!mq_peer_is_alive(&earlier));
}
END_TEST

START_TEST(test_unknown_machines_are_not_shared)
{
    const struct mq_peer self = mq_peer_self();
    struct mq_peer other = self;
    other.machine[0] = other.machine[0] == '0' ? '1' : '0';
    ck_assert(!mq_peer_shares_machine(&self, &other));
    const struct mq_peer unknown = {0};
    ck_assert(!mq_peer_shares_machine(&unknown, &unknown));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("peer");
    tcase_add_test(tc, test_self_is_alive_on_its_own_machine);
    tcase_add_test(tc, test_killed_peer_is_gone_as_zombie_and_when_reaped);
    tcase_add_test(tc, test_later_process_with_the_same_number_is_another);
    tcase_add_test(tc, test_unknown_machines_are_not_shared);
    return run_tests("comm/peer", tc);
}
