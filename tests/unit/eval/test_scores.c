// Every score by hand, and how sums add up.
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/rng.h"
#include "mq/eval/scores.h"

static const double tight = 1e-9;

static const struct mq_series_facts unknown_facts = {.seasonal_mae = NAN, .step_mse = NAN};
static const int64_t origin_zero[] = {0};

static struct mq_scores *new_scores(const double levels[], int64_t n_levels, int64_t horizon,
                                    int64_t n_origins, int64_t segments)
{
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, levels, n_levels, horizon, n_origins, segments, false));
    return scores;
}

static void check_value(const struct mq_scores *scores, const char *name, double want)
{
    const double got = mq_scores_value(scores, name);
    ck_assert_msg(fabs(got - want) < tight, "%s: got %.17g, want %.17g", name, got, want);
}

static void check_undefined(const struct mq_scores *scores, const char *name)
{
    ck_assert_msg(isnan(mq_scores_value(scores, name)), "%s is defined", name);
}

// One series, one origin, two horizons, levels 0.1 0.5 0.9:
//   y = 10, quantiles 8 11 12;   y = 5, quantiles 6 8 10
static const double three_levels[] = {0.1, 0.5, 0.9};
static const float three_quantiles[] = {8, 11, 12, 6, 8, 10};
static const float two_points[] = {10, 5};

static struct mq_scores *scored_example(void)
{
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 1);
    const struct mq_series_facts facts = {.seasonal_mae = 2, .step_mse = 5, .segment = 0};
    mq_scores_add(scores, &facts, origin_zero, three_quantiles, two_points);
    return scores;
}

START_TEST(test_losses_are_ratios_of_sums)
{
    struct mq_scores *scores = scored_example();
    check_value(scores, "wQL[0.1]", 2 * (0.1 * 2 + 0.9 * 1) / 15);
    check_value(scores, "wQL[0.5]", 2 * (0.5 * 1 + 0.5 * 3) / 15);
    check_value(scores, "wQL[0.9]", 2 * (0.1 * 2 + 0.1 * 5) / 15);
    check_value(scores, "mean_wQL", 2 * (1.1 + 2.0 + 0.7) / 15 / 3);
    check_value(scores, "WAPE", 4.0 / 15);
    check_value(scores, "bias", 4.0 / 15);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_coverage_is_the_share_at_or_below_the_quantile)
{
    struct mq_scores *scores = scored_example();
    check_value(scores, "coverage[0.1]", 0.5);
    check_value(scores, "coverage[0.5]", 1);
    check_value(scores, "coverage[0.9]", 1);
    check_value(scores, "MAE_coverage", (0.4 + 0.5 + 0.1) / 3);
    mq_scores_free(scores);
}
END_TEST

// y = 0 0 1, always quantiles 0 0 1: shares of y <= x are 2/3 2/3 1, of y < x 0 0 2/3.
START_TEST(test_a_level_is_right_that_lies_between_below_and_coverage)
{
    static const float pieces[] = {0, 0, 1, 0, 0, 1, 0, 0, 1};
    static const float few[] = {0, 0, 1};
    struct mq_scores *scores = new_scores(three_levels, 3, 3, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, pieces, few);
    json_t *json = mq_scores_json(scores);
    const json_t *below = json_object_get(json, "below");
    ck_assert(json_real_value(json_object_get(below, "0.5")) == 0);
    ck_assert_double_eq_tol(json_real_value(json_object_get(below, "0.9")), 2.0 / 3, tight);
    check_value(scores, "MAE_coverage", (2.0 / 3 - 0.1 + 2.0 / 3 - 0.5 + 0.1) / 3);
    check_value(scores, "coverage_gap", 0);
    json_decref(json);
    mq_scores_free(scores);
    scores = scored_example(); // without ties both are 0.5 1 1
    check_value(scores, "coverage_gap", 0.5);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_scaled_scores_divide_by_the_past_of_the_series)
{
    struct mq_scores *scores = scored_example();
    check_value(scores, "MASE", (1 + 3) / 2.0 / 2);
    check_value(scores, "RMSSE", sqrt((1 + 9) / 2.0 / 5));
    check_value(scores, "sMAPE", 200 * (1 / 21.0 + 3 / 13.0) / 2);
    // Interval 0.1 to 0.9, alpha 0.2: width 4; width 4 and missed below by 1 at 2 / 0.2 each.
    check_value(scores, "MSIS", (4 + 4 + 10) / 2.0 / 2);
    check_value(scores, "MSIS_alpha", 0.2);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_series_without_a_scale_are_left_out_of_scaled_scores)
{
    struct mq_scores *scores = scored_example();
    const struct mq_series_facts flat = {.seasonal_mae = 0, .step_mse = 0, .segment = 0};
    mq_scores_add(scores, &flat, origin_zero, three_quantiles, two_points);
    mq_scores_add(scores, &unknown_facts, origin_zero, three_quantiles, two_points);
    check_value(scores, "MASE", 1);
    check_value(scores, "RMSSE", 1);
    check_value(scores, "MSIS", 4.5);
    check_value(scores, "WAPE", 4.0 / 15);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_rmsse_is_a_mean_over_forecasts_not_over_points)
{
    static const double level[] = {0.5};
    static const int64_t origin[] = {0, 10};
    static const float forecast[] = {1, 1, 7, 0};
    static const float observed[] = {0, 0, 0, NAN};
    const struct mq_series_facts facts = {.seasonal_mae = 1, .step_mse = 1, .segment = 0};
    struct mq_scores *scores = new_scores(level, 1, 2, 2, 1);
    mq_scores_add(scores, &facts, origin, forecast, observed);
    check_value(scores, "RMSSE", (1 + 7) / 2.0);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_pinball_at_one_half_is_half_the_absolute_error)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    for (int i = 0; i < 1000; i++) {
        const double y = mq_rng_normal(&rng);
        const double x = mq_rng_normal(&rng);
        ck_assert_double_eq_tol(mq_quantile_loss(0.5, y, x), fabs(y - x) / 2, 1e-15);
    }
    struct mq_scores *scores = scored_example();
    check_value(scores, "wQL[0.5]", mq_scores_value(scores, "WAPE"));
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_median_between_levels_is_interpolated)
{
    static const double levels[] = {0.2, 0.4, 0.8};
    static const float quantiles[] = {0, 10, 30};
    static const float observed[] = {20};
    struct mq_scores *scores = new_scores(levels, 3, 1, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, quantiles, observed);
    check_value(scores, "WAPE", (20 - 15) / 20.0);
    check_value(scores, "MSIS_alpha", 0.4);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_median_beyond_the_levels_is_the_nearest_level)
{
    static const double high[] = {0.7, 0.9};
    static const double low[] = {0.1, 0.3};
    static const float quantiles[] = {4, 8};
    static const float observed[] = {5};
    struct mq_scores *above = new_scores(high, 2, 1, 1, 1);
    struct mq_scores *below = new_scores(low, 2, 1, 1, 1);
    mq_scores_add(above, &unknown_facts, origin_zero, quantiles, observed);
    mq_scores_add(below, &unknown_facts, origin_zero, quantiles, observed);
    check_value(above, "bias", -1 / 5.0);
    check_value(below, "bias", 3 / 5.0);
    check_undefined(above, "MSIS");
    check_undefined(above, "MSIS_alpha");
    mq_scores_free(above);
    mq_scores_free(below);
}
END_TEST

START_TEST(test_zero_demand_has_no_ratio_but_the_other_scores)
{
    static const float quantiles[] = {0, 0, 0, 0, 0, 1};
    static const float nothing[] = {0, 0};
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, quantiles, nothing);
    static const char *const undefined[] = {"mean_wQL", "wQL[0.5]", "WAPE", "bias",
                                            "MASE",     "RMSSE",    "MSIS", "sEV"};
    for (size_t i = 0; i < sizeof undefined / sizeof *undefined; i++)
        check_undefined(scores, undefined[i]);
    check_value(scores, "sMAPE", 0);
    check_value(scores, "coverage[0.1]", 1);
    json_t *json = mq_scores_json(scores);
    ck_assert(json_is_null(json_object_get(json, "mean_wQL")));
    ck_assert(json_is_null(json_object_get(json_object_get(json, "wQL"), "0.9")));
    ck_assert(json_real_value(json_object_get(json_object_get(json, "coverage"), "0.9")) == 1);
    json_decref(json);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_nothing_scored_leaves_everything_undefined)
{
    static const float unobserved[] = {NAN, NAN};
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, three_quantiles, unobserved);
    check_undefined(scores, "coverage[0.5]");
    check_undefined(scores, "coverage_gap");
    check_undefined(scores, "sMAPE");
    check_undefined(scores, "no_such_score");
    check_value(scores, "crossing_rate", 0);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_unobserved_points_do_not_count)
{
    static const float half[] = {10, NAN};
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, three_quantiles, half);
    check_value(scores, "WAPE", 1 / 10.0);
    check_value(scores, "coverage[0.1]", 0);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_crossing_counts_forecasts_with_any_quantile_out_of_order)
{
    static const float quantiles[] = {1, 2, 3, 3, 2, 1, 2, 2, 2, 1, 3, 2};
    static const float observed[] = {1, 1, 1, NAN};
    struct mq_scores *scores = new_scores(three_levels, 3, 4, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, quantiles, observed);
    check_value(scores, "crossing_rate", 0.5);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_a_forecast_that_is_not_finite_makes_the_score_undefined)
{
    static const float quantiles[] = {8, NAN, 12, 6, 8, 10};
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 1);
    mq_scores_add(scores, &unknown_facts, origin_zero, quantiles, two_points);
    check_undefined(scores, "wQL[0.5]");
    check_value(scores, "wQL[0.1]", 2 * 1.1 / 15);
    mq_scores_free(scores);
}
END_TEST

// More horizons and levels than a vector has room for, and not whole vectors of them.
START_TEST(test_long_horizons_and_many_levels_are_scored_alike)
{
    enum { LONG = 13, MANY = 9 };
    double levels[MANY];
    double loss[MANY] = {0}, covered[MANY] = {0};
    float quantiles[LONG * MANY];
    float observed[LONG];
    double sum_y = 0, sum_error = 0, sum_absolute = 0, sum_missed = 0, squares = 0;
    int points = 0;
    struct mq_rng rng = mq_rng_at(8, MQ_RNG_TEST, 0, 0);
    for (int q = 0; q < MANY; q++)
        levels[q] = (q + 1) / 10.0;
    for (int h = 0; h < LONG; h++) {
        observed[h] = h % 5 == 2 ? NAN : (float)mq_rng_below(&rng, 20);
        for (int q = 0; q < MANY; q++)
            quantiles[h * MANY + q] = (float)(2 * q + 4 * mq_rng_uniform(&rng)); // may cross
        if (h % 5 == 2) continue;
        const double y = (double)observed[h];
        const float *x = quantiles + h * MANY;
        const double low = (double)x[0], high = (double)x[MANY - 1];
        points++;
        sum_y += y;
        sum_error += (double)x[4] - y;
        sum_absolute += fabs((double)x[4] - y);
        squares += ((double)x[4] - y) * ((double)x[4] - y);
        sum_missed += high - low + 2 / 0.2 * (fmax(low - y, 0) + fmax(y - high, 0));
        for (int q = 0; q < MANY; q++) {
            loss[q] += mq_quantile_loss(levels[q], y, (double)x[q]);
            covered[q] += y <= (double)x[q];
        }
    }
    struct mq_scores *scores = new_scores(levels, MANY, LONG, 1, 1);
    const struct mq_series_facts facts = {.seasonal_mae = 3, .step_mse = 5};
    mq_scores_add(scores, &facts, origin_zero, quantiles, observed);
    for (int q = 0; q < MANY; q++) {
        char name[32];
        (void)snprintf(name, sizeof name, "wQL[0.%d]", q + 1);
        check_value(scores, name, 2 * loss[q] / sum_y);
        (void)snprintf(name, sizeof name, "coverage[0.%d]", q + 1);
        check_value(scores, name, covered[q] / points);
    }
    check_value(scores, "WAPE", sum_absolute / sum_y);
    check_value(scores, "bias", sum_error / sum_y);
    check_value(scores, "MASE", sum_absolute / 3 / points);
    check_value(scores, "MSIS", sum_missed / 3 / points);
    check_value(scores, "RMSSE", sqrt(squares / points / 5));
    mq_scores_free(scores);
}
END_TEST

// ---- sums
// ------------------------------------------------------------------------------------------

enum { SERIES = 40, H = 3, O = 2, Q = 3 };

struct random_series {
    struct mq_series_facts facts;
    float quantiles[O * H * Q];
    float observed[O * H];
};

static void draw(struct random_series *series, uint64_t number)
{
    struct mq_rng rng = mq_rng_at(7, MQ_RNG_TEST, number, 0);
    series->facts = (struct mq_series_facts){
        .seasonal_mae = mq_rng_uniform(&rng),
        .step_mse = mq_rng_uniform(&rng),
        .segment = (int64_t)mq_rng_below(&rng, 4),
    };
    for (int i = 0; i < O * H * Q; i++)
        series->quantiles[i] = (float)(100 * mq_rng_uniform(&rng));
    for (int i = 0; i < O * H; i++)
        series->observed[i] = (float)(100 * mq_rng_uniform(&rng));
}

static char *text_of(json_t *json)
{
    ck_assert_ptr_nonnull(json);
    char *text = json_dumps(json, JSON_REAL_PRECISION(17));
    json_decref(json);
    return text;
}

START_TEST(test_permuting_series_gives_the_same_bits)
{
    static const int64_t origin[] = {4, 5};
    static const char *const names[] = {"a", "b", "c", "d"};
    struct mq_scores *forward = new_scores(three_levels, Q, H, O, 4);
    struct mq_scores *shuffled = new_scores(three_levels, Q, H, O, 4);
    struct random_series series;
    for (uint64_t i = 0; i < SERIES; i++) {
        draw(&series, i);
        mq_scores_add(forward, &series.facts, origin, series.quantiles, series.observed);
        draw(&series, i * 17 % SERIES);
        mq_scores_add(shuffled, &series.facts, origin, series.quantiles, series.observed);
    }
    char *texts[] = {text_of(mq_scores_json(forward)),
                     text_of(mq_scores_json(shuffled)),
                     text_of(mq_scores_by_horizon(forward)),
                     text_of(mq_scores_by_horizon(shuffled)),
                     text_of(mq_scores_by_segment(forward, names)),
                     text_of(mq_scores_by_segment(shuffled, names))};
    for (int i = 0; i < 6; i += 2)
        ck_assert_str_eq(texts[i], texts[i + 1]);
    for (int i = 0; i < 6; i++)
        free(texts[i]);
    mq_scores_free(forward);
    mq_scores_free(shuffled);
}
END_TEST

static double summed(json_t *parts, const char *key)
{
    double sum = 0;
    if (json_is_array(parts)) {
        for (size_t i = 0; i < json_array_size(parts); i++)
            sum += json_number_value(json_object_get(json_array_get(parts, i), key));
        return sum;
    }
    const char *name = NULL;
    json_t *part = NULL;
    json_object_foreach(parts, name, part) sum += json_number_value(json_object_get(part, key));
    return sum;
}

START_TEST(test_segments_and_horizons_add_up_to_the_whole)
{
    static const int64_t origin[] = {4, 5};
    static const char *const names[] = {"a", "b", "c", "d"};
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, three_levels, Q, H, O, 4, true));
    struct random_series series;
    for (uint64_t i = 0; i < SERIES; i++) {
        draw(&series, i);
        const enum mq_history history[] = {i % 3, MQ_HISTORY_FULL};
        series.facts.mean_demand = (double)i;
        series.facts.history = history;
        mq_scores_add(scores, &series.facts, origin, series.quantiles, series.observed);
    }
    json_t *whole = mq_scores_json(scores);
    json_t *parts[] = {mq_scores_by_horizon(scores), mq_scores_by_segment(scores, names),
                       mq_scores_by_volume(scores), mq_scores_by_history(scores)};
    ck_assert_uint_eq(json_array_size(parts[0]), H);
    ck_assert_uint_eq(json_object_size(parts[1]), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(summed(parts[i], "points"), SERIES * O * H);
        ck_assert_double_eq_tol(summed(parts[i], "sum_abs_y"),
                                json_number_value(json_object_get(whole, "sum_abs_y")), 1e-6);
        json_decref(parts[i]);
    }
    json_decref(whole);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_a_segment_scores_its_own_series_only)
{
    static const char *const names[] = {"even", "odd", "none"};
    static const float other[] = {1, 1, 1, 1, 1, 1};
    struct mq_scores *scores = new_scores(three_levels, 3, 2, 1, 3);
    struct mq_series_facts facts = {.seasonal_mae = 2, .step_mse = 5, .segment = 0};
    mq_scores_add(scores, &facts, origin_zero, three_quantiles, two_points);
    facts.segment = 1;
    mq_scores_add(scores, &facts, origin_zero, other, two_points);
    json_t *parts = mq_scores_by_segment(scores, names);
    const json_t *even = json_object_get(parts, "even");
    ck_assert_double_eq_tol(json_number_value(json_object_get(even, "WAPE")), 4.0 / 15, tight);
    ck_assert_double_eq_tol(json_number_value(json_object_get(even, "RMSSE")), 1, tight);
    ck_assert(json_is_null(json_object_get(json_object_get(parts, "none"), "WAPE")));
    json_decref(parts);
    mq_scores_free(scores);
}
END_TEST

static struct mq_scores *new_grouped(int64_t n_origins)
{
    struct mq_scores *scores = NULL;
    ck_ok(mq_scores_new(&scores, three_levels, 3, 2, n_origins, 1, true));
    return scores;
}

static double number_in(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "no number '%s'", key);
    return json_number_value(value);
}

START_TEST(test_volume_deciles_hold_a_tenth_of_the_products_each)
{
    struct mq_scores *scores = new_grouped(1);
    for (int i = 0; i < 20; i++) { // demands 1, 2, 4, ..., not in order
        const int power = i * 7 % 20;
        const struct mq_series_facts facts = {.mean_demand = ldexp(1, power)};
        const float observed[] = {(float)power, NAN};
        mq_scores_add(scores, &facts, origin_zero, three_quantiles, observed);
    }
    json_t *deciles = mq_scores_by_volume(scores);
    ck_assert_uint_eq(json_array_size(deciles), 10);
    for (size_t d = 0; d < 10; d++) {
        const json_t *decile = json_array_get(deciles, d);
        const json_t *demand = json_object_get(decile, "mean_demand");
        ck_assert_double_eq(number_in(decile, "decile"), (double)d + 1);
        ck_assert_double_eq(number_in(decile, "series"), 2);
        ck_assert_double_eq(number_in(decile, "points"), 2);
        ck_assert_double_eq(number_in(decile, "sum_abs_y"), (double)(4 * d + 1));
        ck_assert_double_eq(json_number_value(json_array_get(demand, 0)), ldexp(1, 2 * (int)d));
        ck_assert_double_eq(json_number_value(json_array_get(demand, 1)),
                            ldexp(17.0 / 16, 2 * (int)d + 1)); // the bin of the second ends there
    }
    json_decref(deciles);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_products_of_one_volume_share_a_decile)
{
    static const double demands[] = {0, 0, 0, 0, 0, 0, 7, 1e30, NAN};
    struct mq_scores *scores = new_grouped(1);
    for (int i = 0; i < 9; i++) {
        const struct mq_series_facts facts = {.mean_demand = demands[i]};
        mq_scores_add(scores, &facts, origin_zero, three_quantiles, two_points);
    }
    json_t *deciles = mq_scores_by_volume(scores);
    ck_assert_uint_eq(json_array_size(deciles), 3); // the product without demand is in none
    const json_t *zeros = json_array_get(deciles, 0);
    const json_t *largest = json_array_get(deciles, 2);
    ck_assert_double_eq(number_in(zeros, "series"), 6);
    ck_assert_double_eq(number_in(zeros, "decile"), 4); // where their middle is: 3 of 8
    ck_assert_double_eq(number_in(largest, "decile"), 10);
    ck_assert(json_is_null(json_array_get(json_object_get(largest, "mean_demand"), 1)));
    json_decref(deciles);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_forecasts_belong_to_the_history_at_their_origin)
{
    static const int64_t origin[] = {4, 14, 24};
    static const enum mq_history history[] = {MQ_HISTORY_NONE, MQ_HISTORY_SHORT, MQ_HISTORY_SHORT};
    static const float quantiles[18];
    static const float observed[] = {1, 2, 4, 8, 16, 32};
    struct mq_scores *scores = new_grouped(3);
    const struct mq_series_facts facts = {.mean_demand = NAN, .history = history};
    mq_scores_add(scores, &facts, origin, quantiles, observed);
    json_t *kinds = mq_scores_by_history(scores);
    ck_assert_double_eq(number_in(json_object_get(kinds, "none"), "sum_abs_y"), 3);
    ck_assert_double_eq(number_in(json_object_get(kinds, "short"), "sum_abs_y"), 60);
    ck_assert_double_eq(number_in(json_object_get(kinds, "short"), "points"), 4);
    ck_assert_double_eq(number_in(json_object_get(kinds, "full"), "points"), 0);
    json_decref(kinds);
    mq_scores_free(scores);
}
END_TEST

START_TEST(test_more_levels_than_fit_are_refused)
{
    double levels[MQ_LEVELS_MAX + 1];
    for (int q = 0; q <= MQ_LEVELS_MAX; q++)
        levels[q] = (q + 1.0) / (MQ_LEVELS_MAX + 2);
    struct mq_scores *scores = NULL;
    ck_fails(mq_scores_new(&scores, levels, MQ_LEVELS_MAX + 1, 1, 1, 1, false), MQ_USAGE, "65");
    ck_assert_ptr_null(scores);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_losses_are_ratios_of_sums);
    tcase_add_test(tc, test_coverage_is_the_share_at_or_below_the_quantile);
    tcase_add_test(tc, test_a_level_is_right_that_lies_between_below_and_coverage);
    tcase_add_test(tc, test_scaled_scores_divide_by_the_past_of_the_series);
    tcase_add_test(tc, test_series_without_a_scale_are_left_out_of_scaled_scores);
    tcase_add_test(tc, test_rmsse_is_a_mean_over_forecasts_not_over_points);
    tcase_add_test(tc, test_pinball_at_one_half_is_half_the_absolute_error);
    tcase_add_test(tc, test_median_between_levels_is_interpolated);
    tcase_add_test(tc, test_median_beyond_the_levels_is_the_nearest_level);
    tcase_add_test(tc, test_zero_demand_has_no_ratio_but_the_other_scores);
    tcase_add_test(tc, test_nothing_scored_leaves_everything_undefined);
    tcase_add_test(tc, test_unobserved_points_do_not_count);
    tcase_add_test(tc, test_volume_deciles_hold_a_tenth_of_the_products_each);
    tcase_add_test(tc, test_products_of_one_volume_share_a_decile);
    tcase_add_test(tc, test_forecasts_belong_to_the_history_at_their_origin);
    tcase_add_test(tc, test_crossing_counts_forecasts_with_any_quantile_out_of_order);
    tcase_add_test(tc, test_a_forecast_that_is_not_finite_makes_the_score_undefined);
    tcase_add_test(tc, test_long_horizons_and_many_levels_are_scored_alike);
    tcase_add_test(tc, test_permuting_series_gives_the_same_bits);
    tcase_add_test(tc, test_segments_and_horizons_add_up_to_the_whole);
    tcase_add_test(tc, test_a_segment_scores_its_own_series_only);
    tcase_add_test(tc, test_more_levels_than_fit_are_refused);
    return run_tests("eval/scores", tc);
}
