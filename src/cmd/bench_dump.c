// One training step of the benchmark, written down: what went in and what came out, so that another
// program can do the same step and compare.
#include <stdio.h>
#include <string.h>

#include "cmd/bench_work.h"
#include "mq/base/alloc.h"
#include "mq/model/safetensors.h"

enum { NAME_MAX_BYTES = MQ_PARAM_NAME_MAX + 16, OTHERS = 6 };

// Tensors with names of their own; `tensors` points into `names`.
struct list {
    struct mq_named_tensor *tensors;
    char (*names)[NAME_MAX_BYTES];
    int64_t n;
};

static void add(struct list *list, const char *group, const char *name, struct mq_shape shape,
                const mq_real *values)
{
    char *full = list->names[list->n];
    (void)snprintf(full, NAME_MAX_BYTES, "%s.%s", group, name);
    list->tensors[list->n++] = (struct mq_named_tensor){full, shape, values};
}

static void add_params(struct list *list, const char *group, const struct mq_params *params,
                       const mq_real *values)
{
    for (int64_t i = 0; i < params->n; i++) {
        const struct mq_param *param = &params->table[i];
        add(list, group, param->name, param->shape, values + param->offset);
    }
}

static void add_batch(struct list *list, const struct mq_features *features,
                      const struct mq_batch *batch)
{
    const int64_t B = batch->shape.series, T = batch->shape.context;
    const int64_t dates = T + batch->shape.horizon;
    add(list, "batch", "history", mq_shape3(B, T, features->history_width), batch->history);
    add(list, "batch", "known", mq_shape3(B, dates, features->known_width), batch->known);
    add(list, "batch", "static", mq_shape2(B, features->n_reals), batch->reals);
    add(list, "batch", "target", mq_shape2(B, dates), batch->target);
    add(list, "batch", "mask", mq_shape2(B, dates), batch->mask);
}

static mq_status write_step(const struct mq_bench_work *work, const char *size,
                            const mq_real before[], mq_real loss, const char *output)
{
    const struct mq_params *params = &work->params;
    const struct mq_named_text texts[] = {{"format", "mqcast-step"},
                                          {"model", work->plan.forecaster->name},
                                          {"size", size},
                                          {"creator", "mqcast " MQ_VERSION}};
    mq_status status = MQ_OK;
    struct list list = {0};
    MQ_NEW_DO(list.tensors, 2 * params->n + OTHERS);
    MQ_NEW_DO(list.names, 2 * params->n + OTHERS);
    add_batch(&list, &work->features, &work->lanes.batch[0]);
    add(&list, "step", "loss", mq_shape1(1), &loss);
    add_params(&list, "weight", params, before);
    add_params(&list, "gradient", params, work->gradients);
    MQ_DO(
        mq_safetensors_write(output, texts, sizeof texts / sizeof texts[0], list.tensors, list.n));
done:
    mq_free(list.names);
    mq_free(list.tensors);
    return status;
}

mq_status mq_bench_dump(struct mq_bench_work *work, const char *size, const char *output)
{
    MQ_ASSERT(work->plan.lanes == 1 && mq_pool_threads(work->pool) == 1);
    const size_t bytes = (size_t)work->params.count * sizeof(mq_real);
    mq_status status = MQ_OK;
    mq_real *before = NULL;
    double ignored = 0;
    MQ_NEW_DO(before, work->params.count);
    memcpy(before, work->params.values, bytes);
    MQ_DO(mq_bench_step(work, MQ_BENCH_TRAIN, &ignored));
    MQ_DO(write_step(work, size, before, (mq_real)(work->loss_sum * mq_bench_loss_scale(work)),
                     output));
done:
    mq_free(before);
    return status;
}
