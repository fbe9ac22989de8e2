// What the ops compute: by hand, and by the identities they must obey.
#include "mq/nn/ops.h"

#include <math.h>
#include <string.h>

#include "mq/tensor/gemm.h"
#include "support/gradcheck.h"
#include "support/harness.h"

static const int64_t some_steps[] = {0, 2, 3};
static const struct mq_forks some_forks = {3, some_steps};

static void check_near(struct mq_view got, const mq_real want[], double tolerance)
{
    const int64_t n = mq_shape_count(mq_view_shape(got));
    for (int64_t i = 0; i < n; i++) {
        ck_assert_msg(fabs((double)*element(got, i) - (double)want[i]) <= tolerance,
                      "[%lld]: got %.9g, want %.9g, tolerance %g", (long long)i,
                      (double)*element(got, i), (double)want[i], tolerance);
    }
}

static struct mq_view run(struct rig *rig, mq_value y)
{
    mq_exec_forward(rig->exec);
    return mq_exec_value(rig->exec, y);
}

/// Copies weights of one parameter from another, from row `start` on.
static void copy_rows(struct rig *rig, const char *to, const char *from, int64_t start)
{
    const struct mq_params *p = &rig->params;
    const struct mq_param *a = &p->table[mq_params_find(p, to)];
    const struct mq_param *b = &p->table[mq_params_find(p, from)];
    const int64_t cols = b->shape.size[b->shape.rank - 1];
    memcpy(p->values + a->offset, p->values + b->offset + start * cols,
           (size_t)mq_shape_count(a->shape) * sizeof(mq_real));
}

START_TEST(test_linear_by_hand)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape2(2, 2));
    mq_value y = mq_linear(rig.graph, "y", x, 2, MQ_RELU);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    rig_set(&rig, x, (const mq_real[]){1, 2, 3, 4});
    memcpy(rig.params.values, (const mq_real[]){1, -1, 10, 1, 5, -2}, 6 * sizeof(mq_real));
    check_near(run(&rig, y), (const mq_real[]){26, 0, 48, 0}, 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_lead_is_a_linear_map_of_the_rows_after_the_fork)
{
    const int64_t H = 2, K = 3, T = 4;
    struct rig rig;
    rig_init(&rig);
    mq_value base = rig_input(&rig, "base", mq_shape3(2, some_forks.n, 5));
    mq_value known = rig_input(&rig, "known", mq_shape3(2, T + H, K));
    mq_value y = mq_lead(rig.graph, "w", base, known, some_forks, H, MQ_LINEAR);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    const struct mq_view got = run(&rig, y);
    mq_real want[2 * 3 * 5];
    memcpy(want, flat(rig.input[base]), sizeof want);
    for (int64_t b = 0; b < 2; b++) {
        for (int64_t f = 0; f < 3; f++) {
            struct mq_view rows = mq_view_slice(rig.input[known], 0, b, 1);
            rows = mq_view_slice(rows, 1, some_steps[f] + 1, H);
            const mq_real *joined = flat(rows);
            mq_gemm_nn(1, 5, H * K, joined, H * K, rig.params.values, 5, 1, want + (b * 3 + f) * 5,
                       5);
        }
    }
    check_near(got, want, 1e-5);
    rig_release(&rig);
}
END_TEST

START_TEST(test_lead_never_looks_at_or_before_the_fork)
{
    struct rig rig;
    rig_init(&rig);
    mq_value base = rig_input(&rig, "base", mq_shape3(1, 4, 2));
    mq_value known = rig_input(&rig, "known", mq_shape3(1, 6, 1));
    mq_value y = mq_lead(rig.graph, "w", base, known, (struct mq_forks){4, NULL}, 2, MQ_LINEAR);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    rig_fill(&rig, base, 0);
    rig_set(&rig, known, (const mq_real[]){0, 0, 0, 1, 0, 0}); // an impulse at date 3
    const struct mq_view got = run(&rig, y);
    for (int64_t t = 0; t < 4; t++) {
        const bool is_reached = t + 1 == 3 || t + 2 == 3;
        ck_assert_int_eq(*element(got, 2 * t) != 0, is_reached);
    }
    rig_release(&rig);
}
END_TEST

START_TEST(test_lstm_is_causal)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(1, 6, 2));
    mq_value h = mq_lstm(rig.graph, "lstm", x, -1, 3);
    mq_graph_output(rig.graph, h);
    rig_start(&rig, MQ_INFER);
    mq_real before[18];
    memcpy(before, run(&rig, h).data, sizeof before);
    *element(rig.input[x], 3 * 2) += 1; // at step 3
    const struct mq_view after = run(&rig, h);
    ck_assert_mem_eq(after.data, before, 9 * sizeof(mq_real));
    for (int64_t t = 3; t < 6; t++) {
        ck_assert_double_ne((double)after.data[3 * t], (double)before[3 * t]);
    }
    rig_release(&rig);
}
END_TEST

/// The recurrence written out, gate by gate, in double.
static void reference_lstm(const mq_real *w, const mq_real *u, const mq_real *bias, int64_t I,
                           int64_t H, const mq_real *x, double *h, double *c)
{
    double pre[4 * 8];
    for (int64_t j = 0; j < 4 * H; j++) {
        pre[j] = (double)bias[j];
        for (int64_t i = 0; i < I; i++)
            pre[j] += (double)x[i] * (double)w[i * 4 * H + j];
        for (int64_t i = 0; i < H; i++)
            pre[j] += h[i] * (double)u[i * 4 * H + j];
    }
    for (int64_t j = 0; j < H; j++) {
        const double in = 1 / (1 + exp(-pre[j])), forget = 1 / (1 + exp(-pre[H + j]));
        c[j] = forget * c[j] + in * tanh(pre[2 * H + j]);
        h[j] = tanh(c[j]) / (1 + exp(-pre[3 * H + j]));
    }
}

START_TEST(test_lstm_is_the_recurrence_in_gate_order_ifgo)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(1, 5, 2));
    mq_value y = mq_lstm(rig.graph, "lstm", x, -1, 3);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_TRAIN);
    const struct mq_view got = run(&rig, y);
    const mq_real *w = rig.params.values, *u = w + 2 * 12, *bias = u + 3 * 12;
    ck_assert_int_eq(rig.params.table[mq_params_find(&rig.params, "lstm.recurrent")].offset, 24);
    double h[3] = {0}, c[3] = {0};
    for (int64_t t = 0; t < 5; t++) {
        reference_lstm(w, u, bias, 2, 3, flat(rig.input[x]) + 2 * t, h, c);
        for (int64_t j = 0; j < 3; j++) {
            ck_assert_double_eq_tol((double)*element(got, 3 * t + j), h[j], 1e-6);
        }
    }
    rig_release(&rig);
}
END_TEST

START_TEST(test_fixed_input_of_lstm_is_the_same_at_every_step)
{
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(2, 4, 2));
    mq_value fixed = rig_input(&rig, "fixed", mq_shape2(2, 3));
    mq_value tiled = rig_input(&rig, "tiled", mq_shape3(2, 4, 3));
    mq_value a = mq_lstm(rig.graph, "a", x, fixed, 3);
    mq_value both = mq_concat(rig.graph, (mq_value[]){tiled, x}, 2);
    mq_value b = mq_lstm(rig.graph, "b", both, -1, 3);
    mq_graph_output(rig.graph, a);
    mq_graph_output(rig.graph, b);
    rig_start(&rig, MQ_INFER);
    struct mq_view tiling = rig.input[fixed];
    tiling = (struct mq_view){tiling.data, 3, {2, 4, 3, 1}, {tiling.stride[0], 0, 1, 1}};
    mq_exec_bind(rig.exec, tiled, tiling);
    copy_rows(&rig, "a.fixed", "b.input", 0);
    copy_rows(&rig, "a.input", "b.input", 3);
    copy_rows(&rig, "a.recurrent", "b.recurrent", 0);
    copy_rows(&rig, "a.bias", "b.bias", 0);
    mq_exec_forward(rig.exec);
    check_near(mq_exec_value(rig.exec, a), flat(mq_exec_value(rig.exec, b)), 1e-5);
    rig_release(&rig);
}
END_TEST

START_TEST(test_combine_of_products_is_a_linear_layer_over_the_concatenation)
{
    // own (B,F,H,2) ; agnostic (B,F,3) ; dated (B,T+H,2) through one (7, 4) matrix, cut in three.
    const int64_t H = 2, T = 4;
    struct rig rig;
    rig_init(&rig);
    mq_value c = rig_input(&rig, "c", mq_shape4(1, 3, H, 2));
    mq_value a = rig_input(&rig, "a", mq_shape3(1, 3, 3));
    mq_value x = rig_input(&rig, "x", mq_shape3(1, T + H, 2));
    mq_value all = rig_input(&rig, "all", mq_shape2(3 * H, 7));
    mq_value agnostic = mq_linear(rig.graph, "agnostic", a, 4, MQ_LINEAR);
    mq_value dated = mq_product(rig.graph, "dated", x, 4, 7);
    const struct mq_combined parts = {&c, (const char *const[]){"own"}, 1, 7, agnostic, dated};
    mq_value y = mq_combine(rig.graph, "y", &parts, some_forks, MQ_TANH);
    mq_value whole = mq_linear(rig.graph, "whole", all, 4, MQ_TANH);
    mq_graph_output(rig.graph, y);
    mq_graph_output(rig.graph, whole);
    rig_start(&rig, MQ_INFER);
    copy_rows(&rig, "y.own", "whole.weight", 0);
    copy_rows(&rig, "agnostic.weight", "whole.weight", 2);
    copy_rows(&rig, "dated", "whole.weight", 5);
    copy_rows(&rig, "agnostic.bias", "whole.bias", 0);
    for (int64_t r = 0; r < 3 * H; r++) {
        const int64_t f = r / H, date = some_steps[f] + 1 + r % H;
        for (int64_t i = 0; i < 2; i++) {
            *element(rig.input[all], 7 * r + i) = *element(rig.input[c], 2 * r + i);
            *element(rig.input[all], 7 * r + 5 + i) = *element(rig.input[x], 2 * date + i);
        }
        for (int64_t i = 0; i < 3; i++) {
            *element(rig.input[all], 7 * r + 2 + i) = *element(rig.input[a], 3 * f + i);
        }
    }
    mq_exec_forward(rig.exec);
    check_near(mq_exec_value(rig.exec, y), flat(mq_exec_value(rig.exec, whole)), 1e-5);
    rig_release(&rig);
}
END_TEST

START_TEST(test_quantiles_never_cross_whatever_the_weights)
{
    const int64_t Q = 5;
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape3(10, 5, 3));
    mq_value y = mq_quantile(rig.graph, "q", x, Q);
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    for (int64_t i = 0; i < rig.params.count; i++)
        rig.params.values[i] *= 100;
    const struct mq_view q = run(&rig, y);
    for (int64_t r = 0; r < 50; r++) {
        for (int64_t j = 1; j < Q; j++) {
            ck_assert_double_ge((double)q.data[r * Q + j], (double)q.data[r * Q + j - 1]);
        }
        double middle = (double)rig.params.values[3 * Q + Q / 2];
        for (int64_t i = 0; i < 3; i++) {
            middle += (double)*element(rig.input[x], 3 * r + i) *
                      (double)rig.params.values[i * Q + Q / 2];
        }
        ck_assert_double_eq_tol((double)q.data[r * Q + Q / 2], middle, 1e-3);
    }
    rig_release(&rig);
}
END_TEST

START_TEST(test_embedding_sends_strange_codes_to_the_unknown_row)
{
    struct rig rig;
    rig_init(&rig);
    mq_value codes = rig_input(&rig, "codes", mq_shape2(6, 1));
    mq_value y = mq_embedding(rig.graph, "e", codes, 1, (const int64_t[]){2}, (const int64_t[]){2});
    mq_graph_output(rig.graph, y);
    rig_start(&rig, MQ_INFER);
    memcpy(rig.params.values, (const mq_real[]){0, 1, 10, 11, 20, 21}, 6 * sizeof(mq_real));
    rig_set(&rig, codes, (const mq_real[]){2, 1, 0, 3, -1, (mq_real)NAN});
    check_near(run(&rig, y), (const mq_real[]){20, 21, 10, 11, 0, 1, 0, 1, 0, 1, 0, 1}, 0);
    rig_release(&rig);
}
END_TEST

START_TEST(test_dropout_keeps_the_mean_and_depends_on_the_address_only)
{
    enum { N = 4000 };
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape2(2, N / 2));
    mq_value y = mq_dropout(rig.graph, "d", x, 0.25);
    mq_graph_output(rig.graph, y);
    ck_assert_int_eq(mq_dropout(rig.graph, "none", x, 0), x);
    rig_start(&rig, MQ_TRAIN);
    rig_fill(&rig, x, 3);
    mq_exec_dropout_address(rig.exec, 1, 10, 2);
    mq_real first[N];
    memcpy(first, run(&rig, y).data, sizeof first);
    double mean = 0;
    for (int i = 0; i < N; i++) {
        ck_assert(first[i] == 0 || fabs((double)first[i] - 4) < 1e-5);
        mean += (double)first[i] / N;
    }
    ck_assert_double_eq_tol(mean, 3, 0.15); // 5 standard deviations
    ck_assert_mem_eq(run(&rig, y).data, first, sizeof first);
    mq_exec_dropout_address(rig.exec, 1, 11, 2);
    ck_assert_mem_ne(run(&rig, y).data, first, sizeof first);
    mq_exec_dropout_address(rig.exec, 1, 10, 3);
    ck_assert_mem_ne(run(&rig, y).data, first, sizeof first);
    rig_release(&rig);
}
END_TEST

// ---- pinball
// -------------------------------------------------------------------------------------

struct pinball {
    struct rig rig;
    mq_value yhat;
    struct mq_observed observed;
};

/// B = 1, T = 2, H = 2: fork 0 looks at dates 1 2, fork 1 at dates 2 3.
static void pinball_start(struct pinball *p, const double level[], int64_t Q)
{
    const struct mq_forks forks = {2, NULL};
    rig_init(&p->rig);
    p->yhat = rig_input(&p->rig, "yhat", mq_shape4(1, 2, 2, Q));
    p->observed = rig_observed(&p->rig, mq_shape2(1, 4), mq_shape2(1, 2));
    mq_graph_want_gradient(p->rig.graph, p->yhat);
    mq_pinball(p->rig.graph, p->yhat, p->observed, forks, level, Q);
    rig_start(&p->rig, MQ_TRAIN);
    rig_set(&p->rig, p->observed.target,
            (const mq_real[]){(mq_real)NAN, 2, 6, 8}); // date 0 is never a target
    rig_fill(&p->rig, p->observed.mask, 1);
    rig_set(&p->rig, p->observed.scale, (const mq_real[]){1, 2});
    rig_set(&p->rig, p->observed.level, (const mq_real[]){0, 1});
    rig_set(&p->rig, p->observed.weight, (const mq_real[]){1, 3});
}

static struct mq_loss pinball_loss(struct pinball *p)
{
    mq_exec_forward(p->rig.exec);
    return mq_exec_loss(p->rig.exec);
}

START_TEST(test_pinball_at_one_half_is_half_the_absolute_error)
{
    static const double level[] = {0.5};
    struct pinball p;
    pinball_start(&p, level, 1);
    rig_set(&p.rig, p.yhat, (const mq_real[]){1, 7, 2, 5}); // targets in units: 2 6 | 2 3
    const struct mq_loss loss = pinball_loss(&p);
    ck_assert_double_eq(loss.loss_sum, 0.5 * (1 + 1) + 3 * 0.5 * (0 + 2));
    ck_assert_double_eq(loss.weight_sum, 8);
    rig_release(&p.rig);
}
END_TEST

START_TEST(test_pinball_charges_q_below_and_the_rest_above)
{
    static const double level[] = {0.25, 0.75};
    struct pinball p;
    pinball_start(&p, level, 2);
    rig_set(&p.rig, p.observed.weight, (const mq_real[]){1, 0});
    rig_set(&p.rig, p.yhat, (const mq_real[]){0, 4, 6, 6, 0, 0, 0, 0});
    const struct mq_loss loss = pinball_loss(&p);
    ck_assert_double_eq(loss.loss_sum, (0.25 * 2 + 0.25 * 2) / 2); // under by 2, over by 2
    mq_exec_backward(p.rig.exec, 8);
    const struct mq_view d = mq_exec_input_gradient(p.rig.exec, p.yhat);
    check_near(mq_view_slice(d, 1, 1, 1), (const mq_real[]){0, 0, 0, 0}, 0);
    check_near(mq_view_slice(mq_view_slice(d, 1, 0, 1), 2, 0, 1), (const mq_real[]){-1, 1}, 0);
    rig_release(&p.rig);
}
END_TEST

START_TEST(test_points_without_weight_touch_nothing)
{
    static const double level[] = {0.5};
    const mq_real nan = (mq_real)NAN;
    struct pinball p;
    pinball_start(&p, level, 1);
    rig_set(&p.rig, p.observed.mask, (const mq_real[]){1, 1, 0, 1});
    rig_set(&p.rig, p.observed.target, (const mq_real[]){nan, 2, nan, 8});
    rig_set(&p.rig, p.observed.weight, (const mq_real[]){1, 0});
    rig_set(&p.rig, p.yhat, (const mq_real[]){1, nan, nan, nan});
    const struct mq_loss loss = pinball_loss(&p);
    ck_assert_double_eq(loss.loss_sum, 0.5);
    ck_assert_double_eq(loss.weight_sum, 1);
    mq_exec_backward(p.rig.exec, 1);
    check_near(mq_exec_input_gradient(p.rig.exec, p.yhat),
               (const mq_real[]){(mq_real)-0.5, 0, 0, 0}, 0);
    rig_release(&p.rig);
}
END_TEST

START_TEST(test_nan_forecast_makes_the_loss_nan)
{
    static const double level[] = {0.5};
    struct pinball p;
    pinball_start(&p, level, 1);
    *element(p.rig.input[p.yhat], 2) = (mq_real)NAN;
    ck_assert(isnan(pinball_loss(&p).loss_sum));
    rig_release(&p.rig);
}
END_TEST

// ---- lags
// ----------------------------------------------------------------------------------------

/// One series, two steps of context, six before: 10 20 30 40 50 60 | 70 80.
START_TEST(test_lags_are_what_the_fork_has_seen_a_season_before_the_date)
{
    static const struct mq_lag lag[] = {{1, 1}, {3, 1}, {3, 2}, {2, 1}};
    static const int64_t at[] = {1};
    struct rig rig;
    rig_init(&rig);
    const mq_value past = rig_input(&rig, "past", mq_shape2(1, 8));
    const mq_value scale = rig_input(&rig, "scale", mq_shape2(1, 2));
    const mq_value level = rig_input(&rig, "level", mq_shape2(1, 2));
    const mq_value z = mq_lags(rig.graph, past, scale, level, (struct mq_forks){1, at}, 4, lag, 4);
    mq_graph_output(rig.graph, z);
    rig_start(&rig, MQ_INFER);
    rig_set(&rig, past, (const mq_real[]){10, 20, 30, 40, 50, 60, 70, 80});
    rig_set(&rig, scale, (const mq_real[]){7, 10});
    rig_set(&rig, level, (const mq_real[]){9, 1});
    mq_exec_forward(rig.exec);
    static const double seen[4][4] = {// by horizon; lags 1, 3, mean of two 3 apart, 2
                                      {80, 60, 45, 70},
                                      {80, 70, 55, 80},
                                      {80, 80, 65, 70},
                                      {80, 60, 45, 80}};
    for (int64_t k = 0; k < 4; k++)
        for (int64_t j = 0; j < 4; j++)
            ck_assert_double_eq_tol((double)flat(mq_exec_value(rig.exec, z))[4 * k + j],
                                    asinh(seen[k][j] / 10 - 1), 1e-6);
    rig_release(&rig);
}
END_TEST

START_TEST(test_lags_pass_over_what_was_not_observed)
{
    static const struct mq_lag lag[] = {{1, 1}, {1, 2}, {1, 3}};
    const mq_real nan = (mq_real)NAN;
    struct rig rig;
    rig_init(&rig);
    const mq_value past = rig_input(&rig, "past", mq_shape2(1, 4));
    const mq_value scale = rig_input(&rig, "scale", mq_shape2(1, 1));
    const mq_value level = rig_input(&rig, "level", mq_shape2(1, 1));
    const mq_value z =
        mq_lags(rig.graph, past, scale, level, (struct mq_forks){1, NULL}, 1, lag, 3);
    mq_graph_output(rig.graph, z);
    rig_start(&rig, MQ_INFER);
    rig_set(&rig, past, (const mq_real[]){9, 4, nan, nan});
    rig_fill(&rig, scale, 2);
    rig_fill(&rig, level, 0);
    mq_exec_forward(rig.exec);
    check_near(mq_exec_value(rig.exec, z), (const mq_real[]){0, 0, (mq_real)asinh(2)}, 1e-6);
    rig_release(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("ops");
    tcase_add_test(tc, test_linear_by_hand);
    tcase_add_test(tc, test_lead_is_a_linear_map_of_the_rows_after_the_fork);
    tcase_add_test(tc, test_lead_never_looks_at_or_before_the_fork);
    tcase_add_test(tc, test_lstm_is_causal);
    tcase_add_test(tc, test_lstm_is_the_recurrence_in_gate_order_ifgo);
    tcase_add_test(tc, test_fixed_input_of_lstm_is_the_same_at_every_step);
    tcase_add_test(tc, test_combine_of_products_is_a_linear_layer_over_the_concatenation);
    tcase_add_test(tc, test_quantiles_never_cross_whatever_the_weights);
    tcase_add_test(tc, test_embedding_sends_strange_codes_to_the_unknown_row);
    tcase_add_test(tc, test_dropout_keeps_the_mean_and_depends_on_the_address_only);
    tcase_add_test(tc, test_pinball_at_one_half_is_half_the_absolute_error);
    tcase_add_test(tc, test_pinball_charges_q_below_and_the_rest_above);
    tcase_add_test(tc, test_points_without_weight_touch_nothing);
    tcase_add_test(tc, test_nan_forecast_makes_the_loss_nan);
    tcase_add_test(tc, test_lags_are_what_the_fork_has_seen_a_season_before_the_date);
    tcase_add_test(tc, test_lags_pass_over_what_was_not_observed);
    return run_tests("nn/ops", tc);
}
