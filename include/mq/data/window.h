/// Batches: windows of series as the network reads them.
///
/// A window of T context steps ends at period `end` (its last step) and looks H periods ahead; row
/// step t of the window is period end - T + 1 + t. Everything is laid out for views: forks are
/// never copied, the target of fork t at horizon k is target[t + k].
#ifndef MQ_DATA_WINDOW_H
#define MQ_DATA_WINDOW_H

#include "mq/base/arena.h"
#include "mq/data/feature.h"
#include "mq/tensor/view.h"

struct mq_window_shape {
    int64_t series; ///< B
    int64_t context; ///< T
    int64_t horizon; ///< H
    int64_t scale_span; ///< observed periods behind a fork that its scale looks at
    int64_t reach; ///< periods before the window that `past` holds at least
    bool has_engineered; ///< whether `engineered` is filled; `past` must reach for it
    const struct mq_span_list *spans; ///< totals that are learned, none longer than H; NULL = none
};

/// Buffers of one batch, owned by an arena of its own.
struct mq_batch {
    struct mq_window_shape shape;
    mq_real *history; ///< (B, T, C)
    mq_real *known; ///< (B, T+H, K)
    mq_real *codes; ///< (B, N)
    mq_real *reals; ///< (B, R)
    mq_real *past; ///< (B, L+T) target as observed, NaN elsewhere
    mq_real *engineered; ///< (B, T, E) as networks are told them, see engineered.h
    mq_real *target; ///< (B, T+H) 0 where unobserved
    mq_real *mask; ///< (B, T+H) 1 where a target may be learned from
    mq_real
        *total; ///< (S, B, T+1) mean of each span's periods, fork t at t + 1; a target otherwise
    mq_real *total_mask; ///< (S, B, T+1) 1 where each of those periods may be learned from
    mq_real *scale; ///< (B, T) of each fork, > 0
    mq_real *level; ///< (B, T) of each fork, in units of its scale
    mq_real *weight; ///< (B, T) of each fork
    mq_real *address; ///< (B, 4) of draws: series and last period, each / 2^16 and the rest
    mq_real *stock; ///< (B) of a policy at its first fork, raw units; its caller's, 0 before
    double *deviation; ///< (T + 2 scale_span) while filling
    double *prefix; ///< (2, T+H+1) while filling
    mq_real *age; ///< (scale_span + 1) how an age is told; older is not
    int64_t *series; ///< (B) number in the panel, -1 for padding rows
    int64_t reach; ///< L: of the lags, or the shape's if that is more
    struct mq_arena arena;
};

mq_status mq_batch_init(struct mq_batch *batch, const struct mq_features *features,
                        struct mq_window_shape shape) MQ_NODISCARD;
void mq_batch_release(struct mq_batch *batch);

/// What filling needs besides the row: shared by all rows of a run. Owns its cached tables.
struct mq_window_maker {
    const struct mq_features *features;
    const struct mq_panel_info *panel;
    const float *calendar[MQ_COVARIATES_MAX]; ///< by chosen calendar covariate
    mq_real *dates; ///< (n_dates, date_width), periods from first_date
    int64_t first_date;
    int64_t n_dates;
    double volume_weight; ///< a fork weighs (scale / mean scale)^volume_weight
    const int32_t *code_map[MQ_COVARIATES_MAX]; ///< by chosen category: panel code to trained code;
        ///< NULL = same
};

/// Periods [-(reach), n_periods + reach) are tabulated.
mq_status mq_window_maker_init(struct mq_window_maker *maker, const struct mq_features *features,
                               struct mq_panel *panel, double volume_weight,
                               int64_t reach) MQ_NODISCARD;
/// Tabulates as many periods from `first_date` on. Local; allocates nothing.
void mq_window_maker_move(struct mq_window_maker *maker, const struct mq_panel *panel,
                          int64_t first_date);
void mq_window_maker_release(struct mq_window_maker *maker);

/// Fills row b with series i of the block, the window ending at `end`. Targets at or past `limit`
/// are masked and not seen. Local; allocates nothing.
void mq_window_fill(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                    const struct mq_series_block *block, int64_t i, int64_t end, int64_t limit);
/// Target and mask of span s as of one horizon: both (B, T+1), see mq_pinball.
struct mq_view mq_batch_total(const struct mq_batch *batch, int64_t s);
struct mq_view mq_batch_total_mask(const struct mq_batch *batch, int64_t s);

/// A transformed target back in raw units.
double mq_window_restore(const struct mq_features *features, double y);
/// Makes row b an empty one: weight 0, scale 1.
void mq_window_pad(struct mq_batch *batch, const struct mq_features *features, int64_t b);

#endif
