// Rows in time: sorted, on a calendar, one for each item and period.
#include <math.h>
#include <stdlib.h>

#include "data/frequency.h"
#include "data/rows_plan.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"

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

static void sort_item(struct mq_rows_plan *plan, int64_t item, struct moment *scratch)
{
    const int64_t begin = plan->first[item];
    const int64_t n = plan->first[item + 1] - begin;
    bool is_sorted = true;
    for (int64_t i = 1; i < n; i++)
        is_sorted = is_sorted && mq_plan_time(plan, begin + i - 1) <= mq_plan_time(plan, begin + i);
    if (is_sorted) return;
    for (int64_t i = 0; i < n; i++)
        scratch[i] = (struct moment){mq_plan_time(plan, begin + i), plan->order[begin + i]};
    qsort(scratch, (size_t)n, sizeof *scratch, compare_moments);
    for (int64_t i = 0; i < n; i++)
        plan->order[begin + i] = scratch[i].row;
}

static mq_status sort_by_time(struct mq_rows_plan *plan)
{
    struct moment *scratch = NULL;
    int64_t longest = 0;
    for (int64_t item = 0; item < plan->rows->items.n; item++)
        longest = mq_max_i64(longest, plan->first[item + 1] - plan->first[item]);
    MQ_NEW(scratch, longest);
    for (int64_t item = 0; item < plan->rows->items.n; item++)
        sort_item(plan, item, scratch);
    mq_free(scratch);
    return MQ_OK;
}

// Counting sort by item keeps the rows of an item as they came; then each item by time.
static mq_status sort_rows(struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    const int64_t n_items = rows->items.n;
    MQ_NEW(plan->first, n_items + 1);
    MQ_NEW(plan->order, rows->n);
    for (int64_t row = 0; row < rows->n; row++)
        plan->first[rows->item[row] + 1]++;
    for (int64_t item = 0; item < n_items; item++) {
        plan->first[item + 1] += plan->first[item];
        plan->start[item] = plan->first[item]; // while rows are placed: where the next one goes
    }
    for (int64_t row = 0; row < rows->n; row++)
        plan->order[plan->start[rows->item[row]]++] = row;
    return sort_by_time(plan);
}

// ---- time ---------------------------------------------------------------------------------------

// Whether rows of a period are joined: then they may stand anywhere within it.
static bool is_joined(const struct mq_schema *schema)
{
    return schema->duplicates != MQ_REFUSE && schema->frequency[0] != '\0';
}

// Periods of joined rows begin where those of the schema's epoch do, by default at midnight, on
// Mondays and on the first of a month.
static void align_calendar(const struct mq_schema *schema, int64_t earliest_s,
                           struct mq_calendar *calendar)
{
    int64_t epoch_s = 0;
    (void)mq_date_parse(schema->epoch[0] != '\0'    ? schema->epoch
                        : calendar->unit == MQ_WEEK ? "2000-01-03"
                                                    : "2000-01-01",
                        &epoch_s);
    calendar->epoch_s = epoch_s;
    calendar->epoch_s = mq_period_start_s(calendar, mq_period_of(calendar, earliest_s));
}

static mq_status find_calendar(struct mq_rows_plan *plan)
{
    struct mq_rows *rows = plan->rows;
    struct mq_dates dates = {0};
    for (int64_t item = 0; item < rows->items.n; item++) {
        for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
            const bool is_first = at == plan->first[item];
            const int64_t time = mq_plan_time(plan, at);
            mq_dates_add(&dates, time, is_first ? 0 : time - mq_plan_time(plan, at - 1));
        }
    }
    if (rows->base.panel != NULL)
        return mq_rows_base_calendar(rows, dates.earliest_s, &plan->calendar);
    MQ_TRY(mq_dates_calendar(&dates, rows->schema->frequency, rows->sources[0], &plan->calendar));
    if (is_joined(rows->schema)) align_calendar(rows->schema, dates.earliest_s, &plan->calendar);
    return MQ_OK;
}

static mq_status fail_misfit(const struct mq_rows_plan *plan, int64_t row)
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

static mq_status fail_far(const struct mq_rows_plan *plan, int64_t row)
{
    char place[MQ_ROW_NAME_MAX];
    char epoch[MQ_DATE_MAX];
    mq_rows_print(plan->rows, row, place);
    mq_period_print(&plan->calendar, 0, epoch);
    return mq_fail(MQ_DATA, "%s: %lld periods after the earliest date, %s; at most %d are possible",
                   place, (long long)plan->rows->time[row], epoch, MQ_PERIODS_MAX);
}

static mq_status find_periods(struct mq_rows_plan *plan)
{
    struct mq_rows *rows = plan->rows;
    for (int64_t row = 0; row < rows->n; row++)
        if (!is_joined(rows->schema) && !mq_date_fits(&plan->calendar, rows->time[row]))
            return fail_misfit(plan, row);
    for (int64_t row = 0; row < rows->n; row++) {
        rows->time[row] = mq_period_of(&plan->calendar, rows->time[row]);
        if (rows->time[row] >= MQ_PERIODS_MAX) return fail_far(plan, row);
    }
    return MQ_OK;
}

// ---- clocks -------------------------------------------------------------------------------------

static mq_status fail_never(const struct mq_rows_plan *plan, int64_t row, int64_t local_s)
{
    char place[MQ_ROW_NAME_MAX];
    char date[MQ_DATE_MAX];
    mq_rows_print(plan->rows, row, place);
    mq_date_print(local_s, date);
    (void)mq_fail(MQ_DATA, "%s: %s does not exist in %s: clocks went forward", place, date,
                  plan->rows->schema->time_zone);
    return mq_hint("are the dates ends of periods (stamps: end), or in another time zone?");
}

// Of two rows of an item with the same local time the first is the earlier hour, as it came first.
static mq_status to_utc(struct mq_rows_plan *plan)
{
    struct mq_rows *rows = plan->rows;
    for (int64_t item = 0; item < rows->items.n; item++) {
        int64_t before_s = INT64_MIN;
        for (int64_t at = plan->first[item]; at < plan->first[item + 1]; at++) {
            int64_t *time = &rows->time[plan->order[at]];
            const int64_t local_s = *time;
            int64_t earlier_s = 0;
            int64_t later_s = 0;
            if (mq_zone_utc(&rows->zone, local_s, &earlier_s, &later_s) == MQ_NEVER)
                return fail_never(plan, plan->order[at], local_s);
            *time = local_s == before_s ? later_s : earlier_s;
            before_s = local_s;
        }
    }
    return MQ_OK;
}

// Periods of days and longer have no hour that comes twice or never.
static bool has_local_hours(const struct mq_rows_plan *plan)
{
    return plan->rows->zone.n > 0 && plan->rows->schema->clock == MQ_CLOCK_LOCAL &&
           plan->calendar.unit < MQ_DAY;
}

enum mq_zone_times mq_plan_times(const struct mq_rows_plan *plan, int64_t period)
{
    int64_t earlier_s;
    int64_t later_s;
    if (!has_local_hours(plan)) return MQ_ONCE;
    return mq_zone_utc(&plan->rows->zone, mq_period_start_s(&plan->calendar, period), &earlier_s,
                       &later_s);
}

static mq_status refuse_never(const struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    if (!has_local_hours(plan)) return MQ_OK;
    for (int64_t row = 0; row < rows->n; row++)
        if (mq_plan_times(plan, rows->time[row]) == MQ_NEVER)
            return fail_never(plan, row, mq_period_start_s(&plan->calendar, rows->time[row]));
    return MQ_OK;
}

// ---- rows of one period -------------------------------------------------------------------------

// `calendar` is NULL while times are seconds.
static mq_status fail_repeat(const struct mq_rows_plan *plan, int64_t at,
                             const struct mq_calendar *calendar)
{
    const struct mq_rows *rows = plan->rows;
    const int64_t row = plan->order[at];
    const int64_t before = plan->order[at - 1];
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
    if (calendar != NULL && mq_plan_times(plan, rows->time[row]) == MQ_TWICE)
        return mq_hint("clocks went back: a schema says what becomes of this hour, "
                       "doubled: sum (or mean, first, last), or clock: utc");
    return mq_hint("a schema says what becomes of such rows: duplicates: sum (or mean, first, "
                   "last) and frequency: daily; hours that come twice: time_zone: Europe/Berlin");
}

// Before what two equal dates would make of the frequency.
static mq_status refuse_repeats(const struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    if (rows->schema->duplicates != MQ_REFUSE || rows->schema->doubled != MQ_REFUSE) return MQ_OK;
    if (rows->zone.n > 0) return MQ_OK; // once the hours are known
    for (int64_t at = 1; at < rows->n; at++)
        if (rows->item[plan->order[at]] == rows->item[plan->order[at - 1]] &&
            mq_plan_time(plan, at) == mq_plan_time(plan, at - 1))
            return fail_repeat(plan, at, NULL);
    return MQ_OK;
}

// What rows [at, at + n) say together of a slot; what is missing says nothing.
static float join(const struct mq_rows_plan *plan, int64_t at, int64_t n, int64_t slot,
                  enum mq_combine how)
{
    double sum = 0;
    int64_t count = 0;
    float last = NAN;
    for (int64_t i = 0; i < n; i++) {
        const float value = mq_plan_real(plan, at + i, slot);
        if (isnan(value)) continue;
        if (how == MQ_FIRST) return value;
        last = value;
        sum += (double)value;
        count++;
    }
    if (count == 0 || how == MQ_LAST) return last;
    return (float)(how == MQ_SUM ? sum : sum / (double)count);
}

struct joined {
    int64_t rows;
    int64_t hours; // that came twice
};

// Rows [at, at + n) of one item and period become the first of them.
static mq_status join_rows(const struct mq_rows_plan *plan, int64_t at, int64_t n,
                           struct joined *joined)
{
    struct mq_rows *rows = plan->rows;
    const struct mq_schema *schema = rows->schema;
    const bool is_doubled = n == 2 && mq_plan_times(plan, mq_plan_time(plan, at)) == MQ_TWICE;
    const enum mq_combine how =
        is_doubled && schema->doubled != MQ_REFUSE ? schema->doubled : schema->duplicates;
    if (how == MQ_REFUSE) return fail_repeat(plan, at + 1, &plan->calendar);
    float *reals = rows->reals + plan->order[at] * rows->width;
    for (int64_t slot = 0; slot < rows->width; slot++)
        reals[slot] = join(plan, at, n, slot, slot > 0 && how == MQ_SUM ? MQ_MEAN : how);
    joined->hours += is_doubled;
    joined->rows += is_doubled ? 0 : n - 1;
    return MQ_OK;
}

// Leaves one row for each item and period.
static mq_status join_periods(struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    struct joined joined = {0};
    int64_t kept = 0;
    int64_t at = 0;
    for (int64_t item = 0; item < rows->items.n; item++) {
        const int64_t end = plan->first[item + 1];
        plan->first[item] = kept;
        while (at < end) {
            int64_t n = 1;
            while (at + n < end && mq_plan_time(plan, at + n) == mq_plan_time(plan, at))
                n++;
            if (n > 1) MQ_TRY(join_rows(plan, at, n, &joined));
            plan->order[kept++] = plan->order[at];
            at += n;
        }
    }
    plan->first[rows->items.n] = kept;
    if (joined.rows > 0)
        mq_info("%s: %lld rows joined others of their item and period (duplicates)",
                rows->sources[0], (long long)joined.rows);
    if (joined.hours > 0)
        mq_info("%s: %lld hours that came twice became one (doubled)", rows->sources[0],
                (long long)joined.hours);
    return MQ_OK;
}

mq_status mq_rows_place(struct mq_rows_plan *plan)
{
    const struct mq_rows *rows = plan->rows;
    MQ_TRY(sort_rows(plan));
    if (rows->zone.n > 0 && rows->schema->clock == MQ_CLOCK_UTC && !rows->has_moments) {
        MQ_TRY(to_utc(plan));
        MQ_TRY(sort_by_time(plan));
    }
    MQ_TRY(refuse_repeats(plan));
    MQ_TRY(find_calendar(plan));
    MQ_TRY(find_periods(plan));
    MQ_TRY(refuse_never(plan));
    return join_periods(plan);
}
