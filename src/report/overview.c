// One row per run: how accurate it is, how well its quantiles cover, and what it cost.
#include <math.h>

#include "report/figures.h"
#include "report/sections.h"

static double cost_of(const struct run *run, const char *stage, const char *key)
{
    return number_at(json_object_get(run->cost, stage), key);
}

static double change_against_naive(const struct run *run)
{
    const double baseline = baseline_score(run, "mean_wQL");
    return baseline > 0 ? 100 * (run_score(run, "mean_wQL") / baseline - 1) : (double)NAN;
}

static double largest_memory(const struct run *run)
{
    return fmax(cost_of(run, "train", "peak_rss_bytes"),
                cost_of(run, "forecast", "peak_rss_bytes"));
}

static void put_run_row(struct page *page, const struct run *run)
{
    const char *model = json_string_value(json_object_get(run->evaluation, "model"));
    put(page, "<tr><th scope=\"row\">");
    put_text(page, run->name);
    put(page, "</th><td>");
    put_text(page, model != NULL ? model : "");
    put(page, "</td>");
    put_cell(page, run_score(run, "mean_wQL"));
    put_cell(page, change_against_naive(run));
    put_cell(page, run_score(run, "MAE_coverage"));
    put_cell(page, cost_of(run, "train", "core_seconds"));
    put_cell(page, cost_of(run, "forecast", "core_seconds"));
    put_cell(page, largest_memory(run) / (1 << 20));
    put(page, "</tr>\n");
}

static void put_accuracy(struct page *page, const struct run runs[], int64_t n)
{
    const char *names[RUNS_MAX + 1];
    double values[RUNS_MAX + 1];
    int64_t rows = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(run_score(&runs[i], "mean_wQL"))) continue;
        names[rows] = runs[i].name;
        values[rows++] = run_score(&runs[i], "mean_wQL");
    }
    if (rows < 2) return;
    put_bars(page, &(struct bars){.title = "Mean wQL, in the order given: shorter is better",
                                  .row_labels = names,
                                  .values = values,
                                  .rows = rows,
                                  .columns = 1});
}

void put_overview(struct page *page, const struct run runs[], int64_t n)
{
    bool has_any = n > 1;
    for (int64_t i = 0; i < n; i++)
        has_any = has_any || runs[i].cost != NULL;
    if (!has_any) return;
    put(page, "<h2>Accuracy and cost</h2>\n");
    put_accuracy(page, runs, n);
    put(page,
        "<div class=\"scroll\"><table>\n<thead><tr><th></th><th scope=\"col\">model</th>"
        "<th scope=\"col\">mean wQL</th><th scope=\"col\">against naive, %</th>"
        "<th scope=\"col\">coverage error</th><th scope=\"col\">training, core-seconds</th>"
        "<th scope=\"col\">forecast, core-seconds</th><th scope=\"col\">memory of a rank, MiB</th>"
        "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++)
        put_run_row(page, &runs[i]);
    put(page, "</tbody>\n</table></div>\n");
}
