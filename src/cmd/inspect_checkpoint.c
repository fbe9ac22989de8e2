// What a checkpoint holds.
#include <math.h>
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/base/json.h"
#include "mq/model/checkpoint.h"
#include "mq/model/registry.h"

mq_inspect mq_inspect_checkpoint;

static mq_status print_json(const char *path, const struct mq_checkpoint_facts *facts)
{
    const struct mq_progress *progress = &facts->progress;
    const bool is_scored = progress->best_step >= 0 && isfinite(progress->best_score);
    json_t *best_score = is_scored ? json_real(progress->best_score) : json_null();
    json_error_t error;
    json_t *root = json_pack_ex(
        &error, 0, "{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "file",
        mq_inspect_text(path), "format", "mqcast-checkpoint", "whole", 1, "model",
        mq_inspect_text(facts->model), "step", (json_int_t)progress->step, "parameters",
        (json_int_t)facts->parameters, "members", (json_int_t)facts->members, "weights_sha256",
        mq_inspect_text(facts->weights_sha256), "best_score", best_score, "best_step",
        (json_int_t)progress->best_step, "kernel", mq_inspect_text(facts->kernel),
        "panel_fingerprint", mq_inspect_text(facts->panel_fingerprint), "creator",
        mq_inspect_text(facts->creator), "created", mq_inspect_text(facts->created));
    if (root == NULL) return mq_json_fail(&error, path);
    const mq_status status = mq_json_print(root, JSON_INDENT(1));
    json_decref(root);
    return status;
}

mq_status mq_inspect_checkpoint(const char *path, bool as_json)
{
    struct mq_checkpoint_facts facts;
    MQ_TRY(mq_checkpoint_inspect(path, &facts));
    if (as_json) return print_json(path, &facts);
    (void)printf("%s: checkpoint\n", path);
    (void)printf("  model         %s, %lld parameters\n", facts.model, (long long)facts.parameters);
    if (facts.members > 0) (void)printf("  members       %lld\n", (long long)facts.members);
    (void)printf("  step          %lld\n", (long long)facts.progress.step);
    if (facts.progress.best_step >= 0)
        (void)printf("  best          valid %s %.6f at step %lld\n", mq_model_score(facts.model),
                     facts.progress.best_score, (long long)facts.progress.best_step);
    (void)printf("  weights       %s\n", facts.weights_sha256);
    (void)printf("  panel         %s\n", facts.panel_fingerprint);
    (void)printf("  created       %s by %s, %s kernels\n", facts.created, facts.creator,
                 facts.kernel);
    (void)printf("  whole         yes\n");
    return MQ_OK;
}
