// Stock under a network that orders the same every time, by hand, and what a state may depend on.
#include "mq/nn/ops.h"

#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

enum { B = 2, T = 4, H = 1, HIDDEN = 2 };

static const struct mq_rollout usual = {.hidden = HIDDEN,
                                        .layers = 1,
                                        .lead = 1,
                                        .review = 1,
                                        .is_lost = true,
                                        .prices = {.holding = 1, .shortage = 4},
                                        .initial = 2};

struct replay {
    struct rig rig;
    struct mq_rollout_inputs in;
    mq_value orders;
};

// Demand 3 0 2 1 of both products, in units of 1, all of it known.
static void begin(struct replay *replay, const struct mq_rollout *sizes, enum mq_mode mode)
{
    struct rig *rig = &replay->rig;
    const struct mq_shape dates = mq_shape2(B, T + H), steps = mq_shape2(B, T);
    rig_init(rig);
    replay->in.base = rig_input(rig, "base", mq_shape3(B, T, HIDDEN));
    replay->in.target = rig_input(rig, "target", dates);
    replay->in.mask = rig_input(rig, "mask", dates);
    replay->in.scale = rig_input(rig, "scale", steps);
    replay->in.level = rig_input(rig, "level", steps);
    replay->in.weight = rig_input(rig, "weight", steps);
    replay->in.address = rig_input(rig, "address", mq_shape2(B, 4));
    replay->in.stock = mode == MQ_INFER ? rig_input(rig, "stock", mq_shape1(B)) : -1;
    // Row d is date d; the first period ordered for is date 1.
    rig_set(rig, replay->in.target, (const mq_real[]){9, 3, 0, 2, 1, 9, 3, 0, 2, 1});
    rig_fill(rig, replay->in.mask, 1);
    rig_fill(rig, replay->in.scale, 1);
    rig_fill(rig, replay->in.level, 0);
    rig_fill(rig, replay->in.weight, 1);
    rig_fill(rig, replay->in.address, 0);
    if (mode == MQ_INFER) rig_fill(rig, replay->in.stock, 2);
    const struct mq_forks all = {T, NULL};
    if (mode == MQ_INFER) {
        replay->orders = mq_rollout(rig->graph, "policy", replay->in, all, sizes);
        mq_graph_output(rig->graph, replay->orders);
    } else {
        mq_rollout_cost(rig->graph, "policy", replay->in, all, sizes);
    }
    rig_start(rig, mode);
}

static mq_real *param(struct replay *replay, const char *name)
{
    struct mq_params *params = &replay->rig.params;
    return params->values + params->table[mq_params_find(params, name)].offset;
}

// Whatever the state: softplus(bias) = 1 unit. One hidden number more than the other by stock and all on
// its way raises the level by what they are.
static void order_one(struct replay *replay, int64_t ages)
{
    struct mq_params *params = &replay->rig.params;
    memset(params->values, 0, (size_t)params->count * sizeof *params->values);
    rig_fill(&replay->rig, replay->in.base, 10); // elu is the identity here
    for (int64_t age = 0; age < ages; age++)
        param(replay, "policy.state")[age * HIDDEN] = 1;
    param(replay, "policy.order.weight")[0] = 1;
    param(replay, "policy.order.weight")[1] = -1;
    param(replay, "policy.order.bias")[0] = (mq_real)log(expm1(1));
}

static void check_cost(const struct mq_rollout *sizes, double of_each)
{
    struct replay replay;
    begin(&replay, sizes, MQ_TRAIN);
    order_one(&replay, sizes->n_delays > 0 ? 2 : 1);
    mq_exec_forward(replay.rig.exec);
    const struct mq_loss loss = mq_exec_loss(replay.rig.exec);
    ck_assert_double_eq_tol(loss.loss_sum, B * of_each, 1e-5);
    ck_assert_double_eq_tol(loss.weight_sum, B * (double)(T - sizes->warmup), 1e-6);
    rig_release(&replay.rig);
}

// Stock before demand 2 1 2 1: short by 1, 1 left, none, none.
START_TEST(test_lost_sales)
{
    struct mq_rollout sizes = usual;
    check_cost(&sizes, 4 + 1);
    sizes.prices.price = 3; // of 2 + 0 + 2 + 1 sold
    sizes.prices.cost = 1; // paid for the same
    check_cost(&sizes, 4 + 1 - 5 * (3 - 1));
    sizes.warmup = 1;
    check_cost(&sizes, 1 - 3 * (3 - 1));
}
END_TEST

// Stock before demand 2 0 1 0: waiting 1, nothing, 1, 1.
START_TEST(test_demand_that_waits)
{
    struct mq_rollout sizes = usual;
    sizes.is_lost = false;
    check_cost(&sizes, 4 + 0 + 4 + 4);
}
END_TEST

// Lead 0: 3 meet 3; 1 left over, then 1 + 1 meet 2; 1 meets 1.
START_TEST(test_orders_that_arrive_at_once)
{
    struct mq_rollout sizes = usual;
    sizes.lead = 0;
    check_cost(&sizes, 0 + 1 + 0 + 0);
}
END_TEST

// Every second period: what is ordered in the third is the last to arrive. 2 1 1 0 before demand.
START_TEST(test_reviews)
{
    struct mq_rollout sizes = usual;
    sizes.review = 2;
    check_cost(&sizes, 4 + 1 + 4 + 0);
}
END_TEST

// All orders one period later than the least: 2 0 1 1 before demand.
START_TEST(test_orders_that_are_late)
{
    struct mq_rollout sizes = usual;
    sizes.delay = (const double[]){0, 1};
    sizes.n_delays = 2;
    sizes.prices.shortage = 5;
    check_cost(&sizes, 5 + 0 + 5 + 0);
}
END_TEST

// The second product begins with its third step, where it has its initial stock: 2 meet 2, then 1 left.
START_TEST(test_a_product_that_begins_late_and_demand_that_is_not_known)
{
    struct replay replay;
    begin(&replay, &usual, MQ_TRAIN);
    order_one(&replay, 1);
    rig_set(&replay.rig, replay.in.weight, (const mq_real[]){1, 1, 1, 1, 0, 0, 1, 1});
    rig_set(&replay.rig, replay.in.mask, (const mq_real[]){1, 1, 1, 1, 0, 1, 1, 1, 1, 1});
    mq_exec_forward(replay.rig.exec);
    const struct mq_loss loss = mq_exec_loss(replay.rig.exec);
    ck_assert_double_eq_tol(loss.loss_sum, (4 + 1) + 0,
                            1e-5); // the last period of the first is free
    ck_assert_double_eq_tol(loss.weight_sum, 3 + 2, 1e-6);
    rig_release(&replay.rig);
}
END_TEST

START_TEST(test_orders_are_those_of_the_state_and_know_no_demand_to_come)
{
    struct replay replay;
    struct mq_rollout sizes = usual;
    sizes.layers = 2;
    begin(&replay, &sizes, MQ_INFER);
    mq_exec_forward(replay.rig.exec);
    mq_real before[B * T];
    memcpy(before, mq_exec_value(replay.rig.exec, replay.orders).data, sizeof before);
    *element(replay.rig.input[replay.in.target], 2) += 1; // date 2, asked for in the second period
    mq_exec_forward(replay.rig.exec);
    const mq_real *after = mq_exec_value(replay.rig.exec, replay.orders).data;
    for (int64_t i = 0; i < B * T; i++) {
        const bool may_know = i == 2 || i == 3;
        ck_assert(before[i] > 0);
        ck_assert_int_eq(before[i] != after[i], may_know);
    }
    rig_release(&replay.rig);
}
END_TEST

// Weights are 0: softplus(bias - stock - what is on its way), so the level is the bias.
START_TEST(test_orders_go_up_to_a_level)
{
    struct replay replay;
    begin(&replay, &usual, MQ_INFER);
    memset(replay.rig.params.values, 0, (size_t)replay.rig.params.count * sizeof(mq_real));
    param(&replay, "policy.order.bias")[0] = 3;
    mq_exec_forward(replay.rig.exec);
    const mq_real *order = mq_exec_value(replay.rig.exec, replay.orders).data;
    const double first = log1p(exp(3 - 2)); // 2 at the start, 3 asked for: 0 left when it arrives
    ck_assert_double_eq_tol((double)order[0], first, 1e-5);
    ck_assert_double_eq_tol((double)order[1], log1p(exp(3 - first)), 1e-5);
    rig_release(&replay.rig);
}
END_TEST

START_TEST(test_whole_orders)
{
    struct replay replay;
    struct mq_rollout sizes = usual;
    sizes.is_whole = true;
    begin(&replay, &sizes, MQ_INFER);
    rig_fill(&replay.rig, replay.in.scale, 7);
    mq_exec_forward(replay.rig.exec);
    const struct mq_view orders = mq_exec_value(replay.rig.exec, replay.orders);
    for (int64_t i = 0; i < B * T; i++)
        ck_assert(orders.data[i] >= 0 && orders.data[i] == (mq_real)round((double)orders.data[i]));
    rig_release(&replay.rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("rollout");
    tcase_add_test(tc, test_lost_sales);
    tcase_add_test(tc, test_demand_that_waits);
    tcase_add_test(tc, test_orders_that_arrive_at_once);
    tcase_add_test(tc, test_reviews);
    tcase_add_test(tc, test_orders_that_are_late);
    tcase_add_test(tc, test_a_product_that_begins_late_and_demand_that_is_not_known);
    tcase_add_test(tc, test_orders_are_those_of_the_state_and_know_no_demand_to_come);
    tcase_add_test(tc, test_orders_go_up_to_a_level);
    tcase_add_test(tc, test_whole_orders);
    return run_tests("nn/rollout", tc);
}
