// Shapes and strided views: pure bookkeeping, no arithmetic on the numbers.
#include "mq/tensor/view.h"

#include "mq/base/status.h"

struct mq_shape mq_shape1(int64_t a)
{
    return (struct mq_shape){.rank = 1, .size = {a, 1, 1, 1}};
}

struct mq_shape mq_shape2(int64_t a, int64_t b)
{
    return (struct mq_shape){.rank = 2, .size = {a, b, 1, 1}};
}

struct mq_shape mq_shape3(int64_t a, int64_t b, int64_t c)
{
    return (struct mq_shape){.rank = 3, .size = {a, b, c, 1}};
}

struct mq_shape mq_shape4(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct mq_shape){.rank = 4, .size = {a, b, c, d}};
}

int64_t mq_shape_count(struct mq_shape shape)
{
    int64_t count = 1;
    for (int d = 0; d < shape.rank; d++)
        count *= shape.size[d];
    return count;
}

bool mq_shape_equal(struct mq_shape a, struct mq_shape b)
{
    if (a.rank != b.rank) return false;
    for (int d = 0; d < a.rank; d++) {
        if (a.size[d] != b.size[d]) return false;
    }
    return true;
}

struct mq_view mq_view_of(mq_real *data, struct mq_shape shape)
{
    struct mq_view view = {.data = data, .rank = shape.rank};
    int64_t stride = 1;
    for (int d = MQ_RANK_MAX - 1; d >= 0; d--) {
        view.size[d] = d < shape.rank ? shape.size[d] : 1;
        view.stride[d] = d < shape.rank ? stride : 1;
        stride *= view.size[d];
    }
    return view;
}

struct mq_view mq_view_slice(struct mq_view view, int dimension, int64_t start, int64_t size)
{
    MQ_ASSERT(dimension >= 0 && dimension < view.rank);
    MQ_ASSERT(start >= 0 && size >= 0 && start + size <= view.size[dimension]);
    view.data += start * view.stride[dimension];
    view.size[dimension] = size;
    return view;
}

struct mq_shape mq_view_shape(struct mq_view view)
{
    struct mq_shape shape = {.rank = view.rank, .size = {1, 1, 1, 1}};
    for (int d = 0; d < view.rank; d++)
        shape.size[d] = view.size[d];
    return shape;
}

bool mq_view_is_contiguous(struct mq_view view)
{
    int64_t stride = 1;
    for (int d = view.rank - 1; d >= 0; d--) {
        if (view.size[d] != 1 && view.stride[d] != stride)
            return false; // stride of a single element is moot
        stride *= view.size[d];
    }
    return true;
}

struct mq_view mq_view_widen(struct mq_view view)
{
    struct mq_view wide = view;
    wide.rank = MQ_RANK_MAX;
    for (int d = 0; d < MQ_RANK_MAX; d++) {
        const int from = d - (MQ_RANK_MAX - view.rank);
        wide.size[d] = from >= 0 ? view.size[from] : 1;
        wide.stride[d] = from >= 0 ? view.stride[from] : 0;
    }
    return wide;
}
