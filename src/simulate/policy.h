/// Ordering policies: the rows of a table. Private to simulate/.
///
/// A tuned policy has numbers on one or two axes of a grid, the same grid for a product's search and
/// for the catalogue's; what a number means to a product is in `axes_of`. The others say for each
/// period what to do.
#ifndef SIMULATE_POLICY_H
#define SIMULATE_POLICY_H

#include "mq/inventory/search.h"
#include "simulate/product.h"

/// What a run says of one product at reviews `first_review`, `first_review` + review, ...
struct forecasts {
    const float *quantiles; ///< (reviews, H, Q)
    const float *totals; ///< (reviews, S, Q) from the span on that an order covers; NULL: none
    int64_t horizon;
    int64_t spans; ///< S
    const struct mq_real_list *levels;
    int64_t first_review; ///< period
    const float *orders; ///< of each period from the beginning of the replay on
};

/// What a run gives to a policy.
enum feed {
    FEED_NOTHING, ///< no run is needed
    FEED_FORECASTS,
    FEED_ORDERS ///< of a trained policy
};

struct policy {
    const char *name;
    const char *summary;
    /// Chosen by cost on what lies before the span, and how many numbers the axes have at most.
    bool is_tuned;
    bool has_level;
    bool has_cap;
    enum feed feed; ///< replayed once for each run that gives this
    /// Fills product->level and ->cap from the beginning of `path` on; of those not tuned.
    void (*rule)(struct product *product, const struct setup *setup,
                 const struct mq_stock_path *path, const struct forecasts *forecasts);
};

enum {
    POLICY_CONSTANT,
    POLICY_BASE_STOCK,
    POLICY_CAPPED,
    POLICY_NEWSVENDOR,
    POLICY_LEARNED,
    POLICY_PERFECT,
    POLICIES
};
extern const struct policy policies[POLICIES];

/// One axis for one product: number i stands for max(0, from + i step).
struct axis {
    int64_t n;
    double from;
    double step;
};
struct axes {
    struct axis of[MQ_AXES];
};

/// For a search over the catalogue only n is the same for all products.
struct axes axes_of(const struct policy *policy, const struct setup *setup,
                    const struct product *product);
/// What a point means: infinite where the policy has no such axis.
void axes_values(const struct policy *policy, const struct axes *axes, struct mq_search_point point,
                 double *level, double *cap);
/// Where a search begins; a capped one from the best base-stock level.
struct mq_search_point axes_begin(const struct policy *policy, const struct setup *setup,
                                  const struct product *product, const struct axes *axes,
                                  int64_t level);

/// Costs (MQ_REPLAY_LANES) of a search's points to this product before the span.
void policy_costs(const struct policy *policy, const struct setup *setup, struct product *product,
                  const struct axes *axes, const struct mq_search *search, double cost[]);
/// The cheapest level and cap of this product before the span; nothing is ordered by a product
/// that had no known demand.
void policy_tune(const struct policy *policy, const struct setup *setup, struct product *product,
                 double *level, double *cap);

/// What a point of the catalogue is called: safety factors, or the share of mean demand that a
/// constant order is.
json_t *policy_tuned_json(const struct policy *policy, struct mq_search_point point);

#endif
