/// What forests see of a fork and one of its horizons.
///
/// Columns (F): the fork's engineered features, of its phases the horizon's own alone; static reals;
/// known inputs at the target's date; the horizon; for each category the mean target of the
/// product's own. What is missing is NaN.
///
/// Targets are ratios to the fork's level where none is negative, so that no sale is 0 for every
/// product; else in units of the fork's scale around its level.
#ifndef MODEL_FOREST_ROWS_H
#define MODEL_FOREST_ROWS_H

#include "mq/data/window.h"

/// Columns of a panel's rows, F.
int64_t forest_columns(const struct mq_features *features);
/// Where the columns of categories begin; they are the last ones.
int64_t forest_categories(const struct mq_features *features);

/// Rows of horizons [first, first + n) of the fork at step t of row b: out (n, F). `means` has the
/// means of each category's codes 0 .. cardinality, one category after the other; NULL: not known.
void forest_fill(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                 int64_t t, int64_t first, int64_t n, const float means[], float out[]);

/// The row of the next `periods` together, out (F): the mean of theirs, as far as it is known.
/// `rows` holds as many rows.
void forest_fill_span(const struct mq_features *features, const struct mq_batch *batch, int64_t b,
                      int64_t t, int64_t periods, const float means[], float rows[], float out[]);

/// A target u in the forest's units is (u unit + shift) in units of the fork's scale around its level.
struct forest_units {
    double unit;
    double shift;
};
struct forest_units forest_units_of(const struct mq_features *features,
                                    const struct mq_batch *batch, int64_t b, int64_t t);

#endif
