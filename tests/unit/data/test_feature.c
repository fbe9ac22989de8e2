// What a network sees of a panel: choice by name, statistics of the training span only.
#include "support/panels.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "support/harness.h"

enum { N = 8, PERIODS = 30 };

static const struct mq_data_settings everything = {
    .statics = {1, {"all"}}, .known = {1, {"all"}}, .past = {1, {"all"}}, .calendar = true};

// A catalogue opened, with its sums over periods before `end`.
struct bench {
    struct mq_panel *panel;
    const struct mq_panel_info *info;
    struct mq_features features;
    struct mq_statistics *statistics;
};

static void bench_init(struct bench *bench, const struct catalogue *catalogue, int64_t end)
{
    struct mq_series_block block;
    bench->panel = catalogue_open(catalogue, test_path("panel.h5"));
    bench->info = mq_panel_info(bench->panel);
    bench->statistics = mq_calloc(1, sizeof *bench->statistics);
    ck_ok(mq_features_select(&bench->features, &everything, bench->info));
    ck_ok(mq_panel_read(bench->panel, 0, catalogue->n, &block));
    mq_statistics_add(bench->statistics, bench->info, &block, end);
    mq_series_block_release(&block);
}

static void bench_release(struct bench *bench)
{
    mq_free(bench->statistics);
    mq_panel_close(bench->panel);
}

START_TEST(test_all_chooses_every_covariate_by_role)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, PERIODS);
    const struct mq_features *features = &bench.features;
    ck_assert(features->n_known == 1 && features->known[0] == PRICE);
    ck_assert(features->n_calendar == 1 && features->calendar[0] == OPEN);
    ck_assert(features->n_past == 1 && features->past[0] == TRAFFIC);
    ck_assert(features->n_reals == 1 && features->reals[0] == WEIGHT);
    ck_assert(features->n_codes == 1 && features->codes[0] == SHOP);
    ck_assert_int_eq(features->cardinality[0], CATALOGUE_SHOPS);
    ck_assert_int_eq(features->n_date, mq_calendar_features(&bench.info->calendar, PERIODS));
    ck_assert_int_eq(features->history_width, MQ_HISTORY_BASE + 1 + 1);
    ck_assert_int_eq(features->known_width, 1 + features->n_date + 1 + 2);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_names_choose_only_themselves)
{
    struct catalogue catalogue;
    struct bench bench;
    struct mq_features features;
    const struct mq_data_settings settings = {.known = {1, {"open"}}};
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, PERIODS);
    ck_ok(mq_features_select(&features, &settings, bench.info));
    ck_assert(features.n_calendar == 1 && features.n_known == 0 && features.n_past == 0);
    ck_assert(features.n_reals == 0 && features.n_codes == 0 && features.n_date == 0);
    ck_assert_int_eq(features.known_width, 2);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_calendars_of_events_add_how_near_they_are)
{
    struct catalogue catalogue;
    struct bench bench;
    struct mq_features features;
    struct mq_data_settings settings = {.known = {1, {"open"}}, .event_distances = true};
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, PERIODS);
    ck_ok(mq_features_select(&features, &settings, bench.info));
    ck_assert(features.n_events == 1 && features.events[0] == OPEN);
    ck_assert_int_eq(features.known_width, 4);
    bench_release(&bench);
    catalogue.open[3] = 0.5f; // a measure, no longer an event
    bench_init(&bench, &catalogue, PERIODS);
    ck_ok(mq_features_select(&features, &settings, bench.info));
    ck_assert(features.n_events == 0 && features.known_width == 2);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_unknown_names_are_refused_with_the_nearest_of_that_role)
{
    struct catalogue catalogue;
    struct bench bench;
    struct mq_features features;
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, PERIODS);
    const struct mq_data_settings slip = {.known = {2, {"open", "prise"}}};
    ck_fails(mq_features_select(&features, &slip, bench.info), MQ_USAGE, "data.known");
    ck_assert_str_eq(mq_error_get()->hint, "did you mean 'price'?");
    const struct mq_data_settings other_role = {.past = {1, {"price"}}};
    ck_fails(mq_features_select(&features, &other_role, bench.info), MQ_USAGE, "'price'");
    const struct mq_data_settings wrong = {.statics = {1, {"traffic"}}};
    ck_fails(mq_features_select(&features, &wrong, bench.info), MQ_USAGE, "data.static");
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_mean_and_deviation_are_those_of_the_training_span)
{
    enum { END = 4 };
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, 2, PERIODS);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < PERIODS; j++) {
            struct product *product = &catalogue.products[i];
            product->traffic[j] = j < END ? (float)(i * END + j) : 1e6f; // 0..7, mean 3.5
            product->price[j] = j < END ? 5 : 1e6f;
            product->target[j] = j < END ? (float)(j - 1) : 1e6f; // |y|: 1 0 1 2
        }
    catalogue.products[1].traffic[3] = NAN; // 0..6: mean 3, variance 4
    catalogue.products[1].target[3] = NAN;
    catalogue.products[0].weight = 2;
    catalogue.products[1].weight = 6;
    bench_init(&bench, &catalogue, END);
    ck_ok(mq_features_fit(&bench.features, bench.statistics, bench.panel, END));
    const struct mq_features *features = &bench.features;
    ck_assert_double_eq_tol(features->mean[TRAFFIC], 3, 1e-12);
    ck_assert_double_eq_tol(features->deviation[TRAFFIC], 2, 1e-12);
    ck_assert_double_eq_tol(features->mean[PRICE], 5, 1e-12);
    ck_assert(features->deviation[PRICE] == 1); // constant: no division by 0
    ck_assert_double_eq_tol(features->mean[WEIGHT], 4, 1e-12);
    ck_assert_double_eq_tol(features->deviation[WEIGHT], 2, 1e-12);
    ck_assert_double_eq_tol(features->mean_absolute, 6.0 / 7, 1e-12);
    ck_assert(!features->is_nonnegative);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_statistics_do_not_depend_on_how_series_are_split)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, 20);
    struct mq_statistics *parts = mq_calloc(1, sizeof *parts);
    for (int64_t i = N - 1; i >= 0; i--) {
        struct mq_series_block block;
        ck_ok(mq_panel_read(bench.panel, i, 1, &block));
        mq_statistics_add(parts, bench.info, &block, 20);
        mq_series_block_release(&block);
    }
    for (int c = 0; c < CATALOGUE_COVARIATES; c++) {
        ck_assert(mq_exact_value(&parts->sum[c]) == mq_exact_value(&bench.statistics->sum[c]));
        ck_assert(mq_exact_value(&parts->square[c]) ==
                  mq_exact_value(&bench.statistics->square[c]));
    }
    ck_assert(mq_exact_value(&parts->target_sum) == mq_exact_value(&bench.statistics->target_sum));
    mq_free(parts);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_nothing_observed_before_the_end_is_refused)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, 0);
    ck_fails(mq_features_fit(&bench.features, bench.statistics, bench.panel, 0), MQ_DATA,
             "no target is observed");
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_only_zeros_still_have_a_scale)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    for (int i = 0; i < N; i++)
        memset(catalogue.products[i].target, 0, PERIODS * sizeof(float));
    bench_init(&bench, &catalogue, PERIODS);
    ck_ok(mq_features_fit(&bench.features, bench.statistics, bench.panel, PERIODS));
    ck_assert(bench.features.mean_absolute > 0 && bench.features.is_nonnegative);
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_a_covariate_too_large_matters_only_when_it_is_chosen)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    catalogue.products[0].traffic[0] = 1e14f;
    bench_init(&bench, &catalogue, PERIODS);
    ck_fails(mq_features_fit(&bench.features, bench.statistics, bench.panel, PERIODS), MQ_DATA,
             "covariate 'traffic' is not finite or too large");
    const struct mq_data_settings settings = {.known = {1, {"all"}}};
    ck_ok(mq_features_select(&bench.features, &settings, bench.info));
    ck_ok(mq_features_fit(&bench.features, bench.statistics, bench.panel, PERIODS));
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

START_TEST(test_targets_too_large_to_add_up_are_named_as_such)
{
    struct catalogue catalogue;
    struct bench bench;
    catalogue_init(&catalogue, N, PERIODS);
    bench_init(&bench, &catalogue, PERIODS);
    mq_exact_add(&bench.statistics->target_sum, 1e19);
    ck_fails(mq_features_fit(&bench.features, bench.statistics, bench.panel, PERIODS), MQ_DATA,
             "the targets are too large to add up");
    bench_release(&bench);
    catalogue_release(&catalogue);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("feature");
    tcase_add_test(tc, test_all_chooses_every_covariate_by_role);
    tcase_add_test(tc, test_names_choose_only_themselves);
    tcase_add_test(tc, test_calendars_of_events_add_how_near_they_are);
    tcase_add_test(tc, test_unknown_names_are_refused_with_the_nearest_of_that_role);
    tcase_add_test(tc, test_mean_and_deviation_are_those_of_the_training_span);
    tcase_add_test(tc, test_statistics_do_not_depend_on_how_series_are_split);
    tcase_add_test(tc, test_nothing_observed_before_the_end_is_refused);
    tcase_add_test(tc, test_only_zeros_still_have_a_scale);
    tcase_add_test(tc, test_targets_too_large_to_add_up_are_named_as_such);
    tcase_add_test(tc, test_a_covariate_too_large_matters_only_when_it_is_chosen);
    return run_tests("data/feature", tc);
}
