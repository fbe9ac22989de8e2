// Fills batches. Every number of a fork comes from periods up to that fork, except known inputs.
#include "mq/data/window.h"

#include <math.h>
#include <string.h>

#include "mq/base/address.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/data/engineered.h"

static const double MISSING = (double)NAN;

mq_status mq_batch_init(struct mq_batch *batch, const struct mq_features *features,
                        struct mq_window_shape shape)
{
    const int64_t b = shape.series;
    const int64_t t = shape.context;
    const int64_t d = shape.context + shape.horizon;
    const int64_t reach = mq_max_i64(shape.reach, mq_lags_reach(features->lag, features->n_lags));
    const int64_t engineered = shape.has_engineered ? mq_engineered_inputs(features) : 0;
    const int64_t spans = shape.spans != NULL ? shape.spans->n : 0;
    const struct {
        mq_real **to;
        int64_t count;
    } pieces[] = {{&batch->history, b * t * features->history_width},
                  {&batch->known, b * d * features->known_width},
                  {&batch->codes, b * features->n_codes},
                  {&batch->reals, b * features->n_reals},
                  {&batch->past, reach > 0 ? b * (reach + t) : 0},
                  {&batch->engineered, b * t * engineered},
                  {&batch->target, b * d},
                  {&batch->mask, b * d},
                  {&batch->total, spans * b * (t + 1)},
                  {&batch->total_mask, spans * b * (t + 1)},
                  {&batch->scale, b * t},
                  {&batch->level, b * t},
                  {&batch->stock, b},
                  {&batch->weight, b * t},
                  {&batch->address, 4 * b},
                  {&batch->age, shape.scale_span + 1}};
    enum { PIECES = sizeof pieces / sizeof pieces[0] };
    *batch = (struct mq_batch){.shape = shape, .reach = reach};
    const int64_t span = t + 2 * shape.scale_span;
    const int64_t prefix = spans > 0 ? 2 * (d + 1) : 0;
    size_t bytes = mq_arena_cost(b, sizeof *batch->series) +
                   mq_arena_cost(span, sizeof *batch->deviation) +
                   mq_arena_cost(prefix, sizeof *batch->prefix);
    for (int i = 0; i < PIECES; i++)
        bytes += mq_arena_cost(pieces[i].count, sizeof(mq_real));
    MQ_TRY(mq_arena_init(&batch->arena, bytes));
    for (int i = 0; i < PIECES; i++)
        *pieces[i].to = mq_arena_take(&batch->arena, pieces[i].count, sizeof(mq_real));
    batch->series = mq_arena_take(&batch->arena, b, sizeof *batch->series);
    batch->deviation = mq_arena_take(&batch->arena, span, sizeof *batch->deviation);
    batch->prefix = mq_arena_take(&batch->arena, prefix, sizeof *batch->prefix);
    for (int64_t age = 0; age <= shape.scale_span; age++)
        batch->age[age] = (mq_real)(0.25 * log1p((double)age) - 1.0);
    return MQ_OK;
}

void mq_batch_release(struct mq_batch *batch)
{
    mq_arena_release(&batch->arena);
    *batch = (struct mq_batch){0};
}

static struct mq_view span_of(const struct mq_batch *batch, mq_real *values, int64_t s)
{
    const struct mq_shape shape = mq_shape2(batch->shape.series, batch->shape.context + 1);
    return mq_view_of(values + s * mq_shape_count(shape), shape);
}

struct mq_view mq_batch_total(const struct mq_batch *batch, int64_t s)
{
    return span_of(batch, batch->total, s);
}

struct mq_view mq_batch_total_mask(const struct mq_batch *batch, int64_t s)
{
    return span_of(batch, batch->total_mask, s);
}

static mq_real standardise(const struct mq_features *features, int64_t covariate, double value)
{
    if (isnan(value)) return 0;
    return (mq_real)((value - features->mean[covariate]) / features->deviation[covariate]);
}

// How near the next event and the last one are, 1 / (1 + periods between), 0 when none is known:
// two channels of each date. The next one may lie past the table, the last one before it.
static void fill_nearness(struct mq_window_maker *maker, const float values[], int64_t n,
                          int64_t channel)
{
    const int64_t width = maker->features->date_width;
    const int64_t end = maker->first_date + maker->n_dates;
    mq_real *near = maker->dates - maker->first_date * width + channel; // of period 0
    int64_t event = INT64_MAX;
    for (int64_t period = mq_max_i64(end, n) - 1; period >= maker->first_date; period--) {
        if (period >= 0 && period < n && values[period] == 1.0f) event = period;
        if (period < end && event != INT64_MAX)
            near[period * width] = 1 / (mq_real)(1 + event - period);
    }
    event = INT64_MAX;
    for (int64_t period = mq_min_i64(maker->first_date, 0); period < end; period++) {
        if (period >= 0 && period < n && values[period] == 1.0f) event = period;
        if (period >= maker->first_date && event != INT64_MAX)
            near[period * width + 1] = 1 / (mq_real)(1 + period - event);
    }
}

// What all series share at each tabulated date.
static void tabulate(struct mq_window_maker *maker, const struct mq_panel *panel)
{
    const struct mq_features *features = maker->features;
    const int64_t width = features->date_width;
    memset(maker->dates, 0, (size_t)(maker->n_dates * width) * sizeof *maker->dates);
    for (int64_t d = 0; d < maker->n_dates; d++) {
        const int64_t period = maker->first_date + d;
        mq_real *row = maker->dates + d * width;
        if (features->n_date > 0)
            mq_calendar_fill(&maker->panel->calendar, period, features->n_date, row);
        for (int64_t i = 0; i < features->n_calendar; i++) {
            const int64_t c = features->calendar[i];
            const bool is_stored = period >= 0 && period < mq_panel_calendar_length(panel, c);
            const double value = is_stored ? (double)mq_panel_calendar(panel, c)[period] : MISSING;
            row[features->n_date + i] = standardise(features, c, value);
        }
    }
    for (int64_t i = 0; i < features->n_events; i++)
        fill_nearness(maker, mq_panel_calendar(panel, features->events[i]),
                      mq_panel_calendar_length(panel, features->events[i]),
                      features->n_date + features->n_calendar + 2 * i);
}

mq_status mq_window_maker_init(struct mq_window_maker *maker, const struct mq_features *features,
                               struct mq_panel *panel, double volume_weight, int64_t reach)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    *maker = (struct mq_window_maker){.features = features,
                                      .panel = info,
                                      .volume_weight = volume_weight,
                                      .first_date = -reach,
                                      .n_dates = info->n_periods + 2 * reach};
    MQ_NEW(maker->dates, maker->n_dates * features->date_width);
    tabulate(maker, panel);
    return MQ_OK;
}

void mq_window_maker_move(struct mq_window_maker *maker, const struct mq_panel *panel,
                          int64_t first_date)
{
    maker->first_date = first_date;
    tabulate(maker, panel);
}

void mq_window_maker_release(struct mq_window_maker *maker)
{
    mq_free(maker->dates);
    *maker = (struct mq_window_maker){0};
}

double mq_window_restore(const struct mq_features *features, double y)
{
    return features->transform == MQ_TRANSFORM_LOG1P ? expm1(y) : y;
}

// One series seen by period, transformed: NAN outside its span, past `limit`, or where missing.
struct series_view {
    int transform;
    const float *target;
    const float *available;
    int64_t start;
    int64_t length;
    int64_t limit;
};

// Training refuses to transform negative targets; one that comes later is taken for 0.
static double transformed(int transform, double y)
{
    return transform == MQ_TRANSFORM_LOG1P ? log1p(y < 0 ? 0 : y) : y;
}

static double target_at(const struct series_view *series, int64_t period)
{
    const int64_t j = period - series->start;
    if (j < 0 || j >= series->length || period >= series->limit) return MISSING;
    return transformed(series->transform, (double)series->target[j]);
}

static bool is_available_at(const struct series_view *series, int64_t period)
{
    const int64_t j = period - series->start;
    if (series->available == NULL || j < 0 || j >= series->length) return true;
    return series->available[j] > 0;
}

// A point counts towards scales and losses when it was observed and not censored by a stock-out.
static bool counts_at(const struct series_view *series, int64_t period, double *value)
{
    *value = target_at(series, period);
    return !isnan(*value) && is_available_at(series, period);
}

// Sums over the counted points of the last `span` periods.
struct running {
    double sum; // of y
    double absolute; // of |y|
    double deviation; // of |y - the mean of what came before|
    double n;
    double n_deviating; // points that do deviate
};

// A point enters (sign 1) or leaves (-1). Rounding of a cancelled sum must not make it negative.
static void run(struct running *running, double sign, double y, double deviation)
{
    running->n += sign;
    running->sum = running->n > 0 ? running->sum + sign * y : 0;
    running->absolute = fmax(running->absolute + sign * fabs(y), 0);
    running->deviation = fmax(running->deviation + sign * deviation, 0);
    running->n_deviating += deviation > 0 ? sign : 0;
}

// Level and scale of a fork, never 0, defined without history: means shrunk towards the catalogue's.
// `mean` counts the catalogue as one observation. `standard` too, but the more points deviate the
// less it counts: it is for products that have hardly begun, and must not blur a small one. Its scale
// is the deviation of demand that has a level, and the mean of sparse demand, which is smaller then.
static void normalise(const struct running *r, const struct mq_features *features, double *level,
                      double *scale)
{
    const double prior = features->mean_absolute;
    const double mean = (r->absolute + prior) / (r->n + 1);
    *level = 0;
    *scale = features->scaling == MQ_SCALING_MEAN ? mean : prior;
    if (features->scaling != MQ_SCALING_STANDARD) return;
    const double shrink = 1 / (1 + r->n_deviating);
    *level = (r->sum + (features->is_nonnegative ? shrink * prior : 0)) / (r->n + shrink);
    *scale = fmin((r->deviation + shrink * prior) / (r->n + shrink), mean);
}

// Level, scale and weight of the fork at each step, from the counted points of the last
// `scale_span` periods up to it. batch->deviation holds those of the points that will leave.
static void fill_scales(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                        const struct series_view *series, int64_t end)
{
    const int64_t context = batch->shape.context;
    const int64_t span = batch->shape.scale_span;
    const double prior = maker->features->mean_absolute;
    const int64_t first = end - context + 1;
    const int64_t earliest = first - 2 * span;
    struct running running = {0};
    for (int64_t period = earliest; period <= end; period++) {
        double y = 0;
        double *deviation = batch->deviation + (period - earliest);
        *deviation = 0;
        if (counts_at(series, period, &y)) {
            if (running.n > 0) *deviation = fabs(y - running.sum / running.n);
            if (*deviation < 1e-9 * fabs(y)) *deviation = 0; // rounding of a logarithm
            run(&running, 1, y, *deviation);
        }
        if (period - span >= earliest && counts_at(series, period - span, &y))
            run(&running, -1, y, deviation[-span]);
        if (period < first) continue;
        double level = 0;
        double scale = 0;
        normalise(&running, maker->features, &level, &scale);
        const int64_t at = b * context + period - first;
        batch->scale[at] = (mq_real)scale;
        batch->level[at] = (mq_real)(level / scale);
        // The fork just before the launch counts too: it teaches the forecast without history.
        const bool is_born = period >= series->start - 1 && series->length > 0;
        batch->weight[at] =
            is_born ? (mq_real)pow(scale / prior, maker->volume_weight) : (mq_real)0;
    }
}

// A total is told as the mean of its periods, before the transform: so a fork's level and scale fit
// it as they fit one period. From prefix sums: after fork t come the dates t + 1 .. t + n.
static void fill_totals(struct mq_batch *batch, int64_t b, const struct series_view *series,
                        int64_t first)
{
    const struct mq_span_list *spans = batch->shape.spans;
    const int64_t context = batch->shape.context;
    const int64_t dates = context + batch->shape.horizon;
    const struct series_view raw = {MQ_TRANSFORM_NONE, series->target, series->available,
                                    series->start,     series->length, series->limit};
    double *sum = batch->prefix;
    double *count = batch->prefix + dates + 1;
    for (int64_t d = 0; spans != NULL && spans->n > 0 && d < dates; d++) {
        double y = 0;
        const bool is_counted = counts_at(&raw, first + d, &y);
        sum[d + 1] = sum[d] + (is_counted ? y : 0);
        count[d + 1] = count[d] + (is_counted ? 1 : 0);
    }
    for (int64_t s = 0; spans != NULL && s < spans->n; s++) {
        const int64_t n = mq_span_periods(spans->value[s]);
        mq_real *total = mq_batch_total(batch, s).data + b * (context + 1);
        mq_real *mask = mq_batch_total_mask(batch, s).data + b * (context + 1);
        for (int64_t t = 1; t <= context; t++) {
            const bool is_whole = count[t + n] - count[t] == (double)n;
            const double mean = (sum[t + n] - sum[t]) / (double)n;
            total[t] = is_whole ? (mq_real)transformed(series->transform, mean) : (mq_real)0;
            mask[t] = is_whole ? (mq_real)1 : (mq_real)0;
        }
    }
}

static void fill_past(struct mq_batch *batch, int64_t b, const struct series_view *series,
                      int64_t end)
{
    if (batch->reach == 0) return;
    const int64_t n = batch->reach + batch->shape.context;
    for (int64_t i = 0; i < n; i++) {
        double y = 0;
        const bool is_counted = counts_at(series, end - n + 1 + i, &y);
        batch->past[b * n + i] = is_counted ? (mq_real)y : (mq_real)NAN;
    }
}

static void fill_history(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                         const struct series_view *series, const struct mq_series_block *block,
                         int64_t i, int64_t end)
{
    const struct mq_features *features = maker->features;
    const int64_t context = batch->shape.context;
    const int64_t width = features->history_width;
    for (int64_t t = 0; t < context; t++) {
        const int64_t period = end - context + 1 + t;
        mq_real *row = batch->history + (b * context + t) * width;
        const double scale = (double)batch->scale[b * context + t];
        const double y = target_at(series, period);
        int64_t c = 0;
        const double level = (double)batch->level[b * context + t];
        row[c++] = isnan(y) ? (mq_real)0 : (mq_real)asinh(y / scale - level);
        row[c++] = isnan(y) ? (mq_real)0 : (mq_real)1;
        row[c++] = (mq_real)(0.5 * log(scale / features->mean_absolute));
        row[c++] = (mq_real)asinh(level);
        if (features->has_available)
            row[c++] = is_available_at(series, period) ? (mq_real)1 : (mq_real)0;
        const int64_t j = period - series->start;
        const bool is_inside = j >= 0 && j < series->length && period < series->limit;
        for (int64_t p = 0; p < features->n_past; p++) {
            const float *values = block->past[features->past[p]] + block->offset[i];
            row[c++] =
                standardise(features, features->past[p], is_inside ? (double)values[j] : MISSING);
        }
    }
}

// Level and change of one known covariate over the window's dates. The change is against the mean
// of the `span` dates before, so that a price cut stands out whatever the price level.
static void fill_known_covariate(const struct mq_features *features, struct mq_batch *batch,
                                 int64_t b, const float *values, int64_t start, int64_t length,
                                 int64_t first, int64_t covariate, int64_t channel)
{
    const int64_t dates = batch->shape.context + batch->shape.horizon;
    const int64_t span = batch->shape.scale_span;
    double sum = 0;
    double count = 0;
    for (int64_t d = -span; d < dates; d++) {
        const int64_t j = first + d - start;
        const double value = j >= 0 && j < length ? (double)values[j] : MISSING;
        if (d >= 0) {
            mq_real *row = batch->known + (b * dates + d) * features->known_width + channel;
            row[0] = standardise(features, covariate, value);
            row[1] = isnan(value) || !(count > 0)
                         ? (mq_real)0
                         : (mq_real)((value - sum / count) / features->deviation[covariate]);
            const int64_t old = j - span;
            if (old >= 0 && old < length && !isnan(values[old])) {
                sum -= (double)values[old];
                count -= 1;
            }
        }
        if (!isnan(value)) {
            sum += value;
            count += 1;
        }
    }
}

static void fill_known(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                       const struct mq_series_block *block, int64_t i, int64_t first)
{
    const struct mq_features *features = maker->features;
    const int64_t dates = batch->shape.context + batch->shape.horizon;
    const int64_t width = features->known_width;
    const int64_t shared = features->date_width;
    for (int64_t d = 0; d < dates; d++) {
        mq_real *row = batch->known + (b * dates + d) * width;
        // Old is old: an age that goes on would be a clock, and tell apart dates of the past.
        const int64_t age = first + d - block->start[i];
        row[0] = batch->age[mq_min_i64(mq_max_i64(age, 0), batch->shape.scale_span)];
        const int64_t date = first + d - maker->first_date;
        MQ_ASSERT(date >= 0 && date < maker->n_dates);
        memcpy(row + 1, maker->dates + date * shared, (size_t)shared * sizeof *row);
    }
    for (int64_t k = 0; k < features->n_known; k++) {
        const int64_t covariate = features->known[k];
        fill_known_covariate(
            features, batch, b, block->known[covariate] + block->offset[i] + i * block->ahead,
            block->start[i], block->length[i] + block->ahead, first, covariate, 1 + shared + 2 * k);
    }
}

static void fill_statics(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                         const struct mq_series_block *block, int64_t i)
{
    const struct mq_features *features = maker->features;
    for (int64_t n = 0; n < features->n_codes; n++) {
        const float code = block->statics[features->codes[n]][i];
        const int32_t *map = maker->code_map[n];
        batch->codes[b * features->n_codes + n] =
            map != NULL ? (mq_real)map[(int64_t)code] : (mq_real)code;
    }
    for (int64_t r = 0; r < features->n_reals; r++)
        batch->reals[b * features->n_reals + r] = standardise(
            features, features->reals[r], (double)block->statics[features->reals[r]][i]);
}

static void fill_engineered(const struct mq_features *features, struct mq_batch *batch, int64_t b)
{
    const int64_t context = batch->shape.context;
    if (!batch->shape.has_engineered) return;
    const int64_t width = mq_engineered_inputs(features);
    for (int64_t t = 0; t < context; t++)
        mq_engineered_fill_inputs(features, batch, b, t,
                                  batch->engineered + (b * context + t) * width);
}

void mq_window_fill(const struct mq_window_maker *maker, struct mq_batch *batch, int64_t b,
                    const struct mq_series_block *block, int64_t i, int64_t end, int64_t limit)
{
    MQ_ASSERT(b >= 0 && b < batch->shape.series && i >= 0 && i < block->n);
    const struct series_view series = {
        .transform = maker->features->transform,
        .target = block->target + block->offset[i],
        .available = block->available != NULL ? block->available + block->offset[i] : NULL,
        .start = block->start[i],
        .length = block->length[i],
        .limit = limit,
    };
    const int64_t first = end - batch->shape.context + 1;
    const int64_t dates = batch->shape.context + batch->shape.horizon;
    for (int64_t d = 0; d < dates; d++) {
        double y = 0;
        const bool is_counted = counts_at(&series, first + d, &y);
        batch->target[b * dates + d] = is_counted ? (mq_real)y : (mq_real)0;
        batch->mask[b * dates + d] = is_counted ? (mq_real)1 : (mq_real)0;
    }
    fill_totals(batch, b, &series, first);
    fill_scales(maker, batch, b, &series, end);
    fill_past(batch, b, &series, end);
    fill_history(maker, batch, b, &series, block, i, end);
    fill_known(maker, batch, b, block, i, first);
    fill_statics(maker, batch, b, block, i);
    fill_engineered(maker->features, batch, b);
    batch->series[b] = block->first + i;
    mq_address_put((struct mq_address){block->first + i, end},
                   batch->address + MQ_ADDRESS_PARTS * b);
}

void mq_window_pad(struct mq_batch *batch, const struct mq_features *features, int64_t b)
{
    const int64_t t = batch->shape.context;
    const int64_t d = batch->shape.context + batch->shape.horizon;
    const size_t real = sizeof(mq_real);
    memset(batch->history + b * t * features->history_width, 0,
           (size_t)(t * features->history_width) * real);
    memset(batch->known + b * d * features->known_width, 0,
           (size_t)(d * features->known_width) * real);
    memset(batch->codes + b * features->n_codes, 0, (size_t)features->n_codes * real);
    memset(batch->reals + b * features->n_reals, 0, (size_t)features->n_reals * real);
    memset(batch->target + b * d, 0, (size_t)d * real);
    memset(batch->mask + b * d, 0, (size_t)d * real);
    for (int64_t s = 0; batch->shape.spans != NULL && s < batch->shape.spans->n; s++)
        memset(mq_batch_total_mask(batch, s).data + b * (t + 1), 0, (size_t)(t + 1) * real);
    memset(batch->weight + b * t, 0, (size_t)t * real);
    memset(batch->level + b * t, 0, (size_t)t * real);
    for (int64_t i = 0; i < t; i++)
        batch->scale[b * t + i] = 1;
    const int64_t past = batch->reach > 0 ? batch->reach + t : 0;
    for (int64_t i = 0; i < past; i++)
        batch->past[b * past + i] = (mq_real)NAN;
    const int64_t engineered = batch->shape.has_engineered ? t * mq_engineered_inputs(features) : 0;
    memset(batch->engineered + b * engineered, 0, (size_t)engineered * real);
    batch->series[b] = -1;
    mq_address_put((struct mq_address){0, 0}, batch->address + MQ_ADDRESS_PARTS * b);
}
