// Means over origins.
#include "mq/eval/average.h"

#include <string.h>

#include "mq/base/int.h"

void mq_average_origins(int64_t n, const int64_t origin[], int64_t n_origins, int64_t horizon,
                        int64_t n_levels, const float quantiles[], float mean[])
{
    const int64_t H = horizon, Q = n_levels;
    if (n == 1) {
        memcpy(mean, quantiles, (size_t)(n_origins * H * Q) * sizeof *mean);
        return;
    }
    for (int64_t o = 0; o < n_origins; o++) {
        for (int64_t cell = 0; cell < H * Q; cell++) {
            double sum = 0;
            int64_t count = 0;
            for (int64_t older = mq_max_i64(o - n + 1, 0); older <= o; older++) {
                const int64_t then = cell + (origin[o] - origin[older]) * Q;
                if (then >= H * Q) continue;
                sum += (double)quantiles[older * H * Q + then];
                count++;
            }
            mean[o * H * Q + cell] = (float)(sum / (double)count);
        }
    }
}
