// JSON that is whole or none, whatever jansson makes of a want of memory.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "support/harness.h"

static const char text[] =
    "{\"a long enough name\": [1234567890.125, \"some words\", null], \"b\": {}}";

// jansson's allocations fail at the turn of ours.
static void *allocate(size_t bytes)
{
    void *probe = mq_calloc(1, 1);
    mq_free(probe);
    return probe != NULL ? malloc(bytes) : NULL;
}

START_TEST(test_what_lacks_a_part_is_none)
{
    json_t *list = json_array();
    mq_json_append(&list, json_integer(1));
    ck_assert_uint_eq(json_array_size(list), 1);
    mq_json_append(&list, NULL);
    ck_assert_ptr_null(list);
    mq_json_append(&list, json_integer(2));
    ck_assert_ptr_null(list);
    json_t *object = json_object();
    mq_json_set(&object, "a", json_true());
    mq_json_set(&object, "b", json_real(0.5));
    ck_assert_uint_eq(json_object_size(object), 2);
    mq_json_set(&object, "c", json_string("\xff"));
    ck_assert_ptr_null(object);
}
END_TEST

START_TEST(test_a_text_that_is_wrong_is_not_a_want_of_memory)
{
    json_t *json = NULL;
    json_error_t error;
    ck_fails(mq_json_parse(&json, "{\"a\": ", 6, "x.json"), MQ_DATA, "x.json: ");
    ck_assert_ptr_null(json);
    ck_fails(mq_json_parse(&json, "{\n1}", 4, "x.json"), MQ_DATA, "x.json:2: ");
    ck_fails(mq_json_parse(&json, NULL, 0, "x.json"), MQ_DATA, "x.json");
    ck_assert_ptr_null(json_pack_ex(&error, 0, "{s:s}", "name", "\xff"));
    ck_assert_int_eq(mq_json_fail(&error, "x.json"), MQ_FAILED);
    ck_assert(!mq_is_out_of_memory());
}
END_TEST

START_TEST(test_parsing_fails_at_every_allocation_or_gives_all)
{
    json_set_alloc_funcs(allocate, free);
    json_t *expected = NULL;
    ck_ok(mq_json_parse(&expected, text, sizeof text - 1, "x.json"));
    uint64_t left = 0;
    uint64_t n = 0;
    while (left == 0) {
        json_t *json = NULL;
        (void)mq_alloc_fail_at(++n);
        const mq_status status = mq_json_parse(&json, text, sizeof text - 1, "x.json");
        left = mq_alloc_fail_at(0);
        ck_assert_msg(status == (left == 0 ? MQ_FAILED : MQ_OK), "allocation %llu: %d: %s",
                      (unsigned long long)n, status, mq_error_get()->message);
        ck_assert(left > 0 ? json_equal(json, expected) : json == NULL && mq_is_out_of_memory());
        json_decref(json);
    }
    ck_assert_uint_gt(n, 10);
    json_decref(expected);
}
END_TEST

START_TEST(test_printing_fails_at_every_allocation_or_gives_all)
{
    json_set_alloc_funcs(allocate, free);
    json_t *json = NULL;
    ck_ok(mq_json_parse(&json, text, sizeof text - 1, "x.json"));
    uint64_t left = 0;
    for (uint64_t n = 1; left == 0; n++) {
        struct mq_str printed = {0};
        (void)mq_alloc_fail_at(n);
        const mq_status status = mq_json_text(json, JSON_PRESERVE_ORDER, &printed);
        left = mq_alloc_fail_at(0);
        ck_assert_int_eq(status, left == 0 ? MQ_FAILED : MQ_OK);
        if (left > 0) ck_assert_str_eq(printed.data, text);
        if (left == 0) ck_assert(mq_is_out_of_memory());
        mq_str_release(&printed);
    }
    json_decref(json);
    ck_fails(mq_json_print(NULL, 0), MQ_FAILED, "out of memory");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("json");
    tcase_add_test(tc, test_what_lacks_a_part_is_none);
    tcase_add_test(tc, test_a_text_that_is_wrong_is_not_a_want_of_memory);
    tcase_add_test(tc, test_parsing_fails_at_every_allocation_or_gives_all);
    tcase_add_test(tc, test_printing_fails_at_every_allocation_or_gives_all);
    return run_tests("base/json", tc);
}
