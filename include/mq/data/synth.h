/// A synthetic catalogue with known structure.
///
/// Demand is a product of effects: a level (lognormal over items, heavy tail), the seasons and
/// holidays of the item's category (20 of them), a trend, price with an elasticity uniform in
/// [-2.2, -1], and promotions that lift it 1.35 to 2.7 times. Counts are Poisson or negative
/// binomial; 30 % of the items are intermittent, 30 % are launched on the way, 5 % die, 3 % are
/// delisted, 0.5 % are not launched yet (length 0). Nothing sells while an item is out of stock,
/// about 2 % of the time.
///
/// Covariates: known `price` and `promotion` (0 or 1), calendar `holiday` (0 or 1), static category
/// `category`, static real `base_price`.
///
/// Or, to know what is best before looking: demand that is Poisson with one mean, independent from
/// period to period and product to product, without covariates.
#ifndef MQ_DATA_SYNTH_H
#define MQ_DATA_SYNTH_H

#include <stdint.h>

#include "mq/data/panel.h"

enum mq_synth_demand { MQ_SYNTH_CATALOGUE, MQ_SYNTH_POISSON };

struct mq_synth {
    int64_t n_series;
    int64_t length; ///< periods
    int64_t ahead; ///< known periods past the end
    enum mq_unit unit; ///< MQ_DAY, MQ_WEEK, ...
    uint64_t seed;
    int demand; ///< enum mq_synth_demand
    double mean; ///< of Poisson demand in a period
};

/// Series i is a pure function of (seed, i). Writes and publishes in bounded memory. Local.
mq_status mq_synth_write(const struct mq_synth *synth, const char *path) MQ_NODISCARD;

/// The same in pieces, for several to draw what one of them writes: mq_synth_create on one rank,
/// mq_synth_draw on any, mq_synth_append in order, mq_panel_publish.
struct mq_synth_maker;

mq_status mq_synth_maker_new(struct mq_synth_maker **maker,
                             const struct mq_synth *synth) MQ_NODISCARD;
/// Accepts NULL.
void mq_synth_maker_free(struct mq_synth_maker *maker);

/// Most values that one series draws.
int64_t mq_synth_values_max(const struct mq_synth *synth);
/// Draws series [first, first + n), one after the other; returns the number of values.
int64_t mq_synth_draw(const struct mq_synth_maker *maker, int64_t first, int64_t n, float values[]);

mq_status mq_synth_create(const struct mq_synth_maker *maker, const char *path,
                          struct mq_panel_writer **writer) MQ_NODISCARD;
/// Writes what was drawn; values are only read.
mq_status mq_synth_append(const struct mq_synth_maker *maker, int64_t first, int64_t n,
                          float values[], struct mq_panel_writer *writer) MQ_NODISCARD;

#endif
