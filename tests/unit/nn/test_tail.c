// Nodes that work fork by fork go through a few forks at a time, and give what all forks at once do.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "support/harness.h"
#include "support/toy_mqrnn.h"

enum {
    T = 40,
    H = 8,
    L = 64
}; // a row of the local MLP has 512 numbers: 16 forks would fit a piece

static const struct toy_sizes sizes = {.B = 3,
                                       .T = T,
                                       .K = H,
                                       .H = 4,
                                       .ctx = 3,
                                       .L = L,
                                       .observed = 2,
                                       .known = 3,
                                       .still = 3,
                                       .embedded = 2};
static const struct mq_forks every = {T, NULL};
static const int64_t some_steps[] = {0,  1,  2,  5,  7,  8,  11, 12, 13, 17, 18, 19,
                                     21, 22, 25, 26, 30, 31, 32, 33, 36, 37, 39};
static const struct mq_forks some = {23, some_steps};
static const struct mq_forks few = {2, some_steps + 21};
static const double level[] = {0.1, 0.5, 0.9};
static const double level_of_functions[] = {0.01, 0.1, 0.5, 0.9, 0.99};

// A local MLP's inputs, and what is observed at its forks.
struct inputs {
    mq_value x;
    mq_value known;
    struct mq_observed observed;
};

static struct inputs make_inputs(struct rig *rig, struct mq_forks forks)
{
    struct inputs in;
    in.x = rig_input(rig, "x", mq_shape3(2, forks.n, 4));
    in.known = rig_input(rig, "known", mq_shape3(2, T + H, 3));
    in.observed = rig_observed(rig, mq_shape2(2, T + H), mq_shape2(2, forks.n));
    return in;
}

// All but its own parts, the first of which is what is returned of the contexts: 3 columns a horizon.
static struct mq_combined make_parts(struct mq_graph *g, struct inputs in, mq_value *specific)
{
    static const char *const name[] = {"own", "direct"};
    const mq_value contexts = mq_linear(g, "contexts", in.x, (H + 1) * 3, MQ_RELU);
    const mq_value c = mq_part(g, contexts, H * 3, 3, 0);
    *specific = mq_part(g, contexts, 0, H * 3, H);
    struct mq_combined parts = {.name = name, .n_own = 1, .fan_in = 9};
    parts.agnostic = mq_linear(g, "agnostic", c, L, MQ_LINEAR);
    parts.dated = mq_product(g, "dated", in.known, L, 9);
    return parts;
}

static mq_value build_all(struct rig *rig)
{
    return toy_build(rig, sizes, every).yhat;
}

static mq_value build_some(struct rig *rig)
{
    return toy_build(rig, sizes, some).yhat;
}

static mq_value build_few_of_many(struct rig *rig)
{
    struct toy_sizes many = sizes;
    many.B = 11;
    return toy_build(rig, many, few).yhat;
}

// Two readers of the local MLP, one of them through a layer of its own and some horizons alone;
// functions of the level.
static mq_value build_spans(struct rig *rig)
{
    struct mq_graph *g = rig->graph;
    const struct inputs in = make_inputs(rig, some);
    struct mq_observed totals = in.observed;
    totals.target = rig_input(rig, "total", mq_shape2(2, T + 1));
    totals.mask = rig_input(rig, "total_mask", mq_shape2(2, T + 1));
    mq_value own;
    struct mq_combined parts = make_parts(g, in, &own);
    parts.own = &own;
    mq_value joint = mq_combine(g, "local", &parts, some, MQ_RELU);
    mq_value yhat =
        mq_incremental(g, "functions", joint, level_of_functions + 1, 3, level_of_functions, 5);
    mq_value span = mq_linear(g, "span", mq_mean(g, joint, 5), 6, MQ_RELU);
    mq_value sum = mq_part(g, mq_quantile(g, "sums", span, 3), 0, 3, 1);
    mq_crps(g, yhat, in.observed, some, level_of_functions, 5);
    mq_pinball(g, sum, totals, some, level, 3);
    return yhat;
}

// What the tail reads is read before it too, or is an input whose gradient the caller wants.
static mq_value build_shared(struct rig *rig)
{
    struct mq_graph *g = rig->graph;
    const struct inputs in = make_inputs(rig, every);
    const mq_value direct = rig_input(rig, "direct", mq_shape4(2, T, H, 3));
    mq_graph_want_gradient(g, direct);
    mq_value own[] = {-1, direct};
    struct mq_combined parts = make_parts(g, in, &own[0]);
    const mq_value again = mq_linear(g, "again", parts.agnostic, L, MQ_TANH);
    parts.own = own;
    parts.n_own = 2;
    mq_value first = mq_combine(g, "local", &parts, every, MQ_RELU);
    parts.agnostic = again;
    parts.name = (const char *const[]){"other", "another"};
    mq_value second = mq_combine(g, "second", &parts, every, MQ_RELU);
    mq_value yhat = mq_quantile(g, "y", first, 3);
    mq_pinball(g, yhat, in.observed, every, level, 3);
    mq_pinball(g, mq_quantile(g, "z", second, 3), in.observed, every, level, 3);
    return yhat;
}

// A loss before the last nodes that work by fork: these go through all forks at once.
static mq_value build_early_loss(struct rig *rig)
{
    struct mq_graph *g = rig->graph;
    const struct inputs in = make_inputs(rig, every);
    const struct mq_observed late = rig_observed(rig, mq_shape2(2, T + H), mq_shape2(2, few.n));
    mq_value own;
    struct mq_combined parts = make_parts(g, in, &own);
    parts.own = &own;
    mq_value joint = mq_combine(g, "local", &parts, every, MQ_RELU);
    mq_pinball(g, mq_quantile(g, "early", joint, 3), in.observed, every, level, 3);
    mq_value yhat = mq_quantile(g, "late", mq_pick(g, joint, few), 3);
    mq_pinball(g, yhat, late, few, level, 3);
    return yhat;
}

static const struct {
    mq_value (*build)(struct rig *rig);
    int64_t forks; ///< of a piece; 0: no tail
    int64_t series;
} networks[] = {
    {build_all, 14, 1},   {build_some, 12, 1},   {build_few_of_many, 2, 8},
    {build_spans, 12, 1}, {build_shared, 14, 1}, {build_early_loss, 0, 0},
};

struct outcome {
    struct mq_loss loss;
    mq_real *yhat;
    int64_t n_yhat;
    mq_real *gradient;
    int64_t n_gradient;
    mq_real *by_input; ///< of the one that is wanted, if any
    int64_t n_by_input;
    int64_t bytes;
};

// Scales are positive, masks and weights 0 or 1.
static void make_inputs_plausible(struct rig *rig)
{
    for (mq_value v = 0; v < rig->n_inputs; v++) {
        const char *name = rig->graph->values[v].name;
        const int64_t n = mq_shape_count(mq_view_shape(rig->input[v]));
        for (int64_t i = 0; i < n; i++) {
            mq_real *x = element(rig->input[v], i);
            if (strcmp(name, "scale") == 0) *x = (mq_real)(1 + fabs((double)*x));
            if (strcmp(name, "weight") == 0 || strstr(name, "mask")) *x = i % 5 != 2;
        }
    }
}

static void collect(struct rig *rig, mq_value yhat, struct outcome *outcome)
{
    const struct mq_view y = mq_exec_value(rig->exec, yhat);
    outcome->loss = mq_exec_loss(rig->exec);
    outcome->n_yhat = mq_shape_count(mq_view_shape(y));
    outcome->yhat = copy_of(y.data, outcome->n_yhat);
    outcome->bytes = mq_graph_workspace_bytes(rig->graph);
    if (rig->graph->mode != MQ_TRAIN) return;
    outcome->n_gradient = rig->params.count;
    outcome->gradient = copy_of(mq_exec_gradients(rig->exec), outcome->n_gradient);
    for (mq_value v = 0; v < rig->n_inputs; v++) {
        const struct mq_view d = mq_exec_input_gradient(rig->exec, v);
        if (d.data == NULL) continue;
        outcome->n_by_input = mq_shape_count(mq_view_shape(d));
        outcome->by_input = copy_of(d.data, outcome->n_by_input);
    }
}

enum way { LEARN, LEARN_TWICE, LEARN_ANEW, FORWARD_AND_BACKWARD, FORWARD };

// Two passes, after which the weights are as they were before.
static void learn_with_other_weights(struct rig *rig)
{
    for (int64_t i = 0; i < rig->params.count; i++)
        rig->params.values[i] *= -2;
    mq_exec_learn(rig->exec, 0.125, false, NULL, NULL);
    mq_exec_learn(rig->exec, 0.125, true, NULL, NULL);
    for (int64_t i = 0; i < rig->params.count; i++)
        rig->params.values[i] /= -2;
}

static struct outcome run(int network, enum mq_mode mode, enum way way, bool is_tail_off)
{
    struct outcome outcome = {0};
    struct rig rig;
    rig_init(&rig);
    rig.graph->is_tail_off = is_tail_off;
    const mq_value yhat = networks[network].build(&rig);
    make_inputs_plausible(&rig);
    mq_graph_output(rig.graph, yhat);
    rig_start(&rig, mode);
    const struct mq_tail tail = rig.graph->tail;
    ck_assert_int_eq(tail.begin < rig.graph->n_nodes,
                     !is_tail_off && (networks[network].forks > 0 || mode == MQ_INFER));
    if (!is_tail_off && networks[network].forks > 0) {
        ck_assert_int_eq(tail.piece_forks, networks[network].forks);
        ck_assert_int_eq(tail.piece_series, networks[network].series);
    }
    memset(rig.exec->workspace, 0xff, (size_t)mq_graph_workspace_bytes(rig.graph));
    if (way == LEARN_ANEW) learn_with_other_weights(&rig);
    if (way == FORWARD || way == FORWARD_AND_BACKWARD) mq_exec_forward(rig.exec);
    if (way == FORWARD_AND_BACKWARD) mq_exec_backward(rig.exec, 0.125);
    if (way <= LEARN_ANEW) mq_exec_learn(rig.exec, 0.125, false, NULL, NULL);
    if (way == LEARN_TWICE) mq_exec_learn(rig.exec, 0.125, true, NULL, NULL);
    collect(&rig, yhat, &outcome);
    rig_release(&rig);
    return outcome;
}

static void outcome_release(struct outcome *outcome)
{
    mq_free(outcome->yhat);
    mq_free(outcome->gradient);
    mq_free(outcome->by_input);
}

static void check_near(const char *what, const mq_real *got, const mq_real *want, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)want[i]));
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs((double)got[i] - (double)want[i]) <= 1e-5 * largest,
                      "%s[%lld]: %g, not %g", what, (long long)i, (double)got[i], (double)want[i]);
}

START_TEST(test_pieces_learn_what_all_forks_do)
{
    struct outcome pieces = run(_i, MQ_TRAIN, LEARN, false);
    struct outcome whole = run(_i, MQ_TRAIN, LEARN, true);
    ck_assert_double_gt(whole.loss.loss_sum, 0);
    ck_assert_double_eq_tol(pieces.loss.loss_sum / whole.loss.loss_sum, 1, 1e-5);
    ck_assert_double_eq(pieces.loss.weight_sum, whole.loss.weight_sum);
    check_near("yhat", pieces.yhat, whole.yhat, whole.n_yhat);
    check_near("gradient", pieces.gradient, whole.gradient, whole.n_gradient);
    check_near("by input", pieces.by_input, whole.by_input, whole.n_by_input);
    if (networks[_i].series == 1) ck_assert_int_lt(pieces.bytes, whole.bytes);
    outcome_release(&pieces);
    outcome_release(&whole);
}
END_TEST

START_TEST(test_pieces_forecast_what_all_forks_do)
{
    struct outcome pieces = run(_i, MQ_INFER, FORWARD, false);
    struct outcome whole = run(_i, MQ_INFER, FORWARD, true);
    check_near("yhat", pieces.yhat, whole.yhat, whole.n_yhat);
    if (networks[_i].series == 1) ck_assert_int_lt(pieces.bytes, whole.bytes);
    outcome_release(&pieces);
    outcome_release(&whole);
}
END_TEST

START_TEST(test_learning_is_forward_and_backward_to_the_bit)
{
    struct outcome want = run(_i, MQ_TRAIN, LEARN, false);
    struct outcome got = run(_i, MQ_TRAIN, FORWARD_AND_BACKWARD, false);
    ck_assert_double_eq(got.loss.loss_sum, want.loss.loss_sum);
    ck_assert_double_eq(got.loss.weight_sum, want.loss.weight_sum);
    ck_assert_mem_eq(got.yhat, want.yhat, (size_t)want.n_yhat * sizeof(mq_real));
    ck_assert_mem_eq(got.gradient, want.gradient, (size_t)want.n_gradient * sizeof(mq_real));
    outcome_release(&got);
    outcome_release(&want);
}
END_TEST

START_TEST(test_nothing_is_left_of_other_weights)
{
    struct outcome want = run(_i, MQ_TRAIN, LEARN, false);
    struct outcome got = run(_i, MQ_TRAIN, LEARN_ANEW, false);
    ck_assert_mem_eq(got.gradient, want.gradient, (size_t)want.n_gradient * sizeof(mq_real));
    outcome_release(&got);
    outcome_release(&want);
}
END_TEST

START_TEST(test_learning_adds_where_asked)
{
    struct outcome once = run(_i, MQ_TRAIN, LEARN, false);
    struct outcome twice = run(_i, MQ_TRAIN, LEARN_TWICE, false);
    for (int64_t i = 0; i < once.n_gradient; i++)
        once.gradient[i] *= 2;
    check_near("gradient", twice.gradient, once.gradient, once.n_gradient);
    ck_assert_double_eq(twice.loss.loss_sum, once.loss.loss_sum);
    outcome_release(&once);
    outcome_release(&twice);
}
END_TEST

int main(void)
{
    enum { N = sizeof networks / sizeof networks[0] };
    TCase *tc = tcase_create("tail");
    tcase_add_loop_test(tc, test_pieces_learn_what_all_forks_do, 0, N);
    tcase_add_loop_test(tc, test_pieces_forecast_what_all_forks_do, 0, N);
    tcase_add_loop_test(tc, test_learning_is_forward_and_backward_to_the_bit, 0, N);
    tcase_add_loop_test(tc, test_nothing_is_left_of_other_weights, 0, N);
    tcase_add_loop_test(tc, test_learning_adds_where_asked, 0, N);
    return run_tests("nn/tail", tc);
}
