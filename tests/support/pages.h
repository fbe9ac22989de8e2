/// Made-up runs in the test's folder, and what the report of them says.
///
/// All of them fail the test where something cannot be done.
#ifndef TESTS_SUPPORT_PAGES_H
#define TESTS_SUPPORT_PAGES_H

#include <jansson.h>

#include "mq/base/status.h"
#include "mq/base/str.h"

/// A log of three steps, and half a line.
extern const char log_lines[];
/// What stands before the JSON of the figures in a page.
extern const char report_data[];

/// A file of a run; good for three more calls.
char *path_in(const char *run, const char *name);
void write_text(const char *path, const char *text);
/// A run with an evaluation, of this mean wQL, and a log.
void make_run(const char *run, const char *panel, double mean_wql);

/// A page: its markup, and what its figures hold.
struct report {
    struct mq_str html; ///< without the scripts
    json_t *data;
};

/// Writes report.html of n <= 4 runs; `item` is one asked for, or NULL.
mq_status write_report(const char *const runs[], int64_t n, const char *item);
struct report read_report(void);
/// Both, without an item.
struct report report_of(const char *const runs[], int64_t n);
void release_report(struct report *report);

/// The figure under this caption; NULL when there is none.
json_t *figure_of(const struct report *report, const char *caption);

void check_json(const json_t *json, const char *want);
/// The points of the line of this name in a chart, as text.
void check_line(json_t *figure, const char *name, const char *want);
void check_has(const struct mq_str *page, const char *part);
/// Every tag that opens is closed, in order; attributes hold no stray quotes or brackets.
void check_well_formed(const struct mq_str *page);

#endif
