// Fan charts: quantile bands at the last origin, with history and what came.
#include "report/fans.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"
#include "mq/data/panel.h"
#include "mq/data/split.h"
#include "mq/h5/table.h"
#include "report/figures.h"

/// A forecast file opened, and the products chosen from it.
struct fans {
    struct mq_h5 *file;
    struct mq_h5_table *table; ///< quantiles
    struct mq_h5_table *truth; ///< observed, or NULL
    struct mq_panel *panel; ///< or NULL
    int64_t items;
    int64_t origins;
    int64_t H;
    int64_t Q;
    int64_t origin; ///< period of the last origin
    double *levels; ///< (Q)
    float *rows; ///< (block, origins, H, Q)
    int64_t chosen[FANS_MAX];
    double volume[FANS_MAX];
    int64_t n_chosen;
    int64_t n_high; ///< of them chosen for their volume
};

// Items are looked at in blocks spread evenly over a large catalogue, never all of it.
enum { BLOCKS_MAX = 64, BLOCK_BYTES = 4 << 20 };

static int64_t row_size(const struct fans *fans)
{
    return fans->origins * fans->H * fans->Q;
}

static int64_t block_items(const struct fans *fans)
{
    const int64_t row_bytes = row_size(fans) * (int64_t)sizeof(float);
    return mq_max_i64(1, mq_min_i64(fans->items, BLOCK_BYTES / mq_max_i64(1, row_bytes)));
}

static const float *last_origin(const struct fans *fans, int64_t item_in_block)
{
    return fans->rows + item_in_block * row_size(fans) + (fans->origins - 1) * fans->H * fans->Q;
}

// ---- opening -----------------------------------------------------------------------------------

static mq_status open_forecast(struct fans *fans, const char *path)
{
    struct mq_h5_shape shape;
    MQ_TRY(mq_h5_open_face(&fans->file, path));
    MQ_TRY(mq_h5_table_open(&fans->table, fans->file, "quantiles", MQ_H5_F32, &shape));
    if (shape.rank != 4 || shape.size[0] < 1 || shape.size[1] < 1 || shape.size[2] < 1 ||
        shape.size[3] < 1)
        return mq_fail(MQ_DATA, "%s: quantiles hold no forecast", path);
    fans->items = shape.size[0];
    fans->origins = shape.size[1];
    fans->H = shape.size[2];
    fans->Q = shape.size[3];
    MQ_NEW(fans->levels, fans->Q);
    MQ_TRY(mq_h5_read(fans->file, "level", MQ_H5_F64,
                      (struct mq_h5_shape){.rank = 1, .size = {fans->Q}}, fans->levels));
    MQ_NEW(fans->rows, block_items(fans) * row_size(fans));
    int64_t *origins = NULL;
    MQ_NEW(origins, fans->origins);
    mq_status status =
        mq_h5_read(fans->file, "origin", MQ_H5_I64,
                   (struct mq_h5_shape){.rank = 1, .size = {fans->origins}}, origins);
    if (status == MQ_OK) status = mq_origins_check(origins, fans->origins, fans->H, path);
    fans->origin = origins[fans->origins - 1];
    mq_free(origins);
    MQ_TRY(status);
    if (!mq_h5_has(fans->file, "observed")) return MQ_OK;
    MQ_TRY(mq_h5_table_open(&fans->truth, fans->file, "observed", MQ_H5_F32, &shape));
    const bool is_alike = shape.rank == 3 && shape.size[0] == fans->items &&
                          shape.size[1] == fans->origins && shape.size[2] == fans->H;
    return is_alike ? MQ_OK : mq_fail(MQ_DATA, "%s: observed and quantiles differ in shape", path);
}

static void close_fans(struct fans *fans)
{
    mq_h5_table_close(fans->table);
    mq_h5_table_close(fans->truth);
    mq_h5_close(fans->file);
    mq_panel_close(fans->panel);
    mq_free(fans->levels);
    mq_free(fans->rows);
}

// ---- choosing ----------------------------------------------------------------------------------

static int64_t median_level(const struct fans *fans)
{
    int64_t best = 0;
    for (int64_t q = 1; q < fans->Q; q++)
        if (fabs(fans->levels[q] - 0.5) < fabs(fans->levels[best] - 0.5)) best = q;
    return best;
}

// Keeps the `most` largest, largest first.
static void offer(struct fans *fans, int64_t item, double volume, int64_t most)
{
    if (fans->n_chosen == most && !(volume > fans->volume[most - 1])) return;
    int64_t at = fans->n_chosen < most ? fans->n_chosen++ : most - 1;
    for (; at > 0 && fans->volume[at - 1] < volume; at--) {
        fans->volume[at] = fans->volume[at - 1];
        fans->chosen[at] = fans->chosen[at - 1];
    }
    fans->volume[at] = volume;
    fans->chosen[at] = item;
}

static mq_status choose_high(struct fans *fans, int64_t most)
{
    const int64_t block = block_items(fans);
    const int64_t blocks = mq_min_i64(mq_ceil_div(fans->items, block), BLOCKS_MAX);
    const int64_t q = median_level(fans);
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t first = mq_split(fans->items, blocks, b);
        const int64_t n = mq_min_i64(block, mq_split(fans->items, blocks, b + 1) - first);
        MQ_TRY(mq_h5_table_read(fans->table, first, n, fans->rows));
        for (int64_t i = 0; i < n; i++) {
            const float *quantiles = last_origin(fans, i);
            double volume = 0;
            for (int64_t h = 0; h < fans->H; h++)
                volume += (double)quantiles[h * fans->Q + q];
            offer(fans, first + i, volume, most);
        }
    }
    fans->n_high = fans->n_chosen;
    return MQ_OK;
}

static bool is_chosen(const struct fans *fans, int64_t item)
{
    for (int64_t i = 0; i < fans->n_chosen; i++)
        if (fans->chosen[i] == item) return true;
    return false;
}

// The same products for every run over a panel, so that runs can be compared by eye.
static void choose_random(struct fans *fans, int64_t count)
{
    struct mq_rng rng = mq_rng_at(0, MQ_RNG_SHUFFLE, (uint64_t)fans->items, 0);
    const int64_t wanted = mq_min_i64(count, fans->items);
    while (fans->n_chosen < wanted) {
        const int64_t item = (int64_t)mq_rng_below(&rng, (uint64_t)fans->items);
        if (!is_chosen(fans, item)) fans->chosen[fans->n_chosen++] = item;
    }
}

// ---- one product -------------------------------------------------------------------------------

/// Numbers of one fan chart, in one block of memory.
struct fan {
    double *block;
    double *future_x; ///< (H)
    double *quantile; ///< (Q, H)
    double *truth; ///< (H)
    double *past_x; ///< (n_past)
    double *past; ///< (n_past)
    int64_t n_past;
};

static mq_status new_fan(struct fan *fan, const struct fans *fans, int64_t n_past)
{
    const int64_t H = fans->H;
    MQ_NEW(fan->block, (fans->Q + 2) * H + 2 * n_past);
    fan->future_x = fan->block;
    fan->quantile = fan->future_x + H;
    fan->truth = fan->quantile + fans->Q * H;
    fan->past_x = fan->truth + H;
    fan->past = fan->past_x + n_past;
    fan->n_past = n_past;
    for (int64_t h = 0; h < H; h++) {
        fan->future_x[h] = (double)(fans->origin + 1 + h);
        fan->truth[h] = NAN;
    }
    for (int64_t i = 0; i < n_past; i++) {
        fan->past_x[i] = (double)(fans->origin - n_past + 1 + i);
        fan->past[i] = NAN;
    }
    return MQ_OK;
}

static mq_status read_future(struct fan *fan, const struct fans *fans, int64_t item)
{
    MQ_TRY(mq_h5_table_read(fans->table, item, 1, fans->rows));
    const float *quantiles = last_origin(fans, 0);
    for (int64_t h = 0; h < fans->H; h++)
        for (int64_t q = 0; q < fans->Q; q++)
            fan->quantile[q * fans->H + h] = (double)quantiles[h * fans->Q + q];
    if (fans->truth == NULL) return MQ_OK;
    MQ_TRY(mq_h5_table_read(fans->truth, item, 1, fans->rows)); // a row of it is smaller
    for (int64_t h = 0; h < fans->H; h++)
        fan->truth[h] = (double)fans->rows[(fans->origins - 1) * fans->H + h];
    return MQ_OK;
}

// History of the series of this id; a panel that changed since the forecast has none.
static mq_status read_past(struct fan *fan, const struct fans *fans, int64_t item, const char *id)
{
    if (fans->panel == NULL || item >= mq_panel_info(fans->panel)->n_series) return MQ_OK;
    char **ids = NULL;
    MQ_TRY(mq_panel_ids(fans->panel, item, 1, &ids));
    const bool is_same = strcmp(ids[0], id) == 0;
    mq_free(ids);
    if (!is_same) return MQ_OK;
    struct mq_series_block series = {0};
    MQ_TRY(mq_panel_read(fans->panel, item, 1, &series));
    for (int64_t i = 0; i < fan->n_past; i++) {
        const int64_t t = (int64_t)fan->past_x[i] - series.start[0];
        if (t >= 0 && t < series.length[0])
            fan->past[i] = (double)series.target[series.offset[0] + t];
    }
    mq_series_block_release(&series);
    return MQ_OK;
}

static void print_date(const void *context, double x, char text[TICK_TEXT_MAX])
{
    const struct fans *fans = context;
    if (fans->panel == NULL) {
        (void)snprintf(text, TICK_TEXT_MAX, "%.0f", x);
        return;
    }
    char date[MQ_DATE_MAX];
    mq_period_print(&mq_panel_info(fans->panel)->calendar, (int64_t)x, date);
    (void)snprintf(text, TICK_TEXT_MAX, "%s", date);
}

static void draw_fan(struct page *page, const struct fans *fans, const struct fan *fan,
                     const char *id)
{
    enum { BANDS_MAX = 8 };
    const int64_t H = fans->H;
    const int64_t n_bands = mq_min_i64(fans->Q / 2, BANDS_MAX);
    struct band bands[BANDS_MAX];
    for (int64_t i = 0; i < n_bands; i++)
        bands[i] = (struct band){
            .color = 0,
            .x = fan->future_x,
            .low = fan->quantile + i * H,
            .high = fan->quantile + (fans->Q - 1 - i) * H,
            .n = H,
        };
    const struct line lines[] = {
        {NULL, COLOR_INK, LINE_SOLID, fan->past_x, fan->past, fan->n_past},
        {NULL, 0, LINE_SOLID, fan->future_x, fan->quantile + median_level(fans) * H, H},
        {NULL, COLOR_INK, LINE_DOTS, fan->future_x, fan->truth, H},
    };
    draw_chart(page, &(struct chart){.title = id,
                                     .width = 480,
                                     .height = 220,
                                     .is_from_zero = true,
                                     .is_whole_x = true,
                                     .lines = lines,
                                     .n_lines = 3,
                                     .bands = bands,
                                     .n_bands = n_bands,
                                     .print_x = print_date,
                                     .context = fans});
}

static mq_status put_fan(struct page *page, const struct fans *fans, int64_t item)
{
    int64_t season = 1;
    if (fans->panel != NULL) season = mq_calendar_season(&mq_panel_info(fans->panel)->calendar);
    const int64_t shown = mq_max_i64(2 * season, 3 * fans->H);
    mq_status status = MQ_OK;
    struct fan fan = {0};
    char **id = NULL;
    MQ_DO(new_fan(&fan, fans, mq_max_i64(0, mq_min_i64(shown, fans->origin + 1))));
    MQ_DO(mq_h5_read_strings(fans->file, "item_id", item, 1, &id));
    MQ_DO(read_future(&fan, fans, item));
    MQ_DO(read_past(&fan, fans, item, id[0]));
    draw_fan(page, fans, &fan, id[0]);
done:
    mq_free(fan.block);
    mq_free(id);
    return status;
}

// ---- the section -------------------------------------------------------------------------------

static void put_note(struct page *page, const char *text)
{
    put(page, "<p class=\"note\">");
    put_text(page, text);
    put(page, "</p>\n");
}

static void open_panel(struct page *page, struct fans *fans, const struct run *run)
{
    const char *path = json_string_value(json_object_get(run->evaluation, "panel"));
    if (path == NULL) {
        put_note(page, "The history is not shown: no evaluation names the panel.");
    } else if (mq_panel_open(&fans->panel, path) != MQ_OK) {
        fans->panel = NULL;
        put_failure(page, "The history is not shown: ");
    }
}

static void put_legend(struct page *page, const struct fans *fans)
{
    char origin[TICK_TEXT_MAX];
    print_date(fans, (double)fans->origin, origin);
    put(page, "<p>History in black, what came as dots, the median forecast as a line in its "
              "quantile bands; the outermost band runs from level ");
    put_format(page, "%g to %g. Made at ", fans->levels[0], fans->levels[fans->Q - 1]);
    put_text(page, origin);
    put_format(page,
               ". First the %d products with the highest forecast, then %d drawn at random, of "
               "%" PRId64 ".</p>\n",
               (int)fans->n_high, (int)(fans->n_chosen - fans->n_high), fans->items);
}

static mq_status draw_all(struct page *page, struct fans *fans, const struct run *run,
                          int64_t count)
{
    MQ_TRY(open_forecast(fans, run->forecast));
    MQ_TRY(choose_high(fans, mq_min_i64((2 * count + 2) / 3, fans->items)));
    choose_random(fans, count);
    open_panel(page, fans, run);
    put_legend(page, fans);
    put(page, "<div class=\"pair\">\n");
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < fans->n_chosen && status == MQ_OK; i++)
        status = put_fan(page, fans, fans->chosen[i]);
    put(page, "</div>\n");
    return status;
}

void put_fans(struct page *page, const struct run *run, int64_t count)
{
    MQ_ASSERT(count >= 1 && count <= FANS_MAX);
    if (page->status != MQ_OK || run->forecast[0] == '\0') return;
    struct fans fans = {0};
    if (draw_all(page, &fans, run, count) != MQ_OK) put_failure(page, "");
    close_fans(&fans);
}
