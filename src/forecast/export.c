// Forecast to CSV, by blocks of items.
#include "mq/forecast/export.h"

#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/calendar.h"
#include "mq/data/csv_writer.h"
#include "mq/data/split.h"
#include "mq/model/manifest.h"
#include "mq/h5/table.h"

enum { VALUES_AT_ONCE = 1 << 20 };

// Rows of an origin are its horizons, or the spans of its totals.
struct export
{
    bool is_of_totals;
    struct mq_h5 *file;
    struct mq_h5_table *quantiles;
    struct mq_h5_table *observed;
    struct mq_h5_table *order_up_to; // of totals
    int64_t n_items;
    int64_t n_origins;
    int64_t n_rows;
    int64_t n_levels;
    struct mq_calendar calendar;
    int64_t *origin; // (n_origins) period
    int64_t *lead; // (n_rows) of totals
    int64_t *review; // (n_rows) of totals
    double *level; // (n_levels)
    int64_t n_block; // items at once
    float *q; // (n_block, n_origins, n_rows, n_levels)
    float *y; // (n_block, n_origins, n_rows)
    float *order; // (n_block, n_origins, n_rows) of totals
    struct mq_csv_writer *csv;
};

static void export_release(struct export *export)
{
    mq_csv_discard(export->csv);
    mq_h5_table_close(export->quantiles);
    mq_h5_table_close(export->observed);
    mq_h5_table_close(export->order_up_to);
    mq_h5_close(export->file);
    mq_free(export->origin);
    mq_free(export->lead);
    mq_free(export->review);
    mq_free(export->level);
    mq_free(export->q);
    mq_free(export->y);
    mq_free(export->order);
}

static mq_status read_calendar(struct export *export)
{
    struct mq_str frequency = {0};
    struct mq_str epoch = {0};
    struct mq_calendar *calendar = &export->calendar;
    mq_status status = MQ_OK;
    MQ_DO(mq_h5_get_text(export->file, "/", "frequency", &frequency));
    MQ_DO(mq_h5_get_text(export->file, "/", "epoch", &epoch));
    if (!mq_frequency_parse(frequency.data, &calendar->unit, &calendar->multiple) ||
        !mq_date_parse(epoch.data, &calendar->epoch_s))
        MQ_DO(mq_fail(MQ_DATA, "%s: frequency '%s' or epoch '%s' is not one",
                      mq_h5_path(export->file), frequency.data, epoch.data));
done:
    mq_str_release(&frequency);
    mq_str_release(&epoch);
    return status;
}

static mq_status open_quantiles(struct export *export, const char *path)
{
    const char *name = export->is_of_totals ? "/span_quantiles" : "/quantiles";
    struct mq_h5_shape shape = {0};
    if (export->is_of_totals && !mq_h5_has(export->file, name)) {
        (void)mq_fail(MQ_USAGE, "%s: a forecast without totals", path);
        return mq_hint("train with loss.spans: [{lead: 2, review: 1}]");
    }
    MQ_TRY(mq_h5_table_open(&export->quantiles, export->file, name, MQ_H5_F32, &shape));
    if (shape.rank != 4 || shape.size[0] < 1 || shape.size[1] < 1 || shape.size[2] < 1 ||
        shape.size[3] < 1)
        return mq_fail(MQ_DATA, "%s: %s holds no forecast", path, name);
    export->n_items = shape.size[0];
    export->n_origins = shape.size[1];
    export->n_rows = shape.size[2];
    export->n_levels = shape.size[3];
    return MQ_OK;
}

// A number for each row of the quantiles.
static mq_status open_beside(struct export *export, const char *path, const char *name,
                             struct mq_h5_table **table)
{
    struct mq_h5_shape shape = {0};
    MQ_TRY(mq_h5_table_open(table, export->file, name, MQ_H5_F32, &shape));
    if (shape.rank == 3 && shape.size[0] == export->n_items && shape.size[1] == export->n_origins &&
        shape.size[2] == export->n_rows)
        return MQ_OK;
    return mq_fail(MQ_DATA, "%s: %s does not fit the quantiles", path, name);
}

static mq_status open_spans(struct export *export, const char *path)
{
    const struct mq_h5_shape rows = {1, {export->n_rows}};
    MQ_TRY(open_beside(export, path, "/order_up_to", &export->order_up_to));
    MQ_NEW(export->lead, export->n_rows);
    MQ_NEW(export->review, export->n_rows);
    MQ_TRY(mq_h5_read(export->file, "/span_lead", MQ_H5_I64, rows, export->lead));
    return mq_h5_read(export->file, "/span_review", MQ_H5_I64, rows, export->review);
}

static mq_status open_forecast(struct export *export, const char *path)
{
    MQ_TRY(mq_h5_open_face(&export->file, path));
    MQ_TRY(open_quantiles(export, path));
    MQ_TRY(open_beside(export, path, export->is_of_totals ? "/span_observed" : "/observed",
                       &export->observed));
    if (export->is_of_totals) MQ_TRY(open_spans(export, path));
    MQ_TRY(read_calendar(export));
    MQ_NEW(export->origin, export->n_origins);
    MQ_NEW(export->level, export->n_levels);
    MQ_TRY(mq_h5_read(export->file, "/origin", MQ_H5_I64,
                      (struct mq_h5_shape){1, {export->n_origins}}, export->origin));
    MQ_TRY(mq_h5_read(export->file, "/level", MQ_H5_F64,
                      (struct mq_h5_shape){1, {export->n_levels}}, export->level));
    MQ_TRY(mq_origins_check(export->origin, export->n_origins, export->n_rows, path));
    const int64_t points = export->n_origins * export->n_rows;
    export->n_block = mq_max_i64(1, VALUES_AT_ONCE / mq_max_i64(1, points * export->n_levels));
    MQ_NEW(export->q, export->n_block * points * export->n_levels);
    MQ_NEW(export->y, export->n_block * points);
    if (export->is_of_totals) MQ_NEW(export->order, export->n_block * points);
    return MQ_OK;
}

static void write_header(struct export *export)
{
    static const char *const of_horizons[] = {"item_id", "origin", "date", "h"};
    static const char *const of_totals[] = {"item_id", "origin", "lead", "review"};
    enum { NAMES = 4 };
    for (size_t i = 0; i < NAMES; i++)
        mq_csv_put_text(export->csv, export->is_of_totals ? of_totals[i] : of_horizons[i]);
    for (int64_t q = 0; q < export->n_levels; q++) {
        char name[32];
        (void)snprintf(name, sizeof name, "q%.12g", export->level[q]);
        mq_csv_put_text(export->csv, name);
    }
    if (export->is_of_totals) mq_csv_put_text(export->csv, "order_up_to");
    mq_csv_put_text(export->csv, "observed");
    mq_csv_end_row(export->csv);
}

// Which horizon, and the date of its target, or which span.
static void write_place(const struct export *export, int64_t origin, int64_t row)
{
    char date[MQ_DATE_MAX];
    if (export->is_of_totals) {
        mq_csv_put_i64(export->csv, export->lead[row]);
        mq_csv_put_i64(export->csv, export->review[row]);
        return;
    }
    mq_period_print(&export->calendar, origin + row + 1, date);
    mq_csv_put_text(export->csv, date);
    mq_csv_put_i64(export->csv, row + 1);
}

static void write_item(const struct export *export, int64_t i, const char *id)
{
    int64_t at = i * export->n_origins * export->n_rows; // of the row
    for (int64_t o = 0; o < export->n_origins; o++) {
        char origin[MQ_DATE_MAX];
        mq_period_print(&export->calendar, export->origin[o], origin);
        for (int64_t row = 0; row < export->n_rows; row++, at++) {
            mq_csv_put_text(export->csv, id);
            mq_csv_put_text(export->csv, origin);
            write_place(export, export->origin[o], row);
            for (int64_t l = 0; l < export->n_levels; l++)
                mq_csv_put_real(export->csv, export->q[at * export->n_levels + l]);
            if (export->is_of_totals) mq_csv_put_real(export->csv, export->order[at]);
            mq_csv_put_real(export->csv, export->y[at]);
            mq_csv_end_row(export->csv);
        }
    }
}

static mq_status write_items(struct export *export)
{
    for (int64_t first = 0; first < export->n_items; first += export->n_block) {
        const int64_t n = mq_min_i64(export->n_block, export->n_items - first);
        char **ids = NULL;
        MQ_TRY(mq_h5_table_read(export->quantiles, first, n, export->q));
        MQ_TRY(mq_h5_table_read(export->observed, first, n, export->y));
        if (export->is_of_totals)
            MQ_TRY(mq_h5_table_read(export->order_up_to, first, n, export->order));
        MQ_TRY(mq_h5_read_strings(export->file, "/item_id", first, n, &ids));
        for (int64_t i = 0; i < n; i++)
            write_item(export, i, ids[i]);
        mq_free(ids);
    }
    return MQ_OK;
}

static mq_status export_rows(const char *path, const char *output, bool is_of_totals)
{
    struct export export = {.is_of_totals = is_of_totals};
    json_t *manifest = NULL;
    mq_status status = MQ_OK;
    MQ_DO(mq_forecast_verify(path, &manifest));
    MQ_DO(open_forecast(&export, path));
    MQ_DO(mq_csv_create(&export.csv, output));
    write_header(&export);
    MQ_DO(write_items(&export));
    status = mq_csv_publish(export.csv);
    export.csv = NULL;
done:
    json_decref(manifest);
    export_release(&export);
    return status;
}

mq_status mq_forecast_export(const char *path, const char *output)
{
    return export_rows(path, output, false);
}

mq_status mq_forecast_export_totals(const char *path, const char *output)
{
    return export_rows(path, output, true);
}
