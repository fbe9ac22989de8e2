// ranks: 1 2 3
// Forecasts in parts: the face is their concatenation, the same at any number of ranks.
#include "support/panels.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/level.h"
#include "mq/base/path.h"
#include "mq/model/manifest.h"
#include "mq/forecast/writer.h"
#include "mq/h5/file.h"
#include "support/harness.h"

enum { N = 14, PERIODS = 60, BLOCK = 4, O = 2, H = 4, Q = 3, ROW = O * H * Q };

static int64_t periods[O] = {52, PERIODS - 2}; // the last targets lie past the end of the data

struct bench {
    struct catalogue catalogue;
    struct mq_panel *panel;
    struct mq_model model;
    struct mq_pool *pool;
    struct mq_origins origins;
};

// Rank 0 writes the panel of the first n products; everyone reads it.
static void bench_init_with(struct bench *bench, int64_t n, const char *const overrides[],
                            int64_t n_overrides)
{
    *bench = (struct bench){.origins = {O, periods}};
    catalogue_init(&bench->catalogue, n, PERIODS);
    if (mq_rank(test_world()) == 0) catalogue_write(&bench->catalogue, test_path("panel.h5"));
    ck_ok(mq_barrier(test_world()));
    ck_ok(mq_panel_open(&bench->panel, test_path("panel.h5")));
    tiny_model(&bench->model, bench->panel, "mqrnn", overrides, n_overrides);
    ck_ok(mq_pool_new(&bench->pool, 2));
}

static void bench_init(struct bench *bench, int64_t n)
{
    bench_init_with(bench, n, NULL, 0);
}

static void bench_release(struct bench *bench)
{
    mq_pool_free(bench->pool);
    mq_model_release(&bench->model);
    mq_panel_close(bench->panel);
    catalogue_release(&bench->catalogue);
    ck_ok(mq_barrier(test_world())); // before the next test's rank 0 writes over the files
}

static mq_status write_blocks(struct bench *bench, const char *directory, int64_t series)
{
    const struct mq_forecast_request request = {
        .model = &bench->model,
        .panel = bench->panel,
        .origins = &bench->origins,
        .directory = directory,
        .checkpoint = "step-000000010.h5",
        .series = series,
    };
    return mq_forecast_write(test_world(), bench->pool, &request);
}

static struct mq_h5_shape quantiles_of(int64_t items)
{
    return (struct mq_h5_shape){4, {items, O, H, Q}};
}

static void read_quantiles(const char *path, int64_t items, float *values)
{
    struct mq_h5 *file;
    ck_ok(mq_h5_open_face(&file, path));
    ck_ok(mq_h5_read(file, "/quantiles", MQ_H5_F32, quantiles_of(items), values));
    mq_h5_close(file);
}

static mq_status keep_rows(void *context, const struct mq_series_block *block,
                           const struct mq_forecasts *forecasts)
{
    float *all = context;
    memcpy(all + block->first * ROW, forecasts->quantiles, (size_t)(block->n * ROW) * sizeof *all);
    return MQ_OK;
}

// One rank, one thread: what every number of ranks must give.
static void predict_alone(struct bench *bench, float *values)
{
    struct mq_pool *pool;
    struct mq_predictor *predictor;
    ck_ok(mq_pool_new(&pool, 1));
    ck_ok(mq_predictor_new(&predictor, &bench->model, bench->panel, &bench->origins,
                           &bench->model.experiment.loss.quantiles, BLOCK, pool));
    ck_ok(mq_predictor_run(predictor, 0, N, keep_rows, values));
    mq_predictor_free(predictor);
    mq_pool_free(pool);
}

START_TEST(test_the_face_has_the_bits_of_one_rank)
{
    struct bench bench;
    float want[N * ROW];
    float got[N * ROW];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("forecast"), BLOCK));
    predict_alone(&bench, want);
    read_quantiles(test_path("forecast/forecast.h5"), N, got);
    ck_assert_mem_eq(got, want, sizeof got);
    bench_release(&bench);
}
END_TEST

START_TEST(test_parts_end_at_block_boundaries_and_make_up_the_face)
{
    struct bench bench;
    json_t *manifest;
    float face[N * ROW];
    float part[N * ROW];
    int64_t next = 0;
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("forecast"), BLOCK));
    read_quantiles(test_path("forecast/forecast.h5"), N, face);
    ck_ok(mq_forecast_verify(test_path("forecast"), &manifest));
    const json_t *parts = json_object_get(manifest, "parts");
    ck_assert_int_eq((int)json_array_size(parts), mq_size(test_world()));
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *facts = json_array_get(parts, i);
        char path[MQ_PATH_MAX];
        const int64_t items = json_integer_value(json_object_get(facts, "items"));
        ck_assert_int_eq(json_integer_value(json_object_get(facts, "first_item")), next);
        ck_assert(next % BLOCK == 0 || items == 0);
        ck_ok(mq_path_join(path, test_path("forecast"),
                           json_string_value(json_object_get(facts, "file"))));
        read_quantiles(path, items, part);
        ck_assert(memcmp(part, face + next * ROW, (size_t)(items * ROW) * sizeof *part) == 0);
        next += items;
    }
    ck_assert_int_eq(next, N);
    json_decref(manifest);
    bench_release(&bench);
}
END_TEST

START_TEST(test_coordinates_name_products_origins_steps_and_levels)
{
    struct bench bench;
    struct mq_h5 *face;
    char **texts;
    int64_t origins[O];
    int64_t steps[H];
    double levels[Q];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("forecast"), BLOCK));
    ck_ok(mq_h5_open_face(&face, test_path("forecast/forecast.h5")));
    ck_ok(mq_h5_read_strings(face, "/item_id", 0, N, &texts));
    for (int64_t i = 0; i < N; i++)
        ck_assert_str_eq(texts[i], bench.catalogue.products[i].id);
    mq_free(texts);
    ck_ok(mq_h5_read_strings(face, "/origin_date", 0, O, &texts));
    ck_assert_str_eq(texts[0], "2020-02-22"); // day 52
    mq_free(texts);
    ck_ok(mq_h5_read(face, "/origin", MQ_H5_I64, (struct mq_h5_shape){1, {O}}, origins));
    ck_assert_mem_eq(origins, periods, sizeof origins);
    ck_ok(mq_h5_read(face, "/horizon", MQ_H5_I64, (struct mq_h5_shape){1, {H}}, steps));
    ck_assert(steps[0] == 1 && steps[H - 1] == H);
    ck_ok(mq_h5_read(face, "/level", MQ_H5_F64, (struct mq_h5_shape){1, {Q}}, levels));
    ck_assert(levels[0] == 0.1 && levels[Q - 1] == 0.9);
    mq_h5_close(face);
    bench_release(&bench);
}
END_TEST

START_TEST(test_observed_is_what_the_panel_knows_by_now)
{
    struct bench bench;
    struct mq_h5 *face;
    float observed[N * O * H];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("forecast"), BLOCK));
    ck_ok(mq_h5_open_face(&face, test_path("forecast/forecast.h5")));
    ck_ok(mq_h5_read(face, "/observed", MQ_H5_F32, (struct mq_h5_shape){3, {N, O, H}}, observed));
    for (int64_t k = 0; k < N * O * H; k++) {
        const struct product *product = &bench.catalogue.products[k / (O * H)];
        const int64_t j = periods[k / H % O] + 1 + k % H - product->start;
        const float want = j >= 0 && j < product->length ? product->target[j] : NAN;
        ck_assert(observed[k] == want || (isnan(observed[k]) && isnan(want)));
    }
    mq_h5_close(face);
    bench_release(&bench);
}
END_TEST

enum { S = 2 };

// Levels are 0.1 0.5 0.9: the critical ratio 9 / (9 + 3) of review 3 lies between the last two, that
// of review 1 is the last.
START_TEST(test_totals_stand_beside_the_horizons)
{
    static const char *const spans[] = {"loss.spans=[{lead: 1, review: 3}, {lead: 1, review: 1}]",
                                        "inventory.holding=1", "inventory.shortage=9",
                                        "inventory.unmet=waits"};
    struct bench bench;
    struct mq_h5 *face;
    json_t *manifest;
    int64_t review[S];
    static float quantiles[N * O * S * Q];
    float observed[N * O * H];
    float totals[N * O * S];
    float order[N * O * S];
    bench_init_with(&bench, N, spans, 4);
    ck_ok(write_blocks(&bench, test_path("totals"), BLOCK));
    ck_ok(mq_forecast_verify(test_path("totals"), &manifest));
    ck_assert_int_eq((int)json_array_size(json_object_get(manifest, "spans")), S);
    json_decref(manifest);
    ck_ok(mq_h5_open_face(&face, test_path("totals/forecast.h5")));
    ck_ok(mq_h5_read(face, "/span_review", MQ_H5_I64, (struct mq_h5_shape){1, {S}}, review));
    ck_assert(review[0] == 3 && review[1] == 1);
    ck_ok(mq_h5_read(face, "/observed", MQ_H5_F32, (struct mq_h5_shape){3, {N, O, H}}, observed));
    ck_ok(mq_h5_read(face, "/span_quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {N, O, S, Q}},
                     quantiles));
    ck_ok(
        mq_h5_read(face, "/span_observed", MQ_H5_F32, (struct mq_h5_shape){3, {N, O, S}}, totals));
    ck_ok(mq_h5_read(face, "/order_up_to", MQ_H5_F32, (struct mq_h5_shape){3, {N, O, S}}, order));
    for (int64_t i = 0; i < N * O; i++) {
        const float *y = observed + i * H;
        const float want[S] = {y[0] + y[1] + y[2] + y[3], y[0] + y[1]};
        for (int64_t s = 0; s < S; s++) {
            const float got = totals[i * S + s];
            ck_assert(got == want[s] || (isnan(got) && isnan(want[s])));
        }
        const float *longer = quantiles + i * S * Q;
        const double between =
            (double)longer[1] + (0.75 - 0.5) / 0.4 * (double)(longer[2] - longer[1]);
        ck_assert_double_eq_tol((double)order[i * S], between, 1e-5 * (1 + between));
        ck_assert(order[i * S + 1] == longer[2 * Q - 1]); // 9 / (9 + 1)
    }
    mq_h5_close(face);
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_to_order_follows_service_level_or_prices)
{
    static const char *const spans[] = {"loss.spans=[{lead: 1, review: 1}]"};
    struct bench bench;
    struct mq_h5 *face;
    float quantiles[N * O * Q];
    float order[N * O];
    bench_init_with(&bench, N, spans, 1);
    struct mq_inventory_settings *inventory = &bench.model.experiment.inventory;
    for (int round = 0; round < 2; round++) {
        inventory->service_level = round == 0 ? 0.5 : 0;
        ck_assert_int_eq(snprintf(inventory->shortage, sizeof inventory->shortage, "price"), 5);
        ck_ok(write_blocks(&bench, test_path("orders"), BLOCK));
        ck_ok(mq_h5_open_face(&face, test_path("orders/forecast.h5")));
        ck_ok(mq_h5_read(face, "/span_quantiles", MQ_H5_F32, (struct mq_h5_shape){4, {N, O, 1, Q}},
                         quantiles));
        ck_ok(
            mq_h5_read(face, "/order_up_to", MQ_H5_F32, (struct mq_h5_shape){3, {N, O, 1}}, order));
        mq_h5_close(face);
        for (int64_t i = 0; i < N * O; i++) {
            const struct product *product = &bench.catalogue.products[i / O];
            const int64_t j = periods[i % O] + 1 - product->start;
            const bool is_priced = j >= 0 && j < product->length + CATALOGUE_AHEAD;
            const double price = is_priced ? (double)product->price[j] : (double)NAN;
            const double level = round == 0 ? 0.5 : price / (price + 2); // lost: lead + review
            const double want =
                mq_quantile_at((const double[]){0.1, 0.5, 0.9}, Q, quantiles + i * Q, level);
            ck_assert(order[i] == (float)want || (isnan(order[i]) && isnan(want)));
        }
    }
    ck_assert_int_eq(snprintf(inventory->shortage, sizeof inventory->shortage, "prise"), 5);
    ck_fails(write_blocks(&bench, test_path("orders"), BLOCK), MQ_USAGE,
             "inventory.shortage: 'prise'");
    bench_release(&bench);
}
END_TEST

START_TEST(test_ranks_without_products_write_parts_without_rows)
{
    struct bench bench;
    json_t *manifest;
    bench_init(&bench, BLOCK); // one block for everyone
    ck_ok(write_blocks(&bench, test_path("small"), BLOCK));
    ck_ok(mq_forecast_verify(test_path("small"), &manifest));
    const json_t *parts = json_object_get(manifest, "parts");
    int n_full = 0;
    for (size_t i = 0; i < json_array_size(parts); i++)
        n_full += json_integer_value(json_object_get(json_array_get(parts, i), "items")) > 0;
    ck_assert_int_eq(n_full, 1);
    float values[BLOCK * ROW];
    read_quantiles(test_path("small/forecast.h5"), BLOCK, values);
    for (int64_t i = 0; i < BLOCK * ROW; i++)
        ck_assert(isfinite(values[i]));
    json_decref(manifest);
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_manifest_tells_where_the_forecast_comes_from)
{
    struct bench bench;
    json_t *manifest;
    char weights[MQ_SHA256_HEX];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("forecast"), BLOCK));
    ck_ok(mq_forecast_verify(test_path("forecast"), &manifest));
    mq_model_weights_sha256(&bench.model, weights);
    const struct {
        const char *key;
        const char *value;
    } texts[] = {{"run", "tiny"},
                 {"model", "mqrnn"},
                 {"checkpoint", "step-000000010.h5"},
                 {"weights_sha256", weights},
                 {"panel_fingerprint", mq_panel_info(bench.panel)->fingerprint}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_str_eq(json_string_value(json_object_get(manifest, texts[i].key)),
                         texts[i].value);
    ck_assert_int_eq(json_integer_value(json_object_get(manifest, "items")), N);
    ck_assert_int_eq(json_integer_value(json_object_get(manifest, "horizon")), H);
    json_decref(manifest);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_new_forecast_replaces_the_old_one_whole)
{
    struct bench bench;
    json_t *manifest;
    float before[N * ROW];
    float after[N * ROW];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("again"), BLOCK));
    read_quantiles(test_path("again/forecast.h5"), N, before);
    char temporary[MQ_PATH_MAX];
    ck_ok(mq_path_temporary(temporary, test_path("again")));
    if (mq_rank(test_world()) == 0) { // of more ranks, long ago
        char part[MQ_PATH_MAX];
        ck_ok(mq_file_replace(test_path("again/part-00077.h5"), "old", 3));
        ck_ok(mq_make_directories(temporary));
        ck_ok(mq_path_join(part, temporary, "part-00088.h5"));
        ck_ok(mq_file_replace(part, "older", 5));
    }
    ck_ok(mq_barrier(test_world()));
    bench.model.params.values[bench.model.params.count - 1] += 1;
    ck_ok(write_blocks(&bench, test_path("again"), BLOCK));
    read_quantiles(test_path("again/forecast.h5"), N, after);
    ck_assert(memcmp(before, after, sizeof after) != 0);
    ck_ok(mq_forecast_verify(test_path("again"), &manifest));
    json_decref(manifest);
    ck_assert(!mq_path_exists(test_path("again/part-00077.h5")));
    ck_assert(!mq_path_exists(test_path("again/part-00088.h5")));
    ck_assert(!mq_path_exists(temporary));
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_failed_forecast_leaves_the_old_one_as_it_was)
{
    struct bench bench;
    json_t *manifest;
    float before[N * ROW];
    float after[N * ROW];
    bench_init(&bench, N);
    ck_ok(write_blocks(&bench, test_path("kept"), BLOCK));
    read_quantiles(test_path("kept/forecast.h5"), N, before);
    for (int64_t i = 0; i < bench.model.params.count; i++)
        bench.model.params.values[i] = NAN;
    ck_fails(write_blocks(&bench, test_path("kept"), BLOCK), MQ_NUMERIC,
             "the forecast is not finite");
    ck_ok(mq_forecast_verify(test_path("kept"), &manifest));
    json_decref(manifest);
    read_quantiles(test_path("kept/forecast.h5"), N, after);
    ck_assert_mem_eq(before, after, sizeof after);
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_is_no_forecast_is_never_replaced)
{
    struct bench bench;
    bench_init(&bench, N);
    if (mq_rank(test_world()) == 0) {
        ck_ok(mq_file_replace(test_path("taken"), "x", 1));
        ck_ok(mq_make_directories(test_path("home")));
        ck_ok(mq_file_replace(test_path("home/thesis.tex"), "x", 1));
    }
    ck_ok(mq_barrier(test_world()));
    ck_fails(write_blocks(&bench, test_path("taken"), BLOCK), MQ_FAILED, "taken: Not a directory");
    ck_fails(write_blocks(&bench, test_path("home"), BLOCK), MQ_USAGE,
             "home: holds 'thesis.tex', which a forecast would replace");
    ck_assert(mq_path_exists(test_path("home/thesis.tex")));
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("forecast_writer");
    tcase_add_test(tc, test_the_face_has_the_bits_of_one_rank);
    tcase_add_test(tc, test_parts_end_at_block_boundaries_and_make_up_the_face);
    tcase_add_test(tc, test_coordinates_name_products_origins_steps_and_levels);
    tcase_add_test(tc, test_observed_is_what_the_panel_knows_by_now);
    tcase_add_test(tc, test_totals_stand_beside_the_horizons);
    tcase_add_test(tc, test_what_to_order_follows_service_level_or_prices);
    tcase_add_test(tc, test_ranks_without_products_write_parts_without_rows);
    tcase_add_test(tc, test_the_manifest_tells_where_the_forecast_comes_from);
    tcase_add_test(tc, test_a_new_forecast_replaces_the_old_one_whole);
    tcase_add_test(tc, test_a_failed_forecast_leaves_the_old_one_as_it_was);
    tcase_add_test(tc, test_what_is_no_forecast_is_never_replaced);
    return run_mpi_tests("forecast/writer", tc);
}
