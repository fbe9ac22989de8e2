// Demand is served unit by unit and orders have no limits, so each unit is a choice of its own: the
// cheapest way into period t, found by two sweeps over time.
#include "mq/inventory/perfect.h"

#include <math.h>
#include <string.h>

#include "mq/base/int.h"

// Per period: what a unit costs that is there for its demand, and which review ordered it (-1: none
// can). First of units that arrive in the period itself, then by the cheapest way.
struct ways {
    double *cost;
    double *from;
};

enum { ARRIVING, EARLY, LATE, WAYS };

// Before the periods that count nothing costs, and a unit ordered is bought for what it is worth when
// they begin.
static struct mq_stock_prices prices_at(const struct mq_stock_path *path, int64_t t)
{
    const int64_t at = mq_min_i64(mq_max_i64(t, path->warmup), path->n - 1);
    const struct mq_stock_prices prices = path->prices[at * path->prices_step];
    return t < path->warmup ? (struct mq_stock_prices){.cost = prices.cost} : prices;
}

int64_t mq_perfect_scratch(int64_t n)
{
    return 2 * WAYS * n;
}

static void take_cheaper(const struct ways *ways, int64_t t, double cost, double from)
{
    if (!(cost < ways->cost[t])) return;
    ways->cost[t] = cost;
    ways->from[t] = from;
}

// Of orders that arrive in the same period at the same cost the first is taken.
static void find_ways(const struct mq_stock_path *path, const struct ways ways[WAYS])
{
    for (int64_t t = 0; t < path->n; t++)
        for (int w = 0; w < WAYS; w++) {
            ways[w].cost[t] = HUGE_VAL;
            ways[w].from[t] = -1;
        }
    for (int64_t t = path->first_review; t < path->n; t += path->review)
        if (t + path->wait[t] < path->n)
            take_cheaper(&ways[ARRIVING], t + path->wait[t], prices_at(path, t).cost, (double)t);
    for (int64_t t = 0; t < path->n; t++) {
        const int64_t before = mq_max_i64(t - 1, 0);
        const double held = path->is_known[before] ? prices_at(path, before).holding : 0;
        take_cheaper(&ways[EARLY], t, ways[ARRIVING].cost[t], ways[ARRIVING].from[t]);
        if (t > 0)
            take_cheaper(&ways[EARLY], t, ways[EARLY].cost[before] + held,
                         ways[EARLY].from[before]);
    }
    for (int64_t t = path->n - 2; t >= 0 && !path->is_lost; t--) {
        const double waited = path->is_known[t] ? prices_at(path, t).shortage : 0;
        take_cheaper(&ways[LATE], t, ways[ARRIVING].cost[t + 1] + waited,
                     ways[ARRIVING].from[t + 1]);
        take_cheaper(&ways[LATE], t, ways[LATE].cost[t + 1] + waited, ways[LATE].from[t + 1]);
    }
}

void mq_perfect_orders(const struct mq_stock_path *path, double scratch[], double order[])
{
    struct ways ways[WAYS];
    for (int w = 0; w < WAYS; w++)
        ways[w] = (struct ways){scratch + 2 * w * path->n, scratch + (2 * w + 1) * path->n};
    find_ways(path, ways);
    memset(order, 0, (size_t)path->n * sizeof *order);
    // Unserved: lost, or waiting to the end, where it is owed at what a unit costs then.
    double unserved = path->n > 0 ? prices_at(path, path->n - 1).cost : 0;
    double *forsaken = ways[ARRIVING].cost; // no longer needed
    for (int64_t t = path->n - 1; t >= 0; t--) {
        const struct mq_stock_prices prices = prices_at(path, t);
        if (path->is_known[t] && !path->is_lost) unserved += prices.shortage;
        forsaken[t] = path->is_lost ? prices.shortage + prices.price : unserved;
        if (t < path->warmup)
            forsaken[t] = HUGE_VAL; // or it would take what waits for those that count
    }
    double stock = path->initial;
    for (int64_t t = 0; t < path->n; t++) {
        const double needed = path->demand[t] > stock ? path->demand[t] - stock : 0;
        const struct ways *way = &ways[ways[LATE].cost[t] < ways[EARLY].cost[t] ? LATE : EARLY];
        stock = stock > path->demand[t] ? stock - path->demand[t] : 0;
        if (way->cost[t] < forsaken[t]) order[(int64_t)way->from[t]] += needed;
    }
}
