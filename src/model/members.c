// Finds members by name, and finds them again as they were.
#include "model/members.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/checkpoint.h"
#include "mq/model/registry.h"

static const char path_name[] = "/member/checkpoint";
static const char weights_name[] = "/member/weights_sha256";

// What combines others is known by its header and not read: its members might lead back here.
static mq_status read_member(struct mq_member *member)
{
    struct mq_checkpoint_facts facts;
    struct mq_progress ignored;
    const struct mq_forecaster *forecaster = NULL;
    MQ_TRY(mq_checkpoint_inspect(member->path, &facts));
    MQ_TRY(mq_forecaster_find(facts.model, &forecaster));
    if (forecaster->is_policy) {
        (void)mq_fail(MQ_USAGE, "model.members: %s gives orders, no forecasts", member->path);
        return mq_hint("name runs of forecasters alone");
    }
    if (forecaster->combine != NULL) {
        (void)mq_fail(MQ_USAGE, "model.members: %s combines other runs itself", member->path);
        return mq_hint("name its members instead");
    }
    return mq_checkpoint_read(member->path, &member->model, &ignored);
}

static mq_status check_member(const struct mq_model *model, const struct mq_member *member)
{
    const struct mq_data_settings *data = &model->experiment.data;
    const int64_t horizon = member->model.experiment.data.horizon;
    if (strcmp(member->model.panel.info.fingerprint, model->panel.info.fingerprint) != 0)
        return mq_fail(MQ_USAGE, "data.panel: %s was trained on another panel than %s",
                       member->path, data->panel);
    if (horizon != data->horizon)
        return mq_fail(MQ_USAGE, "data.horizon: %s forecasts %lld periods, not %lld", member->path,
                       (long long)horizon, (long long)data->horizon);
    return MQ_OK;
}

static mq_status find_member(const struct mq_model *model, const char *name,
                             struct mq_member *member)
{
    if (!mq_path_exists(name)) {
        (void)mq_fail(MQ_USAGE, "model.members: %s: no such run", name);
        return mq_hint("train it first; paths are relative to where the command runs");
    }
    MQ_TRY(mq_checkpoint_resolve(name, "best", member->path));
    MQ_TRY(read_member(member));
    return check_member(model, member);
}

mq_status mq_members_find(struct mq_model *model)
{
    if (model->forecaster->combine == NULL) return MQ_OK;
    const struct mq_text_list *names = model->experiment.model;
    if (names->n == 0) {
        (void)mq_fail(MQ_USAGE, "model.members: names no run");
        return mq_hint("for instance model: {type: %s, members: [runs/a, runs/b]}",
                       model->experiment.model_type);
    }
    MQ_NEW(model->members, names->n);
    model->n_members = names->n;
    for (int64_t i = 0; i < names->n; i++)
        MQ_TRY(find_member(model, names->value[i], &model->members[i]));
    MQ_TRY(mq_model_check_spans(model));
    return mq_model_check_levels(model);
}

mq_status mq_members_put(struct mq_h5 *file, const struct mq_model *model)
{
    const char *paths[MQ_LIST_MAX];
    const char *weights[MQ_LIST_MAX];
    char hex[MQ_LIST_MAX][MQ_SHA256_HEX];
    for (int64_t i = 0; i < model->n_members; i++) {
        mq_model_weights_sha256(&model->members[i].model, hex[i]);
        paths[i] = model->members[i].path;
        weights[i] = hex[i];
    }
    MQ_TRY(mq_h5_write_strings(file, path_name, model->n_members, paths));
    return mq_h5_write_strings(file, weights_name, model->n_members, weights);
}

mq_status mq_members_count(struct mq_h5 *file, int64_t *n)
{
    struct mq_h5_shape shape = {0};
    *n = 0;
    if (!mq_h5_has(file, path_name)) return MQ_OK;
    MQ_TRY(mq_h5_shape(file, path_name, &shape));
    if (shape.rank != 1 || shape.size[0] > MQ_LIST_MAX)
        return mq_fail(MQ_DATA, "%s: %s: wrong shape", mq_h5_path(file), path_name);
    *n = shape.size[0];
    return MQ_OK;
}

static mq_status find_again(const struct mq_model *model, const char *checkpoint,
                            const char *weights, struct mq_member *member)
{
    char hex[MQ_SHA256_HEX] = "";
    if (!mq_path_exists(member->path)) {
        (void)mq_fail(MQ_DATA, "%s: its member %s is gone", checkpoint, member->path);
        return mq_hint(
            "paths are relative to where the command runs; mqcast train EXPERIMENT.yaml --resume "
            "never makes it of other members");
    }
    mq_status status = read_member(member);
    if (status == MQ_OK) status = check_member(model, member);
    if (status == MQ_OK) mq_model_weights_sha256(&member->model, hex);
    if (status == MQ_USAGE || (status == MQ_OK && strcmp(hex, weights) != 0)) {
        (void)mq_fail(MQ_DATA, "%s: its member %s is not what it was", checkpoint, member->path);
        return mq_hint("mqcast train EXPERIMENT.yaml --resume never takes members as they are now");
    }
    return status;
}

mq_status mq_members_get(struct mq_h5 *file, struct mq_model *model)
{
    if (model->forecaster->combine == NULL) return MQ_OK;
    mq_status status = MQ_OK;
    char **paths = NULL;
    char **weights = NULL;
    int64_t n = 0;
    MQ_TRY(mq_members_count(file, &n));
    MQ_NEW(model->members, n);
    model->n_members = n;
    MQ_DO(mq_h5_read_strings(file, path_name, 0, n, &paths));
    MQ_DO(mq_h5_read_strings(file, weights_name, 0, n, &weights));
    for (int64_t i = 0; i < n; i++) {
        struct mq_member *member = &model->members[i];
        (void)snprintf(member->path, sizeof member->path, "%s", paths[i]);
        MQ_DO(find_again(model, mq_h5_path(file), weights[i], member));
    }
done:
    mq_free(paths);
    mq_free(weights);
    return status;
}
