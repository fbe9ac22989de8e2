/// Forecasts of a few products over what then came: those of a run's best checkpoint at its
/// evaluation origins, as mqcast evaluate scores them. Private to report/.
#ifndef REPORT_BACKTEST_H
#define REPORT_BACKTEST_H

#include "mq/model/predictor.h"

/// Products are forecast in blocks that begin at multiples of this.
enum { BACKTEST_BLOCK = 16 };

struct backtest {
    struct mq_model model;
    struct mq_panel *panel;
    struct mq_split split;
    struct mq_pool *pool;
    struct mq_predictor *predictor;
    int64_t H;
    int64_t Q;
    const double *levels; ///< (Q)
    int64_t origin; ///< the last one
    float *mean; ///< (O, H, Q) of one product
    float *observed; ///< (O, H) of one product
    // The block at hand.
    float *quantiles; ///< (BACKTEST_BLOCK, H, Q) at the last origin
    double wql[BACKTEST_BLOCK]; ///< mean wQL over all origins; NaN where nothing was sold
    double volume[BACKTEST_BLOCK]; ///< mean |y| over all origins; NaN where nothing was observed
};

/// Close in every case. Local.
mq_status backtest_open(struct backtest *backtest, const char *run_directory) MQ_NODISCARD;
void backtest_close(struct backtest *backtest);

/// Forecasts and scores products [first, first + n), first a multiple of BACKTEST_BLOCK, n at most
/// that. Local.
mq_status backtest_read(struct backtest *backtest, int64_t first, int64_t n) MQ_NODISCARD;

#endif
