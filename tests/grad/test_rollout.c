// Gradients through replayed stock against finite differences: every rule, products that begin late,
// demand that is not known.
#include "nn/op.h"
#include "support/gradcheck.h"
#include "support/harness.h"

enum { B = 4, T = 7, H = 2, HIDDEN = 3 };

static const double delays[] = {0.5, 0.2, 0.3};

static const struct rule {
    bool is_lost;
    int64_t lead, n_delays, review, layers, warmup;
} rules[] = {
    {true, 0, 0, 1, 1, 0},  {true, 1, 0, 1, 2, 0},  {true, 3, 0, 1, 2, 1},  {true, 0, 3, 1, 2, 0},
    {true, 2, 3, 2, 2, 0},  {false, 0, 0, 1, 2, 0}, {false, 2, 0, 1, 3, 0}, {false, 1, 2, 3, 1, 0},
    {false, 1, 3, 1, 2, 2}, {true, 1, 0, 4, 2, 0},
};

static struct mq_rollout sizes_of(const struct rule *rule)
{
    return (struct mq_rollout){
        .hidden = HIDDEN,
        .layers = rule->layers,
        .lead = rule->lead,
        .delay = delays,
        .n_delays = rule->n_delays,
        .review = rule->review,
        .first_review = rule->review / 3,
        .is_lost = rule->is_lost,
        .prices = {.holding = 1.3, .shortage = 4.1, .price = 2.2, .cost = 0.9},
        .initial = 1.7,
        .warmup = rule->warmup,
        .seed = 5,
    };
}

// Demands are not negative; product 1 begins at step 2, product 2 never does.
static struct mq_rollout_inputs add_inputs(struct rig *rig, int64_t F)
{
    const struct mq_shape dates = mq_shape2(B, T + H), steps = mq_shape2(B, T);
    struct mq_rollout_inputs in = {.stock = -1};
    in.base = rig_input(rig, "base", mq_shape3(B, F, HIDDEN));
    mq_graph_want_gradient(rig->graph, in.base);
    in.target = rig_input(rig, "target", dates);
    in.mask = rig_input(rig, "mask", dates);
    in.scale = rig_input(rig, "scale", steps);
    in.level = rig_input(rig, "level", steps);
    in.weight = rig_input(rig, "weight", steps);
    in.address = rig_input(rig, "address", mq_shape2(B, 4));
    for (int64_t i = 0; i < B * (T + H); i++) {
        mq_real *target = element(rig->input[in.target], i);
        *target = 5 * (*target < 0 ? -*target : *target);
        *element(rig->input[in.mask], i) = (mq_real)(i % 5 != 3);
    }
    for (int64_t i = 0; i < B * T; i++) {
        const int64_t b = i / T, t = i % T;
        *element(rig->input[in.scale], i) = (mq_real)(1 + 0.25 * (double)(i % 3));
        *element(rig->input[in.level], i) = (mq_real)(0.5 * (double)(i % 4) - 0.25);
        *element(rig->input[in.weight], i) = (mq_real)((b == 1 && t < 2) || b == 2 ? 0 : 0.5);
    }
    rig_set(rig, in.address, (const mq_real[]){0, 3, 0, 40, 0, 4, 0, 50, 0, 0, 0, 0, 1, 9, 1, 7});
    return in;
}

START_TEST(test_gradients_agree_with_finite_differences)
{
    static const int64_t last_steps[] = {2, 3, 4, 5, 6};
    const struct mq_forks forks =
        _i % 2 ? (struct mq_forks){5, last_steps} : (struct mq_forks){T, NULL};
    const struct mq_rollout sizes = sizes_of(&rules[_i / 2]);
    struct rig rig;
    rig_init(&rig);
    const struct mq_rollout_inputs in = add_inputs(&rig, forks.n);
    mq_rollout_cost(rig.graph, "policy", in, forks, &sizes);
    rig.graph->is_reuse_off = true; // what backward may not read is NaN by then
    rig_start(&rig, MQ_TRAIN);
    check_gradients(&rig, -1);
    const struct mq_view dbase = mq_exec_input_gradient(rig.exec, in.base);
    bool is_any = false;
    for (int64_t i = 0; i < B * forks.n * HIDDEN; i++)
        is_any = is_any || *element(dbase, i) != 0;
    ck_assert(is_any); // stock runs out and is left over: there is something to check
    rig_release(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_add_loop_test(tc, test_gradients_agree_with_finite_differences, 0,
                        2 * (int)(sizeof rules / sizeof rules[0]));
    return run_tests("grad/rollout", tc);
}
