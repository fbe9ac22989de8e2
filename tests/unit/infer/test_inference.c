// Forecasts in memory: of any product at any date, without memory of the one before, refusing what is
// not given. That they are those of a panel is shown for all models in tests/contract.
#include "mq/infer/inference.h"

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/checkpoint.h"
#include "support/harness.h"
#include "support/panels.h"

// The draws of rnn_dist, which are whole, may be the same for other inputs.
enum { N = 14, PERIODS = 60, H = 4, Q = 3, TYPES = 4, NETWORKS = 3 };
static const char *const types[TYPES] = {"mqrnn", "mqffn", "rnn_dist", "seasonal_naive"};

struct bench {
    struct catalogue catalogue;
    struct mq_model *model;
    struct mq_inference *inference;
    struct mq_values values[3];
    struct mq_category category;
    struct mq_product product; // product 2: all periods, covariates of each role
};

static void write_checkpoint(const struct catalogue *catalogue, const char *type)
{
    struct mq_model model;
    const struct mq_progress progress = {.best_score = -1, .best_step = -1};
    struct mq_panel *panel = catalogue_open(catalogue, test_path("panel.h5"));
    tiny_model(&model, panel, type, NULL, 0);
    ck_ok(mq_checkpoint_write(test_path("model.h5"), &model, NULL, &progress));
    mq_model_release(&model);
    mq_panel_close(panel);
}

static mq_status give_calendar(struct bench *bench)
{
    return mq_inference_calendar(bench->inference, "open", "2020-01-01", PERIODS + CATALOGUE_AHEAD,
                                 bench->catalogue.open);
}

static void bench_init(struct bench *bench, const char *type)
{
    catalogue_init(&bench->catalogue, N, PERIODS);
    write_checkpoint(&bench->catalogue, type);
    ck_ok(mq_model_open(&bench->model, test_path("model.h5"), NULL, 0));
    ck_ok(mq_inference_new(&bench->inference, bench->model));
    if (mq_inference_facts(bench->inference)->n_covariates > 0) ck_ok(give_calendar(bench));
    const struct product *mine = &bench->catalogue.products[2];
    bench->values[0] = (struct mq_values){"weight", &mine->weight};
    bench->values[1] = (struct mq_values){"traffic", mine->traffic};
    bench->values[2] = (struct mq_values){"price", mine->price};
    bench->category = (struct mq_category){"shop", "south"};
    bench->product = (struct mq_product){.start = "2020-01-01",
                                         .n = PERIODS,
                                         .target = mine->target,
                                         .available = mine->available,
                                         .values = bench->values,
                                         .n_values = 3,
                                         .categories = &bench->category,
                                         .n_categories = 1,
                                         .number = 2};
}

static void bench_release(struct bench *bench)
{
    mq_inference_free(bench->inference);
    mq_model_close(bench->model);
    catalogue_release(&bench->catalogue);
}

static void forecast(struct bench *bench, float quantiles[H * Q])
{
    ck_ok(mq_forecast(bench->inference, &bench->product, quantiles));
    for (int k = 0; k < H * Q; k++) {
        ck_assert(isfinite(quantiles[k]) && quantiles[k] >= 0);
        ck_assert(k % Q == 0 || quantiles[k] >= quantiles[k - 1]);
    }
}

START_TEST(test_facts_say_what_a_forecast_is_and_needs)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    const struct mq_inference_facts *facts = mq_inference_facts(bench.inference);
    ck_assert_int_eq(facts->horizon, H);
    ck_assert_int_eq(facts->n_levels, Q);
    ck_assert(facts->levels[1] == 0.5);
    ck_assert_str_eq(facts->frequency, "daily");
    ck_assert_int_eq(facts->n_covariates, _i < NETWORKS ? CATALOGUE_COVARIATES : 0);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_forecast_remembers_nothing_of_the_one_before)
{
    struct bench bench;
    float first[H * Q];
    float other[H * Q];
    float again[H * Q];
    bench_init(&bench, types[_i]);
    const struct mq_product mine = bench.product;
    forecast(&bench, first);
    bench.product.n = PERIODS - 9;
    bench.product.target += 9;
    bench.product.start = "2031-05-01"; // far beyond the panel trained on
    forecast(&bench, other);
    bench.product.n = 0;
    bench.product.start = "2001-05-01"; // long before it
    forecast(&bench, other);
    bench.product = mine;
    forecast(&bench, again);
    ck_assert_mem_eq(first, again, sizeof first);
    ck_assert_mem_ne(first, other, sizeof first);
    bench_release(&bench);
}
END_TEST

START_TEST(test_the_second_forecast_allocates_nothing)
{
    struct bench bench;
    float quantiles[H * Q];
    bench_init(&bench, types[_i]);
    forecast(&bench, quantiles);
    const uint64_t calls = mq_alloc_calls();
    bench.product.start = "2024-05-01"; // other dates, other features of them
    forecast(&bench, quantiles);
    ck_assert_uint_eq(mq_alloc_calls(), calls);
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_the_model_looks_at_must_be_given)
{
    static const char *const lacking[] = {"'weight'", "'traffic'", "'price'"};
    struct bench bench;
    float quantiles[H * Q];
    bench_init(&bench, types[_i]);
    for (int i = 0; i < 3; i++) {
        const char *name = bench.values[i].name;
        bench.values[i].name = "another";
        ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_DATA, lacking[i]);
        bench.values[i].name = name;
    }
    bench.product.n_categories = 0;
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_DATA, "'shop'");
    bench.product.n_categories = 1;
    mq_inference_free(bench.inference);
    ck_ok(mq_inference_new(&bench.inference, bench.model));
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_DATA, "'open'");
    ck_assert(strstr(mq_error_get()->hint, "mq_inference_calendar") != NULL);
    ck_ok(give_calendar(&bench));
    forecast(&bench, quantiles);
    bench_release(&bench);
}
END_TEST

START_TEST(test_what_cannot_be_is_refused)
{
    struct bench bench;
    float quantiles[H * Q];
    float target[PERIODS] = {0};
    bench_init(&bench, "mqrnn");
    const struct mq_product mine = bench.product;
    bench.product.start = "yesterday";
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_USAGE, "not a date");
    bench.product = mine;
    bench.product.n = -1;
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_USAGE, "impossible");
    bench.product = mine;
    bench.product.target = NULL;
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_USAGE, "no target");
    bench.product.target = target;
    target[7] = INFINITY;
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_DATA, "value 7");
    target[7] = 0;
    bench.catalogue.products[2].price[PERIODS + H - 1] = -INFINITY;
    ck_fails(mq_forecast(bench.inference, &bench.product, quantiles), MQ_DATA, "price: value 63");
    ck_fails(mq_inference_calendar(bench.inference, "opne", "2020-01-01", 1, target), MQ_USAGE,
             "no calendar 'opne'");
    ck_fails(mq_inference_calendar(bench.inference, "price", "2020-01-01", 1, target), MQ_USAGE,
             "no calendar 'price'");
    bench_release(&bench);
}
END_TEST

START_TEST(test_each_input_has_its_part)
{
    struct bench bench;
    float before[H * Q];
    float after[H * Q];
    bench_init(&bench, types[_i]);
    struct product *mine = &bench.catalogue.products[2];
    float *const inputs[] = {&mine->target[PERIODS - 1], &mine->traffic[PERIODS - 1],
                             &mine->price[PERIODS + H - 1], &mine->weight,
                             &mine->available[PERIODS - 2]};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        forecast(&bench, before);
        *inputs[i] = i == 4 ? 1 - *inputs[i] : *inputs[i] + 40;
        forecast(&bench, after);
        ck_assert_msg(memcmp(before, after, sizeof before) != 0, "input %zu", i);
    }
    bench.category.value = "west";
    forecast(&bench, before);
    ck_assert_mem_ne(before, after, sizeof before);
    for (int64_t t = PERIODS; t < PERIODS + H; t++)
        bench.catalogue.open[t] = 0;
    ck_ok(give_calendar(&bench));
    forecast(&bench, after);
    ck_assert_mem_ne(before, after, sizeof before);
    bench_release(&bench);
}
END_TEST

START_TEST(test_a_category_not_seen_is_one_not_known)
{
    struct bench bench;
    float unseen[H * Q];
    float unknown[H * Q];
    bench_init(&bench, "mqrnn");
    bench.category.value = "a shop of tomorrow";
    forecast(&bench, unseen);
    bench.category.value = NULL;
    forecast(&bench, unknown);
    ck_assert_mem_eq(unseen, unknown, sizeof unseen);
    bench_release(&bench);
}
END_TEST

START_TEST(test_levels_may_be_chosen_where_the_model_gives_them)
{
    static const double levels[] = {0.25, 0.75};
    static const double wrong[] = {0.75, 0.25};
    struct bench bench;
    struct mq_model *model = NULL;
    bench_init(&bench, "seasonal_naive");
    ck_fails(mq_model_open(&model, test_path("model.h5"), wrong, 2), MQ_USAGE, "ascend");
    ck_ok(mq_model_open(&model, test_path("model.h5"), levels, 2));
    struct mq_inference *inference = NULL;
    ck_ok(mq_inference_new(&inference, model));
    ck_assert_int_eq(mq_inference_facts(inference)->n_levels, 2);
    mq_inference_free(inference);
    mq_model_close(model);
    bench_release(&bench);
    bench_init(&bench, "mqrnn");
    ck_fails(mq_model_open(&model, test_path("model.h5"), levels, 2), MQ_USAGE, "grid");
    ck_assert_ptr_null(model);
    ck_fails(mq_model_open(&model, test_path("nothing.h5"), NULL, 0), MQ_FAILED, "nothing.h5");
    ck_fails(mq_model_open(&model, test_path("panel.h5"), NULL, 0), MQ_DATA, "not an mqcast");
    bench_release(&bench);
}
END_TEST

static mq_status use(struct bench *bench)
{
    mq_status status = MQ_OK;
    struct mq_model *model = NULL;
    float quantiles[H * Q];
    mq_inference_free(bench->inference);
    bench->inference = NULL;
    MQ_DO(mq_model_open(&model, test_path("model.h5"), NULL, 0));
    MQ_DO(mq_inference_new(&bench->inference, model));
    if (mq_inference_facts(bench->inference)->n_covariates > 0) MQ_DO(give_calendar(bench));
    MQ_DO(mq_forecast(bench->inference, &bench->product, quantiles));
done:
    mq_inference_free(bench->inference);
    bench->inference = NULL;
    mq_model_close(model);
    return status;
}

START_TEST(test_no_memory_leaves_nothing_behind)
{
    struct bench bench;
    bench_init(&bench, types[_i]);
    mq_status status = MQ_FAILED;
    for (uint64_t n = 1; status != MQ_OK; n += 1 + n / 16) {
        (void)mq_alloc_fail_at(n);
        status = use(&bench);
        if (mq_alloc_fail_at(0) > 0) break; // all of them went well
        ck_assert(status != MQ_OK && mq_is_out_of_memory());
    }
    ck_ok(status);
    bench_release(&bench);
}
END_TEST

START_TEST(test_after_a_want_of_memory_forecasts_go_on)
{
    enum { MORE = 3 * PERIODS };
    struct bench bench;
    float target[MORE];
    float quantiles[H * Q];
    bench_init(&bench, "seasonal_naive");
    for (int64_t t = 0; t < MORE; t++)
        target[t] = (float)(t % 7);
    bench.product.available = NULL;
    bench.product.target = target;
    for (uint64_t n = 1; n <= 3; n++) { // a longer past than any before: room for it is made
        bench.product.n = PERIODS + 20 * (int64_t)n;
        (void)mq_alloc_fail_at(n);
        const mq_status status = mq_forecast(bench.inference, &bench.product, quantiles);
        (void)mq_alloc_fail_at(0);
        ck_assert(status == MQ_FAILED && mq_is_out_of_memory());
        forecast(&bench, quantiles);
        bench.product.n = 0;
        forecast(&bench, quantiles);
    }
    bench_release(&bench);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("inference");
    tcase_add_loop_test(tc, test_facts_say_what_a_forecast_is_and_needs, 0, TYPES);
    tcase_add_loop_test(tc, test_a_forecast_remembers_nothing_of_the_one_before, 0, TYPES);
    tcase_add_loop_test(tc, test_the_second_forecast_allocates_nothing, 0, TYPES);
    tcase_add_loop_test(tc, test_what_the_model_looks_at_must_be_given, 0, NETWORKS);
    tcase_add_test(tc, test_what_cannot_be_is_refused);
    tcase_add_loop_test(tc, test_each_input_has_its_part, 0, NETWORKS - 1);
    tcase_add_test(tc, test_a_category_not_seen_is_one_not_known);
    tcase_add_test(tc, test_levels_may_be_chosen_where_the_model_gives_them);
    tcase_add_test(tc, test_after_a_want_of_memory_forecasts_go_on);
    tcase_add_loop_test(tc, test_no_memory_leaves_nothing_behind, 0, TYPES);
    return run_tests("infer/inference", tc);
}
