// From a catalogue to the tables of a forest, and from tables to a forest that can be trusted.
//
// Rows are drawn lane by lane, as training draws windows: which ones is a function of the seed and
// the lane, and a rank owns whole lanes. All that ranks add up are integers.
#include "model/forest_fit.h"

#include <math.h>
#include <string.h>

#include "model/forest_rows.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "mq/base/rng.h"
#include "mq/data/engineered.h"
#include "mq/data/sampler.h"

enum { HORIZONS_PER_FORK = 2, CACHE_SHIFT = 20, DRAW = 3 }; // DRAW: of the generator's addresses
static const double sparse_from = 0.8;
static const double split_unit = 1 << 12; // of asinh of a target
static const double target_max = 1 << 19;

// This rank's rows and what becomes of them.
struct sample {
    const struct mq_fit *fit;
    const struct mq_features *features;
    const struct forest_options *options;
    int64_t n_columns;
    int64_t wanted; // rows on all ranks
    int64_t room;
    int64_t n;
    float *x; // (room, n_columns)
    float *y; // (room)
    int64_t *id; // (room)
    int32_t *split; // (room)
    int32_t *value; // (room)
    int64_t *cells; // (MQ_CELLS) counts of one column
    int64_t n_means;
    int64_t *sums; // (n_means + 1, 2) targets and rows of each code, and of all rows
    struct mq_matrix matrix;
};

// ---- drawing ------------------------------------------------------------------------------------

struct draw {
    struct mq_window_maker maker;
    struct mq_batch batch;
    struct mq_sampler sampler;
    struct mq_cache *cache;
    int64_t first_id;
};

// One fork of a product and some of its horizons; those without a target are left out.
static mq_status draw_fork(struct sample *sample, struct draw *draw, int64_t position)
{
    const struct mq_series_block *block = NULL;
    int64_t i = 0;
    const int64_t horizon = draw->batch.shape.horizon;
    const int64_t t = draw->batch.shape.context - 1;
    const int64_t high = sample->fit->train_end - 2;
    MQ_TRY(mq_cache_find(draw->cache, mq_sampler_series(&draw->sampler, position), &block, &i));
    // The earliest fork is just before the launch: it teaches the forecast without history.
    const int64_t low = mq_min_i64(block->start[i] - 1, high);
    const int64_t end = mq_sampler_end(&draw->sampler, position, low, high);
    mq_window_fill(&draw->maker, &draw->batch, 0, block, i, end, sample->fit->train_end);
    const struct forest_units units = forest_units_of(sample->features, &draw->batch, 0, t);
    const double scale = (double)draw->batch.scale[t];
    const double level = (double)draw->batch.level[t];
    for (int64_t k = 0; k < HORIZONS_PER_FORK && sample->n < sample->room; k++) {
        const int64_t id = draw->first_id + position * HORIZONS_PER_FORK + k;
        struct mq_rng rng = mq_rng_at(draw->sampler.seed, MQ_RNG_FOREST, (uint64_t)id, DRAW);
        const int64_t h = 1 + (int64_t)mq_rng_below(&rng, (uint64_t)horizon);
        if (draw->batch.weight[t] == 0 || draw->batch.mask[t + h] == 0) continue;
        const double y = (double)draw->batch.target[t + h] / scale - level;
        const double u = (y - units.shift) / units.unit;
        forest_fill(sample->features, &draw->batch, 0, t, h, 1, NULL,
                    sample->x + sample->n * sample->n_columns);
        for (int64_t c = 0; c < sample->features->n_codes; c++) // until their means are known
            sample->x[(sample->n + 1) * sample->n_columns - sample->features->n_codes + c] =
                (float)draw->batch.codes[c];
        sample->id[sample->n] = id;
        sample->y[sample->n++] = (float)fmax(-target_max, fmin(u, target_max));
    }
    return MQ_OK;
}

static mq_status draw_lane(struct sample *sample, struct draw *draw, int64_t lane)
{
    const struct mq_experiment *experiment = &sample->fit->model->experiment;
    const int64_t lanes = experiment->train.lanes;
    const int64_t rows = sample->wanted;
    const int64_t first = mq_split(rows, lanes, lane);
    const int64_t forks = mq_ceil_div(mq_split(rows, lanes, lane + 1) - first, HORIZONS_PER_FORK);
    draw->first_id = lane * (rows + HORIZONS_PER_FORK);
    MQ_TRY(mq_sampler_init(&draw->sampler, (uint64_t)experiment->run.seed,
                           mq_panel_info(sample->fit->panel)->n_series, lanes, lane));
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < forks && draw->sampler.n > 0 && status == MQ_OK; i++)
        status = draw_fork(sample, draw, i);
    mq_sampler_release(&draw->sampler);
    return status;
}

static mq_status draw_rows(struct sample *sample)
{
    mq_status status = MQ_OK;
    const struct mq_fit *fit = sample->fit;
    const struct mq_experiment *experiment = &fit->model->experiment;
    const int64_t lanes = experiment->train.lanes;
    const int64_t first = mq_split(lanes, mq_size(fit->world), mq_rank(fit->world));
    const int64_t end = mq_split(lanes, mq_size(fit->world), mq_rank(fit->world) + 1);
    const int64_t steps = mq_min_i64(experiment->data.context, forest_reach(NULL));
    struct draw draw = {0};
    sample->room = mq_split(sample->wanted, lanes, end) - mq_split(sample->wanted, lanes, first) +
                   HORIZONS_PER_FORK * (end - first);
    MQ_NEW_DO(sample->x, sample->room * sample->n_columns);
    MQ_NEW_DO(sample->y, sample->room);
    MQ_NEW_DO(sample->id, sample->room);
    MQ_NEW_DO(sample->split, sample->room);
    MQ_NEW_DO(sample->value, sample->room);
    MQ_NEW_DO(sample->cells, MQ_CELLS);
    MQ_NEW_DO(sample->sums, 2 * (sample->n_means + 1));
    MQ_DO(mq_window_maker_init(&draw.maker, sample->features, fit->panel, 0,
                               experiment->data.context + experiment->data.horizon));
    MQ_DO(mq_batch_init(&draw.batch, sample->features, mq_model_window(fit->model, 1, steps)));
    MQ_DO(mq_cache_new(&draw.cache, mq_panel_path(fit->panel),
                       experiment->data.cache_mib << CACHE_SHIFT));
    for (int64_t lane = first; lane < end; lane++)
        MQ_DO(draw_lane(sample, &draw, lane));
done:
    mq_cache_free(draw.cache);
    mq_batch_release(&draw.batch);
    mq_window_maker_release(&draw.maker);
    return status;
}

// ---- categories, cuts and values ----------------------------------------------------------------

// Replaces codes by the mean target of their rows, drawn towards the mean of all; what has no rows
// is missing.
static mq_status fill_categories(struct sample *sample, float means[])
{
    enum { PRIOR = 20 }; // rows
    const double unit = 1 << 20;
    const int64_t first = forest_categories(sample->features);
    for (int64_t i = 0; i < sample->n; i++) {
        const int64_t y = llround((double)sample->y[i] * unit);
        int64_t begin = 0;
        sample->sums[2 * sample->n_means] += y;
        sample->sums[2 * sample->n_means + 1]++;
        for (int64_t c = 0; c < sample->features->n_codes; c++) {
            const int64_t at = begin + (int64_t)sample->x[i * sample->n_columns + first + c];
            sample->sums[2 * at] += y;
            sample->sums[2 * at + 1]++;
            begin += sample->features->cardinality[c] + 1;
        }
    }
    MQ_TRY(mq_sum_i64(sample->fit->world, sample->sums, 2 * (sample->n_means + 1)));
    const int64_t *all = sample->sums + 2 * sample->n_means;
    const double mean = (double)all[0] / unit / (double)mq_max_i64(all[1], 1);
    for (int64_t m = 0; m < sample->n_means; m++) {
        const double sum = (double)sample->sums[2 * m] / unit + PRIOR * mean;
        const double n = (double)sample->sums[2 * m + 1];
        means[m] = n > 0 ? (float)(sum / (n + PRIOR)) : NAN;
    }
    for (int64_t i = 0; i < sample->n; i++) {
        int64_t begin = 0;
        for (int64_t c = 0; c < sample->features->n_codes; c++) {
            float *at = &sample->x[i * sample->n_columns + first + c];
            *at = means[begin + (int64_t)*at];
            begin += sample->features->cardinality[c] + 1;
        }
    }
    return MQ_OK;
}

// How often numbers of each cell are among `count` numbers of all ranks, `stride` apart.
static mq_status count_cells(struct sample *sample, const float values[], int64_t stride)
{
    memset(sample->cells, 0, MQ_CELLS * sizeof *sample->cells);
    for (int64_t i = 0; i < sample->n; i++)
        if (!isnan(values[i * stride])) sample->cells[mq_cell(values[i * stride])]++;
    return mq_sum_i64(sample->fit->world, sample->cells, MQ_CELLS);
}

static mq_status find_cuts(struct sample *sample, int32_t cut_begin[], float cut[])
{
    for (int64_t c = 0; c < sample->n_columns; c++) {
        MQ_TRY(count_cells(sample, sample->x + c, sample->n_columns));
        cut_begin[c + 1] = cut_begin[c] + (int32_t)mq_cuts(sample->cells, sample->options->bins,
                                                           cut + cut_begin[c]);
    }
    return MQ_OK;
}

// The values that leaves keep are cells; `number` (MQ_CELLS) is where each one stands.
static int64_t number_values(const int64_t cells[], int32_t number[], float value[])
{
    int64_t n = 0;
    for (int64_t cell = 0; cell < MQ_CELLS; cell++) {
        number[cell] = (int32_t)n;
        if (cells[cell] > 0) value[n++] = mq_cell_value(cell);
    }
    return n;
}

static void set_targets(struct sample *sample, const int32_t number[])
{
    for (int64_t i = 0; i < sample->n; i++) {
        sample->value[i] = number[mq_cell(sample->y[i])];
        sample->split[i] = (int32_t)lround(asinh((double)sample->y[i]) * split_unit);
    }
}

// ---- tables -------------------------------------------------------------------------------------

static mq_status add_i32(struct mq_tables *tables, const char *name, int64_t n,
                         const int32_t values[])
{
    void *to = NULL;
    MQ_TRY(mq_tables_add(tables, name, MQ_TABLE_I32, n, &to));
    memcpy(to, values, (size_t)n * sizeof *values);
    return MQ_OK;
}

static mq_status add_f32(struct mq_tables *tables, const char *name, int64_t n,
                         const float values[])
{
    void *to = NULL;
    MQ_TRY(mq_tables_add(tables, name, MQ_TABLE_F32, n, &to));
    memcpy(to, values, (size_t)n * sizeof *values);
    return MQ_OK;
}

static mq_status add_trees(struct mq_tables *tables, const struct mq_trees *trees)
{
    MQ_TRY(add_i32(tables, "root", trees->n + 1, trees->root));
    MQ_TRY(add_i32(tables, "node", 2 * trees->n_nodes, trees->node));
    if (trees->mean != NULL) return add_f32(tables, "mean", trees->n_leaves, trees->mean);
    MQ_TRY(add_i32(tables, "kept_begin", trees->n_leaves + 1, trees->kept_begin));
    return add_i32(tables, "kept", trees->n_kept, trees->kept);
}

struct mq_forest forest_of(const struct mq_model *model, const float **means)
{
    const struct mq_tables *tables = &model->tables;
    struct mq_forest forest = {0};
    int64_t n = 0;
    *means = mq_tables_get(tables, "category", MQ_TABLE_F32, &n);
    forest.cut_begin = mq_tables_get(tables, "cut_begin", MQ_TABLE_I32, &n);
    forest.n_columns = n - 1;
    forest.cut = mq_tables_get(tables, "cut", MQ_TABLE_F32, &forest.n_cuts);
    forest.root = mq_tables_get(tables, "root", MQ_TABLE_I32, &n);
    forest.n_trees = n - 1;
    forest.node = mq_tables_get(tables, "node", MQ_TABLE_I32, &n);
    forest.n_nodes = n / 2;
    forest.mean = mq_tables_get(tables, "mean", MQ_TABLE_F32, &forest.n_leaves);
    forest.value = mq_tables_get(tables, "value", MQ_TABLE_F32, &forest.n_values);
    forest.kept = mq_tables_get(tables, "kept", MQ_TABLE_I32, &forest.n_kept);
    forest.kept_begin = mq_tables_get(tables, "kept_begin", MQ_TABLE_I32, &n);
    if (forest.kept_begin != NULL) forest.n_leaves = n - 1;
    return forest;
}

static int64_t count_means(const struct mq_features *features)
{
    int64_t n = 0;
    for (int64_t c = 0; c < features->n_codes; c++)
        n += features->cardinality[c] + 1;
    return n;
}

mq_status forest_check(const struct mq_model *model)
{
    const struct forest_options *options = model->experiment.model;
    const float *means = NULL;
    const struct mq_forest forest = forest_of(model, &means);
    int64_t n_means = 0;
    int64_t n_node = 0;
    (void)mq_tables_get(&model->tables, "category", MQ_TABLE_F32, &n_means);
    (void)mq_tables_get(&model->tables, "node", MQ_TABLE_I32, &n_node);
    const bool is_whole = means != NULL && n_means == count_means(&model->features) &&
                          n_node == 2 * forest.n_nodes &&
                          (forest.mean != NULL) == (options->kept == 0) &&
                          (forest.kept_begin != NULL) == (options->kept > 0);
    if (is_whole && forest.n_columns == forest_columns(&model->features) &&
        mq_forest_is_sound(&forest))
        return MQ_OK;
    return mq_fail(MQ_DATA, "the forest is damaged");
}

// ---- fitting ------------------------------------------------------------------------------------

static mq_status sum_ranks(void *world, int64_t values[], int64_t n)
{
    return mq_sum_i64(world, values, n);
}

static mq_status agree_ranks(void *world, mq_status status)
{
    return mq_agree(world, status);
}

static mq_status grow(struct sample *sample, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    const struct mq_fit *fit = sample->fit;
    const struct forest_options *options = sample->options;
    const int64_t third = mq_ceil_div(sample->n_columns, 3);
    const int64_t asked = options->choice > 0 ? options->choice : third;
    const struct mq_forest_settings settings = {
        .seed = (uint64_t)fit->model->experiment.run.seed,
        .trees = options->trees,
        .share = options->share,
        .choice = mq_min_i64(asked, sample->n_columns),
        .min_leaf = options->min_leaf,
        .depth = options->depth,
        .kept = options->kept,
    };
    const struct mq_forest_rows rows = {&sample->matrix, sample->id, sample->split, sample->y,
                                        sample->value};
    const struct mq_forest_shards shards = {mq_size(fit->world), mq_rank(fit->world), sum_ranks,
                                            agree_ranks, fit->world};
    struct mq_trees trees = {0};
    MQ_DO(mq_forest_grow(&trees, &rows, &settings, &shards, fit->pool));
    MQ_DO(mq_agree(fit->world, add_trees(tables, &trees)));
    if (mq_rank(fit->world) == 0)
        mq_info("%s: %lld trees, %lld leaves, %lld columns of which this rank keeps %lld sparse",
                fit->model->forecaster->name, (long long)trees.n, (long long)trees.n_leaves,
                (long long)sample->n_columns,
                (long long)(sample->n_columns - sample->matrix.n_dense));
done:
    mq_trees_release(&trees);
    return status;
}

// What is found before there are trees.
struct found {
    float *means;
    int32_t *cut_begin;
    float *cut;
    int32_t *number;
    float *value;
};

static mq_status make_found(const struct sample *sample, struct mq_tables *tables,
                            struct found *found)
{
    void *means = NULL;
    MQ_TRY(mq_tables_add(tables, "category", MQ_TABLE_F32, sample->n_means, &means));
    found->means = means;
    MQ_NEW(found->cut_begin, sample->n_columns + 1);
    MQ_NEW(found->cut, sample->n_columns * MQ_BINS_MAX);
    MQ_NEW(found->number, MQ_CELLS);
    MQ_NEW(found->value, MQ_CELLS);
    return MQ_OK;
}

// What a rank does on its own between sums.
static mq_status make_matrix(struct sample *sample, struct mq_tables *tables,
                             const struct found *found, int64_t n_values)
{
    MQ_TRY(add_i32(tables, "cut_begin", sample->n_columns + 1, found->cut_begin));
    MQ_TRY(add_f32(tables, "cut", found->cut_begin[sample->n_columns], found->cut));
    if (sample->options->kept > 0) MQ_TRY(add_f32(tables, "value", n_values, found->value));
    MQ_TRY(mq_matrix_make(&sample->matrix, sample->n, sample->n_columns, sample->x,
                          found->cut_begin, found->cut, sparse_from));
    mq_free(sample->x);
    sample->x = NULL;
    return MQ_OK;
}

static mq_status find(struct sample *sample, struct mq_tables *tables, struct found *found)
{
    struct mq_world *world = sample->fit->world;
    int64_t n = sample->n;
    MQ_TRY(mq_sum_i64(world, &n, 1));
    if (n == 0)
        return mq_fail(MQ_DATA, "%s: no row drawn has a target", mq_panel_path(sample->fit->panel));
    MQ_TRY(mq_agree(world, make_found(sample, tables, found)));
    MQ_TRY(fill_categories(sample, found->means));
    MQ_TRY(find_cuts(sample, found->cut_begin, found->cut));
    MQ_TRY(count_cells(sample, sample->y, 1));
    const int64_t n_values = number_values(sample->cells, found->number, found->value);
    set_targets(sample, found->number);
    return mq_agree(world, make_matrix(sample, tables, found, n_values));
}

mq_status forest_fit(const struct mq_fit *fit, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    struct sample sample = {.fit = fit,
                            .features = &fit->model->features,
                            .options = fit->model->experiment.model,
                            .n_columns = forest_columns(&fit->model->features),
                            .n_means = count_means(&fit->model->features)};
    struct found found = {0};
    // More rows than there are observations would be the same ones again.
    sample.wanted = mq_min_i64(sample.options->samples,
                               mq_panel_info(fit->panel)->n_values * HORIZONS_PER_FORK);
    MQ_DO(mq_agree(fit->world, draw_rows(&sample)));
    MQ_DO(find(&sample, tables, &found));
    MQ_DO(grow(&sample, tables));
done:
    mq_matrix_release(&sample.matrix);
    mq_free(sample.x);
    mq_free(sample.y);
    mq_free(sample.id);
    mq_free(sample.split);
    mq_free(sample.value);
    mq_free(sample.cells);
    mq_free(sample.sums);
    mq_free(found.cut_begin);
    mq_free(found.cut);
    mq_free(found.number);
    mq_free(found.value);
    return status;
}

// ---- prediction ---------------------------------------------------------------------------------

int64_t forest_reach(const void *options)
{
    (void)options;
    return MQ_ENGINEERED_STEPS;
}

// Pieces of the scratch, its size when there is none.
static int64_t cut_scratch(const struct mq_model *model, const struct mq_forest *forest,
                           char *bytes, struct forest_scratch *scratch)
{
    const int64_t horizon = model->experiment.data.horizon;
    const int64_t rows = horizon * forest->n_columns * (int64_t)sizeof(float);
    const int64_t out = horizon * MQ_LIST_MAX * (int64_t)sizeof(float);
    const int64_t weight = horizon * forest->n_values * (int64_t)sizeof(uint32_t);
    if (bytes != NULL)
        *scratch = (struct forest_scratch){(float *)(void *)bytes, (float *)(void *)(bytes + rows),
                                           (uint32_t *)(void *)(bytes + rows + out),
                                           (uint8_t *)bytes + rows + out + weight};
    return rows + out + weight + horizon * forest->n_columns;
}

int64_t forest_scratch_bytes(const struct mq_model *model, int64_t n, int64_t season)
{
    const float *means = NULL;
    const struct mq_forest forest = forest_of(model, &means);
    (void)n;
    (void)season;
    return cut_scratch(model, &forest, NULL, NULL);
}

struct forest_scratch forest_prepare(const struct mq_model *model, const struct mq_forest *forest,
                                     const float means[], const struct mq_batch *batch, int64_t b,
                                     int64_t t, void *scratch)
{
    const int64_t horizon = model->experiment.data.horizon;
    struct forest_scratch pieces;
    (void)cut_scratch(model, forest, scratch, &pieces);
    forest_fill(&model->features, batch, b, t, 1, horizon, means, pieces.rows);
    for (int64_t h = 0; h < horizon; h++)
        mq_forest_bin(forest, pieces.rows + h * forest->n_columns,
                      pieces.bins + h * forest->n_columns);
    return pieces;
}

const struct mq_setting forest_settings[FOREST_QUANTILE_SETTINGS] = {
    {"trees", MQ_INT, offsetof(struct forest_options, trees), "100", 1, MQ_FOREST_TREES_MAX, NULL,
     "", "trees of the forest"},
    {"samples", MQ_INT, offsetof(struct forest_options, samples), "200000", 1, MQ_FOREST_ROWS_MAX,
     NULL, "rows", "drawn from the catalogue, each a product, an origin and a horizon"},
    {"share", MQ_REAL64, offsetof(struct forest_options, share), "0.632", 0.001, 1, NULL, "",
     "of the rows that each tree is grown on"},
    {"choice", MQ_INT, offsetof(struct forest_options, choice), "0", 0, 65535, NULL, "",
     "columns that each node chooses from; 0: a third of them"},
    {"min_leaf", MQ_INT, offsetof(struct forest_options, min_leaf), "10", 1, 1000000, NULL, "rows",
     "in each leaf at least"},
    {"depth", MQ_INT, offsetof(struct forest_options, depth), "30", 0, 1000, NULL, "",
     "splits above a leaf at most"},
    {"bins", MQ_INT, offsetof(struct forest_options, bins), "255", 2, MQ_BINS_MAX, NULL, "",
     "of each column at most, one of them for what is missing"},
    {"leaf_values", MQ_INT, offsetof(struct forest_options, kept), "8", 1, MQ_FOREST_KEPT_MAX, NULL,
     "", "targets that a leaf keeps, drawn at random"},
};
