// Writes a part: quantiles and observations by blocks of products, then coordinates.
#include "forecast/part.h"

#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"
#include "mq/h5/table.h"

void mq_part_name(char name[32], int rank)
{
    (void)snprintf(name, 32, "part-%05d.h5", rank);
}

mq_status mq_part_coordinates(struct mq_h5 *file, const struct mq_forecast_request *request)
{
    const struct mq_origins *origins = request->origins;
    const struct mq_real_list *levels = mq_forecast_levels(&request->model->experiment);
    const int64_t horizon = request->model->experiment.data.horizon;
    const struct mq_calendar *calendar = &mq_panel_info(request->panel)->calendar;
    mq_status status = MQ_OK;
    char(*dates)[MQ_DATE_MAX] = NULL;
    const char **texts = NULL;
    int64_t *steps = NULL;
    MQ_NEW_DO(dates, origins->n);
    MQ_NEW_DO(texts, origins->n);
    MQ_NEW_DO(steps, horizon);
    for (int64_t o = 0; o < origins->n; o++) {
        mq_period_print(calendar, origins->period[o], dates[o]);
        texts[o] = dates[o];
    }
    for (int64_t k = 0; k < horizon; k++)
        steps[k] = k + 1;
    char frequency[MQ_DATE_MAX];
    char epoch[MQ_DATE_MAX];
    mq_frequency_print(calendar, frequency);
    mq_date_print(calendar->epoch_s, epoch);
    MQ_DO(mq_h5_set_text(file, "/", "frequency", frequency));
    MQ_DO(mq_h5_set_text(file, "/", "epoch", epoch));
    MQ_DO(mq_h5_write(file, "/origin", MQ_H5_I64, (struct mq_h5_shape){1, {origins->n}},
                      origins->period, false));
    MQ_DO(mq_h5_write_strings(file, "/origin_date", origins->n, texts));
    MQ_DO(
        mq_h5_write(file, "/horizon", MQ_H5_I64, (struct mq_h5_shape){1, {horizon}}, steps, false));
    MQ_DO(mq_h5_write(file, "/level", MQ_H5_F64, (struct mq_h5_shape){1, {levels->n}},
                      levels->value, false));
done:
    mq_free(steps);
    mq_free(texts);
    mq_free(dates);
    return status;
}

mq_status mq_part_attach(struct mq_h5 *file)
{
    static const struct {
        const char *dataset;
        int dimension;
        const char *scale;
        const char *label;
    } scales[] = {
        {"/quantiles", 0, "/item_id", "item"},    {"/quantiles", 1, "/origin", "origin"},
        {"/quantiles", 2, "/horizon", "horizon"}, {"/quantiles", 3, "/level", "quantile"},
        {"/observed", 0, "/item_id", "item"},     {"/observed", 1, "/origin", "origin"},
        {"/observed", 2, "/horizon", "horizon"},  {"/origin_date", 0, "/origin", "origin"},
    };
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++)
        MQ_TRY(mq_h5_attach_scale(file, scales[i].dataset, scales[i].dimension, scales[i].scale,
                                  scales[i].label));
    MQ_TRY(mq_h5_set_text(file, "/", "format", "mqcast-forecast"));
    return mq_h5_set_i64(file, "/", "version", 1);
}

// Where the rows of one part go.
struct sink {
    const struct mq_forecast_request *request;
    struct mq_h5_table *quantiles;
    struct mq_h5_table *observed;
    int64_t first; // first product of the part
    int64_t rows; // of the part
    float *targets;
    int64_t capacity; // series that `targets` has room for
};

static mq_status write_rows(void *context, const struct mq_series_block *block,
                            const float *quantiles)
{
    struct sink *sink = context;
    const int64_t row = block->first - sink->first;
    const int64_t horizon = sink->request->model->experiment.data.horizon;
    const int64_t size = sink->request->origins->n * horizon;
    if (block->n > sink->capacity) {
        mq_free(sink->targets);
        sink->capacity = 0;
        MQ_NEW(sink->targets, block->n * size);
        sink->capacity = block->n;
    }
    for (int64_t i = 0; i < block->n; i++)
        mq_targets_fill(sink->request->origins, horizon, block, i, false, sink->targets + i * size);
    MQ_TRY(mq_h5_table_write(sink->quantiles, row, block->n, quantiles));
    MQ_TRY(mq_h5_table_write(sink->observed, row, block->n, sink->targets));
    mq_meter_tell(&sink->request->meter, row + block->n, sink->rows);
    return MQ_OK;
}

static mq_status write_values(const struct mq_forecast_request *request, struct mq_pool *pool,
                              struct mq_h5 *file, const struct mq_part_facts *facts)
{
    const int64_t origins = request->origins->n;
    const int64_t horizon = request->model->experiment.data.horizon;
    const struct mq_real_list *levels = mq_forecast_levels(&request->model->experiment);
    mq_status status = MQ_OK;
    struct mq_predictor *predictor = NULL;
    struct sink sink = {.request = request, .first = facts->first, .rows = facts->rows};
    const struct mq_h5_shape shape = {4, {facts->rows, origins, horizon, levels->n}};
    const struct mq_h5_shape observed = {3, {facts->rows, origins, horizon}};
    MQ_DO(mq_h5_table_create(&sink.quantiles, file, "/quantiles", MQ_H5_F32, shape,
                             request->compress));
    MQ_DO(mq_h5_table_create(&sink.observed, file, "/observed", MQ_H5_F32, observed, true));
    MQ_DO(mq_predictor_new(&predictor, request->model, request->panel, request->origins, levels,
                           request->series, pool));
    MQ_DO(mq_predictor_run(predictor, facts->first, facts->rows, write_rows, &sink));
done:
    mq_predictor_free(predictor);
    mq_h5_table_close(sink.quantiles);
    mq_h5_table_close(sink.observed);
    mq_free(sink.targets);
    return status;
}

mq_status mq_part_write(const struct mq_forecast_request *request, struct mq_pool *pool,
                        const char *directory, struct mq_part_facts *facts)
{
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    char path[MQ_PATH_MAX];
    MQ_DO(mq_path_join(path, directory, facts->file));
    MQ_DO(mq_h5_create(&file, path));
    MQ_DO(write_values(request, pool, file, facts));
    MQ_DO(mq_panel_copy_ids(request->panel, facts->first, facts->rows, file, "/item_id"));
    MQ_DO(mq_part_coordinates(file, request));
    MQ_DO(mq_part_attach(file));
    status = mq_h5_publish(file); // frees the handle in every case
    file = NULL;
    if (status != MQ_OK) goto done;
    MQ_DO(mq_file_size(path, &facts->bytes));
    MQ_DO(mq_sha256_file(path, facts->sha256));
done:
    mq_h5_close(file);
    return status;
}
