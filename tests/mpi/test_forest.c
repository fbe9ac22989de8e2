// ranks: 1 2 3
// A forest's tables: the same on all ranks, and not trusted when they come from a file.
#include "support/harness.h"

#include <string.h>

#include "model/forest_fit.h"
#include "mq/base/alloc.h"
#include "mq/model/checkpoint.h"
#include "support/panels.h"

enum { PERIODS = 60 };

struct bench {
    struct mq_panel *panel;
    struct mq_pool *pool;
    struct mq_model model;
};

static struct mq_fit fit_of(const struct bench *bench)
{
    return (struct mq_fit){.ranks = mq_world_ranks(test_world()),
                           .pool = bench->pool,
                           .model = &bench->model,
                           .panel = bench->panel,
                           .train_end = PERIODS - 8};
}

static void fit(struct bench *bench, const char *type)
{
    static const char *const few[] = {"model.samples=900", "model.trees=3"};
    struct catalogue catalogue;
    catalogue_init(&catalogue, 21, PERIODS);
    if (mq_rank(test_world()) == 0) catalogue_write(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    ck_ok(mq_barrier(test_world()));
    ck_ok(mq_panel_open(&bench->panel, test_path("panel.h5")));
    ck_ok(mq_pool_new(&bench->pool, 2));
    tiny_model(&bench->model, bench->panel, type, few, 2);
    const struct mq_fit of = fit_of(bench);
    ck_ok(forest_fit(&of, &bench->model.tables));
}

static void release(struct bench *bench)
{
    mq_model_release(&bench->model);
    mq_pool_free(bench->pool);
    mq_panel_close(bench->panel);
}

START_TEST(test_tables_are_the_same_on_all_ranks)
{
    static const char *const types[] = {"forest", "sqrf"};
    for (int i = 0; i < 2; i++) {
        struct bench bench;
        char hex[MQ_SHA256_HEX];
        fit(&bench, types[i]);
        mq_tables_sha256(&bench.model.tables, hex);
        ck_ok(mq_same_everywhere(test_world(), "the forest", hex));
        ck_ok(forest_check(&bench.model));
        release(&bench);
    }
}
END_TEST

START_TEST(test_wrong_tables_are_refused)
{
    struct bench bench;
    fit(&bench, "sqrf");
    struct mq_tables *tables = &bench.model.tables;
    for (int64_t i = 0; i < tables->n; i++) {
        struct mq_table *table = &tables->table[i];
        table->n--; // too short
        ck_fails(forest_check(&bench.model), MQ_DATA, "damaged");
        table->n++;
        table->type = MQ_TABLE_F64; // of another type
        ck_fails(forest_check(&bench.model), MQ_DATA, "damaged");
        table->type = strcmp(table->name, "cut") == 0 || strcmp(table->name, "value") == 0 ||
                              strcmp(table->name, "category") == 0
                          ? MQ_TABLE_F32
                          : MQ_TABLE_I32;
        table->name[0] ^= 1; // missing
        ck_fails(forest_check(&bench.model), MQ_DATA, "damaged");
        table->name[0] ^= 1;
    }
    ck_ok(forest_check(&bench.model));
    release(&bench);
}
END_TEST

START_TEST(test_a_forest_of_another_kind_is_refused)
{
    struct bench bench;
    fit(&bench, "forest");
    struct forest_options *options = bench.model.experiment.model;
    options->kept = 4;
    ck_fails(forest_check(&bench.model), MQ_DATA, "damaged");
    release(&bench);
}
END_TEST

// One rank without memory: all of them fail alike, and nothing is left.
START_TEST(test_ranks_without_memory_fail_together)
{
    struct bench bench;
    fit(&bench, "sqrf");
    const struct mq_fit of = fit_of(&bench);
    const bool is_chosen = mq_rank(test_world()) == mq_size(test_world()) - 1;
    mq_status status = MQ_FAILED;
    for (uint64_t n = 1; status != MQ_OK; n++) {
        mq_tables_release(&bench.model.tables);
        const size_t live = mq_alloc_live_bytes();
        (void)mq_alloc_fail_at(is_chosen ? n : 0);
        status = forest_fit(&of, &bench.model.tables);
        const bool has_failed = is_chosen && mq_alloc_fail_at(0) == 0;
        ck_assert(status == MQ_OK ? !has_failed
                                  : strstr(mq_error_get()->message, "memory") != NULL);
        if (status == MQ_OK) continue;
        mq_tables_release(&bench.model.tables);
        ck_assert_int_eq((int64_t)mq_alloc_live_bytes(), (int64_t)live);
    }
    ck_ok(forest_check(&bench.model));
    release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("forest");
    tcase_add_test(tc, test_tables_are_the_same_on_all_ranks);
    tcase_add_test(tc, test_wrong_tables_are_refused);
    tcase_add_test(tc, test_a_forest_of_another_kind_is_refused);
    tcase_add_test(tc, test_ranks_without_memory_fail_together);
    return run_mpi_tests("mpi/forest", tc);
}
