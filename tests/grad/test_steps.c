// Against finite differences: convolutions, linear layers with a fixed part, quantile functions.
#include "nn/op.h"
#include "support/harness.h"
#include "support/gradcheck.h"

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

static const struct mq_taps taps[] = {
    {1, 1, 0}, {2, 1, 0}, {2, 3, 0}, {3, 2, 0}, {3, 1, 1}, {2, 1, 1}, {3, 4, 1}, {2, 9, 0},
};

START_TEST(test_conv1d)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 7, 3));
    check_output(&rig, mq_conv1d(rig.graph, "y", x, 4, taps[_i], MQ_TANH));
}
END_TEST

START_TEST(test_conv1d_stack)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 7, 6));
    mq_value part = mq_part(rig.graph, x, 1, 3, 0); // strided columns
    mq_value y = mq_conv1d(rig.graph, "y", part, 4, taps[1], MQ_RELU);
    mq_value z = mq_conv1d(rig.graph, "z", y, 3, taps[3], MQ_RELU);
    check_output(&rig, mq_concat(rig.graph, (mq_value[]){z, y}, 2)); // y has two consumers
}
END_TEST

START_TEST(test_linear_with)
{
    const bool has_fixed = _i & 1;
    const int64_t plain = _i / 2 * 2; // 0, 2 or all 4 columns without bias
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 5, 3));
    mq_value fixed = has_fixed ? wanted(&rig, "fixed", mq_shape2(2, 3)) : -1;
    check_output(&rig, mq_linear_with(rig.graph, "y", x, fixed, 4, plain, MQ_TANH));
}
END_TEST

// Knots: one, an even and an odd number; levels on, between and beyond them.
START_TEST(test_incremental)
{
    static const double knot[] = {0.2, 0.4, 0.5, 0.7, 0.9};
    static const double level[] = {0.05, 0.2, 0.3, 0.5, 0.6, 0.9, 0.99};
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape4(2, 3, 2, 4));
    check_output(&rig, mq_incremental(rig.graph, "q", x, knot, _i, level, 7));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_conv1d, 0, sizeof taps / sizeof taps[0]);
    tcase_add_test(tc, test_conv1d_stack);
    tcase_add_loop_test(tc, test_linear_with, 0, 6);
    tcase_add_loop_test(tc, test_incremental, 1, 6);
    return run_tests("grad/steps", tc);
}
