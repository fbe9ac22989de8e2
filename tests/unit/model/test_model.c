// What a model remembers of its panel, and how it finds its way in another one.
#include "support/panels.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/registry.h"
#include "support/harness.h"

enum { N = 10, PERIODS = 40 };

static struct mq_panel *open_plain(const char *name)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, N, PERIODS);
    struct mq_panel *panel = catalogue_open(&catalogue, test_path(name));
    catalogue_release(&catalogue);
    return panel;
}

// The same catalogue with other covariates: a writer of the roles given, one product, no values.
static struct mq_panel *open_bare(const char *name, enum mq_unit unit,
                                  const struct mq_covariate covariates[], int64_t n)
{
    struct mq_panel *panel;
    struct mq_panel_writer *writer;
    struct mq_panel_info info = {.calendar = {unit, 1, 0}, .n_covariates = n, .source = "test"};
    float value[1] = {1};
    float statics[CATALOGUE_COVARIATES] = {0};
    const float *past[CATALOGUE_COVARIATES] = {value, value, value, value, value};
    memcpy(info.covariates, covariates, (size_t)n * sizeof *covariates);
    ck_ok(mq_panel_create(&writer, test_path(name), &info));
    ck_ok(mq_panel_append(writer,
                          &(struct mq_series){"only", 0, 1, value, NULL, past, past, statics}));
    for (int64_t c = 0; c < n; c++)
        if (covariates[c].role == MQ_ROLE_CALENDAR)
            ck_ok(mq_panel_set_calendar(writer, c, 1, value));
    ck_ok(mq_panel_publish(writer));
    ck_ok(mq_panel_open(&panel, test_path(name)));
    return panel;
}

START_TEST(test_a_model_takes_over_its_experiment_and_remembers_its_panel)
{
    struct mq_model model;
    struct mq_experiment experiment;
    struct mq_panel *panel = open_plain("panel.h5");
    tiny_experiment(&experiment, mq_panel_path(panel), "mqrnn", NULL, 0);
    ck_ok(mq_model_init(&model, &experiment, panel));
    ck_assert_ptr_null(experiment.model); // ours no longer
    ck_assert_str_eq(model.forecaster->name, "mqrnn");
    ck_assert_str_eq(model.panel.info.fingerprint, mq_panel_info(panel)->fingerprint);
    mq_panel_close(panel);
    ck_assert_str_eq(model.panel.vocabulary[SHOP][1], "south"); // outlives the panel
    ck_assert_ptr_null(model.panel.vocabulary[PRICE]);
    mq_model_release(&model);
    mq_model_release(&model);
}
END_TEST

START_TEST(test_dims_are_those_of_experiment_and_features)
{
    struct mq_model model;
    struct mq_panel *panel = open_plain("panel.h5");
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    const struct mq_dims dims = mq_model_dims(&model, 3, 14, (struct mq_forks){14, NULL});
    ck_assert(dims.B == 3 && dims.T == 14 && dims.H == 4 && dims.Q == 3);
    ck_assert_int_eq(dims.C, model.features.history_width);
    ck_assert_int_eq(dims.K, model.features.known_width);
    ck_assert(dims.N == 1 && dims.R == 1 && dims.cardinality[0] == CATALOGUE_SHOPS);
    mq_model_release(&model);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_the_hash_follows_every_bit_of_the_weights)
{
    struct mq_model model;
    char before[MQ_SHA256_HEX];
    char after[MQ_SHA256_HEX];
    struct mq_panel *panel = open_plain("panel.h5");
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    mq_model_weights_sha256(&model, before);
    ((unsigned char *)(model.params.values + model.params.count - 1))[0] ^= 1;
    mq_model_weights_sha256(&model, after);
    ck_assert_str_ne(before, after);
    mq_model_release(&model);
    tiny_model(&model, panel, "seasonal_naive", NULL, 0);
    mq_model_weights_sha256(&model, after);
    mq_sha256_hex("", 0, before);
    ck_assert_str_eq(after, before); // no weights
    mq_model_release(&model);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_its_own_panel_needs_no_translation)
{
    struct mq_model model;
    struct mq_rebinding rebinding;
    struct mq_panel *panel = open_plain("panel.h5");
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_ok(mq_rebinding_init(&rebinding, &model, panel));
    ck_assert_ptr_null(rebinding.code_map[0]);
    ck_assert_mem_eq(&rebinding.features, &model.features, sizeof model.features);
    mq_rebinding_release(&rebinding, &model);
    mq_model_release(&model);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_categories_are_translated_by_name_and_unseen_ones_are_unknown)
{
    struct catalogue catalogue;
    struct mq_model model;
    struct mq_rebinding rebinding;
    struct mq_panel *panel = open_plain("panel.h5");
    catalogue_init(&catalogue, N, PERIODS);
    catalogue.shops[0] = "west";
    catalogue.shops[1] = "east";
    catalogue.shops[2] = "north";
    struct mq_panel *other = catalogue_open(&catalogue, test_path("other.h5"));
    catalogue_release(&catalogue);
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_ok(mq_rebinding_init(&rebinding, &model, other));
    const int32_t want[] = {0, 3, 0, 1};
    ck_assert_mem_eq(rebinding.code_map[0], want, sizeof want);
    mq_rebinding_release(&rebinding, &model);
    mq_model_release(&model);
    mq_panel_close(other);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_covariates_are_found_by_name_in_another_order)
{
    static const struct mq_covariate shuffled[] = {{"traffic", MQ_ROLE_PAST, 0},
                                                   {"weight", MQ_ROLE_STATIC_REAL, 0},
                                                   {"shop", MQ_ROLE_STATIC_CATEGORY, 0},
                                                   {"open", MQ_ROLE_CALENDAR, 0},
                                                   {"price", MQ_ROLE_KNOWN, 0}};
    struct mq_model model;
    struct mq_rebinding rebinding;
    struct mq_panel *panel = open_plain("panel.h5");
    struct mq_panel *other = open_bare("other.h5", MQ_DAY, shuffled, 5);
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_ok(mq_rebinding_init(&rebinding, &model, other));
    ck_assert(rebinding.features.past[0] == 0 && rebinding.features.known[0] == 4);
    ck_assert(rebinding.features.calendar[0] == 3 && rebinding.features.reals[0] == 1);
    ck_assert(rebinding.features.n_events == 1 && rebinding.features.events[0] == 3);
    ck_assert(rebinding.features.mean[0] == model.features.mean[TRAFFIC]);
    ck_assert(rebinding.features.deviation[4] == model.features.deviation[PRICE]);
    ck_assert(rebinding.features.mean[1] == model.features.mean[WEIGHT]);
    mq_rebinding_release(&rebinding, &model);
    mq_model_release(&model);
    mq_panel_close(other);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_a_panel_that_lacks_a_covariate_or_has_other_periods_is_refused)
{
    static const struct mq_covariate few[] = {{"traffic", MQ_ROLE_PAST, 0},
                                              {"price", MQ_ROLE_PAST, 0}};
    struct mq_model model;
    struct mq_rebinding rebinding;
    struct mq_panel *panel = open_plain("panel.h5");
    struct mq_panel *lacking = open_bare("lacking.h5", MQ_DAY, few, 2);
    struct mq_panel *weekly = open_bare("weekly.h5", MQ_WEEK, few, 2);
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_fails(mq_rebinding_init(&rebinding, &model, lacking), MQ_DATA,
             "lacking.h5: the model needs covariate 'price', which this panel lacks");
    mq_rebinding_release(&rebinding, &model);
    ck_fails(mq_rebinding_init(&rebinding, &model, weekly), MQ_DATA, "frequency is weekly");
    mq_rebinding_release(&rebinding, &model);
    mq_model_release(&model);
    mq_panel_close(weekly);
    mq_panel_close(lacking);
    mq_panel_close(panel);
}
END_TEST

START_TEST(test_no_memory_leaves_nothing_behind)
{
    struct mq_panel *panel = open_plain("panel.h5");
    for (uint64_t n = 1; n < 30; n++) {
        struct mq_model model;
        struct mq_experiment experiment;
        tiny_experiment(&experiment, mq_panel_path(panel), "mqrnn", NULL, 0);
        mq_alloc_fail_at(n);
        const mq_status status = mq_model_init(&model, &experiment, panel);
        mq_alloc_fail_at(0);
        ck_assert(status == MQ_OK || status == MQ_FAILED);
        mq_model_release(&model);
    }
    mq_panel_close(panel);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("model");
    tcase_add_test(tc, test_a_model_takes_over_its_experiment_and_remembers_its_panel);
    tcase_add_test(tc, test_dims_are_those_of_experiment_and_features);
    tcase_add_test(tc, test_the_hash_follows_every_bit_of_the_weights);
    tcase_add_test(tc, test_its_own_panel_needs_no_translation);
    tcase_add_test(tc, test_categories_are_translated_by_name_and_unseen_ones_are_unknown);
    tcase_add_test(tc, test_covariates_are_found_by_name_in_another_order);
    tcase_add_test(tc, test_a_panel_that_lacks_a_covariate_or_has_other_periods_is_refused);
    tcase_add_test(tc, test_no_memory_leaves_nothing_behind);
    return run_tests("model/model", tc);
}
