// Lines about what takes long.
#include "cmd/progress.h"

#include <math.h>
#include <stdio.h>

#include "mq/base/clock.h"
#include "mq/base/log.h"

void progress_time(char text[PROGRESS_TIME_MAX], double seconds)
{
    if (!isfinite(seconds))
        (void)snprintf(text, PROGRESS_TIME_MAX, "?");
    else if (seconds < 90)
        (void)snprintf(text, PROGRESS_TIME_MAX, "%.0f s", seconds);
    else if (seconds < 5400)
        (void)snprintf(text, PROGRESS_TIME_MAX, "%.0f min", seconds / 60);
    else
        (void)snprintf(text, PROGRESS_TIME_MAX, "%.1f h", seconds / 3600);
}

struct progress progress_begin(const char *what)
{
    return (struct progress){.what = what,
                             .is_live = mq_log_is_live(),
                             .began_s = mq_clock_s(),
                             .valid_loss = (double)NAN};
}

// The longer it has taken the rarer the lines: every `least_s` seconds at first, every minute in the
// end. On a terminal as often as one can read them.
static bool is_due(struct progress *progress, double least_s)
{
    const double now_s = mq_clock_s();
    const double pause_s =
        progress->is_live ? 0.1 : fmin(fmax((now_s - progress->began_s) / 30, least_s), 60);
    if (now_s - fmax(progress->said_s, progress->began_s) < pause_s) return false;
    progress->said_s = now_s;
    return true;
}

static void say(const struct progress *progress, const char *line)
{
    if (progress->is_live)
        mq_live("%s", line);
    else
        mq_info("%s", line);
}

static void tell(void *context, int64_t done, int64_t all)
{
    struct progress *progress = context;
    if (done == all || !is_due(progress, 10)) return;
    const double took_s = mq_clock_s() - progress->began_s;
    char left[PROGRESS_TIME_MAX];
    char line[MQ_MESSAGE_MAX];
    progress_time(left, took_s * (double)(all - done) / (double)done);
    (void)snprintf(line, sizeof line, "%s: %.0f%%, left %s", progress->what,
                   100 * (double)done / (double)all, left);
    say(progress, line);
}

struct mq_meter progress_meter(struct progress *progress, const struct mq_world *world)
{
    return (struct mq_meter){mq_rank(world) == 0 ? tell : NULL, progress};
}

void progress_of_training(void *context, const struct mq_train_report *report)
{
    struct progress *progress = context;
    const struct mq_log_entry *entry = report->entry;
    const bool is_validated = !isnan(entry->valid_loss);
    const bool is_last = entry->step == entry->steps;
    if (is_validated) {
        progress->valid_loss = entry->valid_loss;
        progress->is_best = report->is_best;
    }
    if (!is_due(progress, 2) && !is_last && (progress->is_live || !is_validated)) return;
    char left[PROGRESS_TIME_MAX];
    char validated[48] = "";
    char line[MQ_MESSAGE_MAX];
    progress_time(left, report->left_s);
    if (is_validated || (progress->is_live && !isnan(progress->valid_loss)))
        (void)snprintf(validated, sizeof validated, "  valid %s %.4f%s", report->score,
                       progress->valid_loss, progress->is_best ? " *" : "");
    (void)snprintf(line, sizeof line,
                   "step %lld/%lld  left %s  loss %.4f%s  %.0f series/s  data %.0f%% comm %.0f%%",
                   (long long)entry->step, (long long)entry->steps, left, entry->loss, validated,
                   entry->series_per_s, 100 * entry->wait_data_s / fmax(report->interval_s, 1e-9),
                   100 * entry->comm_s / fmax(report->interval_s, 1e-9));
    if (is_last)
        mq_info("%s", line);
    else
        say(progress, line);
}
