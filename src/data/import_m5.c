// The M5 competition's files: wide daily sales with calendar, prices and weights beside them.
//
// Sources are known by their headers and come in any order. A series begins with its first sale:
// before it an item counts as not yet launched, as in the competition's own measures. Known ahead
// are sell_price (of the week, held where there is none), snap (of the item's own state) and an
// indicator for each type of event, as far as the calendar goes past the sales. With prices a day
// without a sale in a week without a price, between weeks that have one, is not available.
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/date.h"
#include "data/layout.h"
#include "data/m5.h"
#include "data/schema.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"

enum { N_KEYS = 5, ITEM_KEY = 4, STORE_KEY = 2, STATE_KEY = 3 };
static const char *const keys[N_KEYS] = {"cat_id", "dept_id", "store_id", "state_id", "item_id"};

enum table { SALES, CALENDAR, PRICES, WEIGHTS };

// Where things are in a file of sales; days are numbered from 0, the calendar's first.
struct layout {
    int64_t n; // columns
    int64_t id;
    int64_t key[N_KEYS]; // -1: not there
    int64_t first_column;
    int64_t first_day;
    int64_t n_days;
};

struct m5 {
    const struct mq_schema *schema;
    struct mq_m5_calendar calendar;
    struct mq_m5_prices prices;
    struct mq_m5_weights weights;
    bool has_key[N_KEYS];
    int64_t first_day; // of the panel, the earliest of any file
    int64_t end_day;
    int64_t ahead;
    struct mq_panel_info info;
    int64_t price; // covariate, or -1
    int64_t snap;
    int64_t event;
    int64_t weight;
    int64_t category[N_KEYS];
    struct mq_names categories[N_KEYS];
    float *target; // (days of the panel) of one item
    float *available;
    float *known[2]; // (days and ahead) price, snap
    float *by_week; // (weeks) prices of one item
    struct mq_panel_writer *writer;
    int64_t n_periods; // as observed so far
};

static void m5_release(struct m5 *m5)
{
    mq_m5_calendar_release(&m5->calendar);
    mq_m5_prices_release(&m5->prices);
    mq_m5_weights_release(&m5->weights);
    for (int i = 0; i < N_KEYS; i++)
        mq_names_release(&m5->categories[i]);
    mq_free(m5->target);
    mq_free(m5->available);
    mq_free(m5->known[0]);
    mq_free(m5->known[1]);
    mq_free(m5->by_week);
    mq_panel_discard(m5->writer);
}

// ---- sources ------------------------------------------------------------------------------------

// "d_17" is day 16; -1 for other names.
static int64_t day_of(const char *name)
{
    int64_t day = 0;
    const bool is_day = strncmp(name, "d_", 2) == 0 && mq_parse_i64(name + 2, &day) && day >= 1 &&
                        day <= MQ_PERIODS_MAX;
    return is_day ? day - 1 : -1;
}

static mq_status open_table(struct mq_csv *csv, const char *path, enum table *table)
{
    bool has_record = false;
    MQ_TRY(mq_csv_open(csv, path));
    MQ_TRY(mq_csv_next(csv, &has_record));
    if (!has_record) return mq_fail(MQ_DATA, "%s: the file is empty", path);
    if (mq_m5_column(csv, "sell_price") >= 0)
        *table = PRICES;
    else if (mq_m5_column(csv, "wm_yr_wk") >= 0)
        *table = CALENDAR;
    else if (mq_m5_column(csv, "Agg_Level_1") >= 0)
        *table = WEIGHTS;
    else if (mq_m5_column(csv, "id") >= 0 && day_of(csv->fields[csv->n - 1]) >= 0)
        *table = SALES;
    else
        return mq_fail(MQ_DATA,
                       "%s: no table of the M5 competition: sales, calendar, prices or "
                       "weights",
                       path);
    return MQ_OK;
}

// The columns after the keys are days, without gaps.
static mq_status find_layout(const struct mq_csv *csv, struct layout *layout)
{
    *layout = (struct layout){.n = csv->n, .id = mq_m5_column(csv, "id")};
    for (int i = 0; i < N_KEYS; i++)
        layout->key[i] = mq_m5_column(csv, keys[i]);
    while (day_of(csv->fields[layout->first_column]) < 0)
        layout->first_column++;
    layout->first_day = day_of(csv->fields[layout->first_column]);
    layout->n_days = csv->n - layout->first_column;
    for (int64_t i = 0; i < layout->n_days; i++) {
        const char *name = csv->fields[layout->first_column + i];
        if (day_of(name) != layout->first_day + i)
            return mq_fail(MQ_DATA, "%s: column '%s' stands where d_%lld should be", csv->path,
                           name, (long long)(layout->first_day + i + 1));
    }
    return MQ_OK;
}

// Days of the panel, and which keys all files of sales have.
static mq_status take_in_sales(struct m5 *m5, const struct mq_csv *csv)
{
    struct layout layout;
    MQ_TRY(find_layout(csv, &layout));
    const bool is_first = m5->end_day == 0;
    const int64_t end_day = layout.first_day + layout.n_days;
    m5->first_day = is_first ? layout.first_day : mq_min_i64(m5->first_day, layout.first_day);
    m5->end_day = mq_max_i64(m5->end_day, end_day);
    for (int i = 0; i < N_KEYS; i++)
        m5->has_key[i] = layout.key[i] >= 0 && (is_first || m5->has_key[i]);
    return MQ_OK;
}

// The calendar first, since prices refer to it.
static mq_status read_tables(struct m5 *m5, const char *const sources[], int64_t n_sources,
                             enum table wanted)
{
    for (int64_t i = 0; i < n_sources; i++) {
        struct mq_csv csv = {0};
        enum table table = SALES;
        mq_status status = open_table(&csv, sources[i], &table);
        if (status == MQ_OK && table == wanted) {
            if (table == CALENDAR && m5->calendar.n > 0)
                status = mq_fail(MQ_USAGE, "%s: a second calendar", sources[i]);
            else if (table == CALENDAR)
                status = mq_m5_calendar_read(&m5->calendar, &csv);
            else if (table == PRICES)
                status = mq_m5_prices_read(&m5->prices, &m5->calendar, &csv);
            else if (table == WEIGHTS)
                status = mq_m5_weights_read(&m5->weights, &csv);
            else
                status = take_in_sales(m5, &csv);
        }
        mq_csv_close(&csv);
        MQ_TRY(status);
    }
    return MQ_OK;
}

static mq_status check_days(struct m5 *m5, const char *source)
{
    const struct mq_m5_calendar *calendar = &m5->calendar;
    if (m5->end_day == 0) return mq_fail(MQ_USAGE, "%s: no table of sales beside it", source);
    if (calendar->n == 0) {
        (void)mq_fail(MQ_USAGE, "%s: no calendar beside it", source);
        return mq_hint("mqcast import m5 SALES.csv calendar.csv sell_prices.csv -o PANEL.h5");
    }
    if (m5->end_day > calendar->n)
        return mq_fail(MQ_DATA, "the sales go to d_%lld, the calendar to d_%lld",
                       (long long)m5->end_day, (long long)calendar->n);
    m5->ahead = m5->schema->ahead >= 0 ? m5->schema->ahead : calendar->n - m5->end_day;
    if (m5->end_day + m5->ahead <= calendar->n) return MQ_OK;
    return mq_fail(MQ_USAGE, "ahead is %lld, but the calendar goes %lld days past the sales",
                   (long long)m5->ahead, (long long)(calendar->n - m5->end_day));
}

// ---- the panel ----------------------------------------------------------------------------------

static int64_t add_covariate(struct m5 *m5, enum mq_role role, const char *prefix, const char *name)
{
    struct mq_covariate *covariate = &m5->info.covariates[m5->info.n_covariates];
    covariate->role = role;
    (void)snprintf(covariate->name, sizeof covariate->name, "%s%s", prefix, name);
    for (char *c = covariate->name; *c != '\0' && role == MQ_ROLE_CALENDAR; c++)
        *c = (char)tolower((unsigned char)*c);
    return m5->info.n_covariates++;
}

static void add_covariates(struct m5 *m5)
{
    const struct mq_m5_calendar *calendar = &m5->calendar;
    const bool has_prices = m5->prices.n > 0 && m5->has_key[ITEM_KEY] && m5->has_key[STORE_KEY];
    const bool has_snap = calendar->states.n > 0 && m5->has_key[STATE_KEY];
    m5->price = has_prices ? add_covariate(m5, MQ_ROLE_KNOWN, "sell_price", "") : -1;
    m5->snap = has_snap ? add_covariate(m5, MQ_ROLE_KNOWN, "snap", "") : -1;
    m5->event = m5->info.n_covariates;
    for (int64_t i = 0; i < calendar->event_types.n; i++)
        (void)add_covariate(m5, MQ_ROLE_CALENDAR, "event_", mq_names_at(&calendar->event_types, i));
    m5->weight = m5->weights.ids.n > 0 ? add_covariate(m5, MQ_ROLE_STATIC_REAL, "weight", "") : -1;
    for (int i = 0; i < N_KEYS; i++)
        m5->category[i] =
            m5->has_key[i] ? add_covariate(m5, MQ_ROLE_STATIC_CATEGORY, keys[i], "") : -1;
}

static mq_status create_panel(struct m5 *m5, const char *const sources[], int64_t n_sources,
                              const char *output)
{
    const int64_t n_days = m5->end_day - m5->first_day;
    m5->info.calendar = (struct mq_calendar){MQ_DAY, 1, m5->calendar.first_s};
    m5->info.calendar.epoch_s = mq_period_start_s(&m5->info.calendar, m5->first_day);
    add_covariates(m5);
    if (m5->price < 0 && m5->snap < 0 && m5->calendar.event_types.n == 0) m5->ahead = 0;
    m5->info.ahead = m5->ahead;
    m5->info.has_available = m5->price >= 0;
    MQ_TRY(mq_import_source(&m5->info, "m5", sources, n_sources));
    MQ_NEW(m5->target, n_days);
    MQ_NEW(m5->available, n_days);
    MQ_NEW(m5->known[0], n_days + m5->ahead);
    MQ_NEW(m5->known[1], n_days + m5->ahead);
    MQ_NEW(m5->by_week, m5->calendar.weeks.n);
    return mq_import_create(&m5->writer, m5->schema, output, &m5->info);
}

static mq_status write_shared(struct m5 *m5)
{
    const int64_t n = m5->n_periods + m5->ahead;
    float *values = m5->known[0];
    for (int64_t i = 0; i < m5->calendar.event_types.n; i++) {
        for (int64_t t = 0; t < n; t++)
            values[t] = m5->calendar.events[m5->first_day + t] >> i & 1U ? 1.0f : 0.0f;
        MQ_TRY(mq_panel_set_calendar(m5->writer, m5->event + i, n, values));
    }
    for (int i = 0; i < N_KEYS; i++)
        if (m5->category[i] >= 0)
            MQ_TRY(mq_vocabulary_write(&m5->categories[i], m5->writer, m5->category[i]));
    return MQ_OK;
}

// ---- items --------------------------------------------------------------------------------------

static mq_status read_statics(struct m5 *m5, const struct mq_csv *csv, const struct layout *layout,
                              float statics[])
{
    if (m5->weight >= 0)
        statics[m5->weight] = mq_m5_weight_of(&m5->weights, csv->fields[layout->id]);
    for (int i = 0; i < N_KEYS; i++) {
        int64_t number = 0;
        if (m5->category[i] < 0) continue;
        MQ_TRY(mq_names_add(&m5->categories[i], csv->fields[layout->key[i]], &number));
        statics[m5->category[i]] = (float)(number + 1);
    }
    return MQ_OK;
}

// Prices at periods [start, start + length + ahead), and where the item was not on sale.
static mq_status fill_prices(struct m5 *m5, const struct mq_csv *csv, const struct layout *layout,
                             int64_t start, int64_t length)
{
    char item[256];
    (void)snprintf(item, sizeof item, "%s %s", csv->fields[layout->key[STORE_KEY]],
                   csv->fields[layout->key[ITEM_KEY]]);
    MQ_TRY(mq_m5_prices_of(&m5->prices, &m5->calendar, item, m5->by_week));
    const int64_t n_weeks = m5->calendar.weeks.n;
    const int32_t *week = m5->calendar.week + m5->first_day + start;
    int64_t first = 0;
    int64_t last = n_weeks - 1;
    while (first < n_weeks && isnan(m5->by_week[first]))
        first++;
    while (last >= 0 && isnan(m5->by_week[last]))
        last--;
    for (int64_t j = 0; j < length; j++) {
        const bool is_priced = week[j] <= first || week[j] >= last || !isnan(m5->by_week[week[j]]);
        m5->available[j] = is_priced || m5->target[start + j] != 0.0f ? 1.0f : 0.0f;
    }
    for (int64_t w = 0; w < n_weeks && first < n_weeks; w++)
        if (isnan(m5->by_week[w])) m5->by_week[w] = m5->by_week[w < first ? first : w - 1];
    for (int64_t j = 0; j < length + m5->ahead; j++)
        m5->known[0][j] = m5->by_week[week[j]];
    return MQ_OK;
}

static mq_status fill_snap(struct m5 *m5, const struct mq_csv *csv, const struct layout *layout,
                           int64_t start, int64_t length)
{
    const char *name = csv->fields[layout->key[STATE_KEY]];
    const int64_t state = mq_names_find(&m5->calendar.states, name);
    if (state < 0)
        return mq_fail(MQ_DATA, "%s:%lld: the calendar has no column snap_%s", csv->path,
                       (long long)csv->row, name);
    const uint32_t *snap = m5->calendar.snap + m5->first_day + start;
    for (int64_t j = 0; j < length + m5->ahead; j++)
        m5->known[1][j] = snap[j] >> state & 1U ? 1.0f : 0.0f;
    return MQ_OK;
}

// Sales by period of the panel; the series spans [start, start + length).
static mq_status read_sales(struct m5 *m5, struct mq_csv *csv, const struct layout *layout,
                            int64_t *start, int64_t *length)
{
    const int64_t n_days = m5->end_day - m5->first_day;
    const int64_t begin = layout->first_day - m5->first_day;
    int64_t end = begin + layout->n_days;
    const float absent = m5->schema->missing == MQ_MISSING_ZERO ? 0.0f : NAN;
    for (int64_t t = begin; t < end; t++) {
        const int64_t column = layout->first_column + t - begin;
        char name[32];
        (void)snprintf(name, sizeof name, "d_%lld", (long long)(m5->first_day + t + 1));
        MQ_TRY(mq_csv_number(csv, column, name, &m5->target[t]));
        if (isnan(m5->target[t])) m5->target[t] = absent;
    }
    for (; m5->schema->extend && end < n_days; end++)
        m5->target[end] = absent;
    *start = begin;
    while (*start < end && !(m5->target[*start] != 0.0f && !isnan(m5->target[*start])))
        ++*start;
    if (*start == end) *start = n_days;
    *length = mq_max_i64(0, end - *start);
    m5->n_periods = *length > 0 ? mq_max_i64(m5->n_periods, end) : m5->n_periods;
    return MQ_OK;
}

static mq_status read_item(struct m5 *m5, struct mq_csv *csv, const struct layout *layout)
{
    float statics[MQ_COVARIATES_MAX];
    const float *known[MQ_COVARIATES_MAX] = {0};
    const float *past[MQ_COVARIATES_MAX] = {0};
    int64_t start = 0;
    int64_t length = 0;
    if (csv->n != layout->n)
        return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                       (long long)csv->row, (long long)csv->n, (long long)layout->n);
    MQ_TRY(read_sales(m5, csv, layout, &start, &length));
    MQ_TRY(read_statics(m5, csv, layout, statics));
    if (m5->price >= 0) {
        MQ_TRY(fill_prices(m5, csv, layout, start, length));
        known[m5->price] = m5->known[0];
    }
    if (m5->snap >= 0) {
        MQ_TRY(fill_snap(m5, csv, layout, start, length));
        known[m5->snap] = m5->known[1];
    }
    const struct mq_series series = {
        .id = csv->fields[layout->id],
        .start = start,
        .length = length,
        .target = m5->target + start,
        .available = m5->price >= 0 ? m5->available : NULL,
        .past = past,
        .known = known,
        .statics = statics,
    };
    if (mq_panel_append(m5->writer, &series) == MQ_OK) return MQ_OK;
    return mq_prefix("%s:%lld", csv->path, (long long)csv->row);
}

static mq_status read_items(struct m5 *m5, const char *path)
{
    mq_status status = MQ_OK;
    struct mq_csv csv = {0};
    enum table table = SALES;
    struct layout layout;
    bool has_record = true;
    MQ_DO(open_table(&csv, path, &table));
    if (table != SALES) goto done;
    MQ_DO(find_layout(&csv, &layout));
    MQ_DO(mq_csv_next(&csv, &has_record));
    while (has_record) {
        MQ_DO(read_item(m5, &csv, &layout));
        MQ_DO(mq_csv_next(&csv, &has_record));
    }
done:
    mq_csv_close(&csv);
    return status;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct m5 m5 = {.schema = schema};
    MQ_DO(mq_schema_refuse_columns(schema, "m5"));
    MQ_DO(read_tables(&m5, sources, n_sources, SALES));
    MQ_DO(read_tables(&m5, sources, n_sources, CALENDAR));
    MQ_DO(check_days(&m5, sources[0]));
    MQ_DO(read_tables(&m5, sources, n_sources, PRICES));
    MQ_DO(read_tables(&m5, sources, n_sources, WEIGHTS));
    MQ_DO(create_panel(&m5, sources, n_sources, output));
    for (int64_t i = 0; i < n_sources; i++)
        MQ_DO(read_items(&m5, sources[i]));
    if (m5.n_periods == 0) MQ_DO(mq_fail(MQ_DATA, "%s: no item has a sale", sources[0]));
    MQ_DO(write_shared(&m5));
    status = mq_panel_publish(m5.writer);
    m5.writer = NULL;
done:
    m5_release(&m5);
    return status;
}

const struct mq_import_format mq_import_m5 = {
    .name = "m5",
    .summary = "M5 competition: SALES.csv calendar.csv [sell_prices.csv] [weights.csv], any order",
    .run = run,
};
