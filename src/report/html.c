// Escaping, and the frame of the page.
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/json.h"
#include "mq/report/report.h"
#include "report/assets.h"

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"generator\" content=\"mqcast\">\n";

static void append(struct page *page, const char *bytes, size_t n)
{
    if (page->status == MQ_OK) page->status = mq_str_add_bytes(&page->text, bytes, n);
}

void put(struct page *page, const char *markup)
{
    append(page, markup, strlen(markup));
}

static const char *escape_of(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        // Control characters are not allowed in HTML, not even as references.
        return (unsigned char)character < 0x20 || character == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

void put_text(struct page *page, const char *text)
{
    const char *plain = text;
    for (; *text != '\0'; text++) {
        const char *escape = escape_of(*text);
        if (escape == NULL) continue;
        append(page, plain, (size_t)(text - plain));
        put(page, escape);
        plain = text + 1;
    }
    append(page, plain, (size_t)(text - plain));
}

void put_format(struct page *page, const char *format, ...)
{
    char markup[512];
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(markup, sizeof markup, format, arguments);
    va_end(arguments);
    if (n >= 0 && (size_t)n < sizeof markup)
        append(page, markup, (size_t)n);
    else if (page->status == MQ_OK)
        page->status = mq_fail(MQ_FAILED, "report: a number is too long to print");
}

static bool is_whole(double value)
{
    return value == rint(value) && fabs(value) < 1e15;
}

void put_number(struct page *page, double value)
{
    if (isfinite(value))
        put_format(page, is_whole(value) ? "%.0f" : "%.4g", value);
    else
        put(page, "\xe2\x80\x93");
}

void put_cell(struct page *page, double value)
{
    put(page, "<td>");
    put_number(page, value);
    put(page, "</td>");
}

void put_failure(struct page *page, const char *text)
{
    if (page->status != MQ_OK) return;
    if (mq_is_out_of_memory()) {
        page->status = MQ_FAILED;
        return;
    }
    put(page, "<p class=\"note\">");
    put_text(page, text);
    put_text(page, mq_error_get()->message);
    put(page, ".</p>\n");
}

void put_element(struct page *page, const char *tag, const char *text)
{
    put_format(page, "<%s>", tag);
    put_text(page, text);
    put_format(page, "</%s>\n", tag);
}

void put_note(struct page *page, const char *text)
{
    put(page, "<p class=\"note\">");
    put_text(page, text);
    put(page, "</p>\n");
}

// ---- JSON --------------------------------------------------------------------------------------

json_t *json_text(const char *text)
{
    return json_string(mq_is_utf8(text) ? text : "(not UTF-8)");
}

json_t *json_value(double value)
{
    if (!isfinite(value)) return json_null();
    return is_whole(value) ? json_integer((json_int_t)value) : json_real(value);
}

static mq_status append_inert(struct mq_str *list, const char *json)
{
    MQ_TRY(mq_str_add(list, ","));
    for (const char *plain = json;; json++) {
        if (*json != '\0' && strchr("<>&", *json) == NULL) continue;
        MQ_TRY(mq_str_add_bytes(list, plain, (size_t)(json - plain)));
        if (*json == '\0') return MQ_OK;
        MQ_TRY(mq_str_printf(list, "\\u%04x", (unsigned)*json));
        plain = json + 1;
    }
}

void put_json(struct page *page, struct mq_str *list, json_t *json)
{
    struct mq_str text = {0};
    if (page->status == MQ_OK)
        page->status =
            mq_json_text(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6), &text);
    if (page->status == MQ_OK) page->status = append_inert(list, text.data);
    mq_str_release(&text);
    json_decref(json);
}

// ---- the frame ---------------------------------------------------------------------------------

static void put_asset(struct page *page, const char *begin, const char *end)
{
    append(page, begin, (size_t)(end - begin));
}

static void put_hash(struct page *page, const char *begin, const char *end)
{
    char hash[MQ_SHA256_BASE64];
    mq_sha256_base64(begin, (size_t)(end - begin), hash);
    put_format(page, " 'sha256-%s'", hash);
}

// Two scripts and one style, named by their hashes, are all that a browser may take from the page;
// nothing may be fetched. So even markup that got through would do nothing.
static void put_policy(struct page *page)
{
    put(page, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "base-uri 'none'; form-action 'none'; style-src");
    put_hash(page, asset_page_css, asset_page_css_end);
    put(page, "; script-src");
    put_hash(page, asset_d3, asset_d3_end);
    put_hash(page, asset_page_js, asset_page_js_end);
    put(page, "\">\n");
}

void begin_page(struct page *page, const char *title)
{
    put(page, head);
    put_policy(page);
    put(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    put_element(page, "title", title);
    put(page, "<style>");
    put_asset(page, asset_page_css, asset_page_css_end);
    put(page, "</style>\n</head>\n<body>\n<main>\n");
}

// A list of JSON, which begins with a comma unless it is empty.
static void put_list(struct page *page, const char *name, const struct mq_str *list)
{
    put_format(page, "\"%s\":[", name);
    if (list->length > 0) append(page, list->data + 1, list->length - 1);
    put(page, "]");
}

void end_page(struct page *page)
{
    put(page, "</main>\n<script type=\"application/json\" id=\"data\">{");
    put_list(page, "figures", &page->figures);
    put(page, ",\n");
    put_list(page, "products", &page->products);
    put(page, "}</script>\n<script>");
    put_asset(page, asset_d3, asset_d3_end);
    put(page, "</script>\n<script>");
    put_asset(page, asset_page_js, asset_page_js_end);
    put(page, "</script>\n</body>\n</html>\n");
}

void release_page(struct page *page)
{
    mq_str_release(&page->text);
    mq_str_release(&page->figures);
    mq_str_release(&page->products);
}

bool mq_report_is_page(const char *path)
{
    char begin[sizeof head - 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    const size_t n = fread(begin, 1, sizeof begin, file);
    (void)fclose(file);
    return n == sizeof begin && memcmp(begin, head, n) == 0;
}
