// Sums as ratios per product-period, intervals from resamples, all as JSON.
#include "simulate/result.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/inventory/bootstrap.h"

static const char *const censored = "observed sales stand for demand: what could not be sold was "
                                    "not seen, so true demand was higher "
                                    "where stock ran out";

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *ratio(double sum, double count)
{
    return number(count > 0 ? sum / count : (double)NAN);
}

// The middle of the costs per product-period over resamples, less those of `base` (NULL: nothing).
static json_t *interval_json(const struct tally *tally, const struct tally *base, int64_t group)
{
    const int64_t n = tally->resamples;
    const double *cost = tally->cost + group * n;
    double interval[2];
    double *values = mq_calloc(n, sizeof *values);
    if (values == NULL) return NULL;
    for (int64_t r = 0; r < n; r++)
        values[r] = cost[r] - (base != NULL ? base->cost[group * n + r] : 0);
    mq_bootstrap_interval(values, n, interval);
    mq_free(values);
    json_t *json = json_array();
    mq_json_append(&json, number(interval[0]));
    mq_json_append(&json, number(interval[1]));
    return json;
}

static double cost_of(const struct tally *tally, int64_t group)
{
    const double *sum = tally->value + group * TALLY_SUMS;
    return sum[MQ_STOCK_PERIODS] > 0 ? sum[MQ_STOCK_COST] / sum[MQ_STOCK_PERIODS] : (double)NAN;
}

static json_t *against_json(const struct tally *tally, const struct tally *base, int64_t group)
{
    const double difference = cost_of(tally, group) - cost_of(base, group);
    json_t *json = json_object();
    mq_json_set(&json, "cost", number(difference));
    mq_json_set(&json, "interval", interval_json(tally, base, group));
    mq_json_set(&json, "relative", ratio(difference, fabs(cost_of(base, group))));
    return json;
}

// One segment, or all of them together. `base` is the base-stock policy, NULL when not replayed.
static void set_group(json_t **json, const struct tally *tally, const struct tally *base,
                      int64_t group)
{
    const double *sum = tally->value + group * TALLY_SUMS;
    const double periods = sum[MQ_STOCK_PERIODS];
    mq_json_set(json, "products", json_integer((json_int_t)sum[TALLY_PRODUCTS]));
    mq_json_set(json, "product_periods", json_integer((json_int_t)periods));
    mq_json_set(json, "cost", number(cost_of(tally, group)));
    mq_json_set(json, "cost_interval", interval_json(tally, NULL, group));
    if (base != NULL && base != tally)
        mq_json_set(json, "against_base_stock", against_json(tally, base, group));
    mq_json_set(json, "fill_rate", ratio(sum[MQ_STOCK_MET], sum[MQ_STOCK_DEMAND]));
    mq_json_set(json, "service_level", ratio(sum[MQ_STOCK_WHOLE], sum[MQ_STOCK_CYCLES]));
    mq_json_set(json, "demand", ratio(sum[MQ_STOCK_DEMAND], periods));
    mq_json_set(json, "stock", ratio(sum[MQ_STOCK_HELD], periods));
    mq_json_set(json, "ordered", ratio(sum[MQ_STOCK_ORDERED], periods));
    mq_json_set(json, "orders", ratio(sum[MQ_STOCK_ORDERS], periods));
    mq_json_set(json, "order_size", ratio(sum[MQ_STOCK_ORDERED], sum[MQ_STOCK_ORDERS]));
}

// The one point of the catalogue, or the means of products' own.
static void set_tuned(const struct simulation *simulation, const struct entry *entry, json_t **json)
{
    const double *sum = entry->tally.value + entry->tally.segments * TALLY_SUMS;
    if (!entry->policy->is_tuned) return;
    if (simulation->setup.inventory->tuned_for == MQ_TUNED_CATALOGUE)
        mq_json_set(json, "tuned", policy_tuned_json(entry->policy, entry->tuned));
    if (entry->policy->has_level)
        mq_json_set(json, "mean_level", ratio(sum[TALLY_LEVEL], sum[TALLY_PRODUCTS]));
    if (entry->policy->has_cap)
        mq_json_set(json, "mean_cap", ratio(sum[TALLY_CAP], sum[TALLY_PRODUCTS]));
}

static json_t *segments_json(const struct mq_segments *segments, const struct tally *tally,
                             const struct tally *base)
{
    json_t *json = json_object();
    for (int64_t s = 0; segments->name != NULL && s < segments->n; s++) {
        if (!(tally->value[s * TALLY_SUMS + TALLY_PRODUCTS] > 0)) continue;
        json_t *segment = json_object();
        set_group(&segment, tally, base, s);
        mq_json_set(&json, segments->name[s], segment);
    }
    return json;
}

static json_t *entry_json(const struct simulation *simulation, const struct entry *entry,
                          const struct tally *base)
{
    const struct tally *tally = &entry->tally;
    json_t *json = json_object();
    mq_json_set(&json, "policy", json_string(entry->policy->name));
    if (entry->run != NULL) {
        const double *sum = tally->value + tally->segments * TALLY_SUMS;
        mq_json_set(&json, "run", json_string(entry->run->name));
        mq_json_set(&json, "model", json_string(entry->run->model->experiment.model_type));
        mq_json_set(&json, "mean_wQL", number(entry->run->mean_wQL));
        if (entry->policy->feed == FEED_FORECASTS)
            mq_json_set(&json, "has_span",
                        json_boolean(span_of_run(entry->run, simulation->setup.cover) >= 0));
        mq_json_set(&json, "seen_in_training", json_boolean(entry->run->was_seen));
        mq_json_set(&json, "out_of_reach", json_integer((json_int_t)sum[TALLY_OUT_OF_REACH]));
    }
    set_group(&json, tally, base, tally->segments);
    set_tuned(simulation, entry, &json);
    mq_json_set(&json, "by_segment", segments_json(&simulation->setup.segments, tally, base));
    return json;
}

static json_t *date_json(const struct setup *setup, int64_t period)
{
    char date[MQ_DATE_MAX];
    mq_period_print(&setup->info->calendar, period, date);
    return json_string(date);
}

json_t *result_json(const struct simulation *simulation, const struct entry entries[], int64_t n)
{
    const struct setup *setup = &simulation->setup;
    const struct mq_inventory_settings *inventory = setup->inventory;
    const struct mq_experiment *experiment = setup->request->experiment;
    const bool is_lost = inventory->unmet == MQ_UNMET_LOST;
    const bool is_shared = inventory->tuned_for == MQ_TUNED_CATALOGUE;
    const struct tally *base = NULL;
    json_t *policies_json = json_array();
    json_error_t error;
    for (int64_t i = 0; i < n; i++)
        if (entries[i].policy == &policies[POLICY_BASE_STOCK]) base = &entries[i].tally;
    for (int64_t i = 0; i < n; i++)
        mq_json_append(&policies_json, entry_json(simulation, &entries[i], base));
    json_t *delays = json_array();
    for (int64_t k = 0; k < inventory->delays.n; k++)
        mq_json_append(&delays, json_real(inventory->delays.value[k]));
    json_t *json = json_pack_ex(
        &error, 0,
        "{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:s, s:I, s:o, s:I, s:s, s:s, s:s, s:s, s:s, "
        "s:I, s:s, "
        "s:o}",
        "format", "mqcast-simulation", "run", experiment->run.name, "panel",
        mq_panel_path(setup->request->panel), "first", date_json(setup, setup->counted), "last",
        date_json(setup, setup->end - 1), "periods", (json_int_t)(setup->end - setup->counted),
        "warmup", (json_int_t)inventory->warmup, "series", (json_int_t)setup->info->n_series,
        "unmet", is_lost ? "lost" : "waits", "lead", (json_int_t)inventory->lead, "delays", delays,
        "review", (json_int_t)inventory->review, "holding", inventory->holding, "shortage",
        inventory->shortage, "price", inventory->price, "cost", inventory->cost, "tuned_for",
        is_shared ? "catalogue" : "product", "resamples", (json_int_t)inventory->resamples,
        "censored", censored, "policies", policies_json);
    if (json == NULL) (void)mq_json_fail(&error, "simulation.json");
    return json;
}
