/// Checked conversions between our 64-bit counts and the narrower types of outside libraries.
#ifndef MQ_BASE_INT_H
#define MQ_BASE_INT_H

#include <stddef.h>
#include <stdint.h>

/// A count as `int`, for MPI and BLAS. Ends the program when it does not fit: callers split first.
int mq_to_int(int64_t value);

static inline int64_t mq_min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t mq_max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/// a / b rounded up, for a >= 0 and b > 0.
static inline int64_t mq_ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/// The least multiple of b that is not below a, likewise.
static inline int64_t mq_round_up(int64_t a, int64_t b)
{
    return mq_ceil_div(a, b) * b;
}

/// The least divisor of n >= 1 that is at least `least`; n when there is none.
static inline int64_t mq_divisor_from(int64_t n, int64_t least)
{
    while (least < n && n % least != 0)
        least++;
    return mq_min_i64(least, n);
}

/// What remains of a after whole multiples of m > 0: in [0, m), also where a is negative.
static inline int64_t mq_mod(int64_t a, int64_t m)
{
    return (a % m + m) % m;
}

/// 128 bits, for products and sums that must not overflow.
__extension__ typedef __int128 mq_wide;

/// Where part `index` of `count` elements cut into `parts` nearly equal ranges begins;
/// part i is [mq_split(n, p, i), mq_split(n, p, i + 1)).
static inline int64_t mq_split(int64_t count, int64_t parts, int64_t index)
{
    return (int64_t)((mq_wide)count * index / parts);
}

#endif
