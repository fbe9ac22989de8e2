/// The likelihood of exponential smoothing and its gradient.
#ifndef CLASSIC_ETS_H
#define CLASSIC_ETS_H

#include "mq/classic/ets.h"

/// Places of an optimiser's numbers: the logits of four weights, then the initial states.
enum { ETS_ALPHA, ETS_BETA, ETS_GAMMA, ETS_PHI, ETS_LEVEL, ETS_SLOPE, ETS_SEASONAL };
enum { ETS_NUMBERS_MAX = ETS_SEASONAL + MQ_ETS_SEASON_MAX };

/// What a period began with and made of it.
struct ets_step {
    double q; ///< level and slope before the observation
    double b; ///< slope
    double s; ///< seasonal state
    double e; ///< y - mu; 0 where not observed
};

struct ets_problem {
    struct mq_ets_form form;
    int64_t season;
    int64_t n;
    int64_t n_observed;
    const double *y; ///< (n), NaN = not observed
    struct ets_step *steps; ///< (n)
};

/// Weights from their logits: alpha in (0, 1), beta in (0, alpha), gamma in (0, 1 - alpha), phi in
/// (0.8, 0.98). What the form lacks is 0.
struct ets_weights {
    double alpha, beta, gamma, phi;
};
struct ets_weights ets_weights_of(struct mq_ets_form form, const double x[]);

/// Minus twice the log likelihood, the variance concentrated out, without its constant: n log sum
/// e^2 + 2 sum log |mu| (the latter of multiplicative errors). INFINITY where mu or a state that
/// must be positive is not. Leaves the steps; `sum` receives the sum of squared errors and `end`
/// (ETS_LEVEL ..) the states after the last period, unless they are NULL.
double ets_cost(const struct ets_problem *problem, const double x[], double *sum, double end[]);
/// The same with the gradient, by the recursion backwards. `problem` is a struct ets_problem.
double ets_cost_gradient(void *problem, const double x[], double gradient[]);

#endif
