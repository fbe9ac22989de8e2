// Names and housekeeping inside a run directory.
#include "mq/model/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"

enum { POINTER_BYTES_MAX = 64 };

mq_status mq_run_directory(char out[MQ_PATH_MAX], const struct mq_run_settings *run)
{
    return mq_path_join(out, run->dir, run->name);
}

mq_status mq_run_file(char out[MQ_PATH_MAX], const char *run_directory, const char *name)
{
    return mq_path_join(out, run_directory, name);
}

mq_status mq_run_checkpoint(char out[MQ_PATH_MAX], const char *run_directory, int64_t step)
{
    char name[64];
    (void)snprintf(name, sizeof name, "checkpoints/step-%09lld.h5", (long long)step);
    return mq_path_join(out, run_directory, name);
}

static bool parse_name(const char *name, int64_t *step)
{
    long long value = 0;
    int used = 0;
    if (sscanf(name, "step-%9lld.h5%n", &value, &used) != 1 || used == 0) return false;
    *step = value;
    return name[used] == '\0' || name[used] == '\n';
}

static int compare_steps(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Calls `visit` for each entry of checkpoints/; a missing directory is an empty one.
static mq_status walk_checkpoints(const char *run_directory,
                                  mq_status (*visit)(void *context, const char *directory,
                                                     const char *name),
                                  void *context)
{
    char directory[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(directory, run_directory, "checkpoints"));
    DIR *stream = opendir(directory);
    if (stream == NULL) return errno == ENOENT ? MQ_OK : mq_fail_open(directory);
    mq_status status = MQ_OK;
    for (struct dirent *entry = readdir(stream); entry != NULL && status == MQ_OK;
         entry = readdir(stream))
        status = visit(context, directory, entry->d_name);
    (void)closedir(stream);
    return status;
}

struct step_list {
    int64_t *steps;
    int64_t n;
};

static mq_status collect_step(void *context, const char *directory, const char *name)
{
    (void)directory;
    struct step_list *list = context;
    int64_t step = 0;
    if (!parse_name(name, &step)) return MQ_OK;
    int64_t *grown = mq_realloc(list->steps, list->n + 1, sizeof *grown);
    if (grown == NULL) return MQ_FAILED;
    list->steps = grown;
    list->steps[list->n++] = step;
    return MQ_OK;
}

mq_status mq_run_checkpoints(const char *run_directory, int64_t **steps, int64_t *n)
{
    struct step_list list = {0};
    const mq_status status = walk_checkpoints(run_directory, collect_step, &list);
    if (status != MQ_OK) {
        mq_free(list.steps);
        return status;
    }
    if (list.n > 0) qsort(list.steps, (size_t)list.n, sizeof *list.steps, compare_steps);
    *steps = list.steps;
    *n = list.n;
    return MQ_OK;
}

static mq_status pointer_path(char out[MQ_PATH_MAX], const char *run_directory, const char *which)
{
    char name[64];
    (void)snprintf(name, sizeof name, "checkpoints/%s", which);
    return mq_path_join(out, run_directory, name);
}

mq_status mq_run_pointer(const char *run_directory, const char *which, int64_t *step)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(pointer_path(path, run_directory, which));
    *step = -1;
    if (!mq_path_exists(path)) return MQ_OK;
    struct mq_str text = {0};
    if (!mq_path_is_file(path)) return mq_fail(MQ_DATA, "%s: does not name a checkpoint", path);
    mq_status status = mq_file_read_most(path, POINTER_BYTES_MAX, &text);
    if (status == MQ_OK && (text.data == NULL || !parse_name(text.data, step)))
        status = mq_fail(MQ_DATA, "%s: does not name a checkpoint", path);
    mq_str_release(&text);
    return status;
}

bool mq_run_is_pointer(const char *file, char path[MQ_PATH_MAX])
{
    struct mq_str text = {0};
    int64_t step = -1;
    const bool is_one = mq_path_is_file(file) &&
                        mq_file_read_most(file, POINTER_BYTES_MAX, &text) == MQ_OK &&
                        text.data != NULL && parse_name(text.data, &step);
    mq_str_release(&text);
    if (!is_one) return false;
    char directory[MQ_PATH_MAX];
    char name[POINTER_BYTES_MAX];
    mq_path_directory(directory, file);
    (void)snprintf(name, sizeof name, "step-%09lld.h5", (long long)step);
    return mq_path_join(path, directory, name) == MQ_OK;
}

mq_status mq_run_point(const char *run_directory, const char *which, int64_t step)
{
    char path[MQ_PATH_MAX];
    char text[64];
    MQ_TRY(pointer_path(path, run_directory, which));
    const int n = snprintf(text, sizeof text, "step-%09lld.h5\n", (long long)step);
    return mq_file_replace(path, text, (size_t)n);
}

static mq_status remove_temporary(void *context, const char *directory, const char *name)
{
    (void)context;
    if (!mq_path_has_suffix(name, ".tmp")) return MQ_OK;
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(path, directory, name));
    return mq_file_remove(path);
}

mq_status mq_run_prune(const char *run_directory, int64_t keep)
{
    mq_status status = MQ_OK;
    int64_t *steps = NULL;
    int64_t n = 0;
    int64_t best = -1;
    MQ_TRY(walk_checkpoints(run_directory, remove_temporary, NULL));
    MQ_TRY(mq_run_pointer(run_directory, "best", &best));
    MQ_TRY(mq_run_checkpoints(run_directory, &steps, &n));
    for (int64_t i = 0; i < n - keep; i++) {
        if (steps[i] == best) continue;
        char path[MQ_PATH_MAX];
        MQ_DO(mq_run_checkpoint(path, run_directory, steps[i]));
        MQ_DO(mq_file_remove(path));
    }
done:
    mq_free(steps);
    return status;
}

static mq_status remove_any(void *context, const char *directory, const char *name)
{
    (void)context;
    if (name[0] == '.') return MQ_OK;
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(path, directory, name));
    return mq_file_remove(path);
}

// Points to a checkpoint that is there, or nowhere.
static mq_status point_if(const char *run_directory, const char *which, bool is_there, int64_t step)
{
    if (is_there) return mq_run_point(run_directory, which, step);
    char path[MQ_PATH_MAX];
    MQ_TRY(pointer_path(path, run_directory, which));
    return mq_file_remove(path);
}

mq_status mq_run_clear(const char *run_directory)
{
    static const char *const results[] = {"evaluation.json", "simulation.json", "report.html",
                                          "log.jsonl",       "cost.json",       "trace.json"};
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_file(path, run_directory, "forecast"));
    MQ_TRY(mq_directory_remove(path));
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        MQ_TRY(mq_run_file(path, run_directory, results[i]));
        MQ_TRY(mq_file_remove(path));
    }
    // Pointers first: one without its checkpoint would say that something was lost.
    MQ_TRY(point_if(run_directory, "latest", false, 0));
    MQ_TRY(point_if(run_directory, "best", false, 0));
    return walk_checkpoints(run_directory, remove_any, NULL);
}

mq_status mq_run_rewind(const char *run_directory, int64_t step, int64_t best_step)
{
    mq_status status = MQ_OK;
    int64_t *steps = NULL;
    int64_t n = 0;
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_run_checkpoints(run_directory, &steps, &n));
    bool has_best = false;
    bool has_step = false; // a checkpoint from elsewhere may have been resumed
    for (int64_t i = 0; i < n; i++) {
        has_best = has_best || steps[i] == best_step;
        has_step = has_step || steps[i] == step;
        if (steps[i] <= step) continue;
        MQ_DO(mq_run_checkpoint(path, run_directory, steps[i]));
        MQ_DO(mq_file_remove(path));
    }
    MQ_DO(point_if(run_directory, "best", has_best, best_step));
    MQ_DO(point_if(run_directory, "latest", has_step, step));
done:
    mq_free(steps);
    return status;
}
