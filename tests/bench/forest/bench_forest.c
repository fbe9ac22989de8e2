// A quantile forest on rows drawn from a panel: seconds and loss, and the rows for others to read.
//
//     bench_forest CHECKPOINT PANEL DIRECTORY ROWS TREES
//
// The checkpoint, of any sqrf, says what the panel's features are. Of the rows, every fifth one is
// held out. Written for others: shape.txt (rows, held-out rows, columns), x.bin and y.bin (float32, row
// by row, those held out last). Printed: seconds to grow from the numbers, seconds to forecast, loss.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/forest_draw.h"
#include "mq/base/alloc.h"
#include "mq/base/clock.h"
#include "mq/classic/forest.h"
#include "mq/data/split.h"
#include "mq/eval/scores.h"
#include "mq/model/checkpoint.h"

// ranger splits no node of up to 30 rows, which leaves smaller ones; leaves of 5 lose about as much.
enum { BINS = 255, Q = 9, TOGETHER = 14, MIN_LEAF = 5 };
static const double levels[Q] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

static mq_status alone_sum(void *context, int64_t values[], int64_t n)
{
    (void)context, (void)values, (void)n;
    return MQ_OK;
}

static mq_status alone_agree(void *context, mq_status status)
{
    (void)context;
    return status;
}

// Rows that are held out go to the end; returns how many stay in front.
static int64_t hold_out(struct forest_sample *s)
{
    const int64_t n = s->n - s->n / 5;
    for (int64_t i = 0, j = n; j < s->n; i += 4, j++) {
        for (int64_t c = 0; c < s->n_columns; c++) {
            const float swapped = s->x[i * s->n_columns + c];
            s->x[i * s->n_columns + c] = s->x[j * s->n_columns + c];
            s->x[j * s->n_columns + c] = swapped;
        }
        const float swapped = s->y[i];
        s->y[i] = s->y[j];
        s->y[j] = swapped;
        const int64_t id = s->id[i];
        s->id[i] = s->id[j];
        s->id[j] = id;
    }
    return n;
}

static mq_status write_file(const char *directory, const char *name, const void *bytes, size_t n)
{
    char path[MQ_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    const bool is_written = file != NULL && fwrite(bytes, 1, n, file) == n;
    if (file != NULL && fclose(file) == 0 && is_written) return MQ_OK;
    return mq_fail(MQ_FAILED, "%s: cannot write", path);
}

static mq_status write_rows(const struct forest_sample *s, int64_t n, const char *directory)
{
    char shape[128];
    (void)snprintf(shape, sizeof shape, "%lld %lld %lld\n", (long long)s->n, (long long)(s->n - n),
                   (long long)s->n_columns);
    MQ_TRY(write_file(directory, "shape.txt", shape, strlen(shape)));
    MQ_TRY(write_file(directory, "x.bin", s->x, (size_t)(s->n * s->n_columns) * sizeof *s->x));
    return write_file(directory, "y.bin", s->y, (size_t)s->n * sizeof *s->y);
}

// What fitting does with rows, of one rank and without categories.
struct forest_work {
    int64_t *cells;
    int32_t *number;
    float *value;
    int64_t n_values;
    int32_t *cut_begin;
    float *cut;
    int32_t *split;
    int32_t *rank;
    struct mq_matrix matrix;
    struct mq_trees trees;
};

static void count(int64_t cells[], const float values[], int64_t n, int64_t stride)
{
    memset(cells, 0, MQ_CELLS * sizeof *cells);
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i * stride])) cells[mq_cell(values[i * stride])]++;
}

static mq_status prepare(struct forest_work *w, const struct forest_sample *s, int64_t n)
{
    MQ_NEW(w->cells, MQ_CELLS);
    MQ_NEW(w->number, MQ_CELLS);
    MQ_NEW(w->value, MQ_CELLS);
    MQ_NEW(w->cut_begin, s->n_columns + 1);
    MQ_NEW(w->cut, s->n_columns * BINS);
    MQ_NEW(w->split, n);
    MQ_NEW(w->rank, n);
    for (int64_t c = 0; c < s->n_columns; c++) {
        count(w->cells, s->x + c, n, s->n_columns);
        w->cut_begin[c + 1] =
            w->cut_begin[c] + (int32_t)mq_cuts(w->cells, BINS, w->cut + w->cut_begin[c]);
    }
    count(w->cells, s->y, n, 1);
    for (int64_t cell = 0; cell < MQ_CELLS; cell++) {
        w->number[cell] = (int32_t)w->n_values;
        if (w->cells[cell] > 0) w->value[w->n_values++] = mq_cell_value(cell);
    }
    for (int64_t i = 0; i < n; i++) {
        w->rank[i] = w->number[mq_cell(s->y[i])];
        w->split[i] = (int32_t)lround(asinh((double)s->y[i]) * 4096);
    }
    return mq_matrix_make(&w->matrix, n, s->n_columns, s->x, w->cut_begin, w->cut, 0.8);
}

static mq_status grow(struct forest_work *w, const struct forest_sample *s, int64_t trees)
{
    const struct mq_forest_settings settings = {.seed = 1,
                                                .trees = trees,
                                                .share = 0.632,
                                                .choice = (s->n_columns + 4) / 5,
                                                .min_leaf = MIN_LEAF,
                                                .depth = 30,
                                                .kept = MQ_FOREST_KEPT_MAX};
    const struct mq_forest_rows rows = {&w->matrix, s->id, w->split, s->y, w->rank};
    const struct mq_ranks alone = {1, 0, alone_sum, alone_agree, NULL};
    struct mq_pool *pool = NULL;
    MQ_TRY(mq_pool_new(&pool, 1));
    const mq_status status = mq_forest_grow(&w->trees, &rows, &settings, &alone, pool);
    mq_pool_free(pool);
    return status;
}

// Mean quantile loss over the held-out rows and levels.
static mq_status forecast(const struct forest_work *w, const struct forest_sample *s, int64_t first,
                          double *loss)
{
    mq_status status = MQ_OK;
    const struct mq_forest forest = {.n_columns = s->n_columns,
                                     .cut_begin = w->cut_begin,
                                     .cut = w->cut,
                                     .n_trees = w->trees.n,
                                     .root = w->trees.root,
                                     .node = w->trees.node,
                                     .kept_begin = w->trees.kept_begin,
                                     .kept = w->trees.kept,
                                     .n_values = w->n_values,
                                     .value = w->value};
    uint32_t *weight = NULL;
    uint8_t *bins = NULL;
    double sum = 0;
    MQ_NEW_DO(weight, TOGETHER * w->n_values);
    MQ_NEW_DO(bins, TOGETHER * s->n_columns);
    for (int64_t i = first; i < s->n; i += TOGETHER) {
        const int64_t n = s->n - i < TOGETHER ? s->n - i : TOGETHER;
        float out[TOGETHER * Q];
        for (int64_t j = 0; j < n; j++)
            mq_forest_bin(&forest, s->x + (i + j) * s->n_columns, bins + j * s->n_columns);
        mq_forest_quantiles(&forest, n, bins, levels, Q, weight, out);
        for (int64_t j = 0; j < n * Q; j++)
            sum += mq_quantile_loss(levels[j % Q], (double)s->y[i + j / Q], (double)out[j]);
    }
    *loss = sum / (double)((s->n - first) * Q);
done:
    mq_free(weight);
    mq_free(bins);
    return status;
}

static mq_status measure(const struct forest_sample *s, int64_t n, int64_t trees)
{
    mq_status status = MQ_OK;
    struct forest_work w = {0};
    double loss = 0;
    const double began_s = mq_clock_s();
    MQ_DO(prepare(&w, s, n));
    MQ_DO(grow(&w, s, trees));
    const double grown_s = mq_clock_s();
    MQ_DO(forecast(&w, s, n, &loss));
    printf("%.2f %.2f %.5f\n", grown_s - began_s, mq_clock_s() - grown_s, loss);
done:
    mq_trees_release(&w.trees);
    mq_matrix_release(&w.matrix);
    mq_free(w.cells);
    mq_free(w.number);
    mq_free(w.value);
    mq_free(w.cut_begin);
    mq_free(w.cut);
    mq_free(w.split);
    mq_free(w.rank);
    return status;
}

static mq_status bench(struct mq_world *world, char *const arguments[])
{
    mq_status status = MQ_OK;
    struct mq_model model = {0};
    struct mq_progress progress = {0};
    struct mq_panel *panel = NULL;
    struct mq_split split = {0};
    struct forest_sample sample = {0};
    MQ_DO(mq_checkpoint_read(arguments[0], &model, &progress));
    MQ_DO(mq_panel_open(&panel, arguments[1]));
    MQ_DO(mq_split_make(&split, &model.experiment, mq_panel_info(panel), arguments[1]));
    const struct mq_fit fit = {.ranks = mq_world_ranks(world),
                               .model = &model,
                               .panel = panel,
                               .train_end = split.train_end};
    MQ_DO(forest_draw(&fit, atoll(arguments[3]), -1, &sample));
    const int64_t n = hold_out(&sample);
    MQ_DO(write_rows(&sample, n, arguments[2]));
    MQ_DO(measure(&sample, n, atoll(arguments[4])));
done:
    forest_sample_release(&sample);
    mq_split_release(&split);
    mq_panel_close(panel);
    mq_model_release(&model);
    return status;
}

int main(int argc, char *argv[])
{
    struct mq_world *world = NULL;
    if (argc != 6) return MQ_USAGE;
    mq_status status = mq_world_open(&world, 1);
    if (status == MQ_OK) status = bench(world, argv + 1);
    if (status != MQ_OK) (void)fprintf(stderr, "error: %s\n", mq_error_get()->message);
    mq_world_close(world);
    return (int)status;
}
