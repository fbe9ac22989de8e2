// What depends on the level: how many outcomes its quantile covers, of periods and of totals.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/figures.h"
#include "report/sections.h"

// ---- coverage ----------------------------------------------------------------------------------

// Keys are levels as text, in ascending order.
static json_t *coverage_points(const json_t *scores)
{
    json_t *coverage = json_object_get(scores, "coverage");
    json_t *points = json_array();
    const char *level = NULL;
    json_t *share = NULL;
    json_object_foreach(coverage, level, share) if (json_is_number(share))
        add_point(&points, strtod(level, NULL), json_number_value(share));
    return points;
}

static void add_diagonal(struct chart *chart)
{
    json_t *diagonal = json_array();
    add_point(&diagonal, 0, 0);
    add_point(&diagonal, 1, 1);
    add_line(chart, "ideal", COLOR_MUTED, LINE_DASHED, diagonal);
}

// The columns of a table; `levels` has them as keys.
static void put_level_heads(struct page *page, json_t *levels)
{
    const char *level = NULL;
    json_t *share = NULL;
    json_object_foreach(levels, level, share)
    {
        put(page, "<th scope=\"col\">");
        put_text(page, level);
        put(page, "</th>");
    }
}

static void put_share(struct page *page, double share)
{
    if (isfinite(share))
        put_format(page, "<td>%.3f</td>", share);
    else
        put_cell(page, share);
}

static void put_coverage_cells(struct page *page, const json_t *scores, json_t *levels)
{
    const char *level = NULL;
    json_t *share = NULL;
    json_object_foreach(levels, level, share)
        put_share(page, number_at(json_object_get(scores, "coverage"), level));
}

// ---- of periods --------------------------------------------------------------------------------

static const json_t *scores_of(const struct run *run)
{
    return json_object_get(run->evaluation, "scores");
}

static void put_coverage_row(struct page *page, const char *name, const json_t *scores,
                             json_t *levels)
{
    put(page, "<tr><th scope=\"row\">");
    put_text(page, name);
    put(page, "</th>");
    put_coverage_cells(page, scores, levels);
    put(page, "</tr>\n");
}

static void put_coverage_table(struct page *page, const struct run runs[], int64_t n,
                               const json_t *baseline)
{
    json_t *levels = NULL;
    for (int64_t i = 0; i < n && json_object_size(levels) == 0; i++)
        levels = json_object_get(scores_of(&runs[i]), "coverage");
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">level</th>");
    put_level_heads(page, levels);
    put(page, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++)
        put_coverage_row(page, runs[i].name, scores_of(&runs[i]), levels);
    if (baseline != NULL) put_coverage_row(page, "seasonal naive", baseline, levels);
    put(page, "</tbody>\n</table></div>\n");
}

void put_calibration(struct page *page, const struct run runs[], int64_t n)
{
    struct chart chart = {.title = "Share of outcomes at or below the quantile, by level",
                          .x_label = "level",
                          .is_share = true};
    const json_t *baseline = run_baseline(&runs[0]);
    for (int64_t i = 0; i < n; i++)
        add_line(&chart, runs[i].name, (int)i, LINE_DOTTED, coverage_points(scores_of(&runs[i])));
    if (chart.n_points == 0) { // also when memory ran out, which putting it says
        put_chart(page, &chart);
        return;
    }
    add_line(&chart, "seasonal naive", COLOR_MUTED, LINE_SOLID, coverage_points(baseline));
    add_diagonal(&chart);
    put(page,
        "<h2>Calibration</h2>\n<p>A forecast is calibrated when a share q of outcomes falls at "
        "or below its quantile of level q. Where many outcomes are zero, low levels lie above "
        "the diagonal whatever the model.</p>\n");
    put_chart(page, &chart);
    put_coverage_table(page, runs, n, baseline);
}

// ---- of totals ---------------------------------------------------------------------------------

// An answer to what the total will be, in the score of a span.
enum answer { ANSWER_TOTAL, ANSWER_SUMMED, ANSWER_NAIVE };

static const json_t *answer_scores(const json_t *span, enum answer answer)
{
    switch (answer) {
    case ANSWER_TOTAL:
        return json_object_get(span, "scores");
    case ANSWER_SUMMED:
        return json_object_get(span, "summed_quantiles");
    default:
        return json_object_get(json_object_get(span, "baseline"), "seasonal_naive");
    }
}

static const json_t *spans_of(const struct run *run)
{
    return json_object_get(run->evaluation, "by_span");
}

// The run's scores of the same span; NULL when it has none.
static const json_t *span_like(const struct run *run, const json_t *span)
{
    const json_t *spans = spans_of(run);
    for (size_t s = 0; s < json_array_size(spans); s++) {
        const json_t *own = json_array_get(spans, s);
        if (json_equal(json_object_get(own, "lead"), json_object_get(span, "lead")) &&
            json_equal(json_object_get(own, "review"), json_object_get(span, "review")))
            return own;
    }
    return NULL;
}

static void put_answer(struct page *page, const char *name, const json_t *span, enum answer answer,
                       json_t *levels)
{
    const json_t *scores = answer_scores(span, answer);
    put(page, "<tr><th scope=\"row\">");
    put_text(page, name);
    put(page, answer == ANSWER_SUMMED ? "</th><td>summed (wrong)</td>" : "</th><td>totals</td>");
    put_cell(page, number_at(scores, "mean_wQL"));
    put_share(page, number_at(scores, "coverage_gap"));
    put_coverage_cells(page, scores, levels);
    put(page, "</tr>\n");
}

static void put_span_table(struct page *page, const struct run runs[], int64_t n,
                           const json_t *span)
{
    json_t *levels = json_object_get(answer_scores(span, ANSWER_TOTAL), "coverage");
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th></th><th scope=\"col\">quantiles</th>"
              "<th scope=\"col\">mean wQL</th><th scope=\"col\">coverage gap</th>");
    put_level_heads(page, levels);
    put(page, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++) {
        const json_t *own = span_like(&runs[i], span);
        if (own == NULL) continue;
        put_answer(page, runs[i].name, own, ANSWER_TOTAL, levels);
        put_answer(page, runs[i].name, own, ANSWER_SUMMED, levels);
    }
    put_answer(page, "seasonal naive", span, ANSWER_NAIVE, levels);
    put(page, "</tbody>\n</table></div>\n");
}

static void put_span_chart(struct page *page, const struct run runs[], int64_t n,
                           const json_t *span)
{
    struct chart chart = {.title = "Share of totals at or below the quantile, by level",
                          .x_label = "level",
                          .is_share = true};
    for (int64_t i = 0; i < n; i++) {
        const json_t *own = span_like(&runs[i], span);
        if (own == NULL) continue;
        char summed[512];
        (void)snprintf(summed, sizeof summed, "%s, summed quantiles (wrong)", runs[i].name);
        add_line(&chart, runs[i].name, (int)i, LINE_DOTTED,
                 coverage_points(answer_scores(own, ANSWER_TOTAL)));
        add_line(&chart, summed, (int)i, LINE_DASHED,
                 coverage_points(answer_scores(own, ANSWER_SUMMED)));
    }
    add_line(&chart, "seasonal naive", COLOR_MUTED, LINE_SOLID,
             coverage_points(answer_scores(span, ANSWER_NAIVE)));
    add_diagonal(&chart);
    put_chart(page, &chart);
}

// Runs may share spans: each is put with the first run that has it.
static bool is_new(const struct run runs[], int64_t before, const json_t *span)
{
    for (int64_t i = 0; i < before; i++)
        if (span_like(&runs[i], span) != NULL) return false;
    return json_is_integer(json_object_get(span, "lead")) &&
           json_is_integer(json_object_get(span, "review"));
}

static void put_span(struct page *page, const struct run runs[], int64_t n, const json_t *span)
{
    put_format(page, "<h3>Lead %lld + review %lld periods</h3>\n",
               (long long)json_integer_value(json_object_get(span, "lead")),
               (long long)json_integer_value(json_object_get(span, "review")));
    put_span_chart(page, runs, n, span);
    put_span_table(page, runs, n, span);
}

void put_spans(struct page *page, const struct run runs[], int64_t n)
{
    bool has_any = false;
    for (int64_t i = 0; i < n; i++)
        for (size_t s = 0; s < json_array_size(spans_of(&runs[i])); s++) {
            const json_t *span = json_array_get(spans_of(&runs[i]), s);
            if (!is_new(runs, i, span)) continue;
            if (!has_any)
                put(page,
                    "<h2>Totals of spans</h2>\n<p>Demand of lead + review periods is what an order "
                    "has to cover; its quantiles are forecast as such. They are not the sums of "
                    "its periods' quantiles, which would be right only if all periods came out "
                    "high or low together: those stand beside as the wrong answer. Totals come in "
                    "whole units, so that many "
                    "equal a quantile; the coverage gap is how far, at most, a level lies outside "
                    "of the shares "
                    "below its quantile and at or below it.</p>\n");
            has_any = true;
            put_span(page, runs, n, span);
        }
}
