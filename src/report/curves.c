// What depends on a number: accuracy, bias and revisions on the horizon, learning on the step.
#include <math.h>

#include "mq/base/int.h"
#include "report/figures.h"
#include "report/sections.h"

// ---- by horizon --------------------------------------------------------------------------------

static void put_horizon_chart(struct page *page, const struct run runs[], int64_t n,
                              const char *title, const char *key)
{
    struct chart chart = {
        .title = title, .x_label = "periods ahead", .is_from_zero = true, .is_whole_x = true};
    for (int64_t i = 0; i < n; i++) {
        const json_t *list = json_object_get(runs[i].evaluation, "by_horizon");
        json_t *points = json_array();
        for (size_t h = 0; h < json_array_size(list); h++) {
            const json_t *row = json_array_get(list, h);
            add_point(&points, number_at(row, "h"), number_at(row, key));
        }
        add_line(&chart, runs[i].name, (int)i, LINE_SOLID, points);
    }
    put_chart(page, &chart);
}

static bool has_horizons(const struct run runs[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (json_array_size(json_object_get(runs[i].evaluation, "by_horizon")) > 0) return true;
    return false;
}

// Of long horizons the table has some: the first, the last, and those between evenly.
static void put_horizon_table(struct page *page, const struct run runs[], int64_t n)
{
    enum { COLUMNS_MAX = 12 };
    int64_t longest = 0;
    for (int64_t i = 0; i < n; i++)
        longest = mq_max_i64(
            longest, (int64_t)json_array_size(json_object_get(runs[i].evaluation, "by_horizon")));
    const int64_t columns = mq_min_i64(longest, COLUMNS_MAX);
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">mean wQL, periods "
              "ahead</th>");
    for (int64_t c = 0; c < columns; c++)
        put_format(page, "<th scope=\"col\">%lld</th>",
                   (long long)mq_split(longest, columns, c + 1));
    put(page, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++) {
        const json_t *list = json_object_get(runs[i].evaluation, "by_horizon");
        put(page, "<tr><th scope=\"row\">");
        put_text(page, runs[i].name);
        put(page, "</th>");
        for (int64_t c = 0; c < columns; c++) {
            const size_t h = (size_t)mq_split(longest, columns, c + 1) - 1;
            put(page, "<td>");
            put_number(page, number_at(json_array_get(list, h), "mean_wQL"));
            put(page, "</td>");
        }
        put(page, "</tr>\n");
    }
    put(page, "</tbody>\n</table></div>\n");
}

void put_by_horizon(struct page *page, const struct run runs[], int64_t n)
{
    if (!has_horizons(runs, n)) return;
    put(page, "<h2>By horizon</h2>\n");
    put_horizon_chart(page, runs, n, "Mean wQL by periods ahead", "mean_wQL");
    put_horizon_table(page, runs, n);
}

static bool has_revisions(const struct run runs[], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (isfinite(run_score(&runs[i], "sEV"))) return true;
    return false;
}

void put_stability(struct page *page, const struct run runs[], int64_t n)
{
    if (!has_horizons(runs, n)) return;
    put(page,
        "<h2>Bias and stability</h2>\n<p>Bias is above zero where the median is too high, as a "
        "share of volume. ");
    if (has_revisions(runs, n))
        put(page,
            "When a forecast of one date is made again, its excess volatility is what it moves "
            "beyond what the news explains.</p>\n");
    else
        put(page, "Stability is not known: the evaluation origins are a horizon or more apart, so "
                  "that no date is forecast twice.</p>\n");
    put(page, "<div class=\"pair\">\n");
    put_horizon_chart(page, runs, n, "Bias by periods ahead", "bias");
    put_horizon_chart(page, runs, n, "Excess volatility (sEV) by periods ahead", "sEV");
    put(page, "</div>\n");
}

// ---- learning ----------------------------------------------------------------------------------

// Of a long log every so many lines are enough to see.
static json_t *log_points(const struct run *run, enum log_column column)
{
    enum { POINTS_MAX = 2000 };
    int64_t finite = 0;
    for (int64_t i = 0; i < run->n_log; i++)
        finite += isfinite(run->log[column][i]);
    const int64_t every = mq_max_i64(1, mq_ceil_div(finite, POINTS_MAX));
    json_t *points = json_array();
    int64_t seen = 0;
    for (int64_t i = 0; i < run->n_log; i++) {
        if (!isfinite(run->log[column][i])) continue;
        seen++;
        if (seen % every == 0 || seen == 1 || seen == finite)
            add_point(&points, run->log[LOG_STEP][i], run->log[column][i]);
    }
    return points;
}

static void put_curves(struct page *page, const struct run *run)
{
    struct chart losses = {.title = "Loss by step", .x_label = "step", .is_whole_x = true};
    struct chart rate = {.title = "Learning rate by step",
                         .x_label = "step",
                         .is_from_zero = true,
                         .is_whole_x = true};
    add_line(&losses, "training", 0, LINE_SOLID, log_points(run, LOG_LOSS));
    add_line(&losses, "validation", 1, LINE_DOTTED, log_points(run, LOG_VALID_LOSS));
    add_line(&rate, "", COLOR_MUTED, LINE_SOLID, log_points(run, LOG_LR));
    put(page, "<div class=\"pair\">\n");
    put_chart(page, &losses);
    put_chart(page, &rate);
    put(page, "</div>\n");
}

static void put_learning_row(struct page *page, const struct run *run)
{
    double best = NAN;
    double best_step = NAN;
    for (int64_t i = 0; i < run->n_log; i++) {
        const double loss = run->log[LOG_VALID_LOSS][i];
        if (!isfinite(loss) || loss >= best) continue; // false beside NaN
        best = loss;
        best_step = run->log[LOG_STEP][i];
    }
    const double numbers[] = {run->log[LOG_STEP][run->n_log - 1],
                              run->log[LOG_LOSS][run->n_log - 1], best, best_step};
    put(page, "<tr><th scope=\"row\">");
    put_text(page, run->name);
    put(page, "</th>");
    for (int i = 0; i < 4; i++) {
        put(page, "<td>");
        put_number(page, numbers[i]);
        put(page, "</td>");
    }
    put(page, "</tr>\n");
}

void put_learning(struct page *page, const struct run runs[], int64_t n)
{
    bool has_any = false;
    for (int64_t i = 0; i < n; i++)
        has_any = has_any || runs[i].n_log > 0;
    if (!has_any) return;
    put(page,
        "<h2>Learning</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th></th>"
        "<th scope=\"col\">last step</th><th scope=\"col\">training loss there</th>"
        "<th scope=\"col\">best validation loss</th><th scope=\"col\">at step</th></tr></thead>\n"
        "<tbody>\n");
    for (int64_t i = 0; i < n; i++)
        if (runs[i].n_log > 0) put_learning_row(page, &runs[i]);
    put(page, "</tbody>\n</table></div>\n");
    for (int64_t i = 0; i < n; i++) {
        if (runs[i].n_log == 0) continue;
        if (n > 1) put_element(page, "h3", runs[i].name);
        put_curves(page, &runs[i]);
    }
}
