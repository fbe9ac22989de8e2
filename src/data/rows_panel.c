// From rows in any order to a panel: sort, calendar, spans, gaps.
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/frequency.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

struct layout {
    struct mq_rows *rows;
    struct mq_calendar calendar;
    int64_t *first; // (items + 1) where each item begins in `order`
    int64_t *order; // (rows) by item, then time
    int64_t *start; // (items) period
    int64_t *length; // (items)
    int64_t n_periods;
    int64_t ahead;
};

static void layout_release(struct layout *layout)
{
    mq_free(layout->first);
    mq_free(layout->order);
    mq_free(layout->start);
    mq_free(layout->length);
}

static int64_t row_time(const struct layout *layout, int64_t at)
{
    return layout->rows->time[layout->order[at]];
}

static float row_real(const struct layout *layout, int64_t at, int64_t slot)
{
    return layout->rows->reals[layout->order[at] * layout->rows->width + slot];
}

// ---- order --------------------------------------------------------------------------------------

struct moment {
    int64_t time;
    int64_t row;
};

static int compare_moments(const void *left, const void *right)
{
    const struct moment *a = left;
    const struct moment *b = right;
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static void sort_item(struct layout *layout, int64_t item, struct moment *scratch)
{
    const int64_t begin = layout->first[item];
    const int64_t n = layout->first[item + 1] - begin;
    bool is_sorted = true;
    for (int64_t i = 1; i < n; i++)
        is_sorted = is_sorted && row_time(layout, begin + i - 1) <= row_time(layout, begin + i);
    if (is_sorted) return;
    for (int64_t i = 0; i < n; i++)
        scratch[i] = (struct moment){row_time(layout, begin + i), layout->order[begin + i]};
    qsort(scratch, (size_t)n, sizeof *scratch, compare_moments);
    for (int64_t i = 0; i < n; i++)
        layout->order[begin + i] = scratch[i].row;
}

// Counting sort by item keeps the rows of an item as they came; then each item by time.
static mq_status sort_rows(struct layout *layout)
{
    const struct mq_rows *rows = layout->rows;
    const int64_t n_items = rows->items.n;
    int64_t longest = 0;
    MQ_NEW(layout->first, n_items + 1);
    MQ_NEW(layout->order, rows->n);
    for (int64_t row = 0; row < rows->n; row++)
        layout->first[rows->item[row] + 1]++;
    for (int64_t item = 0; item < n_items; item++) {
        longest = mq_max_i64(longest, layout->first[item + 1]);
        layout->first[item + 1] += layout->first[item];
        layout->start[item] = layout->first[item]; // for now: where the item's next row goes
    }
    for (int64_t row = 0; row < rows->n; row++)
        layout->order[layout->start[rows->item[row]]++] = row;
    struct moment *scratch = NULL;
    MQ_NEW(scratch, longest);
    for (int64_t item = 0; item < n_items; item++)
        sort_item(layout, item, scratch);
    mq_free(scratch);
    return MQ_OK;
}

// ---- time ---------------------------------------------------------------------------------------

static mq_status find_calendar(struct layout *layout)
{
    const struct mq_rows *rows = layout->rows;
    struct mq_dates dates = {0};
    for (int64_t item = 0; item < rows->items.n; item++) {
        for (int64_t at = layout->first[item]; at < layout->first[item + 1]; at++) {
            const bool is_first = at == layout->first[item];
            const int64_t time = row_time(layout, at);
            mq_dates_add(&dates, time, is_first ? 0 : time - row_time(layout, at - 1));
        }
    }
    return mq_dates_calendar(&dates, rows->schema->frequency, rows->sources[0], &layout->calendar);
}

static mq_status fail_misfit(const struct layout *layout, int64_t row)
{
    char place[MQ_ROW_NAME_MAX];
    char date[MQ_DATE_MAX];
    char frequency[MQ_DATE_MAX];
    char epoch[MQ_DATE_MAX];
    mq_rows_print(layout->rows, row, place);
    mq_date_print(layout->rows->time[row], date);
    mq_frequency_print(&layout->calendar, frequency);
    mq_period_print(&layout->calendar, 0, epoch);
    (void)mq_fail(MQ_DATA, "%s: %s is not one of the dates of a %s series that begins on %s", place,
                  date, frequency, epoch);
    return mq_hint("correct the row, or name the frequency in a schema file: frequency: daily");
}

static mq_status find_periods(struct layout *layout)
{
    struct mq_rows *rows = layout->rows;
    for (int64_t row = 0; row < rows->n; row++)
        if (!mq_date_fits(&layout->calendar, rows->time[row])) return fail_misfit(layout, row);
    for (int64_t row = 0; row < rows->n; row++)
        rows->time[row] = mq_period_of(&layout->calendar, rows->time[row]);
    return MQ_OK;
}

// Periods ascend with time, so rows of the same period are neighbours.
static mq_status refuse_repeats(const struct layout *layout)
{
    const struct mq_rows *rows = layout->rows;
    for (int64_t at = 1; at < rows->n; at++) {
        const int64_t row = layout->order[at];
        const int64_t before = layout->order[at - 1];
        if (rows->item[row] != rows->item[before] || rows->time[row] != rows->time[before])
            continue;
        char place[MQ_ROW_NAME_MAX];
        char other[MQ_ROW_NAME_MAX];
        char date[MQ_DATE_MAX];
        mq_rows_print(rows, mq_max_i64(row, before), place);
        mq_rows_print(rows, mq_min_i64(row, before), other);
        mq_period_print(&layout->calendar, rows->time[row], date);
        (void)mq_fail(MQ_DATA, "%s: item '%s' has %s again, first at %s", place,
                      mq_names_at(&rows->items, rows->item[row]), date, other);
        return mq_hint("one row per item and period: sum the rows of a period first");
    }
    return MQ_OK;
}

// A series spans its observed targets; one without any begins where the panel ends.
static mq_status find_spans(struct layout *layout)
{
    const struct mq_rows *rows = layout->rows;
    int64_t last_row_period = 0;
    for (int64_t item = 0; item < rows->items.n; item++) {
        layout->start[item] = -1;
        for (int64_t at = layout->first[item]; at < layout->first[item + 1]; at++) {
            last_row_period = mq_max_i64(last_row_period, row_time(layout, at));
            if (isnan(row_real(layout, at, 0))) continue;
            if (layout->start[item] < 0) layout->start[item] = row_time(layout, at);
            layout->length[item] = row_time(layout, at) + 1 - layout->start[item];
        }
        layout->n_periods =
            mq_max_i64(layout->n_periods, layout->start[item] + layout->length[item]);
    }
    if (layout->n_periods == 0)
        return mq_fail(MQ_DATA, "%s: no row has a target", rows->sources[0]);
    for (int64_t item = 0; item < rows->items.n; item++) {
        if (layout->start[item] < 0)
            layout->start[item] = layout->n_periods;
        else if (rows->schema->extend)
            layout->length[item] = layout->n_periods - layout->start[item];
    }
    bool looks_ahead = false;
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        looks_ahead = looks_ahead || rows->schema->covariates[c].role == MQ_ROLE_KNOWN ||
                      rows->schema->covariates[c].role == MQ_ROLE_CALENDAR;
    const int64_t as_far_as_rows_go = last_row_period + 1 - layout->n_periods;
    const int64_t wanted = rows->schema->ahead >= 0 ? rows->schema->ahead : as_far_as_rows_go;
    layout->ahead = looks_ahead ? wanted : 0;
    return MQ_OK;
}

// ---- values -------------------------------------------------------------------------------------

// Values shared by all series: every row may give one, all rows of a period must agree, and a
// period without any is 0.
static mq_status write_calendar(const struct layout *layout, struct mq_panel_writer *writer,
                                int64_t covariate)
{
    const struct mq_rows *rows = layout->rows;
    const int64_t n = layout->n_periods + layout->ahead;
    mq_status status = MQ_OK;
    float *values = NULL;
    int64_t *giver = NULL; // row that gave the value + 1
    MQ_NEW_DO(values, n);
    MQ_NEW_DO(giver, n);
    for (int64_t row = 0; row < rows->n; row++) {
        const float value = rows->reals[row * rows->width + rows->slot[covariate]];
        const int64_t period = rows->time[row];
        if (isnan(value) || period >= n) continue;
        if (giver[period] != 0 && values[period] != value) {
            char place[MQ_ROW_NAME_MAX];
            char other[MQ_ROW_NAME_MAX];
            mq_rows_print(rows, row, place);
            mq_rows_print(rows, giver[period] - 1, other);
            MQ_DO(mq_fail(MQ_DATA,
                          "%s: calendar column '%s' is %g here and %g for the same date at %s",
                          place, rows->schema->covariates[covariate].name, (double)value,
                          (double)values[period], other));
        }
        values[period] = value;
        giver[period] = row + 1;
    }
    MQ_DO(mq_panel_set_calendar(writer, covariate, n, values));
done:
    mq_free(values);
    mq_free(giver);
    return status;
}

// Values of one slot at the periods of an item's span; `absent` where it has no row.
static void spread(const struct layout *layout, int64_t item, int64_t slot, float absent,
                   float values[])
{
    const int64_t start = layout->start[item];
    const int64_t length = layout->length[item];
    for (int64_t j = 0; j < length; j++)
        values[j] = absent;
    for (int64_t at = layout->first[item]; at < layout->first[item + 1]; at++) {
        const int64_t j = row_time(layout, at) - start;
        if (j >= 0 && j < length) values[j] = row_real(layout, at, slot);
    }
}

static void spread_available(const struct layout *layout, int64_t item, float values[])
{
    spread(layout, item, layout->rows->available, 1.0f, values);
    for (int64_t j = 0; j < layout->length[item]; j++)
        if (isnan(values[j])) values[j] = 1.0f;
}

// A known value holds until the next one; before the first, the first holds.
static void spread_known(const struct layout *layout, int64_t item, int64_t slot, float values[])
{
    const int64_t n = layout->length[item] + layout->ahead;
    int64_t done = 0;
    float held = NAN;
    for (int64_t at = layout->first[item]; at < layout->first[item + 1]; at++) {
        const float value = row_real(layout, at, slot);
        if (isnan(value)) continue;
        const int64_t j = row_time(layout, at) - layout->start[item];
        if (isnan(held)) held = value;
        for (; done < j && done < n; done++)
            values[done] = held;
        held = value;
    }
    for (; done < n; done++)
        values[done] = held;
}

// ---- the panel ----------------------------------------------------------------------------------

// Room for one series: each slot has the longest span and the periods ahead.
struct scratch {
    float *values;
    int64_t stride;
    const float *past[MQ_COVARIATES_MAX];
    const float *known[MQ_COVARIATES_MAX];
};

static mq_status scratch_init(struct scratch *scratch, const struct layout *layout)
{
    const struct mq_rows *rows = layout->rows;
    for (int64_t item = 0; item < rows->items.n; item++)
        scratch->stride = mq_max_i64(scratch->stride, layout->length[item]);
    scratch->stride += layout->ahead;
    MQ_NEW(scratch->values, rows->width * scratch->stride);
    for (int64_t c = 0; c < rows->schema->n_covariates; c++) {
        if (rows->slot[c] < 0) continue;
        const float *values = scratch->values + rows->slot[c] * scratch->stride;
        const enum mq_role role = rows->schema->covariates[c].role;
        if (role == MQ_ROLE_PAST) scratch->past[c] = values;
        if (role == MQ_ROLE_KNOWN) scratch->known[c] = values;
    }
    return MQ_OK;
}

static mq_status append_item(const struct layout *layout, struct mq_panel_writer *writer,
                             int64_t item, struct scratch *scratch)
{
    const struct mq_rows *rows = layout->rows;
    const struct mq_schema *schema = rows->schema;
    float *available = NULL;
    spread(layout, item, 0, schema->missing == MQ_MISSING_ZERO ? 0.0f : NAN, scratch->values);
    if (rows->available >= 0) {
        available = scratch->values + rows->available * scratch->stride;
        spread_available(layout, item, available);
    }
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        if (rows->slot[c] < 0) continue;
        float *values = scratch->values + rows->slot[c] * scratch->stride;
        if (scratch->past[c] != NULL) spread(layout, item, rows->slot[c], NAN, values);
        if (scratch->known[c] != NULL) spread_known(layout, item, rows->slot[c], values);
    }
    const struct mq_series series = {
        .id = mq_names_at(&rows->items, item),
        .start = layout->start[item],
        .length = layout->length[item],
        .target = scratch->values,
        .available = available,
        .past = scratch->past,
        .known = scratch->known,
        .statics = rows->statics + item * schema->n_covariates,
    };
    return mq_panel_append(writer, &series);
}

static mq_status write_vocabulary(const struct mq_names *names, struct mq_panel_writer *writer,
                                  int64_t covariate)
{
    const char **list = NULL;
    MQ_TRY(mq_names_list(names, &list));
    const mq_status status = mq_panel_set_vocabulary(writer, covariate, names->n, list);
    mq_free(list);
    return status;
}

static mq_status write_shared(const struct layout *layout, struct mq_panel_writer *writer)
{
    const struct mq_schema *schema = layout->rows->schema;
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        const enum mq_role role = schema->covariates[c].role;
        if (role == MQ_ROLE_CALENDAR) MQ_TRY(write_calendar(layout, writer, c));
        if (role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(write_vocabulary(&layout->rows->categories[c], writer, c));
    }
    return MQ_OK;
}

static mq_status write_panel(const struct layout *layout, const char *format, const char *output)
{
    const struct mq_rows *rows = layout->rows;
    const struct mq_schema *schema = rows->schema;
    mq_status status = MQ_OK;
    struct mq_panel_writer *writer = NULL;
    struct scratch scratch = {0};
    struct mq_panel_info info = {
        .calendar = layout->calendar,
        .ahead = layout->ahead,
        .has_available = rows->available >= 0,
        .n_covariates = schema->n_covariates,
    };
    memcpy(info.covariates, schema->covariates, sizeof info.covariates);
    MQ_DO(mq_import_source(info.source, format, rows->sources, rows->n_sources));
    MQ_DO(scratch_init(&scratch, layout));
    MQ_DO(mq_panel_create(&writer, output, &info));
    for (int64_t item = 0; item < rows->items.n; item++)
        MQ_DO(append_item(layout, writer, item, &scratch));
    MQ_DO(write_shared(layout, writer));
    status = mq_panel_publish(writer);
    writer = NULL;
done:
    mq_panel_discard(writer);
    mq_free(scratch.values);
    return status;
}

mq_status mq_rows_write(struct mq_rows *rows, const char *format, const char *output)
{
    if (rows->n == 0) return mq_fail(MQ_DATA, "%s: no rows", rows->sources[0]);
    mq_status status = MQ_OK;
    struct layout layout = {.rows = rows};
    MQ_NEW_DO(layout.start, rows->items.n);
    MQ_NEW_DO(layout.length, rows->items.n);
    MQ_DO(sort_rows(&layout));
    MQ_DO(find_calendar(&layout));
    MQ_DO(find_periods(&layout));
    MQ_DO(refuse_repeats(&layout));
    MQ_DO(find_spans(&layout));
    MQ_DO(write_panel(&layout, format, output));
done:
    layout_release(&layout);
    return status;
}
