/// Sums lanes' gradients over threads and ranks: the same bits in any order.
///
/// Every lane's gradient is rounded once to a multiple of 2^-44 and added as a 64-bit integer, so
/// the sum depends on neither the order of lanes nor the algorithm of the collective, nor the
/// number of ranks. A value that is NaN or too large for the range poisons the sum: it is counted
/// and reported, never wrapped.
///
/// A step: begin; every lane hands over finished ranges, highest offsets first, from any thread;
/// the thread that owns MPI polls between its own work; end waits and gives the sum. Ranges are cut
/// into buckets; a bucket is sent with a non-blocking all-reduce as soon as all lanes of this rank
/// have filled it, in the same order on every rank. The scalars ride in the last bucket.
#ifndef MQ_COMM_REDUCER_H
#define MQ_COMM_REDUCER_H

#include <stdint.h>

#include "mq/base/real.h"
#include "mq/comm/world.h"

struct mq_reducer;

/// Scalars that stand for reals are counted in this unit.
#define MQ_SCALAR_UNIT 0x1p-24
/// What a real out of range becomes; poisons the sum.
#define MQ_SCALAR_INVALID INT64_MIN
/// A sum of so many bytes and more goes by Rabenseifner's algorithm, where MPI has it and lets us
/// choose: bandwidth then counts more than messages, and Open MPI draws the line here too.
enum { MQ_SUM_LARGE_BYTES = 1 << 16 };

/// For `count` gradients and `scalars` 64-bit integers per step, `lanes` lanes in the whole world
/// of which this rank computes `lanes_here` (may be 0). Local.
mq_status mq_reducer_new(struct mq_reducer **reducer, struct mq_world *world, int64_t count,
                         int64_t scalars, int64_t lanes, int64_t lanes_here,
                         int64_t bucket_bytes) MQ_NODISCARD;
void mq_reducer_free(struct mq_reducer *reducer);

/// Collective in effect: every rank begins and ends every step.
void mq_reducer_begin(struct mq_reducer *reducer);
/// One lane's gradients at offsets >= watermark are final. `slot` in [0, lanes_here) names the
/// lane; watermarks of a slot only fall, the last is 0. Any thread, one per slot at a time. Local.
void mq_reducer_lane(struct mq_reducer *reducer, int64_t slot, const mq_real gradients[],
                     int64_t watermark);
/// Adds to scalar `index`; any thread, before end. At most one addition per lane and one per rank;
/// each below 2^62 / max(lanes, ranks) in magnitude, or the sum is poisoned. Local.
void mq_reducer_scalar(struct mq_reducer *reducer, int64_t index, int64_t value);
/// Sends what is ready and lets MPI progress; cheap. The thread that owns MPI only.
void mq_reducer_poll(struct mq_reducer *reducer);

/// A lane on its way through backward.
struct mq_reducer_report {
    struct mq_reducer *reducer;
    int64_t slot;
    bool may_poll; ///< on the thread that owns MPI
};
/// Hands over what is final and, where allowed, polls. `context` is a struct mq_reducer_report: the
/// callback of a backward pass. Local.
void mq_reducer_report(void *context, const mq_real gradients[], int64_t watermark);

/// Waits for all buckets. sums (count) and scalars (n) are the same bits on every rank. MQ_NUMERIC
/// when any lane anywhere held a NaN or a value out of range (2^18 / lanes), naming the lowest such
/// offset (the scalars are given all the same); MQ_FAILED when a rank is found dead: then the world
/// may only be closed or aborted.
/// Seconds spent waiting are added to `wait_s` when not NULL. Collective.
mq_status mq_reducer_end(struct mq_reducer *reducer, mq_real sums[], int64_t scalars[],
                         double *wait_s) MQ_NODISCARD;

/// Gradients of this magnitude or more are out of range: 2^18 / lanes. Local.
double mq_reducer_limit(const struct mq_reducer *reducer);
/// The same of a scalar made by mq_scalar_from, in its own units: 2^38 / the larger of lanes and
/// ranks. Local.
double mq_reducer_scalar_limit(const struct mq_reducer *reducer);

/// The offset that the last MQ_NUMERIC named, or -1: so that the caller can name the parameter.
/// Local.
int64_t mq_reducer_bad_offset(const struct mq_reducer *reducer);

/// A double as a fixed-point scalar (unit MQ_SCALAR_UNIT) and back: |x| < 2^39, else
/// MQ_SCALAR_INVALID.
int64_t mq_scalar_from(double value);
double mq_scalar_value(int64_t scalar);

#endif
