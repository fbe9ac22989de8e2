/// Forecasts of a few products over their recent history. Private to report/.
#ifndef REPORT_FANS_H
#define REPORT_FANS_H

#include "report/html.h"
#include "report/run.h"

enum { FANS_MAX = 12 };

/// Draws up to `count` <= FANS_MAX products of the run's forecast, at its last origin: those with
/// the highest median forecast, and a few drawn at random. A forecast or panel that cannot be read
/// is said in words.
void put_fans(struct page *page, const struct run *run, int64_t count);

#endif
