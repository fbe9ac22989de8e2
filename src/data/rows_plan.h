/// From rows to series, in steps: rows_base.c opens the panel that is appended to, rows_time.c places
/// the rows in time, rows_panel.c finds the spans and writes.
#ifndef DATA_ROWS_PLAN_H
#define DATA_ROWS_PLAN_H

#include "data/rows.h"

struct mq_rows_plan {
    struct mq_rows *rows;
    struct mq_calendar calendar;
    int64_t *first; ///< (items + 1) where each item begins in `order`
    int64_t *order; ///< rows by item, then time; one a period once they are placed
    int64_t *start; ///< (items) period
    int64_t *length; ///< (items)
    int64_t n_periods;
    int64_t ahead;
    struct mq_series_block block; ///< of the base, with the item that is written
};

static inline int64_t mq_plan_time(const struct mq_rows_plan *plan, int64_t at)
{
    return plan->rows->time[plan->order[at]];
}

static inline float mq_plan_real(const struct mq_rows_plan *plan, int64_t at, int64_t slot)
{
    return plan->rows->reals[plan->order[at] * plan->rows->width + slot];
}

/// Number of an item, which is added when it is new: with unknown statics. MQ_DATA naming file and
/// line for an id that is not UTF-8.
mq_status mq_rows_add_item(struct mq_rows *rows, const char *id, int64_t line,
                           int64_t *item) MQ_NODISCARD;

/// Fills `first`, `order` and the calendar, and turns times into periods. MQ_DATA naming file and
/// row where dates do not fit, repeat or do not exist.
mq_status mq_rows_place(struct mq_rows_plan *plan) MQ_NODISCARD;

/// How often the hour of a period exists on the panel's clock.
enum mq_zone_times mq_plan_times(const struct mq_rows_plan *plan, int64_t period);

/// Opens the schema's append_to: its ids become the first items, its categories the first of theirs.
/// MQ_USAGE when its covariates are not those of the schema (and calendar file), in whatever order.
mq_status mq_rows_base_open(struct mq_rows *rows) MQ_NODISCARD;
/// MQ_FAILED when another panel has taken its place since: what that one holds would be lost.
mq_status mq_rows_base_check(const struct mq_rows *rows) MQ_NODISCARD;
void mq_rows_base_close(struct mq_rows_base *base);
/// The calendar of panel and rows, whose earliest date is `earliest_s`: it begins with the panel, or
/// whole periods before it. MQ_USAGE when the schema names another frequency.
mq_status mq_rows_base_calendar(struct mq_rows *rows, int64_t earliest_s,
                                struct mq_calendar *calendar) MQ_NODISCARD;
/// Adds the panel's calendars that `info` lacks when there is no calendar file.
void mq_rows_base_join(const struct mq_rows *rows, struct mq_panel_info *info);

/// What the base holds of an item: `values` at periods [start, start + length) of the result, and of
/// known covariates at `ahead` more; NULL when it holds nothing.
struct mq_held {
    const float *values;
    int64_t start;
    int64_t length;
    int64_t ahead;
};

/// Of the target (-1) or a known or past covariate. Items are asked for in order.
mq_status mq_rows_base_turn(struct mq_rows_plan *plan, int64_t item) MQ_NODISCARD;
struct mq_held mq_rows_base_target(const struct mq_rows_plan *plan, int64_t item);
struct mq_held mq_rows_base_available(const struct mq_rows_plan *plan, int64_t item);
struct mq_held mq_rows_base_covariate(const struct mq_rows_plan *plan, int64_t item, int64_t c);
/// Of a calendar covariate, from period `start` on.
struct mq_held mq_rows_base_shared(const struct mq_rows *rows, int64_t c);

#endif
