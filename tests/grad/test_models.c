// Every network of the registry against finite differences, with and without statics, for all forks
// and for a few, with each head and loss: a new model is checked by being listed.
#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/model/registry.h"
#include "support/gradcheck.h"
#include "support/harness.h"

enum {
    B = 2,
    T = 5,
    H = 3,
    Q = 5,
    KNOTS = 3,
    C = 5,
    E = 3,
    K = 3,
    WITHOUT_STATICS = 1,
    SOME_FORKS = 2,
    QUANTILE_FUNCTION = 4,
    CRPS = 8,
    SPANS = 16,
};

// Differences in float are a smoke test: the kinks of more variants would only blur it.
static int count_variants(void)
{
    return sizeof(mq_real) == sizeof(double) ? 32 : 1;
}

static int count_models(void)
{
    int n = 0;
    while (mq_forecasters()[n] != NULL)
        n++;
    return n;
}

// The model's own defaults, with every size above 4 cut to 4: small enough to check each weight.
static void *small_options(const struct mq_forecaster *model)
{
    const struct mq_section section = {"model", model->settings, model->n_settings};
    void *options = mq_calloc((int64_t)model->options_bytes, 1);
    ck_assert_ptr_nonnull(options);
    ck_ok(mq_settings_default(&section, options));
    for (int64_t i = 0; i < model->n_settings; i++) {
        const struct mq_setting *setting = &model->settings[i];
        int64_t *value = (int64_t *)(void *)((char *)options + setting->offset);
        if (setting->type == MQ_INT && *value > 4)
            ck_ok(mq_setting_parse(&section, setting, "4", (struct mq_source){"test", 0}, options));
    }
    return options;
}

static struct mq_inputs add_inputs(struct rig *rig, const struct mq_dims *dims)
{
    struct mq_inputs in = {
        .stock = -1, .codes = -1, .reals = -1, .lags = -1, .address = -1, .engineered = -1};
    in.history = rig_input(rig, "history", mq_shape3(B, T, C));
    in.known_past = rig_input(rig, "known_past", mq_shape3(B, T, K));
    in.known = rig_input(rig, "known", mq_shape3(B, T + H, K));
    in.known_next = rig_input(rig, "known_next", mq_shape3(B, T, K));
    in.scale = in.level = -1; // what looks at them has no gradients
    if (dims->N > 0) {
        in.codes = rig_input(rig, "codes", mq_shape2(B, dims->N));
        rig_set(rig, in.codes, (const mq_real[]){1, 0, 3, 9}); // 0 and 9 are "unknown"
    }
    if (dims->R > 0) in.reals = rig_input(rig, "reals", mq_shape2(B, dims->R));
    if (dims->E > 0) in.engineered = rig_input(rig, "engineered", mq_shape3(B, T, dims->E));
    if (dims->inventory != NULL) {
        in.address = rig_input(rig, "address", mq_shape2(B, 4));
        rig_fill(rig, in.address, 1);
    }
    if (dims->J > 0) in.lags = rig_input(rig, "lags", mq_shape4(B, dims->forks.n, H, dims->J));
    return in;
}

static void add_losses(struct rig *rig, struct mq_outputs out, struct mq_observed observed,
                       const struct mq_observed total[], const struct mq_dims *dims, bool is_crps)
{
    const struct mq_shape rows = mq_shape4(B, dims->forks.n, H, Q);
    ck_assert(mq_shape_equal(mq_graph_shape(rig->graph, out.yhat), rows));
    (is_crps ? mq_crps : mq_pinball)(rig->graph, out.yhat, observed, dims->forks, dims->level, Q);
    for (int64_t s = 0; s < dims->S; s++) {
        const struct mq_shape row = mq_shape4(B, dims->forks.n, 1, Q);
        ck_assert(mq_shape_equal(mq_graph_shape(rig->graph, out.span[s]), row));
        (is_crps ? mq_crps : mq_pinball)(rig->graph, out.span[s], total[s], dims->forks,
                                         dims->level, Q);
    }
}

START_TEST(test_gradients_of_model_and_loss_agree_with_finite_differences)
{
    static const double levels[Q] = {0.04, 0.1, 0.5, 0.8, 0.9};
    static const double *const knots = levels + 1;
    static const int64_t cardinality[] = {3, 4};
    static const int64_t at[] = {1, 2, 4};
    static const struct mq_stock_span spans[] = {{0, 1}, {1, 2}}; // one period, and all of them
    static const struct mq_inventory_settings inventory = {
        .lead = 1, .review = 1, .holding = "1", .shortage = "9", .initial = -1};
    const struct mq_forecaster *model = mq_forecasters()[_i / count_variants()];
    const int variant = _i % count_variants();
    if (model->build == NULL) return; // no weights, no gradients
    if (model->build_loss != NULL && (variant & ~WITHOUT_STATICS)) return; // its forks, its loss
    if ((variant & CRPS) && !(variant & QUANTILE_FUNCTION)) return; // no function, no score of one
    const struct mq_forks forks =
        (variant & SOME_FORKS) ? (struct mq_forks){3, at} : (struct mq_forks){T, NULL};
    const bool has_statics = !(variant & WITHOUT_STATICS);
    const struct mq_dims dims = {.B = B,
                                 .T = T,
                                 .H = H,
                                 .Q = Q,
                                 .level = levels,
                                 .knot = (variant & QUANTILE_FUNCTION) ? knots : NULL,
                                 .n_knots = KNOTS,
                                 .C = C,
                                 .E = model->wants_engineered ? E : 0,
                                 .K = K,
                                 .N = has_statics ? 2 : 0,
                                 .R = has_statics ? 1 : 0,
                                 .J = has_statics ? 2 : 0,
                                 .cardinality = cardinality,
                                 .S = (variant & SPANS) ? 2 : 0,
                                 .span = spans,
                                 .forks = forks,
                                 .inventory = model->is_policy ? &inventory : NULL};
    void *options = small_options(model);
    struct rig rig;
    rig_init(&rig);
    const struct mq_inputs in = add_inputs(&rig, &dims);
    const struct mq_observed observed =
        rig_observed(&rig, mq_shape2(B, T + H), mq_shape2(B, forks.n));
    rig_set(&rig, observed.mask, (const mq_real[]){1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1});
    rig_fill(&rig, observed.scale, 2);
    rig_fill(&rig, observed.weight, (mq_real)0.5);
    struct mq_observed total[2];
    for (int64_t s = 0; s < dims.S; s++) {
        total[s] = observed;
        total[s].target = rig_input(&rig, "total", mq_shape2(B, T + 1));
        total[s].mask = rig_input(&rig, "total_mask", mq_shape2(B, T + 1));
        rig_set(&rig, total[s].mask, (const mq_real[]){1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1});
    }
    if (model->is_policy) { // demand
        for (int64_t i = 0; i < B * (T + H); i++) {
            mq_real *target = element(rig.input[observed.target], i);
            *target = 3 * (*target < 0 ? -*target : *target);
        }
    }
    if (model->build_loss != NULL) {
        model->build_loss(rig.graph, &dims, options, &in, &observed);
    } else {
        add_losses(&rig, model->build(rig.graph, &dims, options, &in), observed, total, &dims,
                   variant & CRPS);
    }
    rig_start(&rig, MQ_TRAIN);
    check_gradients(&rig, -1);
    rig_release(&rig);
    mq_free(options);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("grad");
    tcase_add_loop_test(tc, test_gradients_of_model_and_loss_agree_with_finite_differences, 0,
                        count_models() * count_variants());
    return run_tests("grad/models", tc);
}
