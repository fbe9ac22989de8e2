// Covariates, vocabularies, calendar and statistics of the training panel.
#include "model/checkpoint_panel.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"

// Codes are whole numbers in float32.
enum { CODES_MAX = 1 << 24 };

static struct mq_h5_shape per_covariate(const struct mq_model *model)
{
    return (struct mq_h5_shape){1, {model->panel.info.n_covariates}};
}

static void vocabulary_name(char name[MQ_H5_NAME_MAX], int64_t covariate)
{
    (void)snprintf(name, MQ_H5_NAME_MAX, "/panel/vocabulary/%lld", (long long)covariate);
}

static mq_status put_covariates(struct mq_h5 *file, const struct mq_model *model)
{
    const struct mq_panel_info *info = &model->panel.info;
    const char *names[MQ_COVARIATES_MAX];
    int64_t roles[MQ_COVARIATES_MAX];
    int64_t cardinalities[MQ_COVARIATES_MAX];
    for (int64_t c = 0; c < info->n_covariates; c++) {
        names[c] = info->covariates[c].name;
        roles[c] = info->covariates[c].role;
        cardinalities[c] = info->covariates[c].cardinality;
    }
    const struct mq_h5_shape shape = per_covariate(model);
    MQ_TRY(mq_h5_write_strings(file, "/panel/covariate", info->n_covariates, names));
    MQ_TRY(mq_h5_write(file, "/panel/role", MQ_H5_I64, shape, roles, false));
    MQ_TRY(mq_h5_write(file, "/panel/cardinality", MQ_H5_I64, shape, cardinalities, false));
    MQ_TRY(mq_h5_write(file, "/panel/mean", MQ_H5_F64, shape, model->features.mean, false));
    MQ_TRY(
        mq_h5_write(file, "/panel/deviation", MQ_H5_F64, shape, model->features.deviation, false));
    for (int64_t c = 0; c < info->n_covariates; c++) {
        if (model->panel.vocabulary[c] == NULL) continue;
        char name[MQ_H5_NAME_MAX];
        vocabulary_name(name, c);
        MQ_TRY(mq_h5_write_strings(file, name, info->covariates[c].cardinality,
                                   (const char *const *)model->panel.vocabulary[c]));
    }
    return MQ_OK;
}

mq_status mq_checkpoint_put_panel(struct mq_h5 *file, const struct mq_model *model)
{
    const struct mq_panel_info *info = &model->panel.info;
    MQ_TRY(put_covariates(file, model));
    MQ_TRY(mq_h5_set_text(file, "/panel", "fingerprint", info->fingerprint));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "n_series", info->n_series));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "n_periods", info->n_periods));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "ahead", info->ahead));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "has_available", info->has_available));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "unit", info->calendar.unit));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "multiple", info->calendar.multiple));
    MQ_TRY(mq_h5_set_i64(file, "/panel", "epoch_s", info->calendar.epoch_s));
    MQ_TRY(mq_h5_set_f64(file, "/panel", "mean_absolute", model->features.mean_absolute));
    return mq_h5_set_i64(file, "/panel", "is_nonnegative", model->features.is_nonnegative);
}

static mq_status check_covariate(struct mq_h5 *file, int64_t c, const char *name, int64_t role,
                                 int64_t cardinality)
{
    const bool is_good = name[0] != '\0' && strlen(name) < MQ_NAME_MAX && role >= MQ_ROLE_KNOWN &&
                         role <= MQ_ROLE_STATIC_CATEGORY && cardinality >= 0 &&
                         cardinality <= CODES_MAX;
    if (is_good) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: /panel: covariate %lld '%.100s': impossible role or cardinality",
                   mq_h5_path(file), (long long)c, name);
}

static mq_status get_covariates(struct mq_h5 *file, struct mq_model *model)
{
    struct mq_panel_info *info = &model->panel.info;
    struct mq_h5_shape shape = {0};
    int64_t roles[MQ_COVARIATES_MAX];
    int64_t cardinalities[MQ_COVARIATES_MAX];
    char **names = NULL;
    MQ_TRY(mq_h5_shape(file, "/panel/covariate", &shape));
    if (shape.rank != 1 || shape.size[0] > MQ_COVARIATES_MAX)
        return mq_fail(MQ_DATA, "%s: /panel/covariate: wrong shape", mq_h5_path(file));
    info->n_covariates = shape.size[0];
    MQ_TRY(mq_h5_read(file, "/panel/role", MQ_H5_I64, per_covariate(model), roles));
    MQ_TRY(mq_h5_read(file, "/panel/cardinality", MQ_H5_I64, per_covariate(model), cardinalities));
    MQ_TRY(mq_h5_read_strings(file, "/panel/covariate", 0, info->n_covariates, &names));
    mq_status status = MQ_OK;
    for (int64_t c = 0; c < info->n_covariates && status == MQ_OK; c++) {
        struct mq_covariate *covariate = &info->covariates[c];
        status = check_covariate(file, c, names[c], roles[c], cardinalities[c]);
        (void)snprintf(covariate->name, sizeof covariate->name, "%s", names[c]);
        covariate->role = (enum mq_role)roles[c];
        covariate->cardinality = cardinalities[c];
    }
    mq_free(names);
    MQ_TRY(status);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        char name[MQ_H5_NAME_MAX];
        vocabulary_name(name, c);
        if (info->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_TRY(
                mq_h5_read_strings(file, name, 0, cardinalities[c], &model->panel.vocabulary[c]));
    }
    return MQ_OK;
}

static mq_status check_time(struct mq_h5 *file, const struct mq_panel_info *info, int64_t unit)
{
    const bool is_good = mq_frequency_is_possible(unit, info->calendar.multiple) &&
                         mq_date_is_possible(info->calendar.epoch_s) && info->n_series >= 1 &&
                         info->n_periods >= 0 && info->n_periods <= MQ_PERIODS_MAX &&
                         info->ahead >= 0 && info->ahead <= MQ_PERIODS_MAX;
    return is_good ? MQ_OK
                   : mq_fail(MQ_DATA,
                             "%s: /panel: an impossible number of series or periods, or an "
                             "impossible calendar",
                             mq_h5_path(file));
}

mq_status mq_checkpoint_get_panel(struct mq_h5 *file, struct mq_model *model)
{
    struct mq_panel_info *info = &model->panel.info;
    int64_t has_available = 0;
    int64_t unit = 0;
    struct mq_str fingerprint = {0};
    MQ_TRY(get_covariates(file, model));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "n_series", &info->n_series));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "n_periods", &info->n_periods));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "ahead", &info->ahead));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "has_available", &has_available));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "unit", &unit));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "multiple", &info->calendar.multiple));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "epoch_s", &info->calendar.epoch_s));
    info->has_available = has_available != 0;
    MQ_TRY(check_time(file, info, unit));
    info->calendar.unit = (enum mq_unit)unit;
    const mq_status status = mq_h5_get_text(file, "/panel", "fingerprint", &fingerprint);
    if (status == MQ_OK)
        (void)snprintf(info->fingerprint, sizeof info->fingerprint, "%s", fingerprint.data);
    mq_str_release(&fingerprint);
    return status;
}

mq_status mq_checkpoint_get_statistics(struct mq_h5 *file, struct mq_model *model)
{
    int64_t is_nonnegative = 0;
    MQ_TRY(mq_h5_read(file, "/panel/mean", MQ_H5_F64, per_covariate(model), model->features.mean));
    MQ_TRY(mq_h5_read(file, "/panel/deviation", MQ_H5_F64, per_covariate(model),
                      model->features.deviation));
    MQ_TRY(mq_h5_get_f64(file, "/panel", "mean_absolute", &model->features.mean_absolute));
    MQ_TRY(mq_h5_get_i64(file, "/panel", "is_nonnegative", &is_nonnegative));
    model->features.is_nonnegative = is_nonnegative != 0;
    return MQ_OK;
}
