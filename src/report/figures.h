/// Figures of the page: what is in them. page.js draws them, with d3. Private to report/.
///
/// A chart is lines over two axes:
///
///     struct chart chart = {.title = "Loss by step", .x_label = "step"};
///     json_t *points = json_array();
///     add_point(&points, 10, 0.9);
///     add_line(&chart, "training", 0, LINE_SOLID, points);
///     put_chart(page, &chart);
///
/// Colours are numbers of page.js's palette. Want of memory shows when the figure is put.
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "report/html.h"

enum { COLOR_MUTED = -1 };

enum line_style { LINE_SOLID, LINE_DASHED, LINE_DOTTED /* a dot on each point */ };

struct chart {
    const char *title;
    const char *x_label; ///< or NULL
    bool is_from_zero; ///< the y axis includes 0
    bool is_whole_x; ///< x ticks are whole numbers
    bool is_share; ///< both axes run from 0 to 1
    int64_t n_points;
    bool has_lines;
    json_t *lines; ///< NULL while !has_lines, or memory ran out
};

/// Values that are not finite, or so large that their distance would not be, leave a gap.
void add_point(json_t **points, double x, double y);
/// Takes `points` over. A line without points is left out.
void add_line(struct chart *chart, const char *name, int color, enum line_style style,
              json_t *points);
/// Puts the figure, unless no line has a point, and empties `chart`.
void put_chart(struct page *page, struct chart *chart);

/// Horizontal bars from zero, one group per row and one bar per column of values (rows, columns).
/// An interval is a thin line over the end of its bar.
struct bars {
    const char *title;
    const char *const *row_labels;
    const char *const *column_labels; ///< NULL for one column without a name
    const double *values;
    const double *intervals; ///< (rows, columns, 2) from and to, or NULL
    int64_t rows;
    int64_t columns;
};

void put_bars(struct page *page, const struct bars *bars);

#endif
