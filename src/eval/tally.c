// Where a number goes.
#include "eval/tally.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"

struct cell cell_at(const struct mq_scores *scores, int64_t segment, int64_t h)
{
    const int64_t cell = segment * (scores->horizon + 1) + h;
    return (struct cell){
        .sum = scores->sums + cell * (SUM_PINBALL + scores->n_levels),
        .count = scores->counts + cell * tally_counts(scores),
    };
}

struct cell group_at(const struct mq_scores *scores, int64_t group)
{
    return (struct cell){
        .sum = scores->group_sums + group * (SUM_PINBALL + scores->n_levels),
        .count = scores->group_counts + group * tally_counts(scores),
    };
}

// The bits of positive floats, read as integers, ascend as the floats do; 19 bits of the mantissa
// left out, a power of two has 16 steps.
enum { MANTISSA_LEFT_OUT = 19, FIRST_BIN = (127 - 10) * VOLUME_STEPS };

int64_t volume_bin(double mean_demand)
{
    if (isnan(mean_demand)) return -1;
    const float demand = (float)mean_demand;
    uint32_t bits = 0;
    memcpy(&bits, &demand, sizeof bits);
    const int64_t step = (int64_t)(bits >> MANTISSA_LEFT_OUT) - FIRST_BIN + 1;
    return mq_min_i64(mq_max_i64(step, 0), VOLUME_BINS - 1);
}

double volume_of_bin(int64_t bin)
{
    if (bin <= 0) return 0;
    if (bin >= VOLUME_BINS) return INFINITY;
    const uint32_t bits = (uint32_t)(bin - 1 + FIRST_BIN) << MANTISSA_LEFT_OUT;
    float demand = 0;
    memcpy(&demand, &bits, sizeof demand);
    return (double)demand;
}
