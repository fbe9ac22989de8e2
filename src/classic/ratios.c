// The distribution of relative errors: counts, so that sums over products are exact, and a quantile
// needs no sorting.
#include "mq/classic/ratios.h"

#include <math.h>

#include "mq/base/int.h"

enum { POSITIVE = MQ_RATIO_BINS - 1 };
static const double log2_most = 6;

int64_t mq_ratio_bin(double observed, double forecast)
{
    if (!(observed > 0)) return 0;
    const double place = (log2(observed / forecast) / log2_most + 1) / 2 * POSITIVE;
    if (!(place > 0)) return 1;
    return 1 + mq_min_i64((int64_t)fmin(place, POSITIVE), POSITIVE - 1);
}

// The lower end of bin i >= 1.
static double edge(int64_t i)
{
    return exp2(log2_most * (2 * (double)(i - 1) / POSITIVE - 1));
}

static double total(const int64_t counts[MQ_RATIO_BINS])
{
    int64_t sum = 0;
    for (int64_t i = 0; i < MQ_RATIO_BINS; i++)
        sum += counts[i];
    return (double)sum;
}

void mq_ratio_quantiles(const int64_t counts[MQ_RATIO_BINS], const int64_t whole[MQ_RATIO_BINS],
                        double strength, const double levels[], int64_t n_levels, double ratios[])
{
    const int64_t half = mq_ratio_bin(1, 2);
    const int64_t twice = mq_ratio_bin(2, 1) - 1;
    const double all = total(whole);
    const double share = all > 0 ? strength / all : 0;
    const double sum = total(counts) + share * all + 1;
    int64_t i = -1;
    double below = 0; // weight of the bins before i
    double weight = 0; // of bin i
    for (int64_t q = 0; q < n_levels; q++) {
        while (i < 0 || (below + weight < levels[q] * sum && i + 1 < MQ_RATIO_BINS)) {
            below += weight;
            i++;
            weight = (double)counts[i] + share * (double)whole[i];
            if (i >= half && i <= twice) weight += 1 / (double)(twice - half + 1);
        }
        const double part = weight > 0 ? (levels[q] * sum - below) / weight : 1;
        ratios[q] = 0;
        if (i > 0) ratios[q] = edge(i) + fmin(fmax(part, 0), 1) * (edge(i + 1) - edge(i));
    }
}
