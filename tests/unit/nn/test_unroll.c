// Paths of a one-step network: what they feed back, what they depend on, what they are quantiles of.
#include <math.h>
#include <string.h>

#include "support/gradcheck.h"
#include "support/harness.h"

enum { B = 3, T = 8, H = 3, K = 2, S = 2, HIDDEN = 4, OWN = 4, FORK = 4 };

static const double middle[] = {0.5};
static const double several[] = {0.1, 0.5, 0.9};

struct net {
    struct rig rig;
    mq_value own, known, next, fixed, scale, level, address;
    mq_value said; // (B, T, width) by the head at every step
    mq_value yhat; // (B, F, H, Q)
};

// The network as it is trained and as it goes on, over one set of weights.
static void net_init(struct net *net, struct mq_unroll sizes, struct mq_forks forks, bool has_fixed)
{
    rig_init(&net->rig);
    struct mq_graph *g = net->rig.graph;
    net->own = rig_input(&net->rig, "own", mq_shape3(B, T, OWN));
    net->next = rig_input(&net->rig, "next", mq_shape3(B, T, K));
    net->known = rig_input(&net->rig, "known", mq_shape3(B, T + H, K));
    net->fixed = has_fixed ? rig_input(&net->rig, "fixed", mq_shape2(B, S)) : -1;
    net->scale = rig_input(&net->rig, "scale", mq_shape2(B, T));
    net->level = rig_input(&net->rig, "level", mq_shape2(B, T));
    net->address = rig_input(&net->rig, "address", mq_shape2(B, 4));
    for (int64_t b = 0; b < B; b++)
        for (int64_t t = 0; t < T; t++)
            for (int64_t k = 0; k < K; k++)
                *element(net->rig.input[net->next], (b * T + t) * K + k) =
                    *element(net->rig.input[net->known], (b * (T + H) + t + 1) * K + k);
    rig_set(&net->rig, net->address, (const mq_real[]){0, 0, 0, 20, 0, 1, 0, 20, 0, 2, 0, 20});
    rig_fill(&net->rig, net->scale, 2);
    const mq_value x = mq_concat(g, (mq_value[]){net->own, net->next}, 2);
    const mq_value h = mq_lstm(g, "lstm", x, net->fixed, HIDDEN);
    net->said = mq_linear(g, "head", h, mq_distribution_width(sizes.kind), MQ_LINEAR);
    const mq_value states = mq_lstm_states(g, "lstm", x, net->fixed, HIDDEN);
    sizes.lstm = "lstm";
    sizes.head = "head";
    sizes.hidden = HIDDEN;
    sizes.horizon = H;
    net->yhat = mq_unroll(g,
                          (struct mq_unroll_inputs){states, net->own, net->known, net->fixed,
                                                    net->scale, net->level, net->address},
                          forks, &sizes);
    mq_graph_output(g, net->said);
    mq_graph_output(g, net->yhat);
    rig_start(&net->rig, MQ_INFER);
    mq_exec_forward(net->rig.exec);
}

static const mq_real *yhat_of(struct net *net)
{
    return flat(mq_exec_value(net->rig.exec, net->yhat));
}

static const int64_t fork_at[] = {FORK};
static const struct mq_forks one = {1, fork_at};
static const struct mq_forks all = {T, NULL};

START_TEST(test_a_path_is_what_the_network_says_when_it_reads_the_path)
{
    struct net net;
    const struct mq_unroll point = {.kind = MQ_POINT, .paths = 1, .level = middle, .n_levels = 1};
    net_init(&net, point, one, _i == 1);
    mq_real path[B * H];
    memcpy(path, yhat_of(&net), sizeof path);
    struct mq_view own = net.rig.input[net.own];
    for (int64_t b = 0; b < B; b++)
        for (int64_t k = 1; k < H; k++)
            for (int64_t c = 0; c < OWN; c++) {
                mq_real *to = element(own, (b * T + FORK + k) * OWN + c);
                *to = *element(own, (b * T + FORK) * OWN + c);
                if (c == 0) *to = (mq_real)asinh((double)path[b * H + k - 1]);
                if (c == 1) *to = 1;
            }
    mq_exec_forward(net.rig.exec);
    ck_assert_mem_eq(path, yhat_of(&net), sizeof path); // a fork sees nothing after it
    const mq_real *said = flat(mq_exec_value(net.rig.exec, net.said));
    for (int64_t b = 0; b < B; b++)
        for (int64_t k = 0; k < H; k++)
            ck_assert_double_eq_tol((double)path[b * H + k], (double)said[b * T + FORK + k], 1e-5);
    rig_release(&net.rig);
}
END_TEST

static const struct mq_unroll gaussian = {
    .kind = MQ_GAUSSIAN, .paths = 50, .level = several, .n_levels = 3};

START_TEST(test_draws_belong_to_series_and_period)
{
    struct net net;
    net_init(&net, gaussian, all, true);
    // All rows become the same but for their addresses: 0 and 2 alike, 1 of another series.
    for (mq_value v = 0; v < net.rig.n_inputs; v++) {
        if (v == net.address) continue;
        const struct mq_view x = net.rig.input[v];
        const int64_t n = mq_shape_count(mq_view_shape(x)) / B;
        for (int64_t i = 0; i < n; i++)
            for (int64_t b = 1; b < B; b++)
                *element(x, b * n + i) = *element(x, i);
    }
    rig_set(&net.rig, net.address, (const mq_real[]){0, 7, 1, 20, 0, 8, 1, 20, 0, 7, 1, 20});
    mq_exec_forward(net.rig.exec);
    const int64_t row = T * H * 3;
    const mq_real *got = yhat_of(&net);
    for (int64_t i = 0; i < row; i++) { // products may round by the place of a row
        ck_assert_double_eq_tol((double)got[i], (double)got[2 * row + i], 1e-5);
        ck_assert(got[i] != got[row + i]);
    }
    // One period later the fork before is what the fork was.
    mq_real before[H * 3];
    memcpy(before, got + FORK * H * 3, sizeof before);
    rig_set(&net.rig, net.address, (const mq_real[]){0, 7, 1, 21, 0, 7, 2, 20, 1, 7, 1, 20});
    mq_exec_forward(net.rig.exec);
    got = yhat_of(&net);
    for (int64_t b = 0; b < B; b++)
        ck_assert_mem_ne(before, got + b * row + FORK * H * 3, sizeof before);
    rig_release(&net.rig);
}
END_TEST

START_TEST(test_a_fork_is_the_same_alone_and_among_others)
{
    struct net alone, among;
    net_init(&alone, gaussian, one, true);
    net_init(&among, gaussian, all, true);
    const mq_real *got = yhat_of(&alone), *want = yhat_of(&among);
    for (int64_t b = 0; b < B; b++)
        ck_assert_mem_eq(got + b * H * 3, want + (b * T + FORK) * H * 3, H * 3 * sizeof *got);
    rig_release(&alone.rig);
    rig_release(&among.rig);
}
END_TEST

START_TEST(test_more_paths_approach_the_quantiles_of_the_distribution)
{
    struct net net;
    const double z = 1.2815515655446004; // of level 0.9
    struct mq_unroll sizes = gaussian;
    sizes.paths = 4000;
    net_init(&net, sizes, one, false);
    // The head reads nothing and says mean 3, deviation 1.01: a path of independent draws.
    memset(net.rig.params.values, 0, (size_t)net.rig.params.count * sizeof(mq_real));
    net.rig.params.values[net.rig.params.count - 2] = 3;
    mq_exec_forward(net.rig.exec);
    const mq_real *got = yhat_of(&net);
    for (int64_t i = 0; i < B * H; i++) {
        ck_assert_double_eq_tol((double)got[3 * i], 3 - 1.01 * z, 0.12);
        ck_assert_double_eq_tol((double)got[3 * i + 1], 3, 0.09);
        ck_assert_double_eq_tol((double)got[3 * i + 2], 3 + 1.01 * z, 0.12);
    }
    rig_release(&net.rig);
}
END_TEST

START_TEST(test_spans_are_means_along_a_path)
{
    static const struct mq_stock_span spans[] = {{0, 1}, {1, 2}};
    struct net point;
    struct net many;
    struct mq_unroll sizes = {.kind = MQ_POINT, .paths = 1, .level = middle, .n_levels = 1};
    sizes.span = spans;
    sizes.n_spans = 2;
    net_init(&point, sizes, one, true);
    const mq_real *got = yhat_of(&point);
    for (int64_t b = 0; b < B; b++, got += H + 2) {
        ck_assert(got[H] == got[0]);
        const double mean = ((double)got[0] + (double)got[1] + (double)got[2]) / 3;
        ck_assert_double_eq_tol((double)got[H + 1], mean, 1e-6);
    }
    // Independent draws: the mean of three deviates by 1 / sqrt(3) of one.
    sizes = gaussian;
    sizes.paths = 4000;
    sizes.span = spans;
    sizes.n_spans = 2;
    net_init(&many, sizes, one, false);
    memset(many.rig.params.values, 0, (size_t)many.rig.params.count * sizeof(mq_real));
    mq_exec_forward(many.rig.exec);
    got = yhat_of(&many) + (H + 1) * 3;
    ck_assert_double_eq_tol((double)got[2] - (double)got[0], 2 * 1.01 * 1.2816 / sqrt(3), 0.1);
    rig_release(&point.rig);
    rig_release(&many.rig);
}
END_TEST

START_TEST(test_nothing_is_trained_through_it)
{
    struct rig rig;
    rig_init(&rig);
    const mq_value x = rig_input(&rig, "x", mq_shape3(B, T, OWN));
    mq_graph_output(rig.graph, mq_lstm_states(rig.graph, "lstm", x, -1, HIDDEN));
    ck_fails(mq_graph_plan(rig.graph, MQ_TRAIN), MQ_FAILED, "nothing goes back through it");
    rig_release(&rig);
}
END_TEST

START_TEST(test_a_network_that_was_not_built_cannot_go_on)
{
    struct rig rig;
    rig_init(&rig);
    struct mq_unroll sizes = gaussian;
    sizes.lstm = "missing";
    sizes.head = "head";
    sizes.hidden = HIDDEN;
    sizes.horizon = H;
    const mq_value per_step = rig_input(&rig, "scale", mq_shape2(B, T));
    const struct mq_unroll_inputs in = {.states =
                                            rig_input(&rig, "states", mq_shape3(B, T, 2 * HIDDEN)),
                                        .own = rig_input(&rig, "own", mq_shape3(B, T, OWN)),
                                        .known = rig_input(&rig, "known", mq_shape3(B, T + H, K)),
                                        .fixed = -1,
                                        .scale = per_step,
                                        .level = per_step,
                                        .address = rig_input(&rig, "address", mq_shape2(B, 4))};
    (void)mq_unroll(rig.graph, in, one, &sizes);
    ck_fails(mq_graph_plan(rig.graph, MQ_INFER), MQ_FAILED, "no parameter missing.input");
    rig_release(&rig);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unroll");
    tcase_add_loop_test(tc, test_a_path_is_what_the_network_says_when_it_reads_the_path, 0, 2);
    tcase_add_test(tc, test_draws_belong_to_series_and_period);
    tcase_add_test(tc, test_a_fork_is_the_same_alone_and_among_others);
    tcase_add_test(tc, test_more_paths_approach_the_quantiles_of_the_distribution);
    tcase_add_test(tc, test_spans_are_means_along_a_path);
    tcase_add_test(tc, test_nothing_is_trained_through_it);
    tcase_add_test(tc, test_a_network_that_was_not_built_cannot_go_on);
    return run_tests("nn/unroll", tc);
}
