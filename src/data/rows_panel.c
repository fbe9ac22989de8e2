// From rows in any order to a panel: sort, calendar, spans, gaps.
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/frequency.h"
#include "data/layout.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

struct plan {
    struct mq_rows *rows;
    struct mq_calendar calendar;
    int64_t *first; // (items + 1) where each item begins in `order`
    int64_t *order; // (rows) by item, then time
    int64_t *start; // (items) period
    int64_t *length; // (items)
    int64_t n_periods;
    int64_t ahead;
};

static void plan_release(struct plan *plan)
{
    mq_free(plan->first);
    mq_free(plan->order);
    mq_free(plan->start);
    mq_free(plan->length);
}

static int64_t row_time(const struct plan *plan, int64_t at)
{
    return plan->rows->time[plan->order[at]];
}

static float row_real(const struct plan *plan, int64_t at, int64_t slot)
{
    return plan->rows->reals[plan->order[at] * plan->rows->width + slot];
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

static void sort_item(struct plan *plan, int64_t item, struct moment *scratch)
{
    const int64_t begin = plan->first[item];
    const int64_t n = plan->first[item + 1] - begin;
    bool is_sorted = true;
    for (int64_t i = 1; i < n; i++)
        is_sorted = is_sorted && row_time(plan, begin + i - 1) <= row_time(plan, begin + i);
    if (is_sorted) return;
    for (int64_t i = 0; i < n; i++)
        scratch[i] = (struct moment){row_time(plan, begin + i), plan->order[begin + i]};
    qsort(scratch, (size_t)n, sizeof *scratch, compare_moments);
    for (int64_t i = 0; i < n; i++)
        plan->order[begin + i] = scratch[i].row;
}

// Counting sort by item keeps the rows of an item as they came; then each item by time.
static mq_status sort_rows(struct plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    const int64_t n_items = rows->items.n;
    int64_t longest = 0;
    MQ_NEW(plan->first, n_items + 1);
    MQ_NEW(plan->order, rows->n);
    for (int64_t row = 0; row < rows->n; row++)
        plan->first[rows->item[row] + 1]++;
    for (int64_t item = 0; item < n_items; item++) {
        longest = mq_max_i64(longest, plan->first[item + 1]);
        plan->first[item + 1] += plan->first[item];
        plan->start[item] = plan->first[item]; // while rows are placed: where the next one goes
    }
    for (int64_t row = 0; row < rows->n; row++)
        plan->order[plan->start[rows->item[row]]++] = row;
    struct moment *scratch = NULL;
    MQ_NEW(scratch, longest);
    for (int64_t item = 0; item < n_items; item++)
        sort_item(plan, item, scratch);
    mq_free(scratch);
    return MQ_OK;
}

// ---- time ---------------------------------------------------------------------------------------

static mq_status find_calendar(struct plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    struct mq_dates dates = {0};
    for (int64_t item = 0; item < rows->items.n; item++) {
        for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
            const bool is_first = at == plan->first[item];
            const int64_t time = row_time(plan, at);
            mq_dates_add(&dates, time, is_first ? 0 : time - row_time(plan, at - 1));
        }
    }
    return mq_dates_calendar(&dates, rows->schema->frequency, rows->sources[0], &plan->calendar);
}

static mq_status fail_misfit(const struct plan *plan, int64_t row)
{
    char place[MQ_ROW_NAME_MAX];
    char date[MQ_DATE_MAX];
    char frequency[MQ_DATE_MAX];
    char epoch[MQ_DATE_MAX];
    mq_rows_print(plan->rows, row, place);
    mq_date_print(plan->rows->time[row], date);
    mq_frequency_print(&plan->calendar, frequency);
    mq_period_print(&plan->calendar, 0, epoch);
    (void)mq_fail(MQ_DATA, "%s: %s is not one of the dates of a %s series that begins on %s", place,
                  date, frequency, epoch);
    return mq_hint("correct the row, or name the frequency in a schema file: frequency: daily");
}

static mq_status fail_far(const struct plan *plan, int64_t row)
{
    char place[MQ_ROW_NAME_MAX];
    char epoch[MQ_DATE_MAX];
    mq_rows_print(plan->rows, row, place);
    mq_period_print(&plan->calendar, 0, epoch);
    return mq_fail(MQ_DATA, "%s: %lld periods after the earliest date, %s; at most %d are possible",
                   place, (long long)plan->rows->time[row], epoch, MQ_PERIODS_MAX);
}

static mq_status find_periods(struct plan *plan)
{
    struct mq_rows *rows = plan->rows;
    for (int64_t row = 0; row < rows->n; row++)
        if (!mq_date_fits(&plan->calendar, rows->time[row])) return fail_misfit(plan, row);
    for (int64_t row = 0; row < rows->n; row++) {
        rows->time[row] = mq_period_of(&plan->calendar, rows->time[row]);
        if (rows->time[row] >= MQ_PERIODS_MAX) return fail_far(plan, row);
    }
    return MQ_OK;
}

// Rows of the same time are neighbours: seconds without a calendar, and periods, which ascend with
// them.
static mq_status refuse_repeats(const struct plan *plan, const struct mq_calendar *calendar)
{
    const struct mq_rows *rows = plan->rows;
    for (int64_t at = 1; at < rows->n; at++) {
        const int64_t row = plan->order[at];
        const int64_t before = plan->order[at - 1];
        if (rows->item[row] != rows->item[before] || rows->time[row] != rows->time[before])
            continue;
        char place[MQ_ROW_NAME_MAX];
        char other[MQ_ROW_NAME_MAX];
        char date[MQ_DATE_MAX];
        mq_rows_print(rows, mq_max_i64(row, before), place);
        mq_rows_print(rows, mq_min_i64(row, before), other);
        if (calendar != NULL)
            mq_period_print(calendar, rows->time[row], date);
        else
            mq_date_print(rows->time[row], date);
        (void)mq_fail(MQ_DATA, "%s: item '%s' has %s again, first at %s", place,
                      mq_names_at(&rows->items, rows->item[row]), date, other);
        return mq_hint("one row per item and period: sum the rows of a period first");
    }
    return MQ_OK;
}

// What the panel will hold: dates may leave gaps of centuries between the rows.
static mq_status check_proportion(const struct plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    int64_t n_values = plan->n_periods;
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        if (rows->schema->covariates[c].role == MQ_ROLE_CALENDAR)
            n_values += plan->n_periods + plan->ahead;
    for (int64_t item = 0; item < rows->items.n; item++)
        n_values += plan->length[item] + plan->ahead;
    if (!mq_is_out_of_proportion(n_values, rows->n)) return MQ_OK;
    return mq_fail_proportion(rows->sources[0], &plan->calendar, plan->n_periods + plan->ahead,
                              n_values, rows->n);
}

// A series spans its observed targets; one without any begins where the panel ends.
static mq_status find_spans(struct plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    int64_t last_row_period = 0;
    for (int64_t item = 0; item < rows->items.n; item++) {
        plan->start[item] = -1;
        for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
            last_row_period = mq_max_i64(last_row_period, row_time(plan, at));
            if (isnan(row_real(plan, at, 0))) continue;
            if (plan->start[item] < 0) plan->start[item] = row_time(plan, at);
            plan->length[item] = row_time(plan, at) + 1 - plan->start[item];
        }
        plan->n_periods = mq_max_i64(plan->n_periods, plan->start[item] + plan->length[item]);
    }
    if (plan->n_periods == 0) return mq_fail(MQ_DATA, "%s: no row has a target", rows->sources[0]);
    for (int64_t item = 0; item < rows->items.n; item++) {
        if (plan->start[item] < 0)
            plan->start[item] = plan->n_periods;
        else if (rows->schema->extend)
            plan->length[item] = plan->n_periods - plan->start[item];
    }
    bool looks_ahead = false;
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        looks_ahead = looks_ahead || rows->schema->covariates[c].role == MQ_ROLE_KNOWN ||
                      rows->schema->covariates[c].role == MQ_ROLE_CALENDAR;
    const int64_t as_far_as_rows_go = last_row_period + 1 - plan->n_periods;
    const int64_t wanted = rows->schema->ahead >= 0 ? rows->schema->ahead : as_far_as_rows_go;
    plan->ahead = looks_ahead ? wanted : 0;
    return check_proportion(plan);
}

// ---- values -------------------------------------------------------------------------------------

// Values shared by all series: every row may give one, all rows of a period must agree, and a
// period without any is 0.
static mq_status write_calendar(const struct plan *plan, struct mq_panel_writer *writer,
                                int64_t covariate)
{
    const struct mq_rows *rows = plan->rows;
    const int64_t n = plan->n_periods + plan->ahead;
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
static void spread(const struct plan *plan, int64_t item, int64_t slot, float absent,
                   float values[])
{
    const int64_t start = plan->start[item];
    const int64_t length = plan->length[item];
    for (int64_t j = 0; j < length; j++)
        values[j] = absent;
    for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
        const int64_t j = row_time(plan, at) - start;
        if (j >= 0 && j < length) values[j] = row_real(plan, at, slot);
    }
}

static void spread_available(const struct plan *plan, int64_t item, float values[])
{
    spread(plan, item, plan->rows->available, 1.0f, values);
    for (int64_t j = 0; j < plan->length[item]; j++)
        if (isnan(values[j])) values[j] = 1.0f;
}

// A known value holds until the next one; before the first, the first holds.
static void spread_known(const struct plan *plan, int64_t item, int64_t slot, float values[])
{
    const int64_t n = plan->length[item] + plan->ahead;
    int64_t done = 0;
    float held = NAN;
    for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
        const float value = row_real(plan, at, slot);
        if (isnan(value)) continue;
        const int64_t j = row_time(plan, at) - plan->start[item];
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

static mq_status scratch_init(struct scratch *scratch, const struct plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    for (int64_t item = 0; item < rows->items.n; item++)
        scratch->stride = mq_max_i64(scratch->stride, plan->length[item]);
    scratch->stride += plan->ahead;
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

static mq_status append_item(const struct plan *plan, struct mq_panel_writer *writer, int64_t item,
                             struct scratch *scratch)
{
    const struct mq_rows *rows = plan->rows;
    const struct mq_schema *schema = rows->schema;
    float *available = NULL;
    spread(plan, item, 0, schema->missing == MQ_MISSING_ZERO ? 0.0f : NAN, scratch->values);
    if (rows->available >= 0) {
        available = scratch->values + rows->available * scratch->stride;
        spread_available(plan, item, available);
    }
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        if (rows->slot[c] < 0) continue;
        float *values = scratch->values + rows->slot[c] * scratch->stride;
        if (scratch->past[c] != NULL) spread(plan, item, rows->slot[c], NAN, values);
        if (scratch->known[c] != NULL) spread_known(plan, item, rows->slot[c], values);
    }
    const struct mq_series series = {
        .id = mq_names_at(&rows->items, item),
        .start = plan->start[item],
        .length = plan->length[item],
        .target = scratch->values,
        .available = available,
        .past = scratch->past,
        .known = scratch->known,
        .statics = rows->statics + item * schema->n_covariates,
    };
    return mq_panel_append(writer, &series);
}

static mq_status write_shared(const struct plan *plan, struct mq_panel_writer *writer)
{
    const struct mq_schema *schema = plan->rows->schema;
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        const enum mq_role role = schema->covariates[c].role;
        if (role == MQ_ROLE_CALENDAR) MQ_TRY(write_calendar(plan, writer, c));
        if (role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_vocabulary_write(&plan->rows->categories[c], writer, c));
    }
    return MQ_OK;
}

static mq_status write_panel(const struct plan *plan, const char *format, const char *output)
{
    const struct mq_rows *rows = plan->rows;
    const struct mq_schema *schema = rows->schema;
    mq_status status = MQ_OK;
    struct mq_panel_writer *writer = NULL;
    struct scratch scratch = {0};
    struct mq_panel_info info = {
        .calendar = plan->calendar,
        .ahead = plan->ahead,
        .has_available = rows->available >= 0,
        .n_covariates = schema->n_covariates,
    };
    memcpy(info.covariates, schema->covariates, sizeof info.covariates);
    MQ_DO(mq_import_source(&info, format, rows->sources, rows->n_sources));
    MQ_DO(scratch_init(&scratch, plan));
    MQ_DO(mq_import_create(&writer, schema, output, &info));
    for (int64_t item = 0; item < rows->items.n; item++)
        MQ_DO(append_item(plan, writer, item, &scratch));
    MQ_DO(write_shared(plan, writer));
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
    struct plan plan = {.rows = rows};
    MQ_NEW_DO(plan.start, rows->items.n);
    MQ_NEW_DO(plan.length, rows->items.n);
    MQ_DO(sort_rows(&plan));
    MQ_DO(refuse_repeats(&plan, NULL)); // before what two equal dates would make of the frequency
    MQ_DO(find_calendar(&plan));
    MQ_DO(find_periods(&plan));
    MQ_DO(refuse_repeats(&plan, &plan.calendar));
    MQ_DO(find_spans(&plan));
    MQ_DO(write_panel(&plan, format, output));
done:
    plan_release(&plan);
    return status;
}
