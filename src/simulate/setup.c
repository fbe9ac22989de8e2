// Settings against panel: spans of time, prices, delays.
#include "simulate/setup.h"

#include <math.h>

#include "mq/base/int.h"

static mq_status find_prices(struct setup *setup)
{
    MQ_TRY(mq_prices_find(&setup->prices, setup->inventory, setup->request->panel));
    for (int p = 0; p < MQ_PRICES; p++) {
        const int64_t c = setup->prices.of[p].covariate;
        if (c >= 0 && setup->info->covariates[c].role != MQ_ROLE_STATIC_REAL)
            setup->prices_step = 1;
    }
    return MQ_OK;
}

static void find_waits(struct setup *setup)
{
    const struct mq_inventory_settings *inventory = setup->inventory;
    double sum = 0;
    double mean = 0;
    for (int64_t k = 0; k < inventory->delays.n; k++) {
        sum += inventory->delays.value[k];
        mean += (double)k * inventory->delays.value[k];
    }
    setup->wait_max = inventory->lead + mq_max_i64(inventory->delays.n - 1, 0);
    setup->cover = inventory->lead + inventory->review + (sum > 0 ? lround(mean / sum) : 0);
    setup->initial = mq_inventory_initial(inventory);
}

static mq_status find_span(struct setup *setup)
{
    const struct mq_experiment *experiment = setup->request->experiment;
    MQ_TRY(mq_split_make(&setup->split, experiment, setup->info,
                         mq_panel_path(setup->request->panel)));
    const struct mq_origins *origins = &setup->split.evaluation;
    setup->counted = origins->period[0] + 1;
    setup->end = origins->period[origins->n - 1] + experiment->data.horizon + 1;
    setup->begin = setup->counted - setup->inventory->warmup;
    if (setup->begin >= 1) return MQ_OK;
    (void)mq_fail(MQ_USAGE,
                  "inventory.warmup: %lld periods, but only %lld lie before the evaluation span",
                  (long long)setup->inventory->warmup, (long long)setup->counted);
    return mq_hint("lower it, or evaluate.origins");
}

mq_status setup_init(struct setup *setup, const struct mq_simulation_request *request)
{
    *setup = (struct setup){.request = request,
                            .inventory = &request->experiment->inventory,
                            .info = mq_panel_info(request->panel)};
    MQ_TRY(find_prices(setup));
    find_waits(setup);
    MQ_TRY(find_span(setup));
    return mq_segments_find(&setup->segments, request->panel, request->experiment->evaluate.by);
}

void setup_release(struct setup *setup)
{
    mq_split_release(&setup->split);
    mq_segments_release(&setup->segments);
    *setup = (struct setup){0};
}

int32_t setup_wait(const struct setup *setup, int64_t series, int64_t period)
{
    const struct mq_real_list *delays = &setup->inventory->delays;
    const struct mq_stock_order order = {
        .seed = (uint64_t)setup->request->experiment->run.seed, .series = series, .period = period};
    return (int32_t)(setup->inventory->lead + mq_stock_delay(delays->value, delays->n, order));
}
