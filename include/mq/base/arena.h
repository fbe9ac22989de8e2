/// One block of memory handed out in aligned pieces; scratch by mark and release.
///
/// Pieces are aligned to 64 bytes at the same offsets in every arena built by the same calls, which
/// keeps vector loops bit-identical between threads.
#ifndef MQ_BASE_ARENA_H
#define MQ_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/status.h"

struct mq_arena {
    unsigned char *base;
    size_t used;
    size_t capacity;
};

mq_status mq_arena_init(struct mq_arena *arena, size_t capacity) MQ_NODISCARD;
void mq_arena_release(struct mq_arena *arena);

/// Zeroed at init only. Asserts that it fits: capacities come from a measuring pass.
void *mq_arena_take(struct mq_arena *arena, int64_t count, size_t size);
/// Bytes that a piece of this size uses up, alignment included: for the measuring pass.
size_t mq_arena_cost(int64_t count, size_t size);

static inline size_t mq_arena_mark(const struct mq_arena *arena)
{
    return arena->used;
}
static inline void mq_arena_rewind(struct mq_arena *arena, size_t mark)
{
    arena->used = mark;
}

#endif
