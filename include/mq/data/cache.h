/// Blocks of consecutive series kept in memory up to a limit, least recently used first out.
///
/// A range of series is read once with contiguous reads; a sampler that stays within a few blocks
/// at a time streams any catalogue in bounded memory.
#ifndef MQ_DATA_CACHE_H
#define MQ_DATA_CACHE_H

#include "mq/data/panel.h"

enum { MQ_CACHE_BLOCK = 128 }; ///< series per block

struct mq_cache;

/// Opens its own handle on the panel. Local; one thread at a time.
mq_status mq_cache_new(struct mq_cache **cache, const char *panel_path,
                       int64_t limit_bytes) MQ_NODISCARD;
void mq_cache_free(struct mq_cache *cache);
/// The block that holds series `number` and its index inside it; valid until the next call.
mq_status mq_cache_find(struct mq_cache *cache, int64_t number,
                        const struct mq_series_block **block, int64_t *index) MQ_NODISCARD;

#endif
