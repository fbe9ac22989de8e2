#include "support/pages.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/harness.h"

#include "mq/base/path.h"
#include "mq/report/report.h"

static const char evaluation[] =
    "{\"model\": \"mqrnn\", \"run\": \"%s\", \"panel\": \"%s\", \"origins\": [40], \"horizon\": "
    "2,\n"
    " \"series\": 3, \"levels\": [0.1, 0.5, 0.9],\n"
    " \"scores\": {\"mean_wQL\": %g, \"WAPE\": 0.4321, \"MASE\": null, \"bias\": -0.0625,\n"
    "  \"wQL\": {\"0.5\": 0.2}, \"coverage\": {\"0.1\": 0.14, \"0.5\": 0.51, \"0.9\": 0.88}},\n"
    " \"by_horizon\": [{\"h\": 1, \"mean_wQL\": 0.1}, {\"h\": 2, \"mean_wQL\": 0.2}],\n"
    " \"context\": 28, \"by_volume\": [{\"decile\": 2, \"series\": 2, \"mean_demand\": [0.5, 2],\n"
    "   \"points\": 8, \"mean_wQL\": 0.7777, \"bias\": 0.5},\n"
    "  {\"decile\": 9, \"series\": 1, \"mean_demand\": [4, null], \"mean_wQL\": 0.3333}],\n"
    " \"by_history\": {\"none\": {\"points\": 2, \"mean_wQL\": 0.9876},\n"
    "  \"short\": {\"points\": 0, \"mean_wQL\": null}, \"full\": {\"points\": 6, \"mean_wQL\": "
    "0.1111}},\n"
    " \"by_segment\": {\"tea & <cake>\": {\"sum_abs_y\": 9, \"mean_wQL\": 0.3456}},\n"
    " \"baseline\": {\"seasonal_naive\": {\"mean_wQL\": 0.25,\n"
    "  \"coverage\": {\"0.1\": 0.2, \"0.5\": 0.5, \"0.9\": 0.7}}}}\n";

const char log_lines[] = "{\"step\": 10, \"loss\": 0.9, \"lr\": 0.001}\n"
                         "{\"step\": 20, \"loss\": 0.5, \"valid_loss\": 0.6, \"lr\": 0.001}\n"
                         "{\"step\": 30, \"loss\": 0.4, \"lr\": 0.0005}\n{\"step\": 40, \"lo";

char *path_in(const char *run, const char *name)
{
    static char paths[4][MQ_PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    ck_ok(mq_path_join(path, test_path(run), name));
    return path;
}

void write_text(const char *path, const char *text)
{
    ck_ok(mq_file_replace(path, text, strlen(text)));
}

void make_run(const char *run, const char *panel, double mean_wql)
{
    char text[2048];
    ck_ok(mq_make_directories(test_path(run)));
    (void)snprintf(text, sizeof text, evaluation, run, panel, mean_wql);
    write_text(path_in(run, "evaluation.json"), text);
    write_text(path_in(run, "log.jsonl"), log_lines);
}

const char report_data[] = "<script type=\"application/json\" id=\"data\">";

mq_status write_report(const char *const runs[], int64_t n, const char *item)
{
    const char *directories[4];
    for (int64_t i = 0; i < n; i++)
        directories[i] = test_path(runs[i]);
    const struct mq_report_request request = {
        .runs = directories, .n_runs = n, .items = &item, .n_items = item != NULL};
    return mq_report_write(&request, test_path("report.html"));
}

// Cuts the page where its scripts begin: data, d3 and our own.
struct report read_report(void)
{
    struct mq_str page = {0};
    struct report report = {0};
    ck_ok(mq_file_read(test_path("report.html"), &page));
    char *data = strstr(page.data, report_data);
    ck_assert_ptr_nonnull(data);
    ck_ok(mq_str_add_bytes(&report.html, page.data, (size_t)(data - page.data)));
    data += strlen(report_data);
    char *end = strstr(data, "</script>");
    ck_assert_ptr_nonnull(end);
    report.data = json_loadb(data, (size_t)(end - data), 0, NULL);
    ck_assert_msg(report.data != NULL, "the data is no JSON: %.200s", data);
    int scripts = 0;
    for (const char *at = page.data; (at = strstr(at, "<script")) != NULL; at++)
        scripts++;
    ck_assert_int_eq(scripts, 3);
    mq_str_release(&page);
    return report;
}

struct report report_of(const char *const runs[], int64_t n)
{
    ck_ok(write_report(runs, n, NULL));
    return read_report();
}

void release_report(struct report *report)
{
    mq_str_release(&report->html);
    json_decref(report->data);
}

// The figure under this caption; NULL when there is none.
json_t *figure_of(const struct report *report, const char *caption)
{
    char text[256];
    (void)snprintf(text, sizeof text, "<figcaption>%s<", caption);
    const char *at = strstr(report->html.data, text);
    if (at == NULL) return NULL;
    static const char number[] = "data-figure=\"";
    const char *begin = at;
    while (strncmp(begin, number, strlen(number)) != 0)
        begin--;
    return json_array_get(json_object_get(report->data, "figures"),
                          (size_t)atoi(begin + strlen(number)));
}

void check_json(const json_t *json, const char *want)
{
    char *got = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
    ck_assert_str_eq(got, want);
    free(got);
}

// The line of this name in a chart, as text.
void check_line(json_t *figure, const char *name, const char *want)
{
    size_t i = 0;
    json_t *line = NULL;
    json_array_foreach(json_object_get(figure, "lines"), i, line)
    {
        if (strcmp(json_string_value(json_object_get(line, "name")), name) != 0) continue;
        check_json(json_object_get(line, "points"), want);
        return;
    }
    ck_abort_msg("no line '%s'", name);
}

void check_has(const struct mq_str *page, const char *part)
{
    ck_assert_msg(strstr(page->data, part) != NULL, "the page lacks '%s'", part);
}

// ---- well-formedness
// -------------------------------------------------------------------------------

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "!DOCTYPE") == 0 ||
           strcmp(name, "html") == 0 || strcmp(name, "body") == 0; // closed after the scripts
}

// Every tag that opens is closed, in order; attributes hold no stray quotes or brackets.
void check_well_formed(const struct mq_str *page)
{
    char open[64][32];
    int depth = 0;
    for (const char *at = page->data; (at = strchr(at, '<')) != NULL; at++) {
        const bool is_end = at[1] == '/';
        const char *name = at + 1 + is_end;
        size_t length = 0;
        while (isalnum((unsigned char)name[length]) || name[length] == '!')
            length++;
        ck_assert_msg(length > 0 && length < 32, "not a tag: %.30s", at);
        const char *stop = name;
        for (bool is_quoted = false; *stop != '\0' && (is_quoted || *stop != '>'); stop++)
            if (*stop == '"') is_quoted = !is_quoted;
        ck_assert_msg(*stop == '>', "no end of tag: %.30s", at);
        char tag[32] = {0};
        memcpy(tag, name, length);
        if (is_end) {
            ck_assert_msg(depth > 0 && strcmp(open[depth - 1], tag) == 0, "stray </%s>", tag);
            depth--;
        } else if (stop[-1] != '/' && !is_void(tag)) {
            ck_assert_int_lt(depth, 64);
            memcpy(open[depth++], tag, sizeof tag);
        }
        at = stop - 1;
    }
    ck_assert_msg(depth == 0, "<%s> is not closed", depth > 0 ? open[depth - 1] : "");
    ck_assert(strstr(page->data, "nan") == NULL && strstr(page->data, "inf") == NULL);
}
