/// What stock costs, as an experiment names it: each of holding, shortage, price and cost is a
/// number, or a static real or known covariate of the panel.
#ifndef MQ_DATA_PRICES_H
#define MQ_DATA_PRICES_H

#include "mq/base/stock.h"
#include "mq/config/experiment.h"
#include "mq/data/panel.h"

enum { MQ_PRICES = 4 };

struct mq_prices {
    struct {
        double number;
        int64_t covariate; ///< -1: the number
    } of[MQ_PRICES]; ///< in the order of struct mq_stock_prices
};

/// MQ_USAGE for a name that is no such covariate of the panel. Local.
mq_status mq_prices_find(struct mq_prices *prices, const struct mq_inventory_settings *inventory,
                         const struct mq_panel *panel) MQ_NODISCARD;

/// Prices that are all numbers of 0 or more. Else the key of the first that is not, and what `numbers`
/// then has for it is 0.
const char *mq_prices_numbers(const struct mq_inventory_settings *inventory,
                              struct mq_stock_prices *numbers);

/// The level of demand's distribution that an order should cover: inventory.service_level, or without
/// one newsvendor's critical ratio.
double mq_prices_level(const struct mq_inventory_settings *inventory,
                       const struct mq_stock_prices *prices, struct mq_stock_span span);

/// Of series i of a block in a period; false when one of them is not known there, or negative. Any
/// thread.
bool mq_prices_at(const struct mq_prices *prices, const struct mq_panel_info *panel,
                  const struct mq_series_block *block, int64_t i, int64_t period,
                  struct mq_stock_prices *at);

#endif
