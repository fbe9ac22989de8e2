// Stock replayed period by period: numbers small enough to check by hand.
#include "support/harness.h"

#include <math.h>
#include <string.h>

#include "mq/base/rng.h"
#include "mq/inventory/replay.h"

enum { N_MAX = 64, WAIT_MAX = 4 };

static const uint8_t all_known[N_MAX] = {[0 ... N_MAX - 1] = 1};
static const int32_t one_period[N_MAX] = {[0 ... N_MAX - 1] = 1};
static const int32_t at_once[N_MAX] = {0};
static const struct mq_stock_prices one_and_four = {.holding = 1, .shortage = 4};

static struct mq_stock_path path_of(const double demand[], int64_t n, bool is_lost)
{
    return (struct mq_stock_path){.n = n,
                                  .demand = demand,
                                  .is_known = all_known,
                                  .wait = one_period,
                                  .prices = &one_and_four,
                                  .wait_max = WAIT_MAX,
                                  .review = 1,
                                  .is_lost = is_lost,
                                  .initial = 5};
}

static struct mq_stock_sums replay(const struct mq_stock_path *path, double level, double cap)
{
    double scratch[(WAIT_MAX + 1) * MQ_REPLAY_LANES];
    struct mq_stock_sums sums;
    ck_assert_int_ge(WAIT_MAX, path->wait_max);
    mq_replay_rule(path, &level, &cap, 0, scratch, &sums);
    return sums;
}

static void check(const struct mq_stock_sums *sums, enum mq_stock_sum which, double want)
{
    ck_assert_msg(fabs(sums->at[which] - want) < 1e-12, "sum %d: got %g, want %g", (int)which,
                  sums->at[which], want);
}

// Orders 0, 3, 2 up to 5; stock 2, 0, 2; 2 of the second period are missing.
START_TEST(test_what_is_missing_is_lost)
{
    static const double demand[] = {3, 4, 1};
    const struct mq_stock_path path = path_of(demand, 3, true);
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_PERIODS, 3);
    check(&sums, MQ_STOCK_DEMAND, 8);
    check(&sums, MQ_STOCK_MET, 6);
    check(&sums, MQ_STOCK_HELD, 4);
    check(&sums, MQ_STOCK_ORDERED, 5);
    check(&sums, MQ_STOCK_ORDERS, 2);
    check(&sums, MQ_STOCK_CYCLES, 3);
    check(&sums, MQ_STOCK_WHOLE, 2);
    check(&sums, MQ_STOCK_COST, 2 + 8 + 2);
}
END_TEST

// Orders 0, 3, 4; stock 2, -2, 0: the 2 are met by what arrives in the third period.
START_TEST(test_what_is_missing_waits)
{
    static const double demand[] = {3, 4, 1};
    const struct mq_stock_path path = path_of(demand, 3, false);
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_MET, 3 + 2 + 1);
    check(&sums, MQ_STOCK_HELD, 2);
    check(&sums, MQ_STOCK_ORDERED, 7);
    check(&sums, MQ_STOCK_COST, 2 + 8 + 0);
}
END_TEST

START_TEST(test_an_order_without_lead_serves_its_own_period)
{
    static const double demand[] = {3};
    struct mq_stock_path path = path_of(demand, 1, true);
    path.wait = at_once;
    path.initial = 0;
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_MET, 3);
    check(&sums, MQ_STOCK_HELD, 2);
}
END_TEST

// 4 ordered first arrive last. Stock 0, 0, 0 + 1 - 0 = 1, 1 + 4 + 4 - 2.
START_TEST(test_orders_may_cross)
{
    static const double demand[] = {1, 4, 0, 2};
    static const int32_t wait[] = {3, 1, 1, 1};
    struct mq_stock_path path = path_of(demand, 4, true);
    path.wait = wait;
    path.initial = 1;
    // Orders: 5 - 1 = 4; position 4, 1 more; 4 are lost, position 5, none; none.
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_ORDERED, 5);
    check(&sums, MQ_STOCK_MET, 1 + 0 + 0 + 2);
    check(&sums, MQ_STOCK_HELD, 0 + 0 + 1 + 3);
}
END_TEST

START_TEST(test_orders_are_placed_at_reviews_alone)
{
    static const double demand[] = {1, 1, 1, 1, 1};
    struct mq_stock_path path = path_of(demand, 5, true);
    path.review = 2;
    path.first_review = 1;
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_ORDERS, 2); // of 1 in the second period, of 2 in the fourth
    check(&sums, MQ_STOCK_ORDERED, 3);
    check(&sums, MQ_STOCK_CYCLES, 3);
}
END_TEST

START_TEST(test_a_cap_bounds_each_order_and_is_an_order_where_the_level_is_infinite)
{
    static const double demand[] = {4, 4, 4};
    const struct mq_stock_path path = path_of(demand, 3, true);
    const struct mq_stock_sums capped = replay(&path, 9, 3);
    const struct mq_stock_sums constant = replay(&path, HUGE_VAL, 2);
    check(&capped, MQ_STOCK_ORDERED, 9);
    check(&constant, MQ_STOCK_ORDERED, 6);
    check(&constant, MQ_STOCK_MET, 4 + 3 + 2);
}
END_TEST

// Of two periods the second counts. Then 3 units are there, paid for at 2, and 2 are left.
START_TEST(test_goods_are_paid_for_when_counting_begins_and_credited_when_it_ends)
{
    static const double demand[] = {1, 1};
    static const struct mq_stock_prices prices = {.price = 5, .cost = 2};
    struct mq_stock_path path = path_of(demand, 2, true);
    path.prices = &prices;
    path.initial = 4;
    path.warmup = 1;
    const struct mq_stock_sums sums = replay(&path, 0, HUGE_VAL);
    check(&sums, MQ_STOCK_PERIODS, 1);
    check(&sums, MQ_STOCK_HELD, 2);
    check(&sums, MQ_STOCK_COST, 2 * 3 - 5 - 2 * 2);
}
END_TEST

START_TEST(test_a_period_of_unknown_demand_costs_nothing_but_its_orders)
{
    static const double demand[] = {1, 0, 1};
    static const uint8_t is_known[] = {1, 0, 1};
    struct mq_stock_path path = path_of(demand, 3, true);
    path.is_known = is_known;
    const struct mq_stock_sums sums = replay(&path, 5, HUGE_VAL);
    check(&sums, MQ_STOCK_PERIODS, 2);
    check(&sums, MQ_STOCK_HELD, 4 + 4);
    check(&sums, MQ_STOCK_COST, 8);
    check(&sums, MQ_STOCK_ORDERED, 1); // in the second period; the third has all it wants
}
END_TEST

// The path of a rule that changes: a level for each period.
START_TEST(test_a_rule_may_change_in_time)
{
    static const double demand[] = {0, 0, 0};
    static const double level[] = {6, 8, 2};
    static const double cap[] = {HUGE_VAL, 1, HUGE_VAL};
    double scratch[(WAIT_MAX + 1) * MQ_REPLAY_LANES];
    const struct mq_stock_path path = path_of(demand, 3, true);
    struct mq_stock_sums sums;
    mq_replay_rule(&path, level, cap, 1, scratch, &sums);
    check(&sums, MQ_STOCK_ORDERED, 1 + 1 + 0);
    check(&sums, MQ_STOCK_HELD, 5 + 6 + 7);
}
END_TEST

START_TEST(test_many_rules_at_once_give_the_bits_of_each)
{
    double demand[N_MAX];
    int32_t wait[N_MAX];
    double scratch[(WAIT_MAX + 1) * MQ_REPLAY_LANES];
    double level[MQ_REPLAY_LANES];
    double cap[MQ_REPLAY_LANES];
    struct mq_stock_sums sums[MQ_REPLAY_LANES];
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int t = 0; t < N_MAX; t++) {
        demand[t] = mq_rng_uniform(&rng) * 10;
        wait[t] = (int32_t)mq_rng_below(&rng, WAIT_MAX + 1);
    }
    for (int w = 0; w < MQ_REPLAY_LANES; w++) {
        level[w] = 30 * mq_rng_uniform(&rng);
        cap[w] = 8 * mq_rng_uniform(&rng);
    }
    for (int is_lost = 0; is_lost <= 1; is_lost++) {
        struct mq_stock_path path = path_of(demand, N_MAX, is_lost);
        path.wait = wait;
        path.warmup = 7;
        mq_replay_lanes(&path, level, cap, scratch, sums);
        for (int w = 0; w < MQ_REPLAY_LANES; w++) {
            const struct mq_stock_sums one = replay(&path, level[w], cap[w]);
            ck_assert_mem_eq(&one, &sums[w], sizeof one);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("replay");
    tcase_add_test(tc, test_what_is_missing_is_lost);
    tcase_add_test(tc, test_what_is_missing_waits);
    tcase_add_test(tc, test_an_order_without_lead_serves_its_own_period);
    tcase_add_test(tc, test_orders_may_cross);
    tcase_add_test(tc, test_orders_are_placed_at_reviews_alone);
    tcase_add_test(tc, test_a_cap_bounds_each_order_and_is_an_order_where_the_level_is_infinite);
    tcase_add_test(tc, test_goods_are_paid_for_when_counting_begins_and_credited_when_it_ends);
    tcase_add_test(tc, test_a_period_of_unknown_demand_costs_nothing_but_its_orders);
    tcase_add_test(tc, test_a_rule_may_change_in_time);
    tcase_add_test(tc, test_many_rules_at_once_give_the_bits_of_each);
    return run_tests("inventory/replay", tc);
}
