/// Columns of numbers as bins: what trees are grown on.
///
/// A column is cut at quantiles into at most 255 bins, bin 0 for what is missing (NaN). Quantiles
/// are found from counts of values by cell, integers that shards of the rows may add in any order.
/// A column in which most rows share a bin keeps only the others: an absent feature costs neither
/// memory nor time.
#ifndef MQ_CLASSIC_BINS_H
#define MQ_CLASSIC_BINS_H

#include <stdint.h>

#include "mq/base/status.h"

enum {
    MQ_CELLS = 1 << 16, ///< floats rounded to 8 significant bits, in order
    MQ_BINS_MAX = 255, ///< with the missing one
};

/// The cell of a number; not of NaN. Beyond 1e30 in magnitude all are alike.
int64_t mq_cell(float value);
/// The number that a cell stands for: the nearest of its kind, so that 0, 1 and small whole numbers
/// stand for themselves.
float mq_cell_value(int64_t cell);

/// At most `bins` - 2 cuts, ascending, at quantiles of what was counted; their number. Bin 1 + i
/// holds the values above cut i - 1 and up to cut i.
int64_t mq_cuts(const int64_t counts[MQ_CELLS], int64_t bins, float cuts[]);
/// 0 for NaN, else 1 + how many of the n cuts lie below the value.
uint8_t mq_bin(const float cuts[], int64_t n, float value);

struct mq_column {
    int64_t bins; ///< bins that there may be
    int64_t place; ///< among the dense columns; -1: sparse
    uint8_t usual; ///< bin of a sparse column's rows that are not listed
};

/// A row's bin in a sparse column, where it is not the usual one.
struct mq_entry {
    uint16_t column;
    uint8_t bin;
};

/// n rows of binned columns. Zeroed = empty.
struct mq_matrix {
    int64_t n;
    int64_t n_columns;
    int64_t n_dense;
    int64_t bins; ///< most of any column
    struct mq_column *column;
    uint8_t *dense; ///< (n, n_dense)
    int64_t *begin; ///< (n + 1) into entry
    struct mq_entry *entry; ///< row by row, columns ascending
};

/// Bins values (n, n_columns); column c has cuts cut[cut_begin[c]] .. [cut_begin[c + 1]). One in which
/// `sparse_from` of the rows or more share a bin is kept sparse. n < 2^31, n_columns < 2^16.
/// Release in every case. Local.
mq_status mq_matrix_make(struct mq_matrix *matrix, int64_t n, int64_t n_columns,
                         const float values[], const int32_t cut_begin[], const float cut[],
                         double sparse_from) MQ_NODISCARD;
void mq_matrix_release(struct mq_matrix *matrix);

/// Bin of a row in a column.
uint8_t mq_matrix_bin(const struct mq_matrix *matrix, int64_t row, int64_t column);

#endif
