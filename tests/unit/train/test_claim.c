// What others learn of a claim: who holds it, or did when he was ended.
#include "support/harness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mq/base/path.h"
#include "mq/train/claim.h"

static void put_claim(const char *text)
{
    ck_ok(mq_make_directories(test_path("run")));
    ck_ok(mq_file_replace(test_path("run/claim"), text, strlen(text)));
}

static struct mq_claim look(void)
{
    struct mq_claim claim;
    mq_claim_look(test_path("run"), &claim);
    return claim;
}

START_TEST(test_a_run_without_claim_or_with_an_empty_one_is_free)
{
    ck_assert_int_eq(look().state, MQ_CLAIM_FREE);
    put_claim("");
    ck_assert_int_eq(look().state, MQ_CLAIM_FREE);
    ck_assert_str_eq(look().holder, "");
}
END_TEST

START_TEST(test_a_claim_is_held_as_long_as_its_lock)
{
    put_claim("pid 4711 on host h2\n");
    const int file = open(test_path("run/claim"), O_RDWR);
    ck_assert_int_eq(flock(file, LOCK_EX), 0);
    ck_assert_int_eq(look().state, MQ_CLAIM_HELD);
    ck_assert_str_eq(look().holder, "pid 4711 on host h2");
    (void)close(file);
    ck_assert_int_eq(look().state, MQ_CLAIM_LEFT);
    ck_assert_str_eq(look().holder, "pid 4711 on host h2");
}
END_TEST

START_TEST(test_looking_leaves_no_lock_behind)
{
    put_claim("");
    ck_assert_int_eq(look().state, MQ_CLAIM_FREE);
    const int file = open(test_path("run/claim"), O_RDWR);
    ck_assert_int_eq(flock(file, LOCK_EX | LOCK_NB), 0);
    (void)close(file);
}
END_TEST

START_TEST(test_no_more_is_read_than_there_is_room_for)
{
    char text[4 * MQ_CLAIM_HOLDER_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    put_claim(text);
    ck_assert_uint_eq(strlen(look().holder), MQ_CLAIM_HOLDER_MAX - 1);
}
END_TEST

START_TEST(test_what_is_no_file_is_not_waited_for)
{
    ck_ok(mq_make_directories(test_path("run")));
    (void)unlink(test_path("run/claim"));
    ck_assert_int_eq(mkfifo(test_path("run/claim"), 0600), 0);
    ck_assert_str_eq(look().holder, "");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("claim");
    tcase_add_test(tc, test_a_run_without_claim_or_with_an_empty_one_is_free);
    tcase_add_test(tc, test_a_claim_is_held_as_long_as_its_lock);
    tcase_add_test(tc, test_looking_leaves_no_lock_behind);
    tcase_add_test(tc, test_no_more_is_read_than_there_is_room_for);
    tcase_add_test(tc, test_what_is_no_file_is_not_waited_for);
    return run_tests("train/claim", tc);
}
