// What a run directory holds: its checkpoints, forecast and scores, and whether each is whole.
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/model/manifest.h"
#include "mq/model/checkpoint.h"
#include "mq/model/rundir.h"

mq_inspect mq_inspect_run;

struct facts {
    int64_t n_checkpoints;
    int64_t latest; // -1: none
    int64_t best;
    bool has_forecast;
    bool has_evaluation;
    bool has_report;
};

static bool has_file(const char *run, const char *name)
{
    char path[MQ_PATH_MAX];
    return mq_run_file(path, run, name) == MQ_OK && mq_path_exists(path);
}

static mq_status collect(const char *run, struct facts *facts)
{
    int64_t *steps = NULL;
    MQ_TRY(mq_run_checkpoints(run, &steps, &facts->n_checkpoints));
    mq_free(steps);
    MQ_TRY(mq_run_pointer(run, "latest", &facts->latest));
    MQ_TRY(mq_run_pointer(run, "best", &facts->best));
    facts->has_forecast = has_file(run, "forecast");
    facts->has_evaluation = has_file(run, "evaluation.json");
    facts->has_report = has_file(run, "report.html");
    if (facts->n_checkpoints == 0 && !has_file(run, "experiment.yaml"))
        return mq_fail(MQ_DATA, "%s: not a run: no checkpoint and no experiment.yaml", run);
    return MQ_OK;
}

// A pointer names a checkpoint that is there.
static mq_status check_pointer(const char *run, const char *which, int64_t step)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_checkpoint(path, run, step));
    if (step < 0 || mq_path_is_file(path)) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: missing, and '%s' names it", path, which);
}

// Every checkpoint, where the pointers lead, then the forecast.
static mq_status verify(const char *run, const struct facts *facts)
{
    int64_t *steps = NULL;
    int64_t n = 0;
    mq_status status = mq_run_checkpoints(run, &steps, &n);
    for (int64_t i = 0; i < n && status == MQ_OK; i++) {
        char path[MQ_PATH_MAX];
        struct mq_checkpoint_facts ignored;
        status = mq_run_checkpoint(path, run, steps[i]);
        if (status == MQ_OK) status = mq_checkpoint_inspect(path, &ignored);
    }
    mq_free(steps);
    if (status == MQ_OK) status = check_pointer(run, "latest", facts->latest);
    if (status == MQ_OK) status = check_pointer(run, "best", facts->best);
    if (status != MQ_OK || !facts->has_forecast) return status;
    char path[MQ_PATH_MAX];
    json_t *manifest = NULL;
    MQ_TRY(mq_run_file(path, run, "forecast"));
    MQ_TRY(mq_forecast_verify(path, &manifest));
    json_decref(manifest);
    return MQ_OK;
}

static mq_status print(const char *run, const struct facts *facts, bool is_whole, bool as_json)
{
    if (as_json) {
        json_error_t error;
        json_t *root = json_pack_ex(
            &error, 0, "{s:o, s:s, s:b, s:I, s:I, s:I, s:b, s:b, s:b}", "file",
            mq_inspect_text(run), "format", "run", "whole", (int)is_whole, "checkpoints",
            (json_int_t)facts->n_checkpoints, "latest", (json_int_t)facts->latest, "best",
            (json_int_t)facts->best, "forecast", (int)facts->has_forecast, "evaluation",
            (int)facts->has_evaluation, "report", (int)facts->has_report);
        if (root == NULL) return mq_json_fail(&error, run);
        const mq_status status = mq_json_print(root, JSON_INDENT(1));
        json_decref(root);
        return status;
    }
    (void)printf("%s: run\n", run);
    (void)printf("  checkpoints   %lld", (long long)facts->n_checkpoints);
    if (facts->latest >= 0) (void)printf(", latest step %lld", (long long)facts->latest);
    if (facts->best >= 0) (void)printf(", best step %lld", (long long)facts->best);
    (void)printf("\n  forecast      %s\n", facts->has_forecast ? "yes" : "no");
    (void)printf("  evaluation    %s\n", facts->has_evaluation ? "yes" : "no");
    (void)printf("  report        %s\n", facts->has_report ? "yes" : "no");
    (void)printf("  whole         %s\n", is_whole ? "yes" : "no");
    return MQ_OK;
}

mq_status mq_inspect_run(const char *path, bool as_json)
{
    struct facts facts = {0};
    MQ_TRY(collect(path, &facts));
    const mq_status whole = verify(path, &facts);
    if (whole != MQ_OK && mq_is_out_of_memory()) return whole;
    const struct mq_error damage = *mq_error_get();
    MQ_TRY(print(path, &facts, whole == MQ_OK, as_json));
    if (whole != MQ_OK) mq_error_set(&damage);
    return whole;
}
