// Squared error, Gaussian, negative binomial, each in the unit of its fork.
//
// The negative binomial is DeepAR's (Salinas et al. 2020, section 3.2): mean = nu softplus(o_1),
// alpha = softplus(o_2) / sqrt(nu), where nu tells the size of the item's demand. Both softplus are
// shifted so that outputs of 0 are a mean of nu.
#include "nn/distribution.h"

#include <math.h>

#include "mq/base/int.h"

static const double SHIFT = 0.541324854612918; // softplus(SHIFT) = 1
static const double LEAST = 1e-4; // of what must stay positive
static const double LEAST_DEVIATION = 1e-2; // in units: a product that never changes has no other

int64_t mq_distribution_width(enum mq_distribution kind)
{
    return kind == MQ_POINT ? 1 : 2;
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

// ---- the negative binomial ----------------------------------------------------------------------

// Both series are good to 1e-13 from here on; smaller x are led there by recurrence.
enum { ASYMPTOTIC = 10 };

// log Gamma, x > 0. That of the C library writes a global.
static double log_gamma(double x)
{
    double product = 1;
    for (; x < ASYMPTOTIC; x += 1)
        product *= x;
    const double s = 1 / (x * x);
    const double series = (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s / 1680))) / x;
    return (x - 0.5) * log(x) - x + 0.918938533204672742 + series - log(product);
}

// Its derivative.
static double digamma(double x)
{
    double sum = 0;
    for (; x < ASYMPTOTIC; x += 1)
        sum += 1 / x;
    const double s = 1 / (x * x);
    return log(x) - 0.5 / x - s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s / 240))) - sum;
}

double mq_negative_binomial(double y, double mean, double alpha)
{
    const double r = 1 / alpha;
    return log_gamma(y + r) - log_gamma(r) - log_gamma(y + 1) - r * log1p(mean / r) +
           y * (log(mean) - log(r + mean));
}

// Mean and alpha as functions of o, and what they are multiples of.
struct counts {
    double mean;
    double alpha;
    double mean_unit;
    double alpha_unit;
};

static struct counts counts_of(const mq_real o[], struct mq_demand_unit unit)
{
    // With a level the mean is level * scale, without one it is the scale.
    const double nu = unit.scale * fmax(unit.level, 1);
    const double alpha_unit = 1 / sqrt(1 + nu);
    return (struct counts){.mean = nu * (softplus((double)o[0] + SHIFT) + LEAST),
                           .alpha = alpha_unit * (softplus((double)o[1] + SHIFT) + LEAST),
                           .mean_unit = nu,
                           .alpha_unit = alpha_unit};
}

// d log p / d mean = (y - mean) / (mean (1 + alpha mean)); by r = 1 / alpha it is psi(y + r) -
// psi(r) - log(1 + mean / r) + (mean - y) / (r + mean), and dr / dalpha = -r^2.
static double counts_loss(const mq_real o[], struct mq_demand_unit unit, double y, double d[])
{
    const struct counts c = counts_of(o, unit);
    const double count = fmax(y, 0);
    const double r = 1 / c.alpha;
    const double by_mean = (count - c.mean) / (c.mean * (1 + c.alpha * c.mean));
    const double by_r =
        digamma(count + r) - digamma(r) - log1p(c.mean / r) + (c.mean - count) / (r + c.mean);
    d[0] = -by_mean * c.mean_unit * sigmoid((double)o[0] + SHIFT);
    d[1] = by_r * r * r * c.alpha_unit * sigmoid((double)o[1] + SHIFT);
    return -mq_negative_binomial(count, c.mean, c.alpha);
}

// A Poisson demand whose rate is gamma distributed.
static double counts_draw(const mq_real o[], struct mq_demand_unit unit, struct mq_rng *rng)
{
    const struct counts c = counts_of(o, unit);
    const double shape = 1 / c.alpha;
    if (!(shape > 0) || !isfinite(shape)) return NAN; // the weights have diverged
    const double rate = c.mean * c.alpha * mq_rng_gamma(rng, shape);
    if (!(rate < 1e18)) return NAN;
    return (double)mq_rng_poisson(rng, rate) / unit.scale - unit.level;
}

// ---- all ----------------------------------------------------------------------------------------

static double gaussian_loss(const mq_real o[], double z, double d[])
{
    const double deviation = softplus((double)o[1] + SHIFT) + LEAST_DEVIATION;
    const double e = (z - (double)o[0]) / deviation;
    d[0] = -e / deviation;
    d[1] = (1 - e * e) / deviation * sigmoid((double)o[1] + SHIFT);
    return 0.5 * e * e + log(deviation) + 0.918938533204672742;
}

double mq_distribution_loss(enum mq_distribution kind, const mq_real o[],
                            struct mq_demand_unit unit, double y, double d[])
{
    const double z = y / unit.scale - unit.level;
    if (kind == MQ_NEGATIVE_BINOMIAL) return counts_loss(o, unit, y, d);
    if (kind == MQ_GAUSSIAN) return gaussian_loss(o, z, d);
    const double e = (double)o[0] - z;
    d[0] = 2 * e;
    return e * e;
}

double mq_distribution_draw(enum mq_distribution kind, const mq_real o[],
                            struct mq_demand_unit unit, struct mq_rng *rng)
{
    if (kind == MQ_NEGATIVE_BINOMIAL) return counts_draw(o, unit, rng);
    if (kind == MQ_POINT) return (double)o[0];
    const double deviation = softplus((double)o[1] + SHIFT) + LEAST_DEVIATION;
    return (double)o[0] + deviation * mq_rng_normal(rng);
}
