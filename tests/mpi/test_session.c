// ranks: 1 2 3
// Training stops, naming who and what, when weights differ or numbers are not finite.
#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/rundir.h"
#include "support/panels.h"
#include "train/session.h"

/// A run in `name`, opened, after two steps and a checkpoint.
struct bench {
    struct mq_experiment experiment;
    struct mq_train_request request;
    struct mq_pool *pool;
    struct session session;
};

static void begin(struct bench *bench, const char *name)
{
    char run_name[64];
    (void)snprintf(run_name, sizeof run_name, "run.name=%s", name);
    const char *overrides[] = {run_name};
    struct catalogue catalogue;
    catalogue_init(&catalogue, 12, 60);
    if (mq_rank(test_world()) == 0) catalogue_write(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    ck_ok(mq_barrier(test_world()));
    *bench = (struct bench){0};
    tiny_experiment(&bench->experiment, test_path("panel.h5"), "mqrnn", overrides, 1);
    bench->request =
        (struct mq_train_request){.experiment = &bench->experiment, .resume = MQ_RESUME_NEVER};
    ck_ok(mq_pool_new(&bench->pool, 1));
    bench->session = (struct session){
        .world = test_world(), .pool = bench->pool, .request = &bench->request, .claim = -1};
    ck_ok(session_open(&bench->session));
}

static void end(struct bench *bench)
{
    session_close(&bench->session);
    mq_pool_free(bench->pool);
    mq_experiment_release(&bench->experiment);
}

static void step(struct bench *bench)
{
    struct step_result result = {0};
    struct step_times times = {0};
    ck_ok(session_step(&bench->session, &result, &times));
}

static int64_t latest(const struct bench *bench)
{
    int64_t step = -1;
    ck_ok(mq_run_pointer(bench->session.directory, "latest", &step));
    return step;
}

START_TEST(test_a_bit_that_flips_on_one_rank_stops_the_run_at_the_next_checkpoint)
{
    struct mq_world *world = test_world();
    const int last = mq_size(world) - 1;
    struct bench bench;
    begin(&bench, "flipped");
    step(&bench);
    ck_ok(session_checkpoint(&bench.session));
    if (mq_rank(world) == last) {
        uint32_t bits;
        mq_real *weight = &bench.session.model.params.values[7];
        memcpy(&bits, weight, sizeof bits);
        bits ^= 1;
        memcpy(weight, &bits, sizeof bits);
    }
    step(&bench);
    if (last > 0) {
        char want[64];
        (void)snprintf(want, sizeof want, "weights: rank %d differs from rank 0", last);
        ck_fails(session_checkpoint(&bench.session), MQ_FAILED, want);
        ck_ok(mq_barrier(world));
        ck_assert_int_eq(latest(&bench), 1);
    }
    end(&bench);
}
END_TEST

START_TEST(test_weights_that_are_not_finite_are_never_saved)
{
    struct bench bench;
    begin(&bench, "infinite");
    step(&bench);
    ck_ok(session_checkpoint(&bench.session));
    step(&bench);
    const struct mq_param *second = &bench.session.model.params.table[1];
    bench.session.model.params.values[second->offset] = (mq_real)INFINITY;
    char want[128];
    (void)snprintf(want, sizeof want, "step 2: %s is no longer finite", second->name);
    ck_fails(session_checkpoint(&bench.session), MQ_NUMERIC, want);
    ck_ok(mq_barrier(test_world()));
    ck_assert_int_eq(latest(&bench), 1);
    end(&bench);
}
END_TEST

/// The last lane's second row holds what no network makes finite.
START_TEST(test_lane_and_series_of_a_loss_that_is_not_finite_are_named_on_all_ranks)
{
    struct mq_world *world = test_world();
    const int owner = mq_size(world) - 1;
    struct bench bench;
    struct mq_error want = {0};
    begin(&bench, "poisoned");
    step(&bench);
    const struct mq_batch *batches = NULL;
    double wait_s = 0;
    ck_ok(mq_loader_next(bench.session.loader, &batches, &wait_s));
    if (mq_rank(world) == owner) {
        const struct mq_batch *batch = &batches[bench.session.n_lanes - 1];
        const int64_t row = batch->shape.context * bench.session.network.dims.C;
        batch->history[row + 1] = (mq_real)NAN;
        char **ids = NULL;
        ck_ok(mq_panel_ids(bench.session.panel, batch->series[1], 1, &ids));
        (void)snprintf(want.message, sizeof want.message,
                       "step 2: the loss of lane 3 is not finite or too large, from series '%s'",
                       ids[0]);
        mq_free(ids);
        want.status = MQ_NUMERIC;
        mq_error_set(&want);
    }
    ck_assert_int_eq(mq_agree(world, want.status), MQ_NUMERIC);
    want = *mq_error_get();
    ck_fails(session_blame(&bench.session, batches), MQ_NUMERIC, want.message);
    ck_assert_ptr_nonnull(strstr(mq_error_get()->hint, "look at the values of that series"));
    end(&bench);
}
END_TEST

START_TEST(test_what_is_finite_when_computed_again_is_not_blamed_on_a_series)
{
    struct bench bench;
    begin(&bench, "flickering");
    const struct mq_batch *batches = NULL;
    double wait_s = 0;
    ck_ok(mq_loader_next(bench.session.loader, &batches, &wait_s));
    ck_fails(session_blame(&bench.session, batches), MQ_NUMERIC, "but is not when computed again");
    end(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("session");
    tcase_add_test(tc, test_a_bit_that_flips_on_one_rank_stops_the_run_at_the_next_checkpoint);
    tcase_add_test(tc, test_weights_that_are_not_finite_are_never_saved);
    tcase_add_test(tc, test_lane_and_series_of_a_loss_that_is_not_finite_are_named_on_all_ranks);
    tcase_add_test(tc, test_what_is_finite_when_computed_again_is_not_blamed_on_a_series);
    return run_mpi_tests("train/session", tc);
}
