// Choice and standardisation of covariates.
#include "mq/data/feature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"

enum { LAG_MAX = 10000 };

static bool is_listed(const struct mq_text_list *list, const char *name)
{
    for (int64_t i = 0; i < list->n; i++)
        if (strcmp(list->value[i], name) == 0 || strcmp(list->value[i], "all") == 0) return true;
    return false;
}

static const struct mq_text_list *list_of(const struct mq_data_settings *settings,
                                          enum mq_role role)
{
    switch (role) {
    case MQ_ROLE_KNOWN:
    case MQ_ROLE_CALENDAR:
        return &settings->known;
    case MQ_ROLE_PAST:
        return &settings->past;
    default:
        return &settings->statics;
    }
}

// Every name in the list must be a covariate of a role that belongs to it.
static mq_status check_names(const char *key, const struct mq_text_list *list,
                             const struct mq_data_settings *settings,
                             const struct mq_panel_info *panel)
{
    const char *names[MQ_COVARIATES_MAX];
    int64_t n = 0;
    for (int64_t c = 0; c < panel->n_covariates; c++)
        if (list_of(settings, panel->covariates[c].role) == list)
            names[n++] = panel->covariates[c].name;
    for (int64_t i = 0; i < list->n; i++) {
        bool is_found = strcmp(list->value[i], "all") == 0;
        for (int64_t j = 0; j < n; j++)
            is_found = is_found || strcmp(names[j], list->value[i]) == 0;
        if (is_found) continue;
        (void)mq_fail(MQ_USAGE, "data.%s: the panel has no covariate '%s' of that role", key,
                      list->value[i]);
        const char *nearest = mq_str_nearest(list->value[i], names, n);
        if (nearest != NULL) return mq_hint("did you mean '%s'?", nearest);
        return mq_hint("the panel has %lld such covariates; mqcast inspect lists them",
                       (long long)n);
    }
    return MQ_OK;
}

mq_status mq_category_find(const struct mq_panel_info *panel, const char *key, const char *name,
                           int64_t *covariate)
{
    const char *names[MQ_COVARIATES_MAX];
    int64_t n = 0;
    for (int64_t c = 0; c < panel->n_covariates; c++) {
        if (panel->covariates[c].role != MQ_ROLE_STATIC_CATEGORY) continue;
        names[n++] = panel->covariates[c].name;
        if (strcmp(names[n - 1], name) != 0) continue;
        *covariate = c;
        return MQ_OK;
    }
    (void)mq_fail(MQ_USAGE, "%s: the panel has no static category '%s'", key, name);
    const char *nearest = mq_str_nearest(name, names, n);
    if (nearest != NULL) return mq_hint("did you mean '%s'?", nearest);
    return mq_hint("the panel has %lld such covariates; mqcast inspect lists them", (long long)n);
}

// ---- lags --------------------------------------------------------------------------------------

// "7" or "7x4".
static bool parse_lag(const char *text, struct mq_lag *lag)
{
    char *end = NULL;
    lag->repeats = 1;
    lag->period = strtoll(text, &end, 10);
    if (end == text) return false;
    if (*end == 'x') {
        text = end + 1;
        lag->repeats = strtoll(text, &end, 10);
        if (end == text) return false;
    }
    return *end == '\0' && lag->period >= 1 && lag->period <= LAG_MAX && lag->repeats >= 1 &&
           lag->repeats <= LAG_MAX / lag->period;
}

// The last value, and the last and the usual one of each season that the panel covers twice.
static void add_usual_lags(struct mq_features *features, int64_t season, int64_t n_periods)
{
    features->lag[features->n_lags++] = (struct mq_lag){1, 1};
    if (season < 2 || 2 * season > n_periods) return;
    features->lag[features->n_lags++] = (struct mq_lag){season, 1};
    features->lag[features->n_lags++] = (struct mq_lag){season, 4};
}

// 52 weeks keep the day of the week.
static int64_t year_of(const struct mq_panel_info *panel)
{
    enum { DAYS = 52 * 7, DAY_S = 86400 };
    const struct mq_calendar *calendar = &panel->calendar;
    if (calendar->unit > MQ_DAY) return 0;
    const int64_t year = mq_period_of(calendar, calendar->epoch_s + (int64_t)DAYS * DAY_S);
    return year <= LAG_MAX && 2 * year <= panel->n_periods ? year : 0;
}

static mq_status select_lags(struct mq_features *features, const struct mq_data_settings *settings,
                             const struct mq_panel_info *panel)
{
    const struct mq_text_list *list = &settings->lags;
    for (int64_t i = 0; i < list->n; i++) {
        if (features->n_lags + 3 > MQ_LAGS_MAX)
            return mq_fail(MQ_USAGE, "data.lags: more than %d", MQ_LAGS_MAX - 2);
        if (strcmp(list->value[i], "auto") == 0)
            add_usual_lags(features, features->season, panel->n_periods);
        else if (parse_lag(list->value[i], &features->lag[features->n_lags]))
            features->n_lags++;
        else
            return mq_fail(MQ_USAGE, "data.lags: '%s' is not auto, periods as 7, or means as 7x4",
                           list->value[i]);
    }
    return MQ_OK;
}

// ---- choice ----------------------------------------------------------------------------------

mq_status mq_features_select(struct mq_features *features, const struct mq_data_settings *settings,
                             const struct mq_panel_info *panel)
{
    *features = (struct mq_features){0};
    MQ_TRY(check_names("static", &settings->statics, settings, panel));
    MQ_TRY(check_names("known", &settings->known, settings, panel));
    MQ_TRY(check_names("past", &settings->past, settings, panel));
    for (int64_t c = 0; c < panel->n_covariates; c++) {
        const struct mq_covariate *covariate = &panel->covariates[c];
        if (!is_listed(list_of(settings, covariate->role), covariate->name)) continue;
        switch (covariate->role) {
        case MQ_ROLE_KNOWN:
            features->known[features->n_known++] = c;
            break;
        case MQ_ROLE_CALENDAR:
            features->calendar[features->n_calendar++] = c;
            if (settings->event_distances && covariate->cardinality == 2)
                features->events[features->n_events++] = c;
            break;
        case MQ_ROLE_PAST:
            features->past[features->n_past++] = c;
            break;
        case MQ_ROLE_STATIC_REAL:
            features->reals[features->n_reals++] = c;
            break;
        case MQ_ROLE_STATIC_CATEGORY:
            features->cardinality[features->n_codes] = covariate->cardinality;
            features->codes[features->n_codes++] = c;
            break;
        }
    }
    features->transform = settings->transform;
    features->scaling = settings->scaling;
    features->season =
        settings->season > 0 ? settings->season : mq_calendar_season(&panel->calendar);
    features->year = year_of(panel);
    MQ_TRY(select_lags(features, settings, panel));
    features->has_available = panel->has_available;
    features->n_date =
        settings->calendar ? mq_calendar_features(&panel->calendar, panel->n_periods) : 0;
    features->history_width =
        MQ_HISTORY_BASE + (features->has_available ? 1 : 0) + features->n_past;
    features->date_width = features->n_date + features->n_calendar + 2 * features->n_events;
    features->known_width = 1 + features->date_width + 2 * features->n_known;
    return MQ_OK;
}

// ---- statistics --------------------------------------------------------------------------------

static void add_value(struct mq_statistics *statistics, int64_t c, float value)
{
    if (isnan(value)) return;
    mq_exact_add(&statistics->count[c], 1.0);
    mq_exact_add(&statistics->sum[c], (double)value);
    mq_exact_add(&statistics->square[c], (double)value * (double)value);
}

static void add_target(struct mq_statistics *statistics, float value)
{
    if (isnan(value)) return;
    mq_exact_add(&statistics->target_count, 1.0);
    mq_exact_add(&statistics->target_sum, fabs((double)value));
    mq_exact_add(&statistics->target_log, log1p(fmax((double)value, 0)));
    if (value < 0) mq_exact_add(&statistics->negative_count, 1.0);
}

void mq_statistics_add(struct mq_statistics *statistics, const struct mq_panel_info *panel,
                       const struct mq_series_block *block, int64_t train_end)
{
    for (int64_t i = 0; i < block->n; i++) {
        const int64_t seen = train_end - block->start[i]; // periods of this series before train_end
        const int64_t n = seen < block->length[i] ? (seen > 0 ? seen : 0) : block->length[i];
        for (int64_t j = 0; j < n; j++)
            add_target(statistics, block->target[block->offset[i] + j]);
        for (int64_t c = 0; c < panel->n_covariates; c++) {
            if (block->statics[c] != NULL) add_value(statistics, c, block->statics[c][i]);
            const float *values = NULL;
            if (block->past[c] != NULL) values = block->past[c] + block->offset[i];
            if (block->known[c] != NULL)
                values = block->known[c] + block->offset[i] + i * block->ahead;
            for (int64_t j = 0; values != NULL && j < n; j++)
                add_value(statistics, c, values[j]);
        }
    }
}

static mq_status largest_target(struct mq_panel *panel, int64_t i, float *largest)
{
    struct mq_series_block series = {0};
    const mq_status status = mq_panel_read(panel, i, 1, &series);
    *largest = 0;
    for (int64_t j = 0; status == MQ_OK && j < series.length[0]; j++)
        *largest = fmaxf(*largest, fabsf(series.target[series.offset[0] + j]));
    mq_series_block_release(&series);
    return status;
}

// Names the series that cannot be added up: no importer lets its target pass, another writer may.
static mq_status fail_target(struct mq_panel *panel)
{
    const char *path = mq_panel_path(panel);
    for (int64_t i = 0; i < mq_panel_info(panel)->n_series; i++) {
        float largest = 0;
        char **ids = NULL;
        MQ_TRY(largest_target(panel, i, &largest));
        if (!((double)largest > MQ_VALUE_MAX)) continue;
        MQ_TRY(mq_panel_ids(panel, i, 1, &ids));
        const mq_status status =
            mq_fail(MQ_DATA, "%s: series '%s': a target of %g is too large, values go up to %g",
                    path, ids[0], (double)largest, MQ_VALUE_MAX);
        mq_free(ids);
        return status;
    }
    return mq_fail(MQ_DATA, "%s: the targets are too large to add up", path);
}

// Mean and deviation of one chosen covariate.
static mq_status fit_covariate(struct mq_features *features, const struct mq_statistics *statistics,
                               const struct mq_panel *panel, int64_t c)
{
    const double n = mq_exact_value(&statistics->count[c]);
    const double mean = n > 0 ? mq_exact_value(&statistics->sum[c]) / n : 0.0;
    const double square = n > 0 ? mq_exact_value(&statistics->square[c]) / n : 0.0;
    if (!isfinite(mean) || !isfinite(square))
        return mq_fail(MQ_DATA, "%s: covariate '%s' is not finite or too large",
                       mq_panel_path(panel), mq_panel_info(panel)->covariates[c].name);
    const double variance = square - mean * mean;
    features->mean[c] = mean;
    features->deviation[c] = variance > 1e-12 * square && variance > 0 ? sqrt(variance) : 1.0;
    return MQ_OK;
}

mq_status mq_features_fit(struct mq_features *features, const struct mq_statistics *statistics,
                          struct mq_panel *panel, int64_t train_end)
{
    const double n_targets = mq_exact_value(&statistics->target_count);
    const double total = mq_exact_value(&statistics->target_sum);
    if (!isfinite(total)) return fail_target(panel);
    if (!(n_targets > 0))
        return mq_fail(MQ_DATA, "%s: no target is observed in the training span",
                       mq_panel_path(panel));
    features->mean_absolute = total > 0 ? total / n_targets : 1.0;
    features->is_nonnegative = !(mq_exact_value(&statistics->negative_count) > 0);
    if (features->transform == MQ_TRANSFORM_LOG1P) {
        if (!features->is_nonnegative) {
            (void)mq_fail(MQ_DATA, "%s: data.transform log1p, but some targets are negative",
                          mq_panel_path(panel));
            return mq_hint("data.transform: none");
        }
        if (total > 0)
            features->mean_absolute = mq_exact_value(&statistics->target_log) / n_targets;
    }

    struct mq_statistics whole = *statistics;
    for (int64_t i = 0; i < features->n_calendar; i++) {
        const float *values = mq_panel_calendar(panel, features->calendar[i]);
        for (int64_t t = 0; t < train_end; t++)
            add_value(&whole, features->calendar[i], values[t]);
    }
    const struct {
        const int64_t *list;
        int64_t n;
    } chosen[] = {{features->past, features->n_past},
                  {features->known, features->n_known},
                  {features->calendar, features->n_calendar},
                  {features->reals, features->n_reals}};
    for (size_t role = 0; role < sizeof chosen / sizeof chosen[0]; role++)
        for (int64_t i = 0; i < chosen[role].n; i++)
            MQ_TRY(fit_covariate(features, &whole, panel, chosen[role].list[i]));
    return MQ_OK;
}
