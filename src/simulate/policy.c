// The policies, and what tuning them for one product is.
#include "simulate/policy.h"

#include <math.h>

#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/base/level.h"
#include "mq/data/prices.h"
#include "mq/inventory/newsvendor.h"
#include "mq/inventory/perfect.h"

// ---- axes ---------------------------------------------------------------------------------------

// A product's own grid is in units of its demand. One for the catalogue is the planner's safety
// factor: mean + k deviations of what the number has to cover, k = -4, ..., 8.
enum { UNITS_MAX = 1024, WHOLE_MAX = 4096, FACTORS = 16, FACTOR_LEAST = -4, FACTOR_MOST = 8 };
// A constant order is a share of mean demand: 0, ..., 2.
enum { SHARES = 64 };

static struct axis factor_axis(const struct totals *totals)
{
    return (struct axis){.n = (FACTOR_MOST - FACTOR_LEAST) * FACTORS + 1,
                         .from = totals->mean + FACTOR_LEAST * totals->deviation,
                         .step = totals->deviation / FACTORS};
}

static struct axis unit_axis(const struct product *product)
{
    const double most = product->longest.most;
    const bool is_whole = product->is_whole && most <= WHOLE_MAX;
    const double step = is_whole ? 1 : most / UNITS_MAX;
    return (struct axis){.n = step > 0 ? (int64_t)ceil(most / step) + 1 : 1, .step = step};
}

struct axes axes_of(const struct policy *policy, const struct setup *setup,
                    const struct product *product)
{
    const bool is_shared = setup->inventory->tuned_for == MQ_TUNED_CATALOGUE;
    const struct axis one = {.n = 1};
    struct axes axes = {{one, one}};
    if (policy->has_level)
        axes.of[MQ_AXIS_LEVEL] = is_shared ? factor_axis(&product->cover) : unit_axis(product);
    if (policy->has_cap && policy->has_level)
        axes.of[MQ_AXIS_CAP] = is_shared ? factor_axis(&product->review) : unit_axis(product);
    else if (policy->has_cap)
        axes.of[MQ_AXIS_CAP] =
            (struct axis){.n = 2 * SHARES + 1, .step = product->review.mean / SHARES};
    return axes;
}

static double value_at(const struct axis *axis, int64_t at)
{
    return fmax(0, axis->from + (double)at * axis->step);
}

void axes_values(const struct policy *policy, const struct axes *axes, struct mq_search_point point,
                 double *level, double *cap)
{
    *level =
        policy->has_level ? value_at(&axes->of[MQ_AXIS_LEVEL], point.at[MQ_AXIS_LEVEL]) : HUGE_VAL;
    *cap = policy->has_cap ? value_at(&axes->of[MQ_AXIS_CAP], point.at[MQ_AXIS_CAP]) : HUGE_VAL;
}

// Caps that do good are not far above the mean order.
struct mq_search_point axes_begin(const struct policy *policy, const struct setup *setup,
                                  const struct product *product, const struct axes *axes,
                                  int64_t level)
{
    const struct axis *cap = &axes->of[MQ_AXIS_CAP];
    struct mq_search_point begin = {{level, cap->n / 2}};
    if (!policy->has_level || !policy->has_cap) return begin;
    if (setup->inventory->tuned_for == MQ_TUNED_CATALOGUE)
        begin.at[MQ_AXIS_CAP] = (1 - FACTOR_LEAST) * FACTORS;
    else if (cap->step > 0)
        begin.at[MQ_AXIS_CAP] =
            mq_min_i64(cap->n - 1, lround(1.5 * product->review.mean / cap->step));
    return begin;
}

json_t *policy_tuned_json(const struct policy *policy, struct mq_search_point point)
{
    json_t *json = json_object();
    const char *const names[MQ_AXES] = {"level_factor", "cap_factor"};
    const bool has[MQ_AXES] = {policy->has_level, policy->has_cap};
    if (!policy->has_level)
        mq_json_set(&json, "share", json_real((double)point.at[MQ_AXIS_CAP] / SHARES));
    for (int a = 0; a < MQ_AXES && policy->has_level; a++)
        if (has[a])
            mq_json_set(&json, names[a], json_real(FACTOR_LEAST + (double)point.at[a] / FACTORS));
    return json;
}

// ---- tuning -------------------------------------------------------------------------------------

// What lies before the span, half of it at most to warm up.
static struct mq_stock_path past_of(const struct product *product, const struct setup *setup)
{
    const int64_t periods = mq_max_i64(setup->counted - product->start, 0);
    const int64_t warmup = mq_min_i64(setup->inventory->warmup, periods / 2);
    return product_path(product, setup, product->start, product->start + warmup, setup->counted);
}

void policy_costs(const struct policy *policy, const struct setup *setup, struct product *product,
                  const struct axes *axes, const struct mq_search *search, double cost[])
{
    const struct mq_stock_path path = past_of(product, setup);
    double level[MQ_REPLAY_LANES];
    double cap[MQ_REPLAY_LANES];
    struct mq_stock_sums sums[MQ_REPLAY_LANES];
    for (int w = 0; w < MQ_REPLAY_LANES; w++)
        axes_values(policy, axes, search->point[w], &level[w], &cap[w]);
    mq_replay_lanes(&path, level, cap, product->scratch, sums);
    for (int w = 0; w < MQ_REPLAY_LANES; w++)
        cost[w] = sums[w].at[MQ_STOCK_COST];
}

static struct mq_search search_product(const struct policy *policy, const struct setup *setup,
                                       struct product *product, const struct axes *axes,
                                       struct mq_search_point begin)
{
    struct mq_search search;
    double cost[MQ_REPLAY_LANES];
    mq_search_begin(&search, axes->of[MQ_AXIS_LEVEL].n, axes->of[MQ_AXIS_CAP].n, begin);
    while (!search.is_done) {
        policy_costs(policy, setup, product, axes, &search, cost);
        mq_search_tell(&search, cost);
    }
    return search;
}

void policy_tune(const struct policy *policy, const struct setup *setup, struct product *product,
                 double *level, double *cap)
{
    const struct axes axes = axes_of(policy, setup, product);
    *level = policy->has_level ? 0 : HUGE_VAL;
    *cap = policy->has_cap ? 0 : HUGE_VAL;
    if (!(product->mean > 0)) return;
    int64_t at = axes.of[MQ_AXIS_LEVEL].n / 2;
    struct mq_search base = {.cost = HUGE_VAL};
    if (policy->has_level && policy->has_cap) {
        const struct policy *uncapped = &policies[POLICY_BASE_STOCK];
        const struct axes own = axes_of(uncapped, setup, product);
        base = search_product(uncapped, setup, product, &own,
                              axes_begin(uncapped, setup, product, &own, at));
        at = base.best.at[MQ_AXIS_LEVEL];
    }
    const struct mq_search search = search_product(policy, setup, product, &axes,
                                                   axes_begin(policy, setup, product, &axes, at));
    axes_values(policy, &axes, search.best, level, cap);
    // No cap at all is one of the caps.
    if (base.cost < search.cost)
        axes_values(&policies[POLICY_BASE_STOCK], &axes, base.best, level, cap);
}

// ---- rules that change in time ------------------------------------------------------------------

static const double same_level = 1e-9;

// The total's own quantile where the run forecasts it, else one made of those of its periods.
static double total_at(const struct forecasts *forecasts, int64_t review, int64_t cover,
                       double ratio)
{
    const struct mq_real_list *levels = forecasts->levels;
    if (forecasts->totals != NULL)
        return mq_quantile_at(levels->value, levels->n,
                              forecasts->totals + review * forecasts->spans * levels->n, ratio);
    return mq_span_quantile(levels->value, levels->n,
                            forecasts->quantiles + review * forecasts->horizon * levels->n, cover,
                            ratio);
}

static void newsvendor_rule(struct product *product, const struct setup *setup,
                            const struct mq_stock_path *path, const struct forecasts *forecasts)
{
    const int64_t review = setup->inventory->review;
    const int64_t begin = (path->demand - product->demand) + product->start;
    const struct mq_real_list *levels = forecasts->levels;
    const struct mq_stock_span span = {.lead = setup->cover - review, .review = review};
    for (int64_t t = path->first_review; t < path->n; t += review) {
        const int64_t number = (begin + t - forecasts->first_review) / review;
        const double ratio =
            mq_prices_level(setup->inventory, &path->prices[t * path->prices_step], span);
        product->is_out_of_reach = product->is_out_of_reach ||
                                   ratio < levels->value[0] - same_level ||
                                   ratio > levels->value[levels->n - 1] + same_level;
        product->cap[t] = HUGE_VAL;
        product->level[t] = total_at(forecasts, number, setup->cover, ratio);
    }
}

static void learned_rule(struct product *product, const struct setup *setup,
                         const struct mq_stock_path *path, const struct forecasts *forecasts)
{
    const int64_t begin = (path->demand - product->demand) + product->start;
    for (int64_t t = 0; t < path->n; t++) {
        product->level[t] = HUGE_VAL;
        product->cap[t] = (double)forecasts->orders[begin + t - setup->begin];
    }
}

static void perfect_rule(struct product *product, const struct setup *setup,
                         const struct mq_stock_path *path, const struct forecasts *forecasts)
{
    (void)setup;
    (void)forecasts;
    mq_perfect_orders(path, product->scratch, product->cap);
    for (int64_t t = 0; t < path->n; t++)
        product->level[t] = HUGE_VAL;
}

const struct policy policies[POLICIES] = {
    [POLICY_CONSTANT] = {.name = "constant",
                         .summary = "the same order at every review",
                         .is_tuned = true,
                         .has_cap = true},
    [POLICY_BASE_STOCK] = {.name = "base_stock",
                           .summary = "order up to a level",
                           .is_tuned = true,
                           .has_level = true},
    [POLICY_CAPPED] = {.name = "capped_base_stock",
                       .summary = "order up to a level, but no more than a cap",
                       .is_tuned = true,
                       .has_level = true,
                       .has_cap = true},
    [POLICY_NEWSVENDOR] = {.name = "newsvendor",
                           .summary = "order up to the quantile, at the critical ratio, of demand "
                                      "over lead + review, forecast by a run",
                           .feed = FEED_FORECASTS,
                           .rule = newsvendor_rule},
    [POLICY_LEARNED] = {.name = "learned",
                        .summary = "orders of a network that was trained on their cost: runs of "
                                   "model.type policy",
                        .feed = FEED_ORDERS,
                        .rule = learned_rule},
    [POLICY_PERFECT] = {.name = "perfect",
                        .summary = "orders of one who knows demand and delays: the bound",
                        .rule = perfect_rule},
};
