// Orders with perfect information, beside all orders that could have been placed.
#include "support/harness.h"

#include <math.h>

#include "mq/base/rng.h"
#include "mq/inventory/perfect.h"

enum { N = 4, DEMAND_MAX = 3, WAIT_MAX = 2 };

struct story {
    double demand[N];
    uint8_t is_known[N];
    int32_t wait[N];
    struct mq_stock_prices prices;
    struct mq_stock_path path;
};

static void draw(struct mq_rng *rng, struct story *story)
{
    story->prices = (struct mq_stock_prices){.holding = (double)mq_rng_below(rng, 3),
                                             .shortage = (double)mq_rng_below(rng, 6),
                                             .price = (double)mq_rng_below(rng, 4),
                                             .cost = (double)mq_rng_below(rng, 3)};
    story->path = (struct mq_stock_path){.n = N,
                                         .demand = story->demand,
                                         .is_known = story->is_known,
                                         .wait = story->wait,
                                         .prices = &story->prices,
                                         .wait_max = WAIT_MAX,
                                         .review = 1 + (int64_t)mq_rng_below(rng, 2),
                                         .is_lost = mq_rng_below(rng, 2) == 0,
                                         .initial = (double)mq_rng_below(rng, 3),
                                         .warmup = (int64_t)mq_rng_below(rng, 3)};
    story->path.first_review = (int64_t)mq_rng_below(rng, (uint64_t)story->path.review);
    for (int t = 0; t < N; t++) {
        story->demand[t] = (double)mq_rng_below(rng, DEMAND_MAX);
        story->is_known[t] = 1;
        story->wait[t] = (int32_t)mq_rng_below(rng, WAIT_MAX + 1);
    }
}

static double cost_of(const struct mq_stock_path *path, const double order[])
{
    double level[N];
    double scratch[(WAIT_MAX + 1) * MQ_REPLAY_LANES];
    struct mq_stock_sums sums;
    for (int t = 0; t < N; t++)
        level[t] = HUGE_VAL;
    mq_replay_rule(path, level, order, 1, scratch, &sums);
    return sums.at[MQ_STOCK_COST];
}

// The least cost of all whole orders up to `most` in every period.
static double least(const struct mq_stock_path *path, int most)
{
    double best = HUGE_VAL;
    int plans = 1;
    for (int t = 0; t < N; t++)
        plans *= most + 1;
    for (int plan = 0; plan < plans; plan++) {
        double order[N];
        int rest = plan;
        for (int t = 0; t < N; t++) {
            order[t] = rest % (most + 1);
            rest /= most + 1;
        }
        const double cost = cost_of(path, order);
        best = cost < best ? cost : best;
    }
    return best;
}

// 9 ^ 4 plans for each story; 8 units are all demand there can be. With prices of 0 and more every unit
// on stock is worth selling.
START_TEST(test_no_orders_cost_less)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int i = 0; i < 400; i++) {
        struct story story;
        double scratch[6 * N];
        double order[N];
        draw(&rng, &story);
        ck_assert_int_eq(mq_perfect_scratch(N), 6 * N);
        mq_perfect_orders(&story.path, scratch, order);
        const double got = cost_of(&story.path, order);
        const double want = least(&story.path, 8);
        ck_assert_msg(fabs(got - want) < 1e-9, "story %d: got %g, want %g", i, got, want);
    }
}
END_TEST

// Holding 1, shortage 9, lead 1: nothing is left and nothing missing once the first order arrives.
START_TEST(test_orders_arrive_as_they_are_needed)
{
    static const double demand[N] = {2, 1, 0, 4};
    static const double want[N] = {1, 0, 4, 0};
    static const uint8_t is_known[N] = {1, 1, 1, 1};
    static const int32_t wait[N] = {1, 1, 1, 1};
    static const struct mq_stock_prices prices = {.holding = 1, .shortage = 9};
    const struct mq_stock_path path = {.n = N,
                                       .demand = demand,
                                       .is_known = is_known,
                                       .wait = wait,
                                       .prices = &prices,
                                       .wait_max = 1,
                                       .review = 1,
                                       .is_lost = true,
                                       .initial = 2};
    double scratch[6 * N];
    double order[N];
    mq_perfect_orders(&path, scratch, order);
    for (int t = 0; t < N; t++)
        ck_assert_msg(fabs(order[t] - want[t]) < 1e-12, "period %d: %g", t, order[t]);
    ck_assert(fabs(cost_of(&path, order)) < 1e-12);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("perfect");
    tcase_add_test(tc, test_no_orders_cost_less);
    tcase_add_test(tc, test_orders_arrive_as_they_are_needed);
    return run_tests("inventory/perfect", tc);
}
