// The policies of an experiment, one after the other: tuned, replayed, summed up.
#include "mq/simulate/simulate.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "simulate/result.h"

const char *mq_simulate_policy(int64_t i, const char **summary)
{
    if (i >= POLICIES) return NULL;
    *summary = policies[i].summary;
    return policies[i].name;
}

// ---- which policies, fed by what ----------------------------------------------------------------

// Whether the experiment asks for it by name; [all] asks for none in particular.
static bool is_named(const struct mq_text_list *list, const char *name)
{
    for (int64_t i = 0; i < list->n; i++)
        if (strcmp(list->value[i], name) == 0) return true;
    return false;
}

static mq_status check_names(const struct mq_text_list *list)
{
    const char *names[POLICIES];
    for (int p = 0; p < POLICIES; p++)
        names[p] = policies[p].name;
    if (list->n == 0) return mq_fail(MQ_USAGE, "inventory.policies: is empty");
    for (int64_t i = 0; i < list->n; i++) {
        bool is_known = list->n == 1 && strcmp(list->value[i], "all") == 0;
        for (int p = 0; p < POLICIES; p++)
            is_known = is_known || strcmp(list->value[i], names[p]) == 0;
        if (is_known) continue;
        (void)mq_fail(MQ_USAGE, "inventory.policies: there is no policy '%s'", list->value[i]);
        const char *nearest = mq_str_nearest(list->value[i], names, POLICIES);
        if (nearest != NULL) return mq_hint("did you mean %s?", nearest);
        return mq_hint("'mqcast simulate --help' lists the policies; [all] stands alone");
    }
    return MQ_OK;
}

// An order has to last for lead + review periods: as far must a forecast reach.
static mq_status check_forecasts(const struct setup *setup, const struct mq_simulated_run *run)
{
    const int64_t horizon = run->model->experiment.data.horizon;
    if (horizon >= setup->cover) return MQ_OK;
    (void)mq_fail(MQ_USAGE,
                  "run %s forecasts %lld periods ahead, but an order has to last for %lld: lead, "
                  "mean delay and review",
                  run->name, (long long)horizon, (long long)setup->cover);
    return mq_hint("train it with data.horizon: %lld, or lower inventory.lead or inventory.review",
                   (long long)setup->cover);
}

// A policy knows the stock that its own orders lead to: it must be that of the replay.
static mq_status check_orders(const struct setup *setup, const struct mq_simulated_run *run)
{
    const struct mq_inventory_settings *own = &run->model->experiment.inventory;
    const struct mq_inventory_settings *here = setup->inventory;
    const char *differs = own->lead != here->lead       ? "lead"
                          : own->review != here->review ? "review"
                          : own->unmet != here->unmet   ? "unmet"
                                                        : NULL;
    bool is_late_alike = own->delays.n == here->delays.n;
    for (int64_t k = 0; is_late_alike && k < here->delays.n; k++)
        is_late_alike = own->delays.value[k] == here->delays.value[k];
    if (differs == NULL && is_late_alike) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "run %s learned to order with another inventory.%s", run->name,
                  differs != NULL ? differs : "delays");
    return mq_hint("simulate with its inventory section, or train it with this one");
}

static bool feeds(const struct policy *policy, const struct mq_simulated_run *run)
{
    return policy->feed == (run->model->forecaster->is_policy ? FEED_ORDERS : FEED_FORECASTS);
}

static mq_status add_fed(const struct setup *setup, const struct policy *policy,
                         struct entry entries[], int64_t *n)
{
    const struct mq_simulation_request *request = setup->request;
    const int64_t before = *n;
    for (int64_t r = 0; r < request->n_runs; r++) {
        const struct mq_simulated_run *run = &request->runs[r];
        if (!feeds(policy, run)) continue;
        MQ_TRY(policy->feed == FEED_ORDERS ? check_orders(setup, run)
                                           : check_forecasts(setup, run));
        entries[(*n)++] = (struct entry){.policy = policy, .run = run};
    }
    if (*n > before || !is_named(&setup->inventory->policies, policy->name)) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "inventory.policies: %s needs %s", policy->name,
                  policy->feed == FEED_ORDERS ? "a policy that was trained" : "forecasts");
    return mq_hint("name trained runs: --run RUN");
}

static mq_status choose_entries(const struct setup *setup, struct entry **entries, int64_t *n)
{
    const struct mq_text_list *list = &setup->inventory->policies;
    MQ_TRY(check_names(list));
    MQ_NEW(*entries, POLICIES + setup->request->n_runs);
    for (int p = 0; p < POLICIES; p++) {
        if (!is_named(list, policies[p].name) && !is_named(list, "all")) continue;
        if (policies[p].feed == FEED_NOTHING)
            (*entries)[(*n)++] = (struct entry){.policy = &policies[p]};
        else
            MQ_TRY(add_fed(setup, &policies[p], *entries, n));
    }
    return MQ_OK;
}

// ---- the simulation -----------------------------------------------------------------------------

static mq_status find_reviews(struct simulation *simulation)
{
    const struct setup *setup = &simulation->setup;
    const int64_t review = setup->inventory->review;
    const int64_t first = setup->begin + mq_mod(setup->counted - setup->begin, review);
    const int64_t n = (setup->end - 1 - first) / review + 1;
    MQ_NEW(simulation->reviews.period, n);
    simulation->reviews.n = n;
    for (int64_t i = 0; i < n; i++)
        simulation->reviews.period[i] = first + i * review - 1;
    if (setup->request->n_runs == 0 || n <= MQ_ORIGINS_MAX) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%lld reviews in the span, forecasts are made at %d at most",
                  (long long)n, (int)MQ_ORIGINS_MAX);
    return mq_hint("lower evaluate.origins, or take a longer inventory.review");
}

static mq_status prepare(struct simulation *simulation, const struct mq_simulation_request *request,
                         struct entry **entries, int64_t *n)
{
    const struct setup *setup = &simulation->setup;
    MQ_TRY(setup_init(&simulation->setup, request));
    MQ_TRY(find_reviews(simulation));
    MQ_NEW(simulation->products, mq_pool_threads(simulation->pool));
    for (int64_t i = 0; i < mq_pool_threads(simulation->pool); i++)
        MQ_TRY(product_init(&simulation->products[i], setup));
    return choose_entries(setup, entries, n);
}

static void release(struct simulation *simulation, struct entry *entries, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        tally_release(&entries[i].tally);
    mq_free(entries);
    for (int64_t i = 0; simulation->products != NULL && i < mq_pool_threads(simulation->pool); i++)
        product_release(&simulation->products[i]);
    mq_free(simulation->products);
    mq_free(simulation->reviews.period);
    setup_release(&simulation->setup);
}

// A capped policy is looked for around the best one without a cap.
static mq_status tune_for_catalogue(struct simulation *simulation, struct entry *entry)
{
    struct entry base = {.policy = &policies[POLICY_BASE_STOCK]};
    const bool begins_at_base = entry->policy->has_level && entry->policy->has_cap;
    if (begins_at_base) MQ_TRY(entry_tune(simulation, &base, NULL));
    return entry_tune(simulation, entry, begins_at_base ? &base.tuned : NULL);
}

static mq_status replay(struct simulation *simulation, struct entry *entry)
{
    const struct setup *setup = &simulation->setup;
    const bool is_shared = setup->inventory->tuned_for == MQ_TUNED_CATALOGUE;
    if (entry->policy->is_tuned && is_shared) MQ_TRY(tune_for_catalogue(simulation, entry));
    MQ_TRY(mq_agree(simulation->world,
                    tally_init(&entry->tally, setup->segments.n, setup->inventory->resamples,
                               (uint64_t)setup->request->experiment->run.seed)));
    MQ_TRY(entry_replay(simulation, entry));
    const double *sum = entry->tally.value + entry->tally.segments * TALLY_SUMS;
    if (mq_rank(simulation->world) != 0 || !(sum[TALLY_OUT_OF_REACH] > 0)) return MQ_OK;
    mq_warn("run %s: the critical ratio of %.0f products lies beyond its levels; the outermost one "
            "stands for it",
            entry->run->name, sum[TALLY_OUT_OF_REACH]);
    return MQ_OK;
}

mq_status mq_simulate(struct mq_world *world, struct mq_pool *pool,
                      const struct mq_simulation_request *request, json_t **json)
{
    struct simulation simulation = {.world = world, .pool = pool};
    struct entry *entries = NULL;
    int64_t n = 0;
    mq_status status = MQ_OK;
    *json = NULL;
    MQ_DO(mq_agree(world, prepare(&simulation, request, &entries, &n)));
    for (int64_t i = 0; i < n; i++)
        MQ_DO(replay(&simulation, &entries[i]));
    if (mq_rank(world) == 0) {
        *json = result_json(&simulation, entries, n);
        if (*json == NULL) status = mq_error_get()->status;
    }
    MQ_DO(mq_agree(world, status));
done:
    release(&simulation, entries, n);
    return status;
}
