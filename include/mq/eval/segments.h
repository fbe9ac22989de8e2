/// The values of a static category as segments of the catalogue.
#ifndef MQ_EVAL_SEGMENTS_H
#define MQ_EVAL_SEGMENTS_H

#include "mq/data/panel.h"

struct mq_segments {
    int64_t n; ///< 1 without a category
    int64_t covariate; ///< -1: none
    const char **name; ///< (n) "(unknown)" first; NULL without a category
    char **vocabulary; ///< what name points to
};

/// By the category `by`, empty: none. MQ_USAGE "evaluate.by: ..." when the panel has none of that
/// name. Release in every case. Local.
mq_status mq_segments_find(struct mq_segments *segments, struct mq_panel *panel,
                           const char *by) MQ_NODISCARD;
void mq_segments_release(struct mq_segments *segments);

/// Of series i of a block, in [0, n).
int64_t mq_segment_of(const struct mq_segments *segments, const struct mq_series_block *block,
                      int64_t i);

#endif
