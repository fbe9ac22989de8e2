/// Where the time of the benchmark's training step goes.
#ifndef CMD_BENCH_TRACE_H
#define CMD_BENCH_TRACE_H

#include <jansson.h>

#include "cmd/bench_work.h"

/// Makes `steps` training steps and gives an array of rows: per layer the milliseconds a step of
/// this rank spends in forward and backward, over all threads, their rates and share; then handing
/// over gradients, and all else: their sum, the optimizer, threads that wait. Collective.
mq_status mq_bench_trace(struct mq_bench_work *work, int64_t steps, json_t **rows) MQ_NODISCARD;
/// As a table on stdout. Local.
void mq_bench_trace_print(const json_t *rows);

#endif
