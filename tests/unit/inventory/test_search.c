// Looking for the cheapest point of a grid.
#include "support/harness.h"

#include <math.h>
#include <stdlib.h>

#include "mq/inventory/search.h"

typedef double cost_function(double level, double cap, const double best[]);

static struct mq_search search(int64_t levels, int64_t caps, struct mq_search_point begin,
                               cost_function *cost_of, const double best[], int *asked)
{
    struct mq_search search;
    *asked = 0;
    mq_search_begin(&search, levels, caps, begin);
    while (!search.is_done) {
        double cost[MQ_REPLAY_LANES];
        for (int w = 0; w < MQ_REPLAY_LANES; w++)
            cost[w] = cost_of((double)search.point[w].at[MQ_AXIS_LEVEL],
                              (double)search.point[w].at[MQ_AXIS_CAP], best);
        mq_search_tell(&search, cost);
        ck_assert_int_lt(++*asked, 100);
    }
    return search;
}

// Steeper below than above, like costs of stock.
static double hinge(double level, double cap, const double best[])
{
    (void)cap;
    return level < best[0] ? 9 * (best[0] - level) : level - best[0];
}

START_TEST(test_every_level_of_an_axis_is_found_in_a_few_steps)
{
    for (int64_t n = 1; n <= 1025; n += n < 40 ? 1 : 123)
        for (int64_t best = 0; best < n; best++) {
            int asked = 0;
            const struct mq_search found = search(n, 1, (struct mq_search_point){{n / 2, 0}}, hinge,
                                                  (double[]){(double)best}, &asked);
            ck_assert_int_eq(found.best.at[MQ_AXIS_LEVEL], best);
            ck_assert_int_eq(found.best.at[MQ_AXIS_CAP], 0);
            ck_assert_int_le(asked, 7);
        }
}
END_TEST

// A bowl along a slope: a higher level goes with a lower cap.
static double bowl(double level, double cap, const double best[])
{
    const double along = (level - best[0]) + (cap - best[1]);
    const double across = (level - best[0]) - (cap - best[1]);
    return along * along + 0.2 * across * across;
}

START_TEST(test_a_level_and_a_cap_are_found_together)
{
    for (int64_t level = 0; level < 60; level += 7)
        for (int64_t cap = 0; cap < 60; cap += 5) {
            int asked = 0;
            const double best[] = {(double)level, (double)cap};
            const struct mq_search found =
                search(60, 60, (struct mq_search_point){{30, 10}}, bowl, best, &asked);
            ck_assert_int_eq(found.best.at[MQ_AXIS_LEVEL], level);
            ck_assert_int_eq(found.best.at[MQ_AXIS_CAP], cap);
        }
}
END_TEST

static double flat(double level, double cap, const double best[])
{
    (void)level;
    (void)cap;
    return best[0];
}

START_TEST(test_a_search_ends_where_all_points_cost_the_same)
{
    int asked = 0;
    const struct mq_search found =
        search(100, 100, (struct mq_search_point){{50, 50}}, flat, (double[]){3}, &asked);
    ck_assert(found.cost == 3);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("search");
    tcase_add_test(tc, test_every_level_of_an_axis_is_found_in_a_few_steps);
    tcase_add_test(tc, test_a_level_and_a_cap_are_found_together);
    tcase_add_test(tc, test_a_search_ends_where_all_points_cost_the_same);
    return run_tests("inventory/search", tc);
}
