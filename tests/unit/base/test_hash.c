// SHA-256 against the vectors of FIPS 180, in one piece, in many, from a file.
#include "support/harness.h"

#include <string.h>

#include "mq/base/hash.h"
#include "mq/base/path.h"

static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char of_two_blocks[] =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

START_TEST(test_published_vectors_hold)
{
    char hex[MQ_SHA256_HEX];
    mq_sha256_hex("", 0, hex);
    ck_assert_str_eq(hex, of_nothing);
    mq_sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, of_abc);
    mq_sha256_hex(two_blocks, strlen(two_blocks), hex);
    ck_assert_str_eq(hex, of_two_blocks);
}
END_TEST

START_TEST(test_base64_is_that_of_the_bytes)
{
    char text[MQ_SHA256_BASE64];
    mq_sha256_base64("", 0, text);
    ck_assert_str_eq(text, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}
END_TEST

START_TEST(test_pieces_hash_like_the_whole)
{
    char hex[MQ_SHA256_HEX];
    const size_t n = strlen(two_blocks);
    for (size_t cut = 0; cut <= n; cut++) {
        struct mq_sha256 hash;
        mq_sha256_begin(&hash);
        mq_sha256_add(&hash, two_blocks, cut);
        mq_sha256_add(&hash, two_blocks + cut, n - cut);
        mq_sha256_end(&hash, hex);
        ck_assert_str_eq(hex, of_two_blocks);
    }
}
END_TEST

START_TEST(test_a_file_hashes_like_its_bytes)
{
    char got[MQ_SHA256_HEX];
    char want[MQ_SHA256_HEX];
    static char bytes[200000]; // more than one read
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7919 % 251);
    ck_ok(mq_file_replace(test_path("bytes"), bytes, sizeof bytes));
    ck_ok(mq_sha256_file(test_path("bytes"), got));
    mq_sha256_hex(bytes, sizeof bytes, want);
    ck_assert_str_eq(got, want);
    ck_ok(mq_file_replace(test_path("empty"), NULL, 0));
    ck_ok(mq_sha256_file(test_path("empty"), got));
    ck_assert_str_eq(got, of_nothing);
}
END_TEST

START_TEST(test_an_unreadable_file_is_an_error_that_names_it)
{
    char hex[MQ_SHA256_HEX];
    ck_fails(mq_sha256_file(test_path("none"), hex), MQ_FAILED, "none: No such file");
    ck_fails(mq_sha256_file(test_directory(), hex), MQ_FAILED, test_directory());
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("hash");
    tcase_add_test(tc, test_published_vectors_hold);
    tcase_add_test(tc, test_base64_is_that_of_the_bytes);
    tcase_add_test(tc, test_pieces_hash_like_the_whole);
    tcase_add_test(tc, test_a_file_hashes_like_its_bytes);
    tcase_add_test(tc, test_an_unreadable_file_is_an_error_that_names_it);
    return run_tests("base/hash", tc);
}
