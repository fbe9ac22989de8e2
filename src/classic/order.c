// Sorting, and quantiles of what is sorted.
#include "classic/order.h"

#include <stdlib.h>
#include <string.h>

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

// More than these are sorted with the others: moving all of them for each would be slower.
enum { FEW = 16 };

void classic_sort_tail(float values[], int64_t n_sorted, int64_t n)
{
    if (n - n_sorted > FEW) classic_sort(values, n);
    for (int64_t i = n_sorted; n - n_sorted <= FEW && i < n; i++) {
        const float value = values[i];
        int64_t to = 0; // of the first that is greater
        for (int64_t end = i; to < end;) {
            const int64_t middle = to + (end - to) / 2;
            if (values[middle] > value)
                end = middle;
            else
                to = middle + 1;
        }
        memmove(values + to + 1, values + to, (size_t)(i - to) * sizeof *values);
        values[to] = value;
    }
}

double classic_quantile(const float sorted[], int64_t n, double level)
{
    if (n == 0) return 0;
    const struct classic_place at = classic_place_of(n, level);
    return classic_between((double)sorted[at.left], (double)sorted[at.right], at.share);
}
