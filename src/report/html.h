/// A page being written: markup is appended as it is, text is escaped. Private to report/.
///
/// The first failure sticks in `status` and later calls do nothing, so that writing reads as a
/// list. What page.js draws stands at the end of the page as JSON.
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <jansson.h>

#include "mq/base/status.h"
#include "mq/base/str.h"

struct page {
    struct mq_str text;
    struct mq_str figures; ///< JSON of the figures so far, a comma before each
    struct mq_str products; ///< the same of runs with their products
    int64_t n_figures;
    mq_status status;
};

void release_page(struct page *page);

/// Markup as it is.
void put(struct page *page, const char *markup);
/// Text, safe between tags and inside quoted attributes.
void put_text(struct page *page, const char *text);
/// Markup around numbers; strings that are not our own go through put_text. Shorter than 512 bytes.
void put_format(struct page *page, const char *format, ...) MQ_PRINTF(2, 3);
/// Four significant digits, all of a whole number, or a dash for a number that is not finite.
void put_number(struct page *page, double value);
/// <td>number</td>.
void put_cell(struct page *page, double value);
/// The last failure in place of what cannot be shown, after `text`; want of memory ends the page.
void put_failure(struct page *page, const char *text);
/// <tag>text</tag>.
void put_element(struct page *page, const char *tag, const char *text);
/// A paragraph in small print.
void put_note(struct page *page, const char *text);

/// Appends a value to one of the page's lists of JSON. Takes `json` over; NULL is want of memory.
///
/// Within <script> nothing is escaped as HTML: so no character that begins markup stands there, and
/// none beyond ASCII; in the strings of JSON all of them may be written as \u and four digits.
void put_json(struct page *page, struct mq_str *list, json_t *json);
/// A string of JSON; text that is not UTF-8 becomes "(not UTF-8)".
json_t *json_text(const char *text);
/// A number of JSON; null when not finite.
json_t *json_value(double value);

/// Everything up to the first section, and after the last.
void begin_page(struct page *page, const char *title);
void end_page(struct page *page);

#endif
