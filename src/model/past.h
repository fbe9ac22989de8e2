/// What models that look at a product's past see of it.
#ifndef MODEL_PAST_H
#define MODEL_PAST_H

#include "mq/model/model.h"

/// What one worker gathers into.
struct past_buffers {
    float *observed; ///< (periods)
    float *known; ///< (n_known, dates)
    int64_t dates; ///< periods + horizon
    const float **known_rows; ///< (n_known)
    int32_t *codes; ///< (n_codes)
    void *scratch;
};

/// Room for `periods` of history. Local.
mq_status past_buffers_init(struct past_buffers *buffers, const struct mq_model *model,
                            int64_t periods, int64_t season) MQ_NODISCARD;
void past_buffers_release(struct past_buffers *buffers);

/// Periods of the main season of a panel.
int64_t past_season(const struct mq_model *model, const struct mq_panel *panel);

/// Product i of the block as it was at `origin`; points into `buffers`.
struct mq_past past_gather(const struct mq_model *model, const struct mq_rebinding *rebinding,
                           const struct mq_series_block *block, int64_t i, int64_t origin,
                           int64_t season, struct past_buffers *buffers);

#endif
