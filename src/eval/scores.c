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
                        int64_t horizon, int64_t n_origins, int64_t segments)
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
    MQ_NEW_DO(made->series, (horizon + 1) * (SUM_PINBALL + n_levels));
    MQ_NEW_DO(made->sums, cells_of(made) * (SUM_PINBALL + n_levels));
    MQ_NEW_DO(made->counts, cells_of(made) * (COUNT_COVERED + n_levels));
    *scores = made;
    made = NULL;
done:
    mq_scores_free(made);
    return status;
}

void mq_scores_free(struct mq_scores *scores)
{
    if (scores == NULL) return;
    mq_free(scores->series);
    mq_free(scores->sums);
    mq_free(scores->counts);
    mq_free(scores);
}

// Rounds the series' sums, once each, into those of its segment.
static void add_series(struct mq_scores *scores, int64_t segment)
{
    const int64_t n = (scores->horizon + 1) * (SUM_PINBALL + scores->n_levels);
    for (int64_t i = 0; i < n; i++)
        mq_exact_add(&scores->sums[segment * n + i], scores->series[i]);
    memset(scores->series, 0, (size_t)n * sizeof *scores->series);
}

void mq_scores_add(struct mq_scores *scores, const struct mq_series_facts *facts,
                   const int64_t origin[], const float quantiles[], const float observed[])
{
    MQ_ASSERT(facts->segment >= 0 && facts->segment < scores->segments);
    const int64_t H = scores->horizon;
    const int64_t Q = scores->n_levels;
    for (int64_t o = 0; o < scores->n_origins; o++) {
        const float *newer = quantiles + o * H * Q;
        add_path(scores, facts, newer, observed + o * H);
        if (o == 0) continue;
        MQ_ASSERT(origin[o] > origin[o - 1]);
        add_pairs(scores, facts->segment, origin[o] - origin[o - 1], newer - H * Q, newer,
                  observed + o * H);
    }
    add_series(scores, facts->segment);
}

mq_status mq_scores_reduce(struct mq_scores *scores, struct mq_world *world)
{
    const int64_t sums = cells_of(scores) * (SUM_PINBALL + scores->n_levels);
    MQ_TRY(mq_sum_exact(world, scores->sums, sums));
    return mq_sum_i64(world, scores->counts, cells_of(scores) * (COUNT_COVERED + scores->n_levels));
}
