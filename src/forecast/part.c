// Writes a part: quantiles and observations by blocks of products, then coordinates.
#include "forecast/part.h"

#include <stdio.h>
#include <string.h>

#include "forecast/orders.h"
#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/h5/parts.h"
#include "mq/h5/table.h"

void mq_part_name(char name[32], int rank)
{
    (void)snprintf(name, 32, "part-%05d.h5", rank);
}

static const struct mq_span_list *spans_of(const struct mq_forecast_request *request)
{
    return &request->model->experiment.loss.spans;
}

int mq_part_tables(const struct mq_forecast_request *request, int64_t rows,
                   struct mq_part_table tables[MQ_PART_TABLES])
{
    const int64_t origins = request->origins->n;
    const int64_t horizon = request->model->experiment.data.horizon;
    const int64_t levels = mq_forecast_levels(&request->model->experiment)->n;
    const int64_t spans = spans_of(request)->n;
    const struct mq_part_table all[MQ_PART_TABLES] = {
        [MQ_PART_QUANTILES] = {"/quantiles", {4, {rows, origins, horizon, levels}}},
        [MQ_PART_OBSERVED] = {"/observed", {3, {rows, origins, horizon}}},
        [MQ_PART_SPAN_QUANTILES] = {"/span_quantiles", {4, {rows, origins, spans, levels}}},
        [MQ_PART_SPAN_OBSERVED] = {"/span_observed", {3, {rows, origins, spans}}},
        [MQ_PART_ORDER_UP_TO] = {"/order_up_to", {3, {rows, origins, spans}}},
    };
    memcpy(tables, all, sizeof all);
    return spans > 0 ? MQ_PART_TABLES : MQ_PART_SPAN_QUANTILES;
}

static mq_status write_numbers(struct mq_h5 *file, const char *name, int64_t n,
                               const int64_t numbers[])
{
    return mq_h5_write(file, name, MQ_H5_I64, (struct mq_h5_shape){1, {n}}, numbers, false);
}

static mq_status write_spans(struct mq_h5 *file, const struct mq_span_list *spans)
{
    int64_t periods[MQ_SPANS_MAX];
    int64_t lead[MQ_SPANS_MAX];
    int64_t review[MQ_SPANS_MAX];
    if (spans->n == 0) return MQ_OK;
    for (int64_t s = 0; s < spans->n; s++) {
        periods[s] = mq_span_periods(spans->value[s]);
        lead[s] = spans->value[s].lead;
        review[s] = spans->value[s].review;
    }
    MQ_TRY(write_numbers(file, "/span", spans->n, periods));
    MQ_TRY(write_numbers(file, "/span_lead", spans->n, lead));
    return write_numbers(file, "/span_review", spans->n, review);
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
    MQ_DO(write_numbers(file, "/origin", origins->n, origins->period));
    MQ_DO(mq_h5_write_strings(file, "/origin_date", origins->n, texts));
    MQ_DO(write_numbers(file, "/horizon", horizon, steps));
    MQ_DO(mq_h5_write(file, "/level", MQ_H5_F64, (struct mq_h5_shape){1, {levels->n}},
                      levels->value, false));
    MQ_DO(write_spans(file, spans_of(request)));
done:
    mq_free(steps);
    mq_free(texts);
    mq_free(dates);
    return status;
}

mq_status mq_part_attach(struct mq_h5 *file, const struct mq_forecast_request *request)
{
    struct axis {
        const char *scale;
        const char *label;
    };
    static const struct axis of_horizons[] = {{"/item_id", "item"},
                                              {"/origin", "origin"},
                                              {"/horizon", "horizon"},
                                              {"/level", "quantile"}};
    static const struct axis of_spans[] = {
        {"/item_id", "item"}, {"/origin", "origin"}, {"/span", "span"}, {"/level", "quantile"}};
    struct mq_part_table tables[MQ_PART_TABLES];
    const int n = mq_part_tables(request, 0, tables);
    for (int i = 0; i < n; i++) {
        const struct axis *axes = i < MQ_PART_SPAN_QUANTILES ? of_horizons : of_spans;
        for (int d = 0; d < tables[i].shape.rank; d++)
            MQ_TRY(mq_h5_attach_scale(file, tables[i].name, d, axes[d].scale, axes[d].label));
    }
    MQ_TRY(mq_h5_attach_scale(file, "/origin_date", 0, "/origin", "origin"));
    if (n == MQ_PART_TABLES) {
        MQ_TRY(mq_h5_attach_scale(file, "/span_lead", 0, "/span", "span"));
        MQ_TRY(mq_h5_attach_scale(file, "/span_review", 0, "/span", "span"));
    }
    MQ_TRY(mq_h5_set_text(file, "/", "format", "mqcast-forecast"));
    return mq_h5_set_i64(file, "/", "version", 1);
}

// Where the rows of one part go.
struct sink {
    const struct mq_forecast_request *request;
    struct orders orders;
    struct mq_h5_table *table[MQ_PART_TABLES];
    int n_tables;
    int64_t first; // first product of the part
    int64_t rows; // of the part
    int64_t capacity; // series that the rest has room for
    float *targets; // (capacity, O, H)
    float *totals; // (capacity, O, S)
    float *levels; // (capacity, O, S) to order up to
};

static mq_status make_room(struct sink *sink, int64_t n)
{
    const int64_t origins = sink->request->origins->n;
    const int64_t horizon = sink->request->model->experiment.data.horizon;
    if (n <= sink->capacity) return MQ_OK;
    mq_free(sink->targets);
    mq_free(sink->totals);
    mq_free(sink->levels);
    sink->targets = sink->totals = sink->levels = NULL;
    sink->capacity = 0;
    MQ_NEW(sink->targets, n * origins * horizon);
    MQ_NEW(sink->totals, n * origins * spans_of(sink->request)->n);
    MQ_NEW(sink->levels, n * origins * spans_of(sink->request)->n);
    sink->capacity = n;
    return MQ_OK;
}

static mq_status write_rows(void *context, const struct mq_series_block *block,
                            const struct mq_forecasts *forecasts)
{
    struct sink *sink = context;
    const struct mq_origins *origins = sink->request->origins;
    const int64_t horizon = sink->request->model->experiment.data.horizon;
    MQ_TRY(make_room(sink, block->n));
    for (int64_t i = 0; i < block->n; i++)
        mq_targets_fill(origins, horizon, block, i, false,
                        sink->targets + i * origins->n * horizon);
    if (sink->n_tables == MQ_PART_TABLES) {
        mq_totals_fill(spans_of(sink->request), block->n * origins->n, horizon, sink->targets,
                       sink->totals);
        orders_fill(&sink->orders, block, forecasts->spans, sink->levels);
    }
    const float *const rows[MQ_PART_TABLES] = {[MQ_PART_QUANTILES] = forecasts->quantiles,
                                               [MQ_PART_OBSERVED] = sink->targets,
                                               [MQ_PART_SPAN_QUANTILES] = forecasts->spans,
                                               [MQ_PART_SPAN_OBSERVED] = sink->totals,
                                               [MQ_PART_ORDER_UP_TO] = sink->levels};
    for (int i = 0; i < sink->n_tables; i++)
        MQ_TRY(mq_h5_table_write(sink->table[i], block->first - sink->first, block->n, rows[i]));
    mq_meter_tell(&sink->request->meter, block->first - sink->first + block->n, sink->rows);
    return MQ_OK;
}

static mq_status write_values(const struct mq_forecast_request *request, struct mq_pool *pool,
                              struct mq_h5 *file, const struct mq_part_facts *facts)
{
    const struct mq_real_list *levels = mq_forecast_levels(&request->model->experiment);
    mq_status status = MQ_OK;
    struct mq_predictor *predictor = NULL;
    struct mq_part_table tables[MQ_PART_TABLES];
    struct sink sink = {.request = request, .first = facts->first, .rows = facts->rows};
    sink.n_tables = mq_part_tables(request, facts->rows, tables);
    if (sink.n_tables == MQ_PART_TABLES) MQ_DO(orders_init(&sink.orders, request));
    for (int i = 0; i < sink.n_tables; i++)
        MQ_DO(mq_h5_table_create(&sink.table[i], file, tables[i].name, MQ_H5_F32, tables[i].shape,
                                 request->compress || i == MQ_PART_OBSERVED ||
                                     i == MQ_PART_SPAN_OBSERVED));
    MQ_DO(mq_predictor_new(&predictor, request->model, request->panel, request->origins, levels,
                           request->series, pool));
    MQ_DO(mq_predictor_run(predictor, facts->first, facts->rows, write_rows, &sink));
done:
    mq_predictor_free(predictor);
    for (int i = 0; i < sink.n_tables; i++)
        mq_h5_table_close(sink.table[i]);
    mq_free(sink.targets);
    mq_free(sink.totals);
    mq_free(sink.levels);
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
    MQ_DO(mq_part_attach(file, request));
    status = mq_h5_publish(file); // frees the handle in every case
    file = NULL;
    if (status != MQ_OK) goto done;
    MQ_DO(mq_file_size(path, &facts->bytes));
    MQ_DO(mq_sha256_file(path, facts->sha256));
done:
    mq_h5_close(file);
    return status;
}
