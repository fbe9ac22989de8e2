/// The tables of the M5 competition that stand beside the sales: calendar, prices, weights.
///
/// Days are numbered from 0, the calendar's first; weeks and states are those of the calendar.
#ifndef DATA_M5_H
#define DATA_M5_H

#include <stdint.h>

#include "data/csv.h"
#include "data/names.h"

enum { MQ_M5_STATES_MAX = 8, MQ_M5_EVENT_TYPES_MAX = 16 };

/// Zero-initialised is a table that was not given.
struct mq_m5_calendar {
    int64_t n; ///< days
    int64_t capacity;
    int64_t first_s; ///< seconds since 1970 of day 0
    int32_t *week; ///< (n) number in `weeks`
    uint32_t *events; ///< (n) bit i: an event of type i
    uint32_t *snap; ///< (n) bit i: food stamps are paid out in state i
    struct mq_names weeks; ///< wm_yr_wk, ascending
    struct mq_names event_types;
    struct mq_names states;
};
struct mq_m5_prices {
    int64_t n;
    int64_t capacity;
    int32_t *week; ///< (n) number in the calendar
    float *price; ///< (n)
    int64_t *next; ///< (n) of the same item, or -1
    struct mq_names items; ///< "CA_1 FOODS_1_001"
    int64_t *first; ///< (items.n) or -1
    int64_t item_capacity;
};
struct mq_m5_weights {
    struct mq_names ids; ///< both keys of a row joined by "_", in either order
    float *weight; ///< (ids.n)
    int64_t capacity;
};

/// Each reads the records after the header, which is the current one. MQ_DATA naming file and row.
mq_status mq_m5_calendar_read(struct mq_m5_calendar *calendar, struct mq_csv *csv) MQ_NODISCARD;
mq_status mq_m5_prices_read(struct mq_m5_prices *prices, const struct mq_m5_calendar *calendar,
                            struct mq_csv *csv) MQ_NODISCARD;
mq_status mq_m5_weights_read(struct mq_m5_weights *weights, struct mq_csv *csv) MQ_NODISCARD;
void mq_m5_calendar_release(struct mq_m5_calendar *calendar);
void mq_m5_prices_release(struct mq_m5_prices *prices);
void mq_m5_weights_release(struct mq_m5_weights *weights);

/// Prices of one item by week of the calendar (`by_week`: weeks.n), NaN where there is none.
/// MQ_DATA when a week has two.
mq_status mq_m5_prices_of(const struct mq_m5_prices *prices, const struct mq_m5_calendar *calendar,
                          const char *item, float by_week[]) MQ_NODISCARD;
/// NaN when there is none. The suffixes _evaluation and _validation of an id do not count.
float mq_m5_weight_of(const struct mq_m5_weights *weights, const char *id);

/// Column of this name in the current record, the header; -1 when there is none.
int64_t mq_m5_column(const struct mq_csv *csv, const char *name);

#endif
