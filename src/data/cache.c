// A small LRU over blocks of series.
#include "mq/data/cache.h"

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// A block in memory, in the list from the least to the most recently used.
struct entry {
    struct mq_series_block block;
    int64_t which;
    struct entry *older;
    struct entry *newer;
};

struct mq_cache {
    struct mq_panel *panel;
    struct entry **entries; // by block of the panel; NULL = not in memory
    struct entry *oldest;
    struct entry *newest;
    int64_t n;
    int64_t bytes;
    int64_t limit;
};

mq_status mq_cache_new(struct mq_cache **cache, const char *panel_path, int64_t limit_bytes)
{
    mq_status status = MQ_OK;
    struct mq_cache *new = NULL;
    MQ_NEW(new, 1);
    new->limit = limit_bytes;
    MQ_DO(mq_panel_open(&new->panel, panel_path));
    new->n = mq_ceil_div(mq_panel_info(new->panel)->n_series, MQ_CACHE_BLOCK);
    MQ_NEW_DO(new->entries, new->n);
    *cache = new;
    return MQ_OK;
done:
    mq_cache_free(new);
    return status;
}

static void take_out(struct mq_cache *cache, struct entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
}

static void put_newest(struct mq_cache *cache, struct entry *entry)
{
    entry->older = cache->newest;
    entry->newer = NULL;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void evict_oldest(struct mq_cache *cache)
{
    struct entry *entry = cache->oldest;
    take_out(cache, entry);
    cache->entries[entry->which] = NULL;
    cache->bytes -= entry->block.bytes;
    mq_series_block_release(&entry->block);
    mq_free(entry);
}

void mq_cache_free(struct mq_cache *cache)
{
    if (cache == NULL) return;
    while (cache->oldest != NULL)
        evict_oldest(cache);
    mq_free(cache->entries);
    mq_panel_close(cache->panel);
    mq_free(cache);
}

static mq_status load(struct mq_cache *cache, int64_t which)
{
    // Room is made first; one block always fits, whatever the limit.
    while (cache->oldest != NULL && cache->bytes >= cache->limit)
        evict_oldest(cache);
    const int64_t first = which * MQ_CACHE_BLOCK;
    const int64_t n_series = mq_panel_info(cache->panel)->n_series;
    struct entry *entry = NULL;
    MQ_NEW(entry, 1);
    entry->which = which;
    const mq_status status = mq_panel_read(
        cache->panel, first, mq_min_i64(MQ_CACHE_BLOCK, n_series - first), &entry->block);
    if (status != MQ_OK) {
        mq_free(entry);
        return status;
    }
    cache->bytes += entry->block.bytes;
    cache->entries[which] = entry;
    put_newest(cache, entry);
    return MQ_OK;
}

mq_status mq_cache_find(struct mq_cache *cache, int64_t number,
                        const struct mq_series_block **block, int64_t *index)
{
    const int64_t which = number / MQ_CACHE_BLOCK;
    MQ_ASSERT(number >= 0 && which < cache->n);
    if (cache->entries[which] == NULL) MQ_TRY(load(cache, which));
    struct entry *entry = cache->entries[which];
    take_out(cache, entry);
    put_newest(cache, entry);
    *block = &entry->block;
    *index = number - which * MQ_CACHE_BLOCK;
    return MQ_OK;
}
