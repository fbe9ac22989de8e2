/// Backwards through a map to three columns, in one pass. Without allocation. Local.
#ifndef MQ_TENSOR_NARROW_H
#define MQ_TENSOR_NARROW_H

#include <stdbool.h>

#include "mq/tensor/view.h"

/// For y = x w with x (..., in) of three or four dimensions, y (..., 3) and w (in, 3): dw += x' dy and
/// dx = beta dx + dy w', beta 0 or 1; then, if it `rectifies`, zeros where x <= 0. Arguments never
/// overlap. False, and nothing done, where products are as good: for other numbers of columns, and for
/// x of fewer columns than a vector or of more than 256.
bool mq_narrow_back(struct mq_view x, struct mq_view dy, const mq_real *w, mq_real *dw,
                    mq_real beta, bool rectifies, struct mq_view dx);

#endif
