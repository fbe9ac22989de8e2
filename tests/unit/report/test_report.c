// The report of made-up runs: what it says, and that it is well-formed.
#include "support/harness.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/data/panel.h"
#include "mq/h5/file.h"
#include "mq/model/manifest.h"
#include "mq/report/report.h"

static const char evaluation[] =
    "{\"model\": \"mqrnn\", \"run\": \"%s\", \"panel\": \"%s\", \"origins\": [40], \"horizon\": "
    "2,\n"
    " \"series\": 3, \"levels\": [0.1, 0.5, 0.9],\n"
    " \"scores\": {\"mean_wQL\": %g, \"WAPE\": 0.4321, \"MASE\": null, \"bias\": -0.0625,\n"
    "  \"wQL\": {\"0.5\": 0.2}, \"coverage\": {\"0.1\": 0.14, \"0.5\": 0.51, \"0.9\": 0.88}},\n"
    " \"by_horizon\": [{\"h\": 1, \"mean_wQL\": 0.1}, {\"h\": 2, \"mean_wQL\": 0.2}],\n"
    " \"by_segment\": {\"tea & <cake>\": {\"sum_abs_y\": 9, \"mean_wQL\": 0.3456}},\n"
    " \"baseline\": {\"seasonal_naive\": {\"mean_wQL\": 0.25,\n"
    "  \"coverage\": {\"0.1\": 0.2, \"0.5\": 0.5, \"0.9\": 0.7}}}}\n";

static const char log_lines[] =
    "{\"step\": 10, \"loss\": 0.9, \"lr\": 0.001}\n"
    "{\"step\": 20, \"loss\": 0.5, \"valid_loss\": 0.6, \"lr\": 0.001}\n"
    "{\"step\": 30, \"loss\": 0.4, \"lr\": 0.0005}\n{\"step\": 40, \"lo";

static char *path_in(const char *run, const char *name)
{
    static char paths[4][MQ_PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    ck_ok(mq_path_join(path, test_path(run), name));
    return path;
}

static void write_text(const char *path, const char *text)
{
    ck_ok(mq_file_replace(path, text, strlen(text)));
}

static void make_run(const char *run, const char *panel, double mean_wql)
{
    char text[2048];
    ck_ok(mq_make_directories(test_path(run)));
    (void)snprintf(text, sizeof text, evaluation, run, panel, mean_wql);
    write_text(path_in(run, "evaluation.json"), text);
    write_text(path_in(run, "log.jsonl"), log_lines);
}

// A manifest over the face and one part.
static void seal(const char *run)
{
    char sha256[MQ_SHA256_HEX];
    write_text(path_in(run, "forecast/part-00000.h5"), "part");
    mq_sha256_hex("part", 4, sha256);
    json_t *manifest = json_pack("{s:i, s:[{s:s, s:i, s:i, s:s}]}", "items", 3, "parts", "file",
                                 "part-00000.h5", "items", 3, "bytes", 4, "sha256", sha256);
    ck_ok(mq_manifest_write(path_in(run, "forecast"), manifest));
    json_decref(manifest);
}

// Three items, one origin, two horizons, three levels.
static void make_forecast_from(const char *run, const int64_t origin[1])
{
    static const char *const ids[] = {"plain", "<b>\"R&D\"</b>", "third"};
    static const double levels[] = {0.1, 0.5, 0.9};
    static const float quantiles[] = {1, 2, 3, 1, 2, 3, 5, 6, 7, 5, 6, 8, 0, 0, 1, 0, 0, 2};
    static const float observed[] = {2, 3, 6, NAN, 0, 1};
    ck_ok(mq_make_directories(path_in(run, "forecast")));
    struct mq_h5 *file = NULL;
    ck_ok(mq_h5_create(&file, path_in(run, "forecast/forecast.h5")));
    ck_ok(mq_h5_write(file, "quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {3, 1, 2, 3}},
                      quantiles, false));
    ck_ok(mq_h5_write(file, "observed", MQ_H5_F32, (struct mq_h5_shape){3, {3, 1, 2}}, observed,
                      false));
    ck_ok(mq_h5_write(file, "level", MQ_H5_F64, (struct mq_h5_shape){1, {3}}, levels, false));
    ck_ok(mq_h5_write(file, "origin", MQ_H5_I64, (struct mq_h5_shape){1, {1}}, origin, false));
    ck_ok(mq_h5_write_strings(file, "item_id", 3, ids));
    ck_ok(mq_h5_publish(file));
    seal(run);
}

static void make_forecast(const char *run)
{
    make_forecast_from(run, (const int64_t[]){40});
}

// The series behind the forecast: daily, 41 periods from 2024-01-01.
static void make_panel(const char *path)
{
    static const char *const ids[] = {"plain", "<b>\"R&D\"</b>", "third"};
    struct mq_panel_info info = {.calendar = {MQ_DAY, 1, 1704067200}};
    struct mq_panel_writer *writer = NULL;
    ck_ok(mq_panel_create(&writer, path, &info));
    float target[41];
    for (int t = 0; t < 41; t++)
        target[t] = (float)(t % 7);
    for (int i = 0; i < 3; i++) {
        const struct mq_series series = {.id = ids[i], .start = 0, .length = 41, .target = target};
        ck_ok(mq_panel_append(writer, &series));
    }
    ck_ok(mq_panel_publish(writer));
}

static struct mq_str report_of(const char *const runs[], int64_t n)
{
    const char *directories[4];
    for (int64_t i = 0; i < n; i++)
        directories[i] = test_path(runs[i]);
    struct mq_str page = {0};
    ck_ok(mq_report_write(directories, n, test_path("report.html")));
    ck_ok(mq_file_read(test_path("report.html"), &page));
    return page;
}

static void check_has(const struct mq_str *page, const char *part)
{
    ck_assert_msg(strstr(page->data, part) != NULL, "the page lacks '%s'", part);
}

static int count_of(const struct mq_str *page, const char *part)
{
    int n = 0;
    for (const char *at = page->data; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

// ---- well-formedness
// -------------------------------------------------------------------------------

static bool is_void(const char *name)
{
    return strcmp(name, "meta") == 0 || strcmp(name, "!DOCTYPE") == 0;
}

// Every tag that opens is closed, in order; attributes hold no stray quotes or brackets.
static void check_well_formed(const struct mq_str *page)
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

// ---- tests
// -----------------------------------------------------------------------------------------

START_TEST(test_page_holds_the_numbers_of_the_run)
{
    make_run("retail", "none.h5", 0.2345);
    struct mq_str page = report_of((const char *const[]){"retail"}, 1);
    check_well_formed(&page);
    check_has(&page, "<h1>retail</h1>");
    check_has(&page, "0.2345");
    check_has(&page, "6.2 % below seasonal naive");
    check_has(&page, "-6.2 %");
    check_has(&page, "0.4321");
    check_has(&page, "-0.0625");
    check_has(&page, "Calibration");
    check_has(&page, "Mean wQL by periods ahead");
    check_has(&page, "0.3456");
    check_has(&page, "validation");
    check_has(&page, "Learning rate by step");
    mq_str_release(&page);
}
END_TEST

START_TEST(test_text_of_others_is_escaped)
{
    make_run("escaped", "a&b.h5", 0.2);
    make_forecast("escaped");
    struct mq_str page = report_of((const char *const[]){"escaped"}, 1);
    check_well_formed(&page);
    check_has(&page, "tea &amp; &lt;cake&gt;");
    check_has(&page, "a&amp;b.h5");
    check_has(&page, "&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;");
    ck_assert_ptr_null(strstr(page.data, "<b>"));
    mq_str_release(&page);
}
END_TEST

START_TEST(test_forecasts_are_drawn_over_their_history)
{
    make_panel(test_path("panel.h5"));
    make_run("fans", test_path("panel.h5"), 0.2);
    make_forecast("fans");
    struct mq_str page = report_of((const char *const[]){"fans"}, 1);
    check_well_formed(&page);
    ck_assert_int_eq(count_of(&page, "class=\"band\""), 3); // one pair of levels per product
    ck_assert_int_eq(count_of(&page, "<circle"), 5); // observed values that came
    check_has(&page, "Made at 2024-02-10");
    ck_assert_ptr_null(strstr(page.data, "history is not shown"));
    mq_str_release(&page);
}
END_TEST

START_TEST(test_missing_panel_is_said_in_words)
{
    make_run("no_panel", test_path("gone.h5"), 0.2);
    make_forecast("no_panel");
    struct mq_str page = report_of((const char *const[]){"no_panel"}, 1);
    check_well_formed(&page);
    check_has(&page, "The history is not shown: ");
    check_has(&page, "gone.h5");
    ck_assert_int_eq(count_of(&page, "class=\"band\""), 3);
    mq_str_release(&page);
}
END_TEST

START_TEST(test_runs_are_compared_in_one_table)
{
    make_run("first", "none.h5", 0.2);
    make_run("second", "other.h5", 0.15);
    struct mq_str page = report_of((const char *const[]){"first", "second"}, 2);
    check_well_formed(&page);
    check_has(&page, "Comparison of runs");
    check_has(&page, "<td>0.2<span class=\"small\">-20.0 %</span></td>");
    check_has(&page, "<td class=\"best\">0.15<span class=\"small\">-40.0 %</span></td>");
    check_has(&page, "second was scored on another panel");
    mq_str_release(&page);
}
END_TEST

START_TEST(test_costs_stand_beside_the_score_of_each_run)
{
    make_run("cheap", "p.h5", 0.25);
    make_run("dear", "p.h5", 0.125);
    write_text(path_in("cheap", "cost.json"),
               "{\"train\": {\"core_seconds\": 12.5, \"peak_rss_bytes\": 10485760},"
               " \"forecast\": {\"core_seconds\": 0.75, \"peak_rss_bytes\": 20971520}}");
    write_text(path_in("dear", "cost.json"), "{\"train\": ");
    struct mq_str page = report_of((const char *const[]){"cheap", "dear"}, 2);
    check_well_formed(&page);
    check_has(&page, "<td>12.5</td><td>0.75</td><td>20</td>");
    check_has(&page, "cost.json cannot be read (");
    check_has(&page, "in the order given");
    mq_str_release(&page);
}
END_TEST

START_TEST(test_missing_pieces_are_said_in_words)
{
    ck_ok(mq_make_directories(test_path("bare")));
    write_text(path_in("bare", "log.jsonl"), log_lines);
    struct mq_str page = report_of((const char *const[]){"bare"}, 1);
    check_well_formed(&page);
    check_has(&page, "there is no evaluation.json");
    check_has(&page, "There is no forecast to draw");
    check_has(&page, "Loss by step");
    mq_str_release(&page);
}
END_TEST

START_TEST(test_damaged_files_are_said_in_words)
{
    make_run("damaged", "none.h5", 0.2);
    make_forecast("damaged");
    write_text(path_in("damaged", "evaluation.json"), "{\"scores\": {\"mean_wQL\"");
    write_text(path_in("damaged", "forecast/forecast.h5"), "not a forecast");
    struct mq_str page = report_of((const char *const[]){"damaged"}, 1);
    check_well_formed(&page);
    check_has(&page, "evaluation.json cannot be read (");
    check_has(&page, "Its forecast is damaged and not drawn: ");
    check_has(&page, "forecast.h5: ");
    ck_assert_int_eq(count_of(&page, "<h2>Forecasts</h2>"), 0);
    mq_str_release(&page);
}
END_TEST

START_TEST(test_a_forecast_that_lacks_a_part_is_said_and_not_drawn)
{
    make_run("partless", "none.h5", 0.2);
    make_forecast("partless");
    ck_ok(mq_file_remove(path_in("partless", "forecast/part-00000.h5")));
    struct mq_str page = report_of((const char *const[]){"partless"}, 1);
    check_has(&page, "Its forecast is damaged and not drawn: ");
    check_has(&page, "part-00000.h5: missing");
    mq_str_release(&page);
}
END_TEST

START_TEST(test_a_page_is_known_by_its_beginning)
{
    make_run("page", "none.h5", 0.2);
    struct mq_str page = report_of((const char *const[]){"page"}, 1);
    mq_str_release(&page);
    write_text(test_path("own.html"), "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<p>mine");
    ck_assert(mq_report_is_page(test_path("report.html")));
    ck_assert(!mq_report_is_page(test_path("own.html")));
    ck_assert(!mq_report_is_page(test_path("none.html")));
}
END_TEST

START_TEST(test_nothing_to_report_is_refused_and_writes_nothing)
{
    ck_ok(mq_make_directories(test_path("empty")));
    const char *const runs[] = {test_path("empty"), test_path("nowhere")};
    ck_fails(mq_report_write(runs, 2, test_path("none.html")), MQ_USAGE, "nothing to report");
    ck_assert(!mq_path_exists(test_path("none.html")));
}
END_TEST

START_TEST(test_numbers_at_the_ends_of_their_range_are_drawn_or_left_out)
{
    static const char *const logs[] = {
        "{\"step\": 1e17, \"loss\": 1, \"lr\": 1}\n{\"step\": 1.00000000000000016e17, \"loss\": "
        "2}\n",
        "{\"step\": 1, \"loss\": -1e308, \"lr\": 1e-320}\n{\"step\": 2, \"loss\": 1e308, \"lr\": "
        "2e-320}\n",
        "{\"step\": -1e308, \"loss\": 1, \"lr\": 1}\n{\"step\": 1e308, \"loss\": 1, \"lr\": 2}\n",
    };
    for (int i = 0; i < 3; i++) {
        make_run("ends", "none.h5", 0.2);
        write_text(path_in("ends", "log.jsonl"), logs[i]);
        struct mq_str page = report_of((const char *const[]){"ends"}, 1);
        check_has(&page, "Learning");
        const char *charts = strstr(page.data, "Learning");
        ck_assert_msg(strstr(charts, "nan") == NULL && strstr(charts, "inf") == NULL &&
                          page.length < 200000,
                      "log %d", i);
        mq_str_release(&page);
    }
}
END_TEST

START_TEST(test_a_forecast_of_no_period_is_said_and_not_drawn)
{
    static const int64_t origin[] = {INT64_MAX};
    make_run("when", "none.h5", 0.2);
    make_forecast_from("when", origin);
    struct mq_str page = report_of((const char *const[]){"when"}, 1);
    check_has(&page, "an origin at period 9223372036854775807");
    mq_str_release(&page);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_page_holds_the_numbers_of_the_run);
    tcase_add_test(tc, test_text_of_others_is_escaped);
    tcase_add_test(tc, test_forecasts_are_drawn_over_their_history);
    tcase_add_test(tc, test_missing_panel_is_said_in_words);
    tcase_add_test(tc, test_runs_are_compared_in_one_table);
    tcase_add_test(tc, test_costs_stand_beside_the_score_of_each_run);
    tcase_add_test(tc, test_missing_pieces_are_said_in_words);
    tcase_add_test(tc, test_damaged_files_are_said_in_words);
    tcase_add_test(tc, test_a_forecast_that_lacks_a_part_is_said_and_not_drawn);
    tcase_add_test(tc, test_a_page_is_known_by_its_beginning);
    tcase_add_test(tc, test_nothing_to_report_is_refused_and_writes_nothing);
    tcase_add_test(tc, test_numbers_at_the_ends_of_their_range_are_drawn_or_left_out);
    tcase_add_test(tc, test_a_forecast_of_no_period_is_said_and_not_drawn);
    return run_tests("report/report", tc);
}
