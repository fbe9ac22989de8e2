// Order-independent sums in three limbs of 32 bits, unit 2^-40.
#include "mq/base/exact.h"

#include <math.h>

#include "mq/base/int.h"

void mq_exact_add(struct mq_exact *sum, double term)
{
    if (!(fabs(term) < 0x1p54)) {
        sum->invalid++;
        return;
    }
    // |term| * 2^40 < 2^94: the bits from 2^64 up, the next 32 and the last 32. Cut towards zero:
    // the rests keep the term's sign and need no more bits than it has, so that every line is
    // exact.
    const double scaled = rint(term * 0x1p40);
    const double high = trunc(scaled * 0x1p-64);
    const double rest = scaled - high * 0x1p64;
    const double middle = trunc(rest * 0x1p-32);
    sum->limb[2] += (int64_t)high;
    sum->limb[1] += (int64_t)middle;
    sum->limb[0] += (int64_t)(rest - middle * 0x1p32);
}

void mq_exact_merge(struct mq_exact *sum, const struct mq_exact *other)
{
    for (int i = 0; i < 3; i++)
        sum->limb[i] += other->limb[i];
    sum->invalid += other->invalid;
}

double mq_exact_value(const struct mq_exact *sum)
{
    if (sum->invalid != 0) return NAN;
    // Multiplied, not shifted: a limb may be negative.
    const mq_wide total =
        (((mq_wide)sum->limb[2] * 4294967296) + sum->limb[1]) * 4294967296 + sum->limb[0];
    return (double)total * 0x1p-40;
}
