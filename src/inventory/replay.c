// Loops over lanes, rules that meet the same demand: one body, compiled for many lanes and for one.
// No contraction of products and sums (CMakeLists.txt): every clone gives the same bits.
#include "mq/inventory/replay.h"

#include <string.h>

#include "mq/base/clones.h"
#include "mq/base/status.h"

#define LANES MQ_REPLAY_LANES

// `width` lanes are used.
struct lanes {
    double stock[LANES];
    double position[LANES]; // stock and all on its way
    double is_short[LANES]; // 1 once something was missing since the last review
    double sum[MQ_STOCK_SUMS][LANES];
};

int64_t mq_replay_scratch(int64_t wait_max)
{
    return (wait_max + 1) * LANES;
}

// `due`: what arrives when these orders do.
MQ_INLINE void place_orders(int width, const double *restrict level, const double *restrict cap,
                            double cost, bool is_counted, double *restrict due,
                            struct lanes *restrict lanes)
{
    const double counted = is_counted ? 1 : 0;
    for (int w = 0; w < width; w++) {
        const double wanted = level[w] - lanes->position[w];
        const double least = wanted > 0 ? wanted : 0;
        const double order = least < cap[w] ? least : cap[w];
        due[w] += order;
        lanes->position[w] += order;
        lanes->sum[MQ_STOCK_ORDERED][w] += counted * order;
        lanes->sum[MQ_STOCK_ORDERS][w] += order > 0 ? counted : 0;
        lanes->sum[MQ_STOCK_COST][w] += counted * cost * order;
    }
}

// Arrivals and demand. Orders are paid for by place_orders.
MQ_INLINE void meet_demand(int width, double demand, bool is_lost, bool is_counted,
                           struct mq_stock_prices prices, double *restrict due,
                           struct lanes *restrict lanes)
{
    const double counted = is_counted ? 1 : 0;
    for (int w = 0; w < width; w++) {
        const struct mq_stock_period period =
            mq_stock_meet(lanes->stock[w] + due[w], demand, is_lost);
        due[w] = 0;
        lanes->stock[w] = period.stock;
        lanes->position[w] -= period.sold;
        const double is_short = counted * period.missing > 0 ? 1 : 0;
        lanes->is_short[w] = lanes->is_short[w] > is_short ? lanes->is_short[w] : is_short;
        lanes->sum[MQ_STOCK_MET][w] += counted * period.met;
        lanes->sum[MQ_STOCK_HELD][w] += counted * (period.stock > 0 ? period.stock : 0);
        lanes->sum[MQ_STOCK_COST][w] += counted * mq_stock_cost(&prices, &period, 0);
    }
}

MQ_INLINE void end_cycle(int width, struct lanes *lanes)
{
    for (int w = 0; w < width; w++) {
        lanes->sum[MQ_STOCK_WHOLE][w] += 1 - lanes->is_short[w];
        lanes->is_short[w] = 0;
    }
}

MQ_INLINE void value_goods(int width, double cost, struct lanes *lanes)
{
    for (int w = 0; w < width; w++)
        lanes->sum[MQ_STOCK_COST][w] += cost * lanes->position[w];
}

static void write_sums(int width, const struct lanes *lanes, double periods, double demand,
                       double cycles, struct mq_stock_sums sums[])
{
    for (int w = 0; w < width; w++) {
        for (int s = 0; s < MQ_STOCK_SUMS; s++)
            sums[w].at[s] = lanes->sum[s][w];
        sums[w].at[MQ_STOCK_PERIODS] = periods;
        sums[w].at[MQ_STOCK_DEMAND] = demand;
        sums[w].at[MQ_STOCK_CYCLES] = cycles;
    }
}

MQ_INLINE void replay(const struct mq_stock_path *path, int width, bool is_lost,
                      const double level[], const double cap[], int64_t step, double ring[],
                      struct mq_stock_sums sums[])
{
    struct lanes lanes = {0};
    const int64_t slots = path->wait_max + 1;
    int64_t slot = 0; // of what arrives now
    int64_t to_review = path->first_review;
    int64_t cycle_periods = 0; // counted since the last review
    double periods = 0;
    double demand = 0;
    double cycles = 0;
    memset(ring, 0, (size_t)(slots * width) * sizeof *ring);
    for (int w = 0; w < width; w++)
        lanes.stock[w] = lanes.position[w] = path->initial;
    for (int64_t t = 0; t < path->n; t++) {
        const struct mq_stock_prices prices = path->prices[t * path->prices_step];
        const bool is_counted = t >= path->warmup && path->is_known[t];
        if (t == path->warmup) value_goods(width, prices.cost, &lanes);
        if (to_review-- == 0) {
            if (cycle_periods > 0) {
                end_cycle(width, &lanes);
                cycles++;
            }
            cycle_periods = 0;
            to_review = path->review - 1;
            const int64_t at = slot + path->wait[t];
            place_orders(width, level + t * step, cap + t * step, prices.cost, t >= path->warmup,
                         ring + (at < slots ? at : at - slots) * width, &lanes);
        }
        meet_demand(width, path->demand[t], is_lost, is_counted, prices, ring + slot * width,
                    &lanes);
        slot = slot + 1 < slots ? slot + 1 : 0;
        if (!is_counted) continue;
        cycle_periods++;
        periods++;
        demand += path->demand[t];
    }
    if (cycle_periods > 0) {
        end_cycle(width, &lanes);
        cycles++;
    }
    if (path->n > path->warmup)
        value_goods(width, -path->prices[(path->n - 1) * path->prices_step].cost, &lanes);
    write_sums(width, &lanes, periods, demand, cycles, sums);
}

MQ_CLONES void mq_replay_lanes(const struct mq_stock_path *path, const double level[],
                               const double cap[], double scratch[], struct mq_stock_sums sums[])
{
    if (path->is_lost)
        replay(path, LANES, true, level, cap, 0, scratch, sums);
    else
        replay(path, LANES, false, level, cap, 0, scratch, sums);
}

MQ_CLONES void mq_replay_rule(const struct mq_stock_path *path, const double level[],
                              const double cap[], int64_t step, double scratch[],
                              struct mq_stock_sums *sums)
{
    if (path->is_lost)
        replay(path, 1, true, level, cap, step, scratch, sums);
    else
        replay(path, 1, false, level, cap, step, scratch, sums);
}
