// Windows: nothing of a fork comes from after it; masks, scales and padding by hand.
#include "support/panels.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/data/window.h"
#include "support/harness.h"

enum { N = 12, PERIODS = 60, T = 20, H = 6, SPAN = 14, D = T + H, LATE = 3, EMPTY = 5 };

static const struct mq_data_settings everything = {.statics = {1, {"all"}},
                                                   .known = {1, {"all"}},
                                                   .past = {1, {"all"}},
                                                   .calendar = true,
                                                   .scaling = MQ_SCALING_STANDARD,
                                                   .lags = {2, {"1", "7x2"}}};
static const struct mq_window_shape shape = {
    .series = 2, .context = T, .horizon = H, .scale_span = SPAN};

// One catalogue, its block in memory, and one batch of two rows.
struct bench {
    struct mq_panel *panel;
    struct mq_features features;
    struct mq_window_maker maker;
    struct mq_series_block block;
    struct mq_batch batch;
};

// What dates tell of the events around a period.
struct nearness {
    int64_t period;
    double next;
    double last;
};

static void bench_open(struct bench *bench, const struct mq_data_settings *settings,
                       double volume_weight)
{
    struct catalogue catalogue;
    struct mq_statistics *statistics = mq_calloc(1, sizeof *statistics);
    catalogue_init(&catalogue, N, PERIODS);
    bench->panel = catalogue_open(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    const struct mq_panel_info *info = mq_panel_info(bench->panel);
    ck_ok(mq_features_select(&bench->features, settings, info));
    ck_ok(mq_panel_read(bench->panel, 0, N, &bench->block));
    mq_statistics_add(statistics, info, &bench->block, PERIODS);
    ck_ok(mq_features_fit(&bench->features, statistics, bench->panel, PERIODS));
    ck_ok(
        mq_window_maker_init(&bench->maker, &bench->features, bench->panel, volume_weight, T + H));
    ck_ok(mq_batch_init(&bench->batch, &bench->features, shape));
    mq_free(statistics);
}

static void bench_init(struct bench *bench, double volume_weight)
{
    bench_open(bench, &everything, volume_weight);
}

static void bench_release(struct bench *bench)
{
    mq_batch_release(&bench->batch);
    mq_window_maker_release(&bench->maker);
    mq_series_block_release(&bench->block);
    mq_panel_close(bench->panel);
}

static void fill(struct bench *bench, int64_t b, int64_t i, int64_t end, int64_t limit)
{
    mq_window_fill(&bench->maker, &bench->batch, b, &bench->block, i, end, limit);
}

// Series i at `period`, as the block holds it; NaN outside.
static float value_at(const struct bench *bench, const float *values, int64_t i, int64_t period)
{
    const int64_t j = period - bench->block.start[i];
    return j >= 0 && j < bench->block.length[i] ? values[bench->block.offset[i] + j] : NAN;
}

static bool counts(const struct bench *bench, int64_t i, int64_t period)
{
    return !isnan(value_at(bench, bench->block.target, i, period)) &&
           value_at(bench, bench->block.available, i, period) > 0;
}

// Everything of series i after `period` becomes noise: targets, stock, past covariates.
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

static void check_same(const mq_real *a, const mq_real *b, int64_t n, const char *what,
                       int64_t period)
{
    ck_assert_msg(memcmp(a, b, (size_t)n * sizeof *a) == 0, "%s of forks up to period %lld changed",
                  what, (long long)period);
}

START_TEST(test_nothing_after_a_fork_changes_what_the_fork_sees)
{
    const int64_t end = 45;
    for (int64_t i = 0; i < N; i++) {
        for (int64_t t = 0; t < T; t += 3) {
            struct bench bench;
            bench_init(&bench, 0.5);
            const int64_t period = end - T + 1 + t;
            fill(&bench, 0, i, end, PERIODS);
            disturb_after(&bench, i, period);
            fill(&bench, 1, i, end, PERIODS);
            const struct mq_batch *batch = &bench.batch;
            const int64_t width = bench.features.history_width;
            check_same(batch->history, batch->history + T * width, (t + 1) * width, "history",
                       period);
            check_same(batch->scale, batch->scale + T, t + 1, "scale", period);
            check_same(batch->level, batch->level + T, t + 1, "level", period);
            check_same(batch->weight, batch->weight + T, t + 1, "weight", period);
            check_same(batch->known, batch->known + D * bench.features.known_width,
                       D * bench.features.known_width, "known", period);
            check_same(batch->mask, batch->mask + D, t + 1, "mask", period);
            bench_release(&bench);
        }
    }
}
END_TEST

START_TEST(test_nothing_at_or_past_the_limit_is_seen_at_all)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const int64_t end = 45;
    const int64_t limit = end + 3;
    fill(&bench, 0, 0, end, limit);
    disturb_after(&bench, 0, limit - 1);
    fill(&bench, 1, 0, end, limit);
    const struct mq_batch *batch = &bench.batch;
    check_same(batch->target, batch->target + D, D, "target", limit);
    check_same(batch->mask, batch->mask + D, D, "mask", limit);
    for (int64_t d = T + 2; d < D; d++)
        ck_assert(batch->mask[d] == 0 && batch->target[d] == 0);
    ck_assert(batch->mask[T + 1] == 1);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_target_is_learned_from_when_observed_and_in_stock)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    for (int64_t i = 0; i < N; i++) {
        const int64_t end = 40 + i;
        fill(&bench, 0, i, end, PERIODS);
        for (int64_t d = 0; d < D; d++) {
            const int64_t period = end - T + 1 + d;
            const bool want = counts(&bench, i, period);
            ck_assert(bench.batch.mask[d] == (want ? 1 : 0));
            const float y = value_at(&bench, bench.block.target, i, period);
            ck_assert(bench.batch.target[d] == (want ? (mq_real)y : 0));
        }
    }
    bench_release(&bench);
}
END_TEST

// Mean of the counted points, or of |points|, of the span that ends at `period`; their number.
static double span_mean(const struct bench *bench, int64_t i, int64_t period, bool is_absolute,
                        double *n)
{
    double sum = 0;
    *n = 0;
    for (int64_t p = period - SPAN + 1; p <= period; p++) {
        if (!counts(bench, i, p)) continue;
        const double y = (double)value_at(bench, bench->block.target, i, p);
        sum += is_absolute ? fabs(y) : y;
        *n += 1;
    }
    return *n > 0 ? sum / *n : 0;
}

START_TEST(test_a_scale_of_means_counts_the_catalogue_as_one_observation)
{
    struct mq_data_settings settings = everything;
    struct bench bench;
    settings.scaling = MQ_SCALING_MEAN;
    bench_open(&bench, &settings, 0.5);
    const double prior = bench.features.mean_absolute;
    for (int64_t i = 0; i < N; i++) {
        const int64_t end = 12 + 4 * i;
        fill(&bench, 0, i, end, PERIODS);
        for (int64_t t = 0; t < T; t++) {
            double n = 0;
            const double mean = span_mean(&bench, i, end - T + 1 + t, true, &n);
            const double want = (mean * n + prior) / (n + 1);
            ck_assert_double_eq_tol((double)bench.batch.scale[t], want, 1e-6 * want);
            ck_assert(bench.batch.level[t] == 0);
        }
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_standard_scale_is_the_deviation_from_the_running_mean_if_that_is_smaller)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const double prior = bench.features.mean_absolute;
    for (int64_t i = 0; i < N; i++) {
        const int64_t end = 12 + 4 * i;
        fill(&bench, 0, i, end, PERIODS);
        for (int64_t t = 0; t < T; t++) {
            const int64_t fork = end - T + 1 + t;
            double deviation = 0;
            double n_deviating = 0;
            for (int64_t period = fork - SPAN + 1; period <= fork; period++) {
                double n = 0;
                const double before = span_mean(&bench, i, period - 1, false, &n);
                if (!counts(&bench, i, period) || n == 0) continue;
                const double y = (double)value_at(&bench, bench.block.target, i, period);
                deviation += fabs(y - before);
                n_deviating += y != before;
            }
            double n = 0;
            const double absolute = span_mean(&bench, i, fork, true, &n);
            const double mean = span_mean(&bench, i, fork, false, &n);
            const double shrink = 1 / (1 + n_deviating);
            const double scale =
                fmin((deviation + shrink * prior) / (n + shrink), (absolute * n + prior) / (n + 1));
            const double level = (mean * n + shrink * prior) / (n + shrink) / scale;
            ck_assert_double_eq_tol((double)bench.batch.scale[t], scale, 1e-5 * scale);
            ck_assert_double_eq_tol((double)bench.batch.level[t], level, 1e-5 * level);
        }
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_without_scaling_the_catalogue_has_one_scale)
{
    struct mq_data_settings settings = everything;
    struct bench bench;
    settings.scaling = MQ_SCALING_NONE;
    bench_open(&bench, &settings, 0.5);
    fill(&bench, 0, 1, 45, PERIODS);
    for (int64_t t = 0; t < T; t++) {
        ck_assert(bench.batch.scale[t] == (mq_real)bench.features.mean_absolute);
        ck_assert(bench.batch.level[t] == 0);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_logarithm_is_taken_first_and_can_be_undone)
{
    struct mq_data_settings settings = everything;
    struct bench bench;
    settings.transform = MQ_TRANSFORM_LOG1P;
    bench_open(&bench, &settings, 0.5);
    fill(&bench, 0, 1, 45, PERIODS);
    for (int64_t d = 0; d < D; d++) {
        const int64_t period = 45 - T + 1 + d;
        if (!counts(&bench, 1, period)) continue;
        const double y = (double)value_at(&bench, bench.block.target, 1, period);
        ck_assert_double_eq_tol((double)bench.batch.target[d], log1p(y), 1e-6);
        ck_assert_double_eq_tol(mq_window_restore(&bench.features, log1p(y)), y, 1e-9 * (1 + y));
    }
    ck_assert(bench.features.mean_absolute < log1p(50));
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_negative_target_that_comes_after_training_is_0_to_a_logarithm)
{
    struct mq_data_settings settings = everything;
    struct bench bench;
    settings.transform = MQ_TRANSFORM_LOG1P;
    bench_open(&bench, &settings, 0.5);
    for (int64_t j = 0; j < bench.block.length[0]; j++)
        bench.block.target[bench.block.offset[0] + j] = j % 2 == 0 ? -1.0F : -7.0F;
    fill(&bench, 0, 0, 45, PERIODS);
    for (int64_t t = 0; t < T; t++) {
        ck_assert(isfinite(bench.batch.scale[t]) && isfinite(bench.batch.level[t]));
        ck_assert(bench.batch.target[t] == 0);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_past_holds_what_counts_as_far_back_as_lags_reach)
{
    enum { REACH = 14 };
    struct bench bench;
    bench_init(&bench, 0.5);
    fill(&bench, 0, 0, 45, PERIODS);
    fill(&bench, 1, 1, 45, PERIODS);
    for (int64_t j = 0; j < REACH + T; j++) {
        const int64_t period = 45 - (REACH + T) + 1 + j;
        const mq_real y = bench.batch.past[REACH + T + j];
        const float want = value_at(&bench, bench.block.target, 1, period);
        ck_assert(counts(&bench, 1, period) ? y == (mq_real)want : isnan(y));
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_was_out_of_stock_neither_scales_nor_teaches)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const int64_t end = 45;
    const int64_t t = 9;
    const int64_t at = bench.block.offset[0] + end - T + 1 + t;
    bench.block.target[at] = 7;
    bench.block.available[at] = 0;
    fill(&bench, 0, 0, end, PERIODS);
    bench.block.target[at] = 7000;
    fill(&bench, 1, 0, end, PERIODS);
    const struct mq_batch *batch = &bench.batch;
    check_same(batch->scale, batch->scale + T, T, "scale", end);
    check_same(batch->target, batch->target + D, D, "target", end);
    ck_assert(batch->mask[t] == 0);
    ck_assert(batch->history[t * bench.features.history_width + 4] == 0); // in stock: no
    bench_release(&bench);
}
END_TEST

START_TEST(test_history_is_squashed_around_the_level_of_its_step)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const int64_t end = 45;
    fill(&bench, 0, 1, end, PERIODS);
    for (int64_t t = 0; t < T; t++) {
        const mq_real *row = bench.batch.history + t * bench.features.history_width;
        const double y = (double)value_at(&bench, bench.block.target, 1, end - T + 1 + t);
        const double scale = (double)bench.batch.scale[t];
        const double level = (double)bench.batch.level[t];
        ck_assert(row[1] == (isnan(y) ? 0 : 1));
        ck_assert_double_eq_tol((double)row[0], isnan(y) ? 0 : asinh(y / scale - level), 1e-6);
        ck_assert_double_eq_tol((double)row[2], 0.5 * log(scale / bench.features.mean_absolute),
                                1e-6);
        ck_assert_double_eq_tol((double)row[3], asinh(level), 1e-6);
        const double traffic =
            (double)value_at(&bench, bench.block.past[TRAFFIC], 1, end - T + 1 + t);
        ck_assert_double_eq_tol(
            (double)row[5],
            (traffic - bench.features.mean[TRAFFIC]) / bench.features.deviation[TRAFFIC], 1e-5);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_forks_before_the_launch_are_empty_but_the_last_one_counts)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const int64_t launch = bench.block.start[LATE];
    const int64_t end = launch + 4; // T - 5 steps of padding on the left
    fill(&bench, 0, LATE, end, PERIODS);
    for (int64_t t = 0; t < T; t++) {
        const int64_t period = end - T + 1 + t;
        const mq_real *row = bench.batch.history + t * bench.features.history_width;
        ck_assert((bench.batch.weight[t] > 0) == (period >= launch - 1));
        if (period >= launch) continue;
        ck_assert(row[0] == 0 && row[1] == 0 && row[5] == 0 && bench.batch.mask[t] == 0);
        ck_assert_double_eq_tol((double)bench.batch.scale[t], bench.features.mean_absolute, 1e-6);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_window_before_the_first_period_is_padded_on_the_left)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    fill(&bench, 0, 1, 3, PERIODS);
    const int64_t padding = T - 4;
    for (int64_t t = 0; t < padding; t++)
        ck_assert(bench.batch.mask[t] == 0 && (bench.batch.weight[t] > 0) == (t == padding - 1));
    for (int64_t d = padding; d < D; d++)
        ck_assert(bench.batch.mask[d] == (counts(&bench, 1, d - padding) ? 1 : 0));
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_series_without_values_is_finite_and_weighs_nothing)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    ck_assert_int_eq(bench.block.length[EMPTY], 0);
    fill(&bench, 0, EMPTY, PERIODS - 1, PERIODS);
    for (int64_t t = 0; t < T; t++) {
        ck_assert(bench.batch.weight[t] == 0);
        ck_assert_double_eq_tol((double)bench.batch.scale[t], bench.features.mean_absolute, 1e-6);
    }
    for (int64_t d = 0; d < D; d++)
        ck_assert(bench.batch.mask[d] == 0);
    for (int64_t k = 0; k < D * bench.features.known_width; k++)
        ck_assert(isfinite(bench.batch.known[k]));
    for (int64_t k = 0; k < T * bench.features.history_width; k++)
        ck_assert(isfinite(bench.batch.history[k]));
    bench_release(&bench);
}
END_TEST

START_TEST(test_volume_gives_a_fork_its_weight)
{
    static const double powers[] = {0, 0.5, 1};
    for (int p = 0; p < 3; p++) {
        struct bench bench;
        bench_init(&bench, powers[p]);
        fill(&bench, 0, 2, 45, PERIODS);
        for (int64_t t = 0; t < T; t++)
            ck_assert_double_eq_tol(
                (double)bench.batch.weight[t],
                pow((double)bench.batch.scale[t] / bench.features.mean_absolute, powers[p]), 1e-5);
        bench_release(&bench);
    }
}
END_TEST

START_TEST(test_a_known_covariate_shows_its_level_and_its_change)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const struct mq_features *features = &bench.features;
    const int64_t channel = 1 + features->date_width;
    float *price = bench.block.known[PRICE]; // of series 0, which starts at period 0
    price[40] = NAN;
    const int64_t end = PERIODS - 1;
    fill(&bench, 0, 0, end, PERIODS);
    for (int64_t d = 0; d < D; d++) {
        const int64_t date = end - T + 1 + d;
        const mq_real *row = bench.batch.known + d * features->known_width + channel;
        double sum = 0;
        double n = 0;
        for (int64_t before = date - SPAN; before < date; before++) {
            if (isnan(price[before])) continue;
            sum += (double)price[before];
            n += 1;
        }
        const double value = (double)price[date];
        const double level = (value - features->mean[PRICE]) / features->deviation[PRICE];
        const double change = (value - sum / n) / features->deviation[PRICE];
        ck_assert_double_eq_tol((double)row[0], isnan(value) ? 0 : level, 1e-5);
        ck_assert_double_eq_tol((double)row[1], isnan(value) ? 0 : change, 1e-5);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_dates_carry_age_calendar_features_and_shared_covariates)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const struct mq_features *features = &bench.features;
    const int64_t end = 50;
    fill(&bench, 0, LATE, end, PERIODS);
    for (int64_t d = 0; d < D; d++) {
        const int64_t date = end - T + 1 + d;
        const mq_real *row = bench.batch.known + d * features->known_width;
        mq_real want[MQ_CALENDAR_FEATURES_MAX];
        mq_calendar_fill(&mq_panel_info(bench.panel)->calendar, date, bench.features.n_date, want);
        check_same(row + 1, want, features->n_date, "calendar", date);
        const double age = fmin(fmax(0, (double)(date - bench.block.start[LATE])), SPAN);
        ck_assert_double_eq_tol((double)row[0], 0.25 * log1p(age) - 1, 1e-6);
        const double open = (double)mq_panel_calendar(bench.panel, OPEN)[date];
        ck_assert_double_eq_tol((double)row[1 + features->n_date],
                                (open - features->mean[OPEN]) / features->deviation[OPEN], 1e-5);
    }
    bench_release(&bench);
}
END_TEST

// Of a catalogue that is open at `events` (n) alone, for dates up to `reach` around the panel.
static void check_nearness(const int64_t events[], int64_t n, int64_t reach,
                           const struct nearness want[], int64_t n_want)
{
    const struct mq_data_settings settings = {.known = {1, {"open"}}, .event_distances = true};
    struct catalogue catalogue;
    struct mq_features features;
    struct mq_window_maker maker;
    catalogue_init(&catalogue, N, PERIODS);
    memset(catalogue.open, 0, (PERIODS + CATALOGUE_AHEAD) * sizeof *catalogue.open);
    for (int64_t i = 0; i < n; i++)
        catalogue.open[events[i]] = 1;
    struct mq_panel *panel = catalogue_open(&catalogue, test_path("events.h5"));
    ck_ok(mq_features_select(&features, &settings, mq_panel_info(panel)));
    features.deviation[OPEN] = 1;
    ck_ok(mq_window_maker_init(&maker, &features, panel, 0, reach));
    for (int64_t i = 0; i < n_want; i++) {
        const mq_real *row = maker.dates + (want[i].period + reach) * features.date_width;
        ck_assert_double_eq_tol((double)row[1], want[i].next, 1e-7);
        ck_assert_double_eq_tol((double)row[2], want[i].last, 1e-7);
    }
    mq_window_maker_release(&maker);
    mq_panel_close(panel);
    catalogue_release(&catalogue);
}

START_TEST(test_dates_tell_how_near_the_next_event_is_and_the_last_one)
{
    static const int64_t events[] = {10, 40, 68}; // the last one is past the dates of reach 8
    static const struct nearness want[] = {
        {-8, 1.0 / 19, 0},   {0, 1.0 / 11, 0}, {9, 1.0 / 2, 0},     {10, 1, 1},
        {11, 1.0 / 30, 0.5}, {40, 1, 1},       {41, 1.0 / 28, 0.5}, {67, 0.5, 1.0 / 28}};
    static const struct nearness once[] = {
        {9, 0.5, 0}, {10, 1, 1}, {11, 0, 0.5}, {79, 0, 1.0 / 70}};
    check_nearness(events, 3, 8, want, sizeof want / sizeof *want);
    check_nearness(events, 1, 20, once, sizeof once / sizeof *once); // dates past the calendar
}
END_TEST

START_TEST(test_codes_are_translated_and_missing_reals_are_average)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    fill(&bench, 0, 2, 45, PERIODS);
    fill(&bench, 1, 1, 45, PERIODS);
    ck_assert(bench.batch.codes[0] == 2 && bench.batch.codes[1] == 1);
    ck_assert(bench.batch.reals[1] == 0); // NaN in the panel
    ck_assert_double_eq_tol((double)bench.batch.reals[0],
                            (2 - bench.features.mean[WEIGHT]) / bench.features.deviation[WEIGHT],
                            1e-6);
    const int32_t map[CATALOGUE_SHOPS + 1] = {0, 3, 0, 1};
    bench.maker.code_map[0] = map;
    fill(&bench, 0, 2, 45, PERIODS);
    fill(&bench, 1, 1, 45, PERIODS);
    ck_assert(bench.batch.codes[0] == 0 && bench.batch.codes[1] == 3);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_row_does_not_depend_on_its_neighbours)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const struct mq_batch *batch = &bench.batch;
    const int64_t history = T * bench.features.history_width;
    const int64_t known = D * bench.features.known_width;
    fill(&bench, 0, 4, 45, PERIODS);
    fill(&bench, 1, EMPTY, 59, PERIODS);
    fill(&bench, 1, 4, 45, PERIODS); // over the leftovers of another series
    check_same(batch->history, batch->history + history, history, "history", 45);
    check_same(batch->known, batch->known + known, known, "known", 45);
    check_same(batch->scale, batch->scale + T, T, "scale", 45);
    check_same(batch->target, batch->target + D, D, "target", 45);
    ck_assert(batch->series[0] == 4 && batch->series[1] == 4);
    bench_release(&bench);
}
END_TEST

static bool is_all(const mq_real *values, int64_t n, mq_real want)
{
    for (int64_t i = 0; i < n; i++)
        if (values[i] != want) return false;
    return true;
}

START_TEST(test_a_padded_row_is_empty)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const struct mq_batch *batch = &bench.batch;
    fill(&bench, 1, 2, 45, PERIODS);
    mq_window_pad(&bench.batch, &bench.features, 1);
    ck_assert(is_all(batch->history + T * bench.features.history_width,
                     T * bench.features.history_width, 0));
    ck_assert(
        is_all(batch->known + D * bench.features.known_width, D * bench.features.known_width, 0));
    ck_assert(is_all(batch->target + D, D, 0) && is_all(batch->mask + D, D, 0));
    ck_assert(is_all(batch->weight + T, T, 0) && is_all(batch->scale + T, T, 1));
    ck_assert(batch->codes[1] == 0 && batch->reals[1] == 0 && batch->series[1] == -1);
    bench_release(&bench);
}
END_TEST

START_TEST(test_filling_allocates_nothing)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    const uint64_t calls = mq_alloc_calls();
    for (int64_t i = 0; i < N; i++)
        fill(&bench, i % 2, i, 45, PERIODS);
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    bench_release(&bench);
}
END_TEST

static const struct mq_span_list spans = {2, {{0, 1}, {2, 3}}};

// A batch like the bench's, with totals.
static void total_batch(struct bench *bench, struct mq_batch *batch, int64_t i, int64_t limit)
{
    struct mq_window_shape with_totals = shape;
    with_totals.spans = &spans;
    ck_ok(mq_batch_init(batch, &bench->features, with_totals));
    mq_window_fill(&bench->maker, batch, 1, &bench->block, i, 40, limit);
}

START_TEST(test_a_total_counts_where_each_of_its_periods_does)
{
    struct bench bench;
    bench_init(&bench, 0.5);
    int n_whole = 0;
    int n_cut = 0;
    for (int64_t i = 0; i < N; i++) {
        struct mq_batch batch;
        const int64_t limit = i % 2 == 0 ? PERIODS : 43;
        total_batch(&bench, &batch, i, limit);
        for (int64_t s = 0; s < spans.n; s++)
            for (int64_t t = 0; t < T; t++) {
                const int64_t n = mq_span_periods(spans.value[s]);
                double sum = 0;
                bool is_whole = true;
                for (int64_t k = 1; k <= n; k++) {
                    const int64_t period = 40 - T + 1 + t + k;
                    is_whole = is_whole && period < limit && counts(&bench, i, period);
                    sum += (double)value_at(&bench, bench.block.target, i, period);
                }
                const int64_t at = T + 1 + t + 1; // of row 1
                const mq_real total = mq_batch_total(&batch, s).data[at];
                ck_assert(mq_batch_total_mask(&batch, s).data[at] == (mq_real)is_whole);
                const double want = is_whole ? sum / (double)n : 0;
                ck_assert_double_eq_tol((double)total, want, 1e-6 * (1 + want));
                n_whole += is_whole;
                n_cut += !is_whole;
            }
        mq_window_pad(&batch, &bench.features, 1);
        for (int64_t s = 0; s < spans.n; s++)
            for (int64_t t = 0; t <= T; t++)
                ck_assert(mq_batch_total_mask(&batch, s).data[T + 1 + t] == 0);
        mq_batch_release(&batch);
    }
    ck_assert(n_whole > 50 && n_cut > 50);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_total_is_transformed_as_a_whole)
{
    struct bench bench;
    struct mq_batch batch;
    bench_init(&bench, 0.5);
    bench.features.transform = MQ_TRANSFORM_LOG1P;
    float *y = bench.block.target + bench.block.offset[0] + 41 - bench.block.start[0];
    float *available = bench.block.available + bench.block.offset[0] + 41 - bench.block.start[0];
    for (int64_t k = 0; k < 5; k++) {
        y[k] = (float)(1 << k); // 31 in all
        available[k] = 1;
    }
    total_batch(&bench, &batch, 0, PERIODS);
    const double total = (double)mq_batch_total(&batch, 1).data[T + 1 + T];
    ck_assert(fabs(total - log1p(31.0 / 5)) < 1e-6);
    mq_batch_release(&batch);
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("window");
    tcase_add_test(tc, test_nothing_after_a_fork_changes_what_the_fork_sees);
    tcase_add_test(tc, test_nothing_at_or_past_the_limit_is_seen_at_all);
    tcase_add_test(tc, test_a_target_is_learned_from_when_observed_and_in_stock);
    tcase_add_test(tc, test_a_scale_of_means_counts_the_catalogue_as_one_observation);
    tcase_add_test(tc,
                   test_a_standard_scale_is_the_deviation_from_the_running_mean_if_that_is_smaller);
    tcase_add_test(tc, test_without_scaling_the_catalogue_has_one_scale);
    tcase_add_test(tc, test_a_logarithm_is_taken_first_and_can_be_undone);
    tcase_add_test(tc, test_a_negative_target_that_comes_after_training_is_0_to_a_logarithm);
    tcase_add_test(tc, test_the_past_holds_what_counts_as_far_back_as_lags_reach);
    tcase_add_test(tc, test_what_was_out_of_stock_neither_scales_nor_teaches);
    tcase_add_test(tc, test_history_is_squashed_around_the_level_of_its_step);
    tcase_add_test(tc, test_forks_before_the_launch_are_empty_but_the_last_one_counts);
    tcase_add_test(tc, test_a_window_before_the_first_period_is_padded_on_the_left);
    tcase_add_test(tc, test_a_series_without_values_is_finite_and_weighs_nothing);
    tcase_add_test(tc, test_volume_gives_a_fork_its_weight);
    tcase_add_test(tc, test_a_known_covariate_shows_its_level_and_its_change);
    tcase_add_test(tc, test_dates_carry_age_calendar_features_and_shared_covariates);
    tcase_add_test(tc, test_dates_tell_how_near_the_next_event_is_and_the_last_one);
    tcase_add_test(tc, test_codes_are_translated_and_missing_reals_are_average);
    tcase_add_test(tc, test_a_row_does_not_depend_on_its_neighbours);
    tcase_add_test(tc, test_a_padded_row_is_empty);
    tcase_add_test(tc, test_filling_allocates_nothing);
    tcase_add_test(tc, test_a_total_counts_where_each_of_its_periods_does);
    tcase_add_test(tc, test_a_total_is_transformed_as_a_whole);
    return run_tests("data/window", tc);
}
