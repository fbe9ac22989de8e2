/// A sum of doubles that does not depend on the order of its terms.
///
/// Each term is rounded once to a multiple of 2^-40 and added to three 32-bit limbs held in 64-bit
/// integers, so partial sums of threads and ranks can be added as integers in any order (2^31 terms
/// before a limb could overflow). Terms must be finite and below 2^54 in magnitude; anything else
/// marks the sum invalid, for good, and its value is NaN.
#ifndef MQ_BASE_EXACT_H
#define MQ_BASE_EXACT_H

#include <stdint.h>

/// Zero-initialised is an empty sum. All fields may be added across ranks as 64-bit integers.
struct mq_exact {
    int64_t limb[3];
    int64_t invalid; ///< number of terms that were not finite or too large
};

void mq_exact_add(struct mq_exact *sum, double term);
void mq_exact_merge(struct mq_exact *sum, const struct mq_exact *other);
double mq_exact_value(const struct mq_exact *sum);

#endif
