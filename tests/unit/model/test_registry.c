// The table of models: complete rows, found by name.
#include "support/harness.h"

#include <string.h>

#include "mq/model/registry.h"

START_TEST(test_every_row_is_complete_and_found_by_its_name)
{
    int n = 0;
    for (const struct mq_forecaster *const *row = mq_forecasters(); *row != NULL; row++, n++) {
        const struct mq_forecaster *found = NULL;
        ck_ok(mq_forecaster_find((*row)->name, &found));
        ck_assert_ptr_eq(found, *row); // names are unique
        ck_assert(strlen((*row)->summary) > 0 && strlen((*row)->source) > 0);
        ck_assert_int_eq(((*row)->build != NULL) + ((*row)->predict != NULL) +
                             ((*row)->predict_window != NULL) + ((*row)->combine != NULL),
                         1);
        ck_assert_int_eq((*row)->fit != NULL, (*row)->check != NULL);
    }
    ck_assert_int_ge(n, 2);
}
END_TEST

START_TEST(test_the_settings_of_every_model_have_defaults_of_its_own_struct)
{
    for (const struct mq_forecaster *const *row = mq_forecasters(); *row != NULL; row++) {
        struct mq_section section;
        size_t bytes = 0;
        ck_ok(mq_model_settings((*row)->name, &section, &bytes));
        ck_assert_str_eq(section.name, "model");
        ck_assert_int_eq(section.n, (*row)->n_settings);
        _Alignas(16) unsigned char options[16384];
        ck_assert_uint_le(bytes, sizeof options);
        for (int64_t i = 0; i < section.n; i++)
            ck_assert_uint_lt(section.settings[i].offset, bytes);
        ck_ok(mq_settings_default(&section, options));
    }
}
END_TEST

START_TEST(test_a_slip_is_answered_with_the_nearest_name)
{
    const struct mq_forecaster *found = NULL;
    ck_fails(mq_forecaster_find("mqrn", &found), MQ_USAGE, "there is no model 'mqrn'");
    ck_assert_str_eq(mq_error_get()->hint, "did you mean 'mqrnn'?");
    ck_fails(mq_forecaster_find("transformer of the future", &found), MQ_USAGE, "transformer");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "seasonal_naive"));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("registry");
    tcase_add_test(tc, test_every_row_is_complete_and_found_by_its_name);
    tcase_add_test(tc, test_the_settings_of_every_model_have_defaults_of_its_own_struct);
    tcase_add_test(tc, test_a_slip_is_answered_with_the_nearest_name);
    return run_tests("model/registry", tc);
}
