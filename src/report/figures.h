/// Figures as inline SVG: lines over bands on two axes, and bars. Private to report/.
///
/// Colours are the page's CSS variables, so figures follow the theme. Lines are labelled at their
/// ends. Points that are not finite leave gaps.
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdint.h>

#include "report/html.h"

enum { LINES_MAX = 24, TICK_TEXT_MAX = 32, COLOR_INK = -1, COLOR_MUTED = -2 };

enum line_style { LINE_SOLID, LINE_DASHED, LINE_DOTS };

struct line {
    const char *label; ///< at its end, or NULL
    int color; ///< of the palette, or COLOR_...
    enum line_style style;
    const double *x;
    const double *y;
    int64_t n;
};

/// Filled between low and high; drawn below the lines, one over the other.
struct band {
    int color;
    const double *x;
    const double *low;
    const double *high;
    int64_t n;
};

struct chart {
    const char *title;
    const char *x_label; ///< or NULL
    double width;
    double height;
    bool is_from_zero; ///< the y axis includes 0
    bool is_whole_x; ///< x ticks are whole numbers
    const struct line *lines;
    int64_t n_lines; ///< <= LINES_MAX
    const struct band *bands;
    int64_t n_bands;
    /// Text of an x tick; NULL prints the number.
    void (*print_x)(const void *context, double x, char text[TICK_TEXT_MAX]);
    const void *context;
};

void draw_chart(struct page *page, const struct chart *chart);

/// Horizontal bars from zero, one group per row and one bar per column of values (rows, columns).
struct bars {
    const char *title;
    const char *const *row_labels;
    const double *values;
    int64_t rows;
    int64_t columns;
};

void draw_bars(struct page *page, const struct bars *bars);

/// A step of 1, 2 or 5 times a power of ten that cuts `range` > 0 into about `count` parts.
double nice_step(double range, int count);

#endif
