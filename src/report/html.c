// Escaping, and the frame and style of the page.
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mq/report/report.h"

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

void put_number(struct page *page, double value)
{
    if (isfinite(value))
        put_format(page, "%.4g", value);
    else
        put(page, "\xe2\x80\x93");
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
    put(page, "</p>\n");
}

void put_element(struct page *page, const char *tag, const char *text)
{
    put_format(page, "<%s>", tag);
    put_text(page, text);
    put_format(page, "</%s>\n", tag);
}

static const char style[] =
    ":root{color-scheme:light dark;--paper:#fdfdfb;--ink:#1c1e21;--muted:#6d7278;--rule:#e3e3de;"
    "--c0:#1f5fa8;--c1:#c2571a;--c2:#2b7d5b;--c3:#8a4fa3;--c4:#a98307;--c5:#b0365a}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e6e6e3;--muted:#969ca3;"
    "--rule:#2d3136;--c0:#6ea8ea;--c1:#eb9560;--c2:#6cc29c;--c3:#c593dc;--c4:#d9bb55;--c5:#ea7d9e}}"
    "\n"
    "body{margin:0 auto;padding:3rem 1.5rem 5rem;max-width:58rem;background:var(--paper);"
    "color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"
    "sans-serif;font-variant-numeric:tabular-nums}\n"
    "h1{font-size:1.7rem;font-weight:600;letter-spacing:-.01em;margin:0 0 .2rem}\n"
    "h2{font-size:1.15rem;font-weight:600;margin:3.2rem 0 .3rem}\n"
    "h3{font-size:1rem;font-weight:600;margin:2rem 0 .2rem}\n"
    "p{max-width:42rem;margin:.3rem 0 1rem}p.note,.small,figcaption{color:var(--muted);"
    "font-size:.875rem}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.9375rem}\n"
    "th,td{padding:.3rem 1.1rem .3rem 0;text-align:right;vertical-align:baseline;"
    "border-bottom:1px solid var(--rule);white-space:nowrap}\n"
    "th{font-weight:500}thead th{color:var(--muted);font-size:.875rem;vertical-align:bottom}"
    "th:first-child{text-align:left}td .small{margin-left:.45rem}\n"
    "td.about{text-align:left;white-space:normal;color:var(--muted);font-size:.875rem}"
    "td.best{font-weight:600}\n"
    "figure{margin:1.2rem 0 0}figcaption{margin-bottom:.2rem;color:var(--ink)}"
    "svg{display:block;width:100%;height:auto;overflow:visible}\n"
    ".pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:.8rem 2rem}\n"
    "@media(max-width:30rem){.pair{grid-template-columns:1fr}}\n"
    "svg text{font-size:12px;fill:var(--muted)}svg .grid{stroke:var(--rule);stroke-width:1}"
    "svg .axis{stroke:var(--muted);stroke-width:1}\n"
    "svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
    "svg .dash{stroke-dasharray:4 4;stroke-width:1.4}svg .band{stroke:none;opacity:.13}\n"
    "@media print{body{max-width:none;padding:0}figure{break-inside:avoid}}\n";

void begin_page(struct page *page, const char *title)
{
    put(page, head);
    put(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    put_element(page, "title", title);
    put(page, "<style>\n");
    put(page, style);
    put(page, "</style>\n</head>\n<body>\n");
}

void end_page(struct page *page)
{
    put(page, "</body>\n</html>\n");
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
