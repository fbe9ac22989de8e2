/// Minimum of a smooth function of a few dozen numbers, from its gradient.
#ifndef CLASSIC_MINIMIZE_H
#define CLASSIC_MINIMIZE_H

#include <stdint.h>

enum { MINIMIZE_MAX = 66, MINIMIZE_MEMORY = 8 };

/// f(x) and its gradient (n); INFINITY where there is no value.
typedef double minimize_function(void *context, const double x[], double gradient[]);

/// Moves x to a local minimum by L-BFGS and returns the value there. It must start at a finite one.
///
/// curvature (n)  guesses at the second derivatives, > 0
/// step (n)       no step is longer in this coordinate
/// tolerance      ends when an iteration gains less, twice in a row
///
/// Source: Nocedal and Wright 2006, "Numerical Optimization", algorithm 7.5.
double minimize(minimize_function *f, void *context, int64_t n, double x[],
                const double curvature[], const double step[], double tolerance,
                int64_t iterations);

#endif
