/// Distributions of what was observed in proportion to what was forecast, as counts in bins.
#ifndef MQ_CLASSIC_RATIOS_H
#define MQ_CLASSIC_RATIOS_H

#include <stdint.h>

/// Bin 0 is of nothing observed, bins 1 .. 128 of ratios from 2^-6 to 2^6, 6.7 % apart; what lies
/// beyond is in the first and last of them.
enum { MQ_RATIO_BINS = 129 };

/// The bin of observed / forecast; observed >= 0, forecast > 0. Local.
int64_t mq_ratio_bin(double observed, double forecast);

/// Ratios (Q) at ascending levels: of `counts`, shrunk to `whole` as if that had been counted
/// `strength` times, and to a uniform spread from half to twice as if that had been counted once.
/// Linear within a bin. Local.
void mq_ratio_quantiles(const int64_t counts[MQ_RATIO_BINS], const int64_t whole[MQ_RATIO_BINS],
                        double strength, const double levels[], int64_t n_levels, double ratios[]);

#endif
