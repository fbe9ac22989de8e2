// What layers over steps compute: convolutions, and linear layers with a fixed part.
#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

static struct mq_view run(struct rig *rig, mq_value y)
{
    mq_exec_forward(rig->exec);
    return mq_exec_value(rig->exec, y);
}

static void check_near(struct mq_view got, const mq_real want[], double tolerance)
{
    for (int64_t i = 0; i < mq_shape_count(mq_view_shape(got)); i++)
        ck_assert_double_eq_tol((double)*element(got, i), (double)want[i], tolerance);
}

START_TEST(test_conv1d_by_hand)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(1, 5, 1));
    mq_value y = mq_conv1d(rig.graph, "y", x, 1, (struct mq_taps){2, 2, 0}, MQ_LINEAR);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    rig_set(&rig, x, (const mq_real[]){1, 2, 3, 4, 5});
    memcpy(rig.params.values, (const mq_real[]){10, 1, 100}, 3 * sizeof(mq_real)); // W_0, W_1, b
    check_near(run(&rig, y), (const mq_real[]){110, 120, 131, 142, 153}, 1e-5);
    rig_release(&rig);
}
END_TEST

// Steps reached by an impulse at step 3 of 8, as a string of 0 and 1.
static void reach(struct mq_taps taps, int layers, char reached[9])
{
    struct rig rig;
    rig_init(&rig);
    const mq_value x = rig_input(&rig, "x", mq_shape3(1, 8, 1));
    mq_value y = x;
    for (int i = 0; i < layers; i++) {
        y = mq_conv1d(rig.graph, "y", y, 1, taps, MQ_LINEAR);
        taps.dilation = 1; // the weights have two users, the dilations differ
    }
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    rig.params.values[rig.params.count - 1] = 0; // the bias
    rig_set(&rig, x, (const mq_real[]){0, 0, 0, 1, 0, 0, 0, 0});
    const struct mq_view got = run(&rig, y);
    for (int64_t t = 0; t < 8; t++)
        reached[t] = *element(got, t) != 0 ? '1' : '0';
    reached[8] = '\0';
    rig_release(&rig);
}

START_TEST(test_conv1d_impulse_never_moves_earlier_unless_taps_look_ahead)
{
    char reached[9];
    reach((struct mq_taps){3, 2, 0}, 1, reached);
    ck_assert_str_eq(reached, "00010101");
    reach((struct mq_taps){2, 2, 0}, 2, reached); // receptive field 1 + 2 + 1
    ck_assert_str_eq(reached, "00011110");
    reach((struct mq_taps){3, 1, 1}, 1, reached);
    ck_assert_str_eq(reached, "00111000");
    reach((struct mq_taps){3, 1, 2}, 1, reached);
    ck_assert_str_eq(reached, "01110000");
}
END_TEST

START_TEST(test_conv1d_of_one_tap_is_a_linear_layer)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(2, 4, 3));
    mq_value y = mq_conv1d(rig.graph, "y", x, 5, (struct mq_taps){1, 1, 0}, MQ_TANH);
    mq_value z = mq_linear(rig.graph, "z", x, 5, MQ_TANH);
    mq_graph_output(rig.graph, y);
    mq_graph_output(rig.graph, z);
    rig_start(&rig, MQ_INFER);
    memcpy(rig.params.values + 20, rig.params.values, 20 * sizeof(mq_real));
    const struct mq_view got = run(&rig, y);
    check_near(got, flat(mq_exec_value(rig.exec, z)), 1e-6);
    rig_release(&rig);
}
END_TEST

START_TEST(test_conv1d_refuses_taps_it_does_not_have)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(1, 4, 1));
    (void)mq_conv1d(rig.graph, "y", x, 1, (struct mq_taps){2, 1, 2}, MQ_LINEAR);
    ck_fails(mq_graph_plan(rig.graph, MQ_INFER), MQ_FAILED, "y: x is not (B, T, C), or no 2 taps");
    rig_release(&rig);
}
END_TEST

START_TEST(test_linear_with_is_a_linear_layer_over_the_joined_row)
{
    enum { T = 3, I = 2, S = 4, OUT = 5, PLAIN = 2 };
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(2, T, I));
    mq_value fixed = rig_input(&rig, "fixed", mq_shape2(2, S));
    mq_value y = mq_linear_with(rig.graph, "y", x, fixed, OUT, PLAIN, MQ_RELU);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    const struct mq_view got = run(&rig, y);
    const mq_real *weight = rig.params.values, *bias = weight + (I + S) * OUT;
    ck_assert_int_eq(rig.params.count, (I + S) * OUT + OUT - PLAIN);
    for (int64_t i = 0; i < 2 * T * OUT; i++) {
        const int64_t b = i / (T * OUT), o = i % OUT;
        double sum = o < PLAIN ? 0 : (double)bias[o - PLAIN];
        for (int64_t j = 0; j < I + S; j++) {
            const mq_real joined = j < I ? *element(rig.input[x], i / OUT * I + j)
                                         : *element(rig.input[fixed], b * S + j - I);
            sum += (double)joined * (double)weight[j * OUT + o];
        }
        ck_assert_double_eq_tol((double)*element(got, i), fmax(sum, 0), 1e-5);
    }
    rig_release(&rig);
}
END_TEST

// A batch too large to be near at once is done in pieces.
START_TEST(test_linear_of_a_batch_is_that_of_its_series)
{
    enum { B = 3, T = 300, I = 4, OUT = 500 };
    struct rig all, one;
    rig_init(&all);
    rig_init(&one);
    mq_value x = rig_input(&all, "x", mq_shape3(B, T, I)),
             x1 = rig_input(&one, "x", mq_shape3(1, T, I));
    mq_value y = mq_linear(all.graph, "y", x, OUT, MQ_RELU),
             y1 = mq_linear(one.graph, "y", x1, OUT, MQ_RELU);
    mq_graph_output(all.graph, y);
    mq_graph_output(one.graph, y1);
    rig_start(&all, MQ_INFER);
    rig_start(&one, MQ_INFER);
    memcpy(one.params.values, all.params.values, (size_t)all.params.count * sizeof(mq_real));
    const struct mq_view got = run(&all, y);
    for (int64_t b = 0; b < B; b++) {
        mq_exec_bind(one.exec, x1, mq_view_slice(all.input[x], 0, b, 1));
        ck_assert_mem_eq(run(&one, y1).data, got.data + b * T * OUT, T * OUT * sizeof(mq_real));
    }
    rig_release(&all);
    rig_release(&one);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("steps");
    tcase_add_test(tc, test_conv1d_by_hand);
    tcase_add_test(tc, test_conv1d_impulse_never_moves_earlier_unless_taps_look_ahead);
    tcase_add_test(tc, test_conv1d_of_one_tap_is_a_linear_layer);
    tcase_add_test(tc, test_conv1d_refuses_taps_it_does_not_have);
    tcase_add_test(tc, test_linear_with_is_a_linear_layer_over_the_joined_row);
    tcase_add_test(tc, test_linear_of_a_batch_is_that_of_its_series);
    return run_tests("nn/steps", tc);
}
