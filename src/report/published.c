// Rows of forecast.h5.
#include "report/published.h"

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/split.h"

static mq_status read_levels(struct published *p)
{
    MQ_NEW(p->levels, p->Q);
    return mq_h5_read(p->file, "level", MQ_H5_F64, (struct mq_h5_shape){.rank = 1, .size = {p->Q}},
                      p->levels);
}

static mq_status read_origin(struct published *p, const char *path)
{
    int64_t *origins = NULL;
    MQ_NEW(origins, p->origins);
    mq_status status = mq_h5_read(p->file, "origin", MQ_H5_I64,
                                  (struct mq_h5_shape){.rank = 1, .size = {p->origins}}, origins);
    if (status == MQ_OK) status = mq_origins_check(origins, p->origins, p->H, path);
    p->origin = origins[p->origins - 1];
    mq_free(origins);
    return status;
}

static mq_status open_truth(struct published *p, const char *path)
{
    struct mq_h5_shape shape;
    if (!mq_h5_has(p->file, "observed")) return MQ_OK;
    MQ_TRY(mq_h5_table_open(&p->truth, p->file, "observed", MQ_H5_F32, &shape));
    if (shape.rank != 3 || shape.size[0] != p->items || shape.size[1] != p->origins ||
        shape.size[2] != p->H)
        return mq_fail(MQ_DATA, "%s: observed and quantiles differ in shape", path);
    MQ_NEW(p->seen, PUBLISHED_BLOCK * p->origins * p->H);
    return MQ_OK;
}

static mq_status open_orders(struct published *p, const char *path)
{
    struct mq_h5_shape shape;
    if (!mq_h5_has(p->file, "order_up_to")) return MQ_OK;
    MQ_TRY(mq_h5_table_open(&p->orders, p->file, "order_up_to", MQ_H5_F32, &shape));
    if (shape.rank != 3 || shape.size[0] != p->items || shape.size[1] != p->origins ||
        shape.size[2] < 1)
        return mq_fail(MQ_DATA, "%s: order_up_to and quantiles differ in shape", path);
    p->S = shape.size[2];
    const struct mq_h5_shape spans = {.rank = 1, .size = {p->S}};
    MQ_NEW(p->lead, p->S);
    MQ_NEW(p->review, p->S);
    MQ_NEW(p->order_up_to, PUBLISHED_BLOCK * p->origins * p->S);
    MQ_TRY(mq_h5_read(p->file, "span_lead", MQ_H5_I64, spans, p->lead));
    return mq_h5_read(p->file, "span_review", MQ_H5_I64, spans, p->review);
}

mq_status published_open(struct published *p, const char *path)
{
    struct mq_h5_shape shape;
    *p = (struct published){0};
    MQ_TRY(mq_h5_open_face(&p->file, path));
    MQ_TRY(mq_h5_table_open(&p->table, p->file, "quantiles", MQ_H5_F32, &shape));
    if (shape.rank != 4 || shape.size[0] < 1 || shape.size[1] < 1 || shape.size[2] < 1 ||
        shape.size[3] < 1)
        return mq_fail(MQ_DATA, "%s: quantiles hold no forecast", path);
    p->items = shape.size[0];
    p->origins = shape.size[1];
    p->H = shape.size[2];
    p->Q = shape.size[3];
    MQ_NEW(p->rows, PUBLISHED_BLOCK * p->origins * p->H * p->Q);
    MQ_TRY(read_levels(p));
    MQ_TRY(read_origin(p, path));
    MQ_TRY(open_truth(p, path));
    return open_orders(p, path);
}

void published_close(struct published *p)
{
    mq_h5_table_close(p->table);
    mq_h5_table_close(p->truth);
    mq_h5_table_close(p->orders);
    mq_h5_close(p->file);
    mq_free(p->levels);
    mq_free(p->lead);
    mq_free(p->review);
    mq_free(p->order_up_to);
    mq_free(p->rows);
    mq_free(p->ids);
    mq_free(p->seen);
    *p = (struct published){0};
}

mq_status published_read(struct published *p, int64_t first, int64_t n)
{
    MQ_ASSERT(n <= PUBLISHED_BLOCK);
    mq_free(p->ids);
    p->ids = NULL;
    p->n = mq_max_i64(0, mq_min_i64(n, p->items - first));
    if (p->n == 0) return MQ_OK;
    MQ_TRY(published_ids(p, first, p->n, &p->ids));
    MQ_TRY(mq_h5_table_read(p->table, first, p->n, p->rows));
    if (p->truth != NULL) MQ_TRY(mq_h5_table_read(p->truth, first, p->n, p->seen));
    if (p->orders != NULL) MQ_TRY(mq_h5_table_read(p->orders, first, p->n, p->order_up_to));
    return MQ_OK;
}

const float *published_quantiles(const struct published *p, int64_t i)
{
    return p->rows + ((i + 1) * p->origins - 1) * p->H * p->Q;
}

const float *published_observed(const struct published *p, int64_t i)
{
    return p->truth != NULL ? p->seen + ((i + 1) * p->origins - 1) * p->H : NULL;
}

const float *published_orders(const struct published *p, int64_t i)
{
    return p->orders != NULL ? p->order_up_to + ((i + 1) * p->origins - 1) * p->S : NULL;
}

mq_status published_ids(struct published *p, int64_t first, int64_t n, char ***ids)
{
    return mq_h5_read_strings(p->file, "item_id", first, n, ids);
}
