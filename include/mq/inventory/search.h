/// The cheapest rule on a grid of levels and caps, found by asking for costs.
///
/// A pattern search: MQ_REPLAY_LANES points around the best one so far, ever closer together. Who
/// asks for costs replays (one product) or adds up replays (a catalogue):
///
///     mq_search_begin(&search, levels, caps, at_level, at_cap);
///     while (!search.is_done) {
///         ... cost[w] of point search.point[w], for all w ...
///         mq_search_tell(&search, cost);
///     }
///
/// Costs of base-stock policies are convex in the level where orders do not cross (Janakiraman and
/// Roundy 2004), so the best level is found; with two axes what is found is the best point among
/// its neighbours. Plain data. Local.
#ifndef MQ_INVENTORY_SEARCH_H
#define MQ_INVENTORY_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "mq/inventory/replay.h"

enum { MQ_AXIS_LEVEL, MQ_AXIS_CAP, MQ_AXES };

struct mq_search_point {
    int64_t at[MQ_AXES]; ///< numbers on the grid
};

struct mq_search {
    int64_t n[MQ_AXES]; ///< of the grid; 1: nothing to choose
    int64_t step[MQ_AXES];
    struct mq_search_point best;
    double cost; ///< of `best`, once told
    bool is_done;
    struct mq_search_point point[MQ_REPLAY_LANES]; ///< asked for; some may be alike
};

/// `levels` x `caps` points, the search beginning at one of them, `at`. The first points of a
/// single axis cover all of it.
void mq_search_begin(struct mq_search *search, int64_t levels, int64_t caps,
                     struct mq_search_point at);
/// cost (MQ_REPLAY_LANES) of the points asked for; asks for the next ones or ends.
void mq_search_tell(struct mq_search *search, const double cost[]);

#endif
