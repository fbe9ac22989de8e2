// Checkpoint to safetensors, built in memory as checkpoints are.
#include "mq/model/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/model/checkpoint.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights are written as they lie");

static json_t *describe_tensor(const struct mq_param *param)
{
    const int64_t bytes = (int64_t)sizeof(mq_real);
    int64_t count = 1;
    json_t *shape = json_array();
    for (int d = 0; d < param->shape.rank; d++) {
        count *= param->shape.size[d];
        (void)json_array_append_new(shape, json_integer(param->shape.size[d]));
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", sizeof(mq_real) == 4 ? "F32" : "F64", "shape",
                     shape, "data_offsets", (json_int_t)(param->offset * bytes),
                     (json_int_t)((param->offset + count) * bytes));
}

static json_t *describe_model(const struct mq_model *model, const struct mq_progress *progress,
                              const char *experiment)
{
    char step[32];
    char sha256[MQ_SHA256_HEX];
    (void)snprintf(step, sizeof step, "%lld", (long long)progress->step);
    mq_model_weights_sha256(model, sha256);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "format", "mqcast-checkpoint", "model",
                     model->experiment.model_type, "step", step, "weights_sha256", sha256,
                     "creator", "mqcast " MQ_VERSION, "experiment", experiment);
}

// The header as text; NULL when there is no memory or a name is not UTF-8. Freed with free.
static char *print_header(const struct mq_model *model, const struct mq_progress *progress,
                          const char *experiment)
{
    json_t *header = json_object();
    bool is_made = json_object_set_new(header, "__metadata__",
                                       describe_model(model, progress, experiment)) == 0;
    for (int64_t i = 0; i < model->params.n && is_made; i++)
        is_made = json_object_set_new(header, model->params.table[i].name,
                                      describe_tensor(&model->params.table[i])) == 0;
    char *text = is_made ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    return text;
}

// Blanks after the header bring the weights to a multiple of 8 bytes.
static mq_status put_header(struct mq_str *bytes, const char *header)
{
    const size_t n = strlen(header);
    const size_t padded = (n + 7) / 8 * 8;
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(padded >> 8 * i & 0xff);
    MQ_TRY(mq_str_add_bytes(bytes, length, sizeof length));
    MQ_TRY(mq_str_add_bytes(bytes, header, n));
    return mq_str_add_bytes(bytes, "        ", padded - n);
}

mq_status mq_checkpoint_export(const char *path, const char *output)
{
    mq_status status = MQ_OK;
    struct mq_model model = {0};
    struct mq_progress progress = {0};
    struct mq_str experiment = {0};
    struct mq_str bytes = {0};
    char *header = NULL;
    MQ_DO(mq_checkpoint_read(path, &model, &progress));
    if (model.params.count == 0)
        MQ_DO(mq_fail(MQ_DATA, "%s: model %s has no weights", path, model.experiment.model_type));
    MQ_DO(mq_experiment_print(&model.experiment, &experiment));
    header = print_header(&model, &progress, experiment.data);
    if (header == NULL) MQ_DO(mq_fail(MQ_FAILED, "%s: the header cannot be made", output));
    MQ_DO(put_header(&bytes, header));
    MQ_DO(mq_str_add_bytes(&bytes, model.params.values,
                           (size_t)model.params.count * sizeof(mq_real)));
    MQ_DO(mq_file_replace(output, bytes.data, bytes.length));
done:
    free(header);
    mq_str_release(&bytes);
    mq_str_release(&experiment);
    mq_model_release(&model);
    return status;
}
