/// One period of stock: shared by those who replay it and those who differentiate through it.
///
/// The order of events in period t, for a product whose order of period t arrives `lead` periods later:
///
///   1. what was ordered for arrival at the start of t arrives: x_t = stock_{t-1} + arrivals;
///   2. if t is a review, an order is placed; who places it knows demand up to t - 1, x_t and all
///      that is on its way. With lead 0 it arrives at once, in x_t;
///   3. demand d_t comes and min(d_t, x_t) of it is met. The rest is lost (stock_t = max(x_t - d_t, 0))
///      or waits (stock_t = x_t - d_t, below 0 while it does);
///   4. what is left costs `holding`, what is missing costs `shortage`, what is sold earns `price`,
///      what was ordered costs `cost`. Demand that waits is sold all the same.
///
/// An order at t therefore has to cover the periods t .. t + lead + review - 1: horizons 1 ..
/// lead + review of a forecast from origin t - 1. Source: Zipkin 2008, "Old and new methods for
/// lost-sales inventory systems" (its order of events); Madeka et al. 2022, arXiv 2210.03137
/// (reward, exogenous demand).
#ifndef MQ_BASE_STOCK_H
#define MQ_BASE_STOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { MQ_SPANS_MAX = 8 };

/// What an order has to cover, in periods.
struct mq_stock_span {
    int64_t lead;
    int64_t review;
};

static inline int64_t mq_span_periods(struct mq_stock_span span)
{
    return span.lead + span.review;
}

/// Money per unit; per unit and period for `holding`. None is negative.
struct mq_stock_prices {
    double holding; ///< of what is left at the end of a period
    double shortage; ///< of demand that was not met in its period, again in each that it waits
    double price; ///< earned by a unit sold
    double cost; ///< paid for a unit ordered
};

/// What one period made of x and demand.
struct mq_stock_period {
    double stock; ///< at the end: >= 0, or below by what waits
    double met; ///< of this period's demand, at once
    double sold; ///< what was met, or all demand where it waits
    double missing; ///< lost, or waiting at the end
};

/// Steps 3 and 4 but for the money. `x` may be negative where demand waits.
static inline struct mq_stock_period mq_stock_meet(double x, double demand, bool is_lost)
{
    const double left = x - demand;
    const double missing = left < 0 ? -left : 0;
    const double met = left < 0 ? (x > 0 ? x : 0) : demand;
    return (struct mq_stock_period){.stock = is_lost && left < 0 ? 0 : left,
                                    .met = met,
                                    .sold = is_lost ? met : demand,
                                    .missing = missing};
}

/// What the period costs; what it earns is negative. `ordered` at step 2.
static inline double mq_stock_cost(const struct mq_stock_prices *prices,
                                   const struct mq_stock_period *period, double ordered)
{
    const double left = period->stock > 0 ? period->stock : 0;
    return prices->holding * left + prices->shortage * period->missing + prices->cost * ordered -
           prices->price * period->sold;
}

/// The level of demand's distribution that an order should cover, newsvendor's critical ratio:
/// what a missing unit loses against what a needless one costs, in [0, 1]. Where demand waits that is
/// the holding until the next review. Where it is lost the best level lies below: a needless unit then
/// costs up to the holding of all periods that the order covers, and that is taken. Source: Janakiraman,
/// Seshadri, Shanthikumar 2007, "A comparison of the optimal costs of two canonical inventory systems":
/// with lead L and review 1, lost sales at p cost no more than waiting at p and no less than at p / (L + 1).
static inline double mq_stock_critical_ratio(const struct mq_stock_prices *prices,
                                             struct mq_stock_span span, bool is_lost)
{
    const double under = prices->shortage + prices->price - prices->cost;
    const double over = prices->holding * (double)(is_lost ? mq_span_periods(span) : span.review);
    if (under <= 0) return 0;
    return over > 0 ? under / (under + over) : 1;
}

/// Whose order may be late: the delay of an order is a pure function of these.
struct mq_stock_order {
    uint64_t seed;
    int64_t series; ///< number in the panel, < 2^40
    int64_t period; ///< in which it is placed
    uint64_t visit; ///< < 2^24: replays that shall differ; 0 where they shall not
};
/// Periods that an order takes more than the least: 0 .. n - 1, as often as the weights (n) say; 0
/// without any, or when all are 0.
int64_t mq_stock_delay(const double weight[], int64_t n, struct mq_stock_order order);

#endif
