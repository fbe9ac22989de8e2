/// Rows that forests are grown on, drawn from the catalogue.
#ifndef MODEL_FOREST_DRAW_H
#define MODEL_FOREST_DRAW_H

#include "mq/model/model.h"

/// One rank's rows. Zeroed = empty.
struct forest_sample {
    int64_t n_columns; ///< F, see forest_rows.h
    int64_t n;
    float *x; ///< (n, F), of categories the codes as they are
    float *y; ///< (n) targets in the forest's units, |y| < 2^20
    int64_t *id; ///< (n) no two alike on all ranks
};

/// Draws about `samples` rows on all ranks, or two for each observation if that is fewer: products
/// and origins as training does, horizons alike; or, for span s >= 0 of loss.spans, one row of each
/// origin, whose target is the mean over its periods. Which ones does not depend on the ranks.
/// Release in every case. Local.
mq_status forest_draw(const struct mq_fit *fit, int64_t samples, int64_t s,
                      struct forest_sample *sample) MQ_NODISCARD;
void forest_sample_release(struct forest_sample *sample);

#endif
