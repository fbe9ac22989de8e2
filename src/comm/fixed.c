// Fixed point rows. One conversion per loop body, no branch: the compiler vectorises them.
#include "comm/fixed.h"

#include <math.h>
#include <stdbool.h>

#include "mq/base/clones.h"
#include "mq/base/status.h"
#include "mq/comm/reducer.h"

static inline bool is_valid(double units, double limit)
{
    return fabs(units) < limit; // false for NaN
}

// Up to 2^51: added to it, a number becomes an integer in the low bits.
static const double magic = 0x1.8p52;

static inline int64_t low_bits(double x)
{
    const union {
        double x;
        int64_t bits;
    } sum = {x + magic}, zero = {magic};
    return sum.bits - zero.bits;
}

// The nearest integer, to even, below 2^62: in two halves, since vectors before AVX-512 cannot
// convert. Both differences are exact, and a multiple of 2^32 leaves evenness to the lower half.
static inline int64_t integer_of(double units)
{
    const double high = (units * 0x1p-32 + magic) - magic;
    const double low = units - high * 0x1p32;
    return (int64_t)((uint64_t)low_bits(high) << 32) + low_bits(low);
}

MQ_CLONES static int64_t add_row(int64_t *restrict totals, const mq_real *restrict x, int64_t n,
                                 double limit)
{
    int64_t invalid = 0;
    for (int64_t i = 0; i < n; i++) {
        const double units = (double)x[i] / MQ_FIXED_UNIT; // exact: a power of two
        const bool valid = is_valid(units, limit);
        totals[i] += integer_of(valid ? units : 0.0);
        invalid += !valid;
    }
    return invalid;
}

int64_t mq_fixed_add(int64_t totals[], const mq_real x[], int64_t n, double limit)
{
    return add_row(totals, x, n, limit);
}

int64_t mq_fixed_find_invalid(const mq_real x[], int64_t n, double limit)
{
    for (int64_t i = 0; i < n; i++)
        if (!is_valid((double)x[i] / MQ_FIXED_UNIT, limit)) return i;
    return -1;
}

MQ_CLONES static void value_row(mq_real *restrict x, const int64_t *restrict totals, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = (mq_real)((double)totals[i] * MQ_FIXED_UNIT);
}

void mq_fixed_value(mq_real x[], const int64_t totals[], int64_t n)
{
    value_row(x, totals, n);
}

int64_t mq_scalar_from(double value)
{
    const double units = value / MQ_SCALAR_UNIT;
    return is_valid(units, 0x1p63) ? (int64_t)rint(units) : MQ_SCALAR_INVALID;
}

double mq_scalar_value(int64_t scalar)
{
    return (double)scalar * MQ_SCALAR_UNIT;
}
