// Accuracy by groups of products or forecasts: by volume, by history, by segment.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/figures.h"
#include "report/groups.h"
#include "report/sections.h"

enum { LABEL_MAX = 300 };

/// Scores of each group and run; NULL where a run has none.
struct groups {
    const char *heading; ///< of the groups' names
    int64_t n;
    char label[GROUPS_MAX][LABEL_MAX];
    const json_t *scores[GROUPS_MAX][RUNS_MAX];
};

// Points of the first run that scored the group.
static double points_of(const struct groups *groups, int64_t group, int64_t n_runs)
{
    for (int64_t i = 0; i < n_runs; i++)
        if (groups->scores[group][i] != NULL) return number_at(groups->scores[group][i], "points");
    return NAN;
}

static void put_head(struct page *page, const struct groups *groups, const struct run runs[],
                     int64_t n)
{
    put(page, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">");
    put_text(page, groups->heading);
    put(page, "</th><th scope=\"col\">points scored</th>");
    for (int64_t i = 0; i < n && n > 1; i++) {
        put(page, "<th scope=\"col\">");
        put_text(page, runs[i].name);
        put(page, "</th>");
    }
    if (n == 1)
        put(page, "<th scope=\"col\">mean wQL</th><th scope=\"col\">WAPE</th>"
                  "<th scope=\"col\">coverage error</th><th scope=\"col\">bias</th>");
    put(page, "</tr></thead>\n<tbody>\n");
}

// One run with several of its scores, several with mean wQL alone.
static void put_row(struct page *page, const struct groups *groups, int64_t group, int64_t n)
{
    static const char *const keys[] = {"mean_wQL", "WAPE", "MAE_coverage", "bias"};
    put(page, "<tr><th scope=\"row\">");
    put_text(page, groups->label[group]);
    put(page, "</th><td>");
    put_number(page, points_of(groups, group, n));
    put(page, "</td>");
    const int64_t columns = n == 1 ? (int64_t)(sizeof keys / sizeof *keys) : n;
    for (int64_t i = 0; i < columns; i++) {
        put(page, "<td>");
        put_number(page, n == 1 ? number_at(groups->scores[group][0], keys[i])
                                : number_at(groups->scores[group][i], "mean_wQL"));
        put(page, "</td>");
    }
    put(page, "</tr>\n");
}

static void put_table(struct page *page, const struct groups *groups, const struct run runs[],
                      int64_t n)
{
    put_head(page, groups, runs, n);
    for (int64_t g = 0; g < groups->n; g++)
        put_row(page, groups, g, n);
    put(page, "</tbody>\n</table></div>\n");
    if (n > 1) put_note(page, "Beside the points: mean wQL.");
}

static void put_group_bars(struct page *page, const char *title, const struct groups *groups,
                           const struct run runs[], int64_t n)
{
    enum { BARS_MAX = 60 };
    double values[GROUPS_MAX * RUNS_MAX];
    const char *labels[GROUPS_MAX];
    const char *names[RUNS_MAX];
    int64_t rows = 0;
    for (int64_t i = 0; i < n; i++)
        names[i] = runs[i].name;
    for (int64_t g = 0; g < groups->n; g++) {
        if (!(points_of(groups, g, n) != 0)) continue;
        labels[rows] = groups->label[g];
        for (int64_t i = 0; i < n; i++)
            values[rows * n + i] = number_at(groups->scores[g][i], "mean_wQL");
        rows++;
    }
    if (rows * n > BARS_MAX) return; // the table alone can still be read
    put_bars(page, &(struct bars){.title = title,
                                  .row_labels = labels,
                                  .column_labels = n > 1 ? names : NULL,
                                  .values = values,
                                  .rows = rows,
                                  .columns = n});
}

// ---- by volume ---------------------------------------------------------------------------------

static const json_t *decile_of(const struct run *run, int decile)
{
    const json_t *list = json_object_get(run->evaluation, "by_volume");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (number_at(row, "decile") == decile) return row;
    }
    return NULL;
}

static void label_decile(char label[LABEL_MAX], int decile, const json_t *scores)
{
    const json_t *demand = json_object_get(scores, "mean_demand");
    const json_t *end = json_array_get(demand, 1);
    const double from = json_number_value(json_array_get(demand, 0));
    int length = snprintf(label, LABEL_MAX, "%d: %.0f products, %.3g ", decile,
                          number_at(scores, "series"), from);
    if (length < 0 || length >= LABEL_MAX) return;
    if (json_is_number(end))
        (void)snprintf(label + length, LABEL_MAX - (size_t)length, "to %.3g",
                       json_number_value(end));
    else
        (void)snprintf(label + length, LABEL_MAX - (size_t)length, "and more");
}

void put_by_volume(struct page *page, const struct run runs[], int64_t n)
{
    enum { DECILES = 10 };
    struct groups groups = {.heading = "decile: products, mean demand"};
    struct chart accuracy = {.title = "Mean wQL by volume decile, smallest products first",
                             .x_label = "decile",
                             .is_from_zero = true,
                             .is_whole_x = true};
    struct chart bias = {.title = "Bias by volume decile",
                         .x_label = "decile",
                         .is_from_zero = true,
                         .is_whole_x = true};
    json_t *points[RUNS_MAX][2];
    for (int64_t i = 0; i < n; i++)
        points[i][0] = json_array(), points[i][1] = json_array();
    for (int decile = 1; decile <= DECILES; decile++) {
        const json_t *first = NULL;
        for (int64_t i = 0; i < n; i++) {
            const json_t *scores = decile_of(&runs[i], decile);
            groups.scores[groups.n][i] = scores;
            if (first == NULL) first = scores;
            add_point(&points[i][0], decile, number_at(scores, "mean_wQL"));
            add_point(&points[i][1], decile, number_at(scores, "bias"));
        }
        if (first != NULL) label_decile(groups.label[groups.n++], decile, first);
    }
    for (int64_t i = 0; i < n; i++) {
        add_line(&accuracy, runs[i].name, (int)i, LINE_DOTTED, points[i][0]);
        add_line(&bias, runs[i].name, (int)i, LINE_DOTTED, points[i][1]);
    }
    if (groups.n > 0)
        put(page,
            "<h2>By volume</h2>\n<p>Products in ten groups of like number by their mean demand "
            "up to the first origin; products of the same demand stay together.</p>\n"
            "<div class=\"pair\">\n");
    put_chart(page, &accuracy);
    put_chart(page, &bias);
    if (groups.n == 0) return;
    put(page, "</div>\n");
    put_table(page, &groups, runs, n);
}

// ---- by history --------------------------------------------------------------------------------

static double context_of(const struct run runs[], int64_t n)
{
    double context = NAN;
    for (int64_t i = 0; i < n && isnan(context); i++)
        context = number_at(runs[i].evaluation, "context");
    return context;
}

static void label_history(char label[LABEL_MAX], int kind, double context)
{
    if (kind == 0)
        (void)snprintf(label, LABEL_MAX, "nothing observed");
    else if (isfinite(context))
        (void)snprintf(label, LABEL_MAX, kind == 1 ? "fewer than %.0f periods" : "%.0f or more",
                       context);
    else
        (void)snprintf(label, LABEL_MAX, kind == 1 ? "less than a context" : "a context or more");
}

void put_by_history(struct page *page, const struct run runs[], int64_t n)
{
    static const char *const kinds[] = {"none", "short", "full"};
    struct groups groups = {.heading = "observed before the forecast", .n = 3};
    bool has_any = false;
    for (int kind = 0; kind < 3; kind++) {
        label_history(groups.label[kind], kind, context_of(runs, n));
        for (int64_t i = 0; i < n; i++) {
            const json_t *by_history = json_object_get(runs[i].evaluation, "by_history");
            groups.scores[kind][i] = json_object_get(by_history, kinds[kind]);
            has_any = has_any || groups.scores[kind][i] != NULL;
        }
    }
    if (!has_any) return;
    put(page, "<h2>Cold products</h2>\n<p>Forecasts of products that had no history yet at their "
              "origin, or a short one, beside the others.</p>\n");
    put_group_bars(page, "Mean wQL by what had been observed", &groups, runs, n);
    put_table(page, &groups, runs, n);
}

// ---- by segment --------------------------------------------------------------------------------

int64_t largest_segments(json_t *segments, double (*volume_of)(const json_t *segment),
                         const char *names[GROUPS_MAX])
{
    double volumes[GROUPS_MAX];
    int64_t n = 0;
    const char *name = NULL;
    json_t *segment = NULL;
    json_object_foreach(segments, name, segment)
    {
        const double volume = fmax(volume_of(segment), 0);
        if (n == GROUPS_MAX && volume <= volumes[n - 1]) continue;
        int64_t at = n < GROUPS_MAX ? n++ : n - 1;
        for (; at > 0 && volumes[at - 1] < volume; at--) {
            volumes[at] = volumes[at - 1];
            names[at] = names[at - 1];
        }
        volumes[at] = volume;
        names[at] = name;
    }
    return n;
}

void put_segments_left_out(struct page *page, int64_t n, const json_t *segments)
{
    if ((size_t)n < json_object_size(segments))
        put_format(page, "<p class=\"note\">The %d of %d segments with the largest volume.</p>\n",
                   (int)n, (int)json_object_size(segments));
}

static double volume_scored(const json_t *segment)
{
    return number_at(segment, "sum_abs_y");
}

void put_by_segment(struct page *page, const struct run runs[], int64_t n)
{
    json_t *segments = NULL;
    for (int64_t i = 0; i < n && json_object_size(segments) == 0; i++)
        segments = json_object_get(runs[i].evaluation, "by_segment");
    const char *names[GROUPS_MAX];
    struct groups groups = {.heading = "segment",
                            .n = largest_segments(segments, volume_scored, names)};
    if (groups.n == 0) return;
    for (int64_t g = 0; g < groups.n; g++) {
        (void)snprintf(groups.label[g], LABEL_MAX, "%s", names[g]);
        for (int64_t i = 0; i < n; i++) {
            const json_t *own = json_object_get(runs[i].evaluation, "by_segment");
            groups.scores[g][i] = json_object_get(own, names[g]);
        }
    }
    put(page, "<h2>By segment</h2>\n");
    put_segments_left_out(page, groups.n, segments);
    put_group_bars(page, "Mean wQL by segment, largest volume first", &groups, runs, n);
    put_table(page, &groups, runs, n);
}
