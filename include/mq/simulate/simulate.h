/// Inventory replay of a panel: what ordering policies would have cost over the evaluation span.
///
/// Time is split as everywhere (data/split.h): policies are tuned on what lies before the first
/// evaluation target, and replayed from there to the last one. A product's replay is its own:
/// products are sharded over ranks and threads, and sums over them are exact, so results are the
/// same bits anywhere.
#ifndef MQ_SIMULATE_SIMULATE_H
#define MQ_SIMULATE_SIMULATE_H

#include <jansson.h>

#include "mq/comm/world.h"
#include "mq/model/predictor.h"

/// A trained run, which feeds a policy.
struct mq_simulated_run {
    const char *name;
    struct mq_model *model;
    double mean_wQL; ///< on the evaluation origins, for the result; NaN: unknown
    bool was_seen; ///< training or validation saw some of the span
};

struct mq_simulation_request {
    const struct mq_experiment *experiment;
    struct mq_panel *panel;
    struct mq_simulated_run *runs;
    int64_t n_runs;
};

/// Name of policy i and what it does, for --help; NULL past the last one.
const char *mq_simulate_policy(int64_t i, const char **summary);

/// Replays the policies of `inventory.policies`; on rank 0 `*json` is simulation.json (README, "From
/// forecast to stock"), owned by the caller, NULL elsewhere. MQ_USAGE for policies, prices and runs
/// that are not there, MQ_DATA for prices that are missing or below 0. Collective.
mq_status mq_simulate(struct mq_world *world, struct mq_pool *pool,
                      const struct mq_simulation_request *request, json_t **json) MQ_NODISCARD;

#endif
