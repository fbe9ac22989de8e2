// What the report says of stock under ordering policies.
#include "support/harness.h"
#include "support/pages.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/path.h"

// Base-stock, and what a run's forecasts make of it; %s is the price of a unit.
static const char simulation[] =
    "{\"first\": \"2024-01-08\", \"last\": \"2024-02-04\", \"periods\": 28, \"unmet\": \"lost\","
    " \"lead\": 2, \"review\": 1, \"holding\": \"1\", \"shortage\": \"<9>\", \"price\": \"%s\","
    " \"cost\": \"0\", \"tuned_for\": \"product\", \"policies\": [\n"
    "{\"policy\": \"base_stock\", \"products\": 3, \"cost\": 4.5, \"cost_interval\": [4, 5],"
    " \"fill_rate\": 0.5, \"service_level\": 0.75, \"stock\": 6.25, \"by_segment\": {"
    "\"small\": {\"products\": 2, \"product_periods\": 56, \"demand\": 1, \"cost\": 3},"
    "\"R&D\": {\"products\": 1, \"product_periods\": 28, \"demand\": 9, \"cost\": 7.5}}},\n"
    "{\"policy\": \"newsvendor\", \"run\": \"runs/mine\", \"mean_wQL\": 0.321, "
    "\"seen_in_training\":"
    " true, \"cost\": 3.6, \"cost_interval\": [3.25, 4], \"against_base_stock\": {\"cost\": -0.9,"
    " \"interval\": [-1.35, -0.45], \"relative\": -0.2}, \"fill_rate\": 0.875, \"service_level\":"
    " null, \"stock\": 8, \"by_segment\": {\"R&D\": {\"cost\": 6, \"against_base_stock\":"
    " {\"relative\": -0.2}}}}]}";

static struct report report_of_simulation(const char *run, const char *price)
{
    char text[2048];
    ck_ok(mq_make_directories(test_path(run)));
    (void)snprintf(text, sizeof text, simulation, price);
    write_text(path_in(run, "simulation.json"), text);
    struct report page = report_of((const char *const[]){run}, 1);
    check_well_formed(&page.html);
    return page;
}

START_TEST(test_costs_of_policies_stand_beside_the_score_of_their_run)
{
    struct report page = report_of_simulation("stock", "0");
    check_json(
        figure_of(&page, "Cost of a product and period, and its 95 % interval"),
        "{\"kind\":\"bars\",\"rows\":[\"base_stock\",\"mine, newsvendor\"],\"columns\":[\"\"],"
        "\"values\":[[4.5],[3.6]],\"intervals\":[[4,5],[3.25,4]]}");
    check_has(&page.html, "base_stock</th><td></td><td></td><td>4.5</td><td>4 to 5</td><td></td>"
                          "<td></td><td>50.0</td><td>75.0</td><td>6.25</td>");
    check_has(&page.html, "newsvendor</th><td>mine</td><td>0.321</td><td>3.6</td><td>3.25 to 4</td>"
                          "<td>-20.0</td><td>-30.0 to -10.0</td><td>87.5</td><td></td><td>8</td>");
    check_has(&page.html, "3 products, 28 periods from 2024-01-08 to 2024-02-04");
    check_has(&page.html, "shortage &lt;9&gt;, price 0");
    check_has(&page.html, "censored demand");
    check_has(&page.html, "mine has seen some of these periods");
    release_report(&page);
}
END_TEST

START_TEST(test_where_units_earn_rewards_are_shown)
{
    struct report page = report_of_simulation("earning", "12");
    const json_t *figure =
        figure_of(&page, "Reward of a product and period, and its 95 % interval");
    check_json(json_object_get(figure, "values"), "[[-4.5],[-3.6]]");
    check_json(json_object_get(figure, "intervals"), "[[-5,-4],[-4,-3.25]]");
    check_has(&page.html, "<td>-3.6</td><td>-4 to -3.25</td><td>+20.0</td><td>+10.0 to +30.0</td>");
    release_report(&page);
}
END_TEST

START_TEST(test_segments_have_the_cost_of_each_policy)
{
    struct report page = report_of_simulation("segments", "0");
    const char *large = strstr(page.html.data, "R&amp;D</th><td>1</td><td>7.5</td>"
                                               "<td>6<span class=\"small\">-20.0 %</span></td>");
    const char *small =
        strstr(page.html.data, "small</th><td>2</td><td>3</td><td>\xe2\x80\x93</td>");
    ck_assert_ptr_nonnull(large);
    ck_assert_ptr_nonnull(small);
    ck_assert(large < small);
    release_report(&page);
}
END_TEST

START_TEST(test_a_damaged_simulation_is_said_in_words)
{
    make_run("torn", "none.h5", 0.2);
    write_text(path_in("torn", "simulation.json"), "[{\"policies\": 1}]");
    struct report page = report_of((const char *const[]){"torn"}, 1);
    check_has(&page.html, "Its simulation.json is not an object.");
    ck_assert_ptr_null(strstr(page.html.data, "<h2>Stock</h2>"));
    release_report(&page);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_costs_of_policies_stand_beside_the_score_of_their_run);
    tcase_add_test(tc, test_where_units_earn_rewards_are_shown);
    tcase_add_test(tc, test_segments_have_the_cost_of_each_policy);
    tcase_add_test(tc, test_a_damaged_simulation_is_said_in_words);
    return run_tests("report/stock", tc);
}
