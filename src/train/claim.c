// One process at a time trains a run: an attempt that is still dying would write into its successor's
// log. The claim is a lock on the file `claim`, and goes with the process; the file tells others who
// holds it. On file systems without locks nothing is claimed.
#include "mq/train/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "mq/base/clock.h"
#include "mq/model/rundir.h"
#include "train/session.h"

enum { CLAIM_WAIT_S = 5, CLAIM_POLL_US = 50000, HOST_MAX = 64 };

static void read_holder(int file, char holder[MQ_CLAIM_HOLDER_MAX])
{
    const ssize_t n = pread(file, holder, MQ_CLAIM_HOLDER_MAX - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

static mq_status refuse(const struct session *session)
{
    char holder[MQ_CLAIM_HOLDER_MAX];
    read_holder(session->claim, holder);
    (void)mq_fail(MQ_FAILED, "%s: another process is training this run%s%s", session->directory,
                  holder[0] != '\0' ? ": " : "", holder);
    return mq_hint("wait for it, or give this run another run.name");
}

static void sign(int file)
{
    char host[HOST_MAX + 1] = "";
    char text[MQ_CLAIM_HOLDER_MAX];
    (void)gethostname(host, HOST_MAX);
    const int n = snprintf(text, sizeof text, "pid %ld on host %s\n", (long)getpid(), host);
    // Only words for a refusal: without them the lock holds all the same.
    if (ftruncate(file, 0) == 0) (void)!pwrite(file, text, (size_t)n, 0);
}

mq_status session_claim(struct session *session, bool creates)
{
    const double deadline_s = mq_clock_s() + CLAIM_WAIT_S;
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_file(path, session->directory, "claim"));
    if (session->claim >= 0) return MQ_OK;
    session->claim = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (creates ? O_CREAT : 0), 0666);
    if (session->claim < 0) return MQ_OK; // not there yet, or about to be refused by its name
    while (flock(session->claim, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return MQ_OK;
        if (mq_clock_s() >= deadline_s) return refuse(session);
        (void)usleep(CLAIM_POLL_US);
    }
    sign(session->claim);
    session->holds_claim = true;
    return MQ_OK;
}

void session_release_claim(struct session *session)
{
    if (session->claim < 0) return;
    if (session->holds_claim) (void)!ftruncate(session->claim, 0);
    (void)close(session->claim);
}

void mq_claim_look(const char *run_directory, struct mq_claim *claim)
{
    char path[MQ_PATH_MAX];
    *claim = (struct mq_claim){.state = MQ_CLAIM_FREE};
    if (mq_run_file(path, run_directory, "claim") != MQ_OK) return;
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return;
    const bool is_locked = flock(file, LOCK_SH | LOCK_NB) == 0;
    const int reason = is_locked ? 0 : errno;
    read_holder(file, claim->holder);
    (void)close(file);
    if (is_locked)
        claim->state = claim->holder[0] == '\0' ? MQ_CLAIM_FREE : MQ_CLAIM_LEFT;
    else
        claim->state = reason == EWOULDBLOCK ? MQ_CLAIM_HELD : MQ_CLAIM_UNKNOWN;
}
