/// The opened panel, shared by opening and reading.
#ifndef DATA_PANEL_H
#define DATA_PANEL_H

#include "data/layout.h"
#include "mq/h5/table.h"

struct mq_panel {
    struct mq_h5 *file;
    struct mq_panel_info info;
    struct mq_h5_table *start;
    struct mq_h5_table *offset;
    struct mq_h5_table *length;
    struct mq_h5_table *checksum; ///< NULL when not stored: panels of before there were any
    struct mq_h5_table *target;
    struct mq_h5_table *available; ///< NULL when not stored
    struct mq_h5_table *covariate[MQ_COVARIATES_MAX]; ///< NULL for calendar covariates
    float *calendar[MQ_COVARIATES_MAX]; ///< (n_calendar)
    int64_t n_calendar[MQ_COVARIATES_MAX]; ///< at least n_periods + ahead
};

/// Where series [first, first + n) begin and how long they are, checked. MQ_DATA naming the series
/// whose place is impossible.
mq_status mq_panel_places(struct mq_panel *panel, int64_t first, int64_t n, int64_t start[],
                          int64_t length[]) MQ_NODISCARD;

#endif
