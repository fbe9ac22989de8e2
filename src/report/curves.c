// Calibration, accuracy by horizon and by segment, learning curves.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "report/figures.h"
#include "report/sections.h"

/// Points of one line while they are collected.
struct curve {
    double *x;
    double *y;
    int64_t n;
};

/// The lines of one chart; their points lie in one block of memory.
struct curves {
    struct line lines[LINES_MAX];
    struct curve points[LINES_MAX];
    int64_t n;
    double *block;
    int64_t used;
};

// Room for `points` points in all; false when the page has failed.
static bool begin_curves(struct curves *curves, struct page *page, int64_t points)
{
    *curves = (struct curves){0};
    if (page->status != MQ_OK) return false;
    curves->block = mq_calloc(2 * points, sizeof *curves->block);
    if (curves->block == NULL) page->status = MQ_FAILED;
    return curves->block != NULL;
}

static struct curve *add_curve(struct curves *curves, const char *label, int color,
                               enum line_style style, int64_t most)
{
    struct curve *curve = &curves->points[curves->n];
    *curve = (struct curve){
        .x = curves->block + curves->used,
        .y = curves->block + curves->used + most,
    };
    curves->lines[curves->n++] = (struct line){.label = label, .color = color, .style = style};
    curves->used += 2 * most;
    return curve;
}

// Of numbers near the end of the range the distance is not finite: they are left out as well.
static bool is_drawable(double value)
{
    return fabs(value) <= 1e300;
}

static void add_point(struct curve *curve, double x, double y)
{
    if (!is_drawable(x) || !is_drawable(y)) return;
    curve->x[curve->n] = x;
    curve->y[curve->n] = y;
    curve->n++;
}

// Draws `chart` with these lines, and frees them.
static void end_curves(struct curves *curves, struct page *page, struct chart chart)
{
    for (int64_t i = 0; i < curves->n; i++) {
        curves->lines[i].x = curves->points[i].x;
        curves->lines[i].y = curves->points[i].y;
        curves->lines[i].n = curves->points[i].n;
    }
    chart.lines = curves->lines;
    chart.n_lines = curves->n;
    draw_chart(page, &chart);
    mq_free(curves->block);
}

static const json_t *scores_of(const struct run *run)
{
    return json_object_get(run->evaluation, "scores");
}

// ---- calibration -------------------------------------------------------------------------------

static int64_t coverage_size(const json_t *scores)
{
    return (int64_t)json_object_size(json_object_get(scores, "coverage"));
}

// Keys are levels as text, in ascending order.
static void add_coverage(struct curve *curve, const json_t *scores)
{
    json_t *coverage = json_object_get(scores, "coverage");
    const char *level = NULL;
    json_t *share = NULL;
    json_object_foreach(coverage, level, share) if (json_is_number(share))
        add_point(curve, strtod(level, NULL), json_number_value(share));
}

void put_calibration(struct page *page, const struct run runs[], int64_t n)
{
    const json_t *baseline = run_baseline(&runs[0]);
    int64_t points = coverage_size(baseline);
    int64_t run_points = 0;
    for (int64_t i = 0; i < n; i++)
        run_points += coverage_size(scores_of(&runs[i]));
    if (run_points == 0) return;
    struct curves curves;
    if (!begin_curves(&curves, page, points + run_points + 2)) return;
    struct curve *ideal = add_curve(&curves, "ideal", COLOR_MUTED, LINE_DASHED, 2);
    add_point(ideal, 0, 0);
    add_point(ideal, 1, 1);
    if (points > 0)
        add_coverage(add_curve(&curves, "seasonal naive", COLOR_MUTED, LINE_SOLID, points),
                     baseline);
    for (int64_t i = 0; i < n; i++) {
        points = coverage_size(scores_of(&runs[i]));
        if (points == 0) continue;
        add_coverage(add_curve(&curves, runs[i].name, (int)i, LINE_SOLID, points),
                     scores_of(&runs[i]));
    }
    put(page,
        "<h2>Calibration</h2>\n<p>A forecast is calibrated when a share q of outcomes falls at "
        "or below its quantile of level q. Where many outcomes are zero, low levels lie above "
        "the diagonal whatever the model.</p>\n");
    end_curves(&curves, page,
               (struct chart){.title = "Share of outcomes at or below the quantile, by level",
                              .x_label = "level",
                              .width = 620,
                              .height = 380,
                              .is_from_zero = true});
}

// ---- by horizon --------------------------------------------------------------------------------

void put_by_horizon(struct page *page, const struct run runs[], int64_t n)
{
    int64_t points = 0;
    for (int64_t i = 0; i < n; i++)
        points += (int64_t)json_array_size(json_object_get(runs[i].evaluation, "by_horizon"));
    if (points == 0) return;
    struct curves curves;
    if (!begin_curves(&curves, page, points)) return;
    for (int64_t i = 0; i < n; i++) {
        const json_t *list = json_object_get(runs[i].evaluation, "by_horizon");
        const size_t size = json_array_size(list);
        if (size == 0) continue;
        struct curve *curve =
            add_curve(&curves, n > 1 ? runs[i].name : NULL, (int)i, LINE_SOLID, (int64_t)size);
        for (size_t h = 0; h < size; h++) {
            const json_t *row = json_array_get(list, h);
            add_point(curve, number_at(row, "h"), number_at(row, "mean_wQL"));
        }
    }
    put(page, "<h2>By horizon</h2>\n");
    end_curves(&curves, page,
               (struct chart){.title = "Mean wQL by periods ahead",
                              .x_label = "periods ahead",
                              .width = 760,
                              .height = 280,
                              .is_from_zero = true,
                              .is_whole_x = true});
}

// ---- by segment --------------------------------------------------------------------------------

enum { SEGMENTS_MAX = 24 };

static void put_legend(struct page *page, const struct run runs[], int64_t n)
{
    if (n == 1) return;
    put(page, "<p class=\"small\">");
    for (int64_t i = 0; i < n; i++) {
        put_format(page, "%s<span style=\"color:var(--c%d)\">", i > 0 ? " \xc2\xb7 " : "",
                   (int)(i % 6));
        put_text(page, runs[i].name);
        put(page, "</span>");
    }
    put(page, "</p>\n");
}

// Names of the segments with the largest volume, largest first; their number.
static int64_t largest_segments(json_t *segments, const char *names[SEGMENTS_MAX])
{
    double volumes[SEGMENTS_MAX];
    int64_t n = 0;
    const char *name = NULL;
    json_t *scores = NULL;
    json_object_foreach(segments, name, scores)
    {
        const double volume = fmax(number_at(scores, "sum_abs_y"), 0);
        if (n == SEGMENTS_MAX && volume <= volumes[n - 1]) continue;
        int64_t at = n < SEGMENTS_MAX ? n++ : n - 1;
        for (; at > 0 && volumes[at - 1] < volume; at--) {
            volumes[at] = volumes[at - 1];
            names[at] = names[at - 1];
        }
        volumes[at] = volume;
        names[at] = name;
    }
    return n;
}

void put_by_segment(struct page *page, const struct run runs[], int64_t n)
{
    json_t *segments = NULL;
    for (int64_t i = 0; i < n && json_object_size(segments) == 0; i++)
        segments = json_object_get(runs[i].evaluation, "by_segment");
    const char *names[SEGMENTS_MAX];
    const int64_t rows = largest_segments(segments, names);
    if (rows == 0) return;
    double values[SEGMENTS_MAX * RUNS_MAX];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++) {
            const json_t *own = json_object_get(runs[j].evaluation, "by_segment");
            values[i * n + j] = number_at(json_object_get(own, names[i]), "mean_wQL");
        }
    put(page, "<h2>By segment</h2>\n");
    if ((size_t)rows < json_object_size(segments))
        put_format(page, "<p class=\"note\">The %d of %d segments with the largest volume.</p>\n",
                   (int)rows, (int)json_object_size(segments));
    put_legend(page, runs, n);
    draw_bars(page, &(struct bars){.title = "Mean wQL by segment, largest volume first",
                                   .row_labels = names,
                                   .values = values,
                                   .rows = rows,
                                   .columns = n});
}

// ---- learning ----------------------------------------------------------------------------------

static void add_column(struct curves *curves, const struct run *run, enum log_column column,
                       const char *label, int color)
{
    struct curve *curve = add_curve(curves, label, color, LINE_SOLID, run->n_log);
    for (int64_t i = 0; i < run->n_log; i++)
        add_point(curve, run->log[LOG_STEP][i], run->log[column][i]);
}

static void put_losses(struct page *page, const struct run *run)
{
    struct curves curves;
    if (!begin_curves(&curves, page, 2 * run->n_log)) return;
    add_column(&curves, run, LOG_LOSS, "training", 0);
    add_column(&curves, run, LOG_VALID_LOSS, "validation", 1);
    end_curves(
        &curves, page,
        (struct chart){.title = "Loss by step", .width = 520, .height = 260, .is_whole_x = true});
}

static void put_learning_rate(struct page *page, const struct run *run)
{
    struct curves curves;
    if (!begin_curves(&curves, page, run->n_log)) return;
    add_column(&curves, run, LOG_LR, NULL, COLOR_MUTED);
    end_curves(&curves, page,
               (struct chart){.title = "Learning rate by step",
                              .width = 520,
                              .height = 260,
                              .is_from_zero = true,
                              .is_whole_x = true});
}

void put_learning(struct page *page, const struct run runs[], int64_t n)
{
    bool has_heading = false;
    for (int64_t i = 0; i < n; i++) {
        if (runs[i].n_log == 0) continue;
        if (!has_heading) put(page, "<h2>Learning</h2>\n");
        has_heading = true;
        if (n > 1) put_element(page, "h3", runs[i].name);
        put(page, "<div class=\"pair\">\n");
        put_losses(page, &runs[i]);
        put_learning_rate(page, &runs[i]);
        put(page, "</div>\n");
    }
}
