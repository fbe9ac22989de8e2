// One thread at a time in OpenBLAS's table of work buffers.
//
// A product packs its operands into a buffer that serial OpenBLAS (0.3.21) picks from a table
// without a lock: two threads that look at the same moment get the same buffer, and one product in
// some ten thousand comes out wrong. The functions below stand in front of the library's own,
// because the dynamic linker searches this library first, and hold a lock while those run. A
// flavour of OpenBLAS with threads has a lock of its own: there this one does no harm.
#define _GNU_SOURCE 1 // RTLD_NEXT

#include <dlfcn.h>
#include <pthread.h>

#include "mq/base/status.h"

void *blas_memory_alloc(int purpose);
void blas_memory_free(void *buffer);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *find_next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    MQ_ASSERT(function != NULL);
    return function;
}

void *blas_memory_alloc(int purpose)
{
    static void *(*next)(int);
    (void)pthread_mutex_lock(&mutex);
    if (next == NULL) *(void **)&next = find_next("blas_memory_alloc");
    void *buffer = next(purpose);
    (void)pthread_mutex_unlock(&mutex);
    return buffer;
}

void blas_memory_free(void *buffer)
{
    static void (*next)(void *);
    (void)pthread_mutex_lock(&mutex);
    if (next == NULL) *(void **)&next = find_next("blas_memory_free");
    next(buffer);
    (void)pthread_mutex_unlock(&mutex);
}
