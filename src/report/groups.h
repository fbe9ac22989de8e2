/// Segments that fit on the page. Private to report/.
#ifndef REPORT_GROUPS_H
#define REPORT_GROUPS_H

#include "report/html.h"

enum { GROUPS_MAX = 24 };

/// Names of the segments with the largest volume, largest first; returns their number. `segments`
/// is an object with a member for each, or NULL; names are its keys.
int64_t largest_segments(json_t *segments, double (*volume_of)(const json_t *segment),
                         const char *names[GROUPS_MAX]);
/// A note when n are not all of them.
void put_segments_left_out(struct page *page, int64_t n, const json_t *segments);

#endif
