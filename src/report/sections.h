/// The sections of the page that come from scores and logs. Private to report/.
///
/// To add one: a row in sections.def, and `put_NAME` in a file of its own. It finds what it needs in
/// runs[i].evaluation, cost, simulation and log, writes a heading, tables (html.h) and figures (figures.h), and
/// writes nothing when no run has anything for it. A table says in numbers what a figure shows: it
/// is all that is left where scripts may not run. Files of other kinds are read in run.c.
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/html.h"
#include "report/run.h"

enum { RUNS_MAX = 16 };

/// Each takes n <= RUNS_MAX runs.
#define MQ_SECTION(name) void put_##name(struct page *page, const struct run runs[], int64_t n);
#include "report/sections.def"
#undef MQ_SECTION

#endif
