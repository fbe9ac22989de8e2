// Blocks of series in bounded memory: what the panel holds, whatever the limit.
#include "support/panels.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/data/cache.h"
#include "support/harness.h"

enum { N = 5 * MQ_CACHE_BLOCK + 20, PERIODS = 8, MIB = 1 << 20 };

static const char *write_panel(const char *name)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, N, PERIODS);
    catalogue_write(&catalogue, test_path(name));
    catalogue_release(&catalogue);
    return test_path(name);
}

static void check_series(struct mq_cache *cache, const struct mq_series_block *all, int64_t number)
{
    const struct mq_series_block *block;
    int64_t i;
    ck_ok(mq_cache_find(cache, number, &block, &i));
    ck_assert_int_eq(block->first + i, number);
    ck_assert_int_eq(block->length[i], all->length[number]);
    ck_assert_int_eq(block->start[i], all->start[number]);
    if (block->length[i] > 0)
        ck_assert_mem_eq(block->target + block->offset[i], all->target + all->offset[number],
                         (size_t)block->length[i] * sizeof *block->target);
    ck_assert(block->statics[SHOP][i] == all->statics[SHOP][number]);
}

START_TEST(test_any_limit_gives_what_the_panel_holds)
{
    static const int64_t limits[] = {0, 1, 100000, 64 * MIB};
    const char *path = write_panel("panel.h5");
    struct mq_panel *panel;
    struct mq_series_block all;
    ck_ok(mq_panel_open(&panel, path));
    ck_ok(mq_panel_read(panel, 0, N, &all));
    for (int l = 0; l < 4; l++) {
        struct mq_cache *cache;
        ck_ok(mq_cache_new(&cache, path, limits[l]));
        for (int64_t k = 0; k < 60; k++)
            check_series(cache, &all, k * 811 % N);
        check_series(cache, &all, 0);
        check_series(cache, &all, N - 1);
        mq_cache_free(cache);
    }
    mq_series_block_release(&all);
    mq_panel_close(panel);
}
END_TEST

static void touch(struct mq_cache *cache, int64_t which)
{
    const struct mq_series_block *block;
    int64_t i;
    ck_ok(mq_cache_find(cache, which * MQ_CACHE_BLOCK, &block, &i));
}

START_TEST(test_memory_stays_within_the_limit_and_one_block)
{
    struct mq_cache *cache;
    const char *path = write_panel("panel.h5");
    ck_ok(mq_cache_new(&cache, path, 64 * MIB));
    const size_t empty = mq_alloc_live_bytes();
    touch(cache, 0);
    const size_t one = mq_alloc_live_bytes() - empty;
    touch(cache, 1);
    touch(cache, 2);
    ck_assert_uint_gt(mq_alloc_live_bytes() - empty, 2 * one); // a wide limit keeps them all
    mq_cache_free(cache);

    ck_ok(mq_cache_new(&cache, path, (int64_t)one + 1));
    const size_t before = mq_alloc_live_bytes();
    for (int64_t which = 0; which < 5; which++) {
        touch(cache, which);
        ck_assert_uint_le(mq_alloc_live_bytes() - before, 2 * one + one / 4);
    }
    mq_cache_free(cache);
}
END_TEST

START_TEST(test_the_block_used_longest_ago_leaves_first)
{
    struct mq_cache *cache;
    const char *path = write_panel("panel.h5");
    ck_ok(mq_cache_new(&cache, path, 64 * MIB));
    const size_t empty = mq_alloc_live_bytes();
    touch(cache, 0);
    const int64_t two = (int64_t)(2 * (mq_alloc_live_bytes() - empty)) - MIB / 64;
    mq_cache_free(cache);

    ck_ok(mq_cache_new(&cache, path, two)); // two blocks fit; the third makes one leave
    touch(cache, 0);
    touch(cache, 1);
    touch(cache, 0);
    touch(cache, 2); // instead of 1
    const uint64_t calls = mq_alloc_calls();
    touch(cache, 0);
    ck_assert_uint_eq(mq_alloc_calls(), calls); // still there
    touch(cache, 1);
    ck_assert_uint_gt(mq_alloc_calls(), calls); // read again
    mq_cache_free(cache);
}
END_TEST

START_TEST(test_a_missing_panel_is_an_error_without_leftovers)
{
    struct mq_cache *cache;
    ck_fails(mq_cache_new(&cache, test_path("none.h5"), MIB), MQ_FAILED, "none.h5");
    const char *path = write_panel("panel.h5");
    mq_alloc_fail_at(1);
    ck_fails(mq_cache_new(&cache, path, MIB), MQ_FAILED, "out of memory");
    mq_cache_free(NULL);
}
END_TEST

START_TEST(test_a_failed_read_can_be_tried_again)
{
    struct mq_cache *cache;
    const struct mq_series_block *block;
    int64_t i;
    ck_ok(mq_cache_new(&cache, write_panel("panel.h5"), MIB));
    mq_alloc_fail_at(3);
    ck_fails(mq_cache_find(cache, 7, &block, &i), MQ_FAILED, "out of memory");
    ck_ok(mq_cache_find(cache, 7, &block, &i));
    ck_assert_int_eq(block->first + i, 7);
    mq_cache_free(cache);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("cache");
    tcase_add_test(tc, test_any_limit_gives_what_the_panel_holds);
    tcase_add_test(tc, test_memory_stays_within_the_limit_and_one_block);
    tcase_add_test(tc, test_the_block_used_longest_ago_leaves_first);
    tcase_add_test(tc, test_a_missing_panel_is_an_error_without_leftovers);
    tcase_add_test(tc, test_a_failed_read_can_be_tried_again);
    return run_tests("data/cache", tc);
}
