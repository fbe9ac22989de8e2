// Prices of stock from the panel.
#include "mq/data/prices.h"

#include <math.h>
#include <string.h>

#include "mq/base/str.h"

static bool is_price(const struct mq_covariate *covariate)
{
    return covariate->role == MQ_ROLE_STATIC_REAL || covariate->role == MQ_ROLE_KNOWN;
}

static mq_status refuse(const char *key, const char *text, const struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    const char *names[MQ_COVARIATES_MAX];
    int64_t n = 0;
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (is_price(&info->covariates[c])) names[n++] = info->covariates[c].name;
    (void)mq_fail(MQ_USAGE,
                  "inventory.%s: '%s' is no number, and no static real or known covariate of %s",
                  key, text, mq_panel_path(panel));
    const char *nearest = mq_str_nearest(text, names, n);
    if (nearest != NULL) return mq_hint("did you mean '%s'?", nearest);
    return mq_hint("mqcast inspect %s lists the covariates", mq_panel_path(panel));
}

struct given {
    const char *key;
    const char *text;
};

static struct given given_at(const struct mq_inventory_settings *inventory, int k)
{
    const struct given given[MQ_PRICES] = {{"holding", inventory->holding},
                                           {"shortage", inventory->shortage},
                                           {"price", inventory->price},
                                           {"cost", inventory->cost}};
    return given[k];
}

static struct mq_stock_prices in_order(const double value[MQ_PRICES])
{
    return (struct mq_stock_prices){
        .holding = value[0], .shortage = value[1], .price = value[2], .cost = value[3]};
}

static bool is_amount(double value)
{
    return value >= 0 && isfinite(value);
}

mq_status mq_prices_find(struct mq_prices *prices, const struct mq_inventory_settings *inventory,
                         const struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    for (int k = 0; k < MQ_PRICES; k++) {
        const struct given given = given_at(inventory, k);
        double *number = &prices->of[k].number;
        prices->of[k].covariate = -1;
        if (mq_parse_f64(given.text, number)) {
            if (is_amount(*number)) continue;
            return mq_fail(MQ_USAGE, "inventory.%s: %s is less than 0", given.key, given.text);
        }
        for (int64_t c = 0; c < info->n_covariates; c++)
            if (is_price(&info->covariates[c]) && strcmp(info->covariates[c].name, given.text) == 0)
                prices->of[k].covariate = c;
        if (prices->of[k].covariate < 0) return refuse(given.key, given.text, panel);
    }
    return MQ_OK;
}

const char *mq_prices_numbers(const struct mq_inventory_settings *inventory,
                              struct mq_stock_prices *numbers)
{
    double value[MQ_PRICES];
    const char *wrong = NULL;
    for (int k = MQ_PRICES - 1; k >= 0; k--) {
        const struct given given = given_at(inventory, k);
        if (mq_parse_f64(given.text, &value[k]) && is_amount(value[k])) continue;
        value[k] = 0;
        wrong = given.key;
    }
    *numbers = in_order(value);
    return wrong;
}

double mq_prices_level(const struct mq_inventory_settings *inventory,
                       const struct mq_stock_prices *prices, struct mq_stock_span span)
{
    if (inventory->service_level > 0) return inventory->service_level;
    return mq_stock_critical_ratio(prices, span, inventory->unmet == MQ_UNMET_LOST);
}

static double value_at(const struct mq_panel_info *panel, const struct mq_series_block *block,
                       int64_t c, int64_t i, int64_t period)
{
    if (panel->covariates[c].role == MQ_ROLE_STATIC_REAL) return (double)block->statics[c][i];
    const int64_t j = period - block->start[i];
    if (j < 0 || j >= block->length[i] + block->ahead) return (double)NAN;
    return (double)block->known[c][block->offset[i] + i * block->ahead + j];
}

bool mq_prices_at(const struct mq_prices *prices, const struct mq_panel_info *panel,
                  const struct mq_series_block *block, int64_t i, int64_t period,
                  struct mq_stock_prices *at)
{
    double value[MQ_PRICES];
    bool is_known = true;
    for (int k = 0; k < MQ_PRICES; k++) {
        const int64_t c = prices->of[k].covariate;
        value[k] = c < 0 ? prices->of[k].number : value_at(panel, block, c, i, period);
        is_known = is_known && value[k] >= 0;
    }
    *at = in_order(value);
    return is_known;
}
