// The table of parameters and its one arena of values.
#include "mq/nn/params.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"

int64_t mq_params_find(const struct mq_params *params, const char *name)
{
    for (int64_t i = 0; i < params->n; i++) {
        if (strcmp(params->table[i].name, name) == 0) return i;
    }
    return -1;
}

static mq_status check_same(const struct mq_param *have, struct mq_shape shape)
{
    if (mq_shape_equal(have->shape, shape)) return MQ_OK;
    return mq_fail(
        MQ_FAILED, "parameter %s: declared with %lld elements and again with %lld in another shape",
        have->name, (long long)mq_shape_count(have->shape), (long long)mq_shape_count(shape));
}

static mq_status check_new(const struct mq_params *params, const char *name, struct mq_shape shape)
{
    if (strlen(name) >= MQ_PARAM_NAME_MAX)
        return mq_fail(MQ_FAILED, "parameter %s: name longer than %d bytes", name,
                       MQ_PARAM_NAME_MAX - 1);
    if (params->values)
        return mq_fail(MQ_FAILED, "parameter %s: declared after the values were allocated", name);
    for (int d = 0; d < shape.rank; d++) {
        if (shape.size[d] < 1)
            return mq_fail(MQ_FAILED, "parameter %s: size %lld in dimension %d", name,
                           (long long)shape.size[d], d);
    }
    return MQ_OK;
}

static mq_status grow(struct mq_params *params)
{
    if (params->n < params->capacity) return MQ_OK;
    const int64_t capacity = mq_max_i64(16, 2 * params->capacity);
    struct mq_param *table = mq_realloc(params->table, capacity, sizeof *table);
    if (table == NULL) return MQ_FAILED;
    params->table = table;
    params->capacity = capacity;
    return MQ_OK;
}

int64_t mq_params_declare(struct mq_params *params, const char *name, struct mq_shape shape,
                          int64_t fan_in, int64_t fan_out, enum mq_init init)
{
    const int64_t known = mq_params_find(params, name);
    if (known >= 0) return check_same(&params->table[known], shape) == MQ_OK ? known : -1;
    if (check_new(params, name, shape) != MQ_OK || grow(params) != MQ_OK) return -1;
    struct mq_param *param = &params->table[params->n];
    *param = (struct mq_param){.shape = shape,
                               .offset = params->count,
                               .fan_in = fan_in,
                               .fan_out = fan_out,
                               .init = init};
    memcpy(param->name, name, strlen(name) + 1);
    params->count += mq_shape_count(shape);
    return params->n++;
}

mq_status mq_params_allocate(struct mq_params *params)
{
    if (params->values) return MQ_OK;
    MQ_NEW(params->values, params->count);
    return MQ_OK;
}

void mq_params_release(struct mq_params *params)
{
    mq_free(params->table);
    mq_free(params->values);
    *params = (struct mq_params){0};
}

static const double embedding_deviation = 0.05;

static void initialise(const struct mq_param *param, struct mq_rng rng, mq_real *values)
{
    const int64_t n = mq_shape_count(param->shape);
    const int64_t cols = param->shape.size[param->shape.rank - 1];
    const double bound = sqrt(6.0 / (double)(param->fan_in + param->fan_out));
    for (int64_t i = 0; i < n; i++) {
        double value = 0;
        switch (param->init) {
        case MQ_INIT_ZERO:
            break;
        case MQ_INIT_GLOROT:
            value = bound * (2 * mq_rng_uniform(&rng) - 1);
            break;
        case MQ_INIT_EMBEDDING:
            if (i >= cols) value = embedding_deviation * mq_rng_normal(&rng);
            break;
        case MQ_INIT_LSTM_BIAS:
            value = i >= n / 4 && i < n / 2 ? 1 : 0;
            break;
        }
        values[i] = (mq_real)value;
    }
}

void mq_params_initialise(struct mq_params *params, uint64_t seed)
{
    MQ_ASSERT(params->values != NULL || params->count == 0);
    for (int64_t i = 0; i < params->n; i++) {
        const struct mq_param *param = &params->table[i];
        initialise(param, mq_rng_at(seed, MQ_RNG_INIT, (uint64_t)i, 0),
                   params->values + param->offset);
    }
}
