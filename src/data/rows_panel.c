// From placed rows to a panel: spans, gaps, and the base beneath the rows.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/input.h"
#include "data/layout.h"
#include "data/rows_plan.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"

static void plan_release(struct mq_rows_plan *plan)
{
    mq_free(plan->first);
    mq_free(plan->order);
    mq_free(plan->start);
    mq_free(plan->length);
    mq_series_block_release(&plan->block);
}

// ---- spans --------------------------------------------------------------------------------------

// What the panel will hold: dates may leave gaps of centuries between the rows.
static mq_status check_proportion(const struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    int64_t n_values = plan->n_periods;
    int64_t n_given = rows->n;
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        if (rows->schema->covariates[c].role == MQ_ROLE_CALENDAR)
            n_values += plan->n_periods + plan->ahead;
    for (int64_t item = 0; item < rows->items.n; item++)
        n_values += plan->length[item] + plan->ahead;
    for (int64_t item = 0; item < rows->base.n_series; item++)
        n_given += rows->base.length[item];
    if (!mq_is_out_of_proportion(n_values, n_given)) return MQ_OK;
    return mq_fail_proportion(rows->sources[0], &plan->calendar, plan->n_periods + plan->ahead,
                              n_values, n_given);
}

// From the first observed target of base and rows to the last; start is -1 where there is none.
static void find_span(struct mq_rows_plan *plan, int64_t item)
{
    const struct mq_rows_base *base = &plan->rows->base;
    int64_t start = -1;
    int64_t end = 0;
    if (item < base->n_series && base->length[item] > 0) {
        start = base->start[item] + base->shift;
        end = start + base->length[item];
    }
    for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
        if (isnan(mq_plan_real(plan, at, 0))) continue;
        const int64_t period = mq_plan_time(plan, at);
        start = start < 0 ? period : mq_min_i64(start, period);
        end = mq_max_i64(end, period + 1);
    }
    plan->start[item] = start;
    plan->length[item] = start < 0 ? 0 : end - start;
}

// Periods past the end for which rows, or the base, have known values.
static int64_t find_ahead(const struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    bool looks_ahead = false;
    int64_t end = 0;
    for (int64_t c = 0; c < rows->schema->n_covariates; c++)
        looks_ahead = looks_ahead || rows->schema->covariates[c].role == MQ_ROLE_KNOWN ||
                      rows->schema->covariates[c].role == MQ_ROLE_CALENDAR;
    if (!looks_ahead) return 0;
    if (rows->schema->ahead >= 0) return rows->schema->ahead;
    for (int64_t at = 0; at < plan->first[rows->items.n]; at++)
        end = mq_max_i64(end, mq_plan_time(plan, at) + 1);
    if (rows->base.panel != NULL) {
        const struct mq_panel_info *info = mq_panel_info(rows->base.panel);
        end = mq_max_i64(end, rows->base.shift + info->n_periods + info->ahead);
    }
    return end - plan->n_periods;
}

// A series spans its observed targets; one without any begins where the panel ends.
static mq_status find_spans(struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    for (int64_t item = 0; item < rows->items.n; item++) {
        find_span(plan, item);
        plan->n_periods = mq_max_i64(plan->n_periods, plan->start[item] + plan->length[item]);
    }
    if (plan->n_periods == 0) return mq_fail(MQ_DATA, "%s: no row has a target", rows->sources[0]);
    for (int64_t item = 0; item < rows->items.n; item++) {
        if (plan->start[item] < 0)
            plan->start[item] = plan->n_periods;
        else if (rows->schema->extend)
            plan->length[item] = plan->n_periods - plan->start[item];
    }
    plan->ahead = find_ahead(plan);
    return check_proportion(plan);
}

// ---- what rows change ---------------------------------------------------------------------------

// Whether the base holds an observed value of its own history at a period.
static bool is_held(const struct mq_held *held, int64_t period)
{
    const int64_t i = period - held->start;
    return held->values != NULL && i >= 0 && i < held->length && !isnan(held->values[i]);
}

// A row that says something else than the base is refused unless rows replace. Values past the end
// of a series were plans, which rows may always change.
static mq_status check_change(const struct mq_rows_plan *plan, const struct mq_held *held,
                              int64_t row, const char *column)
{
    const struct mq_rows *rows = plan->rows;
    const int64_t period = rows->time[row];
    if (rows->schema->replaces || !is_held(held, period)) return MQ_OK;
    char place[MQ_ROW_NAME_MAX];
    char date[MQ_DATE_MAX];
    mq_rows_print(rows, row, place);
    mq_period_print(&plan->calendar, period, date);
    (void)mq_fail(MQ_DATA, "%s: item '%s' has another %s on %s than the panel, which has %.9g",
                  place, mq_names_at(&rows->items, rows->item[row]), column, date,
                  (double)held->values[period - held->start]);
    return mq_hint("--replace lets rows win over what the panel holds");
}

static bool differs(const struct mq_held *held, int64_t period, float value)
{
    return is_held(held, period) && held->values[period - held->start] != value;
}

// ---- values -------------------------------------------------------------------------------------

// Values shared by all series: every row may give one, all rows of a period must agree, and a
// period without any is 0.
static mq_status write_calendar(const struct mq_rows_plan *plan, struct mq_panel_writer *writer,
                                int64_t covariate)
{
    const struct mq_rows *rows = plan->rows;
    const char *name = rows->schema->covariates[covariate].name;
    const struct mq_held held = mq_rows_base_shared(rows, covariate);
    const int64_t n = plan->n_periods + plan->ahead;
    mq_status status = MQ_OK;
    float *values = NULL;
    int64_t *giver = NULL; // row that gave the value + 1
    MQ_NEW_DO(values, n);
    MQ_NEW_DO(giver, n);
    for (int64_t i = 0; i < held.length + held.ahead && held.start + i < n; i++)
        values[held.start + i] = held.values[i];
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
                          place, name, (double)value, (double)values[period], other));
        }
        if (differs(&held, period, value)) MQ_DO(check_change(plan, &held, row, name));
        values[period] = value;
        giver[period] = row + 1;
    }
    MQ_DO(mq_panel_set_calendar(writer, covariate, n, values));
done:
    mq_free(values);
    mq_free(giver);
    return status;
}

// Values of one slot at the periods of an item's span: of the base, then of the rows, `absent` where
// neither has one. A row of the base's span that has none changes nothing.
static mq_status spread(const struct mq_rows_plan *plan, int64_t item, int64_t slot,
                        const char *column, struct mq_held held, float absent, float values[])
{
    const int64_t start = plan->start[item];
    const int64_t length = plan->length[item];
    for (int64_t j = 0; j < length; j++) {
        const int64_t i = start + j - held.start;
        values[j] = i >= 0 && i < held.length ? held.values[i] : absent;
    }
    for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
        const int64_t period = mq_plan_time(plan, at);
        const int64_t j = period - start;
        const float value = mq_plan_real(plan, at, slot);
        const bool is_in_base = period >= held.start && period < held.start + held.length;
        if (j < 0 || j >= length || (is_in_base && isnan(value))) continue;
        if (differs(&held, period, value))
            MQ_TRY(check_change(plan, &held, plan->order[at], column));
        values[j] = value;
    }
    return MQ_OK;
}

// An hour that the clock skipped was not without demand: it was not.
static void skip_hours(const struct mq_rows_plan *plan, int64_t item, float values[])
{
    const struct mq_zone *zone = &plan->rows->zone;
    const int64_t start = plan->start[item];
    for (int64_t i = 0; i < zone->n; i++) {
        const struct mq_zone_change *change = &zone->changes[i];
        const int64_t from = mq_period_of(&plan->calendar, change->at_s + change->before_s) - start;
        const int64_t to = mq_period_of(&plan->calendar, change->at_s + change->after_s) - start;
        for (int64_t j = mq_max_i64(from, 0); j < mq_min_i64(to, plan->length[item]); j++)
            if (mq_plan_times(plan, start + j) == MQ_NEVER) values[j] = NAN;
    }
}

static mq_status spread_target(const struct mq_rows_plan *plan, int64_t item, float values[])
{
    const float absent = plan->rows->schema->missing == MQ_MISSING_ZERO ? 0.0f : NAN;
    MQ_TRY(spread(plan, item, 0, "target", mq_rows_base_target(plan, item), absent, values));
    skip_hours(plan, item, values);
    return MQ_OK;
}

static mq_status spread_available(const struct mq_rows_plan *plan, int64_t item, float values[])
{
    MQ_TRY(spread(plan, item, plan->rows->available, "availability",
                  mq_rows_base_available(plan, item), 1.0f, values));
    for (int64_t j = 0; j < plan->length[item]; j++)
        if (isnan(values[j])) values[j] = 1.0f;
    return MQ_OK;
}

// What is given at a period: at period `at` of n, or the last one before, or the first after them.
struct given {
    float *values; // (n), NaN = not given
    int64_t n;
    float before;
    float after;
};

static void give(struct given *given, int64_t j, float value)
{
    if (isnan(value)) return;
    if (j < 0)
        given->before = value;
    else if (j < given->n)
        given->values[j] = value;
    else if (isnan(given->after))
        given->after = value;
}

// Past the end of a series the base holds plans, and each until the next one: given is what changes.
static void give_held(struct given *given, const struct mq_held *held, int64_t start)
{
    float before = NAN;
    for (int64_t i = 0; i < held->length + held->ahead; i++) {
        const float value = held->values[i];
        if (i < held->length || value != before) give(given, held->start + i - start, value);
        before = value;
    }
}

// A known value holds until the next one; before the first, the first holds.
static mq_status spread_known(const struct mq_rows_plan *plan, int64_t item, int64_t c,
                              float values[])
{
    const struct mq_rows *rows = plan->rows;
    const struct mq_held held = mq_rows_base_covariate(plan, item, c);
    const int64_t start = plan->start[item];
    struct given given = {values, plan->length[item] + plan->ahead, NAN, NAN};
    for (int64_t j = 0; j < given.n; j++)
        values[j] = NAN;
    give_held(&given, &held, start);
    for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
        const float value = mq_plan_real(plan, at, rows->slot[c]);
        if (!isnan(value) && differs(&held, mq_plan_time(plan, at), value))
            MQ_TRY(check_change(plan, &held, plan->order[at], rows->schema->covariates[c].name));
        give(&given, mq_plan_time(plan, at) - start, value);
    }
    float value = given.before;
    for (int64_t j = 0; j < given.n && isnan(value); j++)
        value = values[j];
    if (isnan(value)) value = given.after;
    for (int64_t j = 0; j < given.n; j++) {
        if (!isnan(values[j])) value = values[j];
        values[j] = value;
    }
    return MQ_OK;
}

// ---- the panel ----------------------------------------------------------------------------------

// Room for one series: each slot has the longest span and the periods ahead.
struct scratch {
    float *values;
    int64_t stride;
    const float *past[MQ_COVARIATES_MAX];
    const float *known[MQ_COVARIATES_MAX];
};

static mq_status scratch_init(struct scratch *scratch, const struct mq_rows_plan *plan)
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

static mq_status spread_item(const struct mq_rows_plan *plan, int64_t item, struct scratch *scratch)
{
    const struct mq_rows *rows = plan->rows;
    const struct mq_schema *schema = rows->schema;
    MQ_TRY(spread_target(plan, item, scratch->values));
    if (rows->available >= 0)
        MQ_TRY(spread_available(plan, item, scratch->values + rows->available * scratch->stride));
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        if (rows->slot[c] < 0) continue;
        float *values = scratch->values + rows->slot[c] * scratch->stride;
        if (scratch->known[c] != NULL) MQ_TRY(spread_known(plan, item, c, values));
        if (scratch->past[c] != NULL)
            MQ_TRY(spread(plan, item, rows->slot[c], schema->covariates[c].name,
                          mq_rows_base_covariate(plan, item, c), NAN, values));
    }
    return MQ_OK;
}

static mq_status append_item(struct mq_rows_plan *plan, struct mq_panel_writer *writer,
                             int64_t item, struct scratch *scratch)
{
    const struct mq_rows *rows = plan->rows;
    const struct mq_schema *schema = rows->schema;
    MQ_TRY(mq_rows_base_turn(plan, item));
    MQ_TRY(spread_item(plan, item, scratch));
    const struct mq_series series = {
        .id = mq_names_at(&rows->items, item),
        .start = plan->start[item],
        .length = plan->length[item],
        .target = scratch->values,
        .available =
            rows->available < 0 ? NULL : scratch->values + rows->available * scratch->stride,
        .past = scratch->past,
        .known = scratch->known,
        .statics = rows->statics + item * schema->n_covariates,
    };
    return mq_panel_append(writer, &series);
}

// A calendar file's values in the base stay as they are, as far as they go.
static mq_status copy_calendar(const struct mq_rows_plan *plan, const struct mq_panel_info *info,
                               struct mq_panel_writer *writer, int64_t c)
{
    const struct mq_held held = mq_rows_base_shared(plan->rows, c);
    const int64_t n = held.start + held.length + held.ahead;
    float *values = NULL;
    MQ_NEW(values, n);
    for (int64_t t = 0; t < n; t++)
        values[t] = t < held.start ? NAN : held.values[t - held.start];
    if (n < plan->n_periods + plan->ahead)
        mq_warn("calendar covariate '%s' ends before the panel: --calendar gives more of it",
                info->covariates[c].name);
    const mq_status status = mq_panel_set_calendar(writer, c, n, values);
    mq_free(values);
    return status;
}

static mq_status write_shared(const struct mq_rows_plan *plan, const struct mq_panel_info *info,
                              struct mq_panel_writer *writer)
{
    const struct mq_schema *schema = plan->rows->schema;
    for (int64_t c = 0; c < schema->n_covariates; c++) {
        const enum mq_role role = schema->covariates[c].role;
        if (role == MQ_ROLE_CALENDAR) MQ_TRY(write_calendar(plan, writer, c));
        if (role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_vocabulary_write(&plan->rows->categories[c], writer, c));
    }
    for (int64_t c = schema->n_covariates; c < info->n_covariates; c++)
        MQ_TRY(copy_calendar(plan, info, writer, c));
    return MQ_OK;
}

// "csv: day9.csv, appended to csv: sales.csv": the sources between the first and the last are left
// out, or a panel that grows by the day would say ever more.
static mq_status describe_source(const struct mq_rows *rows, const char *format,
                                 struct mq_panel_info *info)
{
    static const char joint[] = ", appended to ";
    MQ_TRY(mq_import_source(info, format, rows->sources, rows->n_sources));
    if (rows->base.panel == NULL) return MQ_OK;
    const char *before = mq_panel_info(rows->base.panel)->source;
    const char *first = strstr(before, joint);
    const size_t used = strlen(info->source);
    (void)snprintf(info->source + used, sizeof info->source - used, "%s%.200s", joint,
                   first != NULL ? first + strlen(joint) : before);
    if (!mq_is_printable(info->source)) info->source[used] = '\0'; // cut within a character
    info->source_sha256[0] = '\0';
    return MQ_OK;
}

static mq_status write_panel(struct mq_rows_plan *plan, const char *format, const char *output)
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
    mq_rows_base_join(rows, &info);
    MQ_DO(describe_source(rows, format, &info));
    MQ_DO(scratch_init(&scratch, plan));
    MQ_DO(mq_import_create(&writer, schema, output, &info));
    for (int64_t item = 0; item < rows->items.n; item++)
        MQ_DO(append_item(plan, writer, item, &scratch));
    MQ_DO(write_shared(plan, &info, writer));
    MQ_DO(mq_rows_base_check(rows));
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
    struct mq_rows_plan plan = {.rows = rows};
    mq_info("%s: %lld rows, their targets add up to %.15g", rows->sources[0], (long long)rows->n,
            rows->total);
    MQ_NEW_DO(plan.start, rows->items.n);
    MQ_NEW_DO(plan.length, rows->items.n);
    MQ_DO(mq_rows_place(&plan));
    MQ_DO(find_spans(&plan));
    MQ_DO(write_panel(&plan, format, output));
done:
    plan_release(&plan);
    return status;
}
