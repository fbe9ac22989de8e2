// Values a few forks at a time.
#include "mq/base/int.h"
#include "nn/op.h"

bool mq_piece_next(struct mq_view y, int64_t bytes, struct mq_piece *piece)
{
    MQ_ASSERT(y.rank >= 3);
    const int64_t forks = y.size[0] * y.size[1];
    const int64_t each = mq_shape_count(mq_view_shape(y)) / forks * (int64_t)sizeof(mq_real);
    piece->first += piece->n;
    if (piece->first == y.size[1]) {
        piece->first = 0;
        piece->b++;
    }
    piece->n = mq_min_i64(y.size[1] - piece->first, mq_max_i64(1, bytes / each));
    return piece->b < y.size[0];
}

struct mq_view mq_piece_of(struct mq_view x, struct mq_piece piece)
{
    if (x.data == NULL) return x;
    return mq_view_slice(mq_view_slice(x, 0, piece.b, 1), 1, piece.first, piece.n);
}
