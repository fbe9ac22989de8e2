// What belongs to a model besides its network.
#include "mq/model/model.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/hash.h"
#include "mq/data/engineered.h"
#include "mq/model/registry.h"

mq_status mq_model_init(struct mq_model *model, struct mq_experiment *experiment,
                        struct mq_panel *panel)
{
    *model = (struct mq_model){.experiment = *experiment};
    *experiment = (struct mq_experiment){0};
    model->panel.info = *mq_panel_info(panel);
    MQ_TRY(mq_forecaster_find(model->experiment.model_type, &model->forecaster));
    MQ_TRY(mq_model_check_levels(model));
    MQ_TRY(mq_model_check_spans(model));
    MQ_TRY(mq_features_select(&model->features, &model->experiment.data, &model->panel.info));
    if (model->experiment.evaluate.by[0] != '\0') { // not found out after training
        int64_t ignored = 0;
        MQ_TRY(mq_category_find(&model->panel.info, "evaluate.by", model->experiment.evaluate.by,
                                &ignored));
    }
    for (int64_t c = 0; c < model->panel.info.n_covariates; c++)
        if (model->panel.info.covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(mq_panel_vocabulary(panel, c, &model->panel.vocabulary[c]));
    return MQ_OK;
}

void mq_model_release(struct mq_model *model)
{
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(model->panel.vocabulary[c]);
    mq_params_release(&model->params);
    mq_tables_release(&model->tables);
    for (int64_t i = 0; i < model->n_members; i++)
        mq_model_release(&model->members[i].model);
    mq_free(model->members);
    mq_experiment_release(&model->experiment);
    *model = (struct mq_model){0};
}

struct mq_dims mq_model_dims(const struct mq_model *model, int64_t B, int64_t T,
                             struct mq_forks forks)
{
    const struct mq_features *features = &model->features;
    const struct mq_loss_settings *loss = &model->experiment.loss;
    return (struct mq_dims){
        .B = B,
        .T = T,
        .H = model->experiment.data.horizon,
        .Q = loss->quantiles.n,
        .level = loss->quantiles.value,
        .knot = loss->head == MQ_HEAD_INCREMENTAL ? loss->quantiles.value : NULL,
        .n_knots = loss->quantiles.n,
        .C = features->history_width,
        .E = model->forecaster->wants_engineered ? mq_engineered_inputs(features) : 0,
        .K = features->known_width,
        .N = features->n_codes,
        .R = features->n_reals,
        .cardinality = features->cardinality,
        .J = features->n_lags,
        .lag = features->lag,
        .S = loss->spans.n,
        .span = loss->spans.value,
        .forks = forks,
        .inventory = &model->experiment.inventory,
        .seed = (uint64_t)model->experiment.run.seed,
    };
}

struct mq_window_shape mq_model_window(const struct mq_model *model, int64_t B, int64_t T)
{
    const bool is_engineered = model->forecaster->wants_engineered;
    return (struct mq_window_shape){
        .series = B,
        .context = T,
        .horizon = model->experiment.data.horizon,
        .scale_span = model->experiment.data.context,
        .reach = is_engineered ? mq_engineered_reach(&model->features) : 0,
        .has_engineered = is_engineered && model->forecaster->build != NULL,
        .spans = &model->experiment.loss.spans,
    };
}

int64_t mq_model_trained_levels(const struct mq_model *model, double level[MQ_TRAINED_LEVELS_MAX])
{
    const struct mq_loss_settings *loss = &model->experiment.loss;
    const int64_t n = loss->quantiles.n;
    const bool has_tails = loss->head == MQ_HEAD_INCREMENTAL;
    memcpy(level + has_tails, loss->quantiles.value, (size_t)n * sizeof *level);
    if (!has_tails) return n;
    level[0] = level[1] / M_E;
    level[n + 1] = 1 - (1 - level[n]) / M_E;
    return n + 2;
}

static bool are_same(const struct mq_real_list *a, const struct mq_real_list *b)
{
    return a->n == b->n && memcmp(a->value, b->value, (size_t)a->n * sizeof *a->value) == 0;
}

static bool gives(const struct mq_model *model, const struct mq_real_list *levels)
{
    const struct mq_loss_settings *loss = &model->experiment.loss;
    return model->forecaster->build == NULL || model->forecaster->build_loss != NULL ||
           loss->head != MQ_HEAD_GRID || are_same(levels, &loss->quantiles);
}

static mq_status check_members_levels(const struct mq_model *model, const char *key,
                                      const struct mq_real_list *levels)
{
    const bool is_default = levels == &model->experiment.loss.quantiles;
    for (int64_t i = 0; i < model->n_members; i++) {
        if (gives(&model->members[i].model, levels)) continue;
        (void)mq_fail(MQ_USAGE, "%s: %s knows the loss.quantiles it was trained with alone",
                      is_default ? "loss.quantiles" : key, model->members[i].path);
        return mq_hint("take its loss.quantiles, or train it with loss.head: incremental");
    }
    return MQ_OK;
}

mq_status mq_model_check_levels(const struct mq_model *model)
{
    const struct mq_experiment *experiment = &model->experiment;
    const struct {
        const char *key;
        const struct mq_real_list *levels;
    } asked[] = {{"forecast.levels", mq_forecast_levels(experiment)},
                 {"evaluate.levels", mq_evaluate_levels(experiment)},
                 {"loss.quantiles", &experiment->loss.quantiles}};
    const size_t n = model->forecaster->fit != NULL ? 3 : 2; // fitting may choose at the last ones
    for (size_t i = 0; i < n; i++) {
        MQ_TRY(check_members_levels(model, asked[i].key, asked[i].levels));
        if (gives(model, asked[i].levels)) continue;
        (void)mq_fail(MQ_USAGE, "%s: with loss.head: grid a model knows its loss.quantiles alone",
                      asked[i].key);
        return mq_hint("train with loss.head: incremental for any levels");
    }
    return MQ_OK;
}

static bool are_same_spans(const struct mq_span_list *a, const struct mq_span_list *b)
{
    return a->n == b->n && memcmp(a->value, b->value, (size_t)a->n * sizeof *a->value) == 0;
}

mq_status mq_model_check_spans(const struct mq_model *model)
{
    const struct mq_span_list *spans = &model->experiment.loss.spans;
    if (spans->n > 0 && !model->forecaster->gives_spans) {
        (void)mq_fail(MQ_USAGE, "loss.spans: %s forecasts no totals", model->forecaster->name);
        return mq_hint("quantiles of a total do not follow from those of its periods; the quantile "
                       "networks and sqrf learn them");
    }
    for (int64_t i = 0; i < model->n_members; i++) {
        if (are_same_spans(spans, &model->members[i].model.experiment.loss.spans)) continue;
        (void)mq_fail(MQ_USAGE, "loss.spans: %s was trained with others", model->members[i].path);
        return mq_hint("give all members and what combines them the same loss.spans");
    }
    return MQ_OK;
}

static void members_sha256(const struct mq_model *model, char hex[MQ_SHA256_HEX])
{
    struct mq_sha256 hash;
    mq_sha256_begin(&hash);
    for (int64_t i = 0; i < model->n_members; i++) {
        mq_model_weights_sha256(&model->members[i].model, hex);
        mq_sha256_add(&hash, hex, MQ_SHA256_HEX);
    }
    if (model->tables.n > 0) {
        mq_tables_sha256(&model->tables, hex);
        mq_sha256_add(&hash, hex, MQ_SHA256_HEX);
    }
    mq_sha256_end(&hash, hex);
}

void mq_model_weights_sha256(const struct mq_model *model, char hex[MQ_SHA256_HEX])
{
    if (model->n_members > 0) {
        members_sha256(model, hex);
        return;
    }
    if (model->tables.n > 0) {
        mq_tables_sha256(&model->tables, hex);
        return;
    }
    const bool has_weights = model->params.values != NULL;
    const size_t bytes = has_weights ? (size_t)model->params.count * sizeof(mq_real) : 0;
    mq_sha256_hex(has_weights ? (const void *)model->params.values : "", bytes, hex);
}

// Index in `info` of the covariate with this name and role, or -1.
static int64_t find_covariate(const struct mq_panel_info *info, const struct mq_covariate *wanted)
{
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == wanted->role &&
            strcmp(info->covariates[c].name, wanted->name) == 0)
            return c;
    return -1;
}

// Re-addresses one list of chosen covariates from the trained panel to the new one.
static mq_status readdress(int64_t list[], int64_t n, const struct mq_model *model,
                           const struct mq_panel *panel, struct mq_features *features)
{
    for (int64_t i = 0; i < n; i++) {
        const struct mq_covariate *wanted = &model->panel.info.covariates[list[i]];
        const int64_t c = find_covariate(mq_panel_info(panel), wanted);
        if (c < 0) {
            (void)mq_fail(MQ_DATA, "%s: the model needs covariate '%s', which this panel lacks",
                          mq_panel_path(panel), wanted->name);
            return mq_hint(
                "import it with that column, or train without it: data.static, data.known, "
                "data.past");
        }
        features->mean[c] = model->features.mean[list[i]];
        features->deviation[c] = model->features.deviation[list[i]];
        list[i] = c;
    }
    return MQ_OK;
}

static mq_status map_codes(struct mq_rebinding *rebinding, int64_t chosen,
                           const struct mq_model *model, struct mq_panel *panel)
{
    const int64_t c = rebinding->features.codes[chosen];
    const int64_t trained = model->features.codes[chosen];
    const int64_t n = mq_panel_info(panel)->covariates[c].cardinality;
    const int64_t n_trained = model->features.cardinality[chosen];
    mq_status status = MQ_OK;
    char **names = NULL;
    int32_t *map = NULL;
    MQ_DO(mq_panel_vocabulary(panel, c, &names));
    MQ_NEW_DO(map, n + 1); // 0 = unknown stays 0, and so does every unseen category
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n_trained && map[i + 1] == 0; j++)
            if (strcmp(names[i], model->panel.vocabulary[trained][j]) == 0)
                map[i + 1] = (int32_t)(j + 1);
    rebinding->code_map[chosen] = map;
done:
    mq_free(names);
    return status;
}

mq_status mq_rebinding_init(struct mq_rebinding *rebinding, const struct mq_model *model,
                            struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    *rebinding = (struct mq_rebinding){.features = model->features};
    if (strcmp(info->fingerprint, model->panel.info.fingerprint) == 0) return MQ_OK;

    const struct mq_calendar *trained = &model->panel.info.calendar;
    if (info->calendar.unit != trained->unit || info->calendar.multiple != trained->multiple) {
        char here[MQ_DATE_MAX];
        char there[MQ_DATE_MAX];
        mq_frequency_print(&info->calendar, here);
        mq_frequency_print(trained, there);
        return mq_fail(MQ_DATA, "%s: frequency is %s, the model was trained on %s",
                       mq_panel_path(panel), here, there);
    }
    rebinding->shift = mq_period_of(trained, info->calendar.epoch_s);
    struct mq_features *features = &rebinding->features;
    MQ_TRY(readdress(features->past, features->n_past, model, panel, features));
    MQ_TRY(readdress(features->known, features->n_known, model, panel, features));
    MQ_TRY(readdress(features->calendar, features->n_calendar, model, panel, features));
    MQ_TRY(readdress(features->events, features->n_events, model, panel, features));
    MQ_TRY(readdress(features->reals, features->n_reals, model, panel, features));
    MQ_TRY(readdress(features->codes, features->n_codes, model, panel, features));
    for (int64_t i = 0; i < features->n_codes; i++)
        MQ_TRY(map_codes(rebinding, i, model, panel));
    return MQ_OK;
}

void mq_rebinding_codes(const struct mq_rebinding *rebinding, const struct mq_series_block *block,
                        int64_t i, int32_t codes[])
{
    const struct mq_features *features = &rebinding->features;
    for (int64_t c = 0; c < features->n_codes; c++) {
        const int32_t code = (int32_t)block->statics[features->codes[c]][i];
        codes[c] = rebinding->code_map[c] != NULL ? rebinding->code_map[c][code] : code;
    }
}

void mq_rebinding_release(struct mq_rebinding *rebinding, const struct mq_model *model)
{
    for (int64_t i = 0; i < model->features.n_codes; i++)
        mq_free(rebinding->code_map[i]);
    *rebinding = (struct mq_rebinding){0};
}
