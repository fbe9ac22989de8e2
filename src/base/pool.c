// Threads that wait for a run, take task numbers from a shared counter, and report the lowest
// failure.
#include "mq/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "mq/base/alloc.h"

struct worker {
    struct mq_pool *pool;
    int64_t index;
    pthread_t thread;
};

struct mq_pool {
    int64_t threads;
    int64_t started; // threads that must be joined
    struct worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    // Guarded by the mutex.
    uint64_t run; // number of the current run
    bool must_stop;
    int64_t failed_task; // lowest failing task of this run, or -1
    struct mq_error error;
    // The run.
    int64_t n;
    mq_task *task;
    void *context;
    atomic_int_fast64_t next;
    atomic_int_fast64_t busy; // workers, other than 0, still in this run
};

static void take_tasks(struct mq_pool *pool, int64_t index)
{
    for (;;) {
        const int64_t task = atomic_fetch_add(&pool->next, 1);
        if (task >= pool->n) return;
        const mq_status status = pool->task(pool->context, index, task);
        if (status == MQ_OK) continue;
        (void)pthread_mutex_lock(&pool->mutex);
        if (pool->failed_task < 0 || task < pool->failed_task) {
            pool->failed_task = task;
            pool->error = *mq_error_get();
        }
        (void)pthread_mutex_unlock(&pool->mutex);
    }
}

static void *serve(void *argument)
{
    struct worker *worker = argument;
    struct mq_pool *pool = worker->pool;
    uint64_t seen = 0;
    for (;;) {
        (void)pthread_mutex_lock(&pool->mutex);
        while (pool->run == seen && !pool->must_stop)
            (void)pthread_cond_wait(&pool->changed, &pool->mutex);
        seen = pool->run;
        const bool must_stop = pool->must_stop;
        (void)pthread_mutex_unlock(&pool->mutex);
        if (must_stop) return NULL;
        take_tasks(pool, worker->index);
        (void)pthread_mutex_lock(&pool->mutex);
        atomic_fetch_sub(&pool->busy, 1);
        (void)pthread_cond_broadcast(&pool->changed);
        (void)pthread_mutex_unlock(&pool->mutex);
    }
}

mq_status mq_pool_new(struct mq_pool **pool, int64_t threads)
{
    mq_status status = MQ_OK;
    struct mq_pool *new = NULL;
    MQ_NEW(new, 1);
    new->threads = threads;
    (void)pthread_mutex_init(&new->mutex, NULL);
    (void)pthread_cond_init(&new->changed, NULL);
    MQ_NEW_DO(new->workers, threads);
    for (int64_t i = 1; i < threads; i++) {
        new->workers[i] = (struct worker){.pool = new, .index = i};
        if (pthread_create(&new->workers[i].thread, NULL, serve, &new->workers[i]) != 0)
            MQ_DO(mq_fail(MQ_FAILED, "cannot start thread %lld of %lld", (long long)i,
                          (long long)threads));
        new->started++;
    }
    *pool = new;
    return MQ_OK;
done:
    mq_pool_free(new);
    return status;
}

void mq_pool_free(struct mq_pool *pool)
{
    if (pool == NULL) return;
    (void)pthread_mutex_lock(&pool->mutex);
    pool->must_stop = true;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (int64_t i = 1; i <= pool->started; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
    (void)pthread_cond_destroy(&pool->changed);
    (void)pthread_mutex_destroy(&pool->mutex);
    mq_free(pool->workers);
    mq_free(pool);
}

int64_t mq_pool_threads(const struct mq_pool *pool)
{
    return pool->threads;
}

static void wait_for_others(struct mq_pool *pool, mq_idle *idle)
{
    if (idle != NULL) {
        while (atomic_load(&pool->busy) > 0) {
            idle(pool->context);
            (void)sched_yield();
        }
        return;
    }
    (void)pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->busy) > 0)
        (void)pthread_cond_wait(&pool->changed, &pool->mutex);
    (void)pthread_mutex_unlock(&pool->mutex);
}

mq_status mq_pool_run(struct mq_pool *pool, int64_t n, mq_task *task, mq_idle *idle, void *context)
{
    (void)pthread_mutex_lock(&pool->mutex);
    pool->n = n;
    pool->task = task;
    pool->context = context;
    pool->failed_task = -1;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->threads - 1);
    pool->run++;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->mutex);
    take_tasks(pool, 0);
    wait_for_others(pool, idle);
    // All workers are done: their failures are visible through the mutex or `busy`.
    if (pool->failed_task < 0) return MQ_OK;
    mq_error_set(&pool->error);
    return pool->error.status;
}
