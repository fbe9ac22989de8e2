/// Reals as 64-bit fixed point, for sums that do not depend on their order. Pure, no MPI.
#ifndef COMM_FIXED_H
#define COMM_FIXED_H

#include <stdint.h>

#include "mq/base/real.h"

/// Unit of a gradient in fixed point: an exact scaling of any float that matters.
#define MQ_FIXED_UNIT 0x1p-44

/// totals[i] += x[i] in units of MQ_FIXED_UNIT, rounded to nearest even, for i < n. Elements that
/// are NaN or not below `limit` units in magnitude are left out; returns how many.
int64_t mq_fixed_add(int64_t totals[], const mq_real x[], int64_t n, double limit);

/// Index of the first element that mq_fixed_add leaves out, or -1.
int64_t mq_fixed_find_invalid(const mq_real x[], int64_t n, double limit);

/// x[i] = totals[i] in reals.
void mq_fixed_value(mq_real x[], const int64_t totals[], int64_t n);

#endif
