/// The weights of a checkpoint for other programs.
#ifndef MQ_MODEL_SAFETENSORS_H
#define MQ_MODEL_SAFETENSORS_H

#include "mq/base/status.h"

/// Writes the weights of checkpoint `path` in the safetensors format to `output`, which appears
/// whole or not at all: 8 bytes of header length, least significant first; the header, JSON: name
/// -> dtype, shape, data_offsets, and under __metadata__ model, step, weights_sha256, creator,
/// experiment; then the weights, row-major. MQ_DATA when the checkpoint is damaged or its model has
/// no weights. Local.
mq_status mq_checkpoint_export(const char *path, const char *output) MQ_NODISCARD;

#endif
