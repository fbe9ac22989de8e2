/// manifest.json: what a published forecast promises, and whether it holds.
///
/// The manifest names every part and the face with bytes and SHA-256, and carries a SHA-256 of its
/// own: of its compact JSON with keys in order and numbers of 12 digits, without the key "sha256".
#ifndef MQ_MODEL_MANIFEST_H
#define MQ_MODEL_MANIFEST_H

#include <jansson.h>

#include "mq/base/status.h"

/// Adds format and version, the facts of the face `<directory>/forecast.h5` and the manifest's own
/// checksum, and writes `<directory>/manifest.json`. The object stays the caller's. Local.
mq_status mq_manifest_write(const char *directory, json_t *manifest) MQ_NODISCARD;

/// Reads the manifest beside a forecast's face and checks that it is whole and that the face and
/// every part it names are there with the size and checksum it promises, before any of them is
/// opened: HDF5 may hang on a damaged file. `path` is forecast.h5, a part, or the directory. On
/// MQ_OK `manifest` is the caller's to release with json_decref. MQ_DATA naming the first file that
/// is missing or damaged. Local.
mq_status mq_forecast_verify(const char *path, json_t **manifest) MQ_NODISCARD;

/// Whether a path is, by its name and the manifest beside it, the face or a part of a forecast.
bool mq_is_of_forecast(const char *path);

#endif
