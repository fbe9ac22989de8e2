// One pass over the values of a panel.
#include "mq/data/summary.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// A block holds about this many values.
enum { BLOCK_VALUES = 1 << 20 };

// ---- outliers -----------------------------------------------------------------------------------

// The value that would be at `rank` if all were in order; they change places (Hoare 1961).
static float select_rank(float values[], int64_t n, int64_t rank)
{
    int64_t low = 0;
    int64_t high = n - 1;
    while (low < high) {
        const float pivot = values[low + (high - low) / 2];
        int64_t i = low;
        int64_t j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j) break;
            const float swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (rank <= j)
            high = j;
        else if (rank >= i)
            low = i;
        else
            break;
    }
    return values[rank];
}

struct fences {
    float low; // first quartile
    float high; // third quartile
    float median;
    double spread; // 0: no verdict
};

static struct fences find_fences(float values[], int64_t n)
{
    if (n < MQ_OUTLIER_LEAST) return (struct fences){0};
    struct fences fences;
    fences.median = select_rank(values, n, n / 2);
    fences.low = select_rank(values, n / 2, n / 4); // the lower half is before the median now
    fences.high = n / 2 + 1 < n ? select_rank(values + n / 2 + 1, n - n / 2 - 1,
                                              mq_max_i64((3 * n) / 4 - n / 2 - 1, 0))
                                : fences.median;
    fences.spread = fmax((double)fences.high - (double)fences.low, fabs((double)fences.median));
    return fences;
}

static void find_outliers(const float target[], int64_t n, const struct fences *fences,
                          int64_t series, int64_t start, struct mq_panel_summary *summary)
{
    const int64_t before = summary->n_outliers;
    for (int64_t j = 0; j < n && fences->spread > 0; j++) {
        const double value = (double)target[j];
        if (isnan(value) || value == 0) continue;
        const double outside = fmax(value - (double)fences->high, (double)fences->low - value);
        const double spreads = outside / fences->spread;
        if (!(spreads > MQ_OUTLIER_SPREADS)) continue;
        summary->n_outliers++;
        if (summary->worst.series < 0 || spreads > summary->worst.spreads)
            summary->worst =
                (struct mq_outlier){series, start + j, target[j], fences->median, spreads};
    }
    summary->n_series_with_outliers += summary->n_outliers > before;
}

// ---- series -------------------------------------------------------------------------------------

// Adds a series; `scratch` has room for its values.
static void add_series(struct mq_panel_summary *summary, int64_t series, int64_t start,
                       int64_t length, const float target[], float scratch[])
{
    int64_t n_observed = 0;
    int64_t n_other = 0; // than 0
    double total = 0;
    for (int64_t j = 0; j < length; j++) {
        const float value = target[j];
        if (isnan(value)) continue;
        n_observed++;
        total += (double)value;
        summary->n_negative += value < 0;
        summary->smallest = fmin(summary->smallest, (double)value);
        summary->largest = fmax(summary->largest, (double)value);
        if (value != 0) scratch[n_other++] = value;
    }
    summary->n_observed += n_observed;
    summary->n_zero += n_observed - n_other;
    summary->total += total;
    summary->n_empty += n_observed == 0;
    if (n_observed > 0) {
        summary->shortest = summary->shortest == 0 ? length : mq_min_i64(summary->shortest, length);
        summary->longest = mq_max_i64(summary->longest, length);
    }
    const struct fences fences = find_fences(scratch, n_other);
    find_outliers(target, length, &fences, series, start, summary);
}

static void add_block(struct mq_panel_summary *summary, const struct mq_panel_info *info,
                      const struct mq_series_block *block, float scratch[], int64_t *counts[])
{
    for (int64_t i = 0; i < block->n; i++)
        add_series(summary, block->first + i, block->start[i], block->length[i],
                   block->target + block->offset[i], scratch);
    for (int64_t c = 0; c < info->n_covariates; c++)
        for (int64_t i = 0; i < block->n && counts[c] != NULL; i++)
            counts[c][(int64_t)block->statics[c][i]]++;
}

static struct mq_category_counts count_categories(const int64_t count[], int64_t n)
{
    struct mq_category_counts counts = {.unknown = count[0]};
    for (int64_t code = 1; code <= n; code++) {
        counts.unused += count[code] == 0;
        if (count[code] <= counts.largest) continue;
        counts.largest = count[code];
        counts.largest_code = code;
    }
    return counts;
}

mq_status mq_panel_summarise(struct mq_panel *panel, struct mq_panel_summary *summary)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    const int64_t step = mq_max_i64(BLOCK_VALUES / (info->n_values / info->n_series + 1), 1);
    mq_status status = MQ_OK;
    struct mq_series_block block = {0};
    float *scratch = NULL;
    int64_t *counts[MQ_COVARIATES_MAX] = {0}; // (cardinality + 1)
    *summary = (struct mq_panel_summary){
        .smallest = (double)NAN, .largest = (double)NAN, .worst = {.series = -1}};
    MQ_NEW_DO(scratch, mq_max_i64(info->n_periods, 1));
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_NEW_DO(counts[c], info->covariates[c].cardinality + 1);
    for (int64_t first = 0; first < info->n_series; first += step) {
        mq_series_block_release(&block);
        MQ_DO(mq_panel_read(panel, first, mq_min_i64(step, info->n_series - first), &block));
        add_block(summary, info, &block, scratch, counts);
    }
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (counts[c] != NULL)
            summary->categories[c] = count_categories(counts[c], info->covariates[c].cardinality);
done:
    mq_series_block_release(&block);
    mq_free(scratch);
    for (int64_t c = 0; c < info->n_covariates; c++)
        mq_free(counts[c]);
    return status;
}
