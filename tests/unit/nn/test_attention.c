// What attention computes: by its definition, written out, and by the identities it must obey.
#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

static const int64_t some_steps[] = {0, 3, 36};
enum { H = 2, C = 4 };

struct attention {
    struct rig rig;
    struct mq_attention_inputs x;
    mq_value y;
};

// In place: a graph knows where its parameters lie.
static void attention_init(struct attention *a, int64_t T, struct mq_forks forks,
                           struct mq_attention sizes)
{
    rig_init(&a->rig);
    a->x.state = rig_input(&a->rig, "state", mq_shape3(2, forks.n, C));
    a->x.dated = rig_input(&a->rig, "dated", mq_shape3(2, T + H, C));
    a->x.key = rig_input(&a->rig, "key", mq_shape3(2, T, C));
    a->x.value = rig_input(&a->rig, "value", mq_shape3(2, T, C));
    a->y = mq_attend(a->rig.graph, "y", a->x, forks, H, sizes);
    mq_graph_output(a->rig.graph, a->y);
}

static struct mq_view run(struct rig *rig, mq_value y)
{
    mq_exec_forward(rig->exec);
    return mq_exec_value(rig->exec, y);
}

static double at3(const struct rig *rig, mq_value x, int64_t b, int64_t i, int64_t c)
{
    const struct mq_view view = rig->input[x];
    return (double)view.data[b * view.stride[0] + i * view.stride[1] + c];
}

// Column c of the mean of values in (step - window, step] under softmax, in double.
static double reference(const struct attention *a, int64_t b, int64_t f, int64_t step, int64_t k,
                        int64_t c, struct mq_attention sizes)
{
    const int64_t width = C / sizes.heads, first = c / width * width;
    double sum = 0, mean = 0, most = -INFINITY;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t s = step; s >= 0 && s > step - sizes.window; s--) {
            double score = 0;
            for (int64_t i = first; i < first + width; i++) {
                const double query =
                    at3(&a->rig, a->x.state, b, f, i) + at3(&a->rig, a->x.dated, b, step + k, i);
                score += query * at3(&a->rig, a->x.key, b, s, i) / sqrt((double)width);
            }
            if (pass == 0) {
                most = fmax(most, score);
            } else {
                sum += exp(score - most);
                mean += exp(score - most) * at3(&a->rig, a->x.value, b, s, c);
            }
        }
    }
    return mean / sum;
}

static void check_against_reference(const struct attention *a, struct mq_forks forks,
                                    struct mq_attention sizes, struct mq_view got)
{
    for (int64_t i = 0; i < mq_shape_count(mq_view_shape(got)); i++) {
        const int64_t c = i % C, k = i / C % H + 1, f = i / (C * H) % forks.n;
        const int64_t b = i / (C * H * forks.n), step = forks.at ? forks.at[f] : f;
        const double want = reference(a, b, f, step, k, c, sizes);
        ck_assert_double_eq_tol((double)*element(got, i), want, 1e-5);
    }
}

START_TEST(test_attend_is_softmax_over_the_window)
{
    static const struct mq_forks forks[] = {{37, NULL}, {3, some_steps}};
    const struct mq_attention sizes = {_i & 1 ? 5 : 100, _i & 2 ? 2 : 1};
    struct attention a;
    attention_init(&a, 37, forks[_i / 4], sizes);
    rig_start(&a.rig, MQ_INFER);
    check_against_reference(&a, forks[_i / 4], sizes, run(&a.rig, a.y));
    rig_release(&a.rig);
}
END_TEST

START_TEST(test_attend_is_right_where_factors_overflow_and_underflow)
{
    const struct mq_forks forks = {4, NULL};
    const struct mq_attention sizes = {4, 1};
    struct attention a;
    attention_init(&a, 4, forks, sizes);
    rig_start(&a.rig, MQ_INFER);
    for (int64_t i = 0; i < 2 * 4 * C; i++) // opposite and large: only their sum is moderate
        *element(a.rig.input[a.x.state], i) = i % C == 0 ? 400 : 1;
    for (int64_t i = 0; i < 2 * 6 * C; i++)
        *element(a.rig.input[a.x.dated], i) = i % C == 0 ? -399 : 1;
    check_against_reference(&a, forks, sizes, run(&a.rig, a.y));
    rig_release(&a.rig);
}
END_TEST

START_TEST(test_attend_with_one_step_returns_its_value)
{
    struct attention a;
    attention_init(&a, 5, (struct mq_forks){5, NULL}, (struct mq_attention){1, 2});
    rig_start(&a.rig, MQ_INFER);
    const struct mq_view got = run(&a.rig, a.y);
    for (int64_t i = 0; i < 2 * 5 * H * C; i++) {
        const double want = at3(&a.rig, a.x.value, i / (5 * H * C), i / (H * C) % 5, i % C);
        ck_assert_double_eq_tol((double)*element(got, i), want, 1e-6);
    }
    rig_release(&a.rig);
}
END_TEST

// A later step whose score is the largest of all, by little or by much, or the smallest.
START_TEST(test_attend_never_depends_on_later_steps)
{
    enum { T = 6, STEP = 3 };
    static const mq_real later[] = {4, -4, 90, -90};
    struct attention a;
    attention_init(&a, T, (struct mq_forks){T, NULL}, (struct mq_attention){0, 1});
    rig_start(&a.rig, MQ_INFER);
    mq_real before[2 * T * H * C];
    memcpy(before, run(&a.rig, a.y).data, sizeof before);
    for (int64_t i = 0; i < C; i++) {
        *element(a.rig.input[a.x.key], STEP * C + i) = later[_i];
        *element(a.rig.input[a.x.value], STEP * C + i) = 9;
    }
    const struct mq_view after = run(&a.rig, a.y);
    ck_assert_mem_eq(after.data, before, STEP * H * C * sizeof(mq_real)); // of the first series
    for (int64_t i = STEP * H * C; i < T * H * C; i++)
        ck_assert(isfinite(after.data[i]));
    rig_release(&a.rig);
}
END_TEST

START_TEST(test_attend_refuses_heads_that_do_not_divide)
{
    struct attention a;
    attention_init(&a, 5, (struct mq_forks){5, NULL}, (struct mq_attention){0, 3});
    ck_fails(mq_graph_plan(a.rig.graph, MQ_INFER), MQ_FAILED, "3 heads do not divide width 4");
    rig_release(&a.rig);
}
END_TEST

struct revision {
    struct rig rig;
    mq_value contexts, state, dated, y;
};

// In place: a graph knows where its parameters lie.
static void revision_init(struct revision *r, int64_t T, struct mq_forks forks, int64_t heads)
{
    rig_init(&r->rig);
    r->contexts = rig_input(&r->rig, "contexts", mq_shape4(2, forks.n, H, C));
    r->state = rig_input(&r->rig, "state", mq_shape3(2, forks.n, 2 * C));
    r->dated = rig_input(&r->rig, "dated", mq_shape3(2, T + H, C));
    r->y = mq_revise(r->rig.graph, "y", r->contexts, r->state, r->dated, forks, heads);
    mq_graph_output(r->rig.graph, r->y);
}

// Columns of the sum of pieces for fork f at horizon k: key 0, query 1, value 2.
static double piece(const struct revision *r, int64_t b, int64_t f, int64_t step, int64_t k,
                    int64_t which, int64_t c)
{
    const struct mq_view x = r->rig.input[r->contexts];
    const mq_real *context = x.data + b * x.stride[0] + f * x.stride[1] + (k - 1) * x.stride[2];
    const int64_t column = which * C + c;
    double sum = 0;
    for (int64_t i = 0; i < C; i++)
        sum += (double)context[i] * (double)r->rig.params.values[i * 3 * C + column];
    if (which < 2) sum += at3(&r->rig, r->state, b, f, column);
    if (which == 1) sum += at3(&r->rig, r->dated, b, step + k, c);
    return sum;
}

START_TEST(test_revise_is_softmax_over_earlier_forks_of_the_date)
{
    enum { T = 5 };
    const int64_t heads = _i, width = C / heads;
    struct revision r;
    revision_init(&r, T, (struct mq_forks){T, NULL}, heads);
    rig_start(&r.rig, MQ_INFER);
    const struct mq_view got = run(&r.rig, r.y);
    for (int64_t i = 0; i < 2 * T * H * C; i++) {
        const int64_t c = i % C, k = i / C % H + 1, t = i / (C * H) % T, b = i / (C * H * T);
        double sum = 0, mean = 0;
        for (int64_t s = 0; s <= t; s++) {
            const int64_t horizon = t + k - s;
            if (horizon > H) continue;
            double score = 0;
            for (int64_t j = c / width * width; j < (c / width + 1) * width; j++)
                score += piece(&r, b, t, t, k, 1, j) * piece(&r, b, s, s, horizon, 0, j);
            const double weight = exp(score / sqrt((double)width));
            sum += weight;
            mean += weight * piece(&r, b, s, s, horizon, 2, c);
        }
        ck_assert_double_eq_tol((double)*element(got, i), mean / sum, 1e-4);
    }
    rig_release(&r.rig);
}
END_TEST

START_TEST(test_revise_of_a_lone_fork_returns_its_value)
{
    static const int64_t last = 4;
    struct revision r;
    revision_init(&r, 5, (struct mq_forks){1, &last}, 2);
    rig_start(&r.rig, MQ_INFER);
    const struct mq_view got = run(&r.rig, r.y);
    for (int64_t i = 0; i < 2 * H * C; i++) {
        const double want = piece(&r, i / (H * C), 0, last, i / C % H + 1, 2, i % C);
        ck_assert_double_eq_tol((double)*element(got, i), want, 1e-6);
    }
    rig_release(&r.rig);
}
END_TEST

START_TEST(test_revise_never_looks_at_later_forks_or_other_dates)
{
    enum { T = 6, FORK = 3 };
    struct revision r;
    revision_init(&r, T, (struct mq_forks){T, NULL}, 1);
    rig_start(&r.rig, MQ_INFER);
    mq_real before[2 * T * H * C];
    memcpy(before, run(&r.rig, r.y).data, sizeof before);
    const struct mq_view x = r.rig.input[r.contexts];
    for (int64_t c = 0; c < C; c++) // its context for date FORK + 2
        x.data[FORK * x.stride[1] + x.stride[2] + c] += 1;
    const struct mq_view after = run(&r.rig, r.y);
    for (int64_t i = 0; i < 2 * T * H; i++) {
        const int64_t k = i % H + 1, t = i / H % T, b = i / (H * T);
        const bool is_reached = b == 0 && t >= FORK && t + k == FORK + 2;
        const bool is_same = memcmp(after.data + i * C, before + i * C, C * sizeof(mq_real)) == 0;
        ck_assert_msg(is_same != is_reached, "fork %lld at horizon %lld", (long long)t,
                      (long long)k);
    }
    rig_release(&r.rig);
}
END_TEST

START_TEST(test_wide_forks_hold_the_steps_before_each)
{
    static const int64_t steps[] = {1, 5, 6, 20};
    static const int64_t all[] = {0, 1, 3, 4, 5, 6, 18, 19, 20};
    static const int64_t asked[] = {1, 4, 5, 8};
    struct mq_wide_forks wide = mq_forks_widen(NULL, (struct mq_forks){4, steps}, 2);
    ck_assert_int_eq(wide.all.n, 9);
    ck_assert_mem_eq(wide.all.at, all, sizeof all);
    ck_assert_int_eq(wide.asked.n, 4);
    ck_assert_mem_eq(wide.asked.at, asked, sizeof asked);
    mq_wide_forks_release(&wide);
    wide = mq_forks_widen(NULL, (struct mq_forks){9, NULL}, 2);
    ck_assert(wide.all.n == 9 && wide.all.at == NULL && wide.asked.at == NULL);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("attention");
    tcase_add_loop_test(tc, test_attend_is_softmax_over_the_window, 0, 8);
    tcase_add_test(tc, test_attend_is_right_where_factors_overflow_and_underflow);
    tcase_add_test(tc, test_attend_with_one_step_returns_its_value);
    tcase_add_loop_test(tc, test_attend_never_depends_on_later_steps, 0, 4);
    tcase_add_test(tc, test_attend_refuses_heads_that_do_not_divide);
    tcase_add_loop_test(tc, test_revise_is_softmax_over_earlier_forks_of_the_date, 1, 3);
    tcase_add_test(tc, test_revise_of_a_lone_fork_returns_its_value);
    tcase_add_test(tc, test_revise_never_looks_at_later_forks_or_other_dates);
    tcase_add_test(tc, test_wide_forks_hold_the_steps_before_each);
    return run_tests("nn/attention", tc);
}
