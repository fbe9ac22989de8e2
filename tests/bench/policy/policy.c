// Panels of independent Poisson demand, and the long-run cost of a policy on one.
//     policy panel PANEL.h5 SERIES PERIODS MEAN SEED
//     policy judge RUN PANEL.h5 WARMUP WHOLE     WHOLE: true rounds orders to whole units
// The second prints the mean cost per product and period, and its standard error.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"
#include "mq/data/demand.h"
#include "mq/data/prices.h"
#include "mq/model/checkpoint.h"
#include "mq/model/orders.h"

enum { SERIES = 64, PERIODS_MAX = 20000 };

static mq_status make_panel(char **words)
{
    static float demand[PERIODS_MAX];
    struct mq_panel_writer *writer = NULL;
    const int64_t n = atoll(words[1]);
    const int64_t periods = atoll(words[2]);
    const double mean = atof(words[3]);
    const struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 18262 * 86400}, .source = "poisson"};
    if (periods > PERIODS_MAX) return mq_fail(MQ_USAGE, "at most %d periods", PERIODS_MAX);
    MQ_TRY(mq_panel_create(&writer, words[0], &info));
    for (int64_t i = 0; i < n; i++) {
        char id[32];
        struct mq_rng rng = mq_rng_at((uint64_t)atoll(words[4]), MQ_RNG_TEST, (uint64_t)i, 0);
        for (int64_t t = 0; t < periods; t++)
            demand[t] = (float)mq_rng_poisson(&rng, mean);
        (void)snprintf(id, sizeof id, "p%lld", (long long)i);
        const struct mq_series series = {.id = id, .length = periods, .target = demand};
        MQ_TRY(mq_panel_append(writer, &series));
    }
    return mq_panel_publish(writer);
}

// Of one product, from the period `warmup` of the span on.
static double cost_of(const struct mq_experiment *experiment, const struct mq_series_block *block,
                      int64_t i, const float orders[], int64_t n, int64_t warmup, double stock)
{
    const struct mq_inventory_settings *inventory = &experiment->inventory;
    struct mq_stock_prices prices;
    (void)mq_prices_numbers(inventory, &prices);
    const float *demand = block->target + block->offset[i] + 1;
    static double arriving[PERIODS_MAX];
    double sum = 0;
    memset(arriving, 0, (size_t)n * sizeof *arriving);
    struct mq_stock_order order = {(uint64_t)experiment->run.seed, block->first + i, 0, 0};
    for (int64_t t = 0; t < n; t++) {
        order.period = 1 + t;
        const int64_t at = t + inventory->lead +
                           mq_stock_delay(inventory->delays.value, inventory->delays.n, order);
        if (at < n) arriving[at] += (double)orders[t];
        const struct mq_stock_period period = mq_stock_meet(stock + arriving[t], (double)demand[t],
                                                            inventory->unmet == MQ_UNMET_LOST);
        stock = period.stock;
        if (t >= warmup) sum += mq_stock_cost(&prices, &period, (double)orders[t]);
    }
    return sum / (double)(n - warmup);
}

static mq_status round_orders(struct mq_model *model, const char *is_whole)
{
    const struct mq_section *section = &model->experiment.model_section;
    const struct mq_source source = {"WHOLE", 0};
    const struct mq_setting *setting = NULL;
    MQ_TRY(mq_setting_find(section, "whole", source, &setting));
    return mq_setting_parse(section, setting, is_whole, source, model->experiment.model);
}

static mq_status judge(char **words)
{
    struct mq_model model = {0};
    struct mq_progress progress;
    struct mq_panel *panel = NULL;
    struct mq_orders *policy = NULL;
    const int64_t warmup = atoll(words[2]);
    char path[MQ_PATH_MAX];
    double stock[SERIES];
    double sum = 0;
    double squares = 0;
    MQ_TRY(mq_checkpoint_resolve(words[0], "best", path));
    MQ_TRY(mq_checkpoint_read(path, &model, &progress));
    MQ_TRY(round_orders(&model, words[3]));
    MQ_TRY(mq_panel_open(&panel, words[1]));
    const int64_t n = mq_panel_info(panel)->n_periods - 1;
    const int64_t products = mq_panel_info(panel)->n_series;
    const struct mq_orders_span span = {
        .first = 1, .n = n, .seed = (uint64_t)model.experiment.run.seed};
    MQ_TRY(mq_orders_new(&policy, &model, panel, &span, SERIES, 1));
    float *orders = malloc((size_t)(SERIES * n) * sizeof *orders);
    if (orders == NULL || n > PERIODS_MAX) return mq_fail_memory("orders");
    for (int64_t first = 0; first < products; first += SERIES) {
        struct mq_series_block block = {0};
        const int64_t m = mq_min_i64(SERIES, products - first);
        MQ_TRY(mq_panel_read(panel, first, m, &block));
        for (int64_t i = 0; i < m; i++)
            stock[i] = mq_inventory_initial(&model.experiment.inventory) *
                       mq_demand_mean(&block, i, n + 1);
        MQ_TRY(mq_orders_block(policy, 0, &block, 0, m, stock, orders));
        for (int64_t i = 0; i < m; i++) {
            const double cost =
                cost_of(&model.experiment, &block, i, orders + i * n, n, warmup, stock[i]);
            sum += cost;
            squares += cost * cost;
        }
        mq_series_block_release(&block);
    }
    const double mean = sum / (double)products;
    printf("%.6f %.6f\n", mean,
           sqrt((squares / (double)products - mean * mean) / (double)products));
    free(orders);
    mq_orders_free(policy);
    mq_panel_close(panel);
    mq_model_release(&model);
    return MQ_OK;
}

int main(int argc, char **argv)
{
    mq_status status = MQ_USAGE;
    if (argc == 7 && strcmp(argv[1], "panel") == 0)
        status = make_panel(argv + 2);
    else if (argc == 6 && strcmp(argv[1], "judge") == 0)
        status = judge(argv + 2);
    else
        fprintf(stderr, "usage: policy panel PANEL.h5 SERIES PERIODS MEAN SEED\n"
                        "       policy judge RUN PANEL.h5 WARMUP WHOLE\n");
    if (mq_error_get()->message[0] != '\0') fprintf(stderr, "error: %s\n", mq_error_get()->message);
    return (int)status;
}
