// Growing columns of a long table.
#include "data/rows.h"

#include <math.h>
#include <stdio.h>

#include "data/date.h"
#include "data/rows_plan.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

static bool is_static(enum mq_role role)
{
    return role == MQ_ROLE_STATIC_REAL || role == MQ_ROLE_STATIC_CATEGORY;
}

mq_status mq_rows_init(struct mq_rows *rows, const struct mq_schema *schema,
                       const char *const sources[], int64_t n_sources)
{
    *rows = (struct mq_rows){.schema = schema, .sources = sources, .n_sources = n_sources};
    MQ_NEW(rows->source_end, n_sources);
    MQ_TRY(mq_zone_open(&rows->zone, schema->time_zone, sources[0]));
    if (schema->ends_periods) {
        struct mq_calendar calendar = {0};
        const bool is_known =
            mq_frequency_parse(schema->frequency, &calendar.unit, &calendar.multiple);
        MQ_ASSERT(is_known); // as the schema was read
        rows->period_s = is_known ? mq_period_start_s(&calendar, 1) : 0;
    }
    rows->width = 1;
    rows->available = schema->available[0] != '\0' ? rows->width++ : -1;
    for (int64_t c = 0; c < schema->n_covariates; c++)
        rows->slot[c] = is_static(schema->covariates[c].role) ? -1 : rows->width++;
    return schema->append_to != NULL ? mq_rows_base_open(rows) : MQ_OK;
}

void mq_rows_release(struct mq_rows *rows)
{
    mq_free(rows->source_end);
    mq_free(rows->item);
    mq_free(rows->time);
    mq_free(rows->line);
    mq_free(rows->reals);
    mq_free(rows->statics);
    mq_names_release(&rows->items);
    mq_zone_release(&rows->zone);
    mq_rows_base_close(&rows->base);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_names_release(&rows->categories[c]);
    *rows = (struct mq_rows){0};
}

static mq_status grow_rows(struct mq_rows *rows)
{
    const int64_t capacity = mq_max_i64(1024, rows->capacity + rows->capacity / 2);
    int32_t *item = mq_realloc(rows->item, capacity, sizeof *item);
    if (item == NULL) return MQ_FAILED;
    rows->item = item;
    int64_t *time = mq_realloc(rows->time, capacity, sizeof *time);
    if (time == NULL) return MQ_FAILED;
    rows->time = time;
    int64_t *line = mq_realloc(rows->line, capacity, sizeof *line);
    if (line == NULL) return MQ_FAILED;
    rows->line = line;
    float *reals = mq_realloc(rows->reals, capacity * rows->width, sizeof *reals);
    if (reals == NULL) return MQ_FAILED;
    rows->reals = reals;
    rows->capacity = capacity;
    return MQ_OK;
}

mq_status mq_rows_add_item(struct mq_rows *rows, const char *id, int64_t line, int64_t *item)
{
    const int64_t before = rows->items.n;
    const int64_t width = rows->schema->n_covariates;
    MQ_TRY(mq_names_add(&rows->items, id, item));
    if (*item < before) return MQ_OK;
    MQ_TRY(mq_name_check(id, rows->sources[rows->source], line));
    if (*item >= INT32_MAX) return mq_fail(MQ_DATA, "more than 2^31 items");
    if (*item >= rows->item_capacity) {
        const int64_t capacity = mq_max_i64(256, 2 * rows->item_capacity);
        float *statics = mq_realloc(rows->statics, capacity * width, sizeof *statics);
        if (statics == NULL) return MQ_FAILED;
        rows->statics = statics;
        rows->item_capacity = capacity;
    }
    for (int64_t c = 0; c < width; c++)
        rows->statics[*item * width + c] =
            rows->schema->covariates[c].role == MQ_ROLE_STATIC_CATEGORY ? 0.0f : NAN;
    return MQ_OK;
}

mq_status mq_rows_append(struct mq_rows *rows, const char *id, int64_t line, float **reals)
{
    if (rows->n == rows->capacity) MQ_TRY(grow_rows(rows));
    int64_t item = 0;
    MQ_TRY(mq_rows_add_item(rows, id, line, &item));
    const int64_t row = rows->n++;
    rows->source_end[rows->source] = rows->n;
    rows->item[row] = (int32_t)item;
    rows->time[row] = 0;
    rows->line[row] = line;
    *reals = rows->reals + row * rows->width;
    for (int64_t i = 0; i < rows->width; i++)
        (*reals)[i] = NAN;
    return MQ_OK;
}

// On the panel's clock but for what only the order of the rows tells: see to_utc.
mq_status mq_rows_set_time(struct mq_rows *rows, struct mq_moment moment)
{
    const int64_t row = rows->n - 1;
    if (row == 0) rows->has_moments = moment.has_offset;
    if (moment.has_offset != rows->has_moments)
        return mq_fail(MQ_DATA, "%s:%lld: some dates have an offset to UTC and others have none",
                       rows->sources[rows->source], (long long)rows->line[row]);
    moment.seconds -= rows->period_s;
    if (moment.has_offset && rows->schema->clock == MQ_CLOCK_LOCAL)
        moment.seconds = mq_zone_local(&rows->zone, moment.seconds);
    rows->time[row] = moment.seconds;
    return MQ_OK;
}

mq_status mq_rows_set_target(struct mq_rows *rows, double value, float *real)
{
    *real = (float)value;
    if (fabs(value) > MQ_VALUE_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: the target is %g; values go up to %g",
                       rows->sources[rows->source], (long long)rows->line[rows->n - 1], value,
                       MQ_VALUE_MAX);
    if (!isnan(value)) rows->total += value;
    return MQ_OK;
}

static float *static_of_last(struct mq_rows *rows, int64_t covariate)
{
    MQ_ASSERT(rows->n > 0 && covariate < rows->schema->n_covariates);
    return &rows->statics[rows->item[rows->n - 1] * rows->schema->n_covariates + covariate];
}

// Adds the place to the failure that two rows of an item differ in a static column.
static mq_status fail_differs(const struct mq_rows *rows, int64_t covariate, const char *was,
                              const char *is)
{
    char place[MQ_ROW_NAME_MAX];
    mq_rows_print(rows, rows->n - 1, place);
    return mq_fail(MQ_DATA,
                   "%s: column '%s' is static, but item '%s' has '%s' here and had '%s' before",
                   place, rows->schema->covariates[covariate].name,
                   mq_names_at(&rows->items, rows->item[rows->n - 1]), is, was);
}

mq_status mq_rows_set_real(struct mq_rows *rows, int64_t covariate, float value)
{
    float *held = static_of_last(rows, covariate);
    if (isnan(*held)) *held = value;
    if (isnan(value) || *held == value) return MQ_OK;
    if (rows->schema->replaces) {
        *held = value;
        return MQ_OK;
    }
    char was[32];
    char is[32];
    (void)snprintf(was, sizeof was, "%.9g", (double)*held);
    (void)snprintf(is, sizeof is, "%.9g", (double)value);
    return fail_differs(rows, covariate, was, is);
}

mq_status mq_rows_set_category(struct mq_rows *rows, int64_t covariate, const char *name)
{
    if (*name == '\0') return MQ_OK;
    struct mq_names *names = &rows->categories[covariate];
    int64_t number = 0;
    MQ_TRY(mq_names_add(names, name, &number));
    if (number + 1 == names->n)
        MQ_TRY(mq_name_check(name, rows->sources[rows->source], rows->line[rows->n - 1]));
    const float code = (float)(number + 1);
    if (number + 1 >= 1 << 24)
        return mq_fail(MQ_DATA, "column '%s' has more than 2^24 categories",
                       rows->schema->covariates[covariate].name);
    float *held = static_of_last(rows, covariate);
    if (*held == 0.0f || rows->schema->replaces) *held = code;
    if (*held == code) return MQ_OK;
    return fail_differs(rows, covariate, mq_names_at(names, (int64_t)*held - 1), name);
}

void mq_rows_print(const struct mq_rows *rows, int64_t row, char text[MQ_ROW_NAME_MAX])
{
    int64_t source = 0;
    while (row >= rows->source_end[source])
        source++;
    (void)snprintf(text, MQ_ROW_NAME_MAX, "%s:%lld", rows->sources[source],
                   (long long)rows->line[row]);
}
