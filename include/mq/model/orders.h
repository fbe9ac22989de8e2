/// The orders of a trained policy over a span of periods, for those who replay or price them.
///
/// A policy is asked period by period, with the stock that its earlier orders led to: what
/// base/stock.h makes of the panel's demand (0 where it was not observed or the product was out of
/// stock) and of the delays that mq_stock_delay gives with the span's seed and visit 0. Who replays
/// the same orders from the same stock finds the same.
#ifndef MQ_MODEL_ORDERS_H
#define MQ_MODEL_ORDERS_H

#include "mq/base/pool.h"
#include "mq/model/model.h"

struct mq_orders;

/// Periods [first, first + n) of a panel, first >= 1.
struct mq_orders_span {
    int64_t first;
    int64_t n;
    int64_t first_review; ///< of the first that may order, in [0, inventory.review); all products'
    uint64_t seed; ///< of delays
};

/// Of a policy on the panel it was trained on or another. `series` per block. Everything must outlive
/// it. Local.
mq_status mq_orders_new(struct mq_orders **orders, struct mq_model *model, struct mq_panel *panel,
                        const struct mq_orders_span *span, int64_t series,
                        int64_t threads) MQ_NODISCARD;
void mq_orders_free(struct mq_orders *orders);

/// Orders (m, n), raw units, of series [begin, begin + m) of a block, m <= series, that start with
/// `stock` (m). Products are computed side by side: the same bits need the same cuts, at multiples
/// of `series` in the panel. A product that has not begun orders nothing. MQ_NUMERIC naming the series
/// when an order is not finite. Any thread below `threads`, each as its own worker.
mq_status mq_orders_block(struct mq_orders *orders, int64_t worker,
                          const struct mq_series_block *block, int64_t begin, int64_t m,
                          const double stock[], float out[]) MQ_NODISCARD;

#endif
