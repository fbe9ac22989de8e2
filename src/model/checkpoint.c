// Writes and reads checkpoints; finds the one to use.
#include "mq/model/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "model/checkpoint_panel.h"
#include "model/members.h"
#include "model/tables.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/log.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"
#include "mq/tensor/blas_info.h"

static const char FORMAT[] = "mqcast-checkpoint";
// Version 3: sealed. Names are looked up one by one, so there may not be too many.
enum { VERSION = 3, PARAMETERS_MAX = 10000, STEPS_MAX = 1000000000 };

static enum mq_h5_type real_type(void)
{
    return sizeof(mq_real) == sizeof(double) ? MQ_H5_F64 : MQ_H5_F32;
}

// ---- writing
// --------------------------------------------------------------------------------------

static mq_status put_weights(struct mq_h5 *file, const struct mq_params *params)
{
    mq_status status = MQ_OK;
    const char **names = NULL;
    int64_t *shapes = NULL;
    MQ_NEW_DO(names, params->n);
    MQ_NEW_DO(shapes, params->n * MQ_RANK_MAX);
    for (int64_t i = 0; i < params->n; i++) {
        names[i] = params->table[i].name;
        for (int d = 0; d < params->table[i].shape.rank; d++)
            shapes[i * MQ_RANK_MAX + d] = params->table[i].shape.size[d];
    }
    MQ_DO(mq_h5_write(file, "/weights", real_type(), (struct mq_h5_shape){1, {params->count}},
                      params->values, false));
    MQ_DO(mq_h5_write_strings(file, "/parameter/name", params->n, names));
    MQ_DO(mq_h5_write(file, "/parameter/shape", MQ_H5_I64,
                      (struct mq_h5_shape){2, {params->n, MQ_RANK_MAX}}, shapes, false));
done:
    mq_free(shapes);
    mq_free(names);
    return status;
}

static mq_status put_optimizer(struct mq_h5 *file, const struct mq_optimizer *optimizer)
{
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    const int64_t n = mq_optimizer_states(optimizer, states);
    for (int64_t i = 0; i < n; i++) {
        char name[MQ_H5_NAME_MAX];
        (void)snprintf(name, sizeof name, "/optimizer/%s", states[i].name);
        const struct mq_h5_shape shape = {1, {states[i].count}};
        MQ_TRY(mq_h5_write(file, name, real_type(), shape, states[i].values, false));
    }
    return mq_h5_set_i64(file, "/", "optimizer_steps", mq_optimizer_steps(optimizer));
}

static mq_status put_progress(struct mq_h5 *file, const struct mq_progress *progress)
{
    MQ_TRY(mq_h5_set_i64(file, "/", "step", progress->step));
    MQ_TRY(mq_h5_set_f64(file, "/", "best_score", progress->best_score));
    MQ_TRY(mq_h5_set_i64(file, "/", "best_step", progress->best_step));
    MQ_TRY(mq_h5_set_i64(file, "/", "bad_validations", progress->bad_validations));
    MQ_TRY(mq_h5_set_f64(file, "/", "interval_loss", progress->interval_loss));
    MQ_TRY(mq_h5_set_i64(file, "/", "interval_steps", progress->interval_steps));
    MQ_TRY(mq_h5_set_text(file, "/", "from", progress->from));
    MQ_TRY(mq_h5_set_f64(file, "/", "schedule_factor", progress->schedule.factor));
    MQ_TRY(mq_h5_set_f64(file, "/", "schedule_best", progress->schedule.best));
    return mq_h5_set_i64(file, "/", "schedule_misses", progress->schedule.misses);
}

static mq_status put_identity(struct mq_h5 *file, const struct mq_model *model)
{
    char text[MQ_SHA256_HEX];
    MQ_TRY(mq_h5_set_text(file, "/", "format", FORMAT));
    MQ_TRY(mq_h5_set_i64(file, "/", "version", VERSION));
    MQ_TRY(mq_h5_set_text(file, "/", "creator", "mqcast " MQ_VERSION));
    mq_clock_iso(text);
    MQ_TRY(mq_h5_set_text(file, "/", "created", text));
    MQ_TRY(mq_h5_set_text(file, "/", "kernel", mq_blas_kernel())); // decides the bits
    MQ_TRY(mq_h5_set_text(file, "/", "model", model->experiment.model_type));
    mq_model_weights_sha256(model, text);
    MQ_TRY(mq_h5_set_text(file, "/", "weights_sha256", text));
    struct mq_str experiment = {0};
    mq_status status = mq_experiment_print(&model->experiment, &experiment);
    if (status == MQ_OK) status = mq_h5_set_text(file, "/", "experiment", experiment.data);
    mq_str_release(&experiment);
    return status;
}

// The whole checkpoint, in memory. Close or publish the file when this went well.
static mq_status compose(const char *path, const struct mq_model *model,
                         const struct mq_optimizer *optimizer, const struct mq_progress *progress,
                         struct mq_h5 **file)
{
    mq_status status = MQ_OK;
    MQ_TRY(mq_h5_create_in_memory(file, path));
    if (model->params.values != NULL) MQ_DO(put_weights(*file, &model->params));
    if (model->tables.n > 0) MQ_DO(mq_tables_put(*file, &model->tables));
    if (model->n_members > 0) MQ_DO(mq_members_put(*file, model));
    if (optimizer != NULL) MQ_DO(put_optimizer(*file, optimizer));
    MQ_DO(put_progress(*file, progress));
    MQ_DO(put_identity(*file, model));
    MQ_DO(mq_checkpoint_put_panel(*file, model));
done:
    if (status != MQ_OK) mq_h5_close(*file);
    return status;
}

mq_status mq_checkpoint_write(const char *path, const struct mq_model *model,
                              const struct mq_optimizer *optimizer,
                              const struct mq_progress *progress)
{
    struct mq_h5 *file = NULL;
    MQ_TRY(compose(path, model, optimizer, progress, &file));
    return mq_h5_publish(file);
}

mq_status mq_checkpoint_weigh(const char *path, const struct mq_model *model,
                              const struct mq_optimizer *optimizer,
                              const struct mq_progress *progress, int64_t *bytes)
{
    struct mq_h5 *file = NULL;
    MQ_TRY(compose(path, model, optimizer, progress, &file));
    const mq_status status = mq_h5_bytes(file, bytes);
    mq_h5_close(file);
    return status;
}

// ---- reading
// --------------------------------------------------------------------------------------

// Opens what matches its seal: a damaged checkpoint must not be half used.
static mq_status open_whole(const char *path, struct mq_h5 **file)
{
    mq_status status = MQ_OK;
    struct mq_str format = {0};
    int64_t version = 0;
    MQ_TRY(mq_h5_open(file, path));
    if (mq_h5_has_attribute(*file, "/", "format"))
        MQ_DO(mq_h5_get_text(*file, "/", "format", &format));
    if (format.data == NULL || strcmp(format.data, FORMAT) != 0)
        MQ_DO(mq_fail(MQ_DATA, "%s: not an mqcast checkpoint", path));
    MQ_DO(mq_h5_get_i64(*file, "/", "version", &version));
    if (version != VERSION)
        MQ_DO(mq_fail(MQ_DATA, "%s: checkpoint version %lld, this program reads %d", path,
                      (long long)version, VERSION));
    if (!mq_h5_is_sealed(*file))
        MQ_DO(mq_fail(MQ_DATA, "%s: damaged: the checksum it should begin with is gone", path));
done:
    mq_str_release(&format);
    if (status != MQ_OK) {
        mq_h5_close(*file);
        *file = NULL;
    }
    return status;
}

// A parameter within the `room` that is left of the weights.
static mq_status declare(struct mq_h5 *file, struct mq_params *params, const char *name,
                         const int64_t size[MQ_RANK_MAX], int64_t room)
{
    struct mq_shape shape = {.size = {1, 1, 1, 1}};
    const int64_t index = params->n;
    bool fits = strlen(name) < MQ_PARAM_NAME_MAX && mq_params_find(params, name) < 0;
    for (; fits && shape.rank < MQ_RANK_MAX && size[shape.rank] > 0; shape.rank++) {
        fits = size[shape.rank] <= room;
        room = fits ? room / size[shape.rank] : 0;
        shape.size[shape.rank] = size[shape.rank];
    }
    if (!fits || shape.rank == 0)
        return mq_fail(MQ_DATA, "%s: /parameter: '%.64s' does not fit the weights",
                       mq_h5_path(file), name);
    return mq_params_declare(params, name, shape, 1, 1, MQ_INIT_ZERO) == index
               ? MQ_OK
               : mq_error_get()->status;
}

static mq_status declare_all(struct mq_h5 *file, struct mq_params *params)
{
    mq_status status = MQ_OK;
    char **names = NULL;
    int64_t *shapes = NULL;
    struct mq_h5_shape table = {0};
    struct mq_h5_shape weights = {0};
    MQ_TRY(mq_h5_shape(file, "/parameter/name", &table));
    MQ_TRY(mq_h5_shape(file, "/weights", &weights));
    const int64_t n = table.size[0];
    if (n > PARAMETERS_MAX)
        return mq_fail(MQ_DATA, "%s: impossible: %lld parameters", mq_h5_path(file), (long long)n);
    MQ_DO(mq_h5_read_strings(file, "/parameter/name", 0, n, &names));
    MQ_NEW_DO(shapes, n * MQ_RANK_MAX);
    MQ_DO(mq_h5_read(file, "/parameter/shape", MQ_H5_I64, (struct mq_h5_shape){2, {n, MQ_RANK_MAX}},
                     shapes));
    for (int64_t i = 0; i < n; i++)
        MQ_DO(declare(file, params, names[i], shapes + i * MQ_RANK_MAX,
                      weights.size[0] - params->count));
done:
    mq_free(shapes);
    mq_free(names);
    return status;
}

// The parameters must be those of the network that the experiment describes.
static mq_status check_parameters(const char *path, const struct mq_model *model)
{
    const int64_t context = model->experiment.data.context;
    const struct mq_dims dims = mq_model_dims(model, 1, context, (struct mq_forks){context, NULL});
    struct mq_params expected = {0};
    struct mq_network network = {0};
    mq_status status = MQ_OK;
    if (model->forecaster->build == NULL) return MQ_OK;
    MQ_DO(mq_network_init(&network, model->forecaster, model->experiment.model, &dims,
                          MQ_LOSS_PINBALL, &expected, MQ_INFER));
    bool is_same = expected.n == model->params.n;
    for (int64_t i = 0; i < expected.n && is_same; i++)
        is_same = strcmp(expected.table[i].name, model->params.table[i].name) == 0 &&
                  mq_shape_equal(expected.table[i].shape, model->params.table[i].shape);
    if (!is_same)
        status = mq_fail(MQ_DATA, "%s: the parameters are not those of its %s", path,
                         model->forecaster->name);
done:
    mq_network_release(&network);
    mq_params_release(&expected);
    return status;
}

static mq_status get_weights(struct mq_h5 *file, const char *path, struct mq_model *model)
{
    struct mq_params *params = &model->params;
    if (mq_h5_has(file, "/weights")) MQ_TRY(declare_all(file, params));
    MQ_TRY(check_parameters(path, model));
    if (model->forecaster->build == NULL) return MQ_OK; // a model without weights
    MQ_TRY(mq_params_allocate(params));
    return mq_h5_read(file, "/weights", real_type(), (struct mq_h5_shape){1, {params->count}},
                      params->values);
}

static mq_status get_tables(struct mq_h5 *file, struct mq_model *model)
{
    if (model->forecaster->fit == NULL) return MQ_OK;
    MQ_TRY(mq_tables_read(file, &model->tables));
    if (model->forecaster->check(model) == MQ_OK) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: the tables are not those of its %s", mq_h5_path(file),
                   model->forecaster->name);
}

static mq_status get_from(struct mq_h5 *file, char from[MQ_SHA256_HEX])
{
    struct mq_str text = {0};
    const mq_status status = mq_h5_get_text(file, "/", "from", &text);
    (void)snprintf(from, MQ_SHA256_HEX, "%s", text.data != NULL ? text.data : "");
    mq_str_release(&text);
    return status;
}

static mq_status get_progress(struct mq_h5 *file, struct mq_progress *progress)
{
    MQ_TRY(mq_h5_get_i64(file, "/", "step", &progress->step));
    MQ_TRY(mq_h5_get_f64(file, "/", "best_score", &progress->best_score));
    MQ_TRY(mq_h5_get_i64(file, "/", "best_step", &progress->best_step));
    MQ_TRY(mq_h5_get_i64(file, "/", "bad_validations", &progress->bad_validations));
    MQ_TRY(mq_h5_get_f64(file, "/", "interval_loss", &progress->interval_loss));
    MQ_TRY(mq_h5_get_i64(file, "/", "interval_steps", &progress->interval_steps));
    MQ_TRY(get_from(file, progress->from));
    MQ_TRY(mq_h5_get_f64(file, "/", "schedule_factor", &progress->schedule.factor));
    MQ_TRY(mq_h5_get_f64(file, "/", "schedule_best", &progress->schedule.best));
    MQ_TRY(mq_h5_get_i64(file, "/", "schedule_misses", &progress->schedule.misses));
    // They name files and count.
    if (progress->step >= 0 && progress->step <= STEPS_MAX && progress->best_step >= -1 &&
        progress->best_step <= progress->step && progress->interval_steps >= 0)
        return MQ_OK;
    return mq_fail(MQ_DATA, "%s: impossible: step %lld, best step %lld", mq_h5_path(file),
                   (long long)progress->step, (long long)progress->best_step);
}

static mq_status get_experiment(struct mq_h5 *file, const char *path,
                                struct mq_experiment *experiment)
{
    struct mq_str text = {0};
    mq_status status = mq_h5_get_text(file, "/", "experiment", &text);
    if (status == MQ_OK)
        status = mq_experiment_parse(experiment, path, text.data, text.length, NULL, 0,
                                     mq_model_settings);
    mq_str_release(&text);
    return status;
}

static mq_status check_hash(struct mq_h5 *file, const char *path, const struct mq_model *model)
{
    struct mq_str stored = {0};
    char hex[MQ_SHA256_HEX];
    mq_model_weights_sha256(model, hex);
    mq_status status = mq_h5_get_text(file, "/", "weights_sha256", &stored);
    if (status == MQ_OK && strcmp(stored.data, hex) != 0)
        status = mq_fail(MQ_DATA, "%s: the weights do not match their hash", path);
    mq_str_release(&stored);
    return status;
}

mq_status mq_checkpoint_read(const char *path, struct mq_model *model, struct mq_progress *progress)
{
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    *model = (struct mq_model){0};
    MQ_TRY(open_whole(path, &file));
    MQ_DO(get_experiment(file, path, &model->experiment));
    MQ_DO(mq_forecaster_find(model->experiment.model_type, &model->forecaster));
    MQ_DO(mq_checkpoint_get_panel(file, model));
    MQ_DO(mq_features_select(&model->features, &model->experiment.data, &model->panel.info));
    MQ_DO(mq_checkpoint_get_statistics(file, model));
    MQ_DO(get_weights(file, path, model));
    MQ_DO(mq_members_get(file, model));
    MQ_DO(get_tables(file, model));
    MQ_DO(check_hash(file, path, model));
    MQ_DO(get_progress(file, progress));
done:
    mq_h5_close(file);
    return status;
}

mq_status mq_checkpoint_read_optimizer(const char *path, struct mq_optimizer *optimizer)
{
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    int64_t steps = 0;
    struct mq_optimizer_state states[MQ_OPTIMIZER_STATES_MAX];
    const int64_t n = mq_optimizer_states(optimizer, states);
    MQ_TRY(open_whole(path, &file));
    for (int64_t i = 0; i < n; i++) {
        char name[MQ_H5_NAME_MAX];
        (void)snprintf(name, sizeof name, "/optimizer/%s", states[i].name);
        const struct mq_h5_shape shape = {1, {states[i].count}};
        MQ_DO(mq_h5_read(file, name, real_type(), shape, states[i].values));
    }
    MQ_DO(mq_h5_get_i64(file, "/", "optimizer_steps", &steps));
    mq_optimizer_set_steps(optimizer, steps);
done:
    mq_h5_close(file);
    return status;
}

// ---- choosing
// -------------------------------------------------------------------------------------

// Whether it is whole, and, of a run, that of the step its name says. `best_step` is what it holds
// to be the best by then.
static mq_status is_whole(const char *path, int64_t step, int64_t *best_step)
{
    struct mq_checkpoint_facts facts;
    MQ_TRY(mq_checkpoint_inspect(path, &facts));
    *best_step = facts.progress.best_step;
    if (step < 0 || facts.progress.step == step) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: holds step %lld", path, (long long)facts.progress.step);
}

// Newest first over all checkpoints of the run, saying which ones are damaged.
static mq_status newest_whole(const char *run_directory, char path[MQ_PATH_MAX])
{
    int64_t *steps = NULL;
    int64_t n = 0;
    int64_t best_step = -1;
    MQ_TRY(mq_run_checkpoints(run_directory, &steps, &n));
    mq_status status = MQ_DATA;
    for (int64_t i = n - 1; i >= 0 && status != MQ_OK; i--) {
        status = mq_run_checkpoint(path, run_directory, steps[i]);
        if (status == MQ_OK) status = is_whole(path, steps[i], &best_step);
        if (status != MQ_OK && mq_is_out_of_memory()) break; // says nothing about the file
        if (status != MQ_OK && i > 0)
            mq_warn("%s; trying the checkpoint before it", mq_error_get()->message);
    }
    mq_free(steps);
    if (n == 0) {
        (void)mq_fail(MQ_DATA, "%s: no checkpoint", run_directory);
        return mq_hint(
            "train it first: mqcast train EXPERIMENT.yaml; one that is being trained has its "
            "first after checkpoint.every steps");
    }
    return status;
}

mq_status mq_checkpoint_resolve(const char *given, const char *which, char path[MQ_PATH_MAX])
{
    if (mq_path_is_directory(given)) return mq_checkpoint_find(given, which, path);
    if (mq_run_is_pointer(given, path)) return MQ_OK;
    if (snprintf(path, MQ_PATH_MAX, "%s", given) >= MQ_PATH_MAX)
        return mq_fail(MQ_FAILED, "path too long: %s", given);
    return MQ_OK;
}

// A digit of a pointer may have changed. What `latest` names knows the best one up to its step; a
// better one after it, and no newer latest, is what a crash between the two pointers leaves.
static int64_t agreed_best(const char *run_directory, int64_t step)
{
    char path[MQ_PATH_MAX];
    int64_t latest = -1;
    int64_t best_step = -1;
    if (mq_run_pointer(run_directory, "latest", &latest) != MQ_OK || latest < step ||
        mq_run_checkpoint(path, run_directory, latest) != MQ_OK ||
        is_whole(path, latest, &best_step) != MQ_OK || best_step < 0 || best_step == step)
        return step;
    mq_warn("%s: 'best' names step %lld, its latest checkpoint says step %lld is the best",
            run_directory, (long long)step, (long long)best_step);
    return best_step;
}

mq_status mq_checkpoint_find(const char *run_directory, const char *which, char path[MQ_PATH_MAX])
{
    int64_t ignored = -1;
    if (strcmp(which, "best") != 0 && strcmp(which, "latest") != 0) {
        MQ_TRY(mq_checkpoint_resolve(which, "best", path));
        if (!mq_path_exists(path)) {
            (void)mq_fail(MQ_FAILED, "%s: no such checkpoint", which);
            return mq_hint("best, latest, or a file: mqcast inspect %s lists them", run_directory);
        }
        return is_whole(path, -1, &ignored);
    }
    int64_t step = -1;
    mq_status status = mq_run_pointer(run_directory, which, &step);
    if (status == MQ_OK && step >= 0 && strcmp(which, "best") == 0)
        step = agreed_best(run_directory, step);
    if (status == MQ_OK && step < 0 && strcmp(which, "best") == 0)
        status = mq_run_pointer(run_directory, "latest", &step);
    if (status != MQ_OK && mq_is_out_of_memory()) return status;
    if (status != MQ_OK)
        mq_warn("%s; looking for the newest whole checkpoint", mq_error_get()->message);
    if (status == MQ_OK && step >= 0) {
        MQ_TRY(mq_run_checkpoint(path, run_directory, step));
        if (is_whole(path, step, &ignored) == MQ_OK) return MQ_OK;
        if (mq_is_out_of_memory()) return MQ_FAILED;
        mq_warn("%s; falling back to the newest whole checkpoint", mq_error_get()->message);
    }
    return newest_whole(run_directory, path);
}

mq_status mq_checkpoint_inspect(const char *path, struct mq_checkpoint_facts *facts)
{
    const struct {
        const char *object;
        const char *attribute;
        char *out;
        size_t size;
    } texts[] = {
        {"/", "model", facts->model, sizeof facts->model},
        {"/", "weights_sha256", facts->weights_sha256, sizeof facts->weights_sha256},
        {"/", "created", facts->created, sizeof facts->created},
        {"/", "creator", facts->creator, sizeof facts->creator},
        {"/", "kernel", facts->kernel, sizeof facts->kernel},
        {"/panel", "fingerprint", facts->panel_fingerprint, sizeof facts->panel_fingerprint},
    };
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    struct mq_str text = {0};
    struct mq_h5_shape shape = {0};
    *facts = (struct mq_checkpoint_facts){0};
    MQ_TRY(open_whole(path, &file));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text.length = 0;
        MQ_DO(mq_h5_get_text(file, texts[i].object, texts[i].attribute, &text));
        (void)snprintf(texts[i].out, texts[i].size, "%s", text.data);
        mq_tame(texts[i].out);
    }
    if (mq_h5_has(file, "/weights")) {
        MQ_DO(mq_h5_shape(file, "/weights", &shape));
        facts->parameters = shape.size[0];
    }
    MQ_DO(mq_members_count(file, &facts->members));
    MQ_DO(get_progress(file, &facts->progress));
done:
    mq_str_release(&text);
    mq_h5_close(file);
    return status;
}
