// What the report says of totals of spans.
#include "support/harness.h"
#include "support/pages.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/path.h"

#define total_scores(lead)                                                                         \
    "{\"lead\": " lead ", \"review\": 1, \"scores\": {\"mean_wQL\": 0.3,"                          \
    " \"coverage_gap\": 0.011, \"coverage\": {\"0.1\": 0.12, \"0.9\": 0.89}},"                     \
    " \"baseline\": {\"seasonal_naive\": {\"mean_wQL\": 0.4, \"coverage\": {\"0.1\": 0.3, "        \
    "\"0.9\": 0.6}}},"                                                                             \
    " \"summed_quantiles\": {\"mean_wQL\": 0.5, \"coverage\": {\"0.1\": 0.02, \"0.9\": 0.99}}}"

static void make_run_with_spans(const char *run, const char *spans)
{
    char text[2048];
    ck_ok(mq_make_directories(test_path(run)));
    (void)snprintf(text, sizeof text, "{\"run\": \"%s\", \"by_span\": [%s]}", run, spans);
    write_text(path_in(run, "evaluation.json"), text);
}

START_TEST(test_totals_stand_beside_summed_quantiles_and_seasonal_naive)
{
    make_run_with_spans("spans", total_scores("2"));
    struct report page = report_of((const char *const[]){"spans"}, 1);
    check_well_formed(&page.html);
    check_has(&page.html, "<h3>Lead 2 + review 1 periods</h3>");
    json_t *figure = figure_of(&page, "Share of totals at or below the quantile, by level");
    check_line(figure, "spans", "[[0.1,0.12],[0.9,0.89]]");
    check_line(figure, "spans, summed quantiles (wrong)", "[[0.1,0.02],[0.9,0.99]]");
    check_line(figure, "seasonal naive", "[[0.1,0.3],[0.9,0.6]]");
    check_has(&page.html,
              "spans</th><td>totals</td><td>0.3</td><td>0.011</td><td>0.120</td><td>0.890</td>");
    check_has(&page.html,
              "spans</th><td>summed (wrong)</td><td>0.5</td><td>\xe2\x80\x93</td><td>0.020</td>");
    check_has(&page.html, "seasonal naive</th><td>totals</td><td>0.4</td>");
    release_report(&page);
}
END_TEST

START_TEST(test_runs_share_the_figure_of_a_span)
{
    make_run_with_spans("short", total_scores("2"));
    make_run_with_spans("both", total_scores("2") ", " total_scores("7"));
    make_run("none", "none.h5", 0.2);
    struct report page = report_of((const char *const[]){"short", "both", "none"}, 3);
    check_well_formed(&page.html);
    const char *first = strstr(page.html.data, "<h3>Lead 2 ");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "<h3>Lead 2 "));
    check_has(&page.html, "<h3>Lead 7 ");
    check_line(figure_of(&page, "Share of totals at or below the quantile, by level"), "both",
               "[[0.1,0.12],[0.9,0.89]]");
    release_report(&page);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_totals_stand_beside_summed_quantiles_and_seasonal_naive);
    tcase_add_test(tc, test_runs_share_the_figure_of_a_span);
    return run_tests("report/calibration", tc);
}
