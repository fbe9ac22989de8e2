// A product in memory as a block of one series of a panel that has no others, for the predictor.
#include "mq/infer/inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/model/checkpoint.h"
#include "mq/model/predictor.h"

struct mq_inference {
    struct mq_model *model;
    struct mq_inference_facts facts;
    int64_t index[MQ_COVARIATES_MAX]; // in the panel, of facts.covariates
    char *const **names[MQ_COVARIATES_MAX]; // of a category, by index: its vocabulary in order
    bool has_calendar[MQ_COVARIATES_MAX]; // by index
    struct mq_panel *panel;
    int64_t origin;
    struct mq_origins origins; // that one
    struct mq_pool *pool;
    struct mq_predictor *predictor; // NULL once a calendar has changed
    // The product at hand.
    int64_t start;
    int64_t offset[2];
    float statics[MQ_COVARIATES_MAX];
    struct mq_series_block block;
};

// ---- models -------------------------------------------------------------------------------------

static mq_status choose_levels(struct mq_model *model, const double levels[], int64_t n)
{
    struct mq_real_list *chosen = &model->experiment.forecast.levels;
    if (n == 0) return MQ_OK;
    if (n < 0 || n > MQ_LIST_MAX)
        return mq_fail(MQ_USAGE, "levels: %lld of them, at most %d", (long long)n, MQ_LIST_MAX);
    for (int64_t i = 0; i < n; i++)
        if (!(levels[i] > 0 && levels[i] < 1) || (i > 0 && levels[i] <= levels[i - 1]))
            return mq_fail(MQ_USAGE, "levels: %g: they must ascend within (0, 1)", levels[i]);
    chosen->n = n;
    memcpy(chosen->value, levels, (size_t)n * sizeof *levels);
    return mq_model_check_levels(model);
}

mq_status mq_model_open(struct mq_model **model, const char *path, const double levels[],
                        int64_t n_levels)
{
    mq_status status = MQ_OK;
    struct mq_progress progress = {0};
    char checkpoint[MQ_PATH_MAX];
    struct mq_model *made = NULL;
    *model = NULL;
    MQ_NEW(made, 1);
    MQ_DO(mq_checkpoint_resolve(path, "best", checkpoint));
    MQ_DO(mq_checkpoint_read(checkpoint, made, &progress));
    MQ_DO(choose_levels(made, levels, n_levels));
    *model = made;
    made = NULL;
done:
    mq_model_close(made);
    return status;
}

void mq_model_close(struct mq_model *model)
{
    if (model == NULL) return;
    mq_model_release(model);
    mq_free(model);
}

// ---- what a model looks at ----------------------------------------------------------------------

static void mark(bool is_needed[], const int64_t covariates[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        is_needed[covariates[i]] = true;
}

// A window has everything, a past what past_gather takes, and combining takes categories. Members
// were trained on the same panel.
static void mark_needed(const struct mq_model *model, bool is_needed[])
{
    const struct mq_features *features = &model->features;
    const struct mq_forecaster *forecaster = model->forecaster;
    const bool sees_windows = forecaster->build != NULL || forecaster->predict_window != NULL;
    const bool is_fitted = forecaster->fit != NULL;
    if (sees_windows) {
        mark(is_needed, features->past, features->n_past);
        mark(is_needed, features->calendar, features->n_calendar);
        mark(is_needed, features->reals, features->n_reals);
    }
    if (sees_windows || (is_fitted && forecaster->predict != NULL))
        mark(is_needed, features->known, features->n_known);
    if (sees_windows || is_fitted || forecaster->combine != NULL)
        mark(is_needed, features->codes, features->n_codes);
    for (int64_t i = 0; i < model->n_members; i++)
        mark_needed(&model->members[i].model, is_needed);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(**(char *const *const *)a, **(char *const *const *)b);
}

static mq_status sort_names(struct mq_inference *inference, int64_t c)
{
    const struct mq_training_panel *panel = &inference->model->panel;
    const int64_t n = panel->info.covariates[c].cardinality;
    MQ_NEW(inference->names[c], n);
    for (int64_t i = 0; i < n; i++)
        inference->names[c][i] = &panel->vocabulary[c][i];
    if (n > 0) qsort(inference->names[c], (size_t)n, sizeof *inference->names[c], compare_names);
    return MQ_OK;
}

static mq_status find_facts(struct mq_inference *inference)
{
    const struct mq_model *model = inference->model;
    const struct mq_panel_info *info = &model->panel.info;
    const struct mq_real_list *levels = mq_forecast_levels(&model->experiment);
    struct mq_inference_facts *facts = &inference->facts;
    bool is_needed[MQ_COVARIATES_MAX] = {0};
    facts->horizon = model->experiment.data.horizon;
    facts->n_levels = levels->n;
    facts->levels = levels->value;
    mq_frequency_print(&info->calendar, facts->frequency);
    mark_needed(model, is_needed);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        if (!is_needed[c]) continue;
        inference->index[facts->n_covariates] = c;
        facts->covariates[facts->n_covariates++] = info->covariates[c];
        if (info->covariates[c].role == MQ_ROLE_STATIC_CATEGORY) MQ_TRY(sort_names(inference, c));
    }
    return MQ_OK;
}

const struct mq_inference_facts *mq_inference_facts(const struct mq_inference *inference)
{
    return &inference->facts;
}

// ---- inferences ---------------------------------------------------------------------------------

// Shapes follow from the model, the tables of dates from the calendars.
static mq_status make_predictor(struct mq_inference *inference)
{
    if (inference->predictor != NULL) return MQ_OK;
    return mq_predictor_new(&inference->predictor, inference->model, inference->panel,
                            &inference->origins, mq_forecast_levels(&inference->model->experiment),
                            1, inference->pool);
}

mq_status mq_inference_new(struct mq_inference **inference, struct mq_model *model)
{
    mq_status status = MQ_OK;
    struct mq_inference *made = NULL;
    *inference = NULL;
    MQ_NEW(made, 1);
    made->model = model;
    made->origin = model->panel.info.n_periods - 1;
    made->origins = (struct mq_origins){1, &made->origin};
    MQ_DO(find_facts(made));
    MQ_DO(mq_panel_outline(&made->panel, &model->panel.info));
    MQ_DO(mq_pool_new(&made->pool, 1));
    MQ_DO(make_predictor(made));
    *inference = made;
    made = NULL;
done:
    mq_inference_free(made);
    return status;
}

void mq_inference_free(struct mq_inference *inference)
{
    if (inference == NULL) return;
    mq_predictor_free(inference->predictor);
    mq_pool_free(inference->pool);
    mq_panel_close(inference->panel);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(inference->names[c]);
    mq_free(inference);
}

// Period of a date, counted as in the panel trained on.
static mq_status find_period(const struct mq_inference *inference, const char *date,
                             int64_t *period)
{
    int64_t seconds = 0;
    if (date == NULL || !mq_date_parse(date, &seconds))
        return mq_fail(MQ_USAGE, "start: '%s' is not a date", date != NULL ? date : "");
    *period = mq_period_of(&inference->model->panel.info.calendar, seconds);
    return MQ_OK;
}

static mq_status check_span(const char *what, int64_t start, int64_t n)
{
    if (n >= 0 && start >= -MQ_PERIODS_MAX && n <= MQ_PERIODS_MAX && start + n <= MQ_PERIODS_MAX)
        return MQ_OK;
    return mq_fail(MQ_USAGE, "%s: impossible: %lld periods from period %lld on", what, (long long)n,
                   (long long)start);
}

static mq_status check_values(const char *name, const float values[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (fabsf(values[i]) > (float)MQ_VALUE_MAX)
            return mq_fail(MQ_DATA, "%s: value %lld is %g, beyond %g", name, (long long)i,
                           (double)values[i], MQ_VALUE_MAX);
    return MQ_OK;
}

mq_status mq_inference_calendar(struct mq_inference *inference, const char *name, const char *start,
                                int64_t n, const float values[])
{
    const struct mq_inference_facts *facts = &inference->facts;
    int64_t first = 0;
    int64_t i = 0;
    while (i < facts->n_covariates && (facts->covariates[i].role != MQ_ROLE_CALENDAR ||
                                       strcmp(facts->covariates[i].name, name) != 0))
        i++;
    if (i == facts->n_covariates)
        return mq_fail(MQ_USAGE, "the model looks at no calendar '%s'", name);
    MQ_TRY(find_period(inference, start, &first));
    MQ_TRY(check_span(name, first, n));
    MQ_TRY(check_values(name, values, n));
    const int64_t c = inference->index[i];
    MQ_TRY(mq_panel_outline_calendar(inference->panel, c, first, n, values));
    inference->has_calendar[c] = true;
    mq_predictor_free(inference->predictor);
    inference->predictor = NULL;
    return MQ_OK;
}

// ---- products -----------------------------------------------------------------------------------

// The predictor only reads.
static float *borrow(const float *values)
{
    static float none;
    return values != NULL ? (float *)values : &none;
}

static const float *values_of(const struct mq_product *product, const char *name)
{
    for (int64_t i = 0; i < product->n_values; i++)
        if (strcmp(product->values[i].name, name) == 0) return product->values[i].values;
    return NULL;
}

static float code_of(const struct mq_inference *inference, int64_t c, const char *value)
{
    char *const *names = inference->model->panel.vocabulary[c];
    const int64_t n = inference->model->panel.info.covariates[c].cardinality;
    char *const wanted = (char *)value;
    char *const *const key = &wanted;
    if (value == NULL || n == 0) return 0;
    char *const **found =
        bsearch(&key, inference->names[c], (size_t)n, sizeof *inference->names[c], compare_names);
    return found != NULL ? (float)(*found - names + 1) : 0;
}

static mq_status lacks(const struct mq_covariate *covariate)
{
    (void)mq_fail(MQ_DATA, "the model needs covariate '%s', which the product lacks",
                  covariate->name);
    if (covariate->role == MQ_ROLE_CALENDAR)
        return mq_hint("give it to all products with mq_inference_calendar");
    return MQ_DATA;
}

static mq_status take_category(struct mq_inference *inference, const struct mq_product *product,
                               int64_t i)
{
    const struct mq_covariate *covariate = &inference->facts.covariates[i];
    const int64_t c = inference->index[i];
    for (int64_t k = 0; k < product->n_categories; k++) {
        if (strcmp(product->categories[k].name, covariate->name) != 0) continue;
        inference->statics[c] = code_of(inference, c, product->categories[k].value);
        inference->block.statics[c] = &inference->statics[c];
        return MQ_OK;
    }
    return lacks(covariate);
}

static mq_status take_covariate(struct mq_inference *inference, const struct mq_product *product,
                                int64_t i)
{
    const struct mq_covariate *covariate = &inference->facts.covariates[i];
    const int64_t c = inference->index[i];
    struct mq_series_block *block = &inference->block;
    if (covariate->role == MQ_ROLE_STATIC_CATEGORY) return take_category(inference, product, i);
    if (covariate->role == MQ_ROLE_CALENDAR)
        return inference->has_calendar[c] ? MQ_OK : lacks(covariate);
    const float *values = values_of(product, covariate->name);
    const bool is_known = covariate->role == MQ_ROLE_KNOWN;
    const bool is_past = covariate->role == MQ_ROLE_PAST;
    if (values == NULL && !(is_past && product->n == 0)) return lacks(covariate);
    const int64_t n = is_known ? product->n + block->ahead : is_past ? product->n : 1;
    MQ_TRY(check_values(covariate->name, values, n));
    float **to = is_known ? block->known : is_past ? block->past : block->statics;
    to[c] = borrow(values);
    return MQ_OK;
}

static mq_status take_product(struct mq_inference *inference, const struct mq_product *product)
{
    const int64_t n = product->n;
    MQ_TRY(find_period(inference, product->start, &inference->start));
    MQ_TRY(check_span("history", inference->start, n));
    if (product->target == NULL && n > 0) return mq_fail(MQ_USAGE, "history: no target");
    MQ_TRY(check_values("target", product->target, n));
    inference->offset[1] = n;
    inference->block = (struct mq_series_block){
        .first = product->number,
        .n = 1,
        .start = &inference->start,
        .length = &inference->offset[1],
        .offset = inference->offset,
        .target = borrow(product->target),
        .available = product->available != NULL ? borrow(product->available) : NULL,
        .ahead = inference->facts.horizon,
    };
    for (int64_t i = 0; i < inference->facts.n_covariates; i++)
        MQ_TRY(take_covariate(inference, product, i));
    return MQ_OK;
}

mq_status mq_forecast(struct mq_inference *inference, const struct mq_product *product,
                      float quantiles[])
{
    const struct mq_inference_facts *facts = &inference->facts;
    struct mq_forecasts found = {0};
    MQ_TRY(make_predictor(inference));
    MQ_TRY(take_product(inference, product));
    inference->origin = inference->start + product->n - 1;
    MQ_TRY(mq_predictor_move(inference->predictor, product->n));
    MQ_TRY(mq_predictor_block(inference->predictor, &inference->block, &found));
    memcpy(quantiles, found.quantiles,
           (size_t)(facts->horizon * facts->n_levels) * sizeof *quantiles);
    return MQ_OK;
}
