/// A policy, with the run that feeds it, replayed over the catalogue. Private to simulate/.
#ifndef SIMULATE_ENTRY_H
#define SIMULATE_ENTRY_H

#include "simulate/policy.h"
#include "simulate/tally.h"

/// What the stages share: all of it the same on every rank but the products.
struct simulation {
    struct mq_world *world;
    struct mq_pool *pool;
    struct setup setup;
    struct product *products; ///< (threads)
    struct mq_origins reviews; ///< a period before each review of the replay: origins of forecasts
};

struct entry {
    const struct policy *policy;
    const struct mq_simulated_run *run; ///< NULL: none
    struct mq_search_point tuned; ///< for the catalogue
    struct tally tally;
};

/// Which of a run's loss.spans is a total over so many periods; -1: none.
int64_t span_of_run(const struct mq_simulated_run *run, int64_t periods);

/// Finds the one point for the catalogue at which the policy was cheapest before the span.
/// `base`: the base-stock policy's, for a capped one. Collective.
mq_status entry_tune(struct simulation *simulation, struct entry *entry,
                     const struct mq_search_point *base) MQ_NODISCARD;
/// Replays every product over the span and adds up. Collective.
mq_status entry_replay(struct simulation *simulation, struct entry *entry) MQ_NODISCARD;

#endif
