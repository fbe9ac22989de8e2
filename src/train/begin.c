// Where a run starts: resumed, from other weights, or from its seed.
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/log.h"
#include "mq/model/members.h"
#include "mq/model/rundir.h"
#include "mq/tensor/blas_info.h"
#include "train/session.h"

// Settings that may differ between the attempts of one run: where files are and what is kept, not
// what is computed. The copy keeps nothing of its own: it borrows from both.
static struct mq_experiment with_free_settings_of(const struct mq_experiment *old,
                                                  const struct mq_experiment *now, bool is_policy)
{
    struct mq_experiment mixed = *old;
    mixed.run = now->run;
    mixed.run.seed = old->run.seed;
    memcpy(mixed.data.panel, now->data.panel,
           sizeof mixed.data.panel); // its fingerprint is compared
    mixed.data.cache_mib = now->data.cache_mib;
    mixed.train.log_every = now->train.log_every;
    mixed.checkpoint = now->checkpoint;
    mixed.forecast = now->forecast;
    mixed.forecast.batch =
        old->forecast.batch; // shapes of products decide bits, also in validation
    memcpy(mixed.evaluate.by, now->evaluate.by, sizeof mixed.evaluate.by);
    mixed.evaluate.average = now->evaluate.average;
    mixed.evaluate.levels = now->evaluate.levels;
    mixed.inventory = now->inventory;
    if (is_policy) { // it was trained on the rest
        mixed.inventory = old->inventory;
        mixed.inventory.tuned_for = now->inventory.tuned_for;
        mixed.inventory.policies = now->inventory.policies;
        mixed.inventory.resamples = now->inventory.resamples;
    }
    return mixed;
}

// The first line in which two texts differ, in a message.
static mq_status name_difference(const char *path, const char *old, const char *now)
{
    while (*old != '\0' && *now != '\0') {
        const size_t n = strcspn(old, "\n");
        const size_t m = strcspn(now, "\n");
        if (n != m || strncmp(old, now, n) != 0) {
            old += strspn(old, " ");
            now += strspn(now, " ");
            (void)mq_fail(MQ_USAGE, "%s was trained with '%.*s', the experiment now says '%.*s'",
                          path, (int)strcspn(old, "\n"), old, (int)strcspn(now, "\n"), now);
            return mq_hint(
                "give the run another run.name, train afresh with --resume never, or start from "
                "its weights with --from");
        }
        old += n + (old[n] == '\n');
        now += m + (now[m] == '\n');
    }
    return mq_fail(MQ_USAGE, "%s was trained with another experiment", path);
}

// A resumed run must compute what the interrupted one would have.
static mq_status check_same_run(const char *path, const struct mq_model *old,
                                const struct session *session)
{
    if (strcmp(old->panel.info.fingerprint, session->model.panel.info.fingerprint) != 0) {
        (void)mq_fail(MQ_DATA, "%s was trained on another panel than %s", path,
                      session->panel_path);
        return mq_hint("give the run another run.name, or start from its weights with --from");
    }
    struct mq_experiment mixed = with_free_settings_of(&old->experiment, &session->model.experiment,
                                                       session->model.forecaster->is_policy);
    struct mq_str before = {0};
    struct mq_str now = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_experiment_print(&mixed, &before));
    MQ_DO(mq_experiment_print(&session->model.experiment, &now));
    if (strcmp(before.data, now.data) != 0) status = name_difference(path, before.data, now.data);
done:
    mq_str_release(&before);
    mq_str_release(&now);
    return status;
}

static mq_status copy_weights(struct mq_params *to, const struct mq_params *from, const char *path)
{
    if (to->count != from->count || to->n != from->n)
        return mq_fail(MQ_USAGE, "%s: %lld weights, this model has %lld", path,
                       (long long)from->count, (long long)to->count);
    for (int64_t i = 0; i < to->n; i++)
        if (!mq_shape_equal(to->table[i].shape, from->table[i].shape) ||
            strcmp(to->table[i].name, from->table[i].name) != 0)
            return mq_fail(MQ_USAGE, "%s: parameter '%s' differs from this model's '%s'", path,
                           from->table[i].name, to->table[i].name);
    if (to->count > 0) memcpy(to->values, from->values, (size_t)to->count * sizeof *to->values);
    return MQ_OK;
}

// A run begun from other weights goes on only from those: under another --from it is another run.
static mq_status check_same_start(const struct session *session, const char *path)
{
    if (session->request->from == NULL) return MQ_OK;
    struct mq_checkpoint_facts facts;
    MQ_TRY(mq_checkpoint_inspect(session->from, &facts));
    if (strcmp(facts.weights_sha256, session->progress.from) == 0) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s belongs to a run that did not start from %s", path, session->from);
    return mq_hint("choose another run.name, or add --resume never to replace the run");
}

// A run goes on with the members it was made of, and with what was fitted.
static void take_what_was_found(struct mq_model *to, struct mq_model *from)
{
    to->members = from->members;
    to->n_members = from->n_members;
    to->tables = from->tables;
    from->members = NULL;
    from->n_members = 0;
    from->tables = (struct mq_tables){0};
}

static mq_status resume(struct session *session, const char *path)
{
    struct mq_model old;
    mq_status status = MQ_OK;
    MQ_DO(mq_checkpoint_read(path, &old, &session->progress));
    MQ_DO(check_same_start(session, path));
    MQ_DO(check_same_run(path, &old, session));
    MQ_DO(copy_weights(&session->model.params, &old.params, path));
    take_what_was_found(&session->model, &old);
    if (session->optimizer != NULL) MQ_DO(mq_checkpoint_read_optimizer(path, session->optimizer));
    // A checkpoint holds the average as the model's weights, training goes on with the others.
    mq_optimizer_exchange(session->optimizer, session->model.params.values);
done:
    mq_model_release(&old);
    return status;
}

static mq_status start_from(struct session *session, const char *path)
{
    struct mq_model old;
    struct mq_progress ignored;
    mq_status status = MQ_OK;
    MQ_DO(mq_checkpoint_read(path, &old, &ignored));
    MQ_DO(copy_weights(&session->model.params, &old.params, path));
    mq_model_weights_sha256(&old, session->progress.from);
done:
    mq_model_release(&old);
    return status;
}

// What a run that goes on under a name must not do silently: start again because its checkpoints are
// gone.
static mq_status check_not_lost(const struct session *session)
{
    int64_t step = -1;
    MQ_TRY(mq_run_pointer(session->directory, "latest", &step));
    if (step < 0) return MQ_OK;
    (void)mq_fail(MQ_DATA, "%s: no checkpoint, but 'latest' names that of step %lld",
                  session->directory, (long long)step);
    return mq_hint("bring it back, or train afresh with --resume never");
}

// Rank 0 looks and decides for all: the checkpoint to resume, or an empty path for a fresh start.
static mq_status choose(const struct session *session, char path[MQ_PATH_MAX])
{
    const struct mq_train_request *request = session->request;
    int64_t *steps = NULL;
    int64_t n = 0;
    path[0] = '\0';
    if (request->resume == MQ_RESUME_FILE)
        return mq_checkpoint_resolve(request->resume_file, "latest", path);
    MQ_TRY(mq_run_checkpoints(session->directory, &steps, &n));
    mq_free(steps);
    if (n == 0 && request->resume == MQ_RESUME_AUTO) return check_not_lost(session);
    const bool has_any = n > 0 || request->resume == MQ_RESUME_MUST;
    if (has_any && request->resume != MQ_RESUME_NEVER)
        return mq_checkpoint_find(session->directory, "latest", path);
    return MQ_OK;
}

// A fresh start removes what an earlier run of this name left behind; a resumed run what it will do
// again.
static mq_status prepare_directory(struct session *session, bool is_fresh)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_file(path, session->directory, "checkpoints"));
    const mq_status status = mq_make_directories(path);
    if (status != MQ_OK)
        return mq_hint("run.dir says where runs are: a directory that may be written to");
    MQ_TRY(session_claim(session, true));
    if (is_fresh) return mq_run_clear(session->directory);
    return mq_run_rewind(session->directory, session->progress.step, session->progress.best_step);
}

static mq_status write_experiment(const struct session *session)
{
    char path[MQ_PATH_MAX];
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_run_file(path, session->directory, "experiment.yaml"));
    MQ_DO(mq_experiment_print(&session->model.experiment, &text));
    MQ_DO(mq_file_replace(path, text.data, text.length));
done:
    mq_str_release(&text);
    return status;
}

static void say_resuming(const char *path)
{
    struct mq_checkpoint_facts facts;
    mq_info("resuming from %s", path);
    if (mq_checkpoint_inspect(path, &facts) == MQ_OK && strcmp(facts.kernel, mq_blas_kernel()) != 0)
        mq_warn("it was written with %s kernels, these are %s: the last bits will differ",
                facts.kernel, mq_blas_kernel());
}

mq_status session_begin(struct session *session)
{
    const bool is_first = mq_rank(session->world) == 0;
    char path[MQ_PATH_MAX] = "";
    mq_status status = is_first ? session_claim(session, false) : MQ_OK;
    if (is_first && status == MQ_OK) status = choose(session, path);
    if (is_first && status == MQ_OK && session->request->from != NULL)
        status = mq_checkpoint_resolve(session->request->from, "best", session->from);
    MQ_TRY(mq_agree(session->world, status));
    MQ_TRY(mq_broadcast(session->world, path, sizeof path));
    MQ_TRY(mq_broadcast(session->world, session->from, sizeof session->from));

    session->progress =
        (struct mq_progress){.best_score = -1, .best_step = -1, .schedule = mq_schedule_start()};
    if (path[0] != '\0') {
        status = resume(session, path);
    } else {
        if (session->model.params.values != NULL)
            mq_params_initialise(&session->model.params,
                                 (uint64_t)session->model.experiment.run.seed);
        if (session->request->from != NULL) status = start_from(session, session->from);
        if (status == MQ_OK) status = mq_members_find(&session->model);
    }
    MQ_TRY(mq_agree(session->world, status));
    // Only now, when little can be refused any more, is the directory touched.
    if (is_first) status = prepare_directory(session, path[0] == '\0');
    if (is_first && status == MQ_OK) status = write_experiment(session);
    MQ_TRY(mq_agree(session->world, status));
    if (is_first && path[0] != '\0') say_resuming(path);
    return MQ_OK;
}
