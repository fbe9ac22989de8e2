/// Sharded forecasts: one part per rank, one face over all, published by a rename at the end.
///
/// Everything is written into a directory of rank 0's beside it (mq_path_temporary); when every part
/// is complete, rank 0 writes the face (virtual datasets) and the manifest there and exchanges the
/// directory with the old one. A reader sees the whole old forecast or the whole new one; of two
/// forecasts made at once the last one stays. Layout: README, "Forecast".
#ifndef MQ_FORECAST_WRITER_H
#define MQ_FORECAST_WRITER_H

#include "mq/base/meter.h"
#include "mq/comm/world.h"
#include "mq/model/predictor.h"

struct mq_forecast_request {
    struct mq_model *model;
    struct mq_panel *panel;
    const struct mq_origins *origins;
    const char *directory; ///< where the forecast appears
    const char *checkpoint; ///< file it comes from, for the manifest
    int64_t series; ///< per block
    bool compress;
    struct mq_meter meter; ///< told of this rank's products
};

/// Forecasts every product of the panel and publishes. A directory that holds anything but a
/// forecast is refused (MQ_USAGE). Collective.
mq_status mq_forecast_write(struct mq_world *world, struct mq_pool *pool,
                            const struct mq_forecast_request *request) MQ_NODISCARD;

#endif
