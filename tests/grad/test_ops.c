// Every op against finite differences, at odd sizes, on strided inputs, for all and for some forks.
#include "nn/op.h"
#include "support/harness.h"
#include "support/toy_mqrnn.h"

static const int64_t some_steps[] = {1, 2, 4};
static const struct mq_forks some_forks = {3, some_steps};
static const struct mq_forks all_forks = {5, NULL}; // T = 5 in this file

static mq_value wanted(struct rig *rig, const char *name, struct mq_shape shape)
{
    const mq_value x = rig_input(rig, name, shape);
    mq_graph_want_gradient(rig->graph, x);
    return x;
}

// A copy of a value: it lives as long as its one reader asks for, no longer.
static mq_value brief(struct rig *rig, mq_value x)
{
    return mq_concat(rig->graph, &x, 1);
}

static void check_loss(struct rig *rig)
{
    rig->graph->is_reuse_off = true; // what backward may not read is NaN by then
    rig_start(rig, MQ_TRAIN);
    check_gradients(rig, -1);
    rig_release(rig);
}

static void check_output(struct rig *rig, mq_value y)
{
    const mq_value out = brief(rig, y);
    mq_graph_output(rig->graph, out);
    rig->graph->is_reuse_off = true;
    rig_start(rig, MQ_TRAIN);
    check_gradients(rig, out);
    rig_release(rig);
}

START_TEST(test_linear)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 3, 5));
    x = brief(&rig, x);
    check_output(&rig, mq_linear(rig.graph, "y", x, 7, (enum mq_activation)_i));
}
END_TEST

START_TEST(test_product_of_columns_by_group)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 3, 11));
    x = brief(&rig, x);
    mq_value c = mq_linear(rig.graph, "c", x, 11, MQ_TANH);
    check_output(&rig, mq_product(rig.graph, "y", mq_part(rig.graph, c, 1, 8, 4), 3, 9));
}
END_TEST

START_TEST(test_part_of_an_input)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape2(3, 7));
    mq_value part = mq_part(rig.graph, mq_part(rig.graph, x, 1, 5, 0), 1, 4, 2);
    check_output(&rig, mq_product(rig.graph, "y", part, 3, 2));
}
END_TEST

static const struct {
    int64_t size_of_a, start_of_b, size_of_b;
    bool is_b_read;
    bool is_parted;
} sharing[] = {
    {5, 5, 4, true, true},
    {5, 5, 4, false, true}, // b's part has no gradient
    {6, 4, 3, true, false},
    {4, 5, 4, true, false}, // columns of both, and of none
};

START_TEST(test_parts_of_a_value)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 3, 4));
    const mq_value c = mq_linear(rig.graph, "c", brief(&rig, x), 9, MQ_TANH);
    const mq_value a = mq_part(rig.graph, c, 0, sharing[_i].size_of_a, 0);
    const mq_value b = mq_part(rig.graph, c, sharing[_i].start_of_b, sharing[_i].size_of_b, 0);
    const mq_value made[] = {mq_product(rig.graph, "y", a, 3, 9),
                             mq_linear(rig.graph, "z", b, 2, MQ_TANH)};
    const mq_value out = mq_concat(rig.graph, made, sharing[_i].is_b_read ? 2 : 1);
    mq_graph_output(rig.graph, out);
    rig.graph->is_reuse_off = true;
    rig_start(&rig, MQ_TRAIN);
    ck_assert_int_eq(rig.graph->values[c].is_parted, sharing[_i].is_parted);
    check_gradients(&rig, out);
    rig_release(&rig);
}
END_TEST

// Through a ReLU by all who use it, or by its own layer where one of them cannot.
START_TEST(test_relu_with_several_consumers)
{
    const bool is_copied = _i == 1;
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 3, 4));
    const mq_value a = mq_conv1d(rig.graph, "a", brief(&rig, x), 6,
                                 (struct mq_taps){.kernel = 2, .dilation = 1}, MQ_RELU);
    const mq_value b = mq_linear_with(rig.graph, "b", a, -1, 5, 0, MQ_TANH);
    const mq_value c = mq_product(rig.graph, "c", mq_part(rig.graph, a, 1, 4, 2), 3, 9);
    const mq_value d = mq_quantile(rig.graph, "d", a, 3);
    const mq_value e = mq_mean(rig.graph, mq_linear(rig.graph, "e", c, 1, MQ_TANH), 2);
    const mq_value y = mq_concat(rig.graph, (mq_value[]){b, d, e, a}, is_copied ? 4 : 3);
    mq_graph_output(rig.graph, y);
    rig.graph->is_reuse_off = true;
    rig_start(&rig, MQ_TRAIN);
    ck_assert_int_eq(rig.graph->nodes[rig.graph->values[a].node]->is_rectified, !is_copied);
    check_gradients(&rig, y);
    rig_release(&rig);
}
END_TEST

START_TEST(test_value_with_several_consumers)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape2(3, 4));
    x = brief(&rig, x);
    mq_value a = mq_linear(rig.graph, "a", x, 5, MQ_SIGMOID);
    mq_value b = mq_linear(rig.graph, "b", a, 5, MQ_TANH);
    mq_value c = mq_linear(rig.graph, "b", b, 5, MQ_ELU); // and weights with two users
    check_output(&rig, mq_concat(rig.graph, (mq_value[]){a, b, c, a, x}, 5));
}
END_TEST

START_TEST(test_embedding)
{
    struct rig rig;
    rig_init(&rig);
    mq_value codes = rig_input(&rig, "codes", mq_shape2(4, 2));
    rig_set(&rig, codes, (const mq_real[]){0, 2, 3, 1, 9, 2, 1, -1});
    check_output(&rig, mq_embedding(rig.graph, "e", codes, 2, (const int64_t[]){3, 2},
                                    (const int64_t[]){2, 3}));
}
END_TEST

START_TEST(test_dropout)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape2(3, 7));
    x = brief(&rig, x);
    mq_value h = mq_linear(rig.graph, "h", x, 5, MQ_TANH);
    check_output(&rig, mq_dropout(rig.graph, "drop", h, 0.4));
}
END_TEST

START_TEST(test_lstm)
{
    const bool has_fixed = _i & 1, wants_x = _i & 2;
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(3, 5, 2));
    mq_value fixed = has_fixed ? wanted(&rig, "fixed", mq_shape2(3, 4)) : -1;
    if (wants_x) mq_graph_want_gradient(rig.graph, x);
    x = brief(&rig, x);
    fixed = has_fixed ? brief(&rig, fixed) : -1;
    const mq_value h = mq_lstm(rig.graph, "lstm", x, fixed, 3);
    check_output(&rig, mq_concat(rig.graph, (mq_value[]){h, x}, 2)); // dx is added to what is there
}
END_TEST

START_TEST(test_rows_and_their_mean)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 4, 6));
    mq_value whole = mq_linear(rig.graph, "whole", x, 12, MQ_TANH);
    mq_value rows = mq_part(rig.graph, whole, 0, 12, 4); // (2, 4, 4, 3)
    mq_value middle = mq_linear(rig.graph, "middle", mq_rows(rig.graph, rows, 1, 2), 2, MQ_LINEAR);
    mq_value parts[] = {mq_mean(rig.graph, rows, 3), mq_mean(rig.graph, middle, 2)};
    check_output(&rig, mq_concat(rig.graph, parts, 2));
}
END_TEST

START_TEST(test_pick)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape3(2, 5, 3));
    mq_value picked = mq_pick(rig.graph, x, _i ? some_forks : all_forks);
    check_output(&rig, mq_linear(rig.graph, "y", picked, 2, MQ_LINEAR));
}
END_TEST

START_TEST(test_lead)
{
    const struct mq_forks forks = _i ? some_forks : all_forks;
    struct rig rig;
    rig_init(&rig);
    mq_value base = wanted(&rig, "base", mq_shape3(2, forks.n, 4));
    mq_value known = wanted(&rig, "known", mq_shape3(2, 8, 2));
    base = brief(&rig, base);
    known = brief(&rig, known);
    check_output(&rig, mq_lead(rig.graph, "y", base, known, forks, 3, MQ_TANH));
}
END_TEST

START_TEST(test_combine)
{
    const struct mq_forks forks = _i % 2 ? some_forks : all_forks;
    const int64_t L = _i < 2 ? 5 : 19; // less and more than a vector; then one shared part is given
    struct rig rig;
    rig_init(&rig);
    const char *const name[] = {"a", "b"};
    mq_value own[] = {wanted(&rig, "a", mq_shape4(2, forks.n, 3, 4)),
                      wanted(&rig, "b", mq_shape4(2, forks.n, 3, 2))};
    mq_value agnostic = (_i == 4 ? rig_input : wanted)(&rig, "agnostic", mq_shape3(2, forks.n, L));
    mq_value dated = (_i == 5 ? rig_input : wanted)(&rig, "dated", mq_shape3(2, 8, L));
    own[1] = brief(&rig, own[1]);
    agnostic = brief(&rig, agnostic);
    dated = brief(&rig, dated);
    const struct mq_combined parts = {own, name, 2, 9, agnostic, dated};
    const enum mq_activation activation =
        _i < 2 ? MQ_RELU : MQ_TANH; // with many, one is at its kink
    check_output(&rig, mq_combine(rig.graph, "y", &parts, forks, activation));
}
END_TEST

START_TEST(test_quantile)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = wanted(&rig, "x", mq_shape4(2, 3, 2, 4));
    x = brief(&rig, x);
    check_output(&rig, mq_quantile(rig.graph, "q", x, 1 + _i));
}
END_TEST

START_TEST(test_pinball)
{
    static const double level[] = {0.1, 0.5, 0.8};
    const struct mq_forks forks = _i ? some_forks : all_forks;
    struct rig rig;
    rig_init(&rig);
    mq_value yhat = wanted(&rig, "yhat", mq_shape4(2, forks.n, 3, 3));
    const struct mq_observed observed = rig_observed(&rig, mq_shape2(2, 8), mq_shape2(2, forks.n));
    rig_set(&rig, observed.mask, (const mq_real[]){1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1});
    rig_fill(&rig, observed.scale, 2);
    rig_fill(&rig, observed.weight, (mq_real)0.75);
    mq_pinball(rig.graph, brief(&rig, yhat), observed, forks, level, 3);
    check_loss(&rig);
}
END_TEST

// More forks of a series than fit into a piece, and one fewer in the last.
START_TEST(test_a_tail_in_pieces)
{
    enum { F = 49, H = 13, L = 16 };
    static const double level[] = {0.1, 0.5, 0.8};
    const struct mq_forks forks = {F, NULL};
    struct rig rig;
    rig_init(&rig);
    const mq_value own = wanted(&rig, "own", mq_shape4(2, F, H, 2));
    const mq_value agnostic = wanted(&rig, "agnostic", mq_shape3(2, F, L));
    const mq_value dated = wanted(&rig, "dated", mq_shape3(2, F + H, L));
    const struct mq_observed observed = rig_observed(&rig, mq_shape2(2, F + H), mq_shape2(2, F));
    for (int64_t i = 0; i < 2 * (F + H); i++) // far from any forecast: no step passes a kink
        *element(rig.input[observed.target], i) = i % 2 ? 20 : -20;
    rig_fill(&rig, observed.mask, 1);
    rig_fill(&rig, observed.scale, 2);
    rig_fill(&rig, observed.level, 0);
    for (int64_t i = 0; i < 2 * F; i++)
        *element(rig.input[observed.weight], i) = i % 3 ? 0 : (mq_real)0.75;
    const struct mq_combined parts = {&own, (const char *const[]){"own"}, 1, 4, agnostic, dated};
    const mq_value joint = mq_combine(rig.graph, "y", &parts, forks, MQ_TANH);
    mq_pinball(rig.graph, mq_quantile(rig.graph, "q", joint, 3), observed, forks, level, 3);
    check_loss(&rig);
}
END_TEST

START_TEST(test_likelihood)
{
    enum { T = 5, D = 8 };
    const enum mq_distribution kind = (enum mq_distribution)_i;
    struct rig rig;
    rig_init(&rig);
    mq_value o = wanted(&rig, "o", mq_shape3(2, T, mq_distribution_width(kind)));
    const struct mq_observed observed = rig_observed(&rig, mq_shape2(2, D), mq_shape2(2, T));
    rig_set(&rig, observed.target,
            (const mq_real[]){0, 3, 0, 1, 9, 4, 2, 2, 5, 0, 7, 1, 0, 30, 2, 2});
    rig_set(&rig, observed.mask, (const mq_real[]){1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1});
    rig_fill(&rig, observed.scale, 2);
    rig_fill(&rig, observed.weight, (mq_real)0.75);
    mq_likelihood(rig.graph, brief(&rig, o), observed, kind);
    check_loss(&rig);
}
END_TEST

START_TEST(test_mqrnn)
{
    const struct toy_sizes sizes = {.B = 2,
                                    .T = 5,
                                    .K = 3,
                                    .H = 4,
                                    .ctx = 3,
                                    .L = 5,
                                    .observed = 2,
                                    .known = 3,
                                    .still = 3,
                                    .embedded = 2};
    struct rig rig;
    rig_init(&rig);
    (void)toy_build(&rig, sizes, _i ? some_forks : all_forks);
    check_loss(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_linear, MQ_LINEAR, MQ_ELU + 1);
    tcase_add_test(tc, test_product_of_columns_by_group);
    tcase_add_test(tc, test_part_of_an_input);
    tcase_add_loop_test(tc, test_parts_of_a_value, 0, sizeof sharing / sizeof sharing[0]);
    tcase_add_loop_test(tc, test_relu_with_several_consumers, 0, 2);
    tcase_add_test(tc, test_value_with_several_consumers);
    tcase_add_test(tc, test_embedding);
    tcase_add_test(tc, test_dropout);
    tcase_add_loop_test(tc, test_lstm, 0, 4);
    tcase_add_test(tc, test_rows_and_their_mean);
    tcase_add_loop_test(tc, test_pick, 0, 2);
    tcase_add_loop_test(tc, test_lead, 0, 2);
    tcase_add_loop_test(tc, test_combine, 0, 6);
    tcase_add_loop_test(tc, test_quantile, 0, 5);
    tcase_add_loop_test(tc, test_pinball, 0, 2);
    tcase_add_test(tc, test_a_tail_in_pieces);
    tcase_add_loop_test(tc, test_likelihood, MQ_GAUSSIAN, MQ_POINT + 1);
    tcase_add_loop_test(tc, test_mqrnn, 0, 2);
    return run_tests("grad/ops", tc);
}
