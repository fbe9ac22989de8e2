// Attention over the past and among forecasts of one date, against finite differences.
#include "mq/tensor/vecmath.h"
#include "nn/op.h"
#include "support/gradcheck.h"
#include "support/harness.h"

static const int64_t some_steps[] = {1, 2, 4, 40};
static const struct case_of {
    int64_t T, window, heads;
    struct mq_forks forks;
} cases[] = {
    {5, 0, 1, {5, NULL}}, {5, 2, 3, {5, NULL}},        {5, 3, 1, {3, some_steps}},
    {5, 4, 6, {5, NULL}}, {41, 4, 1, {4, some_steps}}, // more than one tile
};
enum { N_CASES = sizeof cases / sizeof cases[0], H = 3, C = 6 };

static mq_value wanted(struct rig *rig, const char *name, struct mq_shape shape)
{
    const mq_value x = rig_input(rig, name, shape);
    mq_graph_want_gradient(rig->graph, x);
    return x;
}

static void check_output(struct rig *rig, mq_value y)
{
    const mq_value out = mq_concat(rig->graph, &y, 1);
    mq_graph_output(rig->graph, out);
    rig->graph->is_reuse_off = true;
    rig_start(rig, MQ_TRAIN);
    check_gradients(rig, out);
    rig_release(rig);
}

START_TEST(test_attend)
{
    const struct case_of at = cases[_i];
    struct rig rig;
    rig_init(&rig);
    struct mq_attention_inputs x;
    x.state = wanted(&rig, "state", mq_shape3(2, at.forks.n, C));
    x.dated = wanted(&rig, "dated", mq_shape3(2, at.T + H, C));
    const mq_value source = wanted(&rig, "source", mq_shape3(2, at.T, 2 * C + 1));
    x.key = mq_part(rig.graph, source, 0, C, 0); // strided, with gradients side by side
    x.value = mq_part(rig.graph, source, C + 1, C, 0);
    check_output(&rig, mq_attend(rig.graph, "y", x, at.forks, H,
                                 (struct mq_attention){at.window, at.heads}));
}
END_TEST

// Scores so far apart that no weight is in range of the product of factors.
START_TEST(test_attend_out_of_range)
{
    struct rig rig;
    rig_init(&rig);
    struct mq_attention_inputs x;
    x.state = wanted(&rig, "state", mq_shape3(1, 2, 1));
    x.dated = wanted(&rig, "dated", mq_shape3(1, 3, 1));
    x.key = wanted(&rig, "key", mq_shape3(1, 2, 1));
    x.value = wanted(&rig, "value", mq_shape3(1, 2, 1));
    rig_set(&rig, x.state, (const mq_real[]){100, 100});
    rig_set(&rig, x.key, (const mq_real[]){0.5, -0.75});
    rig_set(&rig, x.dated, (const mq_real[]){-100, -100, -99.5});
    check_output(&rig, mq_attend(rig.graph, "y", x, (struct mq_forks){2, NULL}, 1,
                                 (struct mq_attention){0, 1}));
}
END_TEST

START_TEST(test_revise)
{
    const struct case_of at = cases[_i / 3];
    const int64_t columns[] = {C, 2 * C, 3 * C};
    const bool has_dated = _i % 3 > 0;
    struct rig rig;
    rig_init(&rig);
    mq_value contexts = wanted(&rig, "contexts", mq_shape4(2, at.forks.n, H, C));
    mq_value state = wanted(&rig, "state", mq_shape3(2, at.forks.n, columns[_i % 3]));
    mq_value dated = has_dated ? wanted(&rig, "dated", mq_shape3(2, at.T + H, C)) : -1;
    check_output(&rig, mq_revise(rig.graph, "y", contexts, state, dated, at.forks, at.heads));
}
END_TEST

// More forks of a date than a vector has lanes.
START_TEST(test_revise_of_many_horizons)
{
    enum { FAR = MQ_LANES + 3, WIDTH = 4, FORKS = FAR + 3 };
    const struct mq_forks forks = {FORKS, NULL};
    struct rig rig;
    rig_init(&rig);
    mq_value contexts = wanted(&rig, "contexts", mq_shape4(1, FORKS, FAR, WIDTH));
    mq_value state = wanted(&rig, "state", mq_shape3(1, FORKS, 3 * WIDTH));
    mq_value dated = wanted(&rig, "dated", mq_shape3(1, FORKS + FAR, WIDTH));
    check_output(&rig, mq_revise(rig.graph, "y", contexts, state, dated, forks, 2));
}
END_TEST

// Dates that go together in several groups, with forks far apart; more horizons than a group has rows.
static const int64_t scattered[] = {0, 1, 2, 5, 6, 7, 8, 9, 14, 15, 16, 17, 40, 41, 42, 43};
static const struct grouped {
    int64_t B, T, H;
    struct mq_forks forks;
} grouped[] = {{2, 44, 9, {16, scattered}}, {2, 10, 130, {4, scattered}}};

START_TEST(test_revise_in_groups)
{
    enum { WIDTH = 2 };
    const struct grouped at = grouped[_i];
    struct rig rig;
    rig_init(&rig);
    mq_value contexts = wanted(&rig, "contexts", mq_shape4(at.B, at.forks.n, at.H, WIDTH));
    mq_value state = wanted(&rig, "state", mq_shape3(at.B, at.forks.n, 2 * WIDTH));
    mq_value dated = wanted(&rig, "dated", mq_shape3(at.B, at.T + at.H, WIDTH));
    check_output(&rig, mq_revise(rig.graph, "y", contexts, state, dated, at.forks, 1));
}
END_TEST

START_TEST(test_pick_of_groups)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 5, 7));
    mq_value groups = mq_part(rig.graph, x, 1, 6, 2);
    check_output(&rig, mq_pick(rig.graph, groups, (struct mq_forks){3, some_steps}));
}
END_TEST

START_TEST(test_leading_steps)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 7, 3));
    mq_value y = mq_linear(rig.graph, "y", x, 2, MQ_TANH);
    check_output(&rig, mq_linear(rig.graph, "z", mq_leading(rig.graph, y, 4), 3, MQ_TANH));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_attend, 0, N_CASES);
    tcase_add_test(tc, test_attend_out_of_range);
    tcase_add_loop_test(tc, test_revise, 0, 3 * N_CASES);
    tcase_add_test(tc, test_revise_of_many_horizons);
    tcase_add_loop_test(tc, test_revise_in_groups, 0, sizeof grouped / sizeof grouped[0]);
    tcase_add_test(tc, test_pick_of_groups);
    tcase_add_test(tc, test_leading_steps);
    return run_tests("grad/attention", tc);
}
