/// The forecast that a run has published, of a few products at its last origin. Private to
/// report/.
#ifndef REPORT_PUBLISHED_H
#define REPORT_PUBLISHED_H

#include "mq/h5/table.h"

/// Most products read at once: reading a face costs much the same for one and for some.
enum { PUBLISHED_BLOCK = 16 };

struct published {
    struct mq_h5 *file;
    struct mq_h5_table *table; ///< quantiles
    struct mq_h5_table *truth; ///< observed, or NULL
    struct mq_h5_table *orders; ///< order_up_to, NULL without spans
    int64_t items;
    int64_t origins;
    int64_t H;
    int64_t Q;
    int64_t origin; ///< period of the last one
    double *levels; ///< (Q)
    int64_t S; ///< spans
    int64_t *lead; ///< (S) periods
    int64_t *review; ///< (S) periods
    // The block at hand.
    float *rows; ///< (PUBLISHED_BLOCK, origins, H, Q)
    float *seen; ///< (PUBLISHED_BLOCK, origins, H), NaN where not known; NULL without truth
    float *order_up_to; ///< (PUBLISHED_BLOCK, origins, S); NULL without spans
    char **ids; ///< (n)
    int64_t n;
};

/// MQ_DATA when the file holds no forecast. Close in every case. Local.
mq_status published_open(struct published *published, const char *path) MQ_NODISCARD;
void published_close(struct published *published);

/// Reads products [first, first + n), n at most PUBLISHED_BLOCK; of those past the end none.
mq_status published_read(struct published *published, int64_t first, int64_t n) MQ_NODISCARD;
/// Of product i of that block, at the last origin: quantiles (H, Q), what came (H) or NULL, and how
/// far to order up (S) or NULL.
const float *published_quantiles(const struct published *published, int64_t i);
const float *published_observed(const struct published *published, int64_t i);
const float *published_orders(const struct published *published, int64_t i);
/// Ids of products [first, first + n): one block, freed with mq_free.
mq_status published_ids(struct published *published, int64_t first, int64_t n,
                        char ***ids) MQ_NODISCARD;

#endif
