// rnn_point and rnn_dist: what is trained is what goes on.
#include "support/panels.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/model/network.h"
#include "support/harness.h"

enum { N = 9, PERIODS = 50, B = 3, T = 14, H = 4, Q = 3, END = 40 };

struct bench {
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_window_maker maker;
    struct mq_series_block block;
    struct mq_batch batch;
};

static void bench_init(struct bench *bench, const char *type)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, N, PERIODS);
    bench->panel = catalogue_open(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    tiny_model(&bench->model, bench->panel, type, NULL, 0);
    ck_ok(mq_window_maker_init(&bench->maker, &bench->model.features, bench->panel, 0.5, T + H));
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
    ck_ok(
        mq_batch_init(&bench->batch, &bench->model.features, mq_model_window(&bench->model, B, T)));
    for (int64_t b = 0; b < B; b++)
        mq_window_fill(&bench->maker, &bench->batch, b, &bench->block, b, END, PERIODS);
}

static void bench_release(struct bench *bench)
{
    mq_batch_release(&bench->batch);
    mq_series_block_release(&bench->block);
    mq_window_maker_release(&bench->maker);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
}

// Forwards the bench's batch at every fork.
static void forward(struct bench *bench, enum mq_mode mode, struct mq_network *network,
                    struct mq_exec **exec)
{
    const struct mq_dims dims = mq_model_dims(&bench->model, B, T, (struct mq_forks){T, NULL});
    ck_ok(mq_network_init(network, bench->model.forecaster, bench->model.experiment.model, &dims,
                          MQ_LOSS_PINBALL, &bench->model.params, mode));
    ck_ok(mq_exec_new(exec, network->graph));
    mq_network_bind(network, *exec, &bench->batch, 0);
    mq_exec_forward(*exec);
}

static void end(struct mq_network *network, struct mq_exec *exec)
{
    mq_exec_free(exec);
    mq_network_release(network);
}

START_TEST(test_the_loss_is_the_squared_error_of_the_first_step_forecast)
{
    struct bench bench;
    struct mq_network train, infer;
    struct mq_exec *training, *forecasting;
    bench_init(&bench, "rnn_point");
    forward(&bench, MQ_INFER, &infer, &forecasting);
    const struct mq_view yhat = mq_exec_value(forecasting, infer.out.yhat);
    double want = 0, weight = 0;
    for (int64_t b = 0; b < B; b++)
        for (int64_t t = 0; t < T; t++) {
            const int64_t fork = b * T + t, date = b * (T + H) + t + 1;
            const double w = (double)bench.batch.weight[fork] * (double)bench.batch.mask[date];
            const double z = (double)bench.batch.target[date] / (double)bench.batch.scale[fork] -
                             (double)bench.batch.level[fork];
            want += w * pow(z - (double)yhat.data[fork * H * Q], 2);
            weight += w;
        }
    forward(&bench, MQ_TRAIN, &train, &training);
    const struct mq_loss loss = mq_exec_loss(training);
    ck_assert_double_gt(weight, 1);
    ck_assert_double_eq_tol(loss.weight_sum, weight, 1e-5 * weight);
    ck_assert_double_eq_tol(loss.loss_sum, want, 1e-4 * want);
    end(&train, training);
    end(&infer, forecasting);
    bench_release(&bench);
}
END_TEST

START_TEST(test_each_step_reads_the_known_inputs_of_the_next_date)
{
    struct bench bench;
    struct mq_network train;
    struct mq_exec *exec;
    bench_init(&bench, "rnn_point");
    forward(&bench, MQ_TRAIN, &train, &exec);
    const struct mq_view next = mq_exec_value(exec, train.inputs.known_next);
    const int64_t K = bench.model.features.known_width;
    for (int64_t b = 0; b < B; b++)
        ck_assert_ptr_eq(next.data + b * next.stride[0], bench.batch.known + (b * (T + H) + 1) * K);
    end(&train, exec);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_point_is_forecast_at_every_level)
{
    struct bench bench;
    struct mq_network infer;
    struct mq_exec *exec;
    bench_init(&bench, "rnn_point");
    forward(&bench, MQ_INFER, &infer, &exec);
    const struct mq_view yhat = mq_exec_value(exec, infer.out.yhat);
    for (int64_t i = 0; i < B * T * H; i++)
        ck_assert(yhat.data[i * Q] == yhat.data[i * Q + 1] &&
                  yhat.data[i * Q] == yhat.data[i * Q + 2]);
    end(&infer, exec);
    bench_release(&bench);
}
END_TEST

START_TEST(test_counts_suit_no_negative_targets_and_no_logarithms)
{
    struct bench bench;
    bench_init(&bench, "rnn_dist");
    const struct mq_forecaster *forecaster = bench.model.forecaster;
    ck_ok(forecaster->suits(&bench.model));
    bench.model.features.transform = MQ_TRANSFORM_LOG1P;
    ck_fails(forecaster->suits(&bench.model), MQ_USAGE, "data.transform is not none");
    bench.model.features.transform = MQ_TRANSFORM_NONE;
    bench.model.features.is_nonnegative = false;
    ck_fails(forecaster->suits(&bench.model), MQ_USAGE, "some targets are negative");
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("rnn");
    tcase_add_test(tc, test_the_loss_is_the_squared_error_of_the_first_step_forecast);
    tcase_add_test(tc, test_each_step_reads_the_known_inputs_of_the_next_date);
    tcase_add_test(tc, test_a_point_is_forecast_at_every_level);
    tcase_add_test(tc, test_counts_suit_no_negative_targets_and_no_logarithms);
    return run_tests("model/rnn", tc);
}
