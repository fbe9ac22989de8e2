/// Counted heap memory: zeroed, aligned to 64 bytes, with overflow-checked sizes.
///
/// The counters let a test assert that a training step allocates nothing and that a run ends with
/// no live bytes; mq_alloc_fail_at() lets a test fail the n-th allocation. Thread-safe.
#ifndef MQ_BASE_ALLOC_H
#define MQ_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"

/// Room for `count` elements of `size` bytes, zeroed; NULL with the error recorded when there is
/// none. A count or size of 0 gives a valid pointer. Caller releases with mq_free.
void *mq_calloc(int64_t count, size_t size);

/// Grows or shrinks; new bytes are zero. On failure NULL, and the old block is untouched.
void *mq_realloc(void *pointer, int64_t count, size_t size);

/// Accepts NULL.
void mq_free(void *pointer);

/// Owned copy of a string.
char *mq_strdup(const char *text);

size_t mq_alloc_live_bytes(void);
size_t mq_alloc_peak_bytes(void);
uint64_t mq_alloc_calls(void);

/// The n-th allocation from now on fails (1 = the next); 0 turns this off. Returns how many are
/// still to come of what was asked for before: 0 when it has failed.
uint64_t mq_alloc_fail_at(uint64_t n);

/// Sets `pointer` to room for `count` elements or returns MQ_FAILED from the caller.
#define MQ_NEW(pointer, count)                                                                     \
    MQ_TRY(((pointer) = mq_calloc((count), sizeof *(pointer))) ? MQ_OK : MQ_FAILED)
/// The same with the `done:` clean-up form.
#define MQ_NEW_DO(pointer, count)                                                                  \
    MQ_DO(((pointer) = mq_calloc((count), sizeof *(pointer))) ? MQ_OK : MQ_FAILED)

#endif
