// Of other trained models, the one with the lowest pinball loss at the validation origins: over the
// catalogue, or for each category of products on its own.
#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/exact.h"
#include "mq/base/log.h"
#include "mq/model/model.h"
#include "mq/model/predictor.h"

struct champion_options {
    struct mq_text_list members;
    char by[MQ_TEXT_MAX];
    int64_t min_targets;
};

static const struct mq_setting settings[] = {
    {"members", MQ_TEXT_LIST, offsetof(struct champion_options, members), NULL, 0, 0, NULL, "",
     "runs or checkpoints that it chooses among"},
    {"by", MQ_TEXT, offsetof(struct champion_options, by), "''", 0, 0, NULL, "",
     "static category: each of its values has a champion of its own; empty: one for all"},
    {"min_targets", MQ_INT, offsetof(struct champion_options, min_targets), "200", 1, 1e12, NULL,
     "", "a category with fewer observed targets to choose by gets the champion of all"},
};

// ---- choosing -----------------------------------------------------------------------------------

// Losses of one member, by segment.
struct sheet {
    const struct mq_fit *fit;
    int64_t category; // -1: one segment
    float *targets; // (O, H)
    struct mq_exact *loss; // (segments)
    int64_t *count; // (segments)
};

static void add_product(struct sheet *sheet, int64_t segment, const float *quantiles)
{
    const struct mq_experiment *experiment = &sheet->fit->model->experiment;
    const struct mq_real_list *levels = &experiment->loss.quantiles;
    const int64_t n = sheet->fit->validation->n * experiment->data.horizon;
    double loss = 0;
    for (int64_t i = 0; i < n; i++) {
        const double y = (double)sheet->targets[i];
        if (isnan(y)) continue;
        sheet->count[segment]++;
        for (int64_t q = 0; q < levels->n; q++) {
            const double error = y - (double)quantiles[i * levels->n + q];
            loss += fmax(levels->value[q] * error, (levels->value[q] - 1) * error);
        }
    }
    mq_exact_add(&sheet->loss[segment], loss);
}

static mq_status add_block(void *context, const struct mq_series_block *block,
                           const struct mq_forecasts *forecasts)
{
    struct sheet *sheet = context;
    const struct mq_model *model = sheet->fit->model;
    const struct mq_origins *origins = sheet->fit->validation;
    const int64_t horizon = model->experiment.data.horizon;
    const int64_t row = origins->n * horizon * model->experiment.loss.quantiles.n;
    for (int64_t i = 0; i < block->n; i++) {
        int64_t segment = 0;
        if (sheet->category >= 0)
            segment = (int64_t)block->statics[model->features.codes[sheet->category]][i];
        mq_targets_fill(origins, horizon, block, i, true, sheet->targets);
        add_product(sheet, segment, forecasts->quantiles + i * row);
    }
    return MQ_OK;
}

static mq_status score_member(const struct mq_fit *fit, struct mq_model *member,
                              struct sheet *sheet)
{
    const struct mq_experiment *experiment = &fit->model->experiment;
    const int64_t series = experiment->forecast.batch;
    struct mq_predictor *predictor = NULL;
    int64_t first = 0;
    int64_t n = 0;
    mq_shard_range(mq_panel_info(fit->panel)->n_series, series, fit->ranks.n, fit->ranks.own,
                   &first, &n);
    MQ_TRY(mq_predictor_new(&predictor, member, fit->panel, fit->validation,
                            &experiment->loss.quantiles, series, fit->pool));
    const mq_status status = mq_predictor_run(predictor, first, n, add_block, sheet);
    mq_predictor_free(predictor);
    return status;
}

// A loss that no sum can hold is worse than any.
static double loss_of(const struct mq_exact *loss)
{
    const double value = mq_exact_value(loss);
    return isnan(value) ? (double)INFINITY : value;
}

// The member with the least loss, the first of equals.
static int32_t least(const struct mq_exact loss[], int64_t n_members, int64_t segments, int64_t s)
{
    int32_t best = 0;
    for (int64_t m = 1; m < n_members; m++)
        if (loss_of(&loss[m * segments + s]) < loss_of(&loss[best * segments + s]))
            best = (int32_t)m;
    return best;
}

static void choose(const struct mq_model *model, int64_t segments, const struct mq_exact loss[],
                   const int64_t count[], bool speaks, int32_t choice[])
{
    const struct champion_options *options = model->experiment.model;
    struct mq_exact all[MQ_LIST_MAX] = {{{0}, 0}};
    int64_t won[MQ_LIST_MAX] = {0};
    int64_t occupied = 0;
    for (int64_t m = 0; m < model->n_members; m++)
        for (int64_t s = 0; s < segments; s++)
            mq_exact_merge(&all[m], &loss[m * segments + s]);
    const int32_t best = least(all, model->n_members, 1, 0);
    for (int64_t s = 0; s < segments; s++) {
        choice[s] = best;
        if (count[s] >= options->min_targets)
            choice[s] = least(loss, model->n_members, segments, s);
        won[choice[s]] += count[s] > 0;
        occupied += count[s] > 0;
    }
    if (!speaks) return;
    for (int64_t m = 0; m < model->n_members; m++)
        mq_info("champion: %s, validation loss %.6g: %lld of %lld segments", model->members[m].path,
                mq_exact_value(&all[m]), (long long)won[m], (long long)occupied);
}

static mq_status find_category(const struct mq_model *model, int32_t *category)
{
    const struct champion_options *options = model->experiment.model;
    const struct mq_features *features = &model->features;
    *category = -1;
    if (options->by[0] == '\0') return MQ_OK;
    for (int32_t c = 0; c < features->n_codes; c++)
        if (strcmp(model->panel.info.covariates[features->codes[c]].name, options->by) == 0)
            *category = c;
    if (*category >= 0) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "model.by: '%s' is none of the static categories", options->by);
    return mq_hint("mqcast inspect %s names them; data.static must include it",
                   model->experiment.data.panel);
}

static int64_t segments_of(const struct mq_model *model, int32_t category)
{
    return category < 0 ? 1 : model->features.cardinality[category] + 1;
}

// Of this rank's products: loss (members, segments), count (segments).
static mq_status score_all(const struct mq_fit *fit, int32_t category, struct mq_exact *loss,
                           int64_t *count)
{
    const struct mq_model *model = fit->model;
    const int64_t segments = segments_of(model, category);
    struct sheet sheet = {.fit = fit, .category = category, .count = count};
    mq_status status = MQ_OK;
    MQ_NEW(sheet.targets, fit->validation->n * model->experiment.data.horizon);
    for (int64_t m = 0; m < model->n_members && status == MQ_OK; m++) {
        memset(count, 0, (size_t)segments * sizeof *count); // the same for every member
        sheet.loss = loss + m * segments;
        status = score_member(fit, &model->members[m].model, &sheet);
    }
    mq_free(sheet.targets);
    return status;
}

// What a member was trained on must lie before the origins that it is chosen at.
static mq_status check_spans(const struct mq_fit *fit)
{
    for (int64_t m = 0; m < fit->model->n_members; m++) {
        const struct mq_member *member = &fit->model->members[m];
        const struct mq_forecaster *forecaster = member->model.forecaster;
        struct mq_split split;
        if (forecaster->build == NULL && forecaster->fit == NULL) continue; // not trained
        MQ_TRY(mq_split_make(&split, &member->model.experiment, &member->model.panel.info,
                             member->path));
        const int64_t train_end = split.train_end;
        mq_split_release(&split);
        if (train_end <= fit->train_end) continue;
        (void)mq_fail(MQ_USAGE, "model.members: %s was trained on targets to choose by",
                      member->path);
        return mq_hint("train all of them with the same evaluate and data.validation");
    }
    return MQ_OK;
}

// The table of the category, room for the choice and for the sums.
static mq_status prepare(const struct mq_fit *fit, struct mq_tables *tables, int32_t **category,
                         int32_t **choice, struct mq_exact **loss, int64_t **count)
{
    if (fit->validation->n == 0) {
        (void)mq_fail(MQ_USAGE, "data.validation: a champion is chosen at validation origins");
        return mq_hint("data.validation: 1 or more");
    }
    MQ_TRY(check_spans(fit));
    MQ_TRY(mq_tables_add(tables, "category", MQ_TABLE_I32, 1, (void **)category));
    MQ_TRY(find_category(fit->model, *category));
    const int64_t segments = segments_of(fit->model, **category);
    MQ_TRY(mq_tables_add(tables, "choice", MQ_TABLE_I32, segments, (void **)choice));
    MQ_NEW(*loss, fit->model->n_members * segments);
    MQ_NEW(*count, segments);
    return MQ_OK;
}

static mq_status fit_champion(const struct mq_fit *fit, struct mq_tables *tables)
{
    const struct mq_model *model = fit->model;
    mq_status status = MQ_OK;
    struct mq_exact *loss = NULL;
    int64_t *count = NULL;
    int32_t *category = NULL;
    int32_t *choice = NULL;
    MQ_DO(mq_ranks_agree(&fit->ranks, prepare(fit, tables, &category, &choice, &loss, &count)));
    const int64_t segments = segments_of(model, *category);
    MQ_DO(mq_ranks_agree(&fit->ranks, score_all(fit, *category, loss, count)));
    MQ_DO(mq_ranks_sum_exact(&fit->ranks, loss, model->n_members * segments));
    MQ_DO(mq_ranks_sum(&fit->ranks, count, segments));
    choose(model, segments, loss, count, fit->ranks.own == 0, choice);
done:
    mq_free(loss);
    mq_free(count);
    return status;
}

static mq_status check(const struct mq_model *model)
{
    int64_t n = 0;
    const int32_t *category = mq_tables_get(&model->tables, "category", MQ_TABLE_I32, &n);
    if (n != 1 || *category < -1 || *category >= model->features.n_codes) return MQ_DATA;
    const int32_t *choice = mq_tables_get(&model->tables, "choice", MQ_TABLE_I32, &n);
    if (n != segments_of(model, *category)) return MQ_DATA;
    for (int64_t s = 0; s < n; s++)
        if (choice[s] < 0 || choice[s] >= model->n_members) return MQ_DATA;
    return MQ_OK;
}

// ---- forecasting --------------------------------------------------------------------------------

static void take_chosen(const struct mq_model *model, const int32_t codes[],
                        const float *const members[], int64_t n, float quantiles[])
{
    int64_t ignored = 0;
    const int32_t *category = mq_tables_get(&model->tables, "category", MQ_TABLE_I32, &ignored);
    const int32_t *choice = mq_tables_get(&model->tables, "choice", MQ_TABLE_I32, &ignored);
    const int32_t segment = *category < 0 ? 0 : codes[*category];
    memcpy(quantiles, members[choice[segment]], (size_t)n * sizeof *quantiles);
}

const struct mq_forecaster mq_model_champion = {
    .name = "champion",
    .summary = "the best of other runs at the validation origins, by category of products",
    .source = "forecast selection by a rolling origin; Tashman 2000, \"Out-of-sample tests of "
              "forecasting accuracy\"",
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .options_bytes = sizeof(struct champion_options),
    .fit = fit_champion,
    .check = check,
    .gives_spans = true,
    .combine = take_chosen,
};
