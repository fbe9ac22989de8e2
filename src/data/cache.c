// A small LRU over blocks of series.
#include "mq/data/cache.h"

#include "mq/base/alloc.h"
#include "mq/base/int.h"

struct entry {
    struct mq_series_block block;
    int64_t used; // clock of the last use; 0 = not loaded
};

struct mq_cache {
    struct mq_panel *panel;
    struct entry *entries; // one per block of the whole panel: 200 bytes per 256 series
    int64_t n;
    int64_t bytes;
    int64_t limit;
    int64_t clock;
};

mq_status mq_cache_new(struct mq_cache **cache, const char *panel_path, int64_t limit_bytes)
{
    mq_status status = MQ_OK;
    struct mq_cache *new = NULL;
    MQ_NEW(new, 1);
    new->limit = limit_bytes;
    MQ_DO(mq_panel_open(&new->panel, panel_path));
    new->n = (mq_panel_info(new->panel)->n_series + MQ_CACHE_BLOCK - 1) / MQ_CACHE_BLOCK;
    MQ_NEW_DO(new->entries, new->n);
    *cache = new;
    return MQ_OK;
done:
    mq_cache_free(new);
    return status;
}

void mq_cache_free(struct mq_cache *cache)
{
    if (cache == NULL) return;
    for (int64_t i = 0; cache->entries != NULL && i < cache->n; i++)
        mq_series_block_release(&cache->entries[i].block);
    mq_free(cache->entries);
    mq_panel_close(cache->panel);
    mq_free(cache);
}

static void evict_oldest(struct mq_cache *cache)
{
    struct entry *oldest = NULL;
    for (int64_t i = 0; i < cache->n; i++) {
        struct entry *entry = &cache->entries[i];
        if (entry->used > 0 && (oldest == NULL || entry->used < oldest->used)) oldest = entry;
    }
    MQ_ASSERT(oldest != NULL);
    cache->bytes -= oldest->block.bytes;
    mq_series_block_release(&oldest->block);
    oldest->used = 0;
}

mq_status mq_cache_find(struct mq_cache *cache, int64_t number,
                        const struct mq_series_block **block, int64_t *index)
{
    const int64_t which = number / MQ_CACHE_BLOCK;
    MQ_ASSERT(number >= 0 && which < cache->n);
    struct entry *entry = &cache->entries[which];
    if (entry->used == 0) {
        // Room is made first; one block always fits, whatever the limit.
        while (cache->bytes > 0 && cache->bytes >= cache->limit)
            evict_oldest(cache);
        const int64_t first = which * MQ_CACHE_BLOCK;
        const int64_t n_series = mq_panel_info(cache->panel)->n_series;
        MQ_TRY(mq_panel_read(cache->panel, first, mq_min_i64(MQ_CACHE_BLOCK, n_series - first),
                             &entry->block));
        cache->bytes += entry->block.bytes;
    }
    entry->used = ++cache->clock;
    *block = &entry->block;
    *index = number - which * MQ_CACHE_BLOCK;
    return MQ_OK;
}
