// The synthetic catalogue: pure in (seed, i), and its structure is really in the data.
#include "mq/data/synth.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "support/harness.h"

// A catalogue read back whole.
struct catalogue {
    struct mq_panel *panel;
    const struct mq_panel_info *info;
    struct mq_series_block block;
};

static void open_catalogue(struct catalogue *catalogue, const char *name, struct mq_synth synth)
{
    *catalogue = (struct catalogue){0};
    ck_ok(mq_synth_write(&synth, test_path(name)));
    ck_ok(mq_panel_open(&catalogue->panel, test_path(name)));
    catalogue->info = mq_panel_info(catalogue->panel);
    ck_ok(mq_panel_read(catalogue->panel, 0, synth.n_series, &catalogue->block));
}

static void close_catalogue(struct catalogue *catalogue)
{
    mq_series_block_release(&catalogue->block);
    mq_panel_close(catalogue->panel);
}

static int64_t covariate(const struct catalogue *catalogue, const char *name)
{
    for (int64_t c = 0; c < catalogue->info->n_covariates; c++)
        if (strcmp(catalogue->info->covariates[c].name, name) == 0) return c;
    ck_abort_msg("no covariate '%s'", name);
    return -1;
}

static bool is_equal(const float a[], const float b[], int64_t n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

// Whether the first n series of both hold the same bits.
static bool is_same(const struct catalogue *a, const struct catalogue *b, int64_t n)
{
    const struct mq_series_block *p = &a->block;
    const struct mq_series_block *q = &b->block;
    if (p->offset[n] != q->offset[n]) return false;
    const int64_t values = p->offset[n];
    bool same = memcmp(p->start, q->start, (size_t)n * sizeof *p->start) == 0 &&
                is_equal(p->target, q->target, values) &&
                is_equal(p->available, q->available, values);
    for (int64_t c = 0; c < a->info->n_covariates; c++) {
        if (p->known[c] != NULL)
            same = same && is_equal(p->known[c], q->known[c], values + n * p->ahead);
        if (p->statics[c] != NULL) same = same && is_equal(p->statics[c], q->statics[c], n);
    }
    return same;
}

static const struct mq_synth small = {300, 120, 14, MQ_DAY, 1, MQ_SYNTH_CATALOGUE, 0};

START_TEST(test_same_seed_gives_the_same_panel)
{
    struct catalogue a;
    struct catalogue b;
    open_catalogue(&a, "a.h5", small);
    open_catalogue(&b, "b.h5", small);
    ck_assert(is_same(&a, &b, small.n_series));
    ck_assert_str_eq(a.info->fingerprint, b.info->fingerprint);
    close_catalogue(&b);
    struct mq_synth other = small;
    other.seed = 2;
    open_catalogue(&b, "b.h5", other);
    ck_assert(!is_same(&a, &b, 1));
    close_catalogue(&a);
    close_catalogue(&b);
}
END_TEST

START_TEST(test_a_series_does_not_depend_on_the_number_of_series)
{
    struct catalogue many;
    struct catalogue few;
    struct mq_synth synth = small;
    open_catalogue(&many, "many.h5", synth);
    synth.n_series = 50;
    open_catalogue(&few, "few.h5", synth);
    ck_assert(is_same(&many, &few, 50));
    close_catalogue(&many);
    close_catalogue(&few);
}
END_TEST

START_TEST(test_one_series_fills_the_panel)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct catalogue one;
        open_catalogue(&one, "one.h5",
                       (struct mq_synth){1, 10, 3, MQ_WEEK, seed, MQ_SYNTH_CATALOGUE, 0});
        ck_assert_int_eq(one.info->n_periods, 10);
        ck_assert_int_eq(one.block.length[0], 10);
        ck_assert_int_eq(one.info->ahead, 3);
        close_catalogue(&one);
    }
}
END_TEST

START_TEST(test_every_kind_of_product_is_there)
{
    struct catalogue all;
    open_catalogue(&all, "all.h5",
                   (struct mq_synth){4000, 120, 14, MQ_DAY, 3, MQ_SYNTH_CATALOGUE, 0});
    const struct mq_series_block *block = &all.block;
    int64_t unlaunched = 0;
    int64_t launched = 0;
    int64_t delisted = 0;
    int64_t dead = 0;
    int64_t mostly_zero = 0;
    for (int64_t i = 0; i < block->n; i++) {
        const float *target = block->target + block->offset[i];
        const int64_t length = block->length[i];
        int64_t zeros = 0;
        int64_t zeros_at_end = 0;
        for (int64_t t = 0; t < length; t++) {
            zeros += target[t] == 0.0f;
            zeros_at_end = target[t] == 0.0f ? zeros_at_end + 1 : 0;
        }
        unlaunched += length == 0;
        launched += length > 0 && block->start[i] > 0;
        delisted += length > 0 && block->start[i] + length < 120;
        dead += zeros_at_end >= 30 && zeros < length && zeros - zeros_at_end < 10;
        mostly_zero += length >= 60 && 2 * zeros > length;
    }
    ck_assert_int_gt(unlaunched, 5);
    ck_assert_int_gt(launched, 900);
    ck_assert_int_gt(delisted, 60);
    ck_assert_int_gt(dead, 20);
    ck_assert_int_gt(mostly_zero, 400);
    close_catalogue(&all);
}
END_TEST

START_TEST(test_nothing_sells_while_out_of_stock)
{
    struct catalogue all;
    open_catalogue(&all, "all.h5",
                   (struct mq_synth){1000, 200, 0, MQ_DAY, 4, MQ_SYNTH_CATALOGUE, 0});
    const struct mq_series_block *block = &all.block;
    int64_t out = 0;
    for (int64_t j = 0; j < block->offset[block->n]; j++) {
        if (block->available[j] != 0.0f) continue;
        out++;
        ck_assert_float_eq(block->target[j], 0.0f);
    }
    const double share = (double)out / (double)block->offset[block->n];
    ck_assert_double_gt(share, 0.005);
    ck_assert_double_lt(share, 0.05);
    close_catalogue(&all);
}
END_TEST

// Sums of the regression of log sales on log price within one series, in stock and not promoted.
struct sums {
    double n, x, y, xx, xy;
};

static struct sums log_price_sums(const struct catalogue *all, int64_t i, int64_t price,
                                  int64_t promotion)
{
    const struct mq_series_block *block = &all->block;
    const int64_t from = block->offset[i];
    const int64_t known = from + i * block->ahead;
    struct sums sums = {0};
    for (int64_t t = 0; t < block->length[i]; t++) {
        const float sales = block->target[from + t];
        if (sales <= 0 || block->known[promotion][known + t] != 0.0f) continue;
        const double x = log((double)block->known[price][known + t]);
        const double y = log((double)sales);
        sums.n += 1;
        sums.x += x;
        sums.y += y;
        sums.xx += x * x;
        sums.xy += x * y;
    }
    return sums;
}

// Elasticities are uniform in [-2.2, -1]; large sellers alone, so that the log of a count is tame.
START_TEST(test_planted_elasticity_is_recovered_by_regression)
{
    struct catalogue all;
    open_catalogue(&all, "all.h5",
                   (struct mq_synth){1500, 300, 0, MQ_DAY, 5, MQ_SYNTH_CATALOGUE, 0});
    const int64_t price = covariate(&all, "price");
    const int64_t promotion = covariate(&all, "promotion");
    double covariance = 0;
    double variance = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < all.block.n; i++) {
        const struct sums s = log_price_sums(&all, i, price, promotion);
        if (s.n < 100 || s.y / s.n < log(20)) continue;
        used++;
        covariance += s.xy - s.x * s.y / s.n;
        variance += s.xx - s.x * s.x / s.n;
    }
    ck_assert_int_gt(used, 50);
    ck_assert_double_eq_tol(covariance / variance, -1.6, 0.2);
    close_catalogue(&all);
}
END_TEST

START_TEST(test_volume_has_a_heavy_tail)
{
    struct catalogue all;
    open_catalogue(&all, "all.h5",
                   (struct mq_synth){2000, 50, 0, MQ_DAY, 6, MQ_SYNTH_CATALOGUE, 0});
    double total = 0;
    double largest_tenth = 0;
    double volume[2000];
    for (int64_t i = 0; i < all.block.n; i++) {
        volume[i] = 0;
        for (int64_t j = all.block.offset[i]; j < all.block.offset[i + 1]; j++)
            volume[i] += (double)all.block.target[j];
        total += volume[i];
    }
    for (int64_t i = 0; i < all.block.n; i++) {
        int64_t larger = 0;
        for (int64_t k = 0; k < all.block.n; k++)
            larger += volume[k] > volume[i];
        if (larger < all.block.n / 10) largest_tenth += volume[i];
    }
    ck_assert_double_gt(largest_tenth / total, 0.45);
    close_catalogue(&all);
}
END_TEST

START_TEST(test_poisson_demand_is_alike_and_independent_everywhere)
{
    enum { N = 200, T = 100 };
    const struct mq_synth synth = {.n_series = N,
                                   .length = T,
                                   .unit = MQ_DAY,
                                   .seed = 7,
                                   .demand = MQ_SYNTH_POISSON,
                                   .mean = 5};
    struct catalogue all;
    open_catalogue(&all, "poisson.h5", synth);
    double sum = 0;
    double variance = 0;
    double next = 0; // covariance with the next period, with the same of the next product
    double beside = 0;
    ck_assert_int_eq(all.info->n_covariates, 0);
    for (int64_t i = 0; i < N; i++) {
        ck_assert_int_eq(all.block.start[i], 0);
        ck_assert_int_eq(all.block.length[i], T);
    }
    for (int64_t j = 0; j < N * T; j++) {
        const double away = (double)all.block.target[j] - 5;
        sum += away / (N * T);
        variance += away * away / (N * T);
        next += away * ((double)all.block.target[(j + 1) % (N * T)] - 5) / (N * T);
        beside += away * ((double)all.block.target[(j + T) % (N * T)] - 5) / (N * T);
    }
    ck_assert_double_eq_tol(sum, 0, 0.06);
    ck_assert_double_eq_tol(variance, 5, 0.2);
    ck_assert_double_eq_tol(next, 0, 0.15);
    ck_assert_double_eq_tol(beside, 0, 0.15);
    close_catalogue(&all);
}
END_TEST

START_TEST(test_impossible_catalogues_are_refused)
{
    const char *path = test_path("no.h5");
    ck_fails(mq_synth_write(&(struct mq_synth){0, 10, 0, MQ_DAY, 1, MQ_SYNTH_CATALOGUE, 0}, path),
             MQ_USAGE, "one series");
    ck_fails(mq_synth_write(&(struct mq_synth){1, 0, 0, MQ_DAY, 1, MQ_SYNTH_CATALOGUE, 0}, path),
             MQ_USAGE, "one period");
    ck_fails(mq_synth_write(&(struct mq_synth){1, 1, -1, MQ_DAY, 1, MQ_SYNTH_CATALOGUE, 0}, path),
             MQ_USAGE, "ahead");
    ck_assert(!mq_path_exists(path));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("synth");
    tcase_add_test(tc, test_same_seed_gives_the_same_panel);
    tcase_add_test(tc, test_a_series_does_not_depend_on_the_number_of_series);
    tcase_add_test(tc, test_one_series_fills_the_panel);
    tcase_add_test(tc, test_every_kind_of_product_is_there);
    tcase_add_test(tc, test_nothing_sells_while_out_of_stock);
    tcase_add_test(tc, test_planted_elasticity_is_recovered_by_regression);
    tcase_add_test(tc, test_volume_has_a_heavy_tail);
    tcase_add_test(tc, test_poisson_demand_is_alike_and_independent_everywhere);
    tcase_add_test(tc, test_impossible_catalogues_are_refused);
    return run_tests("data/synth", tc);
}
