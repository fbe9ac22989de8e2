// From rows to the tables of a forest, and from tables to a forest that can be trusted. All that
// ranks add up are integers.
#include "model/forest_fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/forest_draw.h"
#include "model/forest_rows.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/log.h"
#include "mq/data/engineered.h"

static const double sparse_from = 0.8;
static const double split_unit = 1 << 12; // of asinh of a target

// This rank's rows and what becomes of them.
struct work {
    const struct mq_fit *fit;
    int64_t s; // the span it is of; -1: the horizons
    const struct mq_features *features;
    const struct forest_options *options;
    struct forest_sample sample;
    int32_t *split; // (n)
    int32_t *value; // (n)
    int64_t *cells; // (MQ_CELLS) counts of one column
    int64_t n_means;
    int64_t *sums; // (n_means + 1, 2) targets and rows of each code, and of all rows
    float *means; // (n_means), in the tables
    int32_t *cut_begin; // (F + 1)
    float *cut; // (F, MQ_BINS_MAX)
    int32_t *number; // (MQ_CELLS) of the value that stands for a cell
    float *value_of; // (MQ_CELLS)
    struct mq_matrix matrix;
};

// ---- categories, cuts and values ----------------------------------------------------------------

// Replaces codes by the mean target of their rows, drawn towards the mean of all; what has no rows
// is missing.
static mq_status fill_categories(struct work *w)
{
    enum { PRIOR = 20 }; // rows
    const double unit = 1 << 20;
    const int64_t n_codes = w->features->n_codes;
    const int64_t first = forest_categories(w->features);
    for (int64_t i = 0; i < w->sample.n; i++) {
        const int64_t y = llround((double)w->sample.y[i] * unit);
        int64_t begin = 0;
        for (int64_t c = 0; c <= n_codes; c++) { // the last one is all rows
            const int64_t code =
                c < n_codes ? (int64_t)w->sample.x[i * w->sample.n_columns + first + c] : 0;
            w->sums[2 * (begin + code)] += y;
            w->sums[2 * (begin + code) + 1]++;
            begin += c < n_codes ? w->features->cardinality[c] + 1 : 0;
        }
    }
    MQ_TRY(mq_ranks_sum(&w->fit->ranks, w->sums, 2 * (w->n_means + 1)));
    const int64_t *all = w->sums + 2 * w->n_means;
    const double mean = (double)all[0] / unit / (double)all[1];
    for (int64_t m = 0; m < w->n_means; m++) {
        const double n = (double)w->sums[2 * m + 1];
        const double sum = (double)w->sums[2 * m] / unit;
        w->means[m] = n > 0 ? (float)((sum + PRIOR * mean) / (n + PRIOR)) : NAN;
    }
    for (int64_t i = 0; i < w->sample.n; i++) {
        const float *means = w->means;
        for (int64_t c = 0; c < n_codes; c++) {
            float *at = &w->sample.x[i * w->sample.n_columns + first + c];
            *at = means[(int64_t)*at];
            means += w->features->cardinality[c] + 1;
        }
    }
    return MQ_OK;
}

// How often numbers of each cell are among `count` numbers of all ranks, `stride` apart.
static mq_status count_cells(struct work *w, const float values[], int64_t stride)
{
    memset(w->cells, 0, MQ_CELLS * sizeof *w->cells);
    for (int64_t i = 0; i < w->sample.n; i++)
        if (!isnan(values[i * stride])) w->cells[mq_cell(values[i * stride])]++;
    return mq_ranks_sum(&w->fit->ranks, w->cells, MQ_CELLS);
}

static mq_status find_cuts(struct work *w)
{
    for (int64_t c = 0; c < w->sample.n_columns; c++) {
        MQ_TRY(count_cells(w, w->sample.x + c, w->sample.n_columns));
        const int32_t begin = w->cut_begin[c];
        w->cut_begin[c + 1] = begin + (int32_t)mq_cuts(w->cells, w->options->bins, w->cut + begin);
    }
    return MQ_OK;
}

// The values that leaves keep stand for cells; how many there are.
static mq_status number_values(struct work *w, int64_t *n)
{
    MQ_TRY(count_cells(w, w->sample.y, 1));
    *n = 0;
    for (int64_t cell = 0; cell < MQ_CELLS; cell++) {
        w->number[cell] = (int32_t)*n;
        if (w->cells[cell] > 0) w->value_of[(*n)++] = mq_cell_value(cell);
    }
    for (int64_t i = 0; i < w->sample.n; i++) {
        w->value[i] = w->number[mq_cell(w->sample.y[i])];
        w->split[i] = (int32_t)lround(asinh((double)w->sample.y[i]) * split_unit);
    }
    return MQ_OK;
}

// ---- tables -------------------------------------------------------------------------------------

// The tables of a span's forest have names of their own.
static void name_table(int64_t s, const char *what, char name[MQ_TABLE_NAME_MAX])
{
    if (s < 0)
        (void)snprintf(name, MQ_TABLE_NAME_MAX, "%s", what);
    else
        (void)snprintf(name, MQ_TABLE_NAME_MAX, "span.%lld.%s", (long long)s, what);
}

static mq_status add_table(struct mq_tables *tables, int64_t s, const char *what,
                           enum mq_table_type type, int64_t n, void **to)
{
    char name[MQ_TABLE_NAME_MAX];
    name_table(s, what, name);
    return mq_tables_add(tables, name, type, n, to);
}

// A table of n numbers of four bytes.
static mq_status add_copy(struct mq_tables *tables, int64_t s, const char *what,
                          enum mq_table_type type, int64_t n, const void *values)
{
    void *to = NULL;
    MQ_TRY(add_table(tables, s, what, type, n, &to));
    memcpy(to, values, (size_t)n * sizeof(int32_t));
    return MQ_OK;
}

static mq_status add_i32(struct mq_tables *tables, int64_t s, const char *what, int64_t n,
                         const int32_t values[])
{
    return add_copy(tables, s, what, MQ_TABLE_I32, n, values);
}

static mq_status add_f32(struct mq_tables *tables, int64_t s, const char *what, int64_t n,
                         const float values[])
{
    return add_copy(tables, s, what, MQ_TABLE_F32, n, values);
}

static mq_status add_trees(struct mq_tables *tables, int64_t s, const struct mq_trees *trees)
{
    MQ_TRY(add_i32(tables, s, "root", trees->n + 1, trees->root));
    MQ_TRY(add_i32(tables, s, "node", 2 * trees->n_nodes, trees->node));
    if (trees->mean != NULL) return add_f32(tables, s, "mean", trees->n_leaves, trees->mean);
    MQ_TRY(add_i32(tables, s, "kept_begin", trees->n_leaves + 1, trees->kept_begin));
    return add_i32(tables, s, "kept", trees->n_kept, trees->kept);
}

static const void *get_table(const struct mq_model *model, int64_t s, const char *what,
                             enum mq_table_type type, int64_t *n)
{
    char name[MQ_TABLE_NAME_MAX];
    name_table(s, what, name);
    return mq_tables_get(&model->tables, name, type, n);
}

struct mq_forest forest_of(const struct mq_model *model, int64_t s, const float **means)
{
    struct mq_forest forest = {0};
    int64_t n = 0;
    *means = get_table(model, s, "category", MQ_TABLE_F32, &n);
    forest.cut_begin = get_table(model, s, "cut_begin", MQ_TABLE_I32, &n);
    forest.n_columns = n - 1;
    forest.cut = get_table(model, s, "cut", MQ_TABLE_F32, &forest.n_cuts);
    forest.root = get_table(model, s, "root", MQ_TABLE_I32, &n);
    forest.n_trees = n - 1;
    forest.node = get_table(model, s, "node", MQ_TABLE_I32, &n);
    forest.n_nodes = n / 2;
    forest.mean = get_table(model, s, "mean", MQ_TABLE_F32, &forest.n_leaves);
    forest.value = get_table(model, s, "value", MQ_TABLE_F32, &forest.n_values);
    forest.kept = get_table(model, s, "kept", MQ_TABLE_I32, &forest.n_kept);
    forest.kept_begin = get_table(model, s, "kept_begin", MQ_TABLE_I32, &n);
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

static bool is_sound(const struct mq_model *model, int64_t s)
{
    const struct forest_options *options = model->experiment.model;
    const float *means = NULL;
    const struct mq_forest forest = forest_of(model, s, &means);
    int64_t n_means = 0;
    int64_t n_node = 0;
    (void)get_table(model, s, "category", MQ_TABLE_F32, &n_means);
    (void)get_table(model, s, "node", MQ_TABLE_I32, &n_node);
    const bool is_whole = means != NULL && n_means == count_means(&model->features) &&
                          n_node == 2 * forest.n_nodes &&
                          (forest.mean != NULL) == (options->kept == 0) &&
                          (forest.kept_begin != NULL) == (options->kept > 0);
    return is_whole && forest.n_columns == forest_columns(&model->features) &&
           mq_forest_is_sound(&forest);
}

mq_status forest_check(const struct mq_model *model)
{
    for (int64_t s = -1; s < model->experiment.loss.spans.n; s++)
        if (!is_sound(model, s)) return mq_fail(MQ_DATA, "the forest is damaged");
    return MQ_OK;
}

// ---- fitting ------------------------------------------------------------------------------------

static mq_status grow(struct work *w, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    const struct mq_fit *fit = w->fit;
    const struct forest_options *options = w->options;
    const int64_t n_columns = w->sample.n_columns;
    const int64_t asked = options->choice > 0 ? options->choice : mq_ceil_div(n_columns, 5);
    const struct mq_forest_settings settings = {
        .seed = (uint64_t)fit->model->experiment.run.seed,
        .trees = options->trees,
        .share = options->share,
        .choice = mq_min_i64(asked, n_columns),
        .min_leaf = options->min_leaf,
        .depth = options->depth,
        .kept = options->kept,
        .meter = fit->meter,
    };
    const struct mq_forest_rows rows = {&w->matrix, w->sample.id, w->split, w->sample.y, w->value};
    struct mq_trees trees = {0};
    MQ_DO(mq_forest_grow(&trees, &rows, &settings, &fit->ranks, fit->pool));
    MQ_DO(mq_ranks_agree(&fit->ranks, add_trees(tables, w->s, &trees)));
    if (fit->ranks.own == 0)
        mq_info("%s: %lld trees, %lld leaves, %lld columns, here %lld of them sparse",
                fit->model->forecaster->name, (long long)trees.n, (long long)trees.n_leaves,
                (long long)n_columns, (long long)(n_columns - w->matrix.n_dense));
done:
    mq_trees_release(&trees);
    return status;
}

static mq_status begin(struct work *w, struct mq_tables *tables)
{
    void *means = NULL;
    MQ_TRY(forest_draw(w->fit, w->options->samples, w->s, &w->sample));
    MQ_TRY(add_table(tables, w->s, "category", MQ_TABLE_F32, w->n_means, &means));
    w->means = means;
    MQ_NEW(w->split, w->sample.n);
    MQ_NEW(w->value, w->sample.n);
    MQ_NEW(w->cells, MQ_CELLS);
    MQ_NEW(w->sums, 2 * (w->n_means + 1));
    MQ_NEW(w->cut_begin, w->sample.n_columns + 1);
    MQ_NEW(w->cut, w->sample.n_columns * MQ_BINS_MAX);
    MQ_NEW(w->number, MQ_CELLS);
    MQ_NEW(w->value_of, MQ_CELLS);
    return MQ_OK;
}

static mq_status bin(struct work *w, struct mq_tables *tables, int64_t n_values)
{
    MQ_TRY(add_i32(tables, w->s, "cut_begin", w->sample.n_columns + 1, w->cut_begin));
    MQ_TRY(add_f32(tables, w->s, "cut", w->cut_begin[w->sample.n_columns], w->cut));
    if (w->options->kept > 0) MQ_TRY(add_f32(tables, w->s, "value", n_values, w->value_of));
    return mq_matrix_make(&w->matrix, w->sample.n, w->sample.n_columns, w->sample.x, w->cut_begin,
                          w->cut, sparse_from);
}

// Of all ranks' rows: at least one.
static mq_status count_rows(const struct work *w)
{
    int64_t n = w->sample.n;
    MQ_TRY(mq_ranks_sum(&w->fit->ranks, &n, 1));
    if (n > 0) return MQ_OK;
    return mq_fail(MQ_DATA, "%s: no row drawn has a target", mq_panel_path(w->fit->panel));
}

static mq_status fit_one(const struct mq_fit *fit, int64_t s, struct mq_tables *tables)
{
    mq_status status = MQ_OK;
    int64_t n_values = 0;
    struct work w = {.fit = fit,
                     .s = s,
                     .features = &fit->model->features,
                     .options = fit->model->experiment.model,
                     .n_means = count_means(&fit->model->features)};
    MQ_DO(mq_ranks_agree(&fit->ranks, begin(&w, tables)));
    MQ_DO(count_rows(&w));
    MQ_DO(fill_categories(&w));
    MQ_DO(find_cuts(&w));
    MQ_DO(number_values(&w, &n_values));
    MQ_DO(mq_ranks_agree(&fit->ranks, bin(&w, tables, n_values)));
    MQ_DO(grow(&w, tables));
done:
    mq_matrix_release(&w.matrix);
    forest_sample_release(&w.sample);
    mq_free(w.split);
    mq_free(w.value);
    mq_free(w.cells);
    mq_free(w.sums);
    mq_free(w.cut_begin);
    mq_free(w.cut);
    mq_free(w.number);
    mq_free(w.value_of);
    return status;
}

// Totals are spread unlike single periods, and a tree need not tell them apart: each span has a
// forest of its own.
mq_status forest_fit(const struct mq_fit *fit, struct mq_tables *tables)
{
    for (int64_t s = -1; s < fit->model->experiment.loss.spans.n; s++)
        MQ_TRY(fit_one(fit, s, tables));
    return MQ_OK;
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
    const int64_t rows = (horizon + 1) * forest->n_columns * (int64_t)sizeof(float);
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
    int64_t most = 0;
    (void)n;
    (void)season;
    for (int64_t s = -1; s < model->experiment.loss.spans.n; s++) {
        const float *means = NULL;
        const struct mq_forest forest = forest_of(model, s, &means);
        most = mq_max_i64(most, cut_scratch(model, &forest, NULL, NULL));
    }
    return most;
}

struct forest_scratch forest_prepare(const struct mq_model *model, const struct mq_forest *forest,
                                     const float means[], const struct mq_batch *batch, int64_t b,
                                     int64_t t, int64_t s, void *scratch)
{
    const struct mq_experiment *experiment = &model->experiment;
    const int64_t rows = s < 0 ? experiment->data.horizon : 1;
    struct forest_scratch pieces;
    (void)cut_scratch(model, forest, scratch, &pieces);
    if (s < 0)
        forest_fill(&model->features, batch, b, t, 1, rows, means, pieces.rows);
    else
        forest_fill_span(&model->features, batch, b, t,
                         mq_span_periods(experiment->loss.spans.value[s]), means,
                         pieces.rows + forest->n_columns, pieces.rows);
    for (int64_t h = 0; h < rows; h++)
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
     "columns that each node chooses from; 0: a fifth of them"},
    {"min_leaf", MQ_INT, offsetof(struct forest_options, min_leaf), "30", 1, 1000000, NULL, "rows",
     "in each leaf at least"},
    {"depth", MQ_INT, offsetof(struct forest_options, depth), "30", 0, 1000, NULL, "",
     "splits above a leaf at most"},
    {"bins", MQ_INT, offsetof(struct forest_options, bins), "255", 2, MQ_BINS_MAX, NULL, "",
     "of each column at most, one of them for what is missing"},
    {"leaf_values", MQ_INT, offsetof(struct forest_options, kept), "16", 1, MQ_FOREST_KEPT_MAX,
     NULL, "", "targets that a leaf keeps, drawn at random"},
};
