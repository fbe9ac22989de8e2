// Croston's method and its descendants. The distribution is a hurdle: whether there is demand, and
// how much.
#include "mq/classic/intermittent.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "classic/order.h"
#include "mq/base/int.h"

static const double interval_least = 1.32; // Syntetos, Boylan and Croston 2005

// Means: the probability of demand and its size, 0 without demand.
static struct mq_intermittent means(const float y[], int64_t n)
{
    int64_t n_observed = 0;
    int64_t n_demand = 0;
    double sum = 0;
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t])) continue;
        n_observed++;
        if (y[t] == 0) continue;
        n_demand++;
        sum += (double)y[t];
    }
    if (n_demand == 0) return (struct mq_intermittent){0};
    return (struct mq_intermittent){.probability = (double)n_demand / (double)n_observed,
                                    .size = sum / (double)n_demand};
}

bool mq_is_intermittent(const float y[], int64_t n)
{
    bool is_observed = false;
    for (int64_t t = 0; t < n; t++) {
        if (y[t] < 0) return false;
        if (isfinite(y[t])) is_observed = true;
    }
    return is_observed && means(y, n).probability * interval_least <= 1;
}

static double probability_of(enum mq_intermittent_method method, double alpha, double interval)
{
    return (method == MQ_SBA ? 1 - alpha / 2 : 1) / interval;
}

struct mq_intermittent mq_intermittent_smooth(enum mq_intermittent_method method, double alpha,
                                              double beta, const float y[], int64_t n,
                                              double *error)
{
    struct mq_intermittent now = means(y, n);
    double interval = 1 / now.probability;
    double waited = 0; // observed periods since the last demand, this one included
    double squares = 0;
    int64_t count = 0;
    now.method = method;
    now.alpha = alpha;
    now.beta = method == MQ_TSB ? beta : 0;
    if (method != MQ_TSB) now.probability = probability_of(method, alpha, interval);
    for (int64_t t = 0; t < n; t++) {
        if (!isfinite(y[t])) continue;
        const bool is_demand = y[t] > 0;
        const double e = (double)y[t] - now.probability * now.size;
        squares += e * e;
        count++;
        waited++;
        if (method == MQ_TSB) now.probability += beta * ((is_demand ? 1 : 0) - now.probability);
        if (!is_demand) continue;
        now.size += alpha * ((double)y[t] - now.size);
        interval += alpha * (waited - interval);
        waited = 0;
        if (method != MQ_TSB) now.probability = probability_of(method, alpha, interval);
    }
    if (error != NULL) *error = squares / (double)count;
    return now;
}

struct mq_intermittent mq_intermittent_fit(const float y[], int64_t n)
{
    static const double weights[] = {0.02, 0.05, 0.1, 0.2, 0.3};
    enum { N = sizeof weights / sizeof *weights };
    struct mq_intermittent chosen = {0};
    double least = INFINITY;
    if (!(means(y, n).probability > 0)) return chosen;
    for (int i = 0; i < (2 + N) * N; i++) {
        const enum mq_intermittent_method method =
            i / N < 2 ? (i / N == 0 ? MQ_CROSTON : MQ_SBA) : MQ_TSB;
        double error = 0;
        const struct mq_intermittent next = mq_intermittent_smooth(
            method, weights[i % N], weights[mq_max_i64(i / N - 2, 0)], y, n, &error);
        if (!(error < least)) continue;
        least = error;
        chosen = next;
    }
    return chosen;
}

void mq_intermittent_quantiles(const float y[], int64_t n, int64_t horizon, const double levels[],
                               int64_t n_levels, float scratch[], float quantiles[])
{
    const struct mq_intermittent mean = means(y, n);
    const struct mq_intermittent next = mq_intermittent_fit(y, n);
    int64_t n_sizes = 0;
    for (int64_t t = 0; t < n; t++)
        if (y[t] > 0) scratch[n_sizes++] = y[t];
    classic_sort(scratch, n_sizes);
    const double none = 1 - fmin(next.probability, 1);
    for (int64_t i = 0; i < n_levels; i++) {
        double x = 0;
        if (levels[i] > none)
            x = classic_quantile(scratch, n_sizes, (levels[i] - none) / (1 - none)) * next.size /
                mean.size;
        quantiles[i] = (float)fmin(x, (double)FLT_MAX);
    }
    for (int64_t h = 1; h < horizon; h++)
        memcpy(quantiles + h * n_levels, quantiles, (size_t)n_levels * sizeof *quantiles);
}
