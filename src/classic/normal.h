/// The normal distribution.
#ifndef CLASSIC_NORMAL_H
#define CLASSIC_NORMAL_H

/// The standard normal quantile at `level` in (0, 1), to a relative 1e-9.
/// Source: Acklam 2003, an algorithm for computing the inverse normal cumulative distribution.
double normal_quantile(double level);

#endif
