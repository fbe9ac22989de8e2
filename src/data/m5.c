// Readers of the M5 tables.
#include "data/m5.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

enum { DAY_S = 86400 };

int64_t mq_m5_column(const struct mq_csv *csv, const char *name)
{
    for (int64_t i = 0; i < csv->n; i++)
        if (strcmp(csv->fields[i], name) == 0) return i;
    return -1;
}

static mq_status find_columns(const struct mq_csv *csv, const char *const names[], int64_t n,
                              int64_t columns[])
{
    for (int64_t i = 0; i < n; i++) {
        columns[i] = mq_m5_column(csv, names[i]);
        if (columns[i] < 0)
            return mq_fail(MQ_DATA, "%s: there is no column '%s'", csv->path, names[i]);
    }
    return MQ_OK;
}

// The next record, as wide as the header.
static mq_status next_row(struct mq_csv *csv, int64_t width, bool *has_record)
{
    MQ_TRY(mq_csv_next(csv, has_record));
    if (!*has_record || csv->n == width) return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: %lld fields, the header has %lld", csv->path,
                   (long long)csv->row, (long long)csv->n, (long long)width);
}

// ---- calendar -----------------------------------------------------------------------------------

enum { DATE, WEEK, DAY, TYPE_1, TYPE_2, N_CALENDAR };

struct snap_columns {
    int64_t n;
    int64_t column[MQ_M5_STATES_MAX];
};

static mq_status find_states(struct mq_m5_calendar *calendar, const struct mq_csv *csv,
                             struct snap_columns *snap)
{
    for (int64_t i = 0; i < csv->n; i++) {
        int64_t state = 0;
        if (strncmp(csv->fields[i], "snap_", 5) != 0) continue;
        if (snap->n == MQ_M5_STATES_MAX)
            return mq_fail(MQ_DATA, "%s: more than %d columns snap_*", csv->path, MQ_M5_STATES_MAX);
        MQ_TRY(mq_names_add(&calendar->states, csv->fields[i] + 5, &state));
        if (state != snap->n)
            return mq_fail(MQ_DATA, "%s: two columns are called '%s'", csv->path, csv->fields[i]);
        snap->column[snap->n++] = i;
    }
    return MQ_OK;
}

static mq_status grow_calendar(struct mq_m5_calendar *calendar)
{
    const int64_t capacity = mq_max_i64(2048, 2 * calendar->capacity);
    int32_t *week = mq_realloc(calendar->week, capacity, sizeof *week);
    if (week == NULL) return MQ_FAILED;
    calendar->week = week;
    uint32_t *events = mq_realloc(calendar->events, capacity, sizeof *events);
    if (events == NULL) return MQ_FAILED;
    calendar->events = events;
    uint32_t *snap = mq_realloc(calendar->snap, capacity, sizeof *snap);
    if (snap == NULL) return MQ_FAILED;
    calendar->snap = snap;
    calendar->capacity = capacity;
    return MQ_OK;
}

// Days follow each other without gaps and are numbered d_1, d_2, ...
static mq_status check_day(struct mq_m5_calendar *calendar, struct mq_csv *csv,
                           const int64_t columns[])
{
    const int64_t day = calendar->n;
    int64_t seconds = 0;
    char name[32];
    MQ_TRY(mq_csv_date(csv, columns[DATE], "date", &seconds));
    if (day == 0) calendar->first_s = seconds;
    (void)snprintf(name, sizeof name, "d_%lld", (long long)day + 1);
    if (seconds == calendar->first_s + day * DAY_S && strcmp(csv->fields[columns[DAY]], name) == 0)
        return MQ_OK;
    return mq_fail(MQ_DATA, "%s:%lld: %s, %s is not the day after the row before it, %s", csv->path,
                   (long long)csv->row, csv->fields[columns[DATE]], csv->fields[columns[DAY]],
                   name);
}

static mq_status add_event(struct mq_m5_calendar *calendar, const struct mq_csv *csv,
                           const char *type, uint32_t *events)
{
    int64_t number = 0;
    if (*type == '\0') return MQ_OK;
    MQ_TRY(mq_name_check(type, csv->path, csv->row));
    MQ_TRY(mq_names_add(&calendar->event_types, type, &number));
    if (number >= MQ_M5_EVENT_TYPES_MAX)
        return mq_fail(MQ_DATA, "%s:%lld: more than %d types of events", csv->path,
                       (long long)csv->row, MQ_M5_EVENT_TYPES_MAX);
    *events |= 1U << number;
    return MQ_OK;
}

static mq_status read_day(struct mq_m5_calendar *calendar, struct mq_csv *csv,
                          const int64_t columns[], const struct snap_columns *snap)
{
    if (calendar->n == calendar->capacity) MQ_TRY(grow_calendar(calendar));
    MQ_TRY(check_day(calendar, csv, columns));
    const int64_t day = calendar->n++;
    int64_t week = 0;
    MQ_TRY(mq_names_add(&calendar->weeks, csv->fields[columns[WEEK]], &week));
    calendar->week[day] = (int32_t)week;
    calendar->events[day] = 0;
    calendar->snap[day] = 0;
    MQ_TRY(add_event(calendar, csv, csv->fields[columns[TYPE_1]], &calendar->events[day]));
    MQ_TRY(add_event(calendar, csv, csv->fields[columns[TYPE_2]], &calendar->events[day]));
    for (int64_t i = 0; i < snap->n; i++) {
        float value = 0;
        MQ_TRY(mq_csv_number(csv, snap->column[i], mq_names_at(&calendar->states, i), &value));
        if (value > 0) calendar->snap[day] |= 1U << i;
    }
    return MQ_OK;
}

mq_status mq_m5_calendar_read(struct mq_m5_calendar *calendar, struct mq_csv *csv)
{
    static const char *const names[] = {"date", "wm_yr_wk", "d", "event_type_1", "event_type_2"};
    const int64_t width = csv->n;
    int64_t columns[N_CALENDAR];
    struct snap_columns snap = {0};
    bool has_record = false;
    MQ_TRY(find_columns(csv, names, N_CALENDAR, columns));
    MQ_TRY(find_states(calendar, csv, &snap));
    MQ_TRY(next_row(csv, width, &has_record));
    while (has_record) {
        MQ_TRY(read_day(calendar, csv, columns, &snap));
        MQ_TRY(next_row(csv, width, &has_record));
    }
    return calendar->n > 0 ? MQ_OK : mq_fail(MQ_DATA, "%s: no days", csv->path);
}

void mq_m5_calendar_release(struct mq_m5_calendar *calendar)
{
    mq_free(calendar->week);
    mq_free(calendar->events);
    mq_free(calendar->snap);
    mq_names_release(&calendar->weeks);
    mq_names_release(&calendar->event_types);
    mq_names_release(&calendar->states);
    *calendar = (struct mq_m5_calendar){0};
}

// ---- prices -------------------------------------------------------------------------------------

enum { STORE, ITEM, PRICE_WEEK, PRICE, N_PRICES };

static mq_status grow_prices(struct mq_m5_prices *prices)
{
    const int64_t capacity = mq_max_i64(4096, 2 * prices->capacity);
    int32_t *week = mq_realloc(prices->week, capacity, sizeof *week);
    if (week == NULL) return MQ_FAILED;
    prices->week = week;
    float *price = mq_realloc(prices->price, capacity, sizeof *price);
    if (price == NULL) return MQ_FAILED;
    prices->price = price;
    int64_t *next = mq_realloc(prices->next, capacity, sizeof *next);
    if (next == NULL) return MQ_FAILED;
    prices->next = next;
    prices->capacity = capacity;
    return MQ_OK;
}

static mq_status add_price_item(struct mq_m5_prices *prices, const char *name, int64_t *item)
{
    const int64_t before = prices->items.n;
    if (before == prices->item_capacity) {
        const int64_t capacity = mq_max_i64(256, 2 * before);
        int64_t *first = mq_realloc(prices->first, capacity, sizeof *first);
        if (first == NULL) return MQ_FAILED;
        prices->first = first;
        prices->item_capacity = capacity;
    }
    MQ_TRY(mq_names_add(&prices->items, name, item));
    if (*item == before) prices->first[*item] = -1;
    return MQ_OK;
}

static mq_status read_price(struct mq_m5_prices *prices, const struct mq_m5_calendar *calendar,
                            struct mq_csv *csv, const int64_t columns[])
{
    char name[256];
    int64_t item = 0;
    const char *week_name = csv->fields[columns[PRICE_WEEK]];
    const int64_t week = mq_names_find(&calendar->weeks, week_name);
    if (prices->n == prices->capacity) MQ_TRY(grow_prices(prices));
    if (week < 0)
        return mq_fail(MQ_DATA, "%s:%lld: week '%s' is not in the calendar", csv->path,
                       (long long)csv->row, week_name);
    if (snprintf(name, sizeof name, "%s %s", csv->fields[columns[STORE]],
                 csv->fields[columns[ITEM]]) >= (int)sizeof name)
        return mq_fail(MQ_DATA, "%s:%lld: store and item are too long", csv->path,
                       (long long)csv->row);
    MQ_TRY(add_price_item(prices, name, &item));
    MQ_TRY(mq_csv_number(csv, columns[PRICE], "sell_price", &prices->price[prices->n]));
    prices->week[prices->n] = (int32_t)week;
    prices->next[prices->n] = prices->first[item];
    prices->first[item] = prices->n++;
    return MQ_OK;
}

mq_status mq_m5_prices_read(struct mq_m5_prices *prices, const struct mq_m5_calendar *calendar,
                            struct mq_csv *csv)
{
    static const char *const names[] = {"store_id", "item_id", "wm_yr_wk", "sell_price"};
    const int64_t width = csv->n;
    int64_t columns[N_PRICES];
    bool has_record = false;
    MQ_TRY(find_columns(csv, names, N_PRICES, columns));
    MQ_TRY(next_row(csv, width, &has_record));
    while (has_record) {
        MQ_TRY(read_price(prices, calendar, csv, columns));
        MQ_TRY(next_row(csv, width, &has_record));
    }
    return MQ_OK;
}

mq_status mq_m5_prices_of(const struct mq_m5_prices *prices, const struct mq_m5_calendar *calendar,
                          const char *item, float by_week[])
{
    for (int64_t w = 0; w < calendar->weeks.n; w++)
        by_week[w] = NAN;
    const int64_t number = mq_names_find(&prices->items, item);
    if (number < 0) return MQ_OK;
    for (int64_t i = prices->first[number]; i >= 0; i = prices->next[i]) {
        const int32_t week = prices->week[i];
        if (!isnan(by_week[week]) && by_week[week] != prices->price[i])
            return mq_fail(MQ_DATA, "item '%s' has two prices in week %s: %g and %g", item,
                           mq_names_at(&calendar->weeks, week), (double)prices->price[i],
                           (double)by_week[week]);
        by_week[week] = prices->price[i];
    }
    return MQ_OK;
}

void mq_m5_prices_release(struct mq_m5_prices *prices)
{
    mq_free(prices->week);
    mq_free(prices->price);
    mq_free(prices->next);
    mq_free(prices->first);
    mq_names_release(&prices->items);
    *prices = (struct mq_m5_prices){0};
}

// ---- weights ------------------------------------------------------------------------------------

static mq_status add_weight(struct mq_m5_weights *weights, const struct mq_csv *csv,
                            const char *first, const char *second, float weight)
{
    char id[256];
    int64_t number = 0;
    if (snprintf(id, sizeof id, "%s_%s", first, second) >= (int)sizeof id)
        return mq_fail(MQ_DATA, "%s:%lld: the keys are too long", csv->path, (long long)csv->row);
    if (weights->ids.n == weights->capacity) {
        const int64_t capacity = mq_max_i64(1024, 2 * weights->capacity);
        float *grown = mq_realloc(weights->weight, capacity, sizeof *grown);
        if (grown == NULL) return MQ_FAILED;
        weights->weight = grown;
        weights->capacity = capacity;
    }
    MQ_TRY(mq_names_add(&weights->ids, id, &number));
    weights->weight[number] = weight;
    return MQ_OK;
}

// The keys stand coarse to fine at some levels (store, department) and fine to coarse at others
// (item, store); ids are always fine to coarse.
mq_status mq_m5_weights_read(struct mq_m5_weights *weights, struct mq_csv *csv)
{
    static const char *const names[] = {"Agg_Level_1", "Agg_Level_2", "weight"};
    const int64_t width = csv->n;
    int64_t columns[3];
    bool has_record = false;
    MQ_TRY(find_columns(csv, names, 3, columns));
    MQ_TRY(next_row(csv, width, &has_record));
    while (has_record) {
        const char *first = csv->fields[columns[0]];
        const char *second = csv->fields[columns[1]];
        float weight = 0;
        MQ_TRY(mq_csv_number(csv, columns[2], "weight", &weight));
        MQ_TRY(add_weight(weights, csv, first, second, weight));
        MQ_TRY(add_weight(weights, csv, second, first, weight));
        MQ_TRY(next_row(csv, width, &has_record));
    }
    return MQ_OK;
}

float mq_m5_weight_of(const struct mq_m5_weights *weights, const char *id)
{
    static const char *const suffixes[] = {"_evaluation", "_validation"};
    char key[256];
    size_t n = strlen(id);
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(suffixes[i]);
        if (n > length && strcmp(id + n - length, suffixes[i]) == 0) n -= length;
    }
    if (n >= sizeof key) return NAN;
    memcpy(key, id, n);
    key[n] = '\0';
    const int64_t number = mq_names_find(&weights->ids, key);
    return number >= 0 ? weights->weight[number] : NAN;
}

void mq_m5_weights_release(struct mq_m5_weights *weights)
{
    mq_names_release(&weights->ids);
    mq_free(weights->weight);
    *weights = (struct mq_m5_weights){0};
}
