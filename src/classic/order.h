/// Order statistics. Private to classic/.
#ifndef CLASSIC_ORDER_H
#define CLASSIC_ORDER_H

#include <stdint.h>

void classic_sort(float values[], int64_t n);
/// Linear between order statistics, the smallest at level 0 and the largest at 1; 0 without any.
/// Never falls as the level rises.
double classic_quantile(const float sorted[], int64_t n, double level);

#endif
