// Exponential smoothing: one pass forwards for the likelihood, one backwards for its gradient by
// weights and initial states. With the gradient a fit takes some dozens of passes whatever the
// number of seasonal states.
#include "classic/ets.h"

#include <math.h>
#include <string.h>

static const double weight_low = 1e-4;
static const double weight_high = 0.9999;
static const double phi_low = 0.8;
static const double phi_high = 0.98;
// Of data around 1: what must be positive stays above; a perfect fit has a likelihood.
static const double least_positive = 1e-6;
static const double least_square = 1e-16;

static double between(double low, double high, double logit)
{
    return low + (high - low) / (1 + exp(-logit));
}

// d between / d logit, from its value.
static double between_slope(double low, double high, double value)
{
    return (value - low) * (high - value) / (high - low);
}

struct ets_weights ets_weights_of(struct mq_ets_form form, const double x[])
{
    struct ets_weights w = {.alpha = between(weight_low, weight_high, x[ETS_ALPHA])};
    if (form.trend != MQ_ETS_NONE) {
        w.beta = w.alpha * between(weight_low, weight_high, x[ETS_BETA]);
        w.phi = form.trend == MQ_ETS_DAMPED ? between(phi_low, phi_high, x[ETS_PHI]) : 1;
    }
    if (form.season != MQ_ETS_NONE)
        w.gamma = (1 - w.alpha) * between(weight_low, weight_high, x[ETS_GAMMA]);
    return w;
}

// From derivatives by the weights to those by their logits.
static void weights_back(struct mq_ets_form form, struct ets_weights w, struct ets_weights d,
                         double gradient[])
{
    const double beta = w.beta / w.alpha;
    const double gamma = w.gamma / (1 - w.alpha);
    const double alpha_back = d.alpha + d.beta * beta - d.gamma * gamma;
    gradient[ETS_ALPHA] = alpha_back * between_slope(weight_low, weight_high, w.alpha);
    gradient[ETS_BETA] = 0;
    gradient[ETS_GAMMA] = 0;
    gradient[ETS_PHI] = 0;
    if (form.trend != MQ_ETS_NONE)
        gradient[ETS_BETA] = d.beta * w.alpha * between_slope(weight_low, weight_high, beta);
    if (form.trend == MQ_ETS_DAMPED)
        gradient[ETS_PHI] = d.phi * between_slope(phi_low, phi_high, w.phi);
    if (form.season != MQ_ETS_NONE)
        gradient[ETS_GAMMA] =
            d.gamma * (1 - w.alpha) * between_slope(weight_low, weight_high, gamma);
}

// Inlined with constant parts, so that the loops hold no questions about the form.
static inline __attribute__((always_inline)) double
forward(const struct ets_problem *p, enum mq_ets_part error, enum mq_ets_part season,
        struct ets_weights w, double end[], double *sum)
{
    double l = end[ETS_LEVEL];
    double b = end[ETS_SLOPE];
    double *seasonal = end + ETS_SEASONAL;
    double squares = 0;
    double logs = 0;
    for (int64_t t = 0, j = 0; t < p->n; t++, j = j + 1 < p->season ? j + 1 : 0) {
        const double g = w.phi * b;
        const double q = l + g;
        const double s = season == MQ_ETS_NONE ? 0 : seasonal[j];
        const double mu = season == MQ_ETS_MULTIPLICATIVE ? q * s : q + s;
        if (error == MQ_ETS_MULTIPLICATIVE && !(mu > least_positive)) return INFINITY;
        if (season == MQ_ETS_MULTIPLICATIVE && !(q > least_positive && s > least_positive))
            return INFINITY;
        double e = p->y[t] - mu;
        if (e != e)
            e = 0;
        else if (error == MQ_ETS_MULTIPLICATIVE) {
            squares += (e / mu) * (e / mu);
            logs += log(mu);
        } else
            squares += e * e;
        p->steps[t] = (struct ets_step){q, b, s, e};
        const double to_level = season == MQ_ETS_MULTIPLICATIVE ? e / s : e;
        l = q + w.alpha * to_level;
        b = g + w.beta * to_level;
        if (season != MQ_ETS_NONE)
            seasonal[j] = s + w.gamma * (season == MQ_ETS_MULTIPLICATIVE ? e / q : e);
    }
    end[ETS_LEVEL] = l;
    end[ETS_SLOPE] = b;
    *sum = squares;
    const double n = (double)p->n_observed;
    const double cost = n * log(squares + n * least_square) + 2 * logs;
    return isfinite(cost) ? cost : (double)INFINITY;
}

// d (ETS_LEVEL ..) holds derivatives by the states, from those after the last period (0) to the
// initial ones.
static inline __attribute__((always_inline)) struct ets_weights
backward(const struct ets_problem *p, enum mq_ets_part error, enum mq_ets_part season,
         struct ets_weights w, double sum, double d[])
{
    const double n = (double)p->n_observed;
    const double by_square = n / (sum + n * least_square); // d cost / d squares
    struct ets_weights dw = {0};
    double dl = 0;
    double db = 0;
    double *dseasonal = d + ETS_SEASONAL;
    for (int64_t t = p->n - 1, j = (p->n - 1) % p->season; t >= 0;
         t--, j = j > 0 ? j - 1 : p->season - 1) {
        const struct ets_step step = p->steps[t];
        double dq = dl;
        double dg = db;
        if (p->y[t] == p->y[t]) {
            const double e = step.e;
            const double mu = season == MQ_ETS_MULTIPLICATIVE ? step.q * step.s : step.q + step.s;
            const double to_level = season == MQ_ETS_MULTIPLICATIVE ? 1 / step.s : 1;
            const double to_season = season == MQ_ETS_MULTIPLICATIVE ? 1 / step.q : 1;
            const double dlevel = w.alpha * dl + w.beta * db; // by e to_level
            const double ds = season == MQ_ETS_NONE ? 0 : dseasonal[j];
            dw.alpha += dl * e * to_level;
            dw.beta += db * e * to_level;
            dw.gamma += ds * e * to_season;
            double de = dlevel * to_level + ds * w.gamma * to_season;
            double dmu = 0;
            if (error == MQ_ETS_MULTIPLICATIVE) {
                const double r = e / mu;
                de += by_square * 2 * r / mu;
                dmu = (2 - by_square * 2 * r * r) / mu;
            } else
                de += by_square * 2 * e;
            dmu -= de;
            if (season == MQ_ETS_MULTIPLICATIVE) {
                dq += dmu * step.s - ds * w.gamma * e * to_season * to_season;
                dseasonal[j] = ds + dmu * step.q - dlevel * e * to_level * to_level;
            } else {
                dq += dmu;
                if (season == MQ_ETS_ADDITIVE) dseasonal[j] = ds + dmu;
            }
        }
        dg += dq;
        dw.phi += dg * step.b;
        dl = dq;
        db = dg * w.phi;
    }
    d[ETS_LEVEL] = dl;
    d[ETS_SLOPE] = db;
    return dw;
}

#define FOR_EACH_FORM(call)                                                                        \
    const enum mq_ets_part error = p->form.error;                                                  \
    const enum mq_ets_part season = p->form.season;                                                \
    if (error == MQ_ETS_ADDITIVE) {                                                                \
        if (season == MQ_ETS_NONE) return call(MQ_ETS_ADDITIVE, MQ_ETS_NONE);                      \
        if (season == MQ_ETS_ADDITIVE) return call(MQ_ETS_ADDITIVE, MQ_ETS_ADDITIVE);              \
        return call(MQ_ETS_ADDITIVE, MQ_ETS_MULTIPLICATIVE);                                       \
    }                                                                                              \
    if (season == MQ_ETS_NONE) return call(MQ_ETS_MULTIPLICATIVE, MQ_ETS_NONE);                    \
    if (season == MQ_ETS_ADDITIVE) return call(MQ_ETS_MULTIPLICATIVE, MQ_ETS_ADDITIVE);            \
    return call(MQ_ETS_MULTIPLICATIVE, MQ_ETS_MULTIPLICATIVE)

static double forward_any(const struct ets_problem *p, struct ets_weights w, double end[],
                          double *sum)
{
#define FORWARD(error, season) forward(p, error, season, w, end, sum)
    FOR_EACH_FORM(FORWARD);
}

static struct ets_weights backward_any(const struct ets_problem *p, struct ets_weights w,
                                       double sum, double d[])
{
#define BACKWARD(error, season) backward(p, error, season, w, sum, d)
    FOR_EACH_FORM(BACKWARD);
}

static int64_t numbers(const struct ets_problem *p)
{
    return ETS_SEASONAL + (p->form.season == MQ_ETS_NONE ? 0 : p->season);
}

double ets_cost(const struct ets_problem *p, const double x[], double *sum, double end[])
{
    double states[ETS_NUMBERS_MAX];
    double squares = 0;
    if (end == NULL) end = states;
    memcpy(end, x, (size_t)numbers(p) * sizeof *end);
    return forward_any(p, ets_weights_of(p->form, x), end, sum == NULL ? &squares : sum);
}

double ets_cost_gradient(void *problem, const double x[], double gradient[])
{
    const struct ets_problem *p = problem;
    const struct ets_weights w = ets_weights_of(p->form, x);
    double sum = 0;
    const double cost = ets_cost(p, x, &sum, NULL);
    if (!isfinite(cost)) return INFINITY;
    memset(gradient, 0, (size_t)numbers(p) * sizeof *gradient);
    weights_back(p->form, w, backward_any(p, w, sum, gradient), gradient);
    if (p->form.trend == MQ_ETS_NONE) gradient[ETS_SLOPE] = 0;
    return cost;
}
