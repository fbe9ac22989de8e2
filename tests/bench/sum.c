// bench_sum LATENCY_US GBIT RANKS BYTES: the microseconds that `mqcast check` reckons a sum with.
#include <stdio.h>
#include <stdlib.h>

#include "mq/train/estimate.h"

int main(int argc, char *argv[])
{
    if (argc != 5) return 2;
    const struct mq_wire wire = {.latency_s = 1e-6 * strtod(argv[1], NULL),
                                 .bytes_per_s = 1e9 / 8 * strtod(argv[2], NULL)};
    const int64_t ranks = strtoll(argv[3], NULL, 10);
    return printf("%.0f\n", 1e6 * mq_sum_s(&wire, ranks, strtod(argv[4], NULL))) < 0;
}
