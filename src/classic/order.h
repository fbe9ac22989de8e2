/// Order statistics. Private to classic/.
#ifndef CLASSIC_ORDER_H
#define CLASSIC_ORDER_H

#include <stdint.h>

void classic_sort(float values[], int64_t n);
/// The same where the first `n_sorted` ascend already.
void classic_sort_tail(float values[], int64_t n_sorted, int64_t n);

/// Where a level lies among n >= 1 sorted values: between two of them, a share of the way to the right.
struct classic_place {
    int64_t left;
    int64_t right;
    double share;
};
static inline struct classic_place classic_place_of(int64_t n, double level)
{
    const double position = level * (double)(n - 1);
    const int64_t left = (int64_t)position;
    if (left + 1 >= n) return (struct classic_place){n - 1, n - 1, 0};
    return (struct classic_place){left, left + 1, position - (double)left};
}

static inline double classic_between(double low, double high, double share)
{
    // This form never falls as the level rises; the cut keeps rounding from passing `high`.
    const double between = low + share * (high - low);
    return between < high ? between : high;
}

/// Linear between order statistics, the smallest at level 0 and the largest at 1; 0 without any.
/// Never falls as the level rises.
double classic_quantile(const float sorted[], int64_t n, double level);

#endif
