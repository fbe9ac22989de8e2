// Blocks of products through one policy, on all threads of all ranks.
#include "simulate/entry.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/demand.h"
#include "mq/model/orders.h"

// What the tasks of a block see.
struct work {
    struct simulation *simulation;
    struct entry *entry;
    const struct mq_search *search; // NULL: replay
    const struct mq_series_block *block;
    const struct mq_forecasts *forecasts; // of the entry's run
    struct mq_orders *planner; // of the entry's run, if it is a policy
    double *stock; // (products) it begins with
    float *orders; // (products, periods) it says
    struct replayed *replayed;
    double *cost; // (products, MQ_REPLAY_LANES) of the search's points
    struct mq_exact *total; // (MQ_REPLAY_LANES) of all products
};

static int64_t block_series(const struct simulation *simulation)
{
    return simulation->setup.request->experiment->forecast.batch;
}

static int64_t chunk_series(const struct simulation *simulation)
{
    return block_series(simulation) * mq_pool_threads(simulation->pool);
}

// Hands this rank's products to `sink`, with the forecasts of the entry's run if it has one.
static mq_status stream(const struct work *work, mq_forecast_sink *sink, void *context)
{
    const struct simulation *simulation = work->simulation;
    struct mq_panel *panel = simulation->setup.request->panel;
    const struct mq_simulated_run *run = work->entry->run;
    const int64_t series = block_series(simulation);
    int64_t first = 0;
    int64_t n = 0;
    mq_status status = MQ_OK;
    mq_shard_range(mq_panel_info(panel)->n_series, series, mq_size(simulation->world),
                   mq_rank(simulation->world), &first, &n);
    if (work->entry->policy->feed == FEED_FORECASTS) {
        struct mq_predictor *predictor = NULL;
        status =
            mq_predictor_new(&predictor, run->model, panel, &simulation->reviews,
                             mq_evaluate_levels(&run->model->experiment), series, simulation->pool);
        if (status == MQ_OK) status = mq_predictor_run(predictor, first, n, sink, context);
        mq_predictor_free(predictor);
        return status;
    }
    const int64_t chunk = chunk_series(simulation);
    for (int64_t done = 0; done < n && status == MQ_OK; done += chunk) {
        struct mq_series_block block = {0};
        status = mq_panel_read(panel, first + done, mq_min_i64(chunk, n - done), &block);
        if (status == MQ_OK) status = sink(context, &block, NULL);
        mq_series_block_release(&block);
    }
    return status;
}

// ---- tuning for the catalogue -------------------------------------------------------------------

static mq_status cost_task(void *context, int64_t worker, int64_t i)
{
    const struct work *work = context;
    const struct setup *setup = &work->simulation->setup;
    struct product *product = &work->simulation->products[worker];
    MQ_TRY(product_load(product, setup, work->block, i));
    const struct axes axes = axes_of(work->entry->policy, setup, product);
    policy_costs(work->entry->policy, setup, product, &axes, work->search,
                 work->cost + i * MQ_REPLAY_LANES);
    return MQ_OK;
}

static mq_status cost_block(void *context, const struct mq_series_block *block,
                            const struct mq_forecasts *forecasts)
{
    (void)forecasts;
    struct work *work = context;
    work->block = block;
    MQ_TRY(mq_pool_run(work->simulation->pool, block->n, cost_task, NULL, work));
    for (int64_t i = 0; i < block->n * MQ_REPLAY_LANES; i++)
        mq_exact_add(&work->total[i % MQ_REPLAY_LANES], work->cost[i]);
    return MQ_OK;
}

mq_status entry_tune(struct simulation *simulation, struct entry *entry,
                     const struct mq_search_point *base)
{
    const struct setup *setup = &simulation->setup;
    const struct product none = {0};
    const struct axes axes = axes_of(entry->policy, setup, &none);
    const int64_t level = base != NULL ? base->at[MQ_AXIS_LEVEL] : axes.of[MQ_AXIS_LEVEL].n / 2;
    struct mq_search search;
    struct work work = {.simulation = simulation, .entry = entry, .search = &search};
    mq_status status = MQ_OK;
    work.cost = mq_calloc(chunk_series(simulation) * MQ_REPLAY_LANES, sizeof *work.cost);
    MQ_DO(mq_agree(simulation->world, work.cost != NULL ? MQ_OK : MQ_FAILED));
    mq_search_begin(&search, axes.of[MQ_AXIS_LEVEL].n, axes.of[MQ_AXIS_CAP].n,
                    axes_begin(entry->policy, setup, &none, &axes, level));
    while (!search.is_done) {
        struct mq_exact total[MQ_REPLAY_LANES] = {0};
        double cost[MQ_REPLAY_LANES];
        work.total = total;
        MQ_DO(mq_agree(simulation->world, stream(&work, cost_block, &work)));
        MQ_DO(mq_sum_exact(simulation->world, total, MQ_REPLAY_LANES));
        for (int w = 0; w < MQ_REPLAY_LANES; w++)
            cost[w] = mq_exact_value(&total[w]);
        mq_search_tell(&search, cost);
    }
    entry->tuned = search.best;
done:
    mq_free(work.cost);
    return status;
}

// ---- the span -----------------------------------------------------------------------------------

static int64_t periods_of(const struct setup *setup)
{
    return setup->end - setup->begin;
}

// What the entry's run says of product i of the block.
static struct forecasts forecasts_of(const struct work *work, int64_t i)
{
    const struct setup *setup = &work->simulation->setup;
    if (work->entry->policy->feed == FEED_NOTHING) return (struct forecasts){0};
    if (work->entry->policy->feed == FEED_ORDERS)
        return (struct forecasts){.orders = work->orders + i * periods_of(setup)};
    const struct mq_experiment *experiment = &work->entry->run->model->experiment;
    const struct mq_real_list *levels = mq_evaluate_levels(experiment);
    const struct mq_span_list *spans = &experiment->loss.spans;
    const struct mq_origins *reviews = &work->simulation->reviews;
    const int64_t span = span_of_run(work->entry->run, setup->cover);
    const int64_t first = i * reviews->n;
    return (struct forecasts){
        .quantiles = work->forecasts->quantiles + first * experiment->data.horizon * levels->n,
        .totals = span >= 0 ? work->forecasts->spans + (first * spans->n + span) * levels->n : NULL,
        .horizon = experiment->data.horizon,
        .spans = spans->n,
        .levels = levels,
        .first_review = reviews->period[0] + 1,
    };
}

// Fills the product's rule; returns whether it changes in time.
static bool fill_rule(const struct work *work, struct product *product,
                      const struct mq_stock_path *path, int64_t i)
{
    const struct setup *setup = &work->simulation->setup;
    const struct policy *policy = work->entry->policy;
    if (!policy->is_tuned) {
        const struct forecasts forecasts = forecasts_of(work, i);
        policy->rule(product, setup, path, &forecasts);
        return true;
    }
    if (setup->inventory->tuned_for == MQ_TUNED_CATALOGUE) {
        const struct axes axes = axes_of(policy, setup, product);
        axes_values(policy, &axes, work->entry->tuned, product->level, product->cap);
    } else {
        policy_tune(policy, setup, product, product->level, product->cap);
    }
    return false;
}

static mq_status replay_task(void *context, int64_t worker, int64_t i)
{
    const struct work *work = context;
    const struct setup *setup = &work->simulation->setup;
    struct product *product = &work->simulation->products[worker];
    struct mq_stock_sums sums;
    MQ_TRY(product_load(product, setup, work->block, i));
    const struct mq_stock_path path =
        product_path(product, setup, setup->begin, setup->counted, setup->end);
    const bool changes = fill_rule(work, product, &path, i);
    mq_replay_rule(&path, product->level, product->cap, changes ? 1 : 0, product->scratch, &sums);
    struct replayed *replayed = &work->replayed[i];
    *replayed = (struct replayed){.series = product->series,
                                  .segment = mq_segment_of(&setup->segments, work->block, i)};
    for (int s = 0; s < MQ_STOCK_SUMS; s++)
        replayed->at[s] = sums.at[s];
    replayed->at[TALLY_PRODUCTS] = 1;
    replayed->at[TALLY_OUT_OF_REACH] = product->is_out_of_reach ? 1 : 0;
    if (changes) return MQ_OK;
    replayed->at[TALLY_LEVEL] = isinf(product->level[0]) ? 0 : product->level[0];
    replayed->at[TALLY_CAP] = isinf(product->cap[0]) ? 0 : product->cap[0];
    return MQ_OK;
}

// The orders of a block of products, from the stock with which their replay begins.
static mq_status plan_task(void *context, int64_t worker, int64_t task)
{
    const struct work *work = context;
    const struct setup *setup = &work->simulation->setup;
    const int64_t begin = task * block_series(work->simulation);
    const int64_t n = mq_min_i64(block_series(work->simulation), work->block->n - begin);
    for (int64_t i = begin; i < begin + n; i++)
        work->stock[i] = setup->initial * mq_demand_mean(work->block, i, setup->counted);
    return mq_orders_block(work->planner, worker, work->block, begin, n, work->stock + begin,
                           work->orders + begin * periods_of(setup));
}

static mq_status replay_block(void *context, const struct mq_series_block *block,
                              const struct mq_forecasts *forecasts)
{
    struct work *work = context;
    work->block = block;
    work->forecasts = forecasts;
    if (work->planner != NULL)
        MQ_TRY(mq_pool_run(work->simulation->pool,
                           mq_ceil_div(block->n, block_series(work->simulation)), plan_task, NULL,
                           work));
    MQ_TRY(mq_pool_run(work->simulation->pool, block->n, replay_task, NULL, work));
    return tally_add(&work->entry->tally, work->simulation->pool, work->replayed, block->n);
}

int64_t span_of_run(const struct mq_simulated_run *run, int64_t periods)
{
    const struct mq_span_list *spans = &run->model->experiment.loss.spans;
    for (int64_t s = 0; s < spans->n; s++)
        if (mq_span_periods(spans->value[s]) == periods) return s;
    return -1;
}

static mq_status prepare_replay(struct work *work)
{
    const struct simulation *simulation = work->simulation;
    const struct setup *setup = &simulation->setup;
    const int64_t chunk = chunk_series(simulation);
    const struct mq_orders_span span = {
        .first = setup->begin,
        .n = periods_of(setup),
        .first_review = mq_mod(setup->counted - setup->begin, setup->inventory->review),
        .seed = (uint64_t)setup->request->experiment->run.seed,
    };
    MQ_NEW(work->replayed, chunk);
    if (work->entry->policy->feed != FEED_ORDERS) return MQ_OK;
    MQ_NEW(work->stock, chunk);
    MQ_NEW(work->orders, chunk * span.n);
    return mq_orders_new(&work->planner, work->entry->run->model, setup->request->panel, &span,
                         block_series(simulation), mq_pool_threads(simulation->pool));
}

mq_status entry_replay(struct simulation *simulation, struct entry *entry)
{
    struct work work = {.simulation = simulation, .entry = entry};
    mq_status status = prepare_replay(&work);
    if (status == MQ_OK) status = stream(&work, replay_block, &work);
    mq_orders_free(work.planner);
    mq_free(work.stock);
    mq_free(work.orders);
    mq_free(work.replayed);
    MQ_TRY(mq_agree(simulation->world, status));
    return tally_close(&entry->tally, simulation->world);
}
