// What is said of a panel's values, on series small enough to count by hand.
#include "mq/data/summary.h"

#include "support/panel_text.h"

static struct mq_panel_summary summarise(const char *schema, const char *csv)
{
    struct mq_panel_summary summary;
    struct mq_panel *panel = NULL;
    const char *const sources[] = {file_of("t.csv", csv)};
    ck_ok(import_files("csv", schema, sources, 1));
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    ck_ok(mq_panel_summarise(panel, &summary));
    mq_panel_close(panel);
    return summary;
}

START_TEST(test_values_are_counted_by_what_they_are)
{
    const struct mq_panel_summary summary =
        summarise(NULL, "item_id,ds,y\na,2020-01-01,1.5\na,2020-01-02,0\na,2020-01-03,-2\n"
                        "a,2020-01-06,4\nb,2020-01-02,\nc,2020-01-01,0\n");
    ck_assert_int_eq(summary.n_observed, 5);
    ck_assert_int_eq(summary.n_zero, 2);
    ck_assert_int_eq(summary.n_negative, 1);
    ck_assert_int_eq(summary.n_empty, 1);
    ck_assert_int_eq(summary.shortest, 1);
    ck_assert_int_eq(summary.longest, 6);
    ck_assert_double_eq(summary.total, 3.5);
    ck_assert_double_eq(summary.smallest, -2);
    ck_assert_double_eq(summary.largest, 4);
    ck_assert_int_eq(summary.n_outliers, 0);
    ck_assert_int_eq(summary.worst.series, -1);
}
END_TEST

START_TEST(test_an_outlier_is_far_from_its_own_series)
{
    // Quartiles 2 and 4, median 3: what is beyond 4 + 3 x 3 = 13 is far out, and 13 itself is not.
    const struct mq_panel_summary summary = summarise(
        NULL, "item_id,ds,y\nb,2020-01-01,100\nb,2020-01-02,1\n" // too few to tell
              "a,2020-01-01,1\na,2020-01-02,2\na,2020-01-03,2\na,2020-01-04,3\na,2020-01-05,0\n"
              "a,2020-01-06,3\na,2020-01-07,4\na,2020-01-08,13\na,2020-01-09,40\na,2020-01-10,2\n");
    ck_assert_int_eq(summary.n_outliers, 1);
    ck_assert_int_eq(summary.n_series_with_outliers, 1);
    ck_assert_int_eq(summary.worst.series, 1);
    ck_assert_int_eq(summary.worst.period, 8);
    ck_assert_float_eq(summary.worst.value, 40);
    ck_assert_float_eq(summary.worst.median, 3);
}
END_TEST

START_TEST(test_series_are_counted_by_category)
{
    const struct mq_panel_summary summary =
        summarise("{static: [k]}", "item_id,ds,y,k\na,2020-01-01,1,x\nb,2020-01-01,1,y\n"
                                   "c,2020-01-01,1,y\nd,2020-01-02,1,\na,2020-01-02,1,\n");
    ck_assert_int_eq(summary.categories[0].unknown, 1);
    ck_assert_int_eq(summary.categories[0].largest, 2);
    ck_assert_int_eq(summary.categories[0].largest_code, 2);
    ck_assert_int_eq(summary.categories[0].unused, 0);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("summary");
    tcase_add_test(tc, test_values_are_counted_by_what_they_are);
    tcase_add_test(tc, test_an_outlier_is_far_from_its_own_series);
    tcase_add_test(tc, test_series_are_counted_by_category);
    return run_tests("data/summary", tc);
}
