// Networks of several shapes over one set of weights.
#include "support/panels.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/network.h"
#include "support/harness.h"

enum { N = 9, PERIODS = 50, B = 3, T = 14, H = 4, Q = 3 };

struct bench {
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_window_maker maker;
    struct mq_series_block block;
    struct mq_batch batch;
};

static void bench_init_as(struct bench *bench, const char *type, const char *const overrides[],
                          int64_t n)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, N, PERIODS);
    bench->panel = catalogue_open(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    tiny_model(&bench->model, bench->panel, type, overrides, n);
    ck_ok(mq_window_maker_init(&bench->maker, &bench->model.features, bench->panel, 0.5, T + H));
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
    ck_ok(
        mq_batch_init(&bench->batch, &bench->model.features, mq_model_window(&bench->model, B, T)));
    for (int64_t b = 0; b < B; b++)
        mq_window_fill(&bench->maker, &bench->batch, b, &bench->block, b, 40, PERIODS);
}

static void bench_init(struct bench *bench, const char *const overrides[], int64_t n)
{
    bench_init_as(bench, "mqrnn", overrides, n);
}

static void bench_release(struct bench *bench)
{
    mq_batch_release(&bench->batch);
    mq_series_block_release(&bench->block);
    mq_window_maker_release(&bench->maker);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
}

static mq_status build_rows(struct mq_network *network, struct bench *bench, int64_t rows,
                            struct mq_forks forks, enum mq_mode mode)
{
    const struct mq_experiment *experiment = &bench->model.experiment;
    const struct mq_dims dims = mq_model_dims(&bench->model, rows, T, forks);
    return mq_network_init(network, bench->model.forecaster, experiment->model, &dims,
                           (enum mq_loss_kind)experiment->loss.kind, &bench->model.params, mode);
}

static mq_status build(struct mq_network *network, struct bench *bench, struct mq_forks forks,
                       enum mq_mode mode)
{
    return build_rows(network, bench, B, forks, mode);
}

static const struct mq_forks every = {T, NULL};

START_TEST(test_training_and_forecasting_share_their_weights)
{
    struct bench bench;
    struct mq_network train;
    struct mq_network infer;
    bench_init(&bench, NULL, 0);
    const int64_t n = bench.model.params.n;
    const int64_t count = bench.model.params.count;
    ck_ok(build(&train, &bench, every, MQ_TRAIN));
    ck_ok(build(&infer, &bench, every, MQ_INFER));
    ck_assert_int_eq(bench.model.params.n, n);
    ck_assert_int_eq(bench.model.params.count, count);
    ck_assert(train.observed.target >= 0 && train.observed.mask >= 0 && train.observed.weight >= 0);
    ck_assert(infer.observed.target == -1 && infer.observed.weight == -1);
    mq_network_release(&train);
    mq_network_release(&infer);
    mq_network_release(&infer);
    bench_release(&bench);
}
END_TEST

// Forwards the bench's batch; (B, F, H, Q), to be freed.
static mq_real *forward(struct bench *bench, struct mq_forks forks, enum mq_mode mode,
                        struct mq_loss *loss)
{
    struct mq_network network;
    struct mq_exec *exec;
    ck_ok(build(&network, bench, forks, mode));
    ck_ok(mq_exec_new(&exec, network.graph));
    mq_network_bind(&network, exec, &bench->batch, 0);
    mq_exec_forward(exec);
    const struct mq_view yhat = mq_exec_value(exec, network.out.yhat);
    ck_assert(mq_shape_equal(mq_view_shape(yhat), mq_shape4(B, forks.n, H, Q)));
    const int64_t count = mq_shape_count(mq_view_shape(yhat));
    mq_real *copy = mq_calloc(count, sizeof *copy);
    memcpy(copy, yhat.data, (size_t)count * sizeof *copy);
    if (loss != NULL) *loss = mq_exec_loss(exec);
    mq_exec_free(exec);
    mq_network_release(&network);
    return copy;
}

START_TEST(test_quantiles_are_finite_and_ascend_at_every_fork)
{
    struct bench bench;
    bench_init(&bench, NULL, 0);
    mq_real *yhat = forward(&bench, every, MQ_INFER, NULL);
    for (int64_t i = 0; i < B * T * H; i++)
        for (int64_t q = 0; q < Q; q++) {
            ck_assert(isfinite(yhat[i * Q + q]));
            ck_assert(q == 0 || yhat[i * Q + q] >= yhat[i * Q + q - 1]);
        }
    mq_free(yhat);
    bench_release(&bench);
}
END_TEST

START_TEST(test_some_forks_give_what_all_of_them_give_there)
{
    static const int64_t steps[] = {3, 4, 13};
    struct bench bench;
    bench_init(&bench, NULL, 0);
    mq_real *all = forward(&bench, every, MQ_INFER, NULL);
    mq_real *some = forward(&bench, (struct mq_forks){3, steps}, MQ_INFER, NULL);
    for (int64_t b = 0; b < B; b++)
        for (int64_t f = 0; f < 3; f++)
            for (int64_t i = 0; i < H * Q; i++)
                ck_assert_double_eq_tol((double)some[(b * 3 + f) * H * Q + i],
                                        (double)all[(b * T + steps[f]) * H * Q + i], 1e-5);
    mq_free(all);
    mq_free(some);
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_loss_counts_weighted_forks_and_masked_targets)
{
    struct bench bench;
    struct mq_loss loss;
    bench_init(&bench, NULL, 0);
    mq_real *yhat = forward(&bench, every, MQ_TRAIN, &loss);
    const struct mq_batch *batch = &bench.batch;
    double weight_sum = 0;
    for (int64_t b = 0; b < B; b++)
        for (int64_t t = 0; t < T; t++)
            for (int64_t h = 0; h < H; h++)
                weight_sum +=
                    (double)batch->weight[b * T + t] * (double)batch->mask[b * (T + H) + t + 1 + h];
    ck_assert_double_eq_tol(loss.weight_sum, weight_sum, 1e-5 * weight_sum);
    ck_assert(isfinite(loss.loss_sum) && loss.loss_sum > 0);
    mq_free(yhat);

    memset(batch->weight, 0, (size_t)(B * T) * sizeof *batch->weight);
    yhat = forward(&bench, every, MQ_TRAIN, &loss);
    ck_assert(loss.weight_sum == 0 && loss.loss_sum == 0);
    mq_free(yhat);
    bench_release(&bench);
}
END_TEST

static bool is_same(const mq_real *a, const mq_real *b, int64_t n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

// What the forecast of fork t may see of the history ends at t.
START_TEST(test_no_fork_sees_the_history_after_it)
{
    struct bench bench;
    bench_init(&bench, NULL, 0);
    const int64_t width = bench.model.features.history_width;
    mq_real *before = forward(&bench, every, MQ_INFER, NULL);
    for (int64_t t = T - 2; t >= 0; t--) {
        for (int64_t i = (t + 1) * width; i < T * width; i++)
            bench.batch.history[i] += (mq_real)1.5;
        mq_real *after = forward(&bench, every, MQ_INFER, NULL);
        ck_assert(is_same(before, after, (t + 1) * H * Q));
        ck_assert(!is_same(before, after, T * H * Q));
        mq_free(after);
    }
    mq_free(before);
    bench_release(&bench);
}
END_TEST

START_TEST(test_known_inputs_are_seen_from_the_first_step_to_the_last_target)
{
    struct bench bench;
    bench_init(&bench, NULL, 0);
    const int64_t width = bench.model.features.known_width;
    const int64_t fork = H * Q;
    mq_real *before = forward(&bench, every, MQ_INFER, NULL);
    // The last date of row 0 belongs to the last target of the last fork alone.
    for (int64_t k = 0; k < width; k++)
        bench.batch.known[(T + H - 1) * width + k] += (mq_real)1.5;
    mq_real *after = forward(&bench, every, MQ_INFER, NULL);
    ck_assert(is_same(before, after, (T - 1) * fork));
    ck_assert(!is_same(before + (T - 1) * fork, after + (T - 1) * fork, fork));
    ck_assert(is_same(before + T * fork, after + T * fork, (B - 1) * T * fork));
    mq_free(before);
    // The first date lies before every target: only the encoder sees it, from its first step on.
    for (int64_t k = 0; k < width; k++)
        bench.batch.known[k] += (mq_real)1.5;
    before = after;
    after = forward(&bench, every, MQ_INFER, NULL);
    ck_assert(!is_same(before, after, fork));
    mq_free(before);
    mq_free(after);
    bench_release(&bench);
}
END_TEST

START_TEST(test_no_memory_leaves_nothing_behind)
{
    struct bench bench;
    bench_init(&bench, NULL, 0);
    for (uint64_t n = 1; n < 40; n++) {
        struct mq_network network;
        mq_alloc_fail_at(n);
        const mq_status status = build(&network, &bench, every, MQ_TRAIN);
        mq_alloc_fail_at(0);
        ck_assert(status == MQ_OK || status == MQ_FAILED);
        mq_network_release(&network);
    }
    bench_release(&bench);
}
END_TEST

// Quantiles of a model of functions at any levels, from the same batch: (B, T, H, n).
static struct mq_exec *forward_at(struct bench *bench, struct mq_network *network,
                                  const double level[], int64_t n, enum mq_mode mode)
{
    const struct mq_experiment *experiment = &bench->model.experiment;
    struct mq_exec *exec;
    struct mq_dims dims = mq_model_dims(&bench->model, B, T, every);
    dims.Q = n;
    dims.level = level;
    ck_ok(mq_network_init(network, bench->model.forecaster, experiment->model, &dims,
                          (enum mq_loss_kind)experiment->loss.kind, &bench->model.params, mode));
    ck_ok(mq_exec_new(&exec, network->graph));
    mq_network_bind(network, exec, &bench->batch, 0);
    mq_exec_forward(exec);
    return exec;
}

START_TEST(test_functions_at_their_knots_are_what_was_trained)
{
    static const char *const overrides[] = {"loss.head=incremental", "loss.kind=crps"};
    double level[MQ_TRAINED_LEVELS_MAX];
    struct bench bench;
    struct mq_network train;
    struct mq_network infer;
    bench_init(&bench, overrides, 2);
    const struct mq_real_list *knots = &bench.model.experiment.loss.quantiles;
    const int64_t n = mq_model_trained_levels(&bench.model, level);
    ck_assert_int_eq(n, Q + 2);
    struct mq_exec *trained = forward_at(&bench, &train, level, n, MQ_TRAIN);
    struct mq_exec *asked = forward_at(&bench, &infer, knots->value, Q, MQ_INFER);
    const mq_real *all = mq_exec_value(trained, train.out.yhat).data;
    const mq_real *some = mq_exec_value(asked, infer.out.yhat).data;
    for (int64_t row = 0; row < B * T * H; row++)
        for (int64_t q = 0; q < Q; q++)
            ck_assert_double_eq((double)some[row * Q + q], (double)all[row * n + q + 1]);
    ck_assert(isfinite(mq_exec_loss(trained).loss_sum));
    mq_exec_free(trained);
    mq_exec_free(asked);
    mq_network_release(&train);
    mq_network_release(&infer);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_grid_knows_its_own_levels_alone)
{
    struct bench bench;
    bench_init(&bench, NULL, 0);
    ck_ok(mq_model_check_levels(&bench.model));
    bench.model.experiment.evaluate.levels = (struct mq_real_list){1, {0.99}};
    ck_fails(mq_model_check_levels(&bench.model), MQ_USAGE,
             "evaluate.levels: with loss.head: grid");
    bench.model.experiment.loss.head = MQ_HEAD_INCREMENTAL;
    ck_ok(mq_model_check_levels(&bench.model));
    bench_release(&bench);
}
END_TEST

static void count_ends(void *context, const mq_real *gradients, int64_t watermark)
{
    (void)gradients;
    *(int *)context += watermark == 0;
}

// Loss and gradients of the batch; how often its gradients were told to be final.
static struct mq_loss learn(struct bench *bench, const struct mq_network *network,
                            mq_real *gradients, int *ends)
{
    struct mq_exec *exec;
    ck_ok(mq_exec_new(&exec, network->graph));
    const struct mq_lane lane = {
        .batch = &bench->batch, .loss_scale = 0.01, .notify = count_ends, .context = ends};
    *ends = 0;
    (void)mq_network_learn(network, exec, &lane); // what it leaves behind is not added to
    const struct mq_loss loss = mq_network_learn(network, exec, &lane);
    memcpy(gradients, mq_exec_gradients(exec),
           (size_t)bench->model.params.count * sizeof *gradients);
    mq_exec_free(exec);
    return loss;
}

START_TEST(test_passes_add_up_to_the_whole_batch)
{
    static const char *const overrides[] = {"loss.spans=[{lead: 1, review: 1}]",
                                            "data.lags=[1, 2x2]"};
    struct bench bench;
    struct mq_network whole;
    struct mq_network rows;
    int ends;
    bench_init(&bench, overrides, 2);
    const int64_t count = bench.model.params.count;
    mq_real *want = mq_calloc(count, sizeof *want);
    mq_real *gradients = mq_calloc(count, sizeof *gradients);
    ck_ok(build(&whole, &bench, every, MQ_TRAIN));
    ck_ok(build_rows(&rows, &bench, 1, every, MQ_TRAIN));
    ck_assert_int_eq(whole.passes, 1);
    rows.passes = B;
    const struct mq_loss all = learn(&bench, &whole, want, &ends);
    const struct mq_loss sum = learn(&bench, &rows, gradients, &ends);
    ck_assert_int_eq(ends, 2); // once in each of two times
    ck_assert(all.loss_sum > 0);
    ck_assert_double_eq_tol(sum.loss_sum, all.loss_sum, 1e-5 * all.loss_sum);
    ck_assert_double_eq_tol(sum.weight_sum, all.weight_sum, 1e-9);
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)want[i]));
    ck_assert_double_gt(largest, 0);
    for (int64_t i = 0; i < count; i++)
        ck_assert_double_eq_tol((double)gradients[i], (double)want[i], 1e-5 * largest);
    mq_network_release(&whole);
    mq_network_release(&rows);
    mq_free(want);
    mq_free(gradients);
    bench_release(&bench);
}
END_TEST

// Pass p of P of lane n draws the masks of place n P + p: no two passes the same.
START_TEST(test_each_pass_of_each_lane_drops_by_its_own_mask)
{
    static const char *const overrides[] = {"model.dropout=0.5"};
    struct bench bench;
    struct mq_network rows;
    struct mq_exec *exec;
    bench_init(&bench, overrides, 1);
    const int64_t count = bench.model.params.count;
    mq_real *want = mq_calloc(2 * count, sizeof *want);
    ck_ok(build_rows(&rows, &bench, 1, every, MQ_TRAIN));
    rows.passes = B;
    ck_ok(mq_exec_new(&exec, rows.graph));
    for (uint32_t lane = 4; lane < 6; lane++) {
        mq_real *own = want + (lane - 4) * count;
        for (int64_t pass = 0; pass < B; pass++) {
            mq_network_bind(&rows, exec, &bench.batch, pass);
            mq_exec_dropout_address(exec, 1, 2, lane * B + (uint32_t)pass);
            mq_exec_forward(exec);
            mq_exec_backward(exec, 0.01);
            for (int64_t i = 0; i < count; i++)
                own[i] += mq_exec_gradients(exec)[i];
        }
        const struct mq_lane work = {
            .batch = &bench.batch, .seed = 1, .step = 2, .number = lane, .loss_scale = 0.01};
        (void)mq_network_learn(&rows, exec, &work);
        double largest = 0;
        for (int64_t i = 0; i < count; i++)
            largest = fmax(largest, fabs((double)own[i]));
        for (int64_t i = 0; i < count; i++)
            ck_assert_double_eq_tol((double)mq_exec_gradients(exec)[i], (double)own[i],
                                    1e-5 * largest);
    }
    ck_assert_mem_ne(want, want + count, (size_t)count * sizeof *want);
    mq_exec_free(exec);
    mq_network_release(&rows);
    mq_free(want);
    bench_release(&bench);
}
END_TEST

START_TEST(test_passes_forecast_what_the_whole_batch_does)
{
    struct bench bench;
    struct mq_network rows;
    struct mq_exec *exec;
    bench_init(&bench, NULL, 0);
    mq_real *whole = forward(&bench, every, MQ_INFER, NULL);
    ck_ok(build_rows(&rows, &bench, 1, every, MQ_INFER));
    rows.passes = B;
    ck_ok(mq_exec_new(&exec, rows.graph));
    for (int64_t pass = 0; pass < B; pass++) {
        mq_network_bind(&rows, exec, &bench.batch, pass);
        mq_exec_forward(exec);
        const struct mq_view yhat = mq_exec_value(exec, rows.out.yhat);
        const int64_t count = mq_shape_count(mq_view_shape(yhat));
        for (int64_t i = 0; i < count; i++)
            ck_assert_double_eq_tol((double)yhat.data[i], (double)whole[pass * count + i], 1e-5);
    }
    mq_exec_free(exec);
    mq_network_release(&rows);
    mq_free(whole);
    bench_release(&bench);
}
END_TEST

static const struct {
    const char *type;
    int64_t rows;
    int64_t most; ///< MiB of a pass of training
} many[] = {
    {"mqrnn", 3 << 12, 16},
    {"mqrnn", 10007, 16},
    {"mqrnn", 12500, 16},
    {"mqcnn", 3 << 12, 2},
};

START_TEST(test_many_rows_go_through_in_passes)
{
    const int64_t rows = many[_i].rows;
    struct bench bench;
    struct mq_network network;
    bench_init_as(&bench, many[_i].type, NULL, 0);
    for (int mode = MQ_INFER; mode <= MQ_TRAIN; mode++) {
        ck_ok(build_rows(&network, &bench, rows, every, mode));
        ck_assert_int_gt(network.passes, 1);
        ck_assert_int_eq(network.passes * network.dims.B, rows);
        const int64_t bytes = mq_graph_workspace_bytes(network.graph);
        ck_assert(network.dims.B == 1 || bytes <= many[_i].most << 20);
        ck_assert(mode == MQ_TRAIN || network.dims.B <= 8 || bytes <= 1 << 20);
        mq_network_release(&network);
    }
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("network");
    tcase_add_test(tc, test_training_and_forecasting_share_their_weights);
    tcase_add_test(tc, test_quantiles_are_finite_and_ascend_at_every_fork);
    tcase_add_test(tc, test_some_forks_give_what_all_of_them_give_there);
    tcase_add_test(tc, test_the_loss_counts_weighted_forks_and_masked_targets);
    tcase_add_test(tc, test_no_fork_sees_the_history_after_it);
    tcase_add_test(tc, test_known_inputs_are_seen_from_the_first_step_to_the_last_target);
    tcase_add_test(tc, test_no_memory_leaves_nothing_behind);
    tcase_add_test(tc, test_functions_at_their_knots_are_what_was_trained);
    tcase_add_test(tc, test_a_grid_knows_its_own_levels_alone);
    tcase_add_test(tc, test_passes_add_up_to_the_whole_batch);
    tcase_add_test(tc, test_each_pass_of_each_lane_drops_by_its_own_mask);
    tcase_add_test(tc, test_passes_forecast_what_the_whole_batch_does);
    tcase_add_loop_test(tc, test_many_rows_go_through_in_passes, 0, sizeof many / sizeof many[0]);
    return run_tests("model/network", tc);
}
