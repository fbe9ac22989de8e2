// A place in the page for each figure, and its content as JSON.
#include "report/figures.h"

#include <math.h>

#include "mq/base/json.h"

// A place for the next figure, which stays empty where no script runs.
static void put_place(struct page *page, const char *title, json_t *figure)
{
    put_format(page, "<figure data-figure=\"%lld\">\n<figcaption>", (long long)page->n_figures++);
    put_text(page, title);
    put(page, "</figcaption>\n</figure>\n");
    put_json(page, &page->figures, figure);
}

static double drawable(double value)
{
    if (!(fabs(value) <= 1e300)) return NAN;
    return fabs(value) < 1e-290 ? 0 : value; // steps of an axis must not vanish
}

void add_point(json_t **points, double x, double y)
{
    x = drawable(x);
    y = drawable(y);
    if (!isfinite(x)) return;
    mq_json_append(points, json_pack("[o, o]", json_value(x), json_value(y)));
}

static int64_t count_drawn(json_t *points)
{
    int64_t n = 0;
    size_t i = 0;
    json_t *point = NULL;
    json_array_foreach(points, i, point) n += json_is_number(json_array_get(point, 1));
    return n;
}

void add_line(struct chart *chart, const char *name, int color, enum line_style style,
              json_t *points)
{
    static const char *const styles[] = {"solid", "dashed", "dotted"};
    if (!chart->has_lines) chart->lines = json_array();
    chart->has_lines = true;
    const int64_t drawn = count_drawn(points);
    chart->n_points += drawn;
    if (points != NULL && drawn == 0)
        json_decref(points);
    else
        mq_json_append(&chart->lines,
                       json_pack("{s:o, s:i, s:s, s:o}", "name", json_text(name), "color", color,
                                 "style", styles[style], "points", points));
}

void put_chart(struct page *page, struct chart *chart)
{
    if (chart->n_points > 0 || (chart->has_lines && chart->lines == NULL))
        put_place(page, chart->title,
                  json_pack("{s:s, s:s, s:b, s:b, s:b, s:o}", "kind", "chart", "x",
                            chart->x_label != NULL ? chart->x_label : "", "zero",
                            chart->is_from_zero, "whole", chart->is_whole_x, "share",
                            chart->is_share, "lines", chart->lines));
    else
        json_decref(chart->lines);
    *chart = (struct chart){0};
}

static json_t *texts(const char *const text[], int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        mq_json_append(&list, json_text(text[i]));
    return list;
}

// Numbers (n), in arrays of `row` each.
static json_t *numbers(const double values[], int64_t n, int64_t row)
{
    json_t *rows = json_array();
    for (int64_t i = 0; i < n; i += row) {
        json_t *list = json_array();
        for (int64_t j = i; j < i + row; j++)
            mq_json_append(&list, json_value(drawable(values[j])));
        mq_json_append(&rows, list);
    }
    return rows;
}

void put_bars(struct page *page, const struct bars *bars)
{
    static const char *const no_label[] = {""};
    const int64_t n = bars->rows * bars->columns;
    json_t *figure = json_pack(
        "{s:s, s:o, s:o, s:o}", "kind", "bars", "rows", texts(bars->row_labels, bars->rows),
        "columns",
        texts(bars->column_labels != NULL ? bars->column_labels : no_label, bars->columns),
        "values", numbers(bars->values, n, bars->columns));
    if (bars->intervals != NULL)
        mq_json_set(&figure, "intervals", numbers(bars->intervals, 2 * n, 2));
    put_place(page, bars->title, figure);
}
