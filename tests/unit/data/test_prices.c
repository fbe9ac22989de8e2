// Prices of stock: numbers, and covariates of the panel by name.
#include "mq/data/prices.h"

#include <math.h>
#include <stdio.h>

#include "support/harness.h"
#include "support/panels.h"

enum { N = 4, PERIODS = 40 };

struct bench {
    struct catalogue catalogue;
    struct mq_panel *panel;
    struct mq_series_block block;
};

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){0};
    catalogue_init(&bench->catalogue, N, PERIODS);
    bench->panel = catalogue_open(&bench->catalogue, test_path("panel.h5"));
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
}

static void bench_release(struct bench *bench)
{
    mq_series_block_release(&bench->block);
    mq_panel_close(bench->panel);
    catalogue_release(&bench->catalogue);
}

START_TEST(test_a_price_is_a_number_or_a_covariate)
{
    struct bench bench;
    struct mq_prices prices;
    struct mq_stock_prices at;
    bench_init(&bench);
    const struct mq_panel_info *info = mq_panel_info(bench.panel);
    const struct mq_inventory_settings inventory = {
        .holding = "weight", .shortage = "9", .price = "price", .cost = "0.5"};
    ck_ok(mq_prices_find(&prices, &inventory, bench.panel));
    for (int64_t i = 0; i < N; i++) {
        const struct product *product = &bench.catalogue.products[i];
        const int64_t period = PERIODS + 2; // a price known ahead
        const bool is_known = mq_prices_at(&prices, info, &bench.block, i, period, &at);
        ck_assert(is_known == !isnan(product->weight)); // there is one without
        ck_assert(at.holding == (double)product->weight || !is_known);
        ck_assert(at.shortage == 9 && at.cost == 0.5);
        ck_assert(at.price == (double)product->price[period - product->start]);
        ck_assert(!mq_prices_at(&prices, info, &bench.block, i, PERIODS + CATALOGUE_AHEAD, &at));
        ck_assert(!mq_prices_at(&prices, info, &bench.block, i, product->start - 1, &at));
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_is_no_price_is_refused)
{
    struct bench bench;
    struct mq_prices prices;
    bench_init(&bench);
    struct mq_inventory_settings inventory = {
        .holding = "1", .shortage = "9", .price = "prize", .cost = "0"};
    ck_fails(mq_prices_find(&prices, &inventory, bench.panel), MQ_USAGE,
             "inventory.price: 'prize' is no number, and no static real or known covariate of");
    ck_assert_str_eq(mq_error_get()->hint, "did you mean 'price'?");
    ck_assert_int_eq(snprintf(inventory.price, sizeof inventory.price, "shop"), 4);
    ck_fails(mq_prices_find(&prices, &inventory, bench.panel), MQ_USAGE, "'shop' is no number");
    ck_assert_int_eq(snprintf(inventory.price, sizeof inventory.price, "-1"), 2);
    ck_fails(mq_prices_find(&prices, &inventory, bench.panel), MQ_USAGE, "-1 is less than 0");
    bench_release(&bench);
}
END_TEST

START_TEST(test_prices_that_are_all_numbers)
{
    struct mq_stock_prices prices;
    struct mq_inventory_settings inventory = {
        .holding = "1", .shortage = "9", .price = "2.5", .cost = "0"};
    ck_assert_ptr_null(mq_prices_numbers(&inventory, &prices));
    ck_assert(prices.holding == 1 && prices.shortage == 9 && prices.price == 2.5);
    ck_assert_int_eq(snprintf(inventory.shortage, sizeof inventory.shortage, "weight"), 6);
    ck_assert_int_eq(snprintf(inventory.cost, sizeof inventory.cost, "-1"), 2);
    ck_assert_str_eq(mq_prices_numbers(&inventory, &prices), "shortage");
    ck_assert(prices.shortage == 0 && prices.cost == 0 && prices.holding == 1);
}
END_TEST

START_TEST(test_a_service_level_stands_before_the_critical_ratio)
{
    const struct mq_stock_prices prices = {.holding = 1, .shortage = 9};
    const struct mq_stock_span span = {.lead = 2, .review = 1};
    struct mq_inventory_settings inventory = {.unmet = MQ_UNMET_LOST};
    ck_assert(mq_prices_level(&inventory, &prices, span) == 0.75);
    inventory.unmet = MQ_UNMET_WAITS;
    ck_assert(mq_prices_level(&inventory, &prices, span) == 0.9);
    inventory.service_level = 0.6;
    ck_assert(mq_prices_level(&inventory, &prices, span) == 0.6);
}
END_TEST

START_TEST(test_stock_begins_as_asked_or_lasts_until_an_order_comes)
{
    struct mq_inventory_settings inventory = {.lead = 2, .review = 3, .initial = -1};
    ck_assert(mq_inventory_initial(&inventory) == 5);
    inventory.initial = 0;
    ck_assert(mq_inventory_initial(&inventory) == 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("prices");
    tcase_add_test(tc, test_a_price_is_a_number_or_a_covariate);
    tcase_add_test(tc, test_what_is_no_price_is_refused);
    tcase_add_test(tc, test_prices_that_are_all_numbers);
    tcase_add_test(tc, test_a_service_level_stands_before_the_critical_ratio);
    tcase_add_test(tc, test_stock_begins_as_asked_or_lasts_until_an_order_comes);
    return run_tests("data/prices", tc);
}
