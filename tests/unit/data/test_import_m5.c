// The M5 competition's files: sales with calendar, prices and weights, and what is refused.
#include "support/panel_text.h"

// Two weeks of three days, of which the sales know the first four.
static const char *calendar =
    "date,wm_yr_wk,d,event_name_1,event_type_1,event_name_2,event_type_2,snap_CA,snap_TX\n"
    "2011-01-29,11101,d_1,,,,,0,0\n2011-01-30,11101,d_2,Bowl,Sporting,,,1,0\n"
    "2011-01-31,11101,d_3,,,,,1,1\n2011-02-01,11102,d_4,,,,,0,1\n"
    "2011-02-02,11102,d_5,Easter,Religious,Finals,Sporting,0,0\n2011-02-03,11102,d_6,,,,,1,0\n";
static const char *sales = "id,item_id,dept_id,cat_id,store_id,state_id,d_1,d_2,d_3,d_4\n"
                           "A_CA_1_evaluation,A,D,C,CA_1,CA,0,3,0,1\n"
                           "A_TX_1_evaluation,A,D,C,TX_1,TX,0,0,0,0\n"
                           "B_TX_1_evaluation,B,E,C,TX_1,TX,2,0,0,4\n";
static const char *prices = "store_id,item_id,wm_yr_wk,sell_price\nCA_1,A,11102,5\nTX_1,B,11101,7\n"
                            "CA_1,A,11101,6\n";

static void check_fails(const char *sales_text, const char *calendar_text, const char *other,
                        mq_status status, const char *part)
{
    const char *const sources[] = {file_of("sales.csv", sales_text),
                                   file_of("calendar.csv", calendar_text),
                                   file_of("other.csv", other)};
    check_import_fails("m5", NULL, sources, other[0] != '\0' ? 3 : 2, status, part);
}

START_TEST(test_series_begin_with_their_first_sale)
{
    const char *const sources[] = {file_of("calendar.csv", calendar), file_of("sales.csv", sales)};
    ck_ok(import_files("m5", NULL, sources, 2));
    check_panel("daily 2011-01-29 4+2 event_sporting 0 1 0 0 1 0 event_religious 0 0 0 0 1 0: "
                "A_CA_1_evaluation 1 y 3 0 1 snap 1 1 0 0 1 "
                "cat_id 1 dept_id 1 store_id 1 state_id 1 item_id 1; "
                "A_TX_1_evaluation 4 y snap 0 0 "
                "cat_id 1 dept_id 1 store_id 2 state_id 2 item_id 1; "
                "B_TX_1_evaluation 0 y 2 0 0 4 snap 0 0 1 1 0 0 "
                "cat_id 1 dept_id 2 store_id 2 state_id 2 item_id 2; ");
}
END_TEST

START_TEST(test_prices_hold_and_weights_follow_the_id)
{
    const char *const sources[] = {
        file_of("prices.csv", prices), file_of("sales.csv", sales),
        file_of("calendar.csv", calendar),
        file_of("weights.csv", "\"Level_id\",\"Agg_Level_1\",\"Agg_Level_2\",\"Dollar_Sales\","
                               "\"weight\"\n\"Level12\",\"A\",\"CA_1\",10,0.25\n"
                               "\"Level9\",\"TX_1\",\"B\",10,0.75\n")};
    ck_ok(import_files("m5", "ahead: 1", sources, 4));
    check_panel("daily 2011-01-29 4+1 event_sporting 0 1 0 0 1 event_religious 0 0 0 0 1: "
                "A_CA_1_evaluation 1 y 3 0 1 in 1 1 1 sell_price 6 6 5 5 snap 1 1 0 0 weight 0.25 "
                "cat_id 1 dept_id 1 store_id 1 state_id 1 item_id 1; "
                "A_TX_1_evaluation 4 y in sell_price - snap 0 weight - "
                "cat_id 1 dept_id 1 store_id 2 state_id 2 item_id 1; "
                "B_TX_1_evaluation 0 y 2 0 0 4 in 1 1 1 1 sell_price 7 7 7 7 7 snap 0 0 1 1 0 "
                "weight 0.75 cat_id 1 dept_id 2 store_id 2 state_id 2 item_id 2; ");
}
END_TEST

START_TEST(test_weeks_without_a_price_between_priced_ones_are_not_on_sale)
{
    const char *days = "date,wm_yr_wk,d,event_type_1,event_type_2\n2011-01-29,1,d_1,,\n"
                       "2011-01-30,2,d_2,,\n2011-01-31,2,d_3,,\n2011-02-01,3,d_4,,\n";
    const char *const sources[] = {
        file_of("calendar.csv", days),
        file_of("sales.csv", "id,item_id,store_id,d_1,d_2,d_3,d_4\nx,A,S,1,0,2,0\n"
                             "y,B,S,1,0,0,1\n"),
        file_of("prices.csv", "store_id,item_id,wm_yr_wk,sell_price\nS,A,3,4\nS,A,1,5\nS,B,3,6\n")};
    ck_ok(import_files("m5", NULL, sources, 3));
    check_panel("daily 2011-01-29 4+0: x 0 y 1 0 2 0 in 1 0 1 1 sell_price 5 5 5 4 store_id 1 "
                "item_id 1; y 0 y 1 0 0 1 in 1 1 1 1 sell_price 6 6 6 6 store_id 1 item_id 2; ");
}
END_TEST

START_TEST(test_files_of_sales_may_cover_different_days)
{
    const char *const sources[] = {
        file_of("calendar.csv", calendar), file_of("a.csv", "id,store_id,d_2,d_3\nx,S,0,1\n"),
        file_of("b.csv", "id,dept_id,store_id,d_3,d_4,d_5\ny,D,S,2,,3\nz,D,T,0,1,0\n")};
    ck_ok(import_files("m5", NULL, sources, 3));
    check_panel("daily 2011-01-30 4+1 event_sporting 1 0 0 1 0 event_religious 0 0 0 1 0: "
                "x 1 y 1 store_id 1; y 1 y 2 - 3 store_id 1; z 2 y 1 0 store_id 2; ");
    ck_ok(import_files("m5", "{missing: zero, extend: true, ahead: 0}", sources, 3));
    check_panel("daily 2011-01-30 4+0 event_sporting 1 0 0 1 event_religious 0 0 0 1: "
                "x 1 y 1 0 0 store_id 1; y 1 y 2 0 3 store_id 1; z 2 y 1 0 store_id 2; ");
}
END_TEST

START_TEST(test_bad_sales_are_named)
{
    check_fails("id,d_1,d_2\nx,1,y\n", calendar, "", MQ_DATA, "sales.csv:2: column 'd_2': 'y'");
    check_fails("id,d_1,d_2\nx,1\n", calendar, "", MQ_DATA, "sales.csv:2: 2 fields");
    check_fails("id,d_1,d_2\nx,1,2\nx,1,2\n", calendar, "", MQ_DATA, "sales.csv:3: ");
    check_fails("id,d_1,d_3\nx,1,2\n", calendar, "", MQ_DATA, "'d_3' stands where d_2 should be");
    check_fails("id,d_1\nx,0\n", calendar, "", MQ_DATA, "no item has a sale");
    check_fails("id,d_6,d_7\nx,1,1\n", calendar, "", MQ_DATA,
                "sales go to d_7, the calendar to d_6");
    check_fails("id,state_id,d_1\nx,NY,1\n", calendar, "", MQ_DATA,
                "sales.csv:2: the calendar has no column snap_NY");
    check_fails("a,b\n", calendar, "", MQ_DATA, "sales.csv: no table of the M5 competition");
    check_fails("", calendar, "", MQ_DATA, "sales.csv: the file is empty");
}
END_TEST

START_TEST(test_bad_tables_are_named)
{
    const char *one = "id,item_id,store_id,d_1\nx,A,S,1\n";
    const char *head = "date,wm_yr_wk,d,event_type_1,event_type_2\n2011-01-29,1,d_1,,\n";
    struct mq_str days = {0};
    ck_ok(mq_str_printf(&days, "%s2011-01-31,1,d_2,,\n", head));
    check_fails(one, days.data, "", MQ_DATA,
                "calendar.csv:3: 2011-01-31, d_2 is not the day after");
    mq_str_release(&days);
    check_fails(one, "date,wm_yr_wk\n", "", MQ_DATA, "calendar.csv: there is no column 'd'");
    check_fails(one, sales, "", MQ_USAGE, "no calendar beside it");
    check_fails(prices, calendar, "", MQ_USAGE, "no table of sales");
    check_fails(one, head, head, MQ_USAGE, "other.csv: a second calendar");
    check_fails(one, head, "store_id,item_id,wm_yr_wk,sell_price\nS,A,2,1\n", MQ_DATA,
                "other.csv:2: week '2' is not in the calendar");
    check_fails(one, head, "store_id,item_id,wm_yr_wk,sell_price\nS,A,1,x\n", MQ_DATA,
                "other.csv:2: column 'sell_price': 'x'");
    check_fails(one, head, "store_id,item_id,wm_yr_wk,sell_price\nS,A,1,2\nS,A,1,3\n", MQ_DATA,
                "item 'S A' has two prices in week 1: 2 and 3");
    check_fails(one, head, "Agg_Level_1,Agg_Level_2,weight\nA,S\n", MQ_DATA,
                "other.csv:2: 2 fields, the header has 3");
    const char *const sources[] = {file_of("sales.csv", one), file_of("calendar.csv", head)};
    check_import_fails("m5", "ahead: 3", sources, 2, MQ_USAGE,
                       "ahead is 3, but the calendar goes 0 days past the sales");
}
END_TEST

START_TEST(test_every_failed_allocation_is_a_clean_error)
{
    struct mq_schema schema = mq_schema_default();
    const char *const sources[] = {file_of("sales.csv", sales), file_of("calendar.csv", calendar),
                                   file_of("prices.csv", prices)};
    const char *output = test_path("t.h5");
    const size_t live = mq_alloc_live_bytes();
    mq_status status = MQ_FAILED;
    for (uint64_t n = 1; status == MQ_FAILED; n++) {
        ck_assert_uint_lt(n, 2000);
        mq_alloc_fail_at(n);
        status = mq_import_find("m5")->run(&schema, sources, 3, output);
        mq_alloc_fail_at(0);
        ck_assert_uint_eq(mq_alloc_live_bytes(), live);
    }
    ck_assert_int_eq(status, MQ_OK);
}
END_TEST

START_TEST(test_days_have_possible_numbers_and_states_one_column)
{
    check_fails("id,d_9223372036854775806,d_9223372036854775807\nx,1,1\n", calendar, "", MQ_DATA,
                "no table of the M5 competition");
    check_fails("id,d_-9223372036854775808\nx,1\n", calendar, "", MQ_DATA,
                "no table of the M5 competition");
    check_fails(sales,
                "date,wm_yr_wk,d,event_type_1,event_type_2,snap_CA,snap_CA\n"
                "2011-01-29,1,d_1,,,1,1\n",
                "", MQ_DATA, "calendar.csv: two columns are called 'snap_CA'");
    check_fails(sales, "date,wm_yr_wk,d,event_type_1,event_type_2\n2011-01-29,1,d_1,\xff,\n", "",
                MQ_DATA, "calendar.csv:2: '\xff' is not UTF-8");
}
END_TEST

START_TEST(test_no_days_are_ahead_where_nothing_is_known_of_them)
{
    const char *const sources[] = {
        file_of("sales.csv", "id,d_1\nx,1\n"),
        file_of("calendar.csv", "date,wm_yr_wk,d,event_type_1,event_type_2\n2011-01-29,1,d_1,,\n"
                                "2011-01-30,1,d_2,,\n")};
    ck_ok(import_files("m5", NULL, sources, 2));
    check_panel("daily 2011-01-29 1+0: x 0 y 1; ");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("import_m5");
    tcase_add_test(tc, test_series_begin_with_their_first_sale);
    tcase_add_test(tc, test_prices_hold_and_weights_follow_the_id);
    tcase_add_test(tc, test_weeks_without_a_price_between_priced_ones_are_not_on_sale);
    tcase_add_test(tc, test_files_of_sales_may_cover_different_days);
    tcase_add_test(tc, test_bad_sales_are_named);
    tcase_add_test(tc, test_bad_tables_are_named);
    tcase_add_test(tc, test_every_failed_allocation_is_a_clean_error);
    tcase_add_test(tc, test_days_have_possible_numbers_and_states_one_column);
    tcase_add_test(tc, test_no_days_are_ahead_where_nothing_is_known_of_them);
    return run_tests("data/import_m5", tc);
}
