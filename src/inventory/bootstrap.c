// Poisson weights and percentiles.
#include "mq/inventory/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "mq/base/rng.h"

void mq_bootstrap_weights(uint64_t seed, int64_t product, int64_t group,
                          double weight[MQ_BOOTSTRAP_GROUP])
{
    // P(k or fewer) of a Poisson number of mean 1, in units of 2^-32.
    static const uint32_t up_to[] = {1580030168u, 3160060337u, 3950075421u, 4213413783u,
                                     4279248373u, 4292415291u, 4294609777u, 4294923276u,
                                     4294962463u, 4294966817u};
    enum { N = sizeof up_to / sizeof *up_to };
    struct mq_rng rng = mq_rng_at(seed, MQ_RNG_BOOTSTRAP, (uint64_t)product, (uint32_t)group);
    for (int i = 0; i < MQ_BOOTSTRAP_GROUP; i++) {
        const uint32_t u = mq_rng_u32(&rng);
        int k = 0;
        while (k < N && u >= up_to[k])
            k++;
        weight[i] = k;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

// On lines between the values at ranks 0 .. n - 1.
static double percentile(const double values[], int64_t n, double share)
{
    const double rank = share * (double)(n - 1);
    const int64_t low = (int64_t)rank;
    const int64_t high = low + 1 < n ? low + 1 : low;
    return values[low] + (rank - (double)low) * (values[high] - values[low]);
}

void mq_bootstrap_interval(double values[], int64_t n, double interval[2])
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i])) values[kept++] = values[i];
    interval[0] = interval[1] = NAN;
    if (kept == 0 || kept < n - n / 2) return;
    qsort(values, (size_t)kept, sizeof *values, ascending);
    interval[0] = percentile(values, kept, 0.025);
    interval[1] = percentile(values, kept, 0.975);
}
