#include "mq/classic/profile.h"

#include <math.h>
#include <stddef.h>

static const double least = 0.02;

static double mean_of(const float y[], int64_t n)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t])) continue;
        sum += (double)y[t];
        count++;
    }
    return count > 0 ? sum / (double)count : 0;
}

// A season's window of observations that moves on.
struct window {
    double sum;
    double weight;
};

static void put(struct window *window, float y, double weight)
{
    if (!isfinite(y)) return;
    window->sum += weight * (double)y;
    window->weight += weight;
}

void mq_profile_add(const float y[], int64_t n, int64_t phase, int64_t season, double sold[],
                    double expected[])
{
    const double mean = mean_of(y, n);
    const int64_t half = season / 2;
    const double at_end = season % 2 == 0 ? -0.5 : 0; // an even season ends within two periods
    if (season < 2 || !(mean > 0)) return;
    struct window whole = {0};
    for (int64_t t = 0; t < 2 * half && t < n; t++)
        put(&whole, y[t], 1);
    for (int64_t t = half; t < n - half; t++) {
        put(&whole, y[t + half], 1);
        struct window around = whole;
        put(&around, y[t - half], at_end);
        put(&around, y[t + half], at_end);
        if (isfinite(y[t])) {
            const int64_t j = (phase + t) % season;
            sold[j] += (double)y[t] / mean;
            expected[j] += around.sum / (around.weight * mean);
        }
        put(&whole, y[t - half], -1);
    }
}

void mq_profile_shrink(int64_t season, const double sold[], const double expected[],
                       const double prior[], double strength, double profile[])
{
    double sum = 0;
    for (int64_t j = 0; j < season; j++) {
        const double before = prior != NULL ? prior[j] : 1;
        const double share = (sold[j] + strength * before) / (expected[j] + strength);
        profile[j] = share > least ? share : least;
        sum += profile[j];
    }
    for (int64_t j = 0; j < season; j++)
        profile[j] *= (double)season / sum;
}
