// A category of the panel by name, its values as segments.
#include "mq/eval/segments.h"

#include "mq/base/alloc.h"
#include "mq/data/feature.h"

mq_status mq_segments_find(struct mq_segments *segments, struct mq_panel *panel, const char *by)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    *segments = (struct mq_segments){.n = 1, .covariate = -1};
    if (by[0] == '\0') return MQ_OK;
    MQ_TRY(mq_category_find(info, "evaluate.by", by, &segments->covariate));
    segments->n = info->covariates[segments->covariate].cardinality + 1;
    MQ_TRY(mq_panel_vocabulary(panel, segments->covariate, &segments->vocabulary));
    MQ_NEW(segments->name, segments->n);
    segments->name[0] = "(unknown)";
    for (int64_t s = 1; s < segments->n; s++)
        segments->name[s] = segments->vocabulary[s - 1];
    return MQ_OK;
}

void mq_segments_release(struct mq_segments *segments)
{
    mq_free(segments->name);
    mq_free(segments->vocabulary);
    *segments = (struct mq_segments){0};
}

int64_t mq_segment_of(const struct mq_segments *segments, const struct mq_series_block *block,
                      int64_t i)
{
    if (segments->covariate < 0) return 0;
    const int64_t code = (int64_t)block->statics[segments->covariate][i];
    return code >= 0 && code < segments->n ? code : 0;
}
