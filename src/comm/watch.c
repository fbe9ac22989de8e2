// Questions and answers between ranks that wait, and what is made of them.
#include "comm/watch.h"

#include <math.h>
#include <stdio.h>

#include "comm/world_internal.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/log.h"

/// Kinds of notes: number of the question, and the milliseconds until the next one, -1 before the
/// end; an answer returns the number.
enum { QUESTION = 1, ANSWER };

enum { DETAILED = 3 }; ///< late ranks that are described, more are counted

/// A rank that waits looks at least this often, however many it looks after.
static const double answer_s = 2;
/// How much later the next rank asks.
static const double turn_s = 0.2;
/// A longer time between two looks is not counted: this process was stopped, or its machine was.
static const double longest_look_s = 1;

static mq_status allocate(struct mq_watch *watch, int size)
{
    MQ_NEW(watch->answered, size);
    MQ_NEW(watch->notes, size);
    MQ_NEW(watch->sending, size);
    for (int rank = 0; rank < size; rank++)
        watch->sending[rank] = MPI_REQUEST_NULL;
    return MQ_OK;
}

mq_status mq_watch_open(struct mq_world *world)
{
    struct mq_watch *watch = &world->watch;
    watch->warn_s = MQ_STALL_WARN_S;
    watch->end_s = MQ_STALL_END_S;
    MQ_TRY(mq_agree(world, allocate(watch, world->size)));
    MQ_TRY(MQ_MPI(world, MPI_Comm_dup, world->comm, &watch->comm));
    return MQ_MPI(world, MPI_Comm_set_errhandler, watch->comm, MPI_ERRORS_RETURN);
}

void mq_watch_close(struct mq_world *world)
{
    struct mq_watch *watch = &world->watch;
    bool is_sending = false;
    for (int rank = 0; watch->sending != NULL && rank < world->size; rank++) {
        int is_done = 1;
        if (!world->is_broken) (void)MPI_Test(&watch->sending[rank], &is_done, MPI_STATUS_IGNORE);
        is_sending = is_sending || watch->sending[rank] != MPI_REQUEST_NULL;
    }
    if (watch->comm != MPI_COMM_NULL && !world->is_broken) (void)MPI_Comm_free(&watch->comm);
    if (!is_sending) mq_free(watch->notes); // else MPI may still read them
    mq_free(watch->sending);
    mq_free(watch->answered);
}

void mq_world_watch(struct mq_world *world, double warn_s, double end_s)
{
    world->watch.warn_s = warn_s;
    world->watch.end_s = end_s;
}

void mq_world_describe(struct mq_world *world, mq_describe_rank *describe, const void *context)
{
    world->watch.describe = describe;
    world->watch.context = context;
}

// ---- asking ------------------------------------------------------------------------------------

/// When to ask next after a report at `waited_s` (0: for the first time): ever more rarely, and
/// when the end has come.
static double next_s(const struct mq_watch *watch, double waited_s)
{
    const double warn_s = watch->warn_s > 0 ? fmax(watch->warn_s, 2 * waited_s) : HUGE_VAL;
    return watch->end_s > 0 ? fmin(warn_s, watch->end_s) : warn_s;
}

static bool is_over(const struct mq_watch *watch, double waited_s)
{
    return watch->end_s > 0 && waited_s >= watch->end_s;
}

void mq_watch_begin(struct mq_world *world, struct mq_wait *wait)
{
    *wait = (struct mq_wait){.looked_s = mq_clock_s(),
                             .ask_s = next_s(&world->watch, 0) + turn_s * world->rank};
}

/// A rank that has not taken the last note gets no other: it will be asked again.
static mq_status send(struct mq_world *world, int rank, int kind, int64_t question,
                      int64_t ahead_ms)
{
    struct mq_watch *watch = &world->watch;
    int is_free = 0;
    MQ_TRY(MQ_MPI(world, MPI_Test, &watch->sending[rank], &is_free, MPI_STATUS_IGNORE));
    if (!is_free) return MQ_OK;
    watch->notes[rank][0] = question;
    watch->notes[rank][1] = ahead_ms;
    return MQ_MPI(world, MPI_Isend, watch->notes[rank], 2, MPI_INT64_T, rank, kind, watch->comm,
                  &watch->sending[rank]);
}

// Until it is taken back, however many waits that takes: a rank that was stopped hears of the end when
// it is woken, and may get through some before it is ended itself.
static void expect_end(struct mq_watch *watch, int rank)
{
    if (watch->ending < 0 || rank < watch->ending) watch->ending = rank;
}

static mq_status hear(struct mq_world *world, struct mq_wait *wait, int rank, int kind,
                      const int64_t note[2])
{
    struct mq_watch *watch = &world->watch;
    if (kind == ANSWER) {
        watch->answered[rank] = note[0];
        return MQ_OK;
    }
    if (note[1] < 0)
        expect_end(watch, rank);
    else if (watch->ending == rank)
        watch->ending = -1;
    if (rank < world->rank) { // it says what there is to say
        const double ahead_s = 1e-3 * (double)note[1] + answer_s + turn_s * world->rank;
        wait->ask_s = fmax(wait->ask_s, wait->waited_s + ahead_s);
        wait->report_s = 0;
    }
    return send(world, rank, ANSWER, note[0], 0);
}

mq_status mq_watch_listen(struct mq_world *world, struct mq_wait *wait)
{
    if (world->watch.comm == MPI_COMM_NULL) return MQ_OK; // the world is still being opened
    for (;;) {
        int is_there = 0;
        MPI_Status status;
        int64_t note[2];
        MQ_TRY(MQ_MPI(world, MPI_Iprobe, MPI_ANY_SOURCE, MPI_ANY_TAG, world->watch.comm, &is_there,
                      &status));
        if (!is_there) return MQ_OK;
        MQ_TRY(MQ_MPI(world, MPI_Recv, note, 2, MPI_INT64_T, status.MPI_SOURCE, status.MPI_TAG,
                      world->watch.comm, MPI_STATUS_IGNORE));
        MQ_TRY(hear(world, wait, status.MPI_SOURCE, status.MPI_TAG, note));
    }
}

static mq_status send_all(struct mq_world *world, int64_t ahead_ms)
{
    world->watch.question++;
    for (int rank = 0; rank < world->size; rank++)
        if (rank != world->rank)
            MQ_TRY(send(world, rank, QUESTION, world->watch.question, ahead_ms));
    return MQ_OK;
}

static mq_status ask(struct mq_world *world, struct mq_wait *wait)
{
    struct mq_watch *watch = &world->watch;
    const double ahead_s = next_s(watch, wait->waited_s) - wait->waited_s;
    const bool is_last = is_over(watch, wait->waited_s);
    if (is_last) expect_end(watch, world->rank);
    MQ_TRY(send_all(world, is_last ? -1 : (int64_t)(1e3 * fmin(ahead_s, 1e9))));
    wait->report_s = wait->waited_s + answer_s;
    return MQ_OK;
}

// ---- telling -----------------------------------------------------------------------------------

static const char *state_name(char state)
{
    switch (state) {
    case 'T':
    case 't':
        return ", stopped";
    case 'D':
        return ", waiting for a disk";
    case 'R':
        return ", running";
    case 'S':
        return ", sleeping";
    default:
        return "";
    }
}

static bool is_watched(const struct mq_world *world, int rank)
{
    for (int i = 0; i < world->n_watched; i++)
        if (world->watched[i] == rank) return true;
    return false;
}

static size_t add_rank(const struct mq_world *world, int rank, char *text, size_t room)
{
    const struct mq_watch *watch = &world->watch;
    const struct mq_peer *peer = &world->peers[rank];
    const char state = is_watched(world, rank) ? mq_peer_state(peer) : '\0';
    char more[MQ_DESCRIBE_MAX] = "";
    if (watch->describe != NULL) watch->describe(watch->context, rank, more);
    return (size_t)snprintf(text, room, "rank %d (pid %lld on host %s%s%s%s)", rank,
                            (long long)peer->pid, peer->host, state_name(state),
                            more[0] != '\0' ? ", " : "", more);
}

/// "rank 2 (pid 4711 on host h2, stopped, lanes 8 to 11) has not arrived for 60 s"
static void describe_late(const struct mq_world *world, double waited_s, char *text, size_t room)
{
    int n = 0;
    size_t used = 0;
    for (int rank = 0; rank < world->size; rank++) {
        if (rank == world->rank || world->watch.answered[rank] == world->watch.question) continue;
        if (++n > DETAILED) continue;
        if (n > 1) used += (size_t)snprintf(text + used, room - used, ", ");
        used += add_rank(world, rank, text + used, room - used);
    }
    if (n == 0) {
        (void)snprintf(text, room, "all ranks wait for each other for %.0f s: is the network down?",
                       waited_s);
        return;
    }
    if (n > DETAILED)
        used += (size_t)snprintf(text + used, room - used, " and %d more", n - DETAILED);
    (void)snprintf(text + used, room - used, " %s not arrived for %.0f s", n == 1 ? "has" : "have",
                   waited_s);
}

static mq_status report(struct mq_world *world, struct mq_wait *wait)
{
    const double asked_s = wait->report_s - answer_s;
    char text[MQ_MESSAGE_MAX];
    describe_late(world, wait->waited_s, text, sizeof text);
    wait->report_s = 0;
    if (is_over(&world->watch, asked_s)) {
        (void)mq_fail(MQ_FAILED, "%s", text);
        (void)mq_hint("look at that host; the same command resumes from the last checkpoint "
                      "(--stall-end 0 waits for ever)");
        return mq_world_break(world, world->rank);
    }
    wait->has_warned = true;
    wait->ask_s = next_s(&world->watch, asked_s);
    mq_warn("%s", text);
    return MQ_OK;
}

mq_status mq_watch_look(struct mq_world *world, struct mq_wait *wait)
{
    if (world->watch.comm == MPI_COMM_NULL) return MQ_OK; // the world is still being opened
    const double now_s = mq_clock_s();
    wait->waited_s += fmin(now_s - wait->looked_s, longest_look_s);
    wait->looked_s = now_s;
    MQ_TRY(mq_watch_listen(world, wait));
    if (wait->report_s > 0) return wait->waited_s < wait->report_s ? MQ_OK : report(world, wait);
    return wait->waited_s < wait->ask_s ? MQ_OK : ask(world, wait);
}

mq_status mq_watch_end(struct mq_world *world, const struct mq_wait *wait)
{
    struct mq_watch *watch = &world->watch;
    if (wait->has_warned) mq_warn("all ranks have arrived, after %.0f s", wait->waited_s);
    if (watch->ending != world->rank) return MQ_OK;
    watch->ending = -1;
    return send_all(world, 0);
}
