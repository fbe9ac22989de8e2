// How fast a core replays stock: product-periods per second, of one rule and of many at once.
//   bench_replay [PERIODS [SECONDS]]     periods few enough that a busy machine lets some replays pass
#include <stdio.h>
#include <stdlib.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/rng.h"
#include "mq/inventory/replay.h"

// A product with Poisson demand, lead 2, reviewed in each period.
static mq_status make_path(struct mq_stock_path *path, double **demand, uint8_t **is_known,
                           int32_t **wait)
{
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    MQ_NEW(*demand, path->n);
    MQ_NEW(*is_known, path->n);
    MQ_NEW(*wait, path->n);
    for (int64_t t = 0; t < path->n; t++) {
        (*demand)[t] = (double)mq_rng_poisson(&rng, 5);
        (*is_known)[t] = 1;
        (*wait)[t] = 2;
    }
    path->demand = *demand;
    path->is_known = *is_known;
    path->wait = *wait;
    return MQ_OK;
}

static void measure(const struct mq_stock_path *path, double seconds, bool is_many)
{
    double scratch[3 * MQ_REPLAY_LANES];
    double level[MQ_REPLAY_LANES];
    double cap[MQ_REPLAY_LANES];
    struct mq_stock_sums sums[MQ_REPLAY_LANES];
    const double lanes = is_many ? MQ_REPLAY_LANES : 1;
    double best = 0;
    for (int w = 0; w < MQ_REPLAY_LANES; w++) {
        level[w] = 12 + w;
        cap[w] = 1e300;
    }
    for (const double end_s = mq_clock_s() + seconds; mq_clock_s() < end_s;) {
        const double begin_s = mq_clock_s();
        if (is_many)
            mq_replay_lanes(path, level, cap, scratch, sums);
        else
            mq_replay_rule(path, level, cap, 0, scratch, sums);
        const double rate = lanes * (double)path->n / (mq_clock_s() - begin_s);
        best = rate > best ? rate : best;
    }
    (void)printf("%2.0f base-stock levels at once: %4.0f million product-periods per second "
                 "(cost %.4f)\n",
                 lanes, best / 1e6, sums[0].at[MQ_STOCK_COST] / (double)path->n);
}

int main(int argc, char **argv)
{
    const struct mq_stock_prices prices = {.holding = 1, .shortage = 4};
    struct mq_stock_path path = {.n = argc > 1 ? atoll(argv[1]) : 4000,
                                 .prices = &prices,
                                 .wait_max = 2,
                                 .review = 1,
                                 .is_lost = true,
                                 .initial = 15};
    double *demand = NULL;
    uint8_t *is_known = NULL;
    int32_t *wait = NULL;
    const double seconds = argc > 2 ? atof(argv[2]) : 1;
    if (make_path(&path, &demand, &is_known, &wait) != MQ_OK) return 1;
    measure(&path, seconds, false);
    measure(&path, seconds, true);
    mq_free(demand);
    mq_free(is_known);
    mq_free(wait);
    return 0;
}
