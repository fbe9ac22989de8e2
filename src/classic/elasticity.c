#include "mq/classic/elasticity.h"

#include <math.h>

#include "mq/base/int.h"

static const double steepest = -5;
static const double factor_most = 5;

static void add_span(const float y[], const float price[], int64_t n, int64_t phase, int64_t season,
                     const double profile[], struct mq_price_sums *sums)
{
    double count = 0;
    double x = 0;
    double z = 0;
    struct mq_price_sums span = {0};
    for (int64_t t = 0; t < n; t++) {
        if (!(y[t] > 0) || !(price[t] > 0) || !isfinite(y[t]) || !isfinite(price[t])) continue;
        const double dx = log((double)price[t]) - x;
        const double dz = log((double)y[t] / profile[(phase + t) % season]) - z;
        count++;
        x += dx / count; // Welford: sums of squares around means that move along
        z += dz / count;
        span.xx += dx * dx * (count - 1) / count;
        span.xz += dx * dz * (count - 1) / count;
        span.zz += dz * dz * (count - 1) / count;
    }
    if (count < 2) return;
    sums->xx += span.xx;
    sums->xz += span.xz;
    sums->zz += span.zz;
    sums->n += count - 1;
}

void mq_price_add(const float y[], const float price[], int64_t n, int64_t phase, int64_t season,
                  const double profile[], int64_t span, struct mq_price_sums *sums)
{
    for (int64_t t = 0; t < n; t += span)
        add_span(y + t, price + t, mq_min_i64(span, n - t), (phase + t) % season, season, profile,
                 sums);
}

double mq_price_elasticity(const struct mq_price_sums *sums, const struct mq_price_sums *whole,
                           double prior, double deviation)
{
    if (!(whole->xx > 0) || !(whole->n > 1)) return prior;
    const double explained = whole->xz * whole->xz / whole->xx;
    const double variance = fmax(whole->zz - explained, 0) / (whole->n - 1);
    const double weight = variance / (deviation * deviation); // of the prior, in units of xx
    if (!(sums->xx + weight > 0)) return prior;
    const double slope = (sums->xz + weight * prior) / (sums->xx + weight);
    return fmin(fmax(slope, steepest), 0);
}

double mq_price_factor(double price, double reference, double elasticity)
{
    if (!(price > 0) || !(reference > 0) || !isfinite(price) || elasticity == 0) return 1;
    const double factor = pow(price / reference, elasticity);
    return fmin(fmax(factor, 1 / factor_most), factor_most);
}
