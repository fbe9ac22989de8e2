// The loader's thread gives the batches that filling them one by one gives, from any step on.
#include "support/panels.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/data/loader.h"
#include "support/harness.h"

enum { N = 30, PERIODS = 60, T = 10, H = 4, TRAIN_END = 50, SLOTS = 3, LANES = 4, STEPS = 8 };

/// HDF5 forgets the object headers that it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static const struct mq_window_shape shape = {
    .series = SLOTS, .context = T, .horizon = H, .scale_span = T};

struct bench {
    struct catalogue catalogue;
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_window_maker maker;
    struct mq_loader_plan plan; // all lanes, from step 0
};

static void bench_init(struct bench *bench)
{
    catalogue_init(&bench->catalogue, N, PERIODS);
    bench->panel = catalogue_open(&bench->catalogue, test_path("panel.h5"));
    tiny_model(&bench->model, bench->panel, "seasonal_naive", NULL, 0);
    ck_ok(mq_window_maker_init(&bench->maker, &bench->model.features, bench->panel, 0.5, T + H));
    bench->plan = (struct mq_loader_plan){
        .panel_path = mq_panel_path(bench->panel),
        .maker = &bench->maker,
        .features = &bench->model.features,
        .shape = shape,
        .seed = 7,
        .lanes = LANES,
        .n_lanes = LANES,
        .train_end = TRAIN_END,
        .cache_bytes = 1 << 20,
    };
}

static void bench_release(struct bench *bench)
{
    mq_window_maker_release(&bench->maker);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
    catalogue_release(&bench->catalogue);
}

// Lane `lane` of step `step`, slot by slot.
static void fill_directly(struct bench *bench, struct mq_batch *batch, int64_t lane, int64_t step)
{
    struct mq_series_block all;
    struct mq_sampler sampler;
    ck_ok(mq_panel_read(bench->panel, 0, N, &all));
    ck_ok(mq_sampler_init(&sampler, bench->plan.seed, N, LANES, lane));
    const int64_t high = TRAIN_END - 2; // one target of the last fork is left
    for (int64_t slot = 0; slot < SLOTS; slot++) {
        const int64_t position = step * SLOTS + slot;
        const int64_t i = mq_sampler_series(&sampler, position);
        const int64_t whole =
            all.start[i] + T - 2; // the first window begins just before the launch
        const int64_t end = mq_sampler_end(&sampler, position, whole < high ? whole : high, high);
        mq_window_fill(&bench->maker, batch, slot, &all, i, end, TRAIN_END);
    }
    mq_sampler_release(&sampler);
    mq_series_block_release(&all);
}

static void check_same(const struct mq_batch *got, const struct mq_batch *want)
{
    ck_assert_mem_eq(got->series, want->series, SLOTS * sizeof *got->series);
    ck_assert_uint_eq(got->arena.used, want->arena.used);
    ck_assert_mem_eq(got->arena.base, want->arena.base, want->arena.used);
}

static void check_steps(struct bench *bench, const struct mq_loader_plan *plan, int64_t n)
{
    struct mq_loader *loader;
    struct mq_batch want;
    double wait_s = 0;
    ck_ok(mq_batch_init(&want, &bench->model.features, shape));
    ck_ok(mq_loader_start(&loader, plan));
    for (int64_t s = 0; s < n; s++) {
        const struct mq_batch *batches;
        ck_ok(mq_loader_next(loader, &batches, &wait_s));
        for (int64_t lane = 0; lane < plan->n_lanes; lane++) {
            fill_directly(bench, &want, plan->first_lane + lane, plan->first_step + s);
            check_same(&batches[lane], &want);
        }
    }
    ck_assert(wait_s >= 0);
    mq_loader_stop(loader);
    mq_batch_release(&want);
}

START_TEST(test_the_batches_are_those_of_direct_filling)
{
    struct bench bench;
    bench_init(&bench);
    check_steps(&bench, &bench.plan, STEPS);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_rank_gets_the_lanes_it_owns_whatever_the_others_do)
{
    struct bench bench;
    bench_init(&bench);
    struct mq_loader_plan plan = bench.plan;
    plan.first_lane = 1;
    plan.n_lanes = 2;
    check_steps(&bench, &plan, STEPS);
    plan.n_lanes = 0;
    check_steps(&bench, &plan, 2);
    bench_release(&bench);
}
END_TEST

START_TEST(test_resuming_at_a_step_gives_the_batches_of_that_step)
{
    struct bench bench;
    bench_init(&bench);
    struct mq_loader_plan plan = bench.plan;
    for (plan.first_step = 1; plan.first_step < 30; plan.first_step *= 5)
        check_steps(&bench, &plan, 2);
    bench_release(&bench);
}
END_TEST

START_TEST(test_every_target_that_trains_lies_before_the_end_of_training)
{
    struct bench bench;
    struct mq_loader *loader;
    double wait_s = 0;
    bench_init(&bench);
    // Whatever lies past the end is replaced by a value that would be noticed.
    for (int i = 0; i < N; i++)
        for (int64_t j = 0; j < bench.catalogue.products[i].length; j++)
            if (bench.catalogue.products[i].start + j >= TRAIN_END)
                bench.catalogue.products[i].target[j] = 12345;
    catalogue_write(&bench.catalogue, test_path("marked.h5"));
    bench.plan.panel_path = test_path("marked.h5");
    ck_ok(mq_loader_start(&loader, &bench.plan));
    for (int s = 0; s < STEPS; s++) {
        const struct mq_batch *batches;
        ck_ok(mq_loader_next(loader, &batches, &wait_s));
        for (int lane = 0; lane < LANES; lane++)
            for (int64_t k = 0; k < SLOTS * (T + H); k++)
                ck_assert(batches[lane].target[k] < 12345);
    }
    mq_loader_stop(loader);
    bench_release(&bench);
}
END_TEST

START_TEST(test_more_lanes_than_series_are_filled_with_padding)
{
    struct bench bench;
    struct mq_loader *loader;
    const struct mq_batch *batches;
    double wait_s = 0;
    int64_t n_padded = 0;
    bench_init(&bench);
    struct mq_loader_plan plan = bench.plan;
    plan.lanes = plan.n_lanes = N + 5;
    ck_ok(mq_loader_start(&loader, &plan));
    ck_ok(mq_loader_next(loader, &batches, &wait_s));
    for (int64_t lane = 0; lane < plan.n_lanes; lane++)
        n_padded += batches[lane].series[0] == -1;
    ck_assert_int_eq(n_padded, 5);
    mq_loader_stop(loader);
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_error_of_the_thread_is_the_error_of_next)
{
    struct bench bench;
    struct mq_loader *loader;
    const struct mq_batch *batches;
    double wait_s = 0;
    bench_init(&bench);
    catalogue_write(&bench.catalogue, test_path("damaged.h5"));
    panel_damage(test_path("damaged.h5"));
    bench.plan.panel_path = test_path("damaged.h5");
    ck_ok(mq_loader_start(&loader, &bench.plan));
    ck_fails(mq_loader_next(loader, &batches, &wait_s), MQ_DATA, "damaged.h5");
    ck_fails(mq_loader_next(loader, &batches, &wait_s), MQ_DATA, "damaged.h5");
    mq_loader_stop(loader);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_loader_that_cannot_start_leaves_nothing_behind)
{
    struct bench bench;
    struct mq_loader *loader;
    bench_init(&bench);
    for (uint64_t n = 1; n < 40; n += 3) {
        mq_alloc_fail_at(n);
        const mq_status status = mq_loader_start(&loader, &bench.plan);
        mq_alloc_fail_at(0);
        if (status == MQ_OK)
            mq_loader_stop(loader);
        else
            ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "out of memory"));
    }
    bench.plan.panel_path = test_path("none.h5");
    ck_fails(mq_loader_start(&loader, &bench.plan), MQ_FAILED, "none.h5");
    mq_loader_stop(NULL);
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("loader");
    tcase_add_test(tc, test_the_batches_are_those_of_direct_filling);
    tcase_add_test(tc, test_a_rank_gets_the_lanes_it_owns_whatever_the_others_do);
    tcase_add_test(tc, test_resuming_at_a_step_gives_the_batches_of_that_step);
    tcase_add_test(tc, test_every_target_that_trains_lies_before_the_end_of_training);
    tcase_add_test(tc, test_more_lanes_than_series_are_filled_with_padding);
    tcase_add_test(tc, test_the_error_of_the_thread_is_the_error_of_next);
    tcase_add_test(tc, test_a_loader_that_cannot_start_leaves_nothing_behind);
    return run_tests("data/loader", tc);
}
