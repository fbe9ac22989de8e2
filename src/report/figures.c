// Charts as inline SVG.
#include "report/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double label_height = 14;
static const double letter_width = 7; // of 12 px text, on the generous side

double nice_step(double range, int count)
{
    const double rough = range / count;
    const double power = pow(10, floor(log10(rough)));
    const double digit = rough / power;
    return power * (digit <= 1.5 ? 1 : digit <= 3.5 ? 2 : digit <= 7.5 ? 5 : 10);
}

static void put_color(struct page *page, int color)
{
    if (color == COLOR_INK)
        put(page, "var(--ink)");
    else if (color == COLOR_MUTED)
        put(page, "var(--muted)");
    else
        put_format(page, "var(--c%d)", color % 6);
}

static void begin_figure(struct page *page, const char *title, double width, double height)
{
    put(page, "<figure>\n<figcaption>");
    put_text(page, title);
    put_format(page, "</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
               width, height);
    put_text(page, title);
    put(page, "\">\n");
}

static void end_figure(struct page *page)
{
    put(page, "</svg>\n</figure>\n");
}

// ---- axes --------------------------------------------------------------------------------------

struct range {
    double low;
    double high;
};

static void extend(struct range *range, double value)
{
    if (!isfinite(value)) return;
    range->low = fmin(range->low, value);
    range->high = fmax(range->high, value);
}

/// Data coordinates and the rectangle on paper that they fill.
struct axes {
    struct range x;
    struct range y;
    double y_step;
    double left;
    double right;
    double top;
    double bottom;
};

static double paper_x(const struct axes *axes, double x)
{
    return axes->left +
           (x - axes->x.low) / (axes->x.high - axes->x.low) * (axes->right - axes->left);
}

static double paper_y(const struct axes *axes, double y)
{
    return axes->bottom -
           (y - axes->y.low) / (axes->y.high - axes->y.low) * (axes->bottom - axes->top);
}

// An empty range, or one too narrow for steps, becomes one around its only value.
static void widen(struct range *range)
{
    static const double tiny = 1e-290;
    if (range->high - range->low > tiny) return;
    const double margin = fabs(range->low) <= 10 * tiny ? 1 : fabs(range->low) * 0.1;
    range->low -= margin;
    range->high += margin;
}

static struct range x_range(const struct chart *chart)
{
    struct range range = {INFINITY, -INFINITY};
    for (int64_t i = 0; i < chart->n_lines; i++)
        for (int64_t j = 0; j < chart->lines[i].n; j++)
            if (isfinite(chart->lines[i].y[j])) extend(&range, chart->lines[i].x[j]);
    for (int64_t i = 0; i < chart->n_bands; i++)
        for (int64_t j = 0; j < chart->bands[i].n; j++)
            extend(&range, chart->bands[i].x[j]);
    return range;
}

static struct range y_range(const struct chart *chart)
{
    struct range range = {INFINITY, -INFINITY};
    for (int64_t i = 0; i < chart->n_lines; i++)
        for (int64_t j = 0; j < chart->lines[i].n; j++)
            extend(&range, chart->lines[i].y[j]);
    for (int64_t i = 0; i < chart->n_bands; i++) {
        for (int64_t j = 0; j < chart->bands[i].n; j++) {
            extend(&range, chart->bands[i].low[j]);
            extend(&range, chart->bands[i].high[j]);
        }
    }
    if (chart->is_from_zero) extend(&range, 0);
    return range;
}

static double label_margin(const struct chart *chart)
{
    size_t letters = 0;
    for (int64_t i = 0; i < chart->n_lines; i++) {
        const char *label = chart->lines[i].label;
        if (label != NULL && strlen(label) > letters) letters = strlen(label);
    }
    return letters == 0 ? 12 : 14 + letter_width * (double)letters;
}

static struct axes axes_of(const struct chart *chart, struct range x, struct range y)
{
    widen(&x);
    widen(&y);
    const double step = nice_step(y.high - y.low, 4);
    y.low = floor(y.low / step + 1e-9) * step;
    y.high = ceil(y.high / step - 1e-9) * step;
    return (struct axes){
        .x = x,
        .y = y,
        .y_step = step,
        .left = 52,
        .right = fmax(chart->width - label_margin(chart), chart->width / 2),
        .top = 8,
        .bottom = chart->height - (chart->x_label != NULL ? 40 : 22),
    };
}

static void draw_y_axis(struct page *page, const struct axes *axes)
{
    const int64_t ticks = (int64_t)llround((axes->y.high - axes->y.low) / axes->y_step);
    for (int64_t i = 0; i <= ticks; i++) {
        double value = axes->y.low + (double)i * axes->y_step;
        if (fabs(value) < axes->y_step * 1e-6) value = 0;
        const double y = paper_y(axes, value);
        put_format(page, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                   axes->left, axes->right, y, y);
        put_format(page, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n",
                   axes->left - 8, y + 4, value);
    }
}

static void draw_x_axis(struct page *page, const struct chart *chart, const struct axes *axes)
{
    const double room = chart->print_x != NULL ? 140 : 100; // dates are long
    const int count = (int)((axes->right - axes->left) / room) + 1;
    double step = nice_step(axes->x.high - axes->x.low, count);
    if (chart->is_whole_x) step = fmax(step, 1);
    put_format(page, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
               axes->left, axes->right, axes->bottom, axes->bottom);
    const double first = ceil(axes->x.low / step - 1e-9) + 0.0; // never -0
    const double last = floor(axes->x.high / step + 1e-9);
    for (int i = 0; i <= last - first; i++) { // counted: beyond 2^53 a tick and the next are one
        const double x = (first + i) * step;
        char text[TICK_TEXT_MAX];
        if (chart->print_x != NULL)
            chart->print_x(chart->context, x, text);
        else
            (void)snprintf(text, sizeof text, "%.6g", x);
        put_format(page, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", paper_x(axes, x),
                   axes->bottom + 17);
        put_text(page, text);
        put(page, "</text>\n");
    }
    if (chart->x_label == NULL) return;
    put_format(page, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", axes->right,
               axes->bottom + 35);
    put_text(page, chart->x_label);
    put(page, "</text>\n");
}

// ---- marks -------------------------------------------------------------------------------------

static void draw_band(struct page *page, const struct axes *axes, const struct band *band)
{
    put(page, "<path class=\"band\" fill=\"");
    put_color(page, band->color);
    put(page, "\" d=\"");
    for (int64_t i = 0; i < band->n; i++)
        put_format(page, "%c%.1f %.1f", i == 0 ? 'M' : 'L', paper_x(axes, band->x[i]),
                   paper_y(axes, band->high[i]));
    for (int64_t i = band->n - 1; i >= 0; i--)
        put_format(page, "L%.1f %.1f", paper_x(axes, band->x[i]), paper_y(axes, band->low[i]));
    put(page, "Z\"/>\n");
}

static void draw_dots(struct page *page, const struct axes *axes, const struct line *line)
{
    put(page, "<g fill=\"");
    put_color(page, line->color);
    put(page, "\">");
    for (int64_t i = 0; i < line->n; i++)
        if (isfinite(line->y[i]))
            put_format(page, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>", paper_x(axes, line->x[i]),
                       paper_y(axes, line->y[i]));
    put(page, "</g>\n");
}

// A point without neighbours is a line of length 0, which round caps show as a dot.
static void draw_line(struct page *page, const struct axes *axes, const struct line *line)
{
    put_format(page, "<path class=\"line%s\" stroke=\"", line->style == LINE_DASHED ? " dash" : "");
    put_color(page, line->color);
    put(page, "\" d=\"");
    bool is_drawing = false;
    for (int64_t i = 0; i < line->n; i++) {
        const bool is_point = isfinite(line->y[i]);
        if (is_point)
            put_format(page, is_drawing ? "L%.1f %.1f" : "M%.1f %.1fh0", paper_x(axes, line->x[i]),
                       paper_y(axes, line->y[i]));
        is_drawing = is_point;
    }
    put(page, "\"/>\n");
}

struct label {
    const struct line *line;
    double x;
    double y;
};

// Labels of the lines that have an end, from top to bottom; their number.
static int64_t place_labels(const struct chart *chart, const struct axes *axes,
                            struct label labels[LINES_MAX])
{
    int64_t n = 0;
    for (int64_t i = 0; i < chart->n_lines; i++) {
        const struct line *line = &chart->lines[i];
        int64_t end = line->n - 1;
        while (end >= 0 && !isfinite(line->y[end]))
            end--;
        if (line->label == NULL || end < 0) continue;
        const struct label label = {line, paper_x(axes, line->x[end]), paper_y(axes, line->y[end])};
        int64_t at = n++;
        for (; at > 0 && labels[at - 1].y > label.y; at--)
            labels[at] = labels[at - 1];
        labels[at] = label;
    }
    return n;
}

static void draw_labels(struct page *page, const struct chart *chart, const struct axes *axes)
{
    struct label labels[LINES_MAX];
    const int64_t n = place_labels(chart, axes, labels);
    for (int64_t i = 1; i < n; i++) // down from the one above, then up from the bottom
        labels[i].y = fmax(labels[i].y, labels[i - 1].y + label_height);
    double limit = axes->bottom;
    for (int64_t i = n - 1; i >= 0; i--) {
        labels[i].y = fmin(labels[i].y, limit);
        limit = labels[i].y - label_height;
    }
    for (int64_t i = 0; i < n; i++) {
        put_format(page, "<text x=\"%.1f\" y=\"%.1f\" style=\"fill:", labels[i].x + 8,
                   labels[i].y + 4);
        put_color(page, labels[i].line->color);
        put(page, "\">");
        put_text(page, labels[i].line->label);
        put(page, "</text>\n");
    }
}

void draw_chart(struct page *page, const struct chart *chart)
{
    MQ_ASSERT(chart->n_lines <= LINES_MAX);
    const struct range x = x_range(chart);
    const struct range y = y_range(chart);
    if (!(x.high >= x.low && y.high >= y.low)) return;
    const struct axes axes = axes_of(chart, x, y);
    begin_figure(page, chart->title, chart->width, chart->height);
    draw_y_axis(page, &axes);
    for (int64_t i = 0; i < chart->n_bands; i++)
        draw_band(page, &axes, &chart->bands[i]);
    draw_x_axis(page, chart, &axes);
    for (int64_t i = 0; i < chart->n_lines; i++) {
        if (chart->lines[i].style == LINE_DOTS)
            draw_dots(page, &axes, &chart->lines[i]);
        else
            draw_line(page, &axes, &chart->lines[i]);
    }
    draw_labels(page, chart, &axes);
    end_figure(page);
}

// ---- bars --------------------------------------------------------------------------------------

static void draw_bar(struct page *page, double left, double y, double length, int color)
{
    put_format(page, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"12\" rx=\"1.5\" fill=\"",
               left, y, fmax(length, 0.5));
    put_color(page, color);
    put(page, "\"/>");
}

void draw_bars(struct page *page, const struct bars *bars)
{
    double largest = 0;
    size_t letters = 0;
    for (int64_t i = 0; i < bars->rows * bars->columns; i++)
        if (isfinite(bars->values[i])) largest = fmax(largest, bars->values[i]);
    for (int64_t i = 0; i < bars->rows; i++)
        if (strlen(bars->row_labels[i]) > letters) letters = strlen(bars->row_labels[i]);
    const double width = 760;
    const double left = fmin(14 + 1.2 * letter_width * (double)letters, 320);
    const double scale = largest > 0 ? (width - left - 60) / largest : 0;
    const double group = 15 * (double)bars->columns + 9;
    begin_figure(page, bars->title, width, group * (double)bars->rows);
    for (int64_t i = 0; i < bars->rows; i++) {
        const double top = group * (double)i;
        put_format(page, "<text x=\"0\" y=\"%.1f\">", top + 7.5 * (double)bars->columns + 3);
        put_text(page, bars->row_labels[i]);
        put(page, "</text>\n");
        for (int64_t j = 0; j < bars->columns; j++) {
            const double value = bars->values[i * bars->columns + j];
            const double y = top + 15 * (double)j;
            const double length = isfinite(value) ? scale * fmax(value, 0) : 0;
            draw_bar(page, left, y, length, (int)j);
            put_format(page, "<text x=\"%.1f\" y=\"%.1f\">", left + length + 6, y + 10.5);
            put_number(page, value);
            put(page, "</text>\n");
        }
    }
    end_figure(page);
}
