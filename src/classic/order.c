// Sorting, and quantiles of what is sorted.
#include "classic/order.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

void classic_sort(float values[], int64_t n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
}

double classic_quantile(const float sorted[], int64_t n, double level)
{
    if (n == 0) return 0;
    const double position = level * (double)(n - 1);
    const int64_t left = (int64_t)position;
    if (left + 1 >= n) return (double)sorted[n - 1];
    const double low = (double)sorted[left];
    const double high = (double)sorted[left + 1];
    // This form never falls as the level rises; the cut keeps rounding from passing `high`.
    const double between = low + (position - (double)left) * (high - low);
    return between < high ? between : high;
}
