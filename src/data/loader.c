// Batches made ahead: the thread fills some sets while the caller uses another.
#include "mq/data/loader.h"

#include <pthread.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/h5/info.h"

struct mq_loader {
    struct mq_loader_plan plan;
    struct mq_cache *cache;
    struct mq_sampler *samplers; // by lane of this rank
    struct mq_batch *batches[MQ_LOADER_SETS]; // by lane of this rank

    pthread_t thread;
    bool is_running;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    // Guarded by the mutex: steps made and steps handed out, counted from the start.
    int64_t made;
    int64_t taken;
    bool must_stop;
    struct mq_error error; // status MQ_OK while all is well
};

// Lane `lane`, slot by slot: draw, look up, fill. An empty lane gives padding.
static mq_status fill_lane(struct mq_loader *loader, int64_t lane, int64_t step,
                           struct mq_batch *batch)
{
    const struct mq_loader_plan *plan = &loader->plan;
    struct mq_sampler *sampler = &loader->samplers[lane];
    // The latest fork sees one target before the span ends; those past it are masked.
    const int64_t high = plan->train_end - 2;
    for (int64_t slot = 0; slot < plan->shape.series; slot++) {
        if (sampler->n == 0) {
            mq_window_pad(batch, plan->features, slot);
            continue;
        }
        const int64_t position = step * plan->shape.series + slot;
        const struct mq_series_block *block = NULL;
        int64_t i = 0;
        MQ_TRY(mq_cache_find(loader->cache, mq_sampler_series(sampler, position), &block, &i));
        // The earliest window begins just before the launch: that fork teaches the forecast without
        // history.
        const int64_t low = mq_min_i64(block->start[i] + plan->shape.context - 2, high);
        const int64_t end = mq_sampler_end(sampler, position, low, high);
        mq_window_fill(plan->maker, batch, slot, block, i, end, plan->train_end);
    }
    return MQ_OK;
}

// The batches of the step after the `made` ones so far, into the set that nobody uses.
static mq_status fill_step(struct mq_loader *loader, int64_t made)
{
    for (int64_t lane = 0; lane < loader->plan.n_lanes; lane++)
        MQ_TRY(fill_lane(loader, lane, loader->plan.first_step + made,
                         &loader->batches[made % MQ_LOADER_SETS][lane]));
    return MQ_OK;
}

static void *work(void *argument)
{
    struct mq_loader *loader = argument;
    (void)pthread_mutex_lock(&loader->mutex);
    while (!loader->must_stop && loader->error.status == MQ_OK) {
        if (loader->made - loader->taken >= MQ_LOADER_SETS - 1) { // no set is free
            (void)pthread_cond_wait(&loader->changed, &loader->mutex);
            continue;
        }
        const int64_t made = loader->made;
        (void)pthread_mutex_unlock(&loader->mutex);
        const mq_status status = fill_step(loader, made);
        (void)pthread_mutex_lock(&loader->mutex);
        if (status != MQ_OK) loader->error = *mq_error_get();
        loader->made = made + 1;
        (void)pthread_cond_broadcast(&loader->changed);
    }
    (void)pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

mq_status mq_loader_start(struct mq_loader **loader, const struct mq_loader_plan *plan)
{
    mq_status status = MQ_OK;
    struct mq_loader *new = NULL;
    MQ_NEW(new, 1);
    new->plan = *plan;
    (void)pthread_mutex_init(&new->mutex, NULL);
    (void)pthread_cond_init(&new->changed, NULL);
    MQ_DO(mq_cache_new(&new->cache, plan->panel_path, plan->cache_bytes));
    const int64_t n_series = plan->maker->panel->n_series;
    MQ_NEW_DO(new->samplers, plan->n_lanes);
    for (int64_t lane = 0; lane < plan->n_lanes; lane++)
        MQ_DO(mq_sampler_init(&new->samplers[lane], plan->seed, n_series, plan->lanes,
                              plan->first_lane + lane));
    for (int set = 0; set < MQ_LOADER_SETS; set++) {
        MQ_NEW_DO(new->batches[set], plan->n_lanes);
        for (int64_t lane = 0; lane < plan->n_lanes; lane++)
            MQ_DO(mq_batch_init(&new->batches[set][lane], plan->features, plan->shape));
    }
    if (mq_h5_is_thread_safe()) {
        if (pthread_create(&new->thread, NULL, work, new) != 0)
            MQ_DO(mq_fail(MQ_FAILED, "cannot start the loader's thread"));
        new->is_running = true;
    }
    *loader = new;
    return MQ_OK;
done:
    mq_loader_stop(new);
    return status;
}

void mq_loader_stop(struct mq_loader *loader)
{
    if (loader == NULL) return;
    if (loader->is_running) {
        (void)pthread_mutex_lock(&loader->mutex);
        loader->must_stop = true;
        (void)pthread_cond_broadcast(&loader->changed);
        (void)pthread_mutex_unlock(&loader->mutex);
        (void)pthread_join(loader->thread, NULL);
    }
    for (int64_t lane = 0; lane < loader->plan.n_lanes; lane++) {
        if (loader->samplers != NULL) mq_sampler_release(&loader->samplers[lane]);
        for (int set = 0; set < MQ_LOADER_SETS; set++)
            if (loader->batches[set] != NULL) mq_batch_release(&loader->batches[set][lane]);
    }
    for (int set = 0; set < MQ_LOADER_SETS; set++)
        mq_free(loader->batches[set]);
    mq_free(loader->samplers);
    mq_cache_free(loader->cache);
    (void)pthread_cond_destroy(&loader->changed);
    (void)pthread_mutex_destroy(&loader->mutex);
    mq_free(loader);
}

mq_status mq_loader_next(struct mq_loader *loader, const struct mq_batch **batches, double *wait_s)
{
    const double before = mq_clock_s();
    if (!loader->is_running) {
        MQ_TRY(fill_step(loader, loader->made));
        loader->made++;
    }
    (void)pthread_mutex_lock(&loader->mutex);
    while (loader->made == loader->taken && loader->error.status == MQ_OK)
        (void)pthread_cond_wait(&loader->changed, &loader->mutex);
    // Waking the thread is no wait: it may take this core for a while, but the batches are here.
    *wait_s += mq_clock_s() - before;
    const bool is_bad = loader->error.status != MQ_OK;
    const int64_t set = loader->taken % MQ_LOADER_SETS;
    if (!is_bad) loader->taken++;
    (void)pthread_cond_broadcast(&loader->changed);
    (void)pthread_mutex_unlock(&loader->mutex);
    if (is_bad) {
        mq_error_set(&loader->error);
        return loader->error.status;
    }
    *batches = loader->batches[set];
    return MQ_OK;
}
