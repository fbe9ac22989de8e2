/// Named parameters over two flat arenas: values and gradients, in forward order.
///
/// One arena of values, so a checkpoint is one write and the optimizer one loop. Gradients are one
/// arena per executor (see graph.h) with the same offsets: it is what the reducer sums. The order
/// of declaration is the order of the forward pass, so during backward every offset at or above
/// the watermark is final.
#ifndef MQ_NN_PARAMS_H
#define MQ_NN_PARAMS_H

#include <stdint.h>

#include "mq/base/status.h"
#include "mq/tensor/view.h"

enum { MQ_PARAM_NAME_MAX = 64 };

/// How values start. Every kind draws from the counter-based generator at (seed, parameter index),
/// so the weights do not depend on ranks or threads.
enum mq_init {
    MQ_INIT_ZERO,
    MQ_INIT_GLOROT, ///< uniform, +-sqrt(6 / (fan_in + fan_out)); fans are the last two sizes
    MQ_INIT_EMBEDDING, ///< normal, standard deviation 0.05... of a row; row 0 (unknown) starts at 0
    MQ_INIT_LSTM_BIAS, ///< zero, forget gate 1
};

struct mq_param {
    char name[MQ_PARAM_NAME_MAX]; ///< "encoder.lstm.input", unique
    struct mq_shape shape;
    int64_t offset; ///< in elements, into values and gradients
    int64_t fan_in; ///< of the whole map this block belongs to (a split linear layer has several)
    int64_t fan_out;
    enum mq_init init;
};

struct mq_params {
    struct mq_param *table;
    int64_t n;
    int64_t capacity;
    int64_t count; ///< elements in all
    mq_real *values; ///< (count), NULL until mq_params_allocate
};

/// Declares one parameter; returns its index, or -1 with the error recorded. With the same name and
/// shape declared before (a second graph over the same weights), returns that one.
int64_t mq_params_declare(struct mq_params *params, const char *name, struct mq_shape shape,
                          int64_t fan_in, int64_t fan_out, enum mq_init init);

/// Allocates the values once everything is declared. Offsets are contiguous, without gaps.
mq_status mq_params_allocate(struct mq_params *params) MQ_NODISCARD;
void mq_params_initialise(struct mq_params *params, uint64_t seed);
void mq_params_release(struct mq_params *params);

/// Index by name, or -1.
int64_t mq_params_find(const struct mq_params *params, const char *name);

#endif
