// Two predictors over the same blocks of products, two score sheets.
#include "mq/forecast/backtest.h"

#include <math.h>
#include <string.h>

#include "forecast/span_scores.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/classic/seasonal.h"
#include "mq/eval/average.h"
#include "mq/model/registry.h"

// Facts and observations of one chunk of products, and the sheet being filled.
struct sheet {
    const struct mq_backtest_request *request;
    struct mq_scores *scores;
    enum mq_span_answer answer;
    struct span_scores spans;
    const struct mq_segments *segments;
    int64_t season;
    int64_t average; // origins behind each forecast
    struct mq_meter meter;
    int64_t done; // of this rank's products
    int64_t all;
    float *observed; // (O, H) of one product
    float *forecast; // (O, H, Q) of one product, where they are averages
    enum mq_history *history; // (O) of one product
};

static int64_t season_of(const struct mq_backtest_request *request)
{
    const int64_t season = request->model->experiment.data.season;
    return season > 0 ? season : mq_calendar_season(&mq_panel_info(request->panel)->calendar);
}

// Mean |y| of what was observed; NaN without any.
static double mean_demand(const float target[], int64_t n)
{
    double sum = 0;
    int64_t observed = 0;
    for (int64_t t = 0; t < n; t++) {
        if (isnan(target[t])) continue;
        sum += fabs((double)target[t]);
        observed++;
    }
    return observed > 0 ? sum / (double)observed : (double)NAN;
}

// How much was observed up to each origin.
static void find_history(const struct sheet *sheet, const struct mq_series_block *block, int64_t i)
{
    const float *target = block->target + block->offset[i];
    const int64_t context = sheet->request->model->experiment.data.context;
    const struct mq_origins *origins = sheet->request->origins;
    int64_t observed = 0;
    int64_t t = 0;
    for (int64_t o = 0; o < origins->n; o++) {
        const int64_t seen = origins->period[o] + 1 - block->start[i];
        for (; t < mq_min_i64(seen, block->length[i]); t++)
            observed += !isnan(target[t]);
        sheet->history[o] = observed == 0        ? MQ_HISTORY_NONE
                            : observed < context ? MQ_HISTORY_SHORT
                                                 : MQ_HISTORY_FULL;
    }
}

// In-sample: what was observed up to the first origin.
static struct mq_series_facts facts_of(const struct sheet *sheet,
                                       const struct mq_series_block *block, int64_t i)
{
    const float *target = block->target + block->offset[i];
    const int64_t seen = sheet->request->origins->period[0] + 1 - block->start[i];
    const int64_t n = mq_max_i64(mq_min_i64(seen, block->length[i]), 0);
    find_history(sheet, block, i);
    return (struct mq_series_facts){.seasonal_mae = mq_seasonal_mae(target, n, sheet->season),
                                    .step_mse = mq_step_mse(target, n),
                                    .mean_demand = mean_demand(target, n),
                                    .history = sheet->history,
                                    .segment = mq_segment_of(sheet->segments, block, i)};
}

static mq_status score_rows(void *context, const struct mq_series_block *block,
                            const struct mq_forecasts *forecasts)
{
    struct sheet *sheet = context;
    const struct mq_experiment *experiment = &sheet->request->model->experiment;
    const struct mq_origins *origins = sheet->request->origins;
    const int64_t horizon = experiment->data.horizon;
    const int64_t levels = mq_evaluate_levels(experiment)->n;
    for (int64_t i = 0; i < block->n; i++) {
        const struct mq_series_facts facts = facts_of(sheet, block, i);
        mq_targets_fill(origins, horizon, block, i, true, sheet->observed);
        const float *forecast = forecasts->quantiles + i * origins->n * horizon * levels;
        if (sheet->average > 1) {
            mq_average_origins(sheet->average, origins->period, origins->n, horizon, levels,
                               forecast, sheet->forecast);
            forecast = sheet->forecast;
        }
        mq_scores_add(sheet->scores, &facts, origins->period, forecast, sheet->observed);
        span_scores_add(&sheet->spans, sheet->answer, block, i, facts.segment, sheet->observed,
                        forecasts);
    }
    sheet->done += block->n;
    mq_meter_tell(&sheet->meter, sheet->done, sheet->all);
    return MQ_OK;
}

// Forecasts this rank's products with `model` into `scores`, and into the sheets of `answer`.
static mq_status score_model(struct mq_model *model, struct mq_scores *scores,
                             enum mq_span_answer answer, struct sheet *sheet,
                             struct mq_world *world, struct mq_pool *pool)
{
    const struct mq_backtest_request *request = sheet->request;
    struct mq_predictor *predictor = NULL;
    int64_t first = 0;
    int64_t n = 0;
    mq_shard_range(mq_panel_info(request->panel)->n_series, request->series, mq_size(world),
                   mq_rank(world), &first, &n);
    sheet->scores = scores;
    sheet->done = 0;
    sheet->all = n;
    sheet->answer = answer;
    sheet->average = model->experiment.evaluate.average;
    mq_status status =
        mq_predictor_new(&predictor, model, request->panel, request->origins,
                         mq_evaluate_levels(&model->experiment), request->series, pool);
    if (status == MQ_OK) status = mq_predictor_run(predictor, first, n, score_rows, sheet);
    mq_predictor_free(predictor);
    MQ_TRY(mq_agree(world, status));
    return mq_scores_reduce(scores, world);
}

static mq_status prepare(struct mq_backtest *backtest, struct sheet *sheet)
{
    const struct mq_experiment *experiment = &sheet->request->model->experiment;
    const struct mq_real_list *levels = mq_evaluate_levels(experiment);
    const int64_t horizon = experiment->data.horizon;
    const int64_t origins = sheet->request->origins->n;
    MQ_TRY(mq_segments_find(&backtest->segments, sheet->request->panel, experiment->evaluate.by));
    sheet->segments = &backtest->segments;
    MQ_TRY(mq_scores_new(&backtest->model, levels->value, levels->n, horizon, origins,
                         backtest->segments.n, true));
    MQ_TRY(mq_scores_new(&backtest->baseline, levels->value, levels->n, horizon, origins,
                         backtest->segments.n, true));
    MQ_TRY(span_scores_init(&sheet->spans, backtest, sheet->request, sheet->season));
    MQ_NEW(sheet->observed, origins * horizon);
    MQ_NEW(sheet->forecast, origins * horizon * levels->n);
    MQ_NEW(sheet->history, origins);
    return MQ_OK;
}

mq_status mq_backtest_run(struct mq_backtest *backtest, struct mq_world *world,
                          struct mq_pool *pool, const struct mq_backtest_request *request)
{
    *backtest = (struct mq_backtest){0};
    struct sheet sheet = {.request = request, .season = season_of(request)};
    // The baseline shares everything with the model but the forecaster, and stays as it is known.
    struct mq_model naive = *request->model;
    naive.experiment.evaluate.average = 1;
    mq_status status = MQ_OK;
    MQ_DO(mq_agree(world, prepare(backtest, &sheet)));
    MQ_DO(mq_agree(world, mq_forecaster_find("seasonal_naive", &naive.forecaster)));
    sheet.meter = request->meter;
    MQ_DO(score_model(request->model, backtest->model, MQ_SPAN_MODEL, &sheet, world, pool));
    sheet.meter = (struct mq_meter){0}; // the baseline takes next to no time
    MQ_DO(score_model(&naive, backtest->baseline, MQ_SPAN_BASELINE, &sheet, world, pool));
    for (int answer = 0; answer < MQ_SPAN_ANSWERS; answer++)
        for (int64_t s = 0; s < request->model->experiment.loss.spans.n; s++)
            MQ_DO(mq_scores_reduce(backtest->span[answer][s], world));
done:
    span_scores_release(&sheet.spans);
    mq_free(sheet.history);
    mq_free(sheet.forecast);
    mq_free(sheet.observed);
    return status;
}

void mq_backtest_release(struct mq_backtest *backtest)
{
    mq_scores_free(backtest->model);
    mq_scores_free(backtest->baseline);
    for (int answer = 0; answer < MQ_SPAN_ANSWERS; answer++)
        for (int64_t s = 0; s < MQ_SPANS_MAX; s++)
            mq_scores_free(backtest->span[answer][s]);
    mq_segments_release(&backtest->segments);
    *backtest = (struct mq_backtest){0};
}

static json_t *segments_json(const struct mq_backtest *backtest)
{
    if (backtest->segments.name == NULL) return json_object();
    return mq_scores_by_segment(backtest->model, backtest->segments.name);
}

json_t *mq_backtest_json(const struct mq_backtest *backtest,
                         const struct mq_backtest_request *request)
{
    const struct mq_experiment *experiment = &request->model->experiment;
    const struct mq_panel_info *panel = mq_panel_info(request->panel);
    json_t *origins = json_array();
    for (int64_t o = 0; o < request->origins->n; o++) {
        char date[MQ_DATE_MAX];
        mq_period_print(&panel->calendar, request->origins->period[o], date);
        mq_json_append(&origins, json_string(date));
    }
    json_t *levels = json_array();
    const struct mq_real_list *asked = mq_evaluate_levels(experiment);
    for (int64_t q = 0; q < asked->n; q++)
        mq_json_append(&levels, json_real(asked->value[q]));
    json_error_t error;
    json_t *json = json_pack_ex(
        &error, 0,
        "{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o}}",
        "model", experiment->model_type, "run", experiment->run.name, "panel",
        mq_panel_path(request->panel), "origins", origins, "horizon",
        (json_int_t)experiment->data.horizon, "context", (json_int_t)experiment->data.context,
        "season", (json_int_t)season_of(request), "average",
        (json_int_t)experiment->evaluate.average, "series", (json_int_t)panel->n_series, "levels",
        levels, "scores", mq_scores_json(backtest->model), "by_horizon",
        mq_scores_by_horizon(backtest->model), "by_segment", segments_json(backtest), "by_span",
        span_scores_json(backtest, &experiment->loss.spans), "by_volume",
        mq_scores_by_volume(backtest->model), "by_history", mq_scores_by_history(backtest->model),
        "baseline", "seasonal_naive", mq_scores_json(backtest->baseline));
    if (json == NULL) (void)mq_json_fail(&error, "evaluation.json");
    return json;
}
