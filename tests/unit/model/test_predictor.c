// Forecasts: of a product alone, up to its origin alone, ordered, finite, in raw units.
#include "support/panels.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/model/predictor.h"
#include "support/harness.h"

enum { N = 14, PERIODS = 60, BLOCK = 4, H = 4, S = 2, Q = 3, EMPTY = 5, ORIGINS_MAX = 4 };
enum { ROWS = H + S }; // of an origin
static const char *const settings[] = {"loss.spans=[{lead: 2, review: 1}, {lead: 0, review: 1}]"};

// The first are the ensemble's members; the draws of the last one belong to a product's place.
enum { MEMBERS = 2, PLACELESS = 5, TYPES };
static const char *const types[TYPES] = {"mqrnn", "seasonal_naive", "ensemble",
                                         "mqffn", "rnn_point",      "rnn_dist"};

// A model of a catalogue, forecasting that catalogue or a changed copy of it.
struct bench {
    struct catalogue catalogue;
    struct mq_panel *panel;
    struct mq_model model;
};

static void bench_init(struct bench *bench, const char *type)
{
    catalogue_init(&bench->catalogue, N, PERIODS);
    bench->panel = catalogue_open(&bench->catalogue, test_path("panel.h5"));
    tiny_model(&bench->model, bench->panel, type, settings, 1);
    if (bench->model.forecaster->combine == NULL) return;
    bench->model.n_members = MEMBERS;
    bench->model.members = mq_calloc(MEMBERS, sizeof *bench->model.members);
    for (int i = 0; i < MEMBERS; i++)
        tiny_model(&bench->model.members[i].model, bench->panel, types[i], settings, 1);
}

static void bench_release(struct bench *bench)
{
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
    catalogue_release(&bench->catalogue);
}

// The panel becomes what the catalogue now is; the model stays that of the old one.
static void reopen(struct bench *bench)
{
    mq_panel_close(bench->panel);
    bench->panel = catalogue_open(&bench->catalogue, test_path("changed.h5"));
}

// Of each origin its horizons, then its spans.
struct table {
    int64_t row; // next row
    int64_t origins;
    int64_t size; // of a row
    float values[N * ORIGINS_MAX * ROWS * Q];
};

static mq_status collect(void *context, const struct mq_series_block *block,
                         const struct mq_forecasts *forecasts)
{
    struct table *table = context;
    ck_assert_int_eq(block->first, table->row); // consecutive, in order
    float *to = table->values + table->row * table->size;
    for (int64_t r = 0; r < block->n * table->origins; r++, to += ROWS * Q) {
        memcpy(to, forecasts->quantiles + r * H * Q, H * Q * sizeof *to);
        memcpy(to + H * Q, forecasts->spans + r * S * Q, S * Q * sizeof *to);
    }
    table->row += block->n;
    return MQ_OK;
}

static mq_status predict_range(struct bench *bench, struct table *table, int64_t threads,
                               const int64_t periods[], int64_t n, int64_t first, int64_t rows)
{
    int64_t period[ORIGINS_MAX];
    memcpy(period, periods, (size_t)n * sizeof *period);
    const struct mq_origins origins = {n, period};
    struct mq_pool *pool;
    struct mq_predictor *predictor;
    table->row = first;
    table->origins = n;
    table->size = n * ROWS * Q;
    ck_ok(mq_pool_new(&pool, threads));
    ck_ok(mq_predictor_new(&predictor, &bench->model, bench->panel, &origins,
                           &bench->model.experiment.loss.quantiles, BLOCK, pool));
    const mq_status status = mq_predictor_run(predictor, first, rows, collect, table);
    mq_predictor_free(predictor);
    mq_pool_free(pool);
    return status;
}

static struct table predict(struct bench *bench, int64_t threads, const int64_t periods[],
                            int64_t n)
{
    struct table table = {0};
    ck_ok(predict_range(bench, &table, threads, periods, n, 0, N));
    ck_assert_int_eq(table.row, N);
    return table;
}

static const float *row(const struct table *table, int64_t i)
{
    return table->values + i * table->size;
}

static bool is_same_row(const struct table *a, const struct table *b, int64_t i)
{
    return memcmp(row(a, i), row(b, i), (size_t)a->size * sizeof(float)) == 0;
}

static const int64_t last[] = {PERIODS - 1};
static const int64_t several[] = {50, 52, 59};

START_TEST(test_quantiles_are_finite_ascending_and_not_below_zero)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table table = predict(&bench, 2, several, 3);
    for (int64_t i = 0; i < N * 3 * ROWS; i++)
        for (int64_t q = 0; q < Q; q++) {
            const float *values = table.values + i * Q;
            ck_assert(isfinite(values[q]) && values[q] >= 0);
            ck_assert(q == 0 || values[q] >= values[q - 1]);
        }
    bench_release(&bench);
}
END_TEST

START_TEST(test_products_without_history_and_of_unknown_category_are_forecast_too)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    bench.catalogue.shops[0] = "a shop of tomorrow";
    for (int64_t i = 1; i < N; i++)
        bench.catalogue.products[i].length = 0;
    reopen(&bench);
    const struct table table = predict(&bench, 1, last, 1);
    for (int64_t i = 0; i < N * ROWS * Q; i++)
        ck_assert(isfinite(table.values[i]));
    ck_assert(row(&table, EMPTY)[H * Q - 1] > 0); // no history is no reason to expect nothing
    bench_release(&bench);
}
END_TEST

START_TEST(test_any_number_of_threads_gives_the_same_bits)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table one = predict(&bench, 1, several, 3);
    for (int64_t threads = 2; threads <= 4; threads++) {
        const struct table more = predict(&bench, threads, several, 3);
        ck_assert_mem_eq(one.values, more.values, sizeof one.values);
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_part_of_the_catalogue_has_the_bits_of_the_whole)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table whole = predict(&bench, 1, several, 3);
    for (int64_t first = 0; first < N; first += BLOCK) {
        struct table part = {0};
        const int64_t n = mq_min_i64(BLOCK, N - first);
        ck_ok(predict_range(&bench, &part, 1, several, 3, first, n));
        for (int64_t i = first; i < first + n; i++)
            ck_assert(is_same_row(&part, &whole, i));
    }
    struct table none = {0};
    ck_ok(predict_range(&bench, &none, 1, several, 3, 0, 0));
    ck_assert_int_eq(none.row, 0);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_forecast_does_not_depend_on_other_products)
{
    enum { MINE = 2 };
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table before = predict(&bench, 1, last, 1);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; i != MINE && j < bench.catalogue.products[i].length; j++)
            bench.catalogue.products[i].target[j] = (float)(1000 + i + j);
    reopen(&bench);
    const struct table after = predict(&bench, 1, last, 1);
    ck_assert(is_same_row(&before, &after, MINE));
    ck_assert(!is_same_row(&before, &after, MINE + 1));
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_forecast_does_not_depend_on_its_place)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table before = predict(&bench, 1, last, 1);
    for (int64_t i = 0; i < N / 2; i++) { // the catalogue from the end
        const struct product swapped = bench.catalogue.products[i];
        bench.catalogue.products[i] = bench.catalogue.products[N - 1 - i];
        bench.catalogue.products[N - 1 - i] = swapped;
    }
    reopen(&bench);
    const struct table after = predict(&bench, 1, last, 1);
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < ROWS * Q; k++) {
            const double want = (double)row(&before, i)[k];
            ck_assert_double_eq_tol((double)row(&after, N - 1 - i)[k], want, 1e-5 * (1 + want));
        }
    bench_release(&bench);
}
END_TEST

START_TEST(test_nothing_after_an_origin_changes_its_forecast)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table before = predict(&bench, 1, several, 3);
    for (int64_t i = 0; i < N; i++) {
        struct product *product = &bench.catalogue.products[i];
        for (int64_t j = 0; j < product->length; j++)
            if (product->start + j > several[1]) product->target[j] = product->traffic[j] = 777;
    }
    reopen(&bench);
    const struct table after = predict(&bench, 1, several, 3);
    for (int64_t i = 0; i < N; i++)
        ck_assert_mem_eq(row(&before, i), row(&after, i), 2 * ROWS * Q * sizeof(float));
    ck_assert(!is_same_row(&before, &after, 0));
    bench_release(&bench);
}
END_TEST

// The window of the first of several origins begins where that of a single one would.
START_TEST(test_the_first_of_several_origins_is_forecast_like_a_single_one)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct table one = predict(&bench, 1, several, 1);
    const struct table three = predict(&bench, 1, several, 3);
    for (int64_t i = 0; i < N; i++)
        for (int64_t k = 0; k < ROWS * Q; k++) {
            const double want = (double)row(&one, i)[k];
            ck_assert_double_eq_tol((double)row(&three, i)[k], want, 1e-4 * (1 + want));
        }
    bench_release(&bench);
}
END_TEST

START_TEST(test_steps_before_the_reach_of_an_encoder_change_nothing)
{
    static const char *const overrides[] = {
        "model.dilations=3", // 8 steps of a context of 14
        "loss.spans=[{lead: 2, review: 1}, {lead: 0, review: 1}]"};
    struct bench bench;
    bench_init(&bench, "mqrnn");
    mq_model_release(&bench.model);
    tiny_model(&bench.model, bench.panel, "mqcnn", overrides, 2);
    ck_assert_int_eq(bench.model.forecaster->reach(bench.model.experiment.model), 8);
    for (int64_t n = 1; n <= 3; n += 2) {
        const struct table few = predict(&bench, 1, several, n);
        struct mq_forecaster reading_all = *bench.model.forecaster;
        const struct mq_forecaster *own = bench.model.forecaster;
        reading_all.reach = NULL;
        bench.model.forecaster = &reading_all;
        const struct table all = predict(&bench, 1, several, n);
        bench.model.forecaster = own;
        for (int64_t i = 0; i < N; i++)
            for (int64_t k = 0; k < n * ROWS * Q; k++) {
                const double want = (double)row(&all, i)[k];
                ck_assert_double_eq_tol((double)row(&few, i)[k], want, 1e-5 * (1 + want));
            }
    }
    bench_release(&bench);
}
END_TEST

START_TEST(test_an_ensemble_is_the_mean_of_its_members)
{
    struct bench whole;
    struct bench members[MEMBERS];
    struct table of[MEMBERS];
    bench_init(&whole, "ensemble");
    const struct table mean = predict(&whole, 2, several, 3);
    for (int i = 0; i < MEMBERS; i++) {
        bench_init(&members[i], types[i]);
        of[i] = predict(&members[i], 1, several, 3);
        bench_release(&members[i]);
    }
    for (int64_t i = 0; i < N * mean.size; i++) {
        const double want = ((double)of[0].values[i] + (double)of[1].values[i]) / MEMBERS;
        ck_assert_float_eq(mean.values[i], (float)want);
    }
    ck_assert_mem_ne(of[0].values, of[1].values, sizeof of[0].values);
    bench_release(&whole);
}
END_TEST

START_TEST(test_what_forecasts_no_totals_is_refused)
{
    struct bench bench;
    struct mq_experiment experiment;
    struct mq_model model = {0};
    bench_init(&bench, "mqrnn");
    tiny_experiment(&experiment, mq_panel_path(bench.panel), "decomposed", settings, 1);
    ck_fails(mq_model_init(&model, &experiment, bench.panel), MQ_USAGE,
             "loss.spans: decomposed forecasts no totals");
    mq_model_release(&model);
    bench_release(&bench);
    bench_init(&bench, "ensemble");
    bench.model.members[1].model.experiment.loss.spans.value[0].lead = 1;
    ck_fails(mq_model_check_spans(&bench.model), MQ_USAGE, "was trained with others");
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_forecast_that_is_not_finite_names_the_series)
{
    struct bench bench;
    struct table table = {0};
    bench_init(&bench, "mqrnn");
    for (int64_t i = 0; i < bench.model.params.count; i++)
        bench.model.params.values[i] = NAN;
    ck_fails(predict_range(&bench, &table, 2, last, 1, 4, 8), MQ_NUMERIC,
             "series 4: the forecast is not finite");
    bench_release(&bench);
}
END_TEST

static mq_status refuse(void *context, const struct mq_series_block *block,
                        const struct mq_forecasts *forecasts)
{
    (void)context;
    (void)forecasts;
    return mq_fail(MQ_FAILED, "no room for series %lld", (long long)block->first);
}

START_TEST(test_the_sink_can_end_the_run)
{
    struct bench bench;
    struct mq_pool *pool;
    struct mq_predictor *predictor;
    int64_t period[] = {PERIODS - 1};
    const struct mq_origins origins = {1, period};
    bench_init(&bench, types[_i]);
    ck_ok(mq_pool_new(&pool, 1));
    ck_ok(mq_predictor_new(&predictor, &bench.model, bench.panel, &origins,
                           &bench.model.experiment.loss.quantiles, BLOCK, pool));
    ck_fails(mq_predictor_run(predictor, 0, N, refuse, NULL), MQ_FAILED, "no room for series 0");
    mq_predictor_free(predictor);
    mq_pool_free(pool);
    bench_release(&bench);
}
END_TEST

START_TEST(test_no_memory_leaves_nothing_behind)
{
    struct bench bench;
    struct mq_pool *pool;
    int64_t period[] = {PERIODS - 1};
    const struct mq_origins origins = {1, period};
    bench_init(&bench, types[_i]);
    ck_ok(mq_pool_new(&pool, 2));
    for (uint64_t n = 1; n < 40; n++) {
        struct mq_predictor *predictor = NULL;
        mq_alloc_fail_at(n);
        const mq_status status =
            mq_predictor_new(&predictor, &bench.model, bench.panel, &origins,
                             &bench.model.experiment.loss.quantiles, BLOCK, pool);
        mq_alloc_fail_at(0);
        ck_assert(status == MQ_OK || status == MQ_FAILED);
        if (status == MQ_OK) mq_predictor_free(predictor);
    }
    mq_pool_free(pool);
    bench_release(&bench);
}
END_TEST

START_TEST(test_shards_cover_the_catalogue_at_block_boundaries)
{
    for (int64_t n_series = 0; n_series < 40; n_series += 13)
        for (int64_t ranks = 1; ranks <= 12; ranks++) {
            int64_t next = 0;
            for (int64_t rank = 0; rank < ranks; rank++) {
                int64_t first = -1;
                int64_t n = -1;
                mq_shard_range(n_series, BLOCK, ranks, rank, &first, &n);
                ck_assert_int_eq(first, next);
                ck_assert(n >= 0 && (first % BLOCK == 0 || n == 0));
                next = first + n;
            }
            ck_assert_int_eq(next, n_series);
        }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("predictor");
    tcase_add_loop_test(tc, test_quantiles_are_finite_ascending_and_not_below_zero, 0, TYPES);
    tcase_add_loop_test(tc, test_products_without_history_and_of_unknown_category_are_forecast_too,
                        0, 2);
    tcase_add_loop_test(tc, test_any_number_of_threads_gives_the_same_bits, 0, TYPES);
    tcase_add_loop_test(tc, test_a_part_of_the_catalogue_has_the_bits_of_the_whole, 0, TYPES);
    tcase_add_loop_test(tc, test_a_forecast_does_not_depend_on_other_products, 0, TYPES);
    tcase_add_loop_test(tc, test_a_forecast_does_not_depend_on_its_place, 0, PLACELESS);
    tcase_add_loop_test(tc, test_nothing_after_an_origin_changes_its_forecast, 0, TYPES);
    tcase_add_loop_test(tc, test_the_first_of_several_origins_is_forecast_like_a_single_one, 0,
                        TYPES);
    tcase_add_test(tc, test_steps_before_the_reach_of_an_encoder_change_nothing);
    tcase_add_test(tc, test_an_ensemble_is_the_mean_of_its_members);
    tcase_add_test(tc, test_what_forecasts_no_totals_is_refused);
    tcase_add_test(tc, test_a_forecast_that_is_not_finite_names_the_series);
    tcase_add_loop_test(tc, test_the_sink_can_end_the_run, 0, TYPES);
    tcase_add_loop_test(tc, test_no_memory_leaves_nothing_behind, 0, TYPES);
    tcase_add_test(tc, test_shards_cover_the_catalogue_at_block_boundaries);
    return run_tests("model/predictor", tc);
}
