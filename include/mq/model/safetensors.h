/// Weights and other tensors for other programs, in the safetensors format: 8 bytes of header
/// length, least significant first; the header, JSON: name -> dtype, shape, data_offsets, and
/// texts under __metadata__; then the values, row-major.
#ifndef MQ_MODEL_SAFETENSORS_H
#define MQ_MODEL_SAFETENSORS_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/tensor/view.h"

struct mq_named_tensor {
    const char *name; ///< unique
    struct mq_shape shape;
    const mq_real *values; ///< contiguous
};

struct mq_named_text {
    const char *name;
    const char *text;
};

/// Writes `n` tensors and `n_texts` metadata to `output`, which appears whole or not at all. Local.
mq_status mq_safetensors_write(const char *output, const struct mq_named_text texts[],
                               int64_t n_texts, const struct mq_named_tensor tensors[],
                               int64_t n) MQ_NODISCARD;

/// Writes the weights of checkpoint `path` to `output`; metadata: model, step, weights_sha256,
/// creator, experiment. MQ_DATA when the checkpoint is damaged or its model has no weights. Local.
mq_status mq_checkpoint_export(const char *path, const char *output) MQ_NODISCARD;

#endif
