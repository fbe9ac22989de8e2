// The sums of one series: doubles, until they are rounded into the cells.
#include <math.h>
#include <string.h>

#include "eval/tally.h"
#include "mq/base/alloc.h"

enum { COUNT_ROWS = 3, LEVEL_COUNT_ROWS = 2 };

// Numbers of rows over horizons, over those and whole forecasts, and over horizons and levels.
static int64_t row_of(const struct mq_scores *scores)
{
    return mq_round_up(scores->horizon, VECTOR);
}

static int64_t sums_of(const struct mq_scores *scores)
{
    return mq_round_up(scores->horizon + 1, VECTOR) * SUM_PINBALL;
}

static int64_t levels_of(const struct mq_scores *scores)
{
    return mq_round_up(scores->horizon * scores->n_levels, VECTOR);
}

static void path_release(struct path *path)
{
    mq_free(path->room);
    mq_free(path->loss);
    mq_free(path->median);
}

static mq_status path_init(struct path *path, const struct mq_scores *scores)
{
    // Pairs read both from a later horizon on, a vector at a time.
    MQ_NEW(path->room, levels_of(scores) + VECTOR);
    MQ_NEW(path->loss, levels_of(scores) + VECTOR);
    MQ_NEW(path->median, row_of(scores));
    return MQ_OK;
}

mq_status series_init(struct series *series, const struct mq_scores *scores)
{
    const int64_t Q = scores->n_levels;
    const int64_t row = row_of(scores), levels = levels_of(scores);
    MQ_NEW(series->sum, sums_of(scores) + levels);
    MQ_NEW(series->points, COUNT_ROWS * row);
    MQ_NEW(series->covered, LEVEL_COUNT_ROWS * levels);
    series->loss = series->sum + sums_of(scores);
    series->pairs = series->points + row;
    series->crossed = series->pairs + row;
    series->below = series->covered + levels;
    MQ_NEW(series->level, levels);
    MQ_NEW(series->is_higher, levels);
    MQ_NEW(series->y, row);
    MQ_NEW(series->y_at_levels, levels + VECTOR);
    MQ_NEW(series->term, levels);
    MQ_TRY(path_init(&series->now, scores));
    MQ_TRY(path_init(&series->older, scores));
    for (int64_t i = 0; i < scores->horizon * Q; i++) {
        series->level[i] = scores->levels[i % Q];
        series->is_higher[i] = i % Q > 0;
    }
    for (int64_t h = 0; h < row; h++)
        series->y[h] = (double)NAN;
    return MQ_OK;
}

void series_release(struct series *series)
{
    mq_free(series->sum);
    mq_free(series->points);
    mq_free(series->covered);
    mq_free(series->level);
    mq_free(series->is_higher);
    mq_free(series->y);
    mq_free(series->y_at_levels);
    mq_free(series->term);
    path_release(&series->now);
    path_release(&series->older);
}

void series_clear(struct series *series, const struct mq_scores *scores)
{
    const int64_t row = row_of(scores), levels = levels_of(scores);
    memset(series->sum, 0, (size_t)(sums_of(scores) + levels) * sizeof *series->sum);
    memset(series->points, 0, (size_t)(COUNT_ROWS * row) * sizeof *series->points);
    memset(series->covered, 0, (size_t)(LEVEL_COUNT_ROWS * levels) * sizeof *series->covered);
    series->forecasts = series->paths = 0;
}

// Rounds one sum, once, into the cells that it belongs to.
static void put_sum(const struct cell cells[], int n, int64_t i, double term)
{
    struct mq_exact sum = {0};
    if (term == 0) return;
    mq_exact_add(&sum, term);
    for (int c = 0; c < n; c++)
        mq_exact_merge(&cells[c].sum[i], &sum);
}

static void put_count(const struct cell cells[], int n, int64_t i, int64_t count)
{
    for (int c = 0; c < n; c++)
        cells[c].count[i] += count;
}

void series_put(const struct mq_scores *scores, const struct mq_series_facts *facts, int64_t h,
                const struct cell cells[], int n)
{
    const struct series *series = &scores->series;
    const int64_t Q = scores->n_levels;
    for (int i = 0; i < SUM_PINBALL; i++)
        put_sum(cells, n, i, sum_row(scores, (enum tally_sum)i)[h]);
    if (h == scores->horizon) {
        put_count(cells, n, COUNT_PATHS, series->paths);
        return;
    }
    put_count(cells, n, COUNT_POINTS, series->points[h]);
    put_count(cells, n, COUNT_SCALED, facts->seasonal_mae > 0 ? series->points[h] : 0);
    put_count(cells, n, COUNT_FORECASTS, series->forecasts);
    put_count(cells, n, COUNT_CROSSED, series->crossed[h]);
    put_count(cells, n, COUNT_PAIRS, series->pairs[h]);
    for (int64_t q = 0; q < Q; q++) {
        put_sum(cells, n, SUM_PINBALL + q, series->loss[h * Q + q]);
        put_count(cells, n, COUNT_COVERED + q, series->covered[h * Q + q]);
        put_count(cells, n, COUNT_COVERED + Q + q, series->below[h * Q + q]);
    }
}
