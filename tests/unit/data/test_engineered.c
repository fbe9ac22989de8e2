// Engineered features: by hand, from the past alone, the same whatever window they are read from.
#include "mq/data/engineered.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/data/window.h"
#include "support/harness.h"
#include "support/panels.h"

enum { N = 12, PERIODS = 90, H = 6, SPAN = 28, T = 30, END = 70, MOST = 128, YEAR = 28 };

struct bench {
    struct mq_panel *panel;
    struct mq_features features;
    struct mq_window_maker maker;
    struct mq_series_block block;
    struct mq_batch batch;
};

static struct mq_window_shape shape_of(const struct mq_features *features, int64_t context)
{
    return (struct mq_window_shape){.series = 2,
                                    .context = context,
                                    .horizon = H,
                                    .scale_span = SPAN,
                                    .reach = mq_engineered_reach(features),
                                    .has_engineered = true};
}

// With a year of four weeks, so that short series have some.
static void bench_init(struct bench *bench)
{
    static const struct mq_data_settings settings = {.statics = {1, {"all"}},
                                                     .known = {1, {"all"}},
                                                     .past = {1, {"all"}},
                                                     .calendar = true,
                                                     .scaling = MQ_SCALING_STANDARD};
    struct catalogue catalogue;
    struct mq_statistics *statistics = mq_calloc(1, sizeof *statistics);
    catalogue_init(&catalogue, N, PERIODS);
    bench->panel = catalogue_open(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    const struct mq_panel_info *info = mq_panel_info(bench->panel);
    ck_ok(mq_features_select(&bench->features, &settings, info));
    ck_assert_int_eq(bench->features.season, 7);
    ck_assert_int_eq(bench->features.year, 0);
    bench->features.year = YEAR;
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
    mq_statistics_add(statistics, info, &bench->block, PERIODS);
    ck_ok(mq_features_fit(&bench->features, statistics, bench->panel, PERIODS));
    ck_ok(mq_window_maker_init(&bench->maker, &bench->features, bench->panel, 0.5, PERIODS));
    ck_ok(mq_batch_init(&bench->batch, &bench->features, shape_of(&bench->features, T)));
    mq_free(statistics);
    ck_assert_int_le(mq_engineered_inputs(&bench->features), MOST);
}

static void bench_release(struct bench *bench)
{
    mq_batch_release(&bench->batch);
    mq_window_maker_release(&bench->maker);
    mq_series_block_release(&bench->block);
    mq_panel_close(bench->panel);
}

static void fill(struct bench *bench, int64_t b, int64_t i)
{
    mq_window_fill(&bench->maker, &bench->batch, b, &bench->block, i, END, PERIODS);
}

static int64_t find(const struct mq_features *features, const char *wanted)
{
    char name[MQ_ENGINEERED_NAME_MAX];
    for (int64_t i = 0; i < mq_engineered_width(features); i++)
        if (strcmp(mq_engineered_name(features, i, name), wanted) == 0) return i;
    ck_abort_msg("no feature '%s'", wanted);
    return -1;
}

static double value(const struct bench *bench, const char *name, int64_t t)
{
    mq_real out[MOST];
    mq_engineered_fill(&bench->features, &bench->batch, 0, t, out);
    return (double)out[find(&bench->features, name)];
}

// A demand in the units of the last fork of row 0.
static double in_units(const struct bench *bench, double y)
{
    return asinh(y / (double)bench->batch.scale[T - 1] - (double)bench->batch.level[T - 1]);
}

// Demand of product 0 up to END: its own age modulo 10, all observed and in stock.
static float demand(int64_t age)
{
    return (float)(age % 10);
}

static void set_demand(struct bench *bench)
{
    for (int64_t j = 0; j < bench->block.length[0]; j++) {
        bench->block.target[bench->block.offset[0] + j] = demand(j);
        bench->block.available[bench->block.offset[0] + j] = 1;
    }
}

START_TEST(test_every_feature_has_a_name_of_its_own)
{
    struct bench bench;
    bench_init(&bench);
    const int64_t width = mq_engineered_width(&bench.features);
    for (int64_t i = 0; i < width; i++) {
        char name[MQ_ENGINEERED_NAME_MAX];
        ck_assert_int_eq(find(&bench.features, mq_engineered_name(&bench.features, i, name)), i);
    }
    ck_assert_int_eq(find(&bench.features, "mean_7"), mq_engineered_sparse(&bench.features));
    ck_assert_int_eq(find(&bench.features, "known_0_change"), width - 1);
    bench_release(&bench);
}
END_TEST

START_TEST(test_demand_is_summed_up_in_the_units_of_the_fork)
{
    struct bench bench;
    bench_init(&bench);
    set_demand(&bench);
    fill(&bench, 0, 0);
    // END is a period 0 of 10: the last seven are 4 .. 9 and 0, mean 39/7.
    const double deviation =
        (39. / 7 + 11. / 7 + 4. / 7 + 3. / 7 + 10. / 7 + 17. / 7 + 24. / 7) / 7;
    const struct {
        const char *name;
        double want;
    } cases[] = {
        {"lag_1", in_units(&bench, 0)},
        {"lag_3", in_units(&bench, 8)},
        {"phase_1", in_units(&bench, (4 + 7 + 0 + 3) / 4.)}, // 6, 13, 20, 27 before
        {"phase_7", in_units(&bench, (0 + 3 + 6 + 9) / 4.)}, // 0, 7, 14, 21 before
        {"year_before", in_units(&bench, (2 + 1 + 0 + 9 + 8 + 7 + 6) / 7.)},
        {"year_next", in_units(&bench, (3 + 4 + 5 + 6 + 7 + 8 + 9) / 7.)},
        {"mean_7", in_units(&bench, 39. / 7)},
        {"deviation_7", asinh(deviation / (double)bench.batch.scale[T - 1])},
        {"zeros_7", 1. / 7},
        {"zeros_14", 2. / 14},
        {"missing_56", 0},
        {"since_sale", log1p(1)},
        {"stock", 1},
        {"scale", (double)bench.batch.history[(T - 1) * bench.features.history_width + 2]},
        {"age", (double)bench.batch.known[(T - 1) * bench.features.known_width]},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(fabs(value(&bench, cases[i].name, T - 1) - cases[i].want) < 2e-6,
                      "%s: got %g, want %g", cases[i].name, value(&bench, cases[i].name, T - 1),
                      cases[i].want);
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_was_not_seen_is_missing)
{
    struct bench bench;
    bench_init(&bench);
    set_demand(&bench);
    const int64_t last = bench.block.offset[0] + END;
    bench.block.target[last - 1] = NAN;
    for (int64_t j = 2; j < 9; j++)
        bench.block.available[last - j] = 0;
    fill(&bench, 0, 0);
    ck_assert(isnan(value(&bench, "lag_2", T - 1)) && isnan(value(&bench, "lag_9", T - 1)));
    ck_assert(!isnan(value(&bench, "lag_1", T - 1)) && !isnan(value(&bench, "phase_5", T - 1)));
    ck_assert(isnan(value(&bench, "mean_7", T - 2)) && isnan(value(&bench, "zeros_7", T - 2)));
    ck_assert_double_eq_tol(value(&bench, "missing_7", T - 1), 6. / 7, 1e-6);
    ck_assert_double_eq_tol(value(&bench, "stock_7", T - 1), 2. / 7, 1e-6);
    ck_assert(value(&bench, "stock", T - 1) == 1 && value(&bench, "stock", T - 3) == 0);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_network_is_told_0_for_what_is_missing_beside_a_flag)
{
    struct bench bench;
    bench_init(&bench);
    const int64_t width = mq_engineered_width(&bench.features);
    const int64_t sparse = mq_engineered_sparse(&bench.features);
    const int64_t inputs = mq_engineered_inputs(&bench.features);
    mq_real own[MOST];
    int64_t missing = 0;
    for (int64_t i = 0; i < N; i++) {
        fill(&bench, 0, i);
        for (int64_t t = 0; t < T; t++) {
            const mq_real *told = bench.batch.engineered + t * inputs;
            mq_engineered_fill(&bench.features, &bench.batch, 0, t, own);
            for (int64_t e = 0; e < width; e++) {
                const bool is_missing = isnan((double)own[e]);
                ck_assert(told[e] == (is_missing ? 0 : own[e]));
                if (e < sparse) ck_assert(told[width + e] == (is_missing ? 1 : 0));
                missing += is_missing;
            }
        }
    }
    ck_assert_int_gt(missing, 0);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_product_without_history_has_finite_inputs)
{
    enum { EMPTY = 5 };
    struct bench bench;
    bench_init(&bench);
    const int64_t n = T * mq_engineered_inputs(&bench.features);
    fill(&bench, 0, EMPTY);
    for (int64_t i = 0; i < n; i++)
        ck_assert(isfinite((double)bench.batch.engineered[i]));
    fill(&bench, 1, 0);
    mq_window_pad(&bench.batch, &bench.features, 1);
    for (int64_t i = 0; i < n; i++)
        ck_assert(bench.batch.engineered[n + i] == 0);
    bench_release(&bench);
}
END_TEST

// Everything of series i after `period` becomes noise.
static void disturb_after(struct bench *bench, int64_t i, int64_t period)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, (uint64_t)period, (uint32_t)i);
    const struct mq_series_block *block = &bench->block;
    for (int64_t j = 0; j < block->length[i]; j++) {
        if (block->start[i] + j <= period) continue;
        const int64_t at = block->offset[i] + j;
        block->target[at] = mq_rng_below(&rng, 4) == 0 ? NAN : (float)mq_rng_below(&rng, 1000);
        block->available[at] = (float)mq_rng_below(&rng, 2);
        block->past[TRAFFIC][at] = (float)mq_rng_below(&rng, 1000);
    }
}

START_TEST(test_nothing_after_a_fork_changes_its_features)
{
    struct bench bench;
    bench_init(&bench);
    const int64_t inputs = mq_engineered_inputs(&bench.features);
    for (int64_t i = 0; i < N; i++) {
        for (int64_t t = T - 1; t >= 0; t -= 4) {
            fill(&bench, 0, i);
            disturb_after(&bench, i, END - T + 1 + t);
            fill(&bench, 1, i);
            ck_assert_mem_eq(bench.batch.engineered, bench.batch.engineered + T * inputs,
                             (size_t)((t + 1) * inputs) * sizeof(mq_real));
        }
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_fork_sees_the_same_from_any_window)
{
    struct bench bench;
    struct mq_batch narrow;
    bench_init(&bench);
    const int64_t inputs = mq_engineered_inputs(&bench.features);
    ck_ok(mq_batch_init(&narrow, &bench.features, shape_of(&bench.features, MQ_ENGINEERED_STEPS)));
    for (int64_t i = 0; i < N; i++) {
        fill(&bench, 0, i);
        mq_window_fill(&bench.maker, &narrow, 0, &bench.block, i, END, PERIODS);
        ck_assert_mem_eq(bench.batch.engineered + (T - 1) * inputs,
                         narrow.engineered + (MQ_ENGINEERED_STEPS - 1) * inputs,
                         (size_t)inputs * sizeof(mq_real));
    }
    mq_batch_release(&narrow);
    bench_release(&bench);
}
END_TEST

START_TEST(test_seasons_of_every_frequency_are_bounded)
{
    static const int64_t seasons[] = {0, 1, 2, 4, 7, 12, 24, 48, 52, 168, 1000};
    for (size_t i = 0; i < sizeof seasons / sizeof *seasons; i++) {
        const struct mq_features features = {.season = seasons[i], .date_width = 3};
        char name[MQ_ENGINEERED_NAME_MAX];
        ck_assert_int_le(mq_engineered_width(&features), MOST);
        ck_assert_int_ge(mq_engineered_reach(&features), seasons[i]);
        ck_assert_str_eq(mq_engineered_name(&features, 0, name), "lag_1");
    }
}
END_TEST

// With a year shorter than the window, the mean of the window that follows a year before would look
// past the fork.
START_TEST(test_a_year_shorter_than_lately_is_none)
{
    struct bench bench;
    bench_init(&bench);
    bench.features.year = 0;
    const int64_t without = mq_engineered_width(&bench.features);
    bench.features.year = 6;
    ck_assert_int_eq(mq_engineered_width(&bench.features), without);
    bench.features.year = 7;
    ck_assert_int_eq(mq_engineered_width(&bench.features), without + 2);
    bench.features.year = YEAR;
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("engineered");
    tcase_add_test(tc, test_every_feature_has_a_name_of_its_own);
    tcase_add_test(tc, test_demand_is_summed_up_in_the_units_of_the_fork);
    tcase_add_test(tc, test_what_was_not_seen_is_missing);
    tcase_add_test(tc, test_a_network_is_told_0_for_what_is_missing_beside_a_flag);
    tcase_add_test(tc, test_a_product_without_history_has_finite_inputs);
    tcase_add_test(tc, test_nothing_after_a_fork_changes_its_features);
    tcase_add_test(tc, test_a_fork_sees_the_same_from_any_window);
    tcase_add_test(tc, test_a_year_shorter_than_lately_is_none);
    tcase_add_test(tc, test_seasons_of_every_frequency_are_bounded);
    return run_tests("data/engineered", tc);
}
