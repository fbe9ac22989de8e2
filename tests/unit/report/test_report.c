// The report of made-up runs: what it says, and that it is well-formed.
#include "support/harness.h"
#include "support/pages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/data/panel.h"
#include "mq/h5/file.h"
#include "mq/model/manifest.h"
#include "mq/report/report.h"

#define hostile_id "<b>\"R&D\"</b></script>\xe2\x80\xa8<!--<script>"

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

// Three items, one origin, two horizons, three levels, two spans.
static void make_forecast_from(const char *run, const int64_t origin[1])
{
    static const char *const ids[] = {"plain", hostile_id, "third"};
    static const double levels[] = {0.1, 0.5, 0.9};
    static const float quantiles[] = {1, 2, 3, 1, 2, 3, 5, 6, 7, 5, 6, 8, 0, 0, 1, 0, 0, 2};
    static const float observed[] = {2, 3, 6, NAN, 0, 1};
    static const float orders[] = {4, 5, 13, 14, NAN, 2};
    static const int64_t lead[] = {1, 0};
    static const int64_t review[] = {1, 1};
    ck_ok(mq_make_directories(path_in(run, "forecast")));
    struct mq_h5 *file = NULL;
    ck_ok(mq_h5_create(&file, path_in(run, "forecast/forecast.h5")));
    ck_ok(mq_h5_write(file, "quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {3, 1, 2, 3}},
                      quantiles, false));
    ck_ok(mq_h5_write(file, "observed", MQ_H5_F32, (struct mq_h5_shape){3, {3, 1, 2}}, observed,
                      false));
    ck_ok(mq_h5_write(file, "level", MQ_H5_F64, (struct mq_h5_shape){1, {3}}, levels, false));
    ck_ok(mq_h5_write(file, "origin", MQ_H5_I64, (struct mq_h5_shape){1, {1}}, origin, false));
    ck_ok(mq_h5_write(file, "order_up_to", MQ_H5_F32, (struct mq_h5_shape){3, {3, 1, 2}}, orders,
                      false));
    ck_ok(mq_h5_write(file, "span_lead", MQ_H5_I64, (struct mq_h5_shape){1, {2}}, lead, false));
    ck_ok(mq_h5_write(file, "span_review", MQ_H5_I64, (struct mq_h5_shape){1, {2}}, review, false));
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
    static const char *const ids[] = {"plain", hostile_id, "third"};
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

// ---- tests
// -----------------------------------------------------------------------------------------

START_TEST(test_page_holds_the_numbers_of_the_run)
{
    make_run("retail", "none.h5", 0.2345);
    struct report page = report_of((const char *const[]){"retail"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "<h1>retail</h1>");
    check_has(&page.html, "0.2345");
    check_has(&page.html, "6.2 % below seasonal naive");
    check_has(&page.html, "-6.2 %");
    check_has(&page.html, "0.4321");
    check_has(&page.html, "-0.0625");
    release_report(&page);
}
END_TEST

START_TEST(test_figures_hold_the_numbers_of_the_run)
{
    make_run("figures", "none.h5", 0.2345);
    struct report page = report_of((const char *const[]){"figures"}, 1);
    json_t *calibration = figure_of(&page, "Share of outcomes at or below the quantile, by level");
    check_line(calibration, "figures", "[[0.1,0.14],[0.5,0.51],[0.9,0.88]]");
    check_line(calibration, "ideal", "[[0,0],[1,1]]");
    check_line(figure_of(&page, "Mean wQL by periods ahead"), "figures", "[[1,0.1],[2,0.2]]");
    json_t *losses = figure_of(&page, "Loss by step");
    check_line(losses, "training", "[[10,0.9],[20,0.5],[30,0.4]]");
    check_line(losses, "validation", "[[20,0.6]]");
    ck_assert_ptr_nonnull(figure_of(&page, "Learning rate by step"));
    ck_assert_ptr_null(figure_of(&page, "Excess volatility (sEV) by periods ahead")); // no overlap
    check_has(&page.html, "Stability is not known");
    release_report(&page);
}
END_TEST

START_TEST(test_volume_and_history_have_figure_and_table)
{
    make_run("groups", "none.h5", 0.2345);
    struct report page = report_of((const char *const[]){"groups"}, 1);
    check_line(figure_of(&page, "Mean wQL by volume decile, smallest products first"), "groups",
               "[[1,null],[2,0.7777],[3,null],[4,null],[5,null],[6,null],[7,null],[8,null],"
               "[9,0.3333],[10,null]]");
    check_has(&page.html, "2: 2 products, 0.5 to 2</th><td>8</td><td>0.7777</td>");
    check_has(&page.html, "9: 1 products, 4 and more</th>");
    check_json(figure_of(&page, "Mean wQL by what had been observed"),
               "{\"kind\":\"bars\",\"rows\":[\"nothing observed\",\"28 or more\"],"
               "\"columns\":[\"\"],\"values\":[[0.9876],[0.1111]]}");
    check_has(&page.html, "fewer than 28 periods</th><td>0</td>");
    release_report(&page);
}
END_TEST

START_TEST(test_text_of_others_is_escaped)
{
    make_run("escaped", "a&b.h5", 0.2);
    make_forecast("escaped");
    struct report page = report_of((const char *const[]){"escaped"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "tea &amp; &lt;cake&gt;");
    check_has(&page.html, "a&amp;b.h5");
    ck_assert_ptr_null(strstr(page.html.data, "<b>"));
    const json_t *row = json_array_get(json_object_get(page.data, "products"), 2);
    ck_assert_str_eq(json_string_value(json_array_get(row, 0)), hostile_id);
    release_report(&page);
}
END_TEST

START_TEST(test_data_is_ascii_without_markup)
{
    make_run("inert", "none.h5", 0.2);
    make_forecast("inert");
    struct mq_str page = {0};
    ck_ok(write_report((const char *const[]){"inert"}, 1, NULL));
    ck_ok(mq_file_read(test_path("report.html"), &page));
    const char *at = strstr(page.data, report_data) + strlen(report_data);
    const char *end = strstr(at, "</script>\n<script>"); // where ours ends it
    ck_assert_ptr_nonnull(strstr(at, "\\u003c/script\\u003e\\u2028"));
    for (; at < end; at++)
        ck_assert_msg((*at >= ' ' || *at == '\n') && *at <= '~' && strchr("<>&", *at) == NULL,
                      "%.40s", at);
    mq_str_release(&page);
}
END_TEST

START_TEST(test_scripts_are_named_by_their_hashes)
{
    make_run("policy", "none.h5", 0.2);
    struct mq_str page = {0};
    ck_ok(write_report((const char *const[]){"policy"}, 1, NULL));
    ck_ok(mq_file_read(test_path("report.html"), &page));
    check_has(
        &page,
        "content=\"default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-");
    const char *at = strstr(page.data, "</script>\n<script>");
    for (int i = 0; i < 2; i++) {
        char hash[MQ_SHA256_BASE64];
        const char *begin = at + strlen("</script>\n<script>");
        at = strstr(begin, "</script>");
        mq_sha256_base64(begin, (size_t)(at - begin), hash);
        check_has(&page, hash);
    }
    mq_str_release(&page);
}
END_TEST

// [id, wQL, mean demand, is asked for, observed, backtest, published, orders]
static const json_t *row_of(const struct report *page, size_t item, size_t column)
{
    const json_t *row = json_array_get(json_object_get(page->data, "products"), item + 1);
    return json_array_get(row, column);
}

START_TEST(test_forecasts_stand_after_their_history)
{
    make_panel(test_path("panel.h5"));
    make_run("fans", test_path("panel.h5"), 0.2);
    make_forecast("fans");
    struct report page = report_of((const char *const[]){"fans"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "fans: all 3 products are on this page");
    check_has(&page.html, "made at 2024-02-10");
    ck_assert_ptr_null(strstr(page.html.data, "history is not shown"));
    const json_t *run = json_array_get(json_object_get(page.data, "products"), 0);
    const json_t *dates = json_object_get(run, "dates");
    const json_t *ahead = json_object_get(run, "ahead");
    ck_assert_uint_eq(json_array_size(dates), 14 + 2); // two seasons, two periods ahead
    ck_assert_str_eq(json_string_value(json_array_get(dates, 14)), "2024-02-11");
    ck_assert_int_eq(json_integer_value(json_object_get(ahead, "at")), 14);
    check_json(row_of(&page, 0, 6), "[1,1,2,2,3,3]"); // by level, then by period
    check_json(row_of(&page, 1, 4), "[6,0,1,2,3,4,5,6,0,1,2,3,4,5,6,null]"); // what came last
    release_report(&page);
}
END_TEST

START_TEST(test_products_say_how_far_to_order_up)
{
    make_run("orders", "none.h5", 0.2);
    make_forecast("orders");
    struct report page = report_of((const char *const[]){"orders"}, 1);
    const json_t *run = json_array_get(json_object_get(page.data, "products"), 0);
    check_json(json_object_get(run, "spans"), "[[1,1],[0,1]]");
    check_json(row_of(&page, 1, 7), "[13,14]");
    check_json(row_of(&page, 2, 7), "[null,2]");
    release_report(&page);
}
END_TEST

START_TEST(test_products_asked_for_are_marked)
{
    make_run("asked", "none.h5", 0.2);
    make_forecast("asked");
    ck_ok(write_report((const char *const[]){"asked"}, 1, "third"));
    struct report page = read_report();
    ck_assert(json_is_false(row_of(&page, 0, 3)));
    ck_assert(json_is_true(row_of(&page, 2, 3)));
    release_report(&page);
    ck_fails(write_report((const char *const[]){"asked"}, 1, "fourth"), MQ_USAGE,
             "--items: no product 'fourth'");
}
END_TEST

START_TEST(test_missing_panel_is_said_in_words)
{
    make_run("no_panel", test_path("gone.h5"), 0.2);
    make_forecast("no_panel");
    struct report page = report_of((const char *const[]){"no_panel"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "The history is not shown: ");
    check_has(&page.html, "gone.h5");
    check_has(&page.html, "The backtest of products is not shown: ");
    ck_assert_uint_eq(json_array_size(json_object_get(page.data, "products")), 1 + 3);
    release_report(&page);
}
END_TEST

START_TEST(test_runs_are_compared_in_one_table)
{
    make_run("first", "none.h5", 0.2);
    make_run("second", "other.h5", 0.15);
    struct report page = report_of((const char *const[]){"first", "second"}, 2);
    check_well_formed(&page.html);
    check_has(&page.html, "Comparison of runs");
    check_has(&page.html, "<td>0.2<span class=\"small\">-20.0 %</span></td>");
    check_has(&page.html, "<td class=\"best\">0.15<span class=\"small\">-40.0 %</span></td>");
    check_has(&page.html, "second was scored on another panel");
    release_report(&page);
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
    struct report page = report_of((const char *const[]){"cheap", "dear"}, 2);
    check_well_formed(&page.html);
    check_has(&page.html, "<td>12.5</td><td>0.75</td><td>20</td>");
    check_has(&page.html, "cost.json cannot be read (");
    check_has(&page.html, "in the order given");
    release_report(&page);
}
END_TEST

START_TEST(test_missing_pieces_are_said_in_words)
{
    ck_ok(mq_make_directories(test_path("bare")));
    write_text(path_in("bare", "log.jsonl"), log_lines);
    struct report page = report_of((const char *const[]){"bare"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "there is no evaluation.json");
    check_has(&page.html, "There is no forecast to draw");
    ck_assert_ptr_nonnull(figure_of(&page, "Loss by step"));
    release_report(&page);
}
END_TEST

START_TEST(test_damaged_files_are_said_in_words)
{
    make_run("damaged", "none.h5", 0.2);
    make_forecast("damaged");
    write_text(path_in("damaged", "evaluation.json"), "{\"scores\": {\"mean_wQL\"");
    write_text(path_in("damaged", "forecast/forecast.h5"), "not a forecast");
    struct report page = report_of((const char *const[]){"damaged"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "evaluation.json cannot be read (");
    check_has(&page.html, "Its forecast is damaged and not drawn: ");
    check_has(&page.html, "forecast.h5: ");
    ck_assert_uint_eq(json_array_size(json_object_get(page.data, "products")), 0);
    release_report(&page);
}
END_TEST

START_TEST(test_a_forecast_that_lacks_a_part_is_said_and_not_drawn)
{
    make_run("partless", "none.h5", 0.2);
    make_forecast("partless");
    ck_ok(mq_file_remove(path_in("partless", "forecast/part-00000.h5")));
    struct report page = report_of((const char *const[]){"partless"}, 1);
    check_has(&page.html, "Its forecast is damaged and not drawn: ");
    check_has(&page.html, "part-00000.h5: missing");
    release_report(&page);
}
END_TEST

START_TEST(test_a_page_is_known_by_its_beginning)
{
    make_run("page", "none.h5", 0.2);
    ck_ok(write_report((const char *const[]){"page"}, 1, NULL));
    write_text(test_path("own.html"), "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<p>mine");
    ck_assert(mq_report_is_page(test_path("report.html")));
    ck_assert(!mq_report_is_page(test_path("own.html")));
    ck_assert(!mq_report_is_page(test_path("none.html")));
}
END_TEST

START_TEST(test_nothing_to_report_is_refused_and_writes_nothing)
{
    ck_ok(mq_make_directories(test_path("empty")));
    ck_ok(mq_file_remove(test_path("report.html")));
    ck_fails(write_report((const char *const[]){"empty", "nowhere"}, 2, NULL), MQ_USAGE,
             "nothing to report");
    ck_assert(!mq_path_exists(test_path("report.html")));
}
END_TEST

START_TEST(test_numbers_at_the_ends_of_their_range_are_given_or_left_out)
{
    static const char *const logs[] = {
        "{\"step\": 1e17, \"loss\": 1}\n{\"step\": 1.00000000000000016e17, \"loss\": 2}\n",
        "{\"step\": 1, \"loss\": -1e308}\n{\"step\": 2, \"loss\": 1e-320}\n",
        "{\"step\": -1e308, \"loss\": 1}\n{\"step\": 3, \"loss\": 2}\n",
    };
    static const char *const want[] = {"[[1e17,1],[1e17,2]]", "[[1,null],[2,0]]", "[[3,2]]"};
    for (int i = 0; i < 3; i++) {
        make_run("ends", "none.h5", 0.2);
        write_text(path_in("ends", "log.jsonl"), logs[i]);
        struct report page = report_of((const char *const[]){"ends"}, 1);
        check_line(figure_of(&page, "Loss by step"), "training", want[i]);
        release_report(&page);
    }
}
END_TEST

START_TEST(test_a_forecast_of_no_period_is_said_and_not_drawn)
{
    static const int64_t origin[] = {INT64_MAX};
    make_run("when", "none.h5", 0.2);
    make_forecast_from("when", origin);
    struct report page = report_of((const char *const[]){"when"}, 1);
    check_has(&page.html, "an origin at period 9223372036854775807");
    release_report(&page);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_page_holds_the_numbers_of_the_run);
    tcase_add_test(tc, test_figures_hold_the_numbers_of_the_run);
    tcase_add_test(tc, test_volume_and_history_have_figure_and_table);
    tcase_add_test(tc, test_text_of_others_is_escaped);
    tcase_add_test(tc, test_data_is_ascii_without_markup);
    tcase_add_test(tc, test_scripts_are_named_by_their_hashes);
    tcase_add_test(tc, test_forecasts_stand_after_their_history);
    tcase_add_test(tc, test_products_say_how_far_to_order_up);
    tcase_add_test(tc, test_products_asked_for_are_marked);
    tcase_add_test(tc, test_missing_panel_is_said_in_words);
    tcase_add_test(tc, test_runs_are_compared_in_one_table);
    tcase_add_test(tc, test_costs_stand_beside_the_score_of_each_run);
    tcase_add_test(tc, test_missing_pieces_are_said_in_words);
    tcase_add_test(tc, test_damaged_files_are_said_in_words);
    tcase_add_test(tc, test_a_forecast_that_lacks_a_part_is_said_and_not_drawn);
    tcase_add_test(tc, test_a_page_is_known_by_its_beginning);
    tcase_add_test(tc, test_nothing_to_report_is_refused_and_writes_nothing);
    tcase_add_test(tc, test_numbers_at_the_ends_of_their_range_are_given_or_left_out);
    tcase_add_test(tc, test_a_forecast_of_no_period_is_said_and_not_drawn);
    return run_tests("report/report", tc);
}
