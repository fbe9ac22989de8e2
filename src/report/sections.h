/// The sections of the page that come from scores and logs. Private to report/.
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/html.h"
#include "report/run.h"

enum { RUNS_MAX = 16 };

/// Each takes n <= RUNS_MAX runs and writes nothing when no run has anything for it.
void put_overview(struct page *page, const struct run runs[], int64_t n);
void put_scores(struct page *page, const struct run runs[], int64_t n);
void put_calibration(struct page *page, const struct run runs[], int64_t n);
void put_by_horizon(struct page *page, const struct run runs[], int64_t n);
void put_by_segment(struct page *page, const struct run runs[], int64_t n);
void put_learning(struct page *page, const struct run runs[], int64_t n);

#endif
