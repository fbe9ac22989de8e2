// Catalogues in memory, written with the panel's writer.
#include "support/panels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/base/rng.h"
#include "mq/model/network.h"
#include "mq/model/registry.h"
#include "support/harness.h"

static void fill_product(struct product *product, int64_t i, int64_t periods)
{
    struct mq_rng rng = mq_rng_at(11, MQ_RNG_TEST, (uint64_t)i, 0);
    (void)snprintf(product->id, sizeof product->id, "item-%lld", (long long)i);
    product->start = i % 5 == 3 ? periods / 2 + i % 4 : 0;
    product->length = i % 7 == 5 ? 0 : periods - product->start;
    product->weight = i % 4 == 1 ? NAN : (float)i;
    product->shop = (float)(i % (CATALOGUE_SHOPS + 1));
    for (int64_t j = 0; j < periods + CATALOGUE_AHEAD; j++) {
        product->price[j] = (float)(2 + i % 3 + (j % 10 == 4));
        if (j >= periods) continue;
        const double level = (double)(3 + 2 * (i % 6)) * ((j + product->start) % 7 < 2 ? 2 : 1);
        product->target[j] = (i + j) % 13 == 0 ? NAN : (float)mq_rng_poisson(&rng, level);
        product->available[j] = (i + j) % 11 == 0 ? 0 : 1;
        product->traffic[j] = (float)mq_rng_below(&rng, 50);
    }
}

void catalogue_init(struct catalogue *catalogue, int64_t n, int64_t periods)
{
    const int64_t dates = periods + CATALOGUE_AHEAD;
    *catalogue =
        (struct catalogue){.n = n, .periods = periods, .shops = {"north", "south", "west"}};
    catalogue->products = mq_calloc(n, sizeof *catalogue->products);
    catalogue->memory = mq_calloc(n * (3 * periods + dates) + dates, sizeof(float));
    float *next = catalogue->memory;
    for (int64_t i = 0; i < n; i++) {
        struct product *product = &catalogue->products[i];
        product->target = next;
        product->available = next + periods;
        product->traffic = next + 2 * periods;
        product->price = next + 3 * periods;
        next += 3 * periods + dates;
        fill_product(product, i, periods);
    }
    catalogue->open = next;
    for (int64_t t = 0; t < dates; t++)
        catalogue->open[t] = t % 7 == 6 ? 0 : 1;
}

void catalogue_release(struct catalogue *catalogue)
{
    mq_free(catalogue->products);
    mq_free(catalogue->memory);
    *catalogue = (struct catalogue){0};
}

static struct mq_panel_info describe(void)
{
    return (struct mq_panel_info){
        .calendar = {MQ_DAY, 1, 18262 * 86400}, // 2020-01-01
        .ahead = CATALOGUE_AHEAD,
        .has_available = true,
        .n_covariates = CATALOGUE_COVARIATES,
        .covariates = {[PRICE] = {"price", MQ_ROLE_KNOWN, 0},
                       [OPEN] = {"open", MQ_ROLE_CALENDAR, 0},
                       [TRAFFIC] = {"traffic", MQ_ROLE_PAST, 0},
                       [WEIGHT] = {"weight", MQ_ROLE_STATIC_REAL, 0},
                       [SHOP] = {"shop", MQ_ROLE_STATIC_CATEGORY, 0}},
        .source = "test",
    };
}

void catalogue_write(const struct catalogue *catalogue, const char *path)
{
    struct mq_panel_writer *writer;
    const struct mq_panel_info info = describe();
    ck_ok(mq_panel_create(&writer, path, &info));
    for (int64_t i = 0; i < catalogue->n; i++) {
        const struct product *product = &catalogue->products[i];
        const float *past[CATALOGUE_COVARIATES] = {[TRAFFIC] = product->traffic};
        const float *known[CATALOGUE_COVARIATES] = {[PRICE] = product->price};
        const float statics[CATALOGUE_COVARIATES] = {
            [WEIGHT] = product->weight, [SHOP] = product->shop};
        const struct mq_series series = {
            product->id,        product->start, product->length, product->target,
            product->available, past,           known,           statics};
        ck_ok(mq_panel_append(writer, &series));
    }
    ck_ok(mq_panel_set_vocabulary(writer, SHOP, CATALOGUE_SHOPS, catalogue->shops));
    ck_ok(
        mq_panel_set_calendar(writer, OPEN, catalogue->periods + CATALOGUE_AHEAD, catalogue->open));
    ck_ok(mq_panel_publish(writer));
}

struct mq_panel *catalogue_open(const struct catalogue *catalogue, const char *path)
{
    struct mq_panel *panel;
    catalogue_write(catalogue, path);
    ck_ok(mq_panel_open(&panel, path));
    return panel;
}

static bool opens_but_cannot_be_read(const char *path)
{
    struct mq_panel *panel;
    struct mq_series_block block = {0};
    if (mq_panel_open(&panel, path) != MQ_OK) return false;
    const mq_status status = mq_panel_read(panel, 0, mq_panel_info(panel)->n_series, &block);
    mq_series_block_release(&block);
    mq_panel_close(panel);
    return status == MQ_DATA;
}

void panel_damage(const char *path)
{
    struct mq_str bytes = {0};
    ck_ok(mq_file_read(path, &bytes));
    bool is_done = false;
    for (size_t at = bytes.length / 4; at < bytes.length && !is_done; at += 101) {
        bytes.data[at] ^= 1;
        ck_ok(mq_file_replace(path, bytes.data, bytes.length));
        is_done = opens_but_cannot_be_read(path);
        bytes.data[at] ^= 1;
    }
    ck_assert(is_done);
    mq_str_release(&bytes);
}

void tiny_experiment(struct mq_experiment *experiment, const char *panel_path, const char *type,
                     const char *const overrides[], int64_t n)
{
    char text[2048];
    const bool is_network = strcmp(type, "mqrnn") == 0;
    const int length =
        snprintf(text, sizeof text,
                 "version: 1\n"
                 "run: {name: tiny, dir: \"%s\"}\n"
                 "data: {panel: \"%s\", context: 14, horizon: 4}\n"
                 "model: {type: %s%s}\n"
                 "loss: {quantiles: [0.1, 0.5, 0.9]}\n"
                 "train: {batch: 8, lanes: 4, steps: 10}\n"
                 "forecast: {batch: 4}\n"
                 "evaluate: {origins: 2}\n",
                 test_directory(), panel_path, type,
                 is_network ? ", hidden: 6, context_size: 3, local: 4, static_size: 3" : "");
    ck_assert_int_lt(length, (int)sizeof text);
    ck_ok(mq_experiment_parse(experiment, "tiny.yaml", text, (size_t)length, overrides, n,
                              mq_model_settings));
}

static void fit(struct mq_model *model, struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    struct mq_series_block block = {0};
    struct mq_statistics *statistics = mq_calloc(1, sizeof *statistics);
    ck_ok(mq_panel_read(panel, 0, info->n_series, &block));
    mq_statistics_add(statistics, info, &block, info->n_periods);
    ck_ok(mq_features_fit(&model->features, statistics, panel, info->n_periods));
    mq_series_block_release(&block);
    mq_free(statistics);
}

// A network declares its weights; they outlive it.
static void draw_weights(struct mq_model *model)
{
    const int64_t context = model->experiment.data.context;
    const struct mq_dims dims = mq_model_dims(model, 1, context, (struct mq_forks){context, NULL});
    struct mq_network network;
    ck_ok(mq_network_init(&network, model->forecaster, model->experiment.model, &dims,
                          MQ_LOSS_PINBALL, &model->params, MQ_INFER));
    ck_ok(mq_params_allocate(&model->params));
    mq_params_initialise(&model->params, (uint64_t)model->experiment.run.seed);
    mq_network_release(&network);
}

void tiny_model(struct mq_model *model, struct mq_panel *panel, const char *type,
                const char *const overrides[], int64_t n)
{
    struct mq_experiment experiment;
    tiny_experiment(&experiment, mq_panel_path(panel), type, overrides, n);
    ck_ok(mq_model_init(model, &experiment, panel));
    fit(model, panel);
    if (model->forecaster->build != NULL) draw_weights(model);
}
