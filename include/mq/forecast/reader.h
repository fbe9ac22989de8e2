/// Reading a published forecast with its promises checked.
#ifndef MQ_FORECAST_READER_H
#define MQ_FORECAST_READER_H

#include <jansson.h>

#include "mq/base/status.h"

/// Reads the manifest beside a forecast's face and checks that every part it names is there with
/// the size and checksum it promises. `path` is forecast.h5, a part, or the directory. On MQ_OK
/// `manifest` is the caller's to release with json_decref. MQ_DATA naming the first part that is
/// missing or damaged. Local.
mq_status mq_forecast_verify(const char *path, json_t **manifest) MQ_NODISCARD;

#endif
