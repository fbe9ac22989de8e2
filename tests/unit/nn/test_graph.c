// Planning and executing: memory, bits, watermarks, failures, costs.
#include "nn/op.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "support/harness.h"
#include "support/toy_mqrnn.h"

static const struct toy_sizes tiny = {.B = 3,
                                      .T = 6,
                                      .K = 3,
                                      .H = 4,
                                      .ctx = 3,
                                      .L = 5,
                                      .observed = 2,
                                      .known = 3,
                                      .still = 3,
                                      .embedded = 2};
static const struct mq_forks all_forks = {6, NULL};

enum { GRADIENTS_MAX = 1024 };

struct outcome {
    mq_real yhat[3 * 6 * 3 * 3];
    double loss;
    mq_real gradient[GRADIENTS_MAX];
    int64_t n_gradients;
};

/// One training step of the tiny model; the workspace is NaN before it.
static struct outcome step_of(struct rig *rig, struct toy toy)
{
    struct outcome outcome = {.n_gradients = rig->params.count};
    ck_assert_int_le(rig->params.count, GRADIENTS_MAX);
    memset(rig->exec->workspace, 0xff, (size_t)mq_graph_workspace_bytes(rig->graph));
    mq_exec_forward(rig->exec);
    memcpy(outcome.yhat, mq_exec_value(rig->exec, toy.yhat).data, sizeof outcome.yhat);
    outcome.loss = mq_exec_loss(rig->exec).loss_sum;
    mq_exec_backward(rig->exec, 0.125);
    memcpy(outcome.gradient, mq_exec_gradients(rig->exec),
           (size_t)rig->params.count * sizeof(mq_real));
    return outcome;
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    ck_assert(!isnan(a->loss) && a->loss > 0);
    ck_assert_mem_eq(a->yhat, b->yhat, sizeof a->yhat);
    ck_assert_double_eq(a->loss, b->loss);
    ck_assert_mem_eq(a->gradient, b->gradient, sizeof a->gradient);
    for (int64_t i = 0; i < a->n_gradients; i++) {
        ck_assert(!isnan(a->gradient[i]));
    }
}

static struct outcome outcome_of_tiny(bool is_reuse_off, int64_t *bytes)
{
    struct rig rig;
    rig_init(&rig);
    rig.graph->is_reuse_off = is_reuse_off;
    const struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    const struct outcome outcome = step_of(&rig, toy);
    *bytes = mq_graph_workspace_bytes(rig.graph);
    rig_release(&rig);
    return outcome;
}

START_TEST(test_reuse_of_memory_saves_bytes_and_changes_no_bit)
{
    int64_t planned, unplanned;
    const struct outcome with = outcome_of_tiny(false, &planned);
    const struct outcome without = outcome_of_tiny(true, &unplanned);
    check_same(&with, &without);
    ck_assert_int_lt(planned, unplanned * 3 / 4);
}
END_TEST

START_TEST(test_backward_reads_only_what_is_planned_to_live)
{
    int64_t bytes;
    const struct outcome want = outcome_of_tiny(true, &bytes);
    struct rig rig;
    rig_init(&rig);
    rig.graph->is_reuse_off = true;
    (void)toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    mq_exec_forward(rig.exec);
    rig_forget(&rig);
    mq_exec_backward(rig.exec, 0.125);
    ck_assert_mem_eq(mq_exec_gradients(rig.exec), want.gradient,
                     (size_t)want.n_gradients * sizeof(mq_real));
    rig_release(&rig);
}
END_TEST

START_TEST(test_unplanned_bytes_are_what_no_reuse_takes)
{
    int64_t unplanned;
    (void)outcome_of_tiny(true, &unplanned);
    struct rig rig;
    rig_init(&rig);
    (void)toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    ck_assert_int_eq(mq_graph_unplanned_bytes(rig.graph), unplanned);
    rig_release(&rig);
}
END_TEST

START_TEST(test_slots_alive_together_do_not_overlap)
{
    struct rig rig;
    rig_init(&rig);
    (void)toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    const struct mq_graph *g = rig.graph;
    for (int i = 0; i < g->n_slots; i++) {
        ck_assert_int_eq(g->slots[i].offset * (int64_t)sizeof(mq_real) % 64, 0);
        for (int j = 0; j < i; j++) {
            const struct mq_slot a = g->slots[i], b = g->slots[j];
            if (a.end < b.begin || b.end < a.begin) continue;
            ck_assert(a.offset + a.count <= b.offset || b.offset + b.count <= a.offset);
        }
    }
    rig_release(&rig);
}
END_TEST

START_TEST(test_a_step_allocates_nothing_and_repeats_to_the_bit)
{
    struct rig rig;
    rig_init(&rig);
    const struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    const uint64_t calls = mq_alloc_calls();
    const struct outcome first = step_of(&rig, toy);
    const struct outcome second = step_of(&rig, toy);
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    check_same(&first, &second);
    rig_release(&rig);
}
END_TEST

START_TEST(test_a_trace_times_every_node_and_changes_no_bit)
{
    struct mq_node_time times[32] = {0};
    struct mq_trace trace = {.node = times};
    struct rig rig;
    rig_init(&rig);
    const struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    const struct outcome without = step_of(&rig, toy);
    mq_exec_trace(rig.exec, &trace);
    const struct outcome with = step_of(&rig, toy);
    check_same(&without, &with);
    ck_assert_int_le(mq_graph_nodes(rig.graph), 32);
    for (int64_t i = 0; i < mq_graph_nodes(rig.graph); i++) {
        const struct mq_layer layer = mq_graph_layer(rig.graph, i);
        ck_assert_msg(times[i].forward_s > 0, "%s: no time in forward", layer.name);
        ck_assert_msg(times[i].backward_s > 0, "%s: no time in backward", layer.name);
    }
    const double forward_s = times[0].forward_s;
    mq_exec_trace(rig.exec, NULL);
    (void)step_of(&rig, toy);
    ck_assert_double_eq(times[0].forward_s, forward_s);
    rig_release(&rig);
}
END_TEST

START_TEST(test_inference_keeps_less_and_forecasts_the_same)
{
    int64_t train_bytes;
    const struct outcome trained = outcome_of_tiny(false, &train_bytes);
    struct rig rig;
    rig_init(&rig);
    const struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_INFER);
    mq_exec_forward(rig.exec);
    ck_assert_mem_eq(mq_exec_value(rig.exec, toy.yhat).data, trained.yhat, sizeof trained.yhat);
    ck_assert_double_eq(mq_exec_loss(rig.exec).loss_sum, trained.loss);
    ck_assert_int_lt(mq_graph_workspace_bytes(rig.graph), train_bytes / 2);
    ck_assert_ptr_null(mq_exec_gradients(rig.exec));
    rig_release(&rig);
}
END_TEST

START_TEST(test_graphs_of_other_shapes_share_weights)
{
    static const int64_t last[] = {5};
    struct rig rig, single;
    rig_init(&rig);
    struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_INFER);
    mq_exec_forward(rig.exec);
    rig_init(&single);
    mq_graph_free(single.graph);
    ck_ok(mq_graph_new(&single.graph, &rig.params));
    struct toy one = toy_build(&single, tiny, (struct mq_forks){1, last});
    ck_ok(mq_graph_plan(single.graph, MQ_INFER));
    ck_ok(mq_exec_new(&single.exec, single.graph));
    for (int v = 0; v < one.loss.scale; v++)
        mq_exec_bind(single.exec, v, rig.input[v]);
    for (int v = one.loss.scale; v <= one.loss.weight; v++)
        mq_exec_bind(single.exec, v, single.input[v]);
    mq_exec_forward(single.exec);
    const struct mq_view every = mq_exec_value(rig.exec, toy.yhat);
    const struct mq_view asked = mq_exec_value(single.exec, one.yhat);
    for (int64_t b = 0; b < tiny.B; b++) {
        for (int64_t i = 0; i < 9; i++) {
            const double want = (double)*element(mq_view_slice(every, 1, 5, 1), b * 9 + i);
            ck_assert_double_eq_tol((double)*element(asked, b * 9 + i), want, 1e-5);
        }
    }
    rig_release(&single);
    rig_release(&rig);
}
END_TEST

struct falls {
    int64_t watermark;
    int n;
    struct rig *rig;
    mq_real final[GRADIENTS_MAX]; ///< as they were when announced
};

static void note_fall(void *context, const mq_real *gradients, int64_t watermark)
{
    struct falls *falls = context;
    ck_assert_int_lt(watermark, falls->watermark);
    memcpy(falls->final + watermark, gradients + watermark,
           (size_t)(falls->watermark - watermark) * sizeof *gradients);
    falls->watermark = watermark;
    falls->n++;
}

START_TEST(test_gradients_above_the_watermark_are_final)
{
    struct rig rig;
    rig_init(&rig);
    const struct toy toy = toy_build(&rig, tiny, all_forks);
    rig_start(&rig, MQ_TRAIN);
    const struct outcome want = step_of(&rig, toy);
    struct falls falls = {.watermark = rig.params.count};
    mq_exec_learn(rig.exec, 0.125, false, note_fall, &falls);
    ck_assert_int_eq(falls.watermark, 0);
    ck_assert_int_ge(falls.n, 7); // about one per layer with weights
    ck_assert_mem_eq(falls.final, want.gradient, (size_t)want.n_gradients * sizeof(mq_real));
    rig_release(&rig);
}
END_TEST

START_TEST(test_watermark_waits_for_every_user_of_a_weight)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape2(2, 3));
    mq_value a = mq_linear(rig.graph, "first", x, 3, MQ_TANH);
    mq_value b = mq_linear(rig.graph, "second", a, 3, MQ_TANH);
    mq_value c = mq_linear(rig.graph, "first", b, 3, MQ_TANH); // "first" again, after "second"
    mq_value d = mq_linear(rig.graph, "third", c, 3, MQ_TANH);
    mq_graph_output(rig.graph, d);
    rig_start(&rig, MQ_TRAIN);
    ck_assert_int_eq(rig.graph->nodes[3]->watermark, 24);
    ck_assert_int_eq(rig.graph->nodes[2]->watermark, 24); // "second" ends there
    ck_assert_int_eq(rig.graph->nodes[1]->watermark, 12); // "first" is pending still
    ck_assert_int_eq(rig.graph->nodes[0]->watermark, 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_inputs_get_no_gradient_unless_wanted)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape2(2, 3));
    mq_value z = rig_input(&rig, "z", mq_shape2(2, 3));
    mq_graph_want_gradient(rig.graph, z);
    mq_value y = mq_linear(rig.graph, "y", x, 4, MQ_TANH);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_TRAIN);
    ck_assert_double_eq(mq_graph_forward_flops(rig.graph), 2 * 2 * 3 * 4);
    ck_assert_double_eq(mq_graph_train_flops(rig.graph), 2 * 2 * 2 * 3 * 4);
    mq_real dy[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    mq_exec_forward(rig.exec);
    mq_exec_backward_from(rig.exec, y, mq_view_of(dy, mq_shape2(2, 4)));
    ck_assert_ptr_null(mq_exec_input_gradient(rig.exec, x).data);
    const struct mq_view dz = mq_exec_input_gradient(rig.exec, z); // wanted, though unused: zero
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq((double)dz.data[i], 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_first_build_error_is_reported_by_plan)
{
    struct mq_params params = {0};
    struct mq_graph *g;
    ck_ok(mq_graph_new(&g, &params));
    mq_value x = mq_graph_input(g, "x", mq_shape3(2, 5, 3));
    mq_value y = mq_graph_input(g, "y", mq_shape3(2, 4, 3));
    mq_value joined = mq_concat(g, (mq_value[]){x, y}, 2);
    ck_assert_int_eq(joined, -1);
    mq_value layer = mq_linear(g, "layer", joined, 4, MQ_RELU);
    ck_assert_int_eq(mq_graph_shape(g, layer).rank, 0);
    ck_assert_int_eq(mq_lstm(g, "lstm", layer, -1, 4), -1);
    mq_graph_output(g, layer);
    ck_fails(mq_graph_plan(g, MQ_TRAIN), MQ_FAILED, "concat: value 1");
    mq_graph_free(g);
    mq_params_release(&params);
}
END_TEST

START_TEST(test_forks_outside_the_context_are_an_error)
{
    static const int64_t steps[] = {1, 5};
    struct mq_params params = {0};
    struct mq_graph *g;
    ck_ok(mq_graph_new(&g, &params));
    mq_value x = mq_graph_input(g, "x", mq_shape3(2, 5, 3));
    ck_assert_int_eq(mq_pick(g, x, (struct mq_forks){2, steps}), -1);
    ck_fails(mq_graph_plan(g, MQ_INFER), MQ_FAILED, "fork 1 at step 5");
    mq_graph_free(g);
    mq_params_release(&params);
}
END_TEST

START_TEST(test_every_failed_allocation_of_a_build_is_reported)
{
    for (uint64_t n = 1; n < 400; n++) {
        struct mq_params params = {0};
        struct mq_graph *g = NULL;
        struct mq_exec *exec = NULL;
        mq_alloc_fail_at(n);
        mq_status status = mq_graph_new(&g, &params);
        if (status == MQ_OK) {
            mq_value x = mq_graph_input(g, "x", mq_shape3(2, 5, 3));
            mq_value h = mq_lstm(g, "lstm", x, -1, 4);
            mq_graph_output(g, mq_linear(g, "y", h, 2, MQ_RELU));
            status = mq_graph_plan(g, MQ_TRAIN);
        }
        if (status == MQ_OK) status = mq_params_allocate(&params);
        if (status == MQ_OK) status = mq_exec_new(&exec, g);
        mq_alloc_fail_at(0);
        mq_exec_free(exec);
        mq_graph_free(g);
        mq_params_release(&params);
        if (status == MQ_OK) {
            ck_assert_uint_gt(n, 20);
            return;
        }
    }
    ck_abort_msg("no number of allocations was enough");
}
END_TEST

START_TEST(test_small_mqrnn_has_the_known_parameters_and_work)
{
    const struct toy_sizes small = {.B = 32,
                                    .T = 104,
                                    .K = 13,
                                    .H = 32,
                                    .ctx = 16,
                                    .L = 16,
                                    .observed = 4,
                                    .known = 8,
                                    .still = 8,
                                    .embedded = 8};
    struct rig rig;
    rig_init(&rig);
    (void)toy_build(&rig, small, (struct mq_forks){104, NULL});
    ck_ok(mq_graph_plan(rig.graph, MQ_TRAIN));
    ck_assert_int_eq(rig.params.count, 19467);
    ck_assert_double_eq_tol(mq_graph_train_flops(rig.graph), 0.398e9, 0.001e9);
    int64_t parameters = 0;
    double forward = 0, backward = 0;
    for (int64_t i = 0; i < mq_graph_nodes(rig.graph); i++) {
        const struct mq_layer layer = mq_graph_layer(rig.graph, i);
        ck_assert(layer.name[0] && layer.op[0] && layer.shape.rank >= 0);
        parameters += layer.parameters;
        forward += layer.forward_flops;
        backward += layer.backward_flops;
    }
    ck_assert_int_eq(parameters, 19467);
    ck_assert_double_eq(forward, mq_graph_forward_flops(rig.graph));
    ck_assert_double_eq(forward + backward, mq_graph_train_flops(rig.graph));
    rig_release(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("graph");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_reuse_of_memory_saves_bytes_and_changes_no_bit);
    tcase_add_test(tc, test_backward_reads_only_what_is_planned_to_live);
    tcase_add_test(tc, test_unplanned_bytes_are_what_no_reuse_takes);
    tcase_add_test(tc, test_slots_alive_together_do_not_overlap);
    tcase_add_test(tc, test_a_step_allocates_nothing_and_repeats_to_the_bit);
    tcase_add_test(tc, test_a_trace_times_every_node_and_changes_no_bit);
    tcase_add_test(tc, test_inference_keeps_less_and_forecasts_the_same);
    tcase_add_test(tc, test_graphs_of_other_shapes_share_weights);
    tcase_add_test(tc, test_gradients_above_the_watermark_are_final);
    tcase_add_test(tc, test_watermark_waits_for_every_user_of_a_weight);
    tcase_add_test(tc, test_inputs_get_no_gradient_unless_wanted);
    tcase_add_test(tc, test_first_build_error_is_reported_by_plan);
    tcase_add_test(tc, test_forks_outside_the_context_are_an_error);
    tcase_add_test(tc, test_every_failed_allocation_of_a_build_is_reported);
    tcase_add_test(tc, test_small_mqrnn_has_the_known_parameters_and_work);
    return run_tests("nn/graph", tc);
}
