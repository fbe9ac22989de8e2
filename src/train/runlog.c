// Appends JSON lines; drops the lines past the checkpoint a run resumes from.
#include "mq/train/runlog.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/base/path.h"

struct mq_runlog {
    FILE *file;
    char path[MQ_PATH_MAX];
};

static double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static int64_t count_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
}

mq_status mq_runlog_parse(struct mq_log_entry *entry, const char *line, size_t n)
{
    json_t *object = NULL;
    MQ_TRY(mq_json_parse(&object, line, n, "log.jsonl"));
    *entry = (struct mq_log_entry){
        .step = count_at(object, "step"),
        .steps = count_at(object, "steps"),
        .epoch = number_at(object, "epoch"),
        .loss = number_at(object, "loss"),
        .valid_loss = number_at(object, "valid_loss"),
        .lr = number_at(object, "lr"),
        .grad_norm = number_at(object, "grad_norm"),
        .series_per_s = number_at(object, "series_per_s"),
        .wait_data_s = number_at(object, "wait_data_s"),
        .comm_s = number_at(object, "comm_s"),
        .time_s = number_at(object, "time_s"),
    };
    json_decref(object);
    return entry->step >= 0 ? MQ_OK : mq_fail(MQ_DATA, "log.jsonl: a line without a step");
}

// Step of a log line, or -1 when it is not one (a line cut short by a crash).
static mq_status step_of(const char *line, size_t n, int64_t *step)
{
    struct mq_log_entry entry = {.step = -1};
    *step = -1;
    if (mq_runlog_parse(&entry, line, n) == MQ_OK) *step = entry.step;
    return *step < 0 && mq_is_out_of_memory() ? MQ_FAILED : MQ_OK;
}

static mq_status keep_until(const char *path, int64_t step)
{
    if (!mq_path_exists(path)) return MQ_OK;
    struct mq_str old = {0};
    struct mq_str kept = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_file_read(path, &old));
    for (size_t begin = 0; begin < old.length;) {
        const char *newline = memchr(old.data + begin, '\n', old.length - begin);
        if (newline == NULL) break;
        const size_t n = (size_t)(newline - old.data) - begin;
        int64_t at = 0;
        MQ_DO(step_of(old.data + begin, n, &at));
        if (at >= 0 && at <= step) MQ_DO(mq_str_add_bytes(&kept, old.data + begin, n + 1));
        begin += n + 1;
    }
    if (kept.length != old.length) MQ_DO(mq_file_replace(path, kept.data, kept.length));
done:
    mq_str_release(&old);
    mq_str_release(&kept);
    return status;
}

mq_status mq_runlog_open(struct mq_runlog **log, const char *path, int64_t step)
{
    MQ_TRY(keep_until(path, step));
    struct mq_runlog *new = NULL;
    MQ_NEW(new, 1);
    (void)snprintf(new->path, sizeof new->path, "%s", path);
    const int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    new->file = descriptor >= 0 ? fdopen(descriptor, "a") : NULL;
    if (new->file == NULL) {
        const mq_status status = mq_fail_open(path);
        if (descriptor >= 0) (void)close(descriptor);
        mq_free(new);
        return status;
    }
    *log = new;
    return MQ_OK;
}

mq_status mq_runlog_write(struct mq_runlog *log, const struct mq_log_entry *entry)
{
    if (!isfinite(entry->loss) || !isfinite(entry->grad_norm))
        return mq_fail(MQ_NUMERIC, "%s: step %lld: a value is not finite", log->path,
                       (long long)entry->step);
    json_t *object = json_pack(
        "{s:I, s:f, s:f, s:o*, s:f, s:f, s:f, s:f, s:f, s:I, s:f, s:I}", "step",
        (json_int_t)entry->step, "epoch", entry->epoch, "loss", entry->loss, "valid_loss",
        isfinite(entry->valid_loss) ? json_real(entry->valid_loss) : NULL, "lr", entry->lr,
        "grad_norm", entry->grad_norm, "series_per_s", entry->series_per_s, "wait_data_s",
        entry->wait_data_s, "comm_s", entry->comm_s, "rss_bytes", (json_int_t)mq_resident_bytes(),
        "time_s", entry->time_s, "steps", (json_int_t)entry->steps);
    struct mq_str text = {0};
    mq_status status = mq_json_text(object, JSON_COMPACT, &text);
    if (status == MQ_OK && (fputs(text.data, log->file) == EOF || fputc('\n', log->file) == EOF ||
                            fflush(log->file) != 0))
        status = mq_fail_write(log->path);
    mq_str_release(&text);
    json_decref(object);
    return status;
}

void mq_runlog_close(struct mq_runlog *log)
{
    if (log == NULL) return;
    (void)fclose(log->file);
    mq_free(log);
}

int64_t mq_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    long long total = 0;
    long long resident = 0;
    const int fields = fscanf(file, "%lld %lld", &total, &resident);
    (void)fclose(file);
    return fields == 2 ? resident * (int64_t)sysconf(_SC_PAGESIZE) : 0;
}

int64_t mq_peak_resident_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}
