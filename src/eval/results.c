// From sums to scores: totals over cells, ratios, JSON.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "eval/tally.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"

/// Cells added up.
struct total {
    const struct mq_scores *scores;
    struct mq_exact sum[SUM_PINBALL + MQ_LEVELS_MAX];
    int64_t count[COUNT_COVERED + 2 * MQ_LEVELS_MAX];
};

static void add_cell(struct total *total, struct cell cell)
{
    for (int64_t i = 0; i < SUM_PINBALL + total->scores->n_levels; i++)
        mq_exact_merge(&total->sum[i], &cell.sum[i]);
    for (int64_t i = 0; i < tally_counts(total->scores); i++)
        total->count[i] += cell.count[i];
}

static void add_cells(struct total *total, int64_t segment, int64_t first_h, int64_t last_h)
{
    for (int64_t h = first_h; h <= last_h; h++)
        add_cell(total, cell_at(total->scores, segment, h));
}

static struct total overall(const struct mq_scores *scores)
{
    struct total total = {.scores = scores};
    for (int64_t s = 0; s < scores->segments; s++)
        add_cells(&total, s, 0, scores->horizon);
    return total;
}

// ---- ratios ------------------------------------------------------------------------------------

static double ratio(double numerator, double denominator)
{
    if (!(denominator > 0)) return NAN;
    return numerator / denominator;
}

static double sum_of(const struct total *total, int64_t index)
{
    return mq_exact_value(&total->sum[index]);
}

static double mean_of(const struct total *total, enum tally_sum sum, enum tally_count count)
{
    return ratio(sum_of(total, sum), (double)total->count[count]);
}

static double wql(const struct total *total, int64_t q)
{
    return 2 * ratio(sum_of(total, SUM_PINBALL + q), sum_of(total, SUM_ABS_Y));
}

static double coverage(const struct total *total, int64_t q)
{
    return ratio((double)total->count[COUNT_COVERED + q], (double)total->count[COUNT_POINTS]);
}

static double below(const struct total *total, int64_t q)
{
    const int64_t n_levels = total->scores->n_levels;
    return ratio((double)total->count[COUNT_COVERED + n_levels + q],
                 (double)total->count[COUNT_POINTS]);
}

static double coverage_gap(const struct total *total)
{
    double gap = total->count[COUNT_POINTS] > 0 ? 0 : (double)NAN;
    for (int64_t q = 0; q < total->scores->n_levels; q++) {
        const double level = total->scores->levels[q];
        gap = fmax(gap, fmax(below(total, q) - level, level - coverage(total, q)));
    }
    return gap;
}

static double mean_wql(const struct total *total)
{
    double sum = 0;
    for (int64_t q = 0; q < total->scores->n_levels; q++)
        sum += wql(total, q);
    return sum / (double)total->scores->n_levels;
}

static double coverage_error(const struct total *total)
{
    double sum = 0;
    for (int64_t q = 0; q < total->scores->n_levels; q++)
        sum += fabs(coverage(total, q) - total->scores->levels[q]);
    return sum / (double)total->scores->n_levels;
}

static double mase(const struct total *total)
{
    return mean_of(total, SUM_SCALED_ERROR, COUNT_SCALED);
}

static double smape(const struct total *total)
{
    return 200 * mean_of(total, SUM_SYMMETRIC, COUNT_POINTS);
}

static double wape(const struct total *total)
{
    return ratio(sum_of(total, SUM_ABS_ERROR), sum_of(total, SUM_ABS_Y));
}

static double rmsse(const struct total *total)
{
    return mean_of(total, SUM_SCALED_RMS, COUNT_PATHS);
}

static double msis(const struct total *total)
{
    if (total->scores->high == 0) return NAN;
    return mean_of(total, SUM_SCALED_INTERVAL, COUNT_SCALED);
}

static double msis_alpha(const struct total *total)
{
    const struct mq_scores *scores = total->scores;
    if (scores->high == 0) return NAN;
    return 2 * scores->levels[scores->low];
}

static double bias(const struct total *total)
{
    return ratio(sum_of(total, SUM_ERROR), sum_of(total, SUM_ABS_Y));
}

static double crossing_rate(const struct total *total)
{
    return ratio((double)total->count[COUNT_CROSSED], (double)total->count[COUNT_FORECASTS]);
}

static double volatility(const struct total *total)
{
    return ratio(sum_of(total, SUM_VOLATILITY), sum_of(total, SUM_PAIR_ABS_Y));
}

static double change(const struct total *total)
{
    return 200 * mean_of(total, SUM_CHANGE, COUNT_PAIRS);
}

static const struct {
    const char *name;
    double (*value)(const struct total *total);
} score_rows[] = {
    {"mean_wQL", mean_wql},
    {"MAE_coverage", coverage_error},
    {"MASE", mase},
    {"sMAPE", smape},
    {"WAPE", wape},
    {"RMSSE", rmsse},
    {"MSIS", msis},
    {"MSIS_alpha", msis_alpha},
    {"bias", bias},
    {"crossing_rate", crossing_rate},
    {"coverage_gap", coverage_gap},
    {"sEV", volatility},
    {"sFPC", change},
};
enum { SCORE_ROWS = sizeof score_rows / sizeof *score_rows };

// ---- JSON --------------------------------------------------------------------------------------

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *kept_if(bool is_whole, json_t *json)
{
    if (is_whole) return json;
    json_decref(json);
    return NULL;
}

enum { LEVEL_TEXT_MAX = 32 };

static void print_level(char text[LEVEL_TEXT_MAX], double level)
{
    (void)snprintf(text, LEVEL_TEXT_MAX, "%.10g", level);
}

static json_t *per_level(const struct total *total, double (*value)(const struct total *, int64_t))
{
    const struct mq_scores *scores = total->scores;
    json_t *object = json_object();
    bool is_whole = object != NULL;
    for (int64_t q = 0; q < scores->n_levels; q++) {
        char level[LEVEL_TEXT_MAX];
        print_level(level, scores->levels[q]);
        is_whole = is_whole && json_object_set_new(object, level, number(value(total, q))) == 0;
    }
    return kept_if(is_whole, object);
}

// Adds every score of `total` to `object`; false when memory ran out.
static bool set_scores(json_t *object, const struct total *total)
{
    bool is_whole =
        json_object_set_new(object, "points", json_integer(total->count[COUNT_POINTS])) == 0;
    is_whole &= json_object_set_new(object, "sum_abs_y", number(sum_of(total, SUM_ABS_Y))) == 0;
    for (int i = 0; i < SCORE_ROWS; i++) {
        is_whole &= json_object_set_new(object, score_rows[i].name,
                                        number(score_rows[i].value(total))) == 0;
        if (i > 0) continue;
        is_whole &= json_object_set_new(object, "wQL", per_level(total, wql)) == 0;
        is_whole &= json_object_set_new(object, "coverage", per_level(total, coverage)) == 0;
        is_whole &= json_object_set_new(object, "below", per_level(total, below)) == 0;
    }
    return is_whole;
}

json_t *mq_scores_json(const struct mq_scores *scores)
{
    const struct total total = overall(scores);
    json_t *object = json_object();
    return kept_if(object != NULL && set_scores(object, &total), object);
}

json_t *mq_scores_by_horizon(const struct mq_scores *scores)
{
    json_t *list = json_array();
    bool is_whole = list != NULL;
    for (int64_t h = 0; h < scores->horizon && is_whole; h++) {
        struct total total = {.scores = scores};
        for (int64_t s = 0; s < scores->segments; s++)
            add_cells(&total, s, h, h);
        json_t *object = json_object();
        is_whole = object != NULL && json_array_append_new(list, object) == 0 &&
                   json_object_set_new(object, "h", json_integer(h + 1)) == 0 &&
                   set_scores(object, &total);
    }
    return kept_if(is_whole, list);
}

json_t *mq_scores_by_segment(const struct mq_scores *scores, const char *const names[])
{
    json_t *segments = json_object();
    bool is_whole = segments != NULL;
    for (int64_t s = 0; s < scores->segments && is_whole; s++) {
        struct total total = {.scores = scores};
        add_cells(&total, s, 0, scores->horizon);
        json_t *object = json_object();
        is_whole = object != NULL && json_object_set_new(segments, names[s], object) == 0 &&
                   set_scores(object, &total);
    }
    return kept_if(is_whole, segments);
}

// The deciles of `series` products by volume: a bin belongs to the one that its middle product is in.
enum { DECILES = 10 };

struct decile {
    struct total total;
    int64_t series;
    int64_t first_bin;
    int64_t last_bin;
};

static void fill_deciles(const struct mq_scores *scores, struct decile deciles[DECILES])
{
    int64_t n = 0;
    for (int64_t bin = 0; bin < VOLUME_BINS; bin++)
        n += scores->bin_series[bin];
    int64_t before = 0;
    for (int64_t bin = 0; bin < VOLUME_BINS; bin++) {
        const int64_t here = scores->bin_series[bin];
        if (here == 0) continue;
        struct decile *decile = &deciles[(2 * before + here) * DECILES / (2 * n)];
        if (decile->series == 0) decile->first_bin = bin;
        decile->last_bin = bin;
        decile->series += here;
        decile->total.scores = scores;
        add_cell(&decile->total, group_at(scores, bin));
        before += here;
    }
}

static json_t *decile_json(const struct decile *decile, int number_of_it)
{
    json_t *object = json_pack("{s:i, s:I, s:[o, o]}", "decile", number_of_it, "series",
                               (json_int_t)decile->series, "mean_demand",
                               number(volume_of_bin(decile->first_bin)),
                               number(volume_of_bin(decile->last_bin + 1)));
    return kept_if(object != NULL && set_scores(object, &decile->total), object);
}

json_t *mq_scores_by_volume(const struct mq_scores *scores)
{
    MQ_ASSERT(scores->group_sums != NULL);
    struct decile *deciles = mq_calloc(DECILES, sizeof *deciles);
    if (deciles == NULL) return NULL;
    fill_deciles(scores, deciles);
    json_t *list = json_array();
    for (int i = 0; i < DECILES; i++)
        if (deciles[i].series > 0) mq_json_append(&list, decile_json(&deciles[i], i + 1));
    mq_free(deciles);
    return list;
}

json_t *mq_scores_by_history(const struct mq_scores *scores)
{
    static const char *const names[MQ_HISTORY_KINDS] = {"none", "short", "full"};
    MQ_ASSERT(scores->group_sums != NULL);
    json_t *kinds = json_object();
    for (int kind = 0; kind < MQ_HISTORY_KINDS; kind++) {
        struct total total = {.scores = scores};
        add_cell(&total, group_at(scores, VOLUME_BINS + kind));
        json_t *object = json_object();
        mq_json_set(&kinds, names[kind],
                    kept_if(object != NULL && set_scores(object, &total), object));
    }
    return kinds;
}

double mq_scores_value(const struct mq_scores *scores, const char *name)
{
    const struct total total = overall(scores);
    for (int i = 0; i < SCORE_ROWS; i++)
        if (strcmp(name, score_rows[i].name) == 0) return score_rows[i].value(&total);
    for (int64_t q = 0; q < scores->n_levels; q++) {
        char level[LEVEL_TEXT_MAX];
        char key[LEVEL_TEXT_MAX + 16];
        print_level(level, scores->levels[q]);
        (void)snprintf(key, sizeof key, "wQL[%s]", level);
        if (strcmp(name, key) == 0) return wql(&total, q);
        (void)snprintf(key, sizeof key, "coverage[%s]", level);
        if (strcmp(name, key) == 0) return coverage(&total, q);
    }
    return NAN;
}
