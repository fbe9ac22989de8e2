// in_memory RUN PANEL.h5 FORECAST.h5 THREADS: forecasts every product of the panel in memory, on so
// many threads that share the model, and compares the bits with those of a forecast of the panel.
// Says how long a forecast took on average.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "mq/data/panel.h"
#include "mq/h5/file.h"
#include "mq/infer/inference.h"
#include "mq/tensor/blas_info.h"

struct work {
    struct mq_model *model;
    struct mq_panel *panel;
    struct mq_series_block block; // all products
    char **vocabulary[MQ_COVARIATES_MAX];
    int64_t origin;
    float *want; // (N, H, Q)
    int64_t threads;
};

struct worker {
    struct work *work;
    int64_t index;
    int64_t same;
    double seconds; // in mq_forecast
    mq_status status;
    struct mq_error error;
    pthread_t thread;
};

// Values [0, n) of a series that has `length` of them.
static float *spread(const float *values, int64_t length, int64_t n, float none)
{
    float *out = mq_calloc(n, sizeof *out);
    for (int64_t j = 0; j < n; j++)
        out[j] = j < length ? values[j] : none;
    return out;
}

static mq_status give_calendars(const struct work *work, struct mq_inference *inference)
{
    const struct mq_panel_info *info = mq_panel_info(work->panel);
    const struct mq_inference_facts *facts = mq_inference_facts(inference);
    char epoch[MQ_DATE_MAX];
    mq_period_print(&info->calendar, 0, epoch);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        bool is_wanted = false;
        for (int64_t i = 0; i < facts->n_covariates; i++)
            is_wanted |= strcmp(facts->covariates[i].name, info->covariates[c].name) == 0;
        if (is_wanted && info->covariates[c].role == MQ_ROLE_CALENDAR)
            MQ_TRY(mq_inference_calendar(inference, info->covariates[c].name, epoch,
                                         mq_panel_calendar_length(work->panel, c),
                                         mq_panel_calendar(work->panel, c)));
    }
    return MQ_OK;
}

static mq_status forecast(const struct work *work, struct mq_inference *inference, int64_t i,
                          float *quantiles, double *seconds)
{
    const struct mq_panel_info *info = mq_panel_info(work->panel);
    const struct mq_series_block *block = &work->block;
    const int64_t horizon = mq_inference_facts(inference)->horizon;
    const int64_t start = mq_min_i64(block->start[i], work->origin + 1);
    const int64_t n = work->origin + 1 - start;
    const int64_t length = mq_min_i64(block->length[i], n);
    const int64_t at = block->offset[i];
    struct mq_values values[MQ_COVARIATES_MAX];
    struct mq_category categories[MQ_COVARIATES_MAX];
    float *owned[MQ_COVARIATES_MAX] = {NULL};
    char date[MQ_DATE_MAX];
    mq_period_print(&info->calendar, start, date);
    float *target = spread(block->target + at, length, n, NAN);
    float *available =
        block->available != NULL ? spread(block->available + at, length, n, 1) : NULL;
    struct mq_product product = {.start = date,
                                 .n = n,
                                 .target = target,
                                 .available = available,
                                 .values = values,
                                 .categories = categories,
                                 .number = i};
    for (int64_t c = 0; c < info->n_covariates; c++) {
        const struct mq_covariate *covariate = &info->covariates[c];
        if (covariate->role == MQ_ROLE_CALENDAR) continue;
        if (covariate->role == MQ_ROLE_STATIC_CATEGORY) {
            const int64_t code = (int64_t)block->statics[c][i];
            categories[product.n_categories++] = (struct mq_category){
                covariate->name, code > 0 ? work->vocabulary[c][code - 1] : NULL};
            continue;
        }
        if (covariate->role == MQ_ROLE_KNOWN)
            owned[c] = spread(block->known[c] + at + i * block->ahead,
                              block->length[i] + block->ahead, n + horizon, NAN);
        if (covariate->role == MQ_ROLE_PAST) owned[c] = spread(block->past[c] + at, length, n, NAN);
        values[product.n_values++] = (struct mq_values){
            covariate->name, owned[c] != NULL ? owned[c] : &block->statics[c][i]};
    }
    const double began_s = mq_clock_s();
    const mq_status status = mq_forecast(inference, &product, quantiles);
    *seconds += mq_clock_s() - began_s;
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(owned[c]);
    mq_free(target);
    mq_free(available);
    return status;
}

static mq_status compare(struct worker *worker)
{
    const struct work *work = worker->work;
    mq_status status = MQ_OK;
    struct mq_inference *inference = NULL;
    float *quantiles = NULL;
    MQ_DO(mq_inference_new(&inference, work->model));
    MQ_DO(give_calendars(work, inference));
    const struct mq_inference_facts *facts = mq_inference_facts(inference);
    const int64_t size = facts->horizon * facts->n_levels;
    MQ_NEW_DO(quantiles, size);
    for (int64_t i = worker->index; i < work->block.n; i += work->threads) {
        MQ_DO(forecast(work, inference, i, quantiles, &worker->seconds));
        worker->same +=
            memcmp(quantiles, work->want + i * size, (size_t)size * sizeof *quantiles) == 0;
    }
done:
    mq_free(quantiles);
    mq_inference_free(inference);
    return status;
}

static void *serve(void *argument)
{
    struct worker *worker = argument;
    worker->status = compare(worker);
    worker->error = *mq_error_get();
    return NULL;
}

static mq_status read_all(struct work *work, const char *panel, const char *path)
{
    mq_status status = MQ_OK;
    struct mq_h5 *file = NULL;
    struct mq_h5_shape shape;
    MQ_DO(mq_panel_open(&work->panel, panel));
    const struct mq_panel_info *info = mq_panel_info(work->panel);
    MQ_DO(mq_panel_read(work->panel, 0, info->n_series, &work->block));
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_STATIC_CATEGORY)
            MQ_DO(mq_panel_vocabulary(work->panel, c, &work->vocabulary[c]));
    MQ_DO(mq_h5_open_face(&file, path));
    MQ_DO(mq_h5_read(file, "/origin", MQ_H5_I64, (struct mq_h5_shape){1, {1}}, &work->origin));
    MQ_DO(mq_h5_shape(file, "/quantiles", &shape));
    MQ_NEW_DO(work->want, shape.size[0] * shape.size[2] * shape.size[3]);
    MQ_DO(mq_h5_read(file, "/quantiles", MQ_H5_F32, shape, work->want));
done:
    mq_h5_close(file);
    return status;
}

static mq_status run(struct work *work, struct worker workers[], char *argv[])
{
    int64_t same = 0;
    double seconds = 0;
    MQ_TRY(read_all(work, argv[2], argv[3]));
    MQ_TRY(mq_model_open(&work->model, argv[1], NULL, 0));
    for (int64_t i = 0; i < work->threads; i++) {
        workers[i] = (struct worker){.work = work, .index = i};
        if (pthread_create(&workers[i].thread, NULL, serve, &workers[i]) != 0) abort();
    }
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < work->threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        same += workers[i].same;
        seconds += workers[i].seconds;
        if (workers[i].status == MQ_OK) continue;
        status = workers[i].status;
        mq_error_set(&workers[i].error);
    }
    if (status == MQ_OK)
        (void)printf("%lld of %lld products alike, %.0f us each\n", (long long)same,
                     (long long)work->block.n, 1e6 * seconds / (double)work->block.n);
    return status;
}

int main(int argc, char *argv[])
{
    enum { THREADS_MAX = 16 };
    struct worker workers[THREADS_MAX];
    mq_blas_choose(argv); // as mqcast does
    if (argc != 5 || atoll(argv[4]) < 1 || atoll(argv[4]) > THREADS_MAX) return MQ_USAGE;
    struct work work = {.threads = atoll(argv[4])};
    const mq_status status = run(&work, workers, argv);
    if (status != MQ_OK) mq_log_error(mq_error_get());
    mq_free(work.want);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(work.vocabulary[c]);
    mq_series_block_release(&work.block);
    mq_panel_close(work.panel);
    mq_model_close(work.model);
    return status;
}
