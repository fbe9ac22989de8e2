// Points around the best one: a row of 16 on one axis, 4 x 4 on two.
#include "mq/inventory/search.h"

#include <math.h>

#include "mq/base/int.h"
#include "mq/base/status.h"

// Points on an axis, and how many of them lie below the best one. With two axes a move costs little,
// and all eight neighbours of the best point are seen.
struct row {
    int64_t points;
    int64_t below;
};

static struct row row_of(const struct mq_search *search, int axis)
{
    if (search->n[axis] == 1) return (struct row){1, 0};
    if (search->n[1 - axis] == 1) return (struct row){MQ_REPLAY_LANES, MQ_REPLAY_LANES / 2 - 1};
    return (struct row){4, 1};
}

static void ask(struct mq_search *search)
{
    const struct row level = row_of(search, MQ_AXIS_LEVEL);
    for (int64_t w = 0; w < MQ_REPLAY_LANES; w++) {
        const int64_t place[MQ_AXES] = {w % level.points, w / level.points};
        for (int a = 0; a < MQ_AXES; a++) {
            const int64_t offset =
                search->n[a] > 1 ? (place[a] - row_of(search, a).below) * search->step[a] : 0;
            const int64_t at = search->best.at[a] + offset;
            search->point[w].at[a] = mq_max_i64(0, mq_min_i64(at, search->n[a] - 1));
        }
    }
}

void mq_search_begin(struct mq_search *search, int64_t levels, int64_t caps,
                     struct mq_search_point at)
{
    *search = (struct mq_search){.n = {levels, caps}, .best = at, .cost = HUGE_VAL};
    for (int a = 0; a < MQ_AXES; a++) {
        const int64_t points = row_of(search, a).points;
        MQ_ASSERT(at.at[a] >= 0 && at.at[a] < search->n[a]);
        search->step[a] = mq_max_i64(1, mq_ceil_div(search->n[a], points > 4 ? points : 8));
    }
    ask(search);
}

// Whether the points asked for reach beyond `at` on both sides, as far as the grid goes.
static bool is_inside(const struct mq_search *search, int axis, int64_t before, int64_t at)
{
    const struct row row = row_of(search, axis);
    const int64_t low = before - row.below * search->step[axis];
    const int64_t high = before + (row.points - 1 - row.below) * search->step[axis];
    return (at > low || at == 0) && (at < high || at == search->n[axis] - 1);
}

void mq_search_tell(struct mq_search *search, const double cost[])
{
    const struct mq_search_point before = search->best;
    bool is_around = true;
    bool is_finest = true;
    for (int w = 0; w < MQ_REPLAY_LANES; w++) {
        if (!(cost[w] < search->cost)) continue;
        search->cost = cost[w];
        search->best = search->point[w];
    }
    for (int a = 0; a < MQ_AXES; a++) {
        if (search->n[a] == 1) continue;
        is_around = is_around && is_inside(search, a, before.at[a], search->best.at[a]);
        is_finest = is_finest && search->step[a] == 1;
    }
    search->is_done = is_around && is_finest;
    for (int a = 0; a < MQ_AXES && is_around && !is_finest; a++)
        search->step[a] =
            mq_ceil_div(search->step[a], mq_max_i64(row_of(search, a).points / 2 - 1, 2));
    if (!search->is_done) ask(search);
}
