// The world: opening, verifying, waiting with an eye on the others, closing.
#include "mq/comm/world.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "comm/launch.h"
#include "comm/world_internal.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"

/// A wait shorter than this is ordinary and is spun away.
static const double patience_s = 0.05;
static const double longest_sleep_s = 0.001;

mq_status mq_mpi_check(const struct mq_world *world, int code, const char *call)
{
    if (code == MPI_SUCCESS) return MQ_OK;
    char text[MPI_MAX_ERROR_STRING] = "unknown error";
    int length = 0;
    (void)MPI_Error_string(code, text, &length);
    if (world == NULL) return mq_fail(MQ_FAILED, "%s: %s", call, text);
    return mq_fail(MQ_FAILED, "rank %d: %s: %s", world->rank, call, text);
}

// ---- waiting -----------------------------------------------------------------------------------

mq_status mq_world_enter(const struct mq_world *world)
{
    if (!world->is_broken) return MQ_OK;
    mq_error_set(&world->failure);
    return world->failure.status;
}

mq_status mq_world_break(struct mq_world *world, int speaker)
{
    world->is_broken = true;
    world->speaker = speaker;
    world->failure = *mq_error_get();
    return world->failure.status;
}

/// The lowest rank that is seen here to be left, this one at the latest.
static int lowest_alive(const struct mq_world *world)
{
    for (int i = 0; i < world->n_watched && world->watched[i] < world->rank; i++)
        if (mq_peer_is_alive(&world->peers[world->watched[i]])) return world->watched[i];
    return world->rank;
}

static void sleep_s(double seconds)
{
    const struct timespec pause = {.tv_nsec = (long)(1e9 * seconds)};
    (void)nanosleep(&pause, NULL);
}

/// MQ_FAILED naming the first watched rank that is no longer running.
static mq_status look_after(struct mq_world *world, struct mq_wait *wait)
{
    for (int i = 0; i < world->n_watched; i++) {
        const int rank = world->watched[i];
        const struct mq_peer *peer = &world->peers[rank];
        if (mq_peer_is_alive(peer)) continue;
        // A rank that ends the job takes the others with it, in any order. Its note may wait behind
        // much else, when this rank was stopped.
        for (int n = 0; n < 100 && world->watch.ending < 0; n++) {
            if (mq_watch_listen(world, wait) != MQ_OK) break;
            sleep_s(longest_sleep_s);
        }
        (void)mq_fail(MQ_FAILED, "rank %d (pid %lld on host %s) is gone", rank,
                      (long long)peer->pid, peer->host);
        (void)mq_hint("run the same command again: it resumes from the last checkpoint");
        const int ending = world->watch.ending;
        return mq_world_break(world, ending >= 0 ? ending : lowest_alive(world));
    }
    return MQ_OK;
}

mq_status mq_world_wait(struct mq_world *world, MPI_Request *request, const char *call)
{
    // Looking after many ranks costs a file read each: the fuller the machine, the rarer.
    const double look_every_s = fmin(0.05 + 0.005 * world->n_watched, 0.5); // watch.c: answer_s
    const double start_s = mq_clock_s();
    double look_at_s = start_s + patience_s;
    double pause_s = 1e-5;
    struct mq_wait wait;
    mq_watch_begin(world, &wait);
    for (;;) {
        int is_done = 0;
        if (mq_mpi_check(world, MPI_Test(request, &is_done, MPI_STATUS_IGNORE), call) != MQ_OK)
            return mq_world_break(world, world->rank); // others may not know: this rank speaks
        if (is_done) break;
        const double now_s = mq_clock_s();
        if (now_s - start_s < patience_s) {
            (void)sched_yield(); // the rank waited for may need this core
            continue;
        }
        if (now_s >= look_at_s) {
            MQ_TRY(mq_watch_look(world, &wait)); // first: a rank may have said why it is gone
            MQ_TRY(look_after(world, &wait));
            look_at_s = now_s + look_every_s;
        }
        sleep_s(pause_s);
        pause_s = pause_s < longest_sleep_s / 1.25 ? 1.25 * pause_s : longest_sleep_s;
    }
    return mq_watch_end(world, &wait);
}

// ---- opening and closing -----------------------------------------------------------------------

static mq_status start_mpi(struct mq_world *world)
{
    int was_finalized = 0;
    int was_initialized = 0;
    MQ_TRY(MQ_MPI(NULL, MPI_Finalized, &was_finalized));
    if (was_finalized) return mq_fail(MQ_FAILED, "MPI cannot be started twice in one process");
    MQ_TRY(MQ_MPI(NULL, MPI_Initialized, &was_initialized));
    if (!was_initialized) {
        int provided = MPI_THREAD_SINGLE;
        MQ_TRY(MQ_MPI(NULL, MPI_Init_thread, NULL, NULL, MPI_THREAD_FUNNELED, &provided));
        world->owns_mpi = true;
    }
    int level = MPI_THREAD_SINGLE;
    MQ_TRY(MQ_MPI(NULL, MPI_Query_thread, &level));
    if (level < MPI_THREAD_FUNNELED)
        return mq_fail(MQ_FAILED, "this MPI allows no threads beside it (MPI_THREAD_SINGLE)");
    return MQ_OK;
}

static mq_status join(struct mq_world *world)
{
    MQ_TRY(MQ_MPI(NULL, MPI_Comm_set_errhandler, MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    MQ_TRY(MQ_MPI(NULL, MPI_Comm_dup, MPI_COMM_WORLD, &world->comm));
    MQ_TRY(MQ_MPI(NULL, MPI_Comm_set_errhandler, world->comm, MPI_ERRORS_RETURN));
    MQ_TRY(MQ_MPI(NULL, MPI_Comm_rank, world->comm, &world->rank));
    MQ_TRY(MQ_MPI(NULL, MPI_Comm_size, world->comm, &world->size));
    // Writing to a rank that was killed would end this one by SIGPIPE, with no word and with a code
    // of its own.
    if (world->size > 1) (void)signal(SIGPIPE, SIG_IGN);
    return MQ_OK;
}

static mq_status verify_size(const struct mq_world *world, int64_t expect_ranks)
{
    if (expect_ranks <= 0) return world->size == 1 ? mq_launch_check_alone(getenv) : MQ_OK;
    if (expect_ranks == world->size) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "started with %d rank%s, but --expect-ranks says %lld", world->size,
                  world->size == 1 ? "" : "s", (long long)expect_ranks);
    return mq_hint("start it with mpirun -n %lld or srun -n %lld", (long long)expect_ranks,
                   (long long)expect_ranks);
}

/// Who the other ranks are, and which of them can be looked after from here.
static mq_status meet_peers(struct mq_world *world)
{
    const struct mq_peer self = mq_peer_self();
    const int bytes = (int)sizeof self;
    MQ_TRY(MQ_MPI(world, MPI_Allgather, &self, bytes, MPI_BYTE, world->peers, bytes, MPI_BYTE,
                  world->comm));
    for (int rank = 0; rank < world->size; rank++) {
        const struct mq_peer *peer = &world->peers[rank];
        if (rank != world->rank && mq_peer_shares_machine(peer, &self) && mq_peer_is_alive(peer))
            world->watched[world->n_watched++] = rank;
    }
    return MQ_OK;
}

static mq_status allocate(struct mq_world *world, struct mq_world **copy)
{
    MQ_NEW(world->peers, world->size);
    MQ_NEW(world->watched, world->size);
    MQ_NEW(*copy, 1);
    return MQ_OK;
}

bool mq_world_speaks(const struct mq_world *world)
{
    return world->rank == world->speaker;
}

/// The first process of a job to end takes the others with it, and is missed by them: the speaker
/// stays until they have seen what it saw, the others until it has spoken.
static void let_speak(const struct mq_world *world)
{
    if (world->is_broken) (void)usleep(mq_world_speaks(world) ? 300000 : 900000);
}

static void leave(struct mq_world *world)
{
    const bool finalizes = world->owns_mpi && !world->is_broken;
    let_speak(world);
    mq_watch_close(world);
    if (world->comm != MPI_COMM_NULL && !world->is_broken) (void)MPI_Comm_free(&world->comm);
    mq_free(world->watched);
    mq_free(world->peers);
#ifdef __SANITIZE_ADDRESS__
    // Closing unloads components; their live memory would then be reported as leaks.
    if (finalizes) __lsan_do_leak_check();
#endif
    mq_sum_choice_close(&world->sum);
    if (finalizes) (void)MPI_Finalize();
}

mq_status mq_world_open(struct mq_world **world, int64_t expect_ranks)
{
    // Nothing is allocated before the ranks can agree that one of them has no memory.
    struct mq_world opened = {.comm = MPI_COMM_NULL,
                              .watch = {.comm = MPI_COMM_NULL, .ending = -1}};
    struct mq_world *copy = NULL;
    mq_status status = MQ_OK;
    *world = NULL;
    MQ_DO(start_mpi(&opened));
    MQ_DO(join(&opened));
    MQ_DO(verify_size(&opened, expect_ranks));
    MQ_DO(mq_agree(&opened, allocate(&opened, &copy)));
    MQ_DO(meet_peers(&opened));
    MQ_DO(mq_watch_open(&opened));
    *copy = opened;
    *world = copy;
done:
    if (status != MQ_OK) {
        mq_free(copy);
        leave(&opened);
    }
    return status;
}

void mq_world_close(struct mq_world *world)
{
    if (world == NULL) return;
    struct mq_world closing = *world;
    mq_free(world);
    leave(&closing);
}

void mq_world_abort(struct mq_world *world, mq_status status)
{
    (void)fflush(NULL);
    let_speak(world);
    (void)MPI_Abort(world->comm, (int)status);
    _exit((int)status);
}

// ---- what is known without asking ---------------------------------------------------------------

int mq_rank(const struct mq_world *world)
{
    return world->rank;
}

int mq_size(const struct mq_world *world)
{
    return world->size;
}
