// Totals are scored like horizons, beside two other answers: seasonal naive, and sums of the model's
// own quantiles, which are quantiles of no total.
#include "forecast/span_scores.h"

#include <math.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/classic/seasonal.h"

static const struct mq_span_list *spans_of(const struct span_scores *scores)
{
    return &scores->request->model->experiment.loss.spans;
}

static const struct mq_real_list *levels_of(const struct span_scores *scores)
{
    return mq_evaluate_levels(&scores->request->model->experiment);
}

mq_status span_scores_init(struct span_scores *scores, struct mq_backtest *backtest,
                           const struct mq_backtest_request *request, int64_t season)
{
    *scores = (struct span_scores){.request = request, .sheet = backtest->span, .season = season};
    const int64_t origins = request->origins->n;
    const struct mq_real_list *levels = levels_of(scores);
    for (int answer = 0; answer < MQ_SPAN_ANSWERS; answer++)
        for (int64_t s = 0; s < spans_of(scores)->n; s++)
            MQ_TRY(mq_scores_new(&backtest->span[answer][s], levels->value, levels->n, 1, origins,
                                 backtest->segments.n, false));
    MQ_NEW(scores->total, origins * spans_of(scores)->n);
    MQ_NEW(scores->observed, origins);
    MQ_NEW(scores->forecast, origins * levels->n);
    MQ_NEW(scores->past, mq_panel_info(request->panel)->n_periods);
    return MQ_OK;
}

void span_scores_release(struct span_scores *scores)
{
    mq_free(scores->total);
    mq_free(scores->observed);
    mq_free(scores->forecast);
    mq_free(scores->past);
    *scores = (struct span_scores){0};
}

// Of totals of n periods up to the first origin; from one period to the next they share n - 1, so
// that no step says how hard they are.
static struct mq_series_facts facts_of(struct span_scores *scores,
                                       const struct mq_series_block *block, int64_t i,
                                       int64_t segment, int64_t n)
{
    const float *target = block->target + block->offset[i];
    const int64_t seen = scores->request->origins->period[0] + 1 - block->start[i];
    const int64_t totals = mq_min_i64(seen, block->length[i]) - n + 1;
    for (int64_t t = 0; t < totals; t++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++)
            sum += (double)target[t + k];
        scores->past[t] = (float)sum;
    }
    return (struct mq_series_facts){.seasonal_mae =
                                        mq_seasonal_mae(scores->past, totals, scores->season),
                                    .step_mse = (double)NAN,
                                    .segment = segment};
}

// The span's quantiles (O, Q) of forecasts (O, S, Q).
static void take(struct span_scores *scores, int64_t s, const float spans[])
{
    const int64_t Q = levels_of(scores)->n;
    for (int64_t o = 0; o < scores->request->origins->n; o++)
        for (int64_t q = 0; q < Q; q++)
            scores->forecast[o * Q + q] = spans[(o * spans_of(scores)->n + s) * Q + q];
}

// Sums of its periods' quantiles (O, Q), of forecasts (O, H, Q).
static void sum(struct span_scores *scores, int64_t s, const float quantiles[])
{
    const int64_t Q = levels_of(scores)->n;
    const int64_t H = scores->request->model->experiment.data.horizon;
    for (int64_t o = 0; o < scores->request->origins->n; o++)
        for (int64_t q = 0; q < Q; q++) {
            double total = 0;
            for (int64_t k = 0; k < mq_span_periods(spans_of(scores)->value[s]); k++)
                total += (double)quantiles[(o * H + k) * Q + q];
            scores->forecast[o * Q + q] = (float)total;
        }
}

void span_scores_add(struct span_scores *scores, enum mq_span_answer answer,
                     const struct mq_series_block *block, int64_t i, int64_t segment,
                     const float observed[], const struct mq_forecasts *forecasts)
{
    const struct mq_origins *origins = scores->request->origins;
    const int64_t horizon = scores->request->model->experiment.data.horizon;
    const struct mq_span_list *spans = spans_of(scores);
    const int64_t Q = levels_of(scores)->n;
    mq_totals_fill(spans, origins->n, horizon, observed, scores->total);
    for (int64_t s = 0; s < spans->n; s++) {
        const struct mq_series_facts facts =
            facts_of(scores, block, i, segment, mq_span_periods(spans->value[s]));
        for (int64_t o = 0; o < origins->n; o++)
            scores->observed[o] = scores->total[o * spans->n + s];
        take(scores, s, forecasts->spans + i * origins->n * spans->n * Q);
        mq_scores_add(scores->sheet[answer][s], &facts, origins->period, scores->forecast,
                      scores->observed);
        if (answer != MQ_SPAN_MODEL) continue;
        sum(scores, s, forecasts->quantiles + i * origins->n * horizon * Q);
        mq_scores_add(scores->sheet[MQ_SPAN_SUMMED][s], &facts, origins->period, scores->forecast,
                      scores->observed);
    }
}

json_t *span_scores_json(const struct mq_backtest *backtest, const struct mq_span_list *spans)
{
    json_t *list = json_array();
    for (int64_t s = 0; s < spans->n; s++) {
        const struct mq_stock_span span = spans->value[s];
        mq_json_append(
            &list,
            json_pack("{s:I, s:I, s:I, s:o, s:{s:o}, s:o}", "lead", (json_int_t)span.lead, "review",
                      (json_int_t)span.review, "periods", (json_int_t)mq_span_periods(span),
                      "scores", mq_scores_json(backtest->span[MQ_SPAN_MODEL][s]), "baseline",
                      "seasonal_naive", mq_scores_json(backtest->span[MQ_SPAN_BASELINE][s]),
                      "summed_quantiles", mq_scores_json(backtest->span[MQ_SPAN_SUMMED][s])));
    }
    return list;
}
