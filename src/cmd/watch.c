// mqcast watch: follows a run from another terminal, on any host that sees its directory.
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/run_state.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/model/registry.h"

enum { FIRST_LINES = 10, PLOT_COLUMNS = 60, SCORE_MAX = 12 };

static const struct mq_flag flags[] = {
    {"once", 0, NULL, NULL, 0, "print what is there and end"},
    {"interval", 0, "TIME", "2s", 0, "look again after so long"},
    {"wait", 0, NULL, NULL, 0, "wait for a run that has not begun, and for one that will go on"},
};

// "valid wQL": what validation measures.
static void name_score(const struct run_state *state, char name[SCORE_MAX])
{
    (void)snprintf(name, SCORE_MAX, "valid %s", mq_model_score(state->model));
}

// ---- the loss as one line of blocks -------------------------------------------------------------

// Column c shows the mean of its share of the n values, between the lowest and the highest column.
static void print_plot(const char *name, const double value[], int64_t n)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int64_t columns = mq_min_i64(n, PLOT_COLUMNS);
    double mean[PLOT_COLUMNS];
    double low = INFINITY;
    double high = -INFINITY;
    if (n < 2) return;
    for (int64_t c = 0; c < columns; c++) {
        double sum = 0;
        for (int64_t i = mq_split(n, columns, c); i < mq_split(n, columns, c + 1); i++)
            sum += value[i];
        mean[c] = sum / (double)(mq_split(n, columns, c + 1) - mq_split(n, columns, c));
        low = fmin(low, mean[c]);
        high = fmax(high, mean[c]);
    }
    (void)printf("  %-12s  ", name);
    const double range = high - low;
    for (int64_t c = 0; c < columns; c++) {
        const double height = isfinite(range) && range > 0 ? (mean[c] - low) / range : 0;
        (void)fputs(blocks[lrint(7 * height)], stdout);
    }
    (void)printf("  %.4g to %.4g\n", mean[0], mean[columns - 1]);
}

static mq_status print_plots(const struct run_state *state)
{
    char score[SCORE_MAX];
    double *value = NULL;
    int64_t n = 0;
    name_score(state, score);
    MQ_NEW(value, mq_max_i64(1, state->n));
    for (int64_t i = 0; i < state->n; i++)
        if (isfinite(state->entries[i].loss)) value[n++] = state->entries[i].loss;
    print_plot("loss", value, n);
    n = 0;
    for (int64_t i = 0; i < state->n; i++)
        if (isfinite(state->entries[i].valid_loss)) value[n++] = state->entries[i].valid_loss;
    print_plot(score, value, n);
    mq_free(value);
    return MQ_OK;
}

// ---- lines --------------------------------------------------------------------------------------

static void print_titles(const struct run_state *state)
{
    char score[SCORE_MAX];
    name_score(state, score);
    (void)printf("  %15s %8s %10s %11s %9s %10s %9s %5s %5s %8s\n", "step", "epoch", "loss", score,
                 "lr", "grad norm", "series/s", "data", "comm", "time");
}

static void print_line(const struct run_state *state, int64_t i)
{
    const struct mq_log_entry *entry = &state->entries[i];
    const double interval_s = fmax(run_state_interval_s(state, i), 1e-9);
    char step[48];
    char valid[16] = "";
    char time[PROGRESS_TIME_MAX];
    (void)snprintf(step, sizeof step, entry->steps > 0 ? "%lld/%lld" : "%lld",
                   (long long)entry->step, (long long)entry->steps);
    if (!isnan(entry->valid_loss))
        (void)snprintf(valid, sizeof valid, "%.4f %c", entry->valid_loss,
                       i == run_state_best(state) ? '*' : ' ');
    progress_time(time, entry->time_s);
    (void)printf("  %15s %8.2f %10.4f %11s %9.2g %10.3g %9.0f %4.0f%% %4.0f%% %8s\n", step,
                 entry->epoch, entry->loss, valid, entry->lr, entry->grad_norm, entry->series_per_s,
                 100 * entry->wait_data_s / interval_s, 100 * entry->comm_s / interval_s, time);
}

// What the run does, in a few words.
static void print_state(const struct run_state *state)
{
    static const char *const words[] = {[RUN_MISSING] = "has not begun",
                                        [RUN_TRAINS] = "trains",
                                        [RUN_DONE] = "is trained",
                                        [RUN_STOPPED] = "was stopped, and goes on when run again",
                                        [RUN_DIED] = "ended too early"};
    const int64_t best = run_state_best(state);
    (void)printf("%s: %s%s%s", state->directory, state->model, state->model[0] != '\0' ? " " : "",
                 words[state->phase]);
    if (state->claim.holder[0] != '\0')
        (void)printf(": %s%s", state->claim.holder,
                     state->claim.state == MQ_CLAIM_LEFT ? ", which is gone" : "");
    (void)printf("\n");
    if (state->latest < 0) return;
    (void)printf("  checkpoints   latest step %lld", (long long)state->latest);
    if (state->best >= 0) (void)printf(", best step %lld", (long long)state->best);
    if (state->best >= 0 && best >= 0 && state->entries[best].step == state->best)
        (void)printf(" (valid %s %.4f)", mq_model_score(state->model),
                     state->entries[best].valid_loss);
    (void)printf("\n");
}

static void print_left(const struct run_state *state)
{
    char left[PROGRESS_TIME_MAX];
    progress_time(left, run_state_left_s(state));
    if (state->phase == RUN_TRAINS && state->n > 0)
        (void)printf("  left          %s of training\n", left);
}

static mq_status print_overview(const struct run_state *state)
{
    print_state(state);
    print_left(state);
    MQ_TRY(print_plots(state));
    if (state->n > 0) print_titles(state);
    for (int64_t i = mq_max_i64(0, state->n - FIRST_LINES); i < state->n; i++)
        print_line(state, i);
    return MQ_OK;
}

// ---- following ----------------------------------------------------------------------------------

static mq_status refuse_missing(const char *directory)
{
    if (mq_path_is_directory(directory))
        (void)mq_fail(MQ_USAGE, "%s: not a run: no experiment.yaml, log or checkpoint", directory);
    else
        (void)mq_fail(MQ_USAGE, "%s: no such run", directory);
    return mq_hint("name the run's directory, <run.dir>/<run.name>; --wait waits for it to begin");
}

// How it ended, as an exit code.
static mq_status conclude(const struct run_state *state)
{
    const int64_t step = state->n > 0 ? state->entries[state->n - 1].step : 0;
    const int64_t steps = run_state_steps(state);
    if (state->phase == RUN_DONE) return MQ_OK;
    if (state->phase == RUN_STOPPED)
        (void)mq_fail(MQ_STOPPED, "%s: stopped after step %lld of %lld; the checkpoint is valid",
                      state->directory, (long long)mq_max_i64(step, state->latest),
                      (long long)steps);
    else if (state->latest >= 0)
        (void)mq_fail(MQ_FAILED, "%s: ended after step %lld; its last checkpoint is of step %lld",
                      state->directory, (long long)step, (long long)state->latest);
    else
        (void)mq_fail(MQ_FAILED, "%s: ended before its first checkpoint", state->directory);
    return mq_hint("%srun the same command again to go on",
                   state->phase == RUN_DIED ? "look at what its job said, then " : "");
}

static void sleep_s(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)(1e9 * (seconds - (double)pause.tv_sec));
    (void)nanosleep(&pause, NULL);
}

// On a terminal, a line on what is to come.
static void print_prospect(const struct run_state *state)
{
    char left[PROGRESS_TIME_MAX];
    if (state->phase != RUN_TRAINS || state->n == 0) return;
    progress_time(left, run_state_left_s(state));
    mq_live("step %lld of %lld, left %s", (long long)state->entries[state->n - 1].step,
            (long long)run_state_steps(state), left);
}

// What is new since the last look.
static void print_news(const struct run_state *state, enum run_phase before)
{
    const bool has_turned = state->phase != before;
    if (has_turned || state->was_replaced || state->n > state->kept) mq_live("%s", "");
    if (state->was_replaced)
        (void)printf("%s: goes on after step %lld\n", state->directory,
                     (long long)(state->kept > 0 ? state->entries[state->kept - 1].step : 0));
    if (has_turned && state->phase == RUN_TRAINS) {
        print_state(state);
        print_titles(state);
    }
    for (int64_t i = state->kept; i < state->n; i++)
        print_line(state, i);
    if (has_turned && state->phase != RUN_TRAINS) print_state(state);
    (void)fflush(stdout);
    print_prospect(state);
}

static bool is_over(enum run_phase phase, bool waits)
{
    return phase == RUN_DONE || (phase != RUN_TRAINS && !waits);
}

static mq_status follow(struct run_state *state, double interval_s, bool waits)
{
    enum run_phase before = state->phase;
    while (!is_over(state->phase, waits)) {
        sleep_s(interval_s);
        MQ_TRY(run_state_look(state));
        print_news(state, before);
        before = state->phase;
    }
    return conclude(state);
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    struct run_state state = {.directory = arguments->positionals[0]};
    const bool waits = mq_flag_is_given(arguments, "wait");
    double interval_s = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_flag_duration_s(arguments, "interval", &interval_s));
    if (!(interval_s >= 0.01)) {
        MQ_DO(mq_fail(MQ_USAGE, "watch: --interval: '%s' is too short",
                      mq_flag_text(arguments, "interval")));
    }
    MQ_DO(run_state_look(&state));
    if (state.phase == RUN_MISSING && !waits) MQ_DO(refuse_missing(state.directory));
    if (state.phase == RUN_MISSING)
        mq_info("waiting for %s to begin", state.directory);
    else
        MQ_DO(print_overview(&state));
    (void)fflush(stdout);
    if (!mq_flag_is_given(arguments, "once")) status = follow(&state, interval_s, waits);
done:
    run_state_release(&state);
    return status;
}

static const struct mq_example examples[] = {
    {"mqcast watch runs/first", "until training ends; its exit code says how"},
    {"mqcast watch runs/first --once", "what it does now"},
    {"mqcast watch runs/first --wait", "also before its job has begun, and from one to the next"},
};

const struct mq_command mq_command_watch = {
    .name = "watch",
    .summary = "follow a run from another terminal, until it ends",
    .description =
        "What the run does, its learning curves and the last lines of its log, then each new line. "
        "It reads the files of the run's directory alone, so it works on any host that sees them. "
        "It ends when training does: with 0 when the run is trained, 75 when it was stopped and "
        "goes on when run again, 1 when it was killed or failed; with --once always with 0.",
    .positionals = "RUN",
    .min_positionals = 1,
    .max_positionals = 1,
    .flags = flags,
    .n_flags = sizeof flags / sizeof *flags,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "train inspect report",
    .needs = MQ_NEEDS_NOTHING,
    .run = run,
};
