// ranks: 1 2 3 4
#include "support/harness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mq/base/alloc.h"

/// More than one message of the largest size.
enum { LONG_BYTES = (1 << 24) + 7, LONG_SUMS = (1 << 21) + 3 };

START_TEST(test_sum_of_ranks_is_triangular)
{
    struct mq_world *world = test_world();
    const int64_t n = mq_size(world);
    int64_t values[2] = {1, mq_rank(world)};
    ck_ok(mq_sum_i64(world, values, 2));
    ck_assert_int_eq(values[0], n);
    ck_assert_int_eq(values[1], n * (n - 1) / 2);
}
END_TEST

// Lengths around where the algorithm changes, and one that no number of ranks divides. Every rank
// adds something else, so that none can stand for another.
static const int64_t long_sums[] = {8191, 8192, 8193, 65537, LONG_SUMS};

START_TEST(test_long_sum_is_exact_in_every_element)
{
    struct mq_world *world = test_world();
    const int64_t n = long_sums[_i], ranks = mq_size(world), rank = mq_rank(world);
    int64_t *values = mq_calloc(n, sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = (i << 32) + (rank + 1) * i - (rank * rank << 20);
    ck_ok(mq_sum_i64(world, values, n));
    const int64_t squares = (ranks - 1) * ranks * (2 * ranks - 1) / 6;
    int64_t wrong = 0;
    for (int64_t i = 0; i < n; i++)
        wrong += values[i] != ranks * (i << 32) + ranks * (ranks + 1) / 2 * i - (squares << 20);
    ck_assert_int_eq(wrong, 0);
    mq_free(values);
}
END_TEST

START_TEST(test_max_takes_the_largest_of_each)
{
    struct mq_world *world = test_world();
    double values[2] = {mq_rank(world), -mq_rank(world)};
    ck_ok(mq_max_f64(world, values, 2));
    ck_assert_double_eq(values[0], mq_size(world) - 1);
    ck_assert_double_eq(values[1], 0);
}
END_TEST

START_TEST(test_long_broadcast_gives_rank_0_bytes)
{
    struct mq_world *world = test_world();
    unsigned char *bytes = mq_calloc(LONG_BYTES, 1);
    for (int64_t i = 0; i < LONG_BYTES && mq_rank(world) == 0; i++)
        bytes[i] = (unsigned char)(i % 251);
    ck_ok(mq_broadcast(world, bytes, LONG_BYTES));
    int64_t wrong = 0;
    for (int64_t i = 0; i < LONG_BYTES; i++)
        wrong += bytes[i] != (unsigned char)(i % 251);
    ck_assert_int_eq(wrong, 0);
    mq_free(bytes);
}
END_TEST

START_TEST(test_broadcast_string_replaces_what_others_held)
{
    struct mq_world *world = test_world();
    struct mq_str text = {0};
    ck_ok(mq_str_add(&text, mq_rank(world) == 0 ? "of rank 0" : "longer text of another rank"));
    ck_ok(mq_broadcast_str(world, &text));
    ck_assert_str_eq(text.data, "of rank 0");
    mq_str_release(&text);
    ck_ok(mq_broadcast_str(world, &text));
    ck_assert_int_eq(text.length, 0);
    mq_str_release(&text);
}
END_TEST

START_TEST(test_gather_joins_pieces_in_rank_order)
{
    struct mq_world *world = test_world();
    const int rank = mq_rank(world);
    char piece[8];
    memset(piece, 'a' + rank, sizeof piece);
    struct mq_str joined = {0};
    ck_ok(mq_str_add(&joined, "old"));
    int64_t lengths[4] = {-1, -1, -1, -1};
    ck_ok(mq_gather(world, piece, (size_t)rank + 1, &joined, rank == 0 ? lengths : NULL));
    if (rank == 0) {
        ck_assert_int_eq(joined.length, mq_size(world) * (mq_size(world) + 1) / 2);
        ck_assert_int_eq(strncmp(joined.data, "abbcccdddd", joined.length), 0);
        for (int i = 0; i < mq_size(world); i++)
            ck_assert_int_eq(lengths[i], i + 1);
    } else {
        ck_assert_int_eq(joined.length, 0);
    }
    mq_str_release(&joined);
}
END_TEST

START_TEST(test_agree_on_success_is_success)
{
    ck_ok(mq_agree(test_world(), MQ_OK));
}
END_TEST

START_TEST(test_agree_gives_every_rank_the_lowest_failure)
{
    struct mq_world *world = test_world();
    const int lowest = mq_size(world) / 2;
    mq_status status = MQ_OK;
    if (mq_rank(world) >= lowest) {
        (void)mq_fail(MQ_DATA, "shard %d is torn", mq_rank(world));
        status = mq_hint("import it again");
    }
    char rank[32] = "";
    if (mq_size(world) > 1) (void)snprintf(rank, sizeof rank, "rank %d: ", lowest);
    char want[64];
    (void)snprintf(want, sizeof want, "%sshard %d is torn", rank, lowest);
    ck_fails(mq_agree(world, status), MQ_DATA, want);
    ck_assert_str_eq(mq_error_get()->message, want);
    ck_assert_str_eq(mq_error_get()->hint, "import it again");
    ck_fails(mq_agree(world, MQ_DATA), MQ_DATA, want);
    ck_assert_str_eq(mq_error_get()->message, want);
}
END_TEST

START_TEST(test_agree_names_no_rank_for_rank_0)
{
    (void)mq_fail(MQ_USAGE, "no such panel");
    ck_assert_int_eq(mq_agree(test_world(), MQ_USAGE), MQ_USAGE);
    ck_assert_str_eq(mq_error_get()->message, "no such panel");
}
END_TEST

START_TEST(test_agree_carries_a_status_without_a_record)
{
    struct mq_world *world = test_world();
    (void)mq_fail(MQ_DATA, "an older failure");
    const bool is_last = mq_rank(world) == mq_size(world) - 1;
    ck_assert_int_eq(mq_agree(world, is_last ? MQ_STOPPED : MQ_OK), MQ_STOPPED);
}
END_TEST

START_TEST(test_same_everywhere_names_ranks_that_differ)
{
    struct mq_world *world = test_world();
    const int last = mq_size(world) - 1;
    ck_ok(mq_same_everywhere(world, "weights", "5ca1ab1e"));
    if (last == 0) return;
    char want[64];
    (void)snprintf(want, sizeof want, "weights: rank %d differs from rank 0", last);
    const bool differs = mq_rank(world) == last;
    ck_fails(mq_same_everywhere(world, "weights", differs ? "0ddba11" : "5ca1ab1e"), MQ_FAILED,
             want);
    if (last < 3) return;
    ck_fails(mq_same_everywhere(world, "weights", mq_rank(world) % 2 ? "odd" : "even"), MQ_FAILED,
             "weights: ranks 1, 3 differ from rank 0");
}
END_TEST

START_TEST(test_open_refuses_another_number_of_ranks)
{
    const int size = mq_size(test_world());
    struct mq_world *second = NULL;
    char want[64];
    (void)snprintf(want, sizeof want, "--expect-ranks says %d", size + 1);
    ck_fails(mq_world_open(&second, size + 1), MQ_USAGE, want);
    ck_assert_ptr_null(second);
    ck_ok(mq_world_open(&second, size));
    ck_assert_int_eq(mq_size(second), size);
    mq_world_close(second);
    ck_ok(mq_barrier(test_world()));
}
END_TEST

START_TEST(test_writing_to_nobody_ends_no_rank)
{
    if (mq_size(test_world()) == 1) return; // alone, `mqcast ... | head` ends as any filter does
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(close(ends[0]), 0);
    ck_assert_int_eq(write(ends[1], "", 1), -1);
    ck_assert_int_eq(errno, EPIPE);
    ck_assert_int_eq(close(ends[1]), 0);
}
END_TEST

START_TEST(test_facts_count_this_host)
{
    struct mq_world_facts facts;
    ck_ok(mq_world_facts(test_world(), &facts));
    ck_assert_int_eq(facts.ranks, mq_size(test_world()));
    ck_assert_int_eq(facts.nodes, 1);
    ck_assert_int_eq(facts.ranks_here, facts.ranks);
    ck_assert_int_ge(facts.cores_per_rank, 1);
    ck_assert_ptr_nonnull(strstr(facts.library, "MPI"));
    ck_assert_str_ne(facts.thread_level, "SINGLE");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("world");
    tcase_add_test(tc, test_sum_of_ranks_is_triangular);
    tcase_add_loop_test(tc, test_long_sum_is_exact_in_every_element, 0,
                        sizeof long_sums / sizeof long_sums[0]);
    tcase_add_test(tc, test_max_takes_the_largest_of_each);
    tcase_add_test(tc, test_long_broadcast_gives_rank_0_bytes);
    tcase_add_test(tc, test_broadcast_string_replaces_what_others_held);
    tcase_add_test(tc, test_gather_joins_pieces_in_rank_order);
    tcase_add_test(tc, test_agree_on_success_is_success);
    tcase_add_test(tc, test_agree_gives_every_rank_the_lowest_failure);
    tcase_add_test(tc, test_agree_names_no_rank_for_rank_0);
    tcase_add_test(tc, test_agree_carries_a_status_without_a_record);
    tcase_add_test(tc, test_same_everywhere_names_ranks_that_differ);
    tcase_add_test(tc, test_open_refuses_another_number_of_ranks);
    tcase_add_test(tc, test_writing_to_nobody_ends_no_rank);
    tcase_add_test(tc, test_facts_count_this_host);
    return run_mpi_tests("comm/world", tc);
}
