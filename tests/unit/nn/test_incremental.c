// Quantile functions between and beyond their knots.
#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

static const double knots[] = {0.1, 0.3, 0.5, 0.9};
enum { M = 4, ROWS = 3, L = 2 };

struct head {
    struct rig rig;
    mq_value x, y;
};

// Evaluated at these levels; the weights are the same for every list of levels.
// In place: a graph knows where its parameters lie.
static void head_init(struct head *head, const double level[], int64_t n)
{
    rig_init(&head->rig);
    head->x = rig_input(&head->rig, "x", mq_shape2(ROWS, L));
    head->y = mq_incremental(head->rig.graph, "q", head->x, knots, M, level, n);
    mq_graph_output(head->rig.graph, head->y);
    rig_start(&head->rig, MQ_INFER);
    mq_exec_forward(head->rig.exec);
}

static double quantile(const struct head *head, int64_t row, int64_t q)
{
    const struct mq_view y = mq_exec_value(head->rig.exec, head->y);
    return (double)y.data[row * y.stride[0] + q];
}

START_TEST(test_quantiles_are_linear_between_knots)
{
    static const double level[] = {0.1, 0.15, 0.3, 0.4, 0.5, 0.8, 0.9};
    struct head head;
    head_init(&head, level, 7);
    for (int64_t r = 0; r < ROWS; r++) {
        const double first = quantile(&head, r, 0), second = quantile(&head, r, 2);
        const double third = quantile(&head, r, 4), last = quantile(&head, r, 6);
        ck_assert_double_lt(first, second);
        ck_assert_double_eq_tol(quantile(&head, r, 1), first + 0.25 * (second - first), 1e-5);
        ck_assert_double_eq_tol(quantile(&head, r, 3), (second + third) / 2, 1e-5);
        ck_assert_double_eq_tol(quantile(&head, r, 5), third + 0.75 * (last - third), 1e-5);
    }
    rig_release(&head.rig);
}
END_TEST

START_TEST(test_tails_are_exponential)
{
    static const double level[] = {0.001, 0.01, 0.1, 0.9, 0.99, 0.999};
    struct head head;
    head_init(&head, level, 6);
    for (int64_t r = 0; r < ROWS; r++) { // each tenth part of the probability is as far again
        const double left = quantile(&head, r, 2) - quantile(&head, r, 1);
        const double right = quantile(&head, r, 4) - quantile(&head, r, 3);
        ck_assert_double_gt(left, 0);
        ck_assert_double_gt(right, 0);
        ck_assert_double_eq_tol(quantile(&head, r, 1) - quantile(&head, r, 0), left, 1e-5);
        ck_assert_double_eq_tol(quantile(&head, r, 5) - quantile(&head, r, 4), right, 1e-5);
    }
    rig_release(&head.rig);
}
END_TEST

START_TEST(test_quantiles_never_cross)
{
    enum { N = 1001 };
    double level[N];
    for (int64_t i = 0; i < N; i++) // dense about every knot, and far out
        level[i] = i == 0 ? 1e-6 : i == N - 1 ? 1 - 1e-6 : (double)i / (N - 1);
    struct head head;
    head_init(&head, level, N);
    for (int64_t r = 0; r < ROWS; r++) {
        for (int64_t q = 1; q < N; q++)
            ck_assert_double_ge(quantile(&head, r, q), quantile(&head, r, q - 1));
    }
    rig_release(&head.rig);
}
END_TEST

START_TEST(test_other_levels_do_not_change_a_quantile)
{
    static const double few[] = {0.2, 0.7}, many[] = {0.05, 0.2, 0.5, 0.7, 0.95};
    struct head a, b;
    head_init(&a, few, 2);
    head_init(&b, many, 5);
    for (int64_t r = 0; r < ROWS; r++) {
        ck_assert_double_eq(quantile(&a, r, 0), quantile(&b, r, 1));
        ck_assert_double_eq(quantile(&a, r, 1), quantile(&b, r, 3));
    }
    rig_release(&a.rig);
    rig_release(&b.rig);
}
END_TEST

// The pinball loss at the middles of N equal slices of (0, 1).
static double mean_pinball(const struct head *head, int64_t row, const double level[], int64_t n,
                           double y)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const double under = y - quantile(head, row, i);
        sum += level[i] * under - fmin(under, 0);
    }
    return sum / (double)n;
}

// The loss of one observation, of quantiles (Q) given as numbers.
static double crps_of(const mq_real x[], const double level[], int64_t Q, double y)
{
    struct rig rig;
    rig_init(&rig);
    const mq_value yhat = rig_input(&rig, "yhat", mq_shape4(1, 1, 1, Q));
    const struct mq_observed observed = rig_observed(&rig, mq_shape2(1, 2), mq_shape2(1, 1));
    rig_set(&rig, yhat, x);
    rig_fill(&rig, observed.target, (mq_real)y);
    rig_fill(&rig, observed.mask, 1);
    rig_fill(&rig, observed.scale, 1);
    rig_fill(&rig, observed.level, 0);
    rig_fill(&rig, observed.weight, 1);
    mq_crps(rig.graph, yhat, observed, (struct mq_forks){1, NULL}, level, Q);
    rig_start(&rig, MQ_TRAIN);
    mq_exec_forward(rig.exec);
    const double loss = mq_exec_loss(rig.exec).loss_sum;
    rig_release(&rig);
    return loss;
}

START_TEST(test_crps_is_the_mean_pinball_loss_over_all_levels)
{
    enum { N = 20000 };
    static const double at[M + 2] = {0.02, 0.1, 0.3, 0.5, 0.9, 0.97};
    static const double away[] = {-9, -1, -0.2, 0, 0.3, 1, 9};
    static double level[N];
    for (int64_t i = 0; i < N; i++)
        level[i] = ((double)i + 0.5) / N;
    struct head fine, head;
    head_init(&fine, level, N);
    head_init(&head, at, M + 2);
    for (int64_t r = 0; r < ROWS; r++) {
        mq_real x[M + 2];
        for (int64_t q = 0; q < M + 2; q++)
            x[q] = (mq_real)quantile(&head, r, q);
        for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
            const double y = quantile(&head, r, 3) + away[i];
            ck_assert_double_eq_tol(crps_of(x, at, M + 2, y), mean_pinball(&fine, r, level, N, y),
                                    1e-3);
        }
    }
    rig_release(&fine.rig);
    rig_release(&head.rig);
}
END_TEST

START_TEST(test_levels_must_ascend)
{
    static const double level[] = {0.5, 0.2};
    struct rig rig;
    rig_init(&rig);
    mq_value x = rig_input(&rig, "x", mq_shape2(ROWS, L));
    (void)mq_incremental(rig.graph, "q", x, knots, M, level, 2);
    ck_fails(mq_graph_plan(rig.graph, MQ_INFER), MQ_FAILED,
             "q: levels must ascend between 0 and 1");
    rig_release(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("incremental");
    tcase_add_test(tc, test_quantiles_are_linear_between_knots);
    tcase_add_test(tc, test_tails_are_exponential);
    tcase_add_test(tc, test_quantiles_never_cross);
    tcase_add_test(tc, test_other_levels_do_not_change_a_quantile);
    tcase_add_test(tc, test_crps_is_the_mean_pinball_loss_over_all_levels);
    tcase_add_test(tc, test_levels_must_ascend);
    return run_tests("nn/incremental", tc);
}
