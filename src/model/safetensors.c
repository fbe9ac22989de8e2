// The safetensors format, built in memory as checkpoints are.
#include "mq/model/safetensors.h"

#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/model/checkpoint.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are written as they lie");

static int64_t bytes_of(const struct mq_named_tensor *tensor)
{
    return mq_shape_count(tensor->shape) * (int64_t)sizeof(mq_real);
}

static json_t *describe_tensor(const struct mq_named_tensor *tensor, int64_t offset)
{
    json_t *shape = json_array();
    for (int d = 0; d < tensor->shape.rank; d++)
        mq_json_append(&shape, json_integer(tensor->shape.size[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", sizeof(mq_real) == 4 ? "F32" : "F64", "shape",
                     shape, "data_offsets", (json_int_t)offset,
                     (json_int_t)(offset + bytes_of(tensor)));
}

static json_t *describe_texts(const struct mq_named_text texts[], int64_t n)
{
    json_t *metadata = json_object();
    for (int64_t i = 0; i < n; i++)
        mq_json_set(&metadata, texts[i].name, json_string(texts[i].text));
    return metadata;
}

static mq_status print_header(const struct mq_named_text texts[], int64_t n_texts,
                              const struct mq_named_tensor tensors[], int64_t n,
                              struct mq_str *text)
{
    json_t *header = json_object();
    mq_json_set(&header, "__metadata__", describe_texts(texts, n_texts));
    int64_t offset = 0;
    for (int64_t i = 0; i < n; i++) {
        mq_json_set(&header, tensors[i].name, describe_tensor(&tensors[i], offset));
        offset += bytes_of(&tensors[i]);
    }
    const mq_status status = mq_json_text(header, JSON_COMPACT, text);
    json_decref(header);
    return status;
}

// Blanks after the header bring the values to a multiple of 8 bytes.
static mq_status put_header(struct mq_str *bytes, const struct mq_str *header)
{
    const size_t n = header->length;
    const size_t padded = (n + 7) / 8 * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(padded >> 8 * i & 0xff);
    MQ_TRY(mq_str_add_bytes(bytes, length, sizeof length));
    MQ_TRY(mq_str_add_bytes(bytes, header->data, n));
    return mq_str_add_bytes(bytes, "        ", padded - n);
}

mq_status mq_safetensors_write(const char *output, const struct mq_named_text texts[],
                               int64_t n_texts, const struct mq_named_tensor tensors[], int64_t n)
{
    mq_status status = MQ_OK;
    struct mq_str bytes = {0};
    struct mq_str header = {0};
    for (int64_t i = 0; i < n_texts; i++)
        if (!mq_is_utf8(texts[i].text))
            MQ_DO(mq_fail(MQ_FAILED, "%s: '%s' is not UTF-8", output, texts[i].name));
    MQ_DO(print_header(texts, n_texts, tensors, n, &header));
    MQ_DO(put_header(&bytes, &header));
    for (int64_t i = 0; i < n; i++)
        MQ_DO(mq_str_add_bytes(&bytes, tensors[i].values, (size_t)bytes_of(&tensors[i])));
    MQ_DO(mq_file_replace(output, bytes.data, bytes.length));
done:
    mq_str_release(&header);
    mq_str_release(&bytes);
    return status;
}

static mq_status write_weights(const struct mq_model *model, const struct mq_progress *progress,
                               const char *experiment, const char *output)
{
    mq_status status = MQ_OK;
    char step[32];
    char sha256[MQ_SHA256_HEX];
    (void)snprintf(step, sizeof step, "%lld", (long long)progress->step);
    mq_model_weights_sha256(model, sha256);
    const struct mq_named_text texts[] = {
        {"format", "mqcast-checkpoint"},
        {"model", model->experiment.model_type},
        {"step", step},
        {"weights_sha256", sha256},
        {"creator", "mqcast " MQ_VERSION},
        {"experiment", experiment},
    };
    struct mq_named_tensor *tensors = NULL;
    MQ_NEW_DO(tensors, model->params.n);
    for (int64_t i = 0; i < model->params.n; i++) {
        const struct mq_param *param = &model->params.table[i];
        tensors[i] = (struct mq_named_tensor){param->name, param->shape,
                                              model->params.values + param->offset};
    }
    MQ_DO(mq_safetensors_write(output, texts, sizeof texts / sizeof texts[0], tensors,
                               model->params.n));
done:
    mq_free(tensors);
    return status;
}

mq_status mq_checkpoint_export(const char *path, const char *output)
{
    mq_status status = MQ_OK;
    struct mq_model model = {0};
    struct mq_progress progress = {0};
    struct mq_str experiment = {0};
    MQ_DO(mq_checkpoint_read(path, &model, &progress));
    if (model.params.count == 0)
        MQ_DO(mq_fail(MQ_DATA, "%s: model %s has no weights", path, model.experiment.model_type));
    MQ_DO(mq_experiment_print(&model.experiment, &experiment));
    MQ_DO(write_weights(&model, &progress, experiment.data, output));
done:
    mq_str_release(&experiment);
    mq_model_release(&model);
    return status;
}
