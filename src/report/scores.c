// The score table: runs side by side, each against seasonal naive.
#include <math.h>
#include <string.h>

#include "report/sections.h"

struct score_row {
    const char *key;
    const char *label;
    bool is_loss; ///< smaller is better, and comparable as a ratio
    const char *about;
};

static const struct score_row rows[] = {
    {"mean_wQL", "mean wQL", true, "quantile loss over volume, mean of levels"},
    {"WAPE", "WAPE", true, "absolute error of the median over volume"},
    {"MASE", "MASE", true, "error in units of the past seasonal error"},
    {"RMSSE", "RMSSE", true, "the same for squares, in units of past steps"},
    {"sMAPE", "sMAPE", true, "symmetric percentage error"},
    {"MSIS", "MSIS", true, "width and misses of the widest interval"},
    {"MAE_coverage", "coverage error", true, "mean gap between coverage and level"},
    {"bias", "bias", false, "above zero: too high, as a share of volume"},
    {"crossing_rate", "crossing rate", false, "forecasts with quantiles out of order"},
    {"sEV", "sEV", false, "revisions beyond what news explains"},
    {"sFPC", "sFPC", false, "change of the forecast per revision, percent"},
};
enum { ROWS = sizeof rows / sizeof *rows, COLUMNS_MAX = 3 };

static double best_score(const struct run runs[], int64_t n, const char *key)
{
    double best = INFINITY;
    for (int64_t i = 0; i < n; i++)
        best = fmin(best, run_score(&runs[i], key));
    return best;
}

static const struct run *with_baseline(const struct run runs[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (run_baseline(&runs[i]) != NULL) return &runs[i];
    return NULL;
}

// Share of the baseline's loss that the run saves; NaN when there is no ratio.
static double gain_of(const struct run *run, const char *key)
{
    const double baseline = baseline_score(run, key);
    if (!(baseline > 0)) return NAN;
    return 1 - run_score(run, key) / baseline;
}

static void put_run_cell(struct page *page, const struct run *run, const struct score_row *row,
                         bool is_best)
{
    put(page, is_best ? "<td class=\"best\">" : "<td>");
    put_number(page, run_score(run, row->key));
    const double gain = gain_of(run, row->key);
    if (row->is_loss && isfinite(gain))
        put_format(page, "<span class=\"small\">%+.1f %%</span>", -100 * gain);
    put(page, "</td>");
}

static void put_row(struct page *page, const struct score_row *row, const struct run runs[],
                    int64_t n, const struct run *baseline)
{
    const double best = n > 1 && row->is_loss ? best_score(runs, n, row->key) : (double)NAN;
    put(page, "<tr><th scope=\"row\">");
    put_text(page, row->label);
    put(page, "</th>");
    for (int64_t i = 0; i < n; i++)
        put_run_cell(page, &runs[i], row, run_score(&runs[i], row->key) == best);
    if (baseline != NULL) {
        put(page, "<td>");
        put_number(page, baseline_score(baseline, row->key));
        put(page, "</td>");
    }
    put(page, "<td class=\"about\">");
    put_text(page, row->about);
    put(page, "</td></tr>\n");
}

static bool is_same_task(const struct run *a, const struct run *b)
{
    static const char *const keys[] = {"panel", "origins", "horizon", "series", "levels"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *left = json_object_get(a->evaluation, keys[i]);
        const json_t *right = json_object_get(b->evaluation, keys[i]);
        if (left != NULL && right != NULL && !json_equal(left, right)) return false;
    }
    return true;
}

static void put_fairness(struct page *page, const struct run runs[], int64_t n)
{
    const struct run *first = NULL;
    for (int64_t i = 0; i < n; i++) {
        if (runs[i].evaluation == NULL) continue;
        if (first == NULL) first = &runs[i];
        if (is_same_task(first, &runs[i])) continue;
        put(page, "<p class=\"note\">");
        put_text(page, runs[i].name);
        put(page, " was scored on another panel, span, horizon or set of levels than ");
        put_text(page, first->name);
        put(page, ": compare each with its own baseline only.</p>\n");
    }
}

// Says the first thing a reader wants to know.
static void put_headline(struct page *page, const struct run *run)
{
    const double gain = gain_of(run, "mean_wQL");
    if (!isfinite(gain)) return;
    put(page, "<p>");
    put_text(page, run->name);
    put(page, ": mean wQL ");
    put_number(page, run_score(run, "mean_wQL"));
    put_format(page, ", %.1f %% %s seasonal naive.</p>\n", 100 * fabs(gain),
               gain >= 0 ? "below" : "above");
}

// More runs than columns have room for are rows.
static void put_run_scores(struct page *page, const char *name, const struct run *run,
                           double (*score)(const struct run *, const char *), const double best[])
{
    put(page, "<tr><th scope=\"row\">");
    put_text(page, name);
    put(page, "</th>");
    for (int i = 0; i < ROWS; i++) {
        const double value = score(run, rows[i].key);
        put(page, value == best[i] ? "<td class=\"best\">" : "<td>");
        put_number(page, value);
        put(page, "</td>");
    }
    put(page, "</tr>\n");
}

static void put_runs_as_rows(struct page *page, const struct run runs[], int64_t n,
                             const struct run *baseline)
{
    double best[ROWS];
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th></th>");
    for (int i = 0; i < ROWS; i++) {
        best[i] = rows[i].is_loss ? best_score(runs, n, rows[i].key) : (double)NAN;
        put(page, "<th scope=\"col\">");
        put_text(page, rows[i].label);
        put(page, "</th>");
    }
    put(page, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++)
        put_run_scores(page, runs[i].name, &runs[i], run_score, best);
    if (baseline != NULL) put_run_scores(page, "seasonal naive", baseline, baseline_score, best);
    put(page, "</tbody>\n</table></div>\n");
}

static void put_runs_as_columns(struct page *page, const struct run runs[], int64_t n,
                                const struct run *baseline)
{
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th></th>");
    for (int64_t i = 0; i < n; i++) {
        put(page, "<th scope=\"col\">");
        put_text(page, runs[i].name);
        put(page, "</th>");
    }
    if (baseline != NULL) put(page, "<th scope=\"col\">seasonal naive</th>");
    put(page, "<th></th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < ROWS; i++)
        put_row(page, &rows[i], runs, n, baseline);
    put(page, "</tbody>\n</table></div>\n");
    if (baseline != NULL)
        put(page, "<p class=\"note\">Beside a score: its change against seasonal naive on the same "
                  "points; below zero is better.</p>\n");
}

void put_scores(struct page *page, const struct run runs[], int64_t n)
{
    int64_t evaluated = 0;
    for (int64_t i = 0; i < n; i++)
        evaluated += runs[i].evaluation != NULL;
    if (evaluated == 0) return;
    const struct run *baseline = with_baseline(runs, n);
    put(page, "<h2>Scores</h2>\n");
    if (n == 1) put_headline(page, &runs[0]);
    put_fairness(page, runs, n);
    if (n > COLUMNS_MAX)
        put_runs_as_rows(page, runs, n, baseline);
    else
        put_runs_as_columns(page, runs, n, baseline);
}
