// The model `decomposed` on tables made by hand: what it multiplies, and which tables it refuses.
#include "model/decomposed.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/registry.h"
#include "support/harness.h"

enum { M = 4, H = 4, N = 12, GROUPS = 2 };

struct fixture {
    struct mq_model model;
    struct decomposed_options options;
    double *profile;
    double *elasticity;
    int64_t *counts;
};

// One group, a price, the profile 0.5 1.5 1 1, an elasticity of -1; the errors were always none.
static void setup(struct fixture *f)
{
    static const double shape[M] = {0.5, 1.5, 1, 1};
    memset(f, 0, sizeof *f);
    f->options = (struct decomposed_options){.origins = 1, .shrinkage = 1e6};
    ck_ok(mq_forecaster_find("decomposed", &f->model.forecaster));
    f->model.experiment.model = &f->options;
    f->model.experiment.data.horizon = H;
    f->model.features.n_known = 1;
    f->model.features.season = M;
    strcpy(f->model.panel.info.covariates[0].name, "price");
    ck_ok(
        mq_tables_add(&f->model.tables, "profile", MQ_TABLE_F64, GROUPS * M, (void **)&f->profile));
    ck_ok(mq_tables_add(&f->model.tables, "elasticity", MQ_TABLE_F64, GROUPS,
                        (void **)&f->elasticity));
    ck_ok(mq_tables_add(&f->model.tables, "errors", MQ_TABLE_I64,
                        GROUPS * DECOMPOSED_CELLS * MQ_RATIO_BINS, (void **)&f->counts));
    for (int g = 0; g < GROUPS; g++) {
        memcpy(f->profile + g * M, shape, sizeof shape);
        f->elasticity[g] = -1;
        for (int cell = 0; cell < DECOMPOSED_CELLS; cell++)
            f->counts[(g * DECOMPOSED_CELLS + cell) * MQ_RATIO_BINS + mq_ratio_bin(1, 1)] = 1000000;
    }
}

static void forecast(const struct fixture *f, const float y[], const float price[], int64_t n,
                     int64_t first, float median[H])
{
    static const double levels[] = {0.5};
    const struct mq_past past = {
        .model = &f->model,
        .observed = y,
        .n = n,
        .first = first,
        .season = M,
        .cold = 3,
        .known = (const float *const[]){price},
        .codes = (const int32_t[]){0},
        .scratch = mq_calloc(f->model.forecaster->scratch_bytes(&f->model, n, M), 1)};
    f->model.forecaster->predict(&past, H, levels, 1, median);
    mq_free(past.scratch);
}

START_TEST(test_season_and_future_price_multiply)
{
    struct fixture f;
    float y[N];
    float price[N + H];
    float got[H];
    setup(&f);
    for (int t = 0; t < N + H; t++)
        price[t] = t == N + 1 ? 5 : 10;
    // Begins at period 2, so in phase 2.
    for (int t = 0; t < N; t++)
        y[t] = (float)(20 * f.profile[(2 + t) % M]);
    forecast(&f, y, price, N, 2, got);
    for (int h = 0; h < H; h++) {
        const double want = 20 * f.profile[(2 + N + h) % M] * (h == 1 ? 2 : 1);
        ck_assert_msg(fabs((double)got[h] / want - 1) < 0.06, "horizon %d: got %g, want %g", h + 1,
                      (double)got[h], want);
    }
    mq_tables_release(&f.model.tables);
}
END_TEST

START_TEST(test_strange_pasts_give_finite_quantiles)
{
    static const float strange[][N] = {{0},
                                       {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN},
                                       {1e15f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                       {-1, -2, -3, -1, -5, -3, -1, -1, -2, -3, -1, -3},
                                       {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}};
    struct fixture f;
    float price[N + H];
    float got[H];
    setup(&f);
    for (int t = 0; t < N + H; t++)
        price[t] = t % 3 == 0 ? NAN : (float)(t % 4);
    for (int i = 0; i < 5; i++)
        for (int n = 0; n <= N; n++) {
            forecast(&f, strange[i], price, n, 0, got);
            for (int h = 0; h < H; h++)
                ck_assert_msg(isfinite(got[h]), "past %d of %d: %g", i, n, (double)got[h]);
        }
    mq_tables_release(&f.model.tables);
}
END_TEST

START_TEST(test_errors_are_told_apart_by_horizon_and_kind)
{
    ck_assert_int_eq(decomposed_kind(false, 0), 0);
    ck_assert_int_eq(decomposed_kind(false, 0.3), 3);
    ck_assert_int_eq(decomposed_kind(false, 100), DECOMPOSED_VARIATIONS - 1);
    ck_assert_int_eq(decomposed_kind(true, 0), DECOMPOSED_VARIATIONS);
    ck_assert_int_eq(decomposed_kind(true, 100), DECOMPOSED_KINDS - 1);
    ck_assert_int_eq(decomposed_cell(1, 2), 2);
    ck_assert_int_eq(decomposed_cell(2, 0), DECOMPOSED_KINDS);
    ck_assert_int_eq(decomposed_cell(3, 0), 2 * DECOMPOSED_KINDS);
    ck_assert_int_eq(decomposed_cell(4, 0), 2 * DECOMPOSED_KINDS);
    ck_assert_int_eq(decomposed_cell(1000, DECOMPOSED_KINDS - 1), DECOMPOSED_CELLS - 1);
}
END_TEST

START_TEST(test_tables_that_cannot_be_used_are_refused)
{
    struct fixture f;
    setup(&f);
    ck_ok(f.model.forecaster->check(&f.model));
    f.counts[3] = -1;
    ck_fails(f.model.forecaster->check(&f.model), MQ_DATA, "-1 is no count");
    f.counts[3] = 0;
    f.elasticity[1] = NAN;
    ck_fails(f.model.forecaster->check(&f.model), MQ_DATA, "elasticity 1");
    f.elasticity[1] = 0;
    f.profile[2] = 0;
    ck_fails(f.model.forecaster->check(&f.model), MQ_DATA, "profile 2");
    f.model.features.season = 2 * M; // a profile of another length than predictions have room for
    ck_fails(f.model.forecaster->check(&f.model), MQ_DATA, "another size");
    f.model.features.season = M;
    f.model.tables.table[0].n = 7;
    ck_fails(f.model.forecaster->check(&f.model), MQ_DATA, "another size");
    mq_tables_release(&f.model.tables);
}
END_TEST

START_TEST(test_names_that_are_not_there_are_refused)
{
    struct fixture f;
    struct decomposition d;
    setup(&f);
    strcpy(f.options.price, "prize");
    ck_fails(decomposed_resolve(&f.model, &d), MQ_USAGE, "prize");
    strcpy(f.options.price, "");
    strcpy(f.options.group, "family");
    ck_fails(decomposed_resolve(&f.model, &d), MQ_USAGE, "family");
    mq_tables_release(&f.model.tables);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("unit");
    tcase_add_test(tc, test_season_and_future_price_multiply);
    tcase_add_test(tc, test_strange_pasts_give_finite_quantiles);
    tcase_add_test(tc, test_errors_are_told_apart_by_horizon_and_kind);
    tcase_add_test(tc, test_tables_that_cannot_be_used_are_refused);
    tcase_add_test(tc, test_names_that_are_not_there_are_refused);
    return run_tests("model/decomposed", tc);
}
