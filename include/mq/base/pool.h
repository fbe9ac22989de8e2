/// A pool of threads that runs numbered tasks; the caller is worker 0.
///
/// Which worker runs a task is left to chance, so tasks must not depend on it; scratch memory may.
#ifndef MQ_BASE_POOL_H
#define MQ_BASE_POOL_H

#include <stdint.h>

#include "mq/base/status.h"

struct mq_pool;

/// `threads` >= 1 workers in all; the threads sleep between runs.
mq_status mq_pool_new(struct mq_pool **pool, int64_t threads) MQ_NODISCARD;
void mq_pool_free(struct mq_pool *pool);
int64_t mq_pool_threads(const struct mq_pool *pool);

typedef mq_status mq_task(void *context, int64_t worker, int64_t task);
/// Called by worker 0 while it waits for the others (to let communication progress).
typedef void mq_idle(void *context);

/// Runs tasks 0..n-1 and waits for all. When some fail, returns the status of the lowest failing
/// task with its error adopted by the caller. `idle` may be NULL. Allocates nothing.
mq_status mq_pool_run(struct mq_pool *pool, int64_t n, mq_task *task, mq_idle *idle,
                      void *context) MQ_NODISCARD;

#endif
