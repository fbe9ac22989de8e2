// Counted, aligned, zeroed heap memory. A 64-byte header before each block holds its size.
#include "mq/base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 64 };

static atomic_size_t live_bytes;
static atomic_size_t peak_bytes;
static atomic_uint_fast64_t calls;
static atomic_uint_fast64_t fail_at;

static bool must_fail(void)
{
    uint_fast64_t left = atomic_load(&fail_at);
    while (left > 0)
        if (atomic_compare_exchange_weak(&fail_at, &left, left - 1)) return left == 1;
    return false;
}

static size_t *header_of(void *pointer)
{
    return (size_t *)(void *)((unsigned char *)pointer - HEADER);
}

static void count(size_t bytes)
{
    const size_t live = atomic_fetch_add(&live_bytes, bytes) + bytes;
    size_t peak = atomic_load(&peak_bytes);
    while (live > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, live)) {
    }
    atomic_fetch_add(&calls, 1);
}

void *mq_calloc(int64_t n, size_t size)
{
    size_t bytes = 0;
    if (n < 0 || __builtin_mul_overflow((size_t)n, size, &bytes) || bytes > SIZE_MAX - 2 * HEADER) {
        (void)mq_fail_memory("%lld elements of %zu bytes", (long long)n, size);
        return NULL;
    }
    // One byte more than asked: a pointer past the end would look like a leak of an empty block.
    const size_t padded = bytes / HEADER * HEADER + 2 * HEADER;
    unsigned char *block = must_fail() ? NULL : aligned_alloc(HEADER, padded);
    if (block == NULL) {
        (void)mq_fail_memory("%zu bytes", bytes);
        return NULL;
    }
    memset(block, 0, padded);
    *(size_t *)(void *)block = bytes;
    count(bytes);
    return block + HEADER;
}

void *mq_realloc(void *pointer, int64_t n, size_t size)
{
    void *grown = mq_calloc(n, size);
    if (grown == NULL || pointer == NULL) return grown;
    const size_t old = *header_of(pointer);
    const size_t new = *header_of(grown);
    memcpy(grown, pointer, old < new ? old : new);
    mq_free(pointer);
    return grown;
}

void mq_free(void *pointer)
{
    if (pointer == NULL) return;
    atomic_fetch_sub(&live_bytes, *header_of(pointer));
    free(header_of(pointer));
}

char *mq_strdup(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = mq_calloc((int64_t)bytes, 1);
    if (copy != NULL) memcpy(copy, text, bytes);
    return copy;
}

size_t mq_alloc_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

size_t mq_alloc_peak_bytes(void)
{
    return atomic_load(&peak_bytes);
}

uint64_t mq_alloc_calls(void)
{
    return atomic_load(&calls);
}

uint64_t mq_alloc_fail_at(uint64_t n)
{
    return atomic_exchange(&fail_at, n);
}
