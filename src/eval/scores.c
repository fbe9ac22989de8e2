// Score accumulators: a cell of exact sums per segment and horizon, added over ranks as integers.
#include "mq/eval/scores.h"

#include <math.h>
#include <string.h>

#include "eval/tally.h"
#include "mq/base/alloc.h"

static const double same_level = 1e-9;

// 0.5 between two levels is a weighted mean of theirs; beyond the levels, the outermost one.
static void find_median(struct mq_scores *scores)
{
    const double *levels = scores->levels;
    int64_t left = 0;
    while (left + 1 < scores->n_levels && levels[left + 1] <= 0.5 + same_level)
        left++;
    scores->median = left;
    const bool is_inside = left + 1 < scores->n_levels && levels[left] < 0.5 - same_level;
    if (is_inside) scores->median_weight = (0.5 - levels[left]) / (levels[left + 1] - levels[left]);
}

static void find_interval(struct mq_scores *scores)
{
    for (int64_t low = 0; low < scores->n_levels; low++) {
        for (int64_t high = scores->n_levels - 1; high > low; high--) {
            if (fabs(scores->levels[low] + scores->levels[high] - 1) > same_level) continue;
            scores->low = low;
            scores->high = high;
            return;
        }
    }
}

static int64_t cells_of(const struct mq_scores *scores)
{
    return scores->segments * (scores->horizon + 1);
}

mq_status mq_scores_new(struct mq_scores **scores, const double levels[], int64_t n_levels,
                        int64_t horizon, int64_t n_origins, int64_t segments, bool has_groups)
{
    MQ_ASSERT(n_levels >= 1 && horizon >= 1 && n_origins >= 1 && segments >= 1);
    *scores = NULL;
    if (n_levels > MQ_LEVELS_MAX)
        return mq_fail(MQ_USAGE, "%lld quantile levels, at most %d can be scored",
                       (long long)n_levels, (int)MQ_LEVELS_MAX);
    mq_status status = MQ_OK;
    struct mq_scores *made = NULL;
    MQ_NEW(made, 1);
    memcpy(made->levels, levels, (size_t)n_levels * sizeof *levels);
    made->n_levels = n_levels;
    made->horizon = horizon;
    made->n_origins = n_origins;
    made->segments = segments;
    find_median(made);
    find_interval(made);
    MQ_DO(series_init(&made->series, made));
    MQ_NEW_DO(made->sums, cells_of(made) * (SUM_PINBALL + n_levels));
    MQ_NEW_DO(made->counts, cells_of(made) * tally_counts(made));
    if (has_groups) {
        MQ_NEW_DO(made->group_sums, GROUPS * (SUM_PINBALL + n_levels));
        MQ_NEW_DO(made->group_counts, GROUPS * tally_counts(made));
        MQ_NEW_DO(made->bin_series, VOLUME_BINS);
    }
    *scores = made;
    made = NULL;
done:
    mq_scores_free(made);
    return status;
}

void mq_scores_free(struct mq_scores *scores)
{
    if (scores == NULL) return;
    series_release(&scores->series);
    mq_free(scores->sums);
    mq_free(scores->counts);
    mq_free(scores->group_sums);
    mq_free(scores->group_counts);
    mq_free(scores->bin_series);
    mq_free(scores);
}

// Adds what the series has so far to its segment and groups, and begins again.
static void add_series(struct mq_scores *scores, const struct mq_series_facts *facts,
                       enum mq_history history)
{
    const int64_t bin = scores->group_sums != NULL ? volume_bin(facts->mean_demand) : -1;
    for (int64_t h = 0; h <= scores->horizon; h++) {
        struct cell cells[3] = {cell_at(scores, facts->segment, h)};
        int n = 1;
        if (scores->group_sums != NULL) cells[n++] = group_at(scores, VOLUME_BINS + history);
        if (bin >= 0) cells[n++] = group_at(scores, bin);
        series_put(scores, facts, h, cells, n);
    }
    series_clear(&scores->series, scores);
}

static enum mq_history history_at(const struct mq_series_facts *facts, int64_t o)
{
    return facts->history != NULL ? facts->history[o] : MQ_HISTORY_FULL;
}

void mq_scores_add(struct mq_scores *scores, const struct mq_series_facts *facts,
                   const int64_t origin[], const float quantiles[], const float observed[])
{
    MQ_ASSERT(facts->segment >= 0 && facts->segment < scores->segments);
    const int64_t H = scores->horizon;
    const int64_t Q = scores->n_levels;
    for (int64_t o = 0; o < scores->n_origins; o++) {
        if (o > 0 && history_at(facts, o) != history_at(facts, o - 1))
            add_series(scores, facts, history_at(facts, o - 1));
        add_path(scores, facts, quantiles + o * H * Q, (scores->n_origins - o - 1) * H * Q,
                 observed + o * H);
        if (o == 0) continue;
        MQ_ASSERT(origin[o] > origin[o - 1]);
        add_pairs(scores, origin[o] - origin[o - 1]);
    }
    add_series(scores, facts, history_at(facts, scores->n_origins - 1));
    if (scores->group_sums != NULL && !isnan(facts->mean_demand))
        scores->bin_series[volume_bin(facts->mean_demand)]++;
}

// `n` cells of sums and counts.
static mq_status reduce_cells(const struct mq_scores *scores, struct mq_world *world, int64_t n,
                              struct mq_exact sums[], int64_t counts[])
{
    MQ_TRY(mq_sum_exact(world, sums, n * (SUM_PINBALL + scores->n_levels)));
    return mq_sum_i64(world, counts, n * tally_counts(scores));
}

mq_status mq_scores_reduce(struct mq_scores *scores, struct mq_world *world)
{
    MQ_TRY(reduce_cells(scores, world, cells_of(scores), scores->sums, scores->counts));
    if (scores->group_sums == NULL) return MQ_OK;
    MQ_TRY(reduce_cells(scores, world, GROUPS, scores->group_sums, scores->group_counts));
    return mq_sum_i64(world, scores->bin_series, VOLUME_BINS);
}
