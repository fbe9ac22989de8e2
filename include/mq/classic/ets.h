/// Exponential smoothing as a state space model: forms, likelihood, choice, quantiles.
///
/// A form ETS(error, trend, season) has the level l, the slope b and m seasonal states s:
///
///     q = l + phi b;  mu = q, q + s or q s;  e = y - mu
///     l = q + alpha e w;  b = phi b + beta e w;  s = s + gamma e v
///
/// with w = v = 1, or 1 / s and 1 / q where the season is multiplicative. Errors are e, or e / mu
/// where they are multiplicative, and Gaussian. A period that was not observed moves the states
/// along without correcting them.
/// Source: Hyndman, Koehler, Ord and Snyder 2008, "Forecasting with Exponential Smoothing".
#ifndef MQ_CLASSIC_ETS_H
#define MQ_CLASSIC_ETS_H

#include <stdbool.h>
#include <stdint.h>

enum { MQ_ETS_SEASON_MAX = 60, MQ_ETS_NAME_MAX = 8 };

enum mq_ets_part { MQ_ETS_NONE, MQ_ETS_ADDITIVE, MQ_ETS_DAMPED, MQ_ETS_MULTIPLICATIVE };

struct mq_ets_form {
    enum mq_ets_part error; ///< additive or multiplicative
    enum mq_ets_part trend; ///< none, additive or damped
    enum mq_ets_part season; ///< none, additive or multiplicative
};

/// A fitted model, plain data.
struct mq_ets {
    struct mq_ets_form form;
    int64_t season; ///< m; 1 without
    double alpha, beta, gamma, phi; ///< 0 where the form has none
    int64_t idle; ///< periods from the last observed one to the end
    double level, slope; ///< after the last observed period, in the data's units
    double seasonal[MQ_ETS_SEASON_MAX]; ///< (m) of the periods after it, the next one first
    double variance; ///< of the errors, with the parameters' degrees of freedom taken off
    double aicc; ///< with the log likelihood up to a constant that all forms share
};

/// Periods from which a season may be estimated: two whole ones.
#define MQ_ETS_SEASONS_MIN 2

/// Bytes that fitting n periods works in.
int64_t mq_ets_scratch_bytes(int64_t n);

/// Fits one form by maximum likelihood, initial states included. y (n), NaN = not observed.
/// False when there are too few observations for its parameters, or the form needs positive data
/// that these are not. `scratch` is aligned for doubles. Local.
bool mq_ets_fit(struct mq_ets_form form, const float y[], int64_t n, int64_t season, void *scratch,
                struct mq_ets *ets);

/// Multiplicative errors of a larger deviation are no small ones: their variance grows like a power
/// of the horizon, and forecasts with them are worse than with additive ones.
#define MQ_ETS_RELATIVE_MOST 0.2

/// The form with the least AICc of all that are sensible: multiplicative parts for positive data
/// alone, multiplicative errors of a deviation up to `relative_most` alone, and no multiplicative
/// season with additive errors; seasonal ones for 2 <= season <= MQ_ETS_SEASON_MAX and two whole
/// seasons. False when no form can be fitted. Local.
bool mq_ets_select(const float y[], int64_t n, int64_t season, double relative_most, void *scratch,
                   struct mq_ets *ets);

/// quantiles (H, Q), ascending, at ascending levels: normal, with the exact mean and variance of
/// each horizon (for a multiplicative season beyond the first season to first order in the errors).
/// Horizon 1 is the first period after the end of y, observed or not.
/// Source: the same, chapter 6, classes 1 to 3.
void mq_ets_quantiles(const struct mq_ets *ets, int64_t horizon, const double levels[],
                      int64_t n_levels, float quantiles[]);

/// "MAdM" for multiplicative errors, a damped trend and a multiplicative season.
void mq_ets_print(struct mq_ets_form form, char name[MQ_ETS_NAME_MAX]);

#endif
