// Whole items in memory: their values one after the other, and where each begins.
#include "data/items.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/frequency.h"
#include "data/layout.h"
#include "data/schema.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

mq_status mq_items_init(struct mq_items *items, const struct mq_schema *schema, const char *format,
                        const char *const sources[], int64_t n_sources)
{
    *items = (struct mq_items){.schema = schema, .source = sources[0]};
    MQ_TRY(mq_schema_refuse_columns(schema, format));
    return mq_import_source(&items->info, format, sources, n_sources);
}

void mq_items_release(struct mq_items *items)
{
    mq_names_release(&items->ids);
    mq_free(items->item);
    mq_free(items->statics);
    mq_free(items->reals);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_names_release(&items->categories[c]);
    *items = (struct mq_items){0};
}

mq_status mq_items_set_frequency(struct mq_items *items, const char *frequency, const char *file)
{
    struct mq_calendar unused;
    if (*frequency != '\0' && !mq_frequency_parse(frequency, &unused.unit, &unused.multiple)) {
        (void)mq_fail(MQ_DATA, "%s: unknown frequency '%s'", file, frequency);
        return mq_hint("name another in a schema file, for instance frequency: daily");
    }
    if (items->schema->frequency[0] != '\0') frequency = items->schema->frequency;
    (void)snprintf(items->frequency, sizeof items->frequency, "%s", frequency);
    return mq_schema_calendar(items->schema, frequency, file, &items->info.calendar);
}

mq_status mq_items_add_covariate(struct mq_items *items, const char *name, enum mq_role role)
{
    struct mq_panel_info *info = &items->info;
    MQ_ASSERT(items->ids.n == 0);
    if (info->n_covariates == MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA, "%s: more than %d covariates", items->source, MQ_COVARIATES_MAX);
    struct mq_covariate *covariate = &info->covariates[info->n_covariates++];
    covariate->role = role;
    const int n = snprintf(covariate->name, sizeof covariate->name, "%s", name);
    if (n < MQ_NAME_MAX) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: a name of %d bytes, at most %d", items->source, n,
                   MQ_NAME_MAX - 1);
}

// ---- items --------------------------------------------------------------------------------------

static mq_status grow_items(struct mq_items *items)
{
    const int64_t width = items->info.n_covariates;
    const int64_t capacity = mq_max_i64(256, 2 * items->item_capacity);
    struct mq_item *item = mq_realloc(items->item, capacity, sizeof *item);
    if (item == NULL) return MQ_FAILED;
    items->item = item;
    float *statics = mq_realloc(items->statics, capacity * width, sizeof *statics);
    if (statics == NULL) return MQ_FAILED;
    items->statics = statics;
    items->item_capacity = capacity;
    return MQ_OK;
}

mq_status mq_items_begin(struct mq_items *items, const char *id, int64_t start_s, const char *file,
                         int64_t row)
{
    const int64_t before = items->ids.n;
    const int64_t width = items->info.n_covariates;
    int64_t number = 0;
    if (*id == '\0') return mq_fail(MQ_DATA, "%s:%lld: the item has no id", file, (long long)row);
    MQ_TRY(mq_name_check(id, file, row));
    if (before == items->item_capacity) MQ_TRY(grow_items(items));
    MQ_TRY(mq_names_add(&items->ids, id, &number));
    if (number < before)
        return mq_fail(MQ_DATA, "%s:%lld: item '%s' has a row already", file, (long long)row, id);
    items->item[number] = (struct mq_item){.start_s = start_s, .first = items->n_reals};
    for (int64_t c = 0; c < width; c++)
        items->statics[number * width + c] =
            items->info.covariates[c].role == MQ_ROLE_STATIC_CATEGORY ? 0.0f : NAN;
    return MQ_OK;
}

static struct mq_item *last_item(struct mq_items *items)
{
    MQ_ASSERT(items->ids.n > 0);
    return &items->item[items->ids.n - 1];
}

static mq_status add_reals(struct mq_items *items, const float values[], int64_t n)
{
    if (items->n_reals + n > items->capacity) {
        const int64_t capacity = mq_max_i64(items->n_reals + n, 4096 + items->capacity * 3 / 2);
        float *reals = mq_realloc(items->reals, capacity, sizeof *reals);
        if (reals == NULL) return MQ_FAILED;
        items->reals = reals;
        items->capacity = capacity;
    }
    if (n > 0) memcpy(items->reals + items->n_reals, values, (size_t)n * sizeof *values);
    items->n_reals += n;
    return MQ_OK;
}

mq_status mq_items_add_target(struct mq_items *items, const float values[], int64_t n)
{
    struct mq_item *item = last_item(items);
    MQ_ASSERT(items->n_reals == item->first + item->length);
    item->length += n;
    return add_reals(items, values, n);
}

mq_status mq_items_add_dynamic(struct mq_items *items, const float values[], int64_t n)
{
    struct mq_item *item = last_item(items);
    MQ_ASSERT(n >= item->length);
    item->reach = mq_max_i64(item->reach, n);
    return add_reals(items, values, n);
}

void mq_items_set_real(struct mq_items *items, int64_t covariate, float value)
{
    items->statics[(items->ids.n - 1) * items->info.n_covariates + covariate] = value;
}

mq_status mq_items_set_category(struct mq_items *items, int64_t covariate, const char *name)
{
    int64_t number = -1;
    if (*name != '\0') MQ_TRY(mq_names_add(&items->categories[covariate], name, &number));
    mq_items_set_real(items, covariate, (float)(number + 1));
    return MQ_OK;
}

// ---- time ---------------------------------------------------------------------------------------

// Where a series of an item is: values [skip, skip + observed) of the item, at `start` of the
// panel.
struct span {
    int64_t start; // period of the item's first value; may be that of one not observed
    int64_t skip;
    int64_t observed;
};

struct plan {
    struct mq_items *items;
    struct span *span; // (items)
    int64_t n_periods;
    int64_t ahead;
    float *values; // room for the target and each covariate, `stride` apart
    int64_t stride;
};

// Periods begin where the earliest start is; without any at the schema's epoch.
static mq_status find_calendar(struct plan *plan)
{
    struct mq_items *items = plan->items;
    struct mq_dates dates = {0};
    for (int64_t i = 0; i < items->ids.n; i++)
        if (items->item[i].start_s != MQ_UNDATED) mq_dates_add(&dates, items->item[i].start_s, 0);
    if (dates.n == 0) return MQ_OK;
    return mq_dates_calendar(&dates, items->frequency, items->source, &items->info.calendar);
}

static void find_observed(struct plan *plan, int64_t i)
{
    const struct mq_item *item = &plan->items->item[i];
    const float *target = plan->items->reals + item->first;
    struct span *span = &plan->span[i];
    int64_t end = item->length;
    while (end > 0 && isnan(target[end - 1]))
        end--;
    while (span->skip < end && isnan(target[span->skip]))
        span->skip++;
    span->observed = end - span->skip;
}

static mq_status find_spans(struct plan *plan)
{
    const struct mq_items *items = plan->items;
    bool has_values = false;
    for (int64_t i = 0; i < items->ids.n; i++) {
        const struct mq_item *item = &items->item[i];
        struct span *span = &plan->span[i];
        int64_t end = item->length;
        find_observed(plan, i);
        has_values = has_values || span->observed > 0;
        if (item->start_s != MQ_UNDATED) {
            span->start = mq_period_of(&items->info.calendar, item->start_s);
            end = span->observed > 0 ? span->start + span->skip + span->observed : 0;
        }
        if (end > MQ_PERIODS_MAX)
            return mq_fail(MQ_DATA, "%s: item '%s' ends %lld periods after the earliest start",
                           items->source, mq_names_at(&items->ids, i), (long long)end);
        plan->n_periods = mq_max_i64(plan->n_periods, end);
    }
    if (!has_values) return mq_fail(MQ_DATA, "%s: no item has a value", items->source);
    for (int64_t i = 0; i < items->ids.n; i++)
        if (items->item[i].start_s == MQ_UNDATED)
            plan->span[i].start = plan->n_periods - items->item[i].length;
    return MQ_OK;
}

// As far as the known covariates of any item go past the end of its series.
static void find_ahead(struct plan *plan)
{
    const struct mq_items *items = plan->items;
    bool looks_ahead = false;
    for (int64_t c = 0; c < items->info.n_covariates; c++)
        looks_ahead = looks_ahead || items->info.covariates[c].role == MQ_ROLE_KNOWN;
    if (!looks_ahead) return;
    for (int64_t i = 0; i < items->ids.n; i++) {
        const struct span *span = &plan->span[i];
        const int64_t end =
            items->schema->extend ? plan->n_periods - span->start : span->skip + span->observed;
        if (span->observed > 0) plan->ahead = mq_max_i64(plan->ahead, items->item[i].reach - end);
    }
    if (items->schema->ahead >= 0) plan->ahead = items->schema->ahead;
}

// Starts may leave gaps of centuries between the items, and `extend` fills them.
static mq_status check_proportion(const struct plan *plan)
{
    const struct mq_items *items = plan->items;
    int64_t n_values = plan->n_periods;
    for (int64_t i = 0; i < items->ids.n; i++) {
        const struct span *span = &plan->span[i];
        const bool is_extended = items->schema->extend && span->observed > 0;
        n_values += plan->ahead;
        n_values += is_extended ? plan->n_periods - span->start - span->skip : span->observed;
    }
    if (!mq_is_out_of_proportion(n_values, items->n_reals)) return MQ_OK;
    return mq_fail_proportion(items->source, &items->info.calendar, plan->n_periods + plan->ahead,
                              n_values, items->n_reals);
}

// ---- the panel ----------------------------------------------------------------------------------

// Values [from, from + n) of `length` stored ones; `absent` outside them.
static void copy_values(float to[], int64_t n, const float stored[], int64_t length, int64_t from,
                        float absent)
{
    for (int64_t j = 0; j < n; j++)
        to[j] = from + j < length ? stored[from + j] : absent;
}

// A known value holds until the next one; before the first, the first holds.
static void hold_values(float values[], int64_t n, const float stored[], int64_t length,
                        int64_t from)
{
    float held = NAN;
    for (int64_t j = mq_min_i64(from, length - 1); j >= 0 && isnan(held); j--)
        held = stored[j];
    for (int64_t j = mq_max_i64(from, 0); j < length && isnan(held); j++)
        held = stored[j];
    for (int64_t j = 0; j < n; j++) {
        const int64_t at = from + j;
        if (at >= 0 && at < length && !isnan(stored[at])) held = stored[at];
        values[j] = held;
    }
}

static void fill_target(const struct plan *plan, const struct mq_item *item, int64_t from,
                        int64_t length)
{
    const struct mq_schema *schema = plan->items->schema;
    copy_values(plan->values, length, plan->items->reals + item->first, item->length, from, NAN);
    if (schema->missing != MQ_MISSING_ZERO) return;
    for (int64_t j = 0; j < length; j++)
        if (isnan(plan->values[j])) plan->values[j] = 0.0f;
}

static void fill_dynamic(const struct plan *plan, const struct mq_item *item, int64_t from,
                         int64_t length, const float *past[], const float *known[])
{
    const struct mq_panel_info *info = &plan->items->info;
    const float *stored = plan->items->reals + item->first + item->length;
    float *values = plan->values + plan->stride;
    for (int64_t c = 0; c < info->n_covariates; c++, values += plan->stride) {
        past[c] = NULL;
        known[c] = NULL;
        if (info->covariates[c].role == MQ_ROLE_PAST) {
            copy_values(values, length, stored, item->length, from, NAN);
            past[c] = values;
            stored += item->length;
        } else if (info->covariates[c].role == MQ_ROLE_KNOWN) {
            hold_values(values, length + plan->ahead, stored, item->reach, from);
            known[c] = values;
            stored += item->reach;
        }
    }
}

static mq_status append_item(const struct plan *plan, struct mq_panel_writer *writer, int64_t i)
{
    const struct mq_items *items = plan->items;
    const struct mq_item *item = &items->item[i];
    const struct span *span = &plan->span[i];
    const bool is_empty = span->observed == 0;
    const int64_t from = is_empty ? plan->n_periods - span->start : span->skip;
    int64_t length = span->observed;
    if (items->schema->extend && !is_empty) length = plan->n_periods - span->start - from;
    const float *past[MQ_COVARIATES_MAX];
    const float *known[MQ_COVARIATES_MAX];
    fill_target(plan, item, from, length);
    fill_dynamic(plan, item, from, length, past, known);
    const struct mq_series series = {
        .id = mq_names_at(&items->ids, i),
        .start = span->start + from,
        .length = length,
        .target = plan->values,
        .past = past,
        .known = known,
        .statics = items->statics + i * items->info.n_covariates,
    };
    return mq_panel_append(writer, &series);
}

static mq_status write_vocabularies(const struct mq_items *items, struct mq_panel_writer *writer)
{
    for (int64_t c = 0; c < items->info.n_covariates; c++)
        if (items->info.covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_vocabulary_write(&items->categories[c], writer, c));
    return MQ_OK;
}

static mq_status write_panel(struct plan *plan, const char *output)
{
    struct mq_items *items = plan->items;
    mq_status status = MQ_OK;
    struct mq_panel_writer *writer = NULL;
    items->info.ahead = plan->ahead;
    MQ_DO(mq_import_create(&writer, items->schema, output, &items->info));
    for (int64_t i = 0; i < items->ids.n; i++)
        MQ_DO(append_item(plan, writer, i));
    MQ_DO(write_vocabularies(items, writer));
    status = mq_panel_publish(writer);
    writer = NULL;
done:
    mq_panel_discard(writer);
    return status;
}

mq_status mq_items_write(struct mq_items *items, const char *output)
{
    if (items->ids.n == 0) return mq_fail(MQ_DATA, "%s: no items", items->source);
    if (items->n_reals == 0) return mq_fail(MQ_DATA, "%s: no item has a value", items->source);
    mq_status status = MQ_OK;
    struct plan plan = {.items = items};
    MQ_NEW_DO(plan.span, items->ids.n);
    MQ_DO(find_calendar(&plan));
    MQ_DO(find_spans(&plan));
    find_ahead(&plan);
    MQ_DO(check_proportion(&plan));
    plan.stride = plan.n_periods + plan.ahead;
    MQ_NEW_DO(plan.values, (items->info.n_covariates + 1) * plan.stride);
    MQ_DO(write_panel(&plan, output));
done:
    mq_free(plan.span);
    mq_free(plan.values);
    return status;
}
