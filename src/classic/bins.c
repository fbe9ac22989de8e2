// Numbers to bins, dense and sparse columns.
#include "mq/classic/bins.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"

enum { DROPPED = 16 }; // bits of a float that a cell leaves out
static const uint32_t sign_bit = 1u << 31;

int64_t mq_cell(float value)
{
    const float most = 1e30f;
    const float cut = value > most ? most : value < -most ? -most : value;
    uint32_t bits = 0;
    memcpy(&bits, &cut, sizeof bits);
    const uint32_t magnitude = ((bits & ~sign_bit) + (1u << (DROPPED - 1))) >> DROPPED;
    const int64_t zero = MQ_CELLS / 2;
    return (bits & sign_bit) != 0 ? zero - (int64_t)magnitude : zero + (int64_t)magnitude;
}

float mq_cell_value(int64_t cell)
{
    const int64_t zero = MQ_CELLS / 2;
    const uint32_t magnitude = (uint32_t)(cell < zero ? zero - cell : cell - zero) << DROPPED;
    float value = 0;
    memcpy(&value, &magnitude, sizeof value);
    return cell < zero ? -value : value;
}

int64_t mq_cuts(const int64_t counts[MQ_CELLS], int64_t bins, float cuts[])
{
    MQ_ASSERT(bins >= 2 && bins <= MQ_BINS_MAX);
    int64_t left = 0;
    for (int64_t cell = 0; cell < MQ_CELLS; cell++)
        left += counts[cell];
    int64_t n = 0;
    int64_t held = 0;
    int64_t last = -1; // cell with values before this one
    for (int64_t cell = 0; cell < MQ_CELLS && n < bins - 2; cell++) {
        if (counts[cell] == 0) continue;
        // A bin is full when it holds its part of what was left at its start; a cell that would
        // make it much fuller opens the next one.
        const int64_t part = (left + bins - 2 - n) / (bins - 1 - n);
        if (held > 0 && held + counts[cell] / 2 >= part) {
            cuts[n++] = 0.5f * (mq_cell_value(last) + mq_cell_value(cell));
            left -= held;
            held = 0;
        }
        held += counts[cell];
        last = cell;
    }
    return n;
}

uint8_t mq_bin(const float cuts[], int64_t n, float value)
{
    if (isnan(value)) return 0;
    int64_t low = 0;
    int64_t high = n;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (cuts[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint8_t)(1 + low);
}

// Bins of one column and the one that most rows share; their number.
static int64_t bin_column(int64_t n, const float values[], int64_t stride, const float cuts[],
                          int64_t n_cuts, uint8_t bins[], uint8_t *usual)
{
    int64_t count[MQ_BINS_MAX + 1] = {0};
    for (int64_t i = 0; i < n; i++) {
        bins[i] = mq_bin(cuts, n_cuts, values[i * stride]);
        count[bins[i]]++;
    }
    *usual = 0;
    for (int b = 1; b <= MQ_BINS_MAX; b++)
        if (count[b] > count[*usual]) *usual = (uint8_t)b;
    return count[*usual];
}

// Dense columns side by side, the others row by row.
static mq_status store(struct mq_matrix *matrix, int64_t n_entries, const uint8_t bins[])
{
    const int64_t n = matrix->n;
    int64_t next = 0;
    MQ_NEW(matrix->dense, n * matrix->n_dense);
    MQ_NEW(matrix->begin, n + 1);
    MQ_NEW(matrix->entry, n_entries);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < matrix->n_columns; c++) {
            const struct mq_column *column = &matrix->column[c];
            const uint8_t bin = bins[c * n + i];
            if (column->place >= 0)
                matrix->dense[i * matrix->n_dense + column->place] = bin;
            else if (bin != column->usual)
                matrix->entry[next++] = (struct mq_entry){(uint16_t)c, bin};
        }
        matrix->begin[i + 1] = next;
    }
    MQ_ASSERT(next == n_entries);
    return MQ_OK;
}

mq_status mq_matrix_make(struct mq_matrix *matrix, int64_t n, int64_t n_columns,
                         const float values[], const int32_t cut_begin[], const float cut[],
                         double sparse_from)
{
    mq_status status = MQ_OK;
    uint8_t *bins = NULL; // (n_columns, n)
    int64_t n_entries = 0;
    *matrix = (struct mq_matrix){.n = n, .n_columns = n_columns};
    MQ_NEW_DO(matrix->column, n_columns);
    MQ_NEW_DO(bins, n_columns * n);
    for (int64_t c = 0; c < n_columns; c++) {
        struct mq_column *column = &matrix->column[c];
        const int64_t n_cuts = cut_begin[c + 1] - cut_begin[c];
        const int64_t shared = bin_column(n, values + c, n_columns, cut + cut_begin[c], n_cuts,
                                          bins + c * n, &column->usual);
        const bool is_sparse = (double)shared >= sparse_from * (double)n;
        column->bins = n_cuts + 2;
        column->place = is_sparse ? -1 : matrix->n_dense++;
        n_entries += is_sparse ? n - shared : 0;
        matrix->bins = column->bins > matrix->bins ? column->bins : matrix->bins;
    }
    MQ_DO(store(matrix, n_entries, bins));
done:
    mq_free(bins);
    return status;
}

void mq_matrix_release(struct mq_matrix *matrix)
{
    mq_free(matrix->column);
    mq_free(matrix->dense);
    mq_free(matrix->begin);
    mq_free(matrix->entry);
    *matrix = (struct mq_matrix){0};
}

uint8_t mq_matrix_bin(const struct mq_matrix *matrix, int64_t row, int64_t column)
{
    const struct mq_column *of = &matrix->column[column];
    if (of->place >= 0) return matrix->dense[row * matrix->n_dense + of->place];
    for (int64_t i = matrix->begin[row]; i < matrix->begin[row + 1]; i++)
        if (matrix->entry[i].column >= column)
            return matrix->entry[i].column == column ? matrix->entry[i].bin : of->usual;
    return of->usual;
}
