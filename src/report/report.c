// Puts the page together.
#include "mq/report/report.h"

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "report/html.h"
#include "report/products.h"
#include "report/run.h"
#include "report/sections.h"

static void put_facts(struct page *page, const struct run *run)
{
    const char *model = json_string_value(json_object_get(run->evaluation, "model"));
    const char *panel = json_string_value(json_object_get(run->evaluation, "panel"));
    put(page, "<p class=\"note facts\">");
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
    if (run->missing.length > 0) {
        put(page, ". ");
        put_text(page, run->missing.data);
    }
    put(page, "</p>\n");
}

static void put_page(struct page *page, const struct mq_report_request *request,
                     const struct run runs[])
{
    const int64_t n = request->n_runs;
    char now[MQ_ISO_MAX];
    mq_clock_iso(now);
    begin_page(page, n == 1 ? runs[0].name : "Comparison of runs");
    put_element(page, "h1", n == 1 ? runs[0].name : "Comparison of runs");
    put(page,
        "<noscript><p class=\"note\">Figures and the search for products take a script; without "
        "one this page is its tables.</p></noscript>\n");
    for (int64_t i = 0; i < n; i++)
        put_facts(page, &runs[i]);
#define MQ_SECTION(name) put_##name(page, runs, n);
#include "report/sections.def"
#undef MQ_SECTION
    put_products(page, runs, n, request->items, request->n_items);
    put_format(page, "<p class=\"note\">Written by mqcast, %s.</p>\n", now);
    end_page(page);
}

static mq_status check_content(const struct run runs[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!run_is_empty(&runs[i])) return MQ_OK;
    (void)mq_fail(
        MQ_USAGE,
        "%s: nothing to report: no evaluation.json, simulation.json, log.jsonl or forecast",
        runs[0].directory);
    return mq_hint("give the directory of a run that has been trained or evaluated");
}

mq_status mq_report_write(const struct mq_report_request *request, const char *output)
{
    const int64_t n = request->n_runs;
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
        MQ_DO(run_load(&runs[loaded], request->runs[loaded]));
    MQ_DO(check_content(runs, n));
    put_page(&page, request, runs);
    MQ_DO(page.status);
    MQ_DO(mq_file_replace(output, page.text.data, page.text.length));
done:
    for (int64_t i = 0; i < loaded; i++)
        run_release(&runs[i]);
    mq_free(runs);
    release_page(&page);
    return status;
}
