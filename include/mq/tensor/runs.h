/// Loops over pairs of strided views. Without allocation. Local.
#ifndef MQ_TENSOR_RUNS_H
#define MQ_TENSOR_RUNS_H

#include "mq/tensor/view.h"

/// to = from (beta == 0) or to += from, between views of one shape and any leading strides.
void mq_view_put(struct mq_view from, mq_real beta, struct mq_view to);

/// Zeros all over a view.
void mq_view_clear(struct mq_view view);

/// dy *= mq_vec_relu's derivative, between such views.
void mq_view_relu_back(struct mq_view y, struct mq_view dy);

#endif
