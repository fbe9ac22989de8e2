// The orders of a policy over a span: who they depend on, and on what they do not.
#include <math.h>
#include <string.h>

#include "mq/data/demand.h"
#include "mq/model/orders.h"
#include "support/harness.h"
#include "support/panels.h"

enum { N = 12, PERIODS = 60, SERIES = 4, FIRST = 20, SPAN = 15, LATE = 8 }; // product 8 begins late

struct bench {
    struct catalogue catalogue;
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_series_block block;
    double stock[N];
};

static const char *const overrides[] = {"inventory.lead=2", "inventory.delays=[1, 1]",
                                        "model.channels=4", "model.dilations=3"};

static void begin(struct bench *bench)
{
    catalogue_init(&bench->catalogue, N, PERIODS);
    bench->panel = catalogue_open(&bench->catalogue, test_path("orders.h5"));
    tiny_model(&bench->model, bench->panel, "policy", overrides,
               sizeof overrides / sizeof overrides[0]);
    memset(&bench->block, 0, sizeof bench->block);
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
    for (int64_t i = 0; i < N; i++)
        bench->stock[i] = mq_inventory_initial(&bench->model.experiment.inventory) *
                          mq_demand_mean(&bench->block, i, FIRST);
}

static void end(struct bench *bench)
{
    mq_series_block_release(&bench->block);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
    catalogue_release(&bench->catalogue);
}

// All products, the last block as worker 1.
static void order(struct bench *bench, int64_t n, float out[])
{
    struct mq_orders *orders = NULL;
    const struct mq_orders_span span = {.first = FIRST, .n = n, .seed = 1};
    ck_ok(mq_orders_new(&orders, &bench->model, bench->panel, &span, SERIES, 2));
    for (int64_t i = 0; i < N; i += SERIES)
        ck_ok(mq_orders_block(orders, i == 8, &bench->block, i, SERIES, bench->stock + i,
                              out + i * n));
    mq_orders_free(orders);
}

START_TEST(test_an_order_knows_what_was_asked_for_before_its_period)
{
    struct bench bench;
    float before[N * SPAN], after[N * SPAN];
    begin(&bench);
    order(&bench, SPAN, before);
    bench.block.target[bench.block.offset[1] + FIRST + 4] += 40;
    order(&bench, SPAN, after);
    ck_assert(memcmp(before, after, (SPAN + 5) * sizeof *before) == 0);
    ck_assert(before[SPAN + 5] != after[SPAN + 5]);
    ck_assert(memcmp(before + 2 * SPAN, after + 2 * SPAN, (N - 2) * SPAN * sizeof *before) == 0);
    end(&bench);
}
END_TEST

START_TEST(test_a_longer_span_begins_with_the_orders_of_a_shorter_one)
{
    struct bench bench;
    float longer[N * SPAN], shorter[N * 6];
    begin(&bench);
    order(&bench, SPAN, longer);
    order(&bench, 6, shorter);
    for (int64_t i = 0; i < N; i++)
        for (int64_t t = 0; t < 6; t++)
            ck_assert_float_eq_tol(longer[i * SPAN + t], shorter[i * 6 + t],
                                   1e-4F * (1 + fabsf(shorter[i * 6 + t])));
    end(&bench);
}
END_TEST

START_TEST(test_what_has_not_begun_orders_nothing)
{
    struct bench bench;
    float out[N * SPAN];
    begin(&bench);
    const int64_t start = bench.block.start[LATE]; // ordered for from its first period on
    ck_assert(start > FIRST && start < FIRST + SPAN);
    order(&bench, SPAN, out);
    for (int64_t t = 0; t < SPAN; t++)
        ck_assert_int_eq(out[LATE * SPAN + t] > 0, FIRST + t >= start);
    ck_assert(out[0] > 0);
    for (int64_t t = 0; t < SPAN; t++)
        ck_assert(out[5 * SPAN + t] == 0); // has no values
    end(&bench);
}
END_TEST

START_TEST(test_orders_are_placed_at_reviews)
{
    struct bench bench;
    struct mq_orders *orders = NULL;
    float out[SERIES * SPAN];
    begin(&bench);
    bench.model.experiment.inventory.review = 4;
    const struct mq_orders_span span = {.first = FIRST, .n = SPAN, .first_review = 3, .seed = 1};
    ck_ok(mq_orders_new(&orders, &bench.model, bench.panel, &span, SERIES, 1));
    ck_ok(mq_orders_block(orders, 0, &bench.block, 0, SERIES, bench.stock, out));
    for (int64_t t = 0; t < SPAN; t++)
        ck_assert_int_eq(out[t] > 0, t % 4 == 3);
    mq_orders_free(orders);
    end(&bench);
}
END_TEST

START_TEST(test_weights_that_are_not_finite_are_told_from_orders)
{
    struct bench bench;
    struct mq_orders *orders = NULL;
    float out[SERIES * SPAN];
    begin(&bench);
    bench.model.params.values[bench.model.params.count - 1] = (mq_real)NAN;
    const struct mq_orders_span span = {.first = FIRST, .n = SPAN, .seed = 1};
    ck_ok(mq_orders_new(&orders, &bench.model, bench.panel, &span, SERIES, 1));
    ck_fails(mq_orders_block(orders, 0, &bench.block, 4, SERIES, bench.stock, out), MQ_NUMERIC,
             "series 4: an order is not finite");
    mq_orders_free(orders);
    end(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("orders");
    tcase_add_test(tc, test_an_order_knows_what_was_asked_for_before_its_period);
    tcase_add_test(tc, test_a_longer_span_begins_with_the_orders_of_a_shorter_one);
    tcase_add_test(tc, test_what_has_not_begun_orders_nothing);
    tcase_add_test(tc, test_orders_are_placed_at_reviews);
    tcase_add_test(tc, test_weights_that_are_not_finite_are_told_from_orders);
    return run_tests("model/orders", tc);
}
