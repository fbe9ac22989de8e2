// From a block of the panel to one product's past.
#include "model/past.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

mq_status past_buffers_init(struct past_buffers *buffers, const struct mq_model *model,
                            int64_t periods, int64_t season)
{
    const struct mq_features *features = &model->features;
    const int64_t dates = periods + model->experiment.data.horizon;
    buffers->dates = dates;
    int64_t scratch = periods * (int64_t)sizeof(float);
    if (model->forecaster->scratch_bytes != NULL)
        scratch = model->forecaster->scratch_bytes(model, periods, season);
    char *bytes = NULL;
    MQ_NEW(buffers->observed, periods);
    MQ_NEW(buffers->known, features->n_known * dates);
    MQ_NEW(buffers->known_rows, features->n_known);
    MQ_NEW(buffers->codes, features->n_codes);
    MQ_NEW(bytes, scratch);
    buffers->scratch = bytes;
    for (int64_t k = 0; k < features->n_known; k++)
        buffers->known_rows[k] = buffers->known + k * dates;
    return MQ_OK;
}

void past_buffers_release(struct past_buffers *buffers)
{
    mq_free(buffers->observed);
    mq_free(buffers->known);
    mq_free(buffers->known_rows);
    mq_free(buffers->codes);
    mq_free(buffers->scratch);
    *buffers = (struct past_buffers){0};
}

int64_t past_season(const struct mq_model *model, const struct mq_panel *panel)
{
    const int64_t asked = model->experiment.data.season;
    return asked > 0 ? asked : mq_calendar_season(&mq_panel_info(panel)->calendar);
}

static void gather_known(const struct mq_features *features, const struct mq_series_block *block,
                         int64_t i, int64_t first, int64_t n, const struct past_buffers *buffers)
{
    const int64_t length = block->length[i] + block->ahead;
    for (int64_t k = 0; k < features->n_known; k++) {
        const float *values =
            block->known[features->known[k]] + block->offset[i] + i * block->ahead;
        float *row = buffers->known + k * buffers->dates;
        for (int64_t d = 0; d < n; d++) {
            const int64_t j = first + d - block->start[i];
            row[d] = j >= 0 && j < length ? values[j] : NAN;
        }
    }
}

struct mq_past past_gather(const struct mq_model *model, const struct mq_rebinding *rebinding,
                           const struct mq_series_block *block, int64_t i, int64_t origin,
                           int64_t season, struct past_buffers *buffers)
{
    // Everything from the start of the series to the origin; nothing of one not yet started.
    const int64_t first = mq_min_i64(block->start[i], origin + 1);
    const int64_t n = origin + 1 - first;
    for (int64_t j = 0; j < n; j++) {
        const int64_t at = block->offset[i] + j;
        const bool is_seen =
            j < block->length[i] && (block->available == NULL || block->available[at] > 0);
        buffers->observed[j] = is_seen ? block->target[at] : NAN;
    }
    const bool sees_covariates = model->forecaster->fit != NULL;
    if (sees_covariates) {
        gather_known(&rebinding->features, block, i, first, n + model->experiment.data.horizon,
                     buffers);
        mq_rebinding_codes(rebinding, block, i, buffers->codes);
    }
    return (struct mq_past){
        .model = model,
        .observed = buffers->observed,
        .n = n,
        .first = first + rebinding->shift,
        .series = block->first + i,
        .season = season,
        .cold = mq_window_restore(&model->features, model->features.mean_absolute),
        .known = sees_covariates ? buffers->known_rows : NULL,
        .codes = sees_covariates ? buffers->codes : NULL,
        .scratch = buffers->scratch,
    };
}
