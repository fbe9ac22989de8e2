/// MQ-RNN from the ops alone, at any size: the tests' model.
#ifndef TESTS_SUPPORT_TOY_MQRNN_H
#define TESTS_SUPPORT_TOY_MQRNN_H

#include "support/gradcheck.h"

struct toy_sizes {
    int64_t B, T, K, H, ctx, L;
    int64_t observed, known, still, embedded;
};

/// The values of a rig that holds the model; `past` to the context.
struct toy {
    mq_value past, observed, known_past, still, known;
    struct mq_observed loss;
    mq_value h, yhat;
};

static inline mq_value toy_decoder(struct mq_graph *g, struct toy_sizes s, mq_value h,
                                   mq_value known, struct mq_forks forks)
{
    const int64_t fan = 2 * s.ctx + s.known;
    mq_value state = mq_linear(g, "global.state", mq_pick(g, h, forks), s.H, MQ_LINEAR);
    mq_value joint = mq_lead(g, "global.known", state, known, forks, s.K, MQ_RELU);
    mq_value c = mq_linear(g, "contexts", joint, (s.K + 1) * s.ctx, MQ_RELU);
    mq_value own = mq_part(g, c, 0, s.K * s.ctx, s.K);
    mq_value agnostic =
        mq_linear(g, "local.agnostic", mq_part(g, c, s.K * s.ctx, s.ctx, 0), s.L, MQ_LINEAR);
    mq_value dated = mq_product(g, "local.dated", known, s.L, fan);
    const struct mq_combined parts = {&own, (const char *const[]){"own"}, 1, fan, agnostic, dated};
    return mq_quantile(g, "quantiles", mq_combine(g, "local", &parts, forks, MQ_RELU), 3);
}

static inline struct toy toy_build(struct rig *rig, struct toy_sizes s, struct mq_forks forks)
{
    static const double level[] = {0.1, 0.5, 0.9};
    const int64_t D = s.T + s.K;
    struct mq_graph *g = rig->graph;
    struct toy toy;
    toy.past = rig_input(rig, "past", mq_shape3(s.B, s.T, 1));
    toy.observed = rig_input(rig, "observed", mq_shape3(s.B, s.T, s.observed));
    toy.known_past = rig_input(rig, "known_past", mq_shape3(s.B, s.T, s.known));
    toy.still = rig_input(rig, "static", mq_shape2(s.B, s.still));
    toy.known = rig_input(rig, "known", mq_shape3(s.B, D, s.known));
    toy.loss = rig_observed(rig, mq_shape2(s.B, D), mq_shape2(s.B, forks.n));
    for (int64_t i = 0; i < s.B * D; i++) {
        const bool is_masked = i % 5 == 2;
        *element(rig->input[toy.loss.mask], i) = is_masked ? 0 : 1;
    }
    for (int64_t i = 0; i < s.B * forks.n; i++) {
        *element(rig->input[toy.loss.scale], i) = (mq_real)(1 + 0.25 * (double)(i % 3));
        *element(rig->input[toy.loss.weight], i) = (mq_real)(i % 4 == 3 ? 0 : 0.5);
    }
    mq_value e = mq_linear(g, "static", toy.still, s.embedded, MQ_RELU);
    mq_value x = mq_concat(g, (mq_value[]){toy.past, toy.observed, toy.known_past}, 3);
    toy.h = mq_lstm(g, "lstm", x, e, s.H);
    toy.yhat = toy_decoder(g, s, toy.h, toy.known, forks);
    mq_graph_output(g, toy.yhat);
    mq_pinball(g, toy.yhat, toy.loss, forks, level, 3);
    return toy;
}

#endif
