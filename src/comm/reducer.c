// The exact sum of lanes' gradients: buckets of 64-bit integers, filled from threads, summed by
// MPI.
//
// One buffer holds all integers: a tail (number of poisoned values, then the scalars) and behind it
// the gradients from offset 0 upwards. Buckets are cut from the highest offset down, because that
// is the order in which backward finishes them; so the last bucket is the low end with the tail,
// and one message carries both. It is sent by end: scalars may be added until then.
#include "mq/comm/reducer.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "comm/fixed.h"
#include "comm/world_internal.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"

/// Gradients [begin, end). Lanes add under the mutex; a lane that is through counts as passed.
struct bucket {
    int64_t begin;
    int64_t end;
    pthread_mutex_t mutex;
    atomic_int_fast64_t passed;
    MPI_Request request;
};

/// What one lane of this rank has handed over; written only by the thread that computes the lane.
struct slot {
    int64_t watermark;
    int64_t poisoned; ///< values left out
    int64_t bad_offset; ///< the lowest of them; `count` when none
};

struct mq_reducer {
    struct mq_world *world;
    int64_t count;
    int64_t scalars;
    int64_t lanes_here;
    double limit; ///< of a gradient in units: `lanes` of them cannot wrap
    double scalar_limit; ///< one addition per lane and one per rank cannot wrap
    int64_t *tail;
    int64_t *totals; ///< right behind the tail
    struct bucket *buckets;
    int64_t n_buckets;
    int64_t n_posted;
    int64_t n_done; ///< posted and known to be complete
    struct slot *slots;
    pthread_mutex_t scalar_mutex;
    int64_t poisoned_scalars;
    int64_t bad_offset;
    mq_status status; ///< first failure of MPI within the step; `error` goes with it
    struct mq_error error;
};

// ---- setting up --------------------------------------------------------------------------------

static int64_t tail_length(const struct mq_reducer *reducer)
{
    return 1 + reducer->scalars;
}

static mq_status cut_buckets(struct mq_reducer *reducer, int64_t bucket_bytes)
{
    const int64_t most = INT_MAX / 2 - tail_length(reducer);
    const int64_t wanted = bucket_bytes / (int64_t)sizeof(int64_t);
    const int64_t length = mq_max_i64(1, mq_min_i64(wanted, most));
    const int64_t n = mq_max_i64(1, mq_ceil_div(reducer->count, length));
    MQ_NEW(reducer->buckets, n);
    for (int64_t i = 0; i < n; i++) {
        struct bucket *bucket = &reducer->buckets[i];
        bucket->end = reducer->count - i * length;
        bucket->begin = mq_max_i64(0, bucket->end - length);
        bucket->request = MPI_REQUEST_NULL;
        (void)pthread_mutex_init(&bucket->mutex, NULL);
        reducer->n_buckets++;
    }
    return MQ_OK;
}

mq_status mq_reducer_new(struct mq_reducer **reducer, struct mq_world *world, int64_t count,
                         int64_t scalars, int64_t lanes, int64_t lanes_here, int64_t bucket_bytes)
{
    MQ_ASSERT(count >= 0 && scalars >= 0 && lanes >= 1 && lanes_here >= 0 && lanes_here <= lanes);
    *reducer = NULL;
    struct mq_reducer *r = NULL;
    MQ_NEW(r, 1);
    r->world = world;
    r->count = count;
    r->scalars = scalars;
    r->lanes_here = lanes_here;
    r->limit = 0x1p62 / (double)lanes;
    r->scalar_limit = 0x1p62 / (double)mq_max_i64(lanes, world->size);
    r->bad_offset = -1;
    r->status = MQ_OK;
    (void)pthread_mutex_init(&r->scalar_mutex, NULL);
    mq_status status = MQ_OK;
    MQ_NEW_DO(r->tail, tail_length(r) + count);
    r->totals = r->tail + tail_length(r);
    MQ_NEW_DO(r->slots, lanes_here);
    MQ_DO(cut_buckets(r, bucket_bytes));
    *reducer = r;
done:
    if (status != MQ_OK) mq_reducer_free(r);
    return status;
}

void mq_reducer_free(struct mq_reducer *reducer)
{
    if (reducer == NULL) return;
    bool is_pending = false;
    for (int64_t i = 0; i < reducer->n_buckets; i++) {
        is_pending = is_pending || reducer->buckets[i].request != MPI_REQUEST_NULL;
        (void)pthread_mutex_destroy(&reducer->buckets[i].mutex);
    }
    (void)pthread_mutex_destroy(&reducer->scalar_mutex);
    // A sum that lost a rank never ends, and other ranks may still write to its memory: that is
    // left to the end of the process.
    if (!is_pending) mq_free(reducer->tail);
    mq_free(reducer->buckets);
    mq_free(reducer->slots);
    mq_free(reducer);
}

// ---- lanes -------------------------------------------------------------------------------------

void mq_reducer_begin(struct mq_reducer *reducer)
{
    memset(reducer->tail, 0, (size_t)(tail_length(reducer) + reducer->count) * sizeof(int64_t));
    for (int64_t i = 0; i < reducer->n_buckets; i++)
        atomic_store(&reducer->buckets[i].passed, 0);
    for (int64_t i = 0; i < reducer->lanes_here; i++)
        reducer->slots[i] =
            (struct slot){.watermark = reducer->count, .bad_offset = reducer->count};
    reducer->n_posted = 0;
    reducer->n_done = 0;
    reducer->poisoned_scalars = 0;
    reducer->bad_offset = -1;
}

/// Adds gradients [begin, end), which lie in one bucket.
static void add_range(struct mq_reducer *reducer, struct slot *slot, struct bucket *bucket,
                      const mq_real gradients[], int64_t begin, int64_t end)
{
    const int64_t n = end - begin;
    (void)pthread_mutex_lock(&bucket->mutex);
    const int64_t invalid =
        mq_fixed_add(reducer->totals + begin, gradients + begin, n, reducer->limit);
    (void)pthread_mutex_unlock(&bucket->mutex);
    if (invalid == 0) return;
    slot->poisoned += invalid;
    const int64_t first = mq_fixed_find_invalid(gradients + begin, n, reducer->limit);
    slot->bad_offset = mq_min_i64(slot->bad_offset, begin + first);
}

void mq_reducer_lane(struct mq_reducer *reducer, int64_t slot, const mq_real gradients[],
                     int64_t watermark)
{
    MQ_ASSERT(slot >= 0 && slot < reducer->lanes_here);
    struct slot *mine = &reducer->slots[slot];
    const int64_t end = mine->watermark;
    MQ_ASSERT(watermark >= 0 && watermark <= end);
    if (watermark == end) return;
    const int64_t length = reducer->buckets[0].end - reducer->buckets[0].begin;
    for (int64_t i = (reducer->count - end) / length; i < reducer->n_buckets; i++) {
        struct bucket *bucket = &reducer->buckets[i];
        if (bucket->end <= watermark) break;
        const int64_t from = mq_max_i64(watermark, bucket->begin);
        const int64_t to = mq_min_i64(end, bucket->end);
        add_range(reducer, mine, bucket, gradients, from, to);
        if (from == bucket->begin) atomic_fetch_add(&bucket->passed, 1);
    }
    mine->watermark = watermark;
}

void mq_reducer_scalar(struct mq_reducer *reducer, int64_t index, int64_t value)
{
    MQ_ASSERT(index >= 0 && index < reducer->scalars);
    const double size = value < 0 ? -(double)value : (double)value;
    (void)pthread_mutex_lock(&reducer->scalar_mutex);
    if (size < reducer->scalar_limit)
        reducer->tail[1 + index] += value;
    else
        reducer->poisoned_scalars++;
    (void)pthread_mutex_unlock(&reducer->scalar_mutex);
}

// ---- sums over ranks ---------------------------------------------------------------------------

/// Remembers the first failure: poll cannot return one, and after it nothing more is sent.
static void note(struct mq_reducer *reducer, mq_status status)
{
    if (status == MQ_OK || reducer->status != MQ_OK) return;
    reducer->status = status;
    reducer->error = *mq_error_get();
}

static void post(struct mq_reducer *reducer)
{
    struct bucket *bucket = &reducer->buckets[reducer->n_posted++];
    const bool is_last = reducer->n_posted == reducer->n_buckets;
    int64_t *from = is_last ? reducer->tail : reducer->totals + bucket->begin;
    const int n = mq_to_int(reducer->totals + bucket->end - from);
    note(reducer, mq_sum_start(reducer->world, from, n, &bucket->request));
}

static bool is_full(const struct mq_reducer *reducer, const struct bucket *bucket)
{
    return atomic_load(&bucket->passed) == reducer->lanes_here;
}

void mq_reducer_poll(struct mq_reducer *reducer)
{
    if (reducer->world->size == 1 || reducer->status != MQ_OK) return;
    while (reducer->n_posted < reducer->n_buckets - 1 && reducer->status == MQ_OK &&
           is_full(reducer, &reducer->buckets[reducer->n_posted]))
        post(reducer);
    // Asking for the oldest request that is not done moves all of them on.
    int is_done = 1;
    while (reducer->n_done < reducer->n_posted && reducer->status == MQ_OK && is_done) {
        MPI_Request *oldest = &reducer->buckets[reducer->n_done].request;
        note(reducer, MQ_MPI(reducer->world, MPI_Test, oldest, &is_done, MPI_STATUS_IGNORE));
        reducer->n_done += is_done;
    }
}

void mq_reducer_report(void *context, const mq_real gradients[], int64_t watermark)
{
    const struct mq_reducer_report *report = context;
    mq_reducer_lane(report->reducer, report->slot, gradients, watermark);
    if (report->may_poll) mq_reducer_poll(report->reducer);
}

static void post_rest(struct mq_reducer *reducer)
{
    reducer->tail[0] = reducer->poisoned_scalars;
    for (int64_t i = 0; i < reducer->lanes_here; i++) {
        MQ_ASSERT(reducer->slots[i].watermark == 0);
        reducer->tail[0] += reducer->slots[i].poisoned;
    }
    if (reducer->world->size == 1) return;
    while (reducer->n_posted < reducer->n_buckets && reducer->status == MQ_OK)
        post(reducer);
}

/// Every rank agrees that something is poisoned; finds out what to name, the same everywhere.
static mq_status fail_poisoned(struct mq_reducer *reducer)
{
    int64_t first = reducer->count;
    for (int64_t i = 0; i < reducer->lanes_here; i++)
        first = mq_min_i64(first, reducer->slots[i].bad_offset);
    MQ_TRY(mq_world_min(reducer->world, &first));
    if (first == reducer->count)
        return mq_fail(MQ_NUMERIC, "a loss or count of this step is not finite or out of range");
    reducer->bad_offset = first;
    return mq_fail(MQ_NUMERIC,
                   "gradient %lld is not finite or not below %g (%lld such values in this step)",
                   (long long)first, reducer->limit * MQ_FIXED_UNIT, (long long)reducer->tail[0]);
}

mq_status mq_reducer_end(struct mq_reducer *reducer, mq_real sums[], int64_t scalars[],
                         double *wait_s)
{
    note(reducer, mq_world_enter(reducer->world));
    post_rest(reducer);
    for (int64_t i = 0; i < reducer->n_buckets && reducer->status == MQ_OK; i++) {
        struct bucket *bucket = &reducer->buckets[i];
        const double start_s = mq_clock_s();
        if (reducer->world->size > 1)
            note(reducer, mq_world_wait(reducer->world, &bucket->request, "MPI_Iallreduce"));
        if (wait_s != NULL) *wait_s += mq_clock_s() - start_s;
        mq_fixed_value(sums + bucket->begin, reducer->totals + bucket->begin,
                       bucket->end - bucket->begin);
    }
    if (reducer->status != MQ_OK) {
        mq_error_set(&reducer->error);
        return reducer->status;
    }
    if (scalars != NULL && reducer->scalars > 0)
        memcpy(scalars, reducer->tail + 1, (size_t)reducer->scalars * sizeof *scalars);
    return reducer->tail[0] != 0 ? fail_poisoned(reducer) : MQ_OK;
}

double mq_reducer_limit(const struct mq_reducer *reducer)
{
    return reducer->limit * MQ_FIXED_UNIT;
}

double mq_reducer_scalar_limit(const struct mq_reducer *reducer)
{
    return reducer->scalar_limit * MQ_SCALAR_UNIT;
}

int64_t mq_reducer_bad_offset(const struct mq_reducer *reducer)
{
    return reducer->bad_offset;
}
