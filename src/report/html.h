/// A page being written: markup is appended as it is, text is escaped. Private to report/.
///
/// The first failure sticks in `status` and later calls do nothing, so that writing reads as a
/// list.
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "mq/base/status.h"
#include "mq/base/str.h"

struct page {
    struct mq_str text;
    mq_status status;
};

/// Markup as it is.
void put(struct page *page, const char *markup);
/// Text, safe between tags and inside quoted attributes.
void put_text(struct page *page, const char *text);
/// Markup around numbers; strings that are not our own go through put_text. Shorter than 512 bytes.
void put_format(struct page *page, const char *format, ...) MQ_PRINTF(2, 3);
/// Four significant digits, or a dash for a number that is not finite.
void put_number(struct page *page, double value);
/// The last failure in place of what cannot be shown, after `text`; want of memory ends the page.
void put_failure(struct page *page, const char *text);
/// <tag>text</tag>.
void put_element(struct page *page, const char *tag, const char *text);

/// Everything up to the first section, and after the last.
void begin_page(struct page *page, const char *title);
void end_page(struct page *page);

#endif
