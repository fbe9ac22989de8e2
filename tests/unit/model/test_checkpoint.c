// Checkpoints: the same bits back, no damage passes, the newest whole one is found.
#define _GNU_SOURCE // memmem

#include "support/panels.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/rng.h"
#include "mq/h5/file.h"
#include "mq/model/checkpoint.h"
#include "mq/model/rundir.h"
#include "support/harness.h"

enum { N = 10, PERIODS = 40 };

/// HDF5 forgets the object headers that it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static const struct mq_progress somewhere = {
    .step = 1234,
    .best_score = 0.123456789012345,
    .best_step = 1200,
    .bad_validations = 2,
    .schedule = {.factor = 0.25, .best = 0.125, .misses = 1},
};

struct bench {
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_optimizer *optimizer; // of a few steps
};

static void bench_init(struct bench *bench, const char *type)
{
    struct catalogue catalogue;
    struct mq_rng rng = mq_rng_at(1, MQ_RNG_TEST, 0, 0);
    catalogue_init(&catalogue, N, PERIODS);
    bench->panel = catalogue_open(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    tiny_model(&bench->model, bench->panel, type, NULL, 0);
    struct mq_params *params = &bench->model.params;
    ck_ok(mq_optimizer_new(&bench->optimizer, &bench->model.experiment.train, params->count));
    mq_real *gradients = mq_calloc(params->count, sizeof *gradients);
    for (int step = 0; step < 3; step++) {
        for (int64_t i = 0; i < params->count; i++)
            gradients[i] = (mq_real)mq_rng_normal(&rng);
        if (params->count > 0)
            (void)mq_optimizer_step(bench->optimizer, params->values, gradients, 0.01);
    }
    mq_free(gradients);
}

static void bench_release(struct bench *bench)
{
    mq_optimizer_free(bench->optimizer);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
}

static void write_to(const struct bench *bench, const char *path)
{
    ck_ok(mq_checkpoint_write(path, &bench->model, bench->optimizer, &somewhere));
}

static void check_same_experiment(const struct mq_model *a, const struct mq_model *b)
{
    struct mq_str before = {0};
    struct mq_str after = {0};
    ck_ok(mq_experiment_print(&a->experiment, &before));
    ck_ok(mq_experiment_print(&b->experiment, &after));
    ck_assert_str_eq(before.data, after.data);
    mq_str_release(&before);
    mq_str_release(&after);
}

static void check_same_weights(const struct mq_params *a, const struct mq_params *b)
{
    ck_assert_int_eq(a->n, b->n);
    ck_assert_int_eq(a->count, b->count);
    for (int64_t i = 0; i < a->n; i++) {
        ck_assert_str_eq(a->table[i].name, b->table[i].name);
        ck_assert(mq_shape_equal(a->table[i].shape, b->table[i].shape));
        ck_assert_int_eq(a->table[i].offset, b->table[i].offset);
    }
    if (a->count > 0) ck_assert_mem_eq(a->values, b->values, (size_t)a->count * sizeof *a->values);
}

START_TEST(test_a_model_comes_back_with_the_same_bits)
{
    static const char *const types[] = {"mqrnn", "seasonal_naive"};
    struct bench bench;
    struct mq_model back;
    struct mq_progress progress = {0};
    bench_init(&bench, types[_i]);
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_checkpoint_read(test_path("c.h5"), &back, &progress));
    ck_assert_str_eq(back.forecaster->name, types[_i]);
    check_same_experiment(&bench.model, &back);
    check_same_weights(&bench.model.params, &back.params);
    ck_assert_mem_eq(&back.features, &bench.model.features, sizeof back.features);
    ck_assert_str_eq(back.panel.info.fingerprint, bench.model.panel.info.fingerprint);
    ck_assert_mem_eq(&back.panel.info.calendar, &bench.model.panel.info.calendar,
                     sizeof(struct mq_calendar));
    ck_assert_str_eq(back.panel.vocabulary[SHOP][2], "west");
    ck_assert_mem_eq(&progress, &somewhere, sizeof progress);
    mq_model_release(&back);
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_optimizer_goes_on_with_the_same_bits)
{
    struct bench bench;
    struct mq_optimizer *back;
    struct mq_optimizer_state had[MQ_OPTIMIZER_STATES_MAX];
    struct mq_optimizer_state has[MQ_OPTIMIZER_STATES_MAX];
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    const int64_t count = bench.model.params.count;
    ck_ok(mq_optimizer_new(&back, &bench.model.experiment.train, count));
    ck_ok(mq_checkpoint_read_optimizer(test_path("c.h5"), back));
    ck_assert_int_eq(mq_optimizer_steps(back), 3);
    const int64_t n = mq_optimizer_states(bench.optimizer, had);
    ck_assert_int_eq(mq_optimizer_states(back, has), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_mem_eq(has[i].values, had[i].values, (size_t)count * sizeof(mq_real));
    mq_optimizer_free(back);
    bench_release(&bench);
}
END_TEST

START_TEST(test_an_optimizer_of_another_size_is_refused)
{
    struct bench bench;
    struct mq_optimizer *other;
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_optimizer_new(&other, &bench.model.experiment.train, bench.model.params.count + 1));
    ck_fails(mq_checkpoint_read_optimizer(test_path("c.h5"), other), MQ_DATA, "c.h5");
    mq_optimizer_free(other);
    bench_release(&bench);
}
END_TEST

START_TEST(test_facts_are_those_of_the_model)
{
    struct bench bench;
    struct mq_checkpoint_facts facts;
    char hex[MQ_SHA256_HEX];
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_checkpoint_inspect(test_path("c.h5"), &facts));
    mq_model_weights_sha256(&bench.model, hex);
    ck_assert_str_eq(facts.weights_sha256, hex);
    ck_assert_str_eq(facts.model, "mqrnn");
    ck_assert_int_eq(facts.parameters, bench.model.params.count);
    ck_assert_int_eq(facts.progress.step, somewhere.step);
    ck_assert_str_eq(facts.panel_fingerprint, mq_panel_info(bench.panel)->fingerprint);
    ck_assert(strlen(facts.created) > 0 && strlen(facts.creator) > 0 && strlen(facts.kernel) > 0);
    bench_release(&bench);
}
END_TEST

// Reads a checkpoint that was changed; true when it is refused as damaged, else it must be the
// same.
static bool is_refused_or_same(const char *path, const struct mq_model *model)
{
    struct mq_model back;
    struct mq_progress progress;
    const mq_status status = mq_checkpoint_read(path, &back, &progress);
    if (status == MQ_OK) {
        check_same_weights(&model->params, &back.params);
        check_same_experiment(model, &back);
    } else {
        ck_assert_msg(status == MQ_DATA, "status %d: %s", status, mq_error_get()->message);
        ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "damaged.h5"));
    }
    mq_model_release(&back);
    return status != MQ_OK;
}

static void flip_a_weight(const struct bench *bench, struct mq_str *bytes)
{
    const char *weights = memmem(bytes->data, bytes->length, bench->model.params.values, 64);
    ck_assert_ptr_nonnull(weights);
    bytes->data[weights - bytes->data + 9] ^= 1;
}

START_TEST(test_a_damaged_byte_never_passes_unseen)
{
    struct bench bench;
    struct mq_str bytes = {0};
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_file_read(test_path("c.h5"), &bytes));
    const char *path = test_path("damaged.h5");
    for (size_t at = 0; at < bytes.length; at += bytes.length / 150) {
        bytes.data[at] ^= 0x20;
        ck_ok(mq_file_replace(path, bytes.data, bytes.length));
        (void)is_refused_or_same(path, &bench.model);
        bytes.data[at] ^= 0x20;
    }
    flip_a_weight(&bench, &bytes);
    ck_ok(mq_file_replace(path, bytes.data, bytes.length));
    ck_assert(is_refused_or_same(path, &bench.model));
    mq_str_release(&bytes);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_file_cut_short_is_refused)
{
    struct bench bench;
    struct mq_str bytes = {0};
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_file_read(test_path("c.h5"), &bytes));
    for (size_t part = 0; part < 20; part++) {
        ck_ok(mq_file_replace(test_path("damaged.h5"), bytes.data, bytes.length * part / 20));
        ck_assert(is_refused_or_same(test_path("damaged.h5"), &bench.model));
    }
    mq_str_release(&bytes);
    bench_release(&bench);
}
END_TEST

static void write_header(const char *path, const char *format, int64_t version)
{
    struct mq_h5 *file;
    ck_ok(mq_h5_create(&file, path));
    ck_ok(mq_h5_set_text(file, "/", "format", format));
    ck_ok(mq_h5_set_i64(file, "/", "version", version));
    ck_ok(mq_h5_publish(file));
}

START_TEST(test_other_versions_and_other_files_are_refused)
{
    struct mq_model model;
    struct mq_progress progress;
    struct mq_checkpoint_facts facts;
    write_header(test_path("future.h5"), "mqcast-checkpoint", 99);
    ck_fails(mq_checkpoint_read(test_path("future.h5"), &model, &progress), MQ_DATA,
             "future.h5: checkpoint version 99, this program reads 3");
    mq_model_release(&model);
    write_header(test_path("past.h5"), "mqcast-checkpoint", 1);
    ck_fails(mq_checkpoint_read(test_path("past.h5"), &model, &progress), MQ_DATA,
             "past.h5: checkpoint version 1, this program reads 3");
    mq_model_release(&model);
    write_header(test_path("panel.h5"), "mqcast-panel", 1);
    ck_fails(mq_checkpoint_inspect(test_path("panel.h5"), &facts), MQ_DATA,
             "panel.h5: not an mqcast checkpoint");
    ck_ok(mq_file_replace(test_path("text.h5"), "hello", 5));
    ck_fails(mq_checkpoint_inspect(test_path("text.h5"), &facts), MQ_DATA, "text.h5");
    ck_fails(mq_checkpoint_inspect(test_path("none.h5"), &facts), MQ_FAILED, "none.h5");
}
END_TEST

START_TEST(test_no_memory_leaves_the_old_checkpoint_and_nothing_behind)
{
    struct bench bench;
    char old[MQ_SHA256_HEX];
    char now[MQ_SHA256_HEX];
    bench_init(&bench, "mqrnn");
    write_to(&bench, test_path("c.h5"));
    ck_ok(mq_sha256_file(test_path("c.h5"), old));
    for (uint64_t n = 1; n < 60; n++) {
        mq_alloc_fail_at(n);
        const mq_status status =
            mq_checkpoint_write(test_path("c.h5"), &bench.model, bench.optimizer, &somewhere);
        mq_alloc_fail_at(0);
        if (status == MQ_OK) break;
        char temporary[MQ_PATH_MAX];
        ck_ok(mq_path_temporary(temporary, test_path("c.h5")));
        ck_assert(!mq_path_exists(temporary));
        ck_ok(mq_sha256_file(test_path("c.h5"), now));
        ck_assert_str_eq(old, now);
    }
    for (uint64_t n = 1; n < 60; n++) {
        struct mq_model back;
        struct mq_progress progress;
        mq_alloc_fail_at(n);
        const mq_status status = mq_checkpoint_read(test_path("c.h5"), &back, &progress);
        mq_alloc_fail_at(0);
        ck_assert_msg(status == MQ_OK || status == MQ_FAILED, "allocation %d: %s", (int)n,
                      mq_error_get()->message);
        mq_model_release(&back);
    }
    bench_release(&bench);
}
END_TEST

// ---- the checkpoint to use ----------------------------------------------------------------------

// A run with checkpoints at steps 10, 20 and 30; no pointers.
static const char *make_run(const struct bench *bench, const char *name)
{
    const char *run = test_path(name);
    char path[MQ_PATH_MAX];
    ck_ok(mq_path_join(path, run, "checkpoints"));
    ck_ok(mq_make_directories(path));
    for (int64_t step = 10; step <= 30; step += 10) {
        const struct mq_progress progress = {.step = step, .best_score = 1, .best_step = 10};
        ck_ok(mq_run_checkpoint(path, run, step));
        ck_ok(mq_checkpoint_write(path, &bench->model, bench->optimizer, &progress));
    }
    return run;
}

// Flips a bit of the weights, which only a look at the whole file finds.
static void damage_step(const struct bench *bench, const char *run, int64_t step)
{
    char path[MQ_PATH_MAX];
    struct mq_str bytes = {0};
    ck_ok(mq_run_checkpoint(path, run, step));
    ck_ok(mq_file_read(path, &bytes));
    flip_a_weight(bench, &bytes);
    ck_ok(mq_file_replace(path, bytes.data, bytes.length));
    mq_str_release(&bytes);
}

static void check_found(const char *run, const char *which, int64_t step)
{
    char got[MQ_PATH_MAX];
    char want[MQ_PATH_MAX];
    ck_ok(mq_checkpoint_find(run, which, got));
    ck_ok(mq_run_checkpoint(want, run, step));
    ck_assert_str_eq(got, want);
}

START_TEST(test_pointers_choose_and_best_falls_back_to_latest)
{
    struct bench bench;
    bench_init(&bench, "mqrnn");
    const char *run = make_run(&bench, "run");
    check_found(run, "latest", 30); // a crash before the pointer was written
    ck_ok(mq_run_point(run, "latest", 20));
    check_found(run, "latest", 20);
    check_found(run, "best", 20);
    ck_ok(mq_run_point(run, "best", 10));
    check_found(run, "best", 10);
    char path[MQ_PATH_MAX];
    char file[MQ_PATH_MAX];
    char want[MQ_PATH_MAX];
    ck_ok(mq_run_checkpoint(file, run, 30));
    ck_ok(mq_checkpoint_find(run, file, path));
    ck_assert_str_eq(path, file);
    ck_ok(mq_path_join(file, run, "checkpoints/best"));
    ck_ok(mq_run_checkpoint(want, run, 10));
    ck_ok(mq_checkpoint_find(run, file, path)); // a pointer is followed
    ck_assert_str_eq(path, want);
    ck_ok(mq_checkpoint_find("elsewhere", run, path)); // a run stands for its best
    ck_assert_str_eq(path, want);
    ck_ok(mq_run_checkpoint(want, run, 20));
    ck_ok(mq_checkpoint_resolve(run, "latest", path));
    ck_assert_str_eq(path, want);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_damaged_checkpoint_gives_way_to_the_newest_whole_one)
{
    struct bench bench;
    char path[MQ_PATH_MAX];
    bench_init(&bench, "mqrnn");
    const char *run = make_run(&bench, "damaged-run");
    ck_ok(mq_run_point(run, "latest", 30));
    ck_ok(mq_run_point(run, "best", 10));
    damage_step(&bench, run, 30);
    check_found(run, "latest", 20);
    damage_step(&bench, run, 10);
    check_found(run, "best", 20);
    ck_ok(mq_run_checkpoint(path, run, 30));
    char unused[MQ_PATH_MAX]; // a checkpoint that is named has no other in its place
    ck_fails(mq_checkpoint_find(run, path, unused), MQ_DATA, "step-000000030.h5");
    damage_step(&bench, run, 20);
    ck_fails(mq_checkpoint_find(run, "latest", path), MQ_DATA, "step-");
    bench_release(&bench);
}
END_TEST

START_TEST(test_pointers_and_names_are_held_against_what_checkpoints_say)
{
    struct bench bench;
    char ten[MQ_PATH_MAX];
    char thirty[MQ_PATH_MAX];
    struct mq_str bytes = {0};
    bench_init(&bench, "mqrnn");
    const char *run = make_run(&bench, "held-run");
    ck_ok(mq_run_point(run, "latest", 30));
    ck_ok(mq_run_point(run, "best", 20));
    check_found(run, "best", 10); // as the latest one says
    ck_ok(mq_run_point(run, "latest", 10));
    check_found(run, "best", 20); // newer than the latest: a crash came in between
    ck_ok(mq_run_checkpoint(ten, run, 10));
    ck_ok(mq_run_checkpoint(thirty, run, 30));
    ck_ok(mq_file_read(ten, &bytes));
    ck_ok(mq_file_replace(thirty, bytes.data, bytes.length));
    ck_ok(mq_run_point(run, "latest", 30));
    check_found(run, "latest", 20); // what is called 30 is 10
    mq_str_release(&bytes);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_run_without_checkpoints_says_what_to_do)
{
    char path[MQ_PATH_MAX];
    ck_fails(mq_checkpoint_find(test_path("nothing"), "best", path), MQ_DATA, "no checkpoint");
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "mqcast train"));
}
END_TEST

static void check_nonsense(const struct bench *bench, const char *part)
{
    struct mq_model model;
    struct mq_progress progress;
    write_to(bench, test_path("nonsense.h5"));
    ck_fails(mq_checkpoint_read(test_path("nonsense.h5"), &model, &progress), MQ_DATA, part);
    mq_model_release(&model);
}

START_TEST(test_a_checkpoint_that_makes_no_sense_is_refused)
{
    struct bench bench;
    bench_init(&bench, "mqrnn");
    struct mq_panel_info *info = &bench.model.panel.info;
    const struct mq_panel_info good = *info;
    info->calendar.multiple = 0;
    check_nonsense(&bench, "an impossible number of series or periods, or an impossible calendar");
    *info = good;
    info->calendar.unit = (enum mq_unit)77;
    check_nonsense(&bench, "impossible calendar");
    *info = good;
    info->calendar.epoch_s = INT64_MIN;
    check_nonsense(&bench, "impossible calendar");
    *info = good;
    info->n_periods = -1;
    check_nonsense(&bench, "impossible number of series or periods");
    *info = good;
    info->covariates[0].role = (enum mq_role)5;
    check_nonsense(&bench, "covariate 0 'price': impossible role or cardinality");
    *info = good;
    info->covariates[0].cardinality = -1;
    check_nonsense(&bench, "covariate 0 'price': impossible role or cardinality");
    *info = good;
    int64_t *size = bench.model.params.table[0].shape.size;
    const int64_t was = size[0];
    size[0] = INT64_MAX / 2;
    check_nonsense(&bench, "does not fit the weights");
    size[0] = was;
    write_to(&bench, test_path("nonsense.h5"));
    ck_assert(!is_refused_or_same(test_path("nonsense.h5"), &bench.model));
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("checkpoint");
    tcase_add_loop_test(tc, test_a_model_comes_back_with_the_same_bits, 0, 2);
    tcase_add_test(tc, test_the_optimizer_goes_on_with_the_same_bits);
    tcase_add_test(tc, test_an_optimizer_of_another_size_is_refused);
    tcase_add_test(tc, test_facts_are_those_of_the_model);
    tcase_add_test(tc, test_a_damaged_byte_never_passes_unseen);
    tcase_add_test(tc, test_a_file_cut_short_is_refused);
    tcase_add_test(tc, test_other_versions_and_other_files_are_refused);
    tcase_add_test(tc, test_no_memory_leaves_the_old_checkpoint_and_nothing_behind);
    tcase_add_test(tc, test_pointers_choose_and_best_falls_back_to_latest);
    tcase_add_test(tc, test_a_damaged_checkpoint_gives_way_to_the_newest_whole_one);
    tcase_add_test(tc, test_pointers_and_names_are_held_against_what_checkpoints_say);
    tcase_add_test(tc, test_a_run_without_checkpoints_says_what_to_do);
    tcase_add_test(tc, test_a_checkpoint_that_makes_no_sense_is_refused);
    return run_tests("model/checkpoint", tc);
}
