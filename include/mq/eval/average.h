/// Forecasts made steadier by those made earlier for the same dates.
#ifndef MQ_EVAL_AVERAGE_H
#define MQ_EVAL_AVERAGE_H

#include <stdint.h>

/// Each forecast becomes the mean, level by level, of those for the same date from the last `n`
/// origins, its own included; from fewer where there are no more, or where the date lies beyond
/// their horizon. Ascending quantiles stay ascending, and n = 1 changes nothing.
///
/// quantiles, mean (O, H, Q), not the same memory; origin (O) period of each origin, ascending.
/// Source: "Forking-Sequences" (arXiv 2510.04487), ensembling over forecast creation dates. Local.
void mq_average_origins(int64_t n, const int64_t origin[], int64_t n_origins, int64_t horizon,
                        int64_t n_levels, const float quantiles[], float mean[]);

#endif
