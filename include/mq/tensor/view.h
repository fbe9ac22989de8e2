/// Strided views of numbers in memory.
///
/// Layout everywhere: batch, time, channels last. A view never owns; rows of a view that is only
/// read may overlap (forking windows of one series are such a view).
#ifndef MQ_TENSOR_VIEW_H
#define MQ_TENSOR_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/base/real.h"

enum { MQ_RANK_MAX = 4 };

/// Sizes of up to four dimensions; unused ones are 1.
struct mq_shape {
    int rank;
    int64_t size[MQ_RANK_MAX];
};

struct mq_shape mq_shape1(int64_t a);
struct mq_shape mq_shape2(int64_t a, int64_t b);
struct mq_shape mq_shape3(int64_t a, int64_t b, int64_t c);
struct mq_shape mq_shape4(int64_t a, int64_t b, int64_t c, int64_t d);
int64_t mq_shape_count(struct mq_shape shape);
bool mq_shape_equal(struct mq_shape a, struct mq_shape b);

/// Sizes and strides in elements.
struct mq_view {
    mq_real *data;
    int rank;
    int64_t size[MQ_RANK_MAX];
    int64_t stride[MQ_RANK_MAX];
};

/// A contiguous view of `data` (row-major).
struct mq_view mq_view_of(mq_real *data, struct mq_shape shape);
/// Elements [start, start + size) of one dimension; the rest as it was.
struct mq_view mq_view_slice(struct mq_view view, int dimension, int64_t start, int64_t size);
/// The same elements in MQ_RANK_MAX dimensions: as many of size 1 in front as that takes.
struct mq_view mq_view_widen(struct mq_view view);
struct mq_shape mq_view_shape(struct mq_view view);
bool mq_view_is_contiguous(struct mq_view view);

#endif
