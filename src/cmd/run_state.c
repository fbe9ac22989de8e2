// Reads a run's files while another process writes them.
#include "cmd/run_state.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/model/registry.h"
#include "mq/model/rundir.h"

enum { PIECE_BYTES = 1 << 20, EXPERIMENT_BYTES_MAX = 1 << 20, PACE_LINES = 10 };

// ---- the log ------------------------------------------------------------------------------------

static mq_status add_entry(struct run_state *state, const struct mq_log_entry *entry)
{
    if (state->n == state->capacity) {
        const int64_t capacity = mq_max_i64(64, 2 * state->capacity);
        struct mq_log_entry *grown = mq_realloc(state->entries, capacity, sizeof *grown);
        if (grown == NULL) return MQ_FAILED;
        state->entries = grown;
        state->capacity = capacity;
    }
    state->entries[state->n++] = *entry;
    return MQ_OK;
}

// A line that is none says nothing.
static mq_status add_line(struct run_state *state, const char *line, size_t n)
{
    struct mq_log_entry entry;
    if (mq_runlog_parse(&entry, line, n) == MQ_OK) return add_entry(state, &entry);
    return mq_is_out_of_memory() ? MQ_FAILED : MQ_OK;
}

// Whole lines from the offset on; the rest of a line is read when it is there. False at the end.
static mq_status read_piece(struct run_state *state, int file, char *piece, bool *is_more)
{
    const ssize_t got = pread(file, piece, PIECE_BYTES, state->offset);
    size_t used = 0;
    *is_more = false;
    if (got <= 0) return MQ_OK;
    for (;;) {
        const char *newline = memchr(piece + used, '\n', (size_t)got - used);
        if (newline == NULL) break;
        const size_t n = (size_t)(newline - piece) - used;
        MQ_TRY(add_line(state, piece + used, n));
        used += n + 1;
    }
    if (used == 0 && got == PIECE_BYTES) used = PIECE_BYTES; // no line of ours
    state->offset += (off_t)used;
    *is_more = used > 0;
    return MQ_OK;
}

static mq_status read_rest(struct run_state *state, int file)
{
    char *piece = NULL;
    mq_status status = MQ_OK;
    bool is_more = true;
    MQ_NEW_DO(piece, PIECE_BYTES);
    while (is_more)
        MQ_DO(read_piece(state, file, piece, &is_more));
done:
    mq_free(piece);
    return status;
}

// Lines that two logs begin with alike. A step computed again takes another time.
static int64_t count_common(const struct mq_log_entry *a, int64_t n, const struct mq_log_entry *b,
                            int64_t m)
{
    int64_t i = 0;
    while (i < n && i < m && a[i].step == b[i].step && a[i].time_s == b[i].time_s)
        i++;
    return i;
}

// A run that is resumed replaces its log by the part of it that counts: it is read again.
static mq_status reread(struct run_state *state, int file, ino_t inode)
{
    struct mq_log_entry *before = state->entries;
    const int64_t n = state->n;
    state->was_replaced = n > 0;
    state->model[0] = '\0'; // it may be another experiment's run
    state->entries = NULL;
    state->n = state->capacity = state->offset = 0;
    state->inode = inode;
    const mq_status status = read_rest(state, file);
    state->kept = count_common(before, n, state->entries, state->n);
    mq_free(before);
    return status;
}

// It is not there, or no longer: what comes is another one.
static void forget_log(struct run_state *state)
{
    state->was_replaced = state->n > 0;
    state->n = state->kept = state->offset = 0;
    state->inode = 0;
}

static mq_status look_at_log(struct run_state *state)
{
    char path[MQ_PATH_MAX];
    struct stat info;
    mq_status status = MQ_OK;
    state->kept = state->n;
    state->was_replaced = false;
    MQ_TRY(mq_run_file(path, state->directory, "log.jsonl"));
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        forget_log(state);
    else if (info.st_ino != state->inode || info.st_size < state->offset)
        status = reread(state, file, info.st_ino);
    else
        status = read_rest(state, file);
    if (file >= 0) (void)close(file);
    return status;
}

// ---- the rest -----------------------------------------------------------------------------------

// It is there before the first step, and does not change within an attempt.
static mq_status look_at_experiment(struct run_state *state)
{
    char path[MQ_PATH_MAX];
    struct mq_str text = {0};
    struct mq_experiment experiment;
    if (state->model[0] != '\0') return MQ_OK;
    MQ_TRY(mq_run_file(path, state->directory, "experiment.yaml"));
    mq_status status =
        mq_path_is_file(path) ? mq_file_read_most(path, EXPERIMENT_BYTES_MAX, &text) : MQ_OK;
    if (status == MQ_OK && text.length > 0)
        status = mq_experiment_parse(&experiment, path, text.data, text.length, NULL, 0,
                                     mq_model_settings);
    if (status == MQ_OK && text.length > 0) {
        (void)snprintf(state->model, sizeof state->model, "%s", experiment.model_type);
        state->patience = experiment.train.patience;
        mq_experiment_release(&experiment);
    }
    mq_str_release(&text);
    return status != MQ_OK && mq_is_out_of_memory() ? status : MQ_OK;
}

static mq_status look_at_pointer(const struct run_state *state, const char *which, int64_t *step)
{
    const mq_status status = mq_run_pointer(state->directory, which, step);
    if (status != MQ_OK) *step = -1;
    return status != MQ_OK && mq_is_out_of_memory() ? status : MQ_OK;
}

// As the trainer counts: validations since the last one that was better than all before.
static bool has_lost_patience(const struct run_state *state)
{
    double best = INFINITY;
    int64_t bad = 0;
    for (int64_t i = 0; i < state->n; i++) {
        const double valid = state->entries[i].valid_loss;
        if (isnan(valid)) continue;
        bad = valid < best ? 0 : bad + 1;
        best = fmin(best, valid);
    }
    return state->patience > 0 && bad >= state->patience;
}

static enum run_phase phase_of(const struct run_state *state)
{
    const int64_t logged = state->n > 0 ? state->entries[state->n - 1].step : 0;
    const bool is_saved = state->latest >= 0 && state->latest >= logged;
    if (state->claim.state == MQ_CLAIM_HELD) return RUN_TRAINS;
    // What has no steps is whole with its first checkpoint; what has some ends at the last, or before.
    const bool is_over = state->n == 0 ? state->latest == 0
                                       : state->latest == run_state_steps(state) ||
                                             (is_saved && has_lost_patience(state));
    if (is_over) return RUN_DONE;
    if (state->claim.state == MQ_CLAIM_UNKNOWN) return RUN_TRAINS; // or not: nobody can tell
    if (state->claim.state == MQ_CLAIM_FREE && is_saved) return RUN_STOPPED;
    const bool is_there = state->latest >= 0 || state->n > 0 || state->model[0] != '\0' ||
                          state->claim.holder[0] != '\0';
    return is_there ? RUN_DIED : RUN_MISSING;
}

mq_status run_state_look(struct run_state *state)
{
    // The claim first: once it is free, nothing that is looked at afterwards changes any more.
    mq_claim_look(state->directory, &state->claim);
    mq_tame(state->claim.holder);
    MQ_TRY(look_at_log(state));
    MQ_TRY(look_at_experiment(state));
    MQ_TRY(look_at_pointer(state, "latest", &state->latest));
    MQ_TRY(look_at_pointer(state, "best", &state->best));
    state->phase = phase_of(state);
    return MQ_OK;
}

void run_state_release(struct run_state *state)
{
    mq_free(state->entries);
    *state = (struct run_state){0};
}

// ---- what follows from the log ------------------------------------------------------------------

int64_t run_state_steps(const struct run_state *state)
{
    return state->n > 0 ? mq_max_i64(0, state->entries[state->n - 1].steps) : 0;
}

double run_state_interval_s(const struct run_state *state, int64_t i)
{
    const double time_s = state->entries[i].time_s;
    const double before_s = i > 0 ? state->entries[i - 1].time_s : 0;
    return time_s > before_s ? time_s - before_s : time_s; // an attempt begins at 0
}

double run_state_left_s(const struct run_state *state)
{
    int64_t steps = 0;
    double seconds = 0;
    for (int64_t i = state->n - 1; i >= 0 && i >= state->n - PACE_LINES; i--) {
        steps += state->entries[i].step - (i > 0 ? state->entries[i - 1].step : 0);
        seconds += run_state_interval_s(state, i);
    }
    const int64_t all = run_state_steps(state);
    if (steps <= 0 || all == 0) return (double)NAN;
    return seconds / (double)steps * (double)(all - state->entries[state->n - 1].step);
}

int64_t run_state_best(const struct run_state *state)
{
    int64_t best = -1;
    for (int64_t i = 0; i < state->n; i++) {
        const double valid = state->entries[i].valid_loss;
        if (!isnan(valid) && (best < 0 || valid < state->entries[best].valid_loss)) best = i;
    }
    return best;
}
