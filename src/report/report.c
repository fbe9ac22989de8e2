// Puts the page together.
#include "mq/report/report.h"

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "report/fans.h"
#include "report/html.h"
#include "report/run.h"
#include "report/sections.h"

static void put_facts(struct page *page, const struct run *run)
{
    const char *model = json_string_value(json_object_get(run->evaluation, "model"));
    const char *panel = json_string_value(json_object_get(run->evaluation, "panel"));
    put(page, "<p class=\"note\">");
    put_text(page, run->directory);
    if (model != NULL) {
        put(page, " \xc2\xb7 ");
        put_text(page, model);
    }
    if (panel != NULL) {
        put(page, " \xc2\xb7 ");
        put_text(page, panel);
    }
    const json_t *series = json_object_get(run->evaluation, "series");
    const json_t *horizon = json_object_get(run->evaluation, "horizon");
    const size_t origins = json_array_size(json_object_get(run->evaluation, "origins"));
    if (json_is_integer(series) && json_is_integer(horizon))
        put_format(page, " \xc2\xb7 %lld series, %lld periods ahead, %zu origin%s",
                   (long long)json_integer_value(series), (long long)json_integer_value(horizon),
                   origins, origins == 1 ? "" : "s");
    put(page, "</p>\n");
    if (run->missing.length == 0) return;
    put(page, "<p class=\"note\">");
    put_text(page, run->name);
    put(page, ": ");
    put_text(page, run->missing.data);
    put(page, "</p>\n");
}

static void put_forecasts(struct page *page, const struct run runs[], int64_t n)
{
    bool has_heading = false;
    for (int64_t i = 0; i < n; i++) {
        if (runs[i].forecast[0] == '\0') continue;
        if (!has_heading) put(page, "<h2>Forecasts</h2>\n");
        has_heading = true;
        if (n > 1) put_element(page, "h3", runs[i].name);
        put_fans(page, &runs[i], n == 1 ? FANS_MAX : 4);
    }
}

static void put_page(struct page *page, const struct run runs[], int64_t n)
{
    char now[MQ_ISO_MAX];
    mq_clock_iso(now);
    begin_page(page, n == 1 ? runs[0].name : "Comparison of runs");
    put_element(page, "h1", n == 1 ? runs[0].name : "Comparison of runs");
    for (int64_t i = 0; i < n; i++)
        put_facts(page, &runs[i]);
    put_overview(page, runs, n);
    put_scores(page, runs, n);
    put_by_horizon(page, runs, n);
    put_calibration(page, runs, n);
    put_by_segment(page, runs, n);
    put_forecasts(page, runs, n);
    put_learning(page, runs, n);
    put_format(page, "<p class=\"note\">Written by mqcast, %s.</p>\n", now);
    end_page(page);
}

static mq_status check_content(const struct run runs[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!run_is_empty(&runs[i])) return MQ_OK;
    (void)mq_fail(MQ_USAGE, "%s: nothing to report: no evaluation.json, log.jsonl or forecast",
                  runs[0].directory);
    return mq_hint("give the directory of a run that has been trained or evaluated");
}

mq_status mq_report_write(const char *const run_directories[], int64_t n, const char *output)
{
    MQ_ASSERT(n >= 1);
    if (n > RUNS_MAX)
        return mq_fail(MQ_USAGE, "%lld runs, at most %d fit on one page", (long long)n,
                       (int)RUNS_MAX);
    mq_status status = MQ_OK;
    struct page page = {0};
    int64_t loaded = 0;
    struct run *runs = NULL;
    MQ_NEW(runs, n);
    for (; loaded < n; loaded++)
        MQ_DO(run_load(&runs[loaded], run_directories[loaded]));
    MQ_DO(check_content(runs, n));
    put_page(&page, runs, n);
    MQ_DO(page.status);
    MQ_DO(mq_file_replace(output, page.text.data, page.text.length));
done:
    for (int64_t i = 0; i < loaded; i++)
        run_release(&runs[i]);
    mq_free(runs);
    mq_str_release(&page.text);
    return status;
}
