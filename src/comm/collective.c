// Collectives outside the step loop: each is cut into pieces, started without blocking, and waited
// for with an eye on the other ranks. A world of one has nothing to say to itself.
#include <stdio.h>
#include <string.h>

#include "comm/world_internal.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

/// Longest single message: far below INT_MAX, long enough for full bandwidth.
enum { PIECE_BYTES = 1 << 24 };

// ---- pieces ------------------------------------------------------------------------------------

/// One kind of transfer; `start` posts it for `n` elements and gives the request.
struct transfer {
    const char *call;
    size_t element; ///< bytes
    int peer; ///< root or partner rank; unused by sums
    mq_status (*start)(const struct transfer *self, void *piece, int n, struct mq_world *world,
                       MPI_Request *request);
};

static mq_status start_broadcast(const struct transfer *self, void *piece, int n,
                                 struct mq_world *world, MPI_Request *request)
{
    return MQ_MPI(world, MPI_Ibcast, piece, n, MPI_BYTE, self->peer, world->comm, request);
}

static mq_status start_sum(const struct transfer *self, void *piece, int n, struct mq_world *world,
                           MPI_Request *request)
{
    (void)self;
    return mq_sum_start(world, piece, n, request);
}

static mq_status start_min(const struct transfer *self, void *piece, int n, struct mq_world *world,
                           MPI_Request *request)
{
    (void)self;
    return MQ_MPI(world, MPI_Iallreduce, MPI_IN_PLACE, piece, n, MPI_INT64_T, MPI_MIN, world->comm,
                  request);
}

static mq_status start_max(const struct transfer *self, void *piece, int n, struct mq_world *world,
                           MPI_Request *request)
{
    (void)self;
    return MQ_MPI(world, MPI_Iallreduce, MPI_IN_PLACE, piece, n, MPI_DOUBLE, MPI_MAX, world->comm,
                  request);
}

static mq_status start_send(const struct transfer *self, void *piece, int n, struct mq_world *world,
                            MPI_Request *request)
{
    return MQ_MPI(world, MPI_Isend, piece, n, MPI_BYTE, self->peer, 0, world->comm, request);
}

static mq_status start_receive(const struct transfer *self, void *piece, int n,
                               struct mq_world *world, MPI_Request *request)
{
    return MQ_MPI(world, MPI_Irecv, piece, n, MPI_BYTE, self->peer, 0, world->comm, request);
}

/// The one place where long messages are split.
static mq_status carry(struct mq_world *world, struct transfer transfer, void *data, int64_t n)
{
    if (world->size == 1) return MQ_OK;
    const int64_t most = PIECE_BYTES / (int64_t)transfer.element;
    for (int64_t done = 0; done < n; done += most) {
        unsigned char *piece = (unsigned char *)data + (size_t)done * transfer.element;
        const int length = mq_to_int(mq_min_i64(most, n - done));
        MPI_Request request = MPI_REQUEST_NULL;
        MQ_TRY(transfer.start(&transfer, piece, length, world, &request));
        MQ_TRY(mq_world_wait(world, &request, transfer.call));
    }
    return MQ_OK;
}

/// The same, of all ranks.
static mq_status move(struct mq_world *world, struct transfer transfer, void *data, int64_t n)
{
    MQ_TRY(mq_world_enter(world));
    return carry(world, transfer, data, n);
}

static mq_status broadcast_from(struct mq_world *world, int root, void *bytes, size_t n)
{
    return move(world, (struct transfer){"MPI_Ibcast", 1, root, start_broadcast}, bytes,
                (int64_t)n);
}

// ---- sums and broadcasts -----------------------------------------------------------------------

mq_status mq_barrier(struct mq_world *world)
{
    if (world->size == 1) return MQ_OK;
    MQ_TRY(mq_world_enter(world));
    MPI_Request request = MPI_REQUEST_NULL;
    MQ_TRY(MQ_MPI(world, MPI_Ibarrier, world->comm, &request));
    return mq_world_wait(world, &request, "MPI_Ibarrier");
}

mq_status mq_broadcast(struct mq_world *world, void *bytes, size_t n)
{
    return broadcast_from(world, 0, bytes, n);
}

mq_status mq_sum_i64(struct mq_world *world, int64_t values[], int64_t n)
{
    return move(world, (struct transfer){"MPI_Iallreduce", sizeof values[0], 0, start_sum}, values,
                n);
}

mq_status mq_sum_exact(struct mq_world *world, struct mq_exact sums[], int64_t n)
{
    enum { WORDS = sizeof *sums / sizeof(int64_t) };
    return mq_sum_i64(world, (int64_t *)(void *)sums, n * WORDS);
}

mq_status mq_world_min(struct mq_world *world, int64_t *value)
{
    return move(world, (struct transfer){"MPI_Iallreduce", sizeof *value, 0, start_min}, value, 1);
}

mq_status mq_max_f64(struct mq_world *world, double values[], int64_t n)
{
    return move(world, (struct transfer){"MPI_Iallreduce", sizeof values[0], 0, start_max}, values,
                n);
}

/// Makes the string `n` bytes long, contents to be filled in.
static mq_status resize(struct mq_str *string, int64_t n)
{
    mq_str_release(string);
    MQ_NEW(string->data, n + 1);
    string->length = (size_t)n;
    string->capacity = (size_t)n + 1;
    return MQ_OK;
}

mq_status mq_broadcast_str(struct mq_world *world, struct mq_str *string)
{
    int64_t n = (int64_t)string->length;
    MQ_TRY(mq_broadcast(world, &n, sizeof n));
    MQ_TRY(mq_agree(world, world->rank == 0 ? MQ_OK : resize(string, n)));
    return mq_broadcast(world, string->data, (size_t)n);
}

// ---- agreement ---------------------------------------------------------------------------------

static bool names_a_rank(const char *message)
{
    int rank = 0;
    int length = 0;
    return sscanf(message, "rank %d:%n", &rank, &length) == 1 && length > 0;
}

/// The failure that goes with `status`: the recorded one, when it belongs to it.
static struct mq_error failure_of(mq_status status)
{
    struct mq_error error = *mq_error_get();
    if (error.status == status) return error;
    error = (struct mq_error){.status = status};
    (void)snprintf(error.message, sizeof error.message, "%s",
                   status == MQ_STOPPED ? "stopped early" : "failed without a message");
    return error;
}

mq_status mq_agree(struct mq_world *world, mq_status status)
{
    if (world->size == 1) return status;
    struct mq_error error = {0};
    if (status != MQ_OK) error = failure_of(status);
    int64_t first = status == MQ_OK ? world->size : world->rank;
    mq_status talk = mq_world_min(world, &first);
    if (talk == MQ_OK && first == world->size) return MQ_OK;
    const struct mq_error own = error;
    if (talk == MQ_OK) talk = broadcast_from(world, (int)first, &error, sizeof error);
    if (talk != MQ_OK) { // the way is gone too: our own failure says more
        if (status == MQ_OK) return talk;
        mq_error_set(&own);
        return status;
    }
    mq_error_set(&error);
    // Rank 0 speaks for all: what every rank met alike (a missing file) is nobody's in particular.
    return first == 0 || names_a_rank(error.message) ? error.status
                                                     : mq_prefix("rank %d", (int)first);
}

// ---- gathering and comparing -------------------------------------------------------------------

/// Every rank's length on rank 0, room for all of them in `joined`; agreed.
static mq_status prepare_gather(struct mq_world *world, int64_t n, struct mq_str *joined,
                                int64_t lengths[])
{
    lengths[world->rank] = n;
    MQ_TRY(mq_sum_i64(world, lengths, world->size));
    int64_t total = 0;
    for (int rank = 0; rank < world->size; rank++)
        total += lengths[rank];
    return mq_agree(world, resize(joined, world->rank == 0 ? total : 0));
}

mq_status mq_gather(struct mq_world *world, const void *piece, size_t n, struct mq_str *joined,
                    int64_t lengths[])
{
    mq_status status = MQ_OK;
    int64_t *length = mq_calloc(world->size, sizeof *length);
    MQ_DO(mq_agree(world, length != NULL ? MQ_OK : MQ_FAILED));
    MQ_DO(prepare_gather(world, (int64_t)n, joined, length));
    MQ_DO(mq_world_enter(world));
    if (world->rank == 0) {
        char *next = joined->data;
        if (n > 0) memcpy(next, piece, n);
        for (int rank = 1; rank < world->size; rank++) {
            next += length[rank - 1];
            MQ_DO(carry(world, (struct transfer){"MPI_Irecv", 1, rank, start_receive}, next,
                        length[rank]));
        }
        if (lengths != NULL) memcpy(lengths, length, (size_t)world->size * sizeof *length);
    } else {
        // MPI_Isend only reads its buffer.
        void *bytes = (void *)(uintptr_t)piece;
        MQ_DO(carry(world, (struct transfer){"MPI_Isend", 1, 0, start_send}, bytes, (int64_t)n));
    }
done:
    mq_free(length);
    return status;
}

/// "rank 2", "ranks 1, 3 and 5 more": those marked in differs (size).
static void list_ranks(const int64_t differs[], int size, char *text, size_t room)
{
    enum { SHOWN = 8 };
    int n = 0;
    size_t used = 0;
    text[0] = '\0';
    for (int rank = 0; rank < size; rank++) {
        if (!differs[rank] || n++ >= SHOWN) continue;
        used += (size_t)snprintf(text + used, room - used, n == 1 ? "%d" : ", %d", rank);
    }
    if (n > SHOWN) (void)snprintf(text + used, room - used, " and %d more", n - SHOWN);
}

static mq_status compare(struct mq_world *world, const char *what, const char *text,
                         const struct mq_str *first, int64_t differs[])
{
    differs[world->rank] = strcmp(text, first->data) != 0;
    MQ_TRY(mq_sum_i64(world, differs, world->size));
    int64_t n = 0;
    for (int rank = 0; rank < world->size; rank++)
        n += differs[rank];
    if (n == 0) return MQ_OK;
    char ranks[256];
    list_ranks(differs, world->size, ranks, sizeof ranks);
    return mq_fail(MQ_FAILED, "%s: rank%s %s differ%s from rank 0", what, n == 1 ? "" : "s", ranks,
                   n == 1 ? "s" : "");
}

mq_status mq_same_everywhere(struct mq_world *world, const char *what, const char *text)
{
    if (world->size == 1) return MQ_OK;
    struct mq_str first = {0};
    int64_t *differs = mq_calloc(world->size, sizeof *differs);
    mq_status status = differs != NULL ? MQ_OK : MQ_FAILED;
    if (status == MQ_OK && world->rank == 0) status = mq_str_add(&first, text);
    MQ_DO(mq_agree(world, status));
    MQ_DO(mq_broadcast_str(world, &first));
    MQ_DO(compare(world, what, text, &first, differs));
done:
    mq_str_release(&first);
    mq_free(differs);
    return status;
}

static mq_status sum_ranks(void *world, int64_t values[], int64_t n)
{
    return mq_sum_i64(world, values, n);
}

static mq_status agree_ranks(void *world, mq_status status)
{
    return mq_agree(world, status);
}

struct mq_ranks mq_world_ranks(struct mq_world *world)
{
    return (struct mq_ranks){world->size, world->rank, sum_ranks, agree_ranks, world};
}
