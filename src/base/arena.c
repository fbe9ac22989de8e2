// Bump allocation over one block.
#include "mq/base/arena.h"

#include "mq/base/alloc.h"

enum { ALIGNMENT = 64 };

size_t mq_arena_cost(int64_t count, size_t size)
{
    const size_t bytes = (size_t)count * size;
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

mq_status mq_arena_init(struct mq_arena *arena, size_t capacity)
{
    arena->used = 0;
    arena->capacity = capacity;
    MQ_NEW(arena->base, (int64_t)capacity);
    return MQ_OK;
}

void mq_arena_release(struct mq_arena *arena)
{
    mq_free(arena->base);
    *arena = (struct mq_arena){0};
}

void *mq_arena_take(struct mq_arena *arena, int64_t count, size_t size)
{
    const size_t cost = mq_arena_cost(count, size);
    MQ_ASSERT(count >= 0 && cost <= arena->capacity - arena->used);
    void *piece = arena->base + arena->used;
    arena->used += cost;
    return piece;
}
