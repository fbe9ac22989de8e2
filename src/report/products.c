// Products of each run as rows of JSON, which page.js searches and draws.
#include "report/products.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "report/backtest.h"
#include "report/published.h"

enum { BLOCK = BACKTEST_BLOCK, SHOWN_LEVELS_MAX = 5 };
_Static_assert((int)BLOCK <= (int)PUBLISHED_BLOCK, "both are read in the same blocks");

/// Levels drawn: the outermost, two halfway to the median, the median.
struct shown {
    int64_t n;
    int64_t level[SHOWN_LEVELS_MAX];
};

/// One run's products while they are put.
struct products {
    const struct run *run;
    struct backtest backtest;
    struct published published;
    bool has_backtest;
    bool has_published;
    struct mq_panel *panel; ///< of the backtest, or opened for its history alone; NULL: none
    bool owns_panel;
    struct shown backtest_shown;
    struct shown published_shown;
    int64_t total; ///< products of the run
    int64_t first; ///< period where figures begin
    int64_t length; ///< periods of a figure
    double *y; ///< (length) what was observed
    int64_t *asked; ///< (n_asked) products asked for, ascending
    int64_t n_asked;
};

static struct shown show_levels(int64_t n)
{
    const int64_t candidates[SHOWN_LEVELS_MAX] = {0, n / 4, n / 2, n - 1 - n / 4, n - 1};
    struct shown shown = {0};
    for (int i = 0; i < SHOWN_LEVELS_MAX; i++)
        if (shown.n == 0 || candidates[i] > shown.level[shown.n - 1])
            shown.level[shown.n++] = candidates[i];
    return shown;
}

// ---- opening -----------------------------------------------------------------------------------

// What cannot be opened is said in words; true when it could.
static bool is_open(struct page *page, mq_status status, const char *missing)
{
    if (status != MQ_OK) put_failure(page, missing);
    return status == MQ_OK;
}

static void open_panel(struct page *page, struct products *p)
{
    const char *path = json_string_value(json_object_get(p->run->evaluation, "panel"));
    p->panel = p->backtest.panel;
    if (p->panel != NULL) return;
    p->owns_panel = true;
    if (path == NULL)
        put_note(page, "The history is not shown: no evaluation names the panel.");
    else if (!is_open(page, mq_panel_open(&p->panel, path), "The history is not shown: "))
        p->panel = NULL;
}

static int64_t stretch_of_history(const struct products *p, int64_t horizon)
{
    int64_t season = 1;
    if (p->panel != NULL) season = mq_calendar_season(&mq_panel_info(p->panel)->calendar);
    return mq_max_i64(2 * season, 3 * horizon);
}

// Figures reach from some time before the first forecast to the end of the last; a published one
// that is made far from the others is left out.
static void find_axis(struct page *page, struct products *p)
{
    const int64_t horizon = p->has_backtest ? p->backtest.H : p->published.H;
    const int64_t origin = p->has_backtest ? p->backtest.origin : p->published.origin;
    const int64_t shown = stretch_of_history(p, horizon);
    if (p->has_published && llabs(p->published.origin - origin) > shown + horizon) {
        put_note(page, "The published forecast is not shown: it was made far from the evaluation.");
        p->has_published = false;
    }
    int64_t end = origin + 1 + horizon;
    p->first = mq_max_i64(0, origin + 1 - shown);
    if (p->has_published) end = mq_max_i64(end, p->published.origin + 1 + p->published.H);
    p->length = end - p->first;
}

static mq_status open_products(struct page *page, struct products *p, const struct run *run)
{
    *p = (struct products){.run = run};
    p->has_backtest = is_open(page, backtest_open(&p->backtest, run->directory),
                              "The backtest of products is not shown: ");
    if (!p->has_backtest) backtest_close(&p->backtest);
    if (run->forecast[0] != '\0')
        p->has_published = is_open(page, published_open(&p->published, run->forecast), "");
    if (!p->has_backtest && !p->has_published) return page->status;
    open_panel(page, p);
    if (p->panel != NULL) p->total = mq_panel_info(p->panel)->n_series;
    if (!p->has_backtest) p->total = p->published.items;
    find_axis(page, p);
    p->backtest_shown = show_levels(p->backtest.Q);
    p->published_shown = show_levels(p->published.Q);
    MQ_TRY(page->status);
    MQ_NEW(p->y, p->length);
    return MQ_OK;
}

static void close_products(struct products *p)
{
    if (p->owns_panel) mq_panel_close(p->panel);
    backtest_close(&p->backtest);
    published_close(&p->published);
    mq_free(p->y);
    mq_free(p->asked);
}

static mq_status read_ids(struct products *p, int64_t first, int64_t n, char ***ids)
{
    return p->has_backtest ? mq_panel_ids(p->panel, first, n, ids)
                           : published_ids(&p->published, first, n, ids);
}

// ---- choosing ----------------------------------------------------------------------------------

// Finds the products asked for; found (n_items) says of each whether any run has it.
static mq_status find_asked(struct products *p, const char *const items[], int64_t n_items,
                            bool found[])
{
    enum { IDS = 4096 };
    if (n_items == 0) return MQ_OK;
    MQ_NEW(p->asked, n_items);
    for (int64_t first = 0; first < p->total; first += IDS) {
        const int64_t n = mq_min_i64(IDS, p->total - first);
        char **ids = NULL;
        MQ_TRY(read_ids(p, first, n, &ids));
        for (int64_t i = 0; i < n; i++)
            for (int64_t item = 0; item < n_items; item++) {
                if (strcmp(ids[i], items[item]) != 0) continue;
                found[item] = true;
                const bool is_new = p->n_asked == 0 || p->asked[p->n_asked - 1] < first + i;
                if (is_new && p->n_asked < n_items) p->asked[p->n_asked++] = first + i;
            }
        mq_free(ids);
    }
    return MQ_OK;
}

static bool is_asked(const struct products *p, int64_t item)
{
    for (int64_t i = 0; i < p->n_asked; i++)
        if (p->asked[i] == item) return true;
    return false;
}

static int64_t numbers_per_product(const struct products *p)
{
    int64_t numbers = p->length;
    if (p->has_backtest) numbers += p->backtest.H * p->backtest_shown.n;
    if (p->has_published) numbers += p->published.H * p->published_shown.n;
    return numbers;
}

// ---- one product -------------------------------------------------------------------------------

// Four digits are more than a figure shows.
static json_t *rounded(double value)
{
    if (!isfinite(value) || value == 0) return json_value(value);
    const double unit = pow(10, floor(log10(fabs(value))) - 3);
    return json_value(unit > 0 && unit < 1 ? rint(value / unit) * unit : value);
}

static json_t *quantiles_json(const float quantiles[], int64_t H, int64_t Q,
                              const struct shown *shown)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < shown->n; i++)
        for (int64_t h = 0; h < H; h++)
            mq_json_append(&list, rounded((double)quantiles[h * Q + shown->level[i]]));
    return list;
}

static void set_observed(struct products *p, int64_t period, float value)
{
    const int64_t at = period - p->first;
    if (at >= 0 && at < p->length && !isnan(value)) p->y[at] = (double)value;
}

// Forecast and panel are in the same order, unless the panel changed since.
static bool is_published(const struct products *p, int64_t i, const char *id)
{
    return p->has_published && i < p->published.n && strcmp(p->published.ids[i], id) == 0;
}

// What was observed of product i of the block; without a panel what the forecast knows of it.
static json_t *observed_json(struct products *p, const struct mq_series_block *series, int64_t i,
                             const float known[])
{
    for (int64_t t = 0; t < p->length; t++)
        p->y[t] = NAN;
    for (int64_t t = 0; series != NULL && t < series->length[i]; t++)
        set_observed(p, series->start[i] + t, series->target[series->offset[i] + t]);
    for (int64_t h = 0; known != NULL && h < p->published.H; h++)
        set_observed(p, p->published.origin + 1 + h, known[h]);
    json_t *list = json_array();
    for (int64_t t = 0; t < p->length; t++)
        mq_json_append(&list, rounded(p->y[t]));
    return list;
}

// How far to order up for each of the forecast's spans.
static json_t *orders_json(const struct published *published, int64_t i)
{
    const float *orders = published_orders(published, i);
    json_t *list = json_array();
    for (int64_t s = 0; s < published->S; s++)
        mq_json_append(&list, rounded((double)orders[s]));
    return list;
}

// Product i of the block: [id, wQL, mean demand, is asked for, observed, backtest, published, orders].
static void put_product(struct page *page, struct products *p, int64_t i, bool asked,
                        const char *id, const struct mq_series_block *series)
{
    const struct backtest *b = &p->backtest;
    const struct published *f = &p->published;
    const bool has_forecast = is_published(p, i, id);
    json_t *back = json_null();
    json_t *ahead = json_null();
    json_t *orders = json_null();
    if (p->has_backtest)
        back = quantiles_json(b->quantiles + i * b->H * b->Q, b->H, b->Q, &p->backtest_shown);
    if (has_forecast)
        ahead = quantiles_json(published_quantiles(f, i), f->H, f->Q, &p->published_shown);
    if (has_forecast && f->S > 0) orders = orders_json(f, i);
    const float *known = has_forecast ? published_observed(f, i) : NULL;
    put_json(page, &page->products,
             json_pack("[o, o, o, b, o, o, o, o]", json_text(id),
                       p->has_backtest ? rounded(b->wql[i]) : json_null(),
                       p->has_backtest ? rounded(b->volume[i]) : json_null(), asked,
                       observed_json(p, series, i, known), back, ahead, orders));
}

// The products of a block, all of them or those asked for.
static mq_status put_block(struct page *page, struct products *p, int64_t block, bool is_whole)
{
    const int64_t first = block * BLOCK;
    const int64_t n = mq_min_i64(BLOCK, p->total - first);
    struct mq_series_block series = {0};
    char **ids = NULL;
    mq_status status = MQ_OK;
    const bool has_series = p->panel != NULL && first + n <= mq_panel_info(p->panel)->n_series;
    MQ_DO(read_ids(p, first, n, &ids));
    if (has_series) MQ_DO(mq_panel_read(p->panel, first, n, &series));
    if (p->has_backtest) MQ_DO(backtest_read(&p->backtest, first, n));
    if (p->has_published) MQ_DO(published_read(&p->published, first, n));
    for (int64_t i = 0; i < n; i++) {
        const bool asked = is_asked(p, first + i);
        if (is_whole || asked) put_product(page, p, i, asked, ids[i], has_series ? &series : NULL);
    }
    status = page->status;
done:
    mq_series_block_release(&series);
    mq_free(ids);
    return status;
}

// ---- one run -----------------------------------------------------------------------------------

static json_t *levels_json(const double levels[], const struct shown *shown)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < shown->n; i++)
        mq_json_append(&list, json_value(levels[shown->level[i]]));
    return list;
}

static void print_period(const struct products *p, int64_t period, char text[MQ_DATE_MAX])
{
    if (p->panel != NULL)
        mq_period_print(&mq_panel_info(p->panel)->calendar, period, text);
    else
        (void)snprintf(text, MQ_DATE_MAX, "%lld", (long long)period);
}

// A forecast of the figures: where its first period is on their axis, and its levels.
static json_t *forecast_json(const struct products *p, int64_t origin, const double levels[],
                             const struct shown *shown)
{
    return json_pack("{s:I, s:o}", "at", (json_int_t)(origin + 1 - p->first), "levels",
                     levels_json(levels, shown));
}

static void put_run(struct page *page, const struct products *p)
{
    json_t *dates = json_array();
    for (int64_t t = 0; t < p->length; t++) {
        char date[MQ_DATE_MAX];
        print_period(p, p->first + t, date);
        mq_json_append(&dates, json_string(date));
    }
    json_t *spans = json_array();
    for (int64_t s = 0; s < p->published.S; s++)
        mq_json_append(&spans, json_pack("[I, I]", (json_int_t)p->published.lead[s],
                                         (json_int_t)p->published.review[s]));
    json_t *back = json_null();
    json_t *ahead = json_null();
    if (p->has_backtest)
        back = forecast_json(p, p->backtest.origin, p->backtest.levels, &p->backtest_shown);
    if (p->has_published)
        ahead = forecast_json(p, p->published.origin, p->published.levels, &p->published_shown);
    put_json(page, &page->products,
             json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "run", json_text(p->run->name), "total",
                       (json_int_t)p->total, "dates", dates, "spans", spans, "back", back, "ahead",
                       ahead));
}

static void put_about(struct page *page, const struct products *p, int64_t blocks)
{
    char date[MQ_DATE_MAX];
    const int64_t n = mq_min_i64(blocks * BLOCK, p->total);
    put(page, "<p class=\"note\">");
    put_text(page, p->run->name);
    if (n == p->total)
        put_format(page, ": all %lld products are on this page.", (long long)n);
    else
        put_format(page,
                   ": %lld of %lld products are on this page, in blocks of %d spread evenly over "
                   "the panel, "
                   "and those that --items asks for.",
                   (long long)n, (long long)p->total, (int)BLOCK);
    if (p->has_backtest) {
        print_period(p, p->backtest.origin, date);
        put_format(page,
                   " Backtest: made at %s, the last evaluation origin, before what then came.",
                   date);
    }
    if (p->has_published) {
        print_period(p, p->published.origin, date);
        put_format(page, " Forecast: the published one, made at %s.", date);
    }
    put(page, "</p>\n");
}

// Blocks that fit, spread evenly, and between them those with products asked for.
static mq_status put_blocks(struct page *page, struct products *p, int64_t blocks)
{
    const int64_t all = mq_ceil_div(p->total, BLOCK);
    int64_t asked = 0;
    int64_t next = 0;
    for (int64_t i = 0; i <= blocks; i++) {
        const int64_t block = i < blocks ? mq_split(all, blocks, i) : all;
        for (; asked < p->n_asked && p->asked[asked] / BLOCK < block; asked++) {
            const int64_t between = p->asked[asked] / BLOCK;
            if (between < next) continue; // put already
            MQ_TRY(put_block(page, p, between, false));
            next = between + 1;
        }
        if (i < blocks) MQ_TRY(put_block(page, p, block, true));
        next = block + 1;
    }
    return MQ_OK;
}

static mq_status put_run_products(struct page *page, const struct run *run, int64_t numbers,
                                  const char *const items[], int64_t n_items, bool found[])
{
    struct products p;
    mq_status status = MQ_OK;
    MQ_DO(open_products(page, &p, run));
    if (p.y == NULL) goto done;
    MQ_DO(find_asked(&p, items, n_items, found));
    const int64_t fit = numbers / numbers_per_product(&p) / BLOCK;
    const int64_t blocks = mq_min_i64(mq_ceil_div(p.total, BLOCK), mq_max_i64(fit, 1));
    put_about(page, &p, blocks);
    put_run(page, &p);
    MQ_DO(page->status);
    MQ_DO(put_blocks(page, &p, blocks));
done:
    close_products(&p);
    return status;
}

static mq_status check_found(const char *const items[], int64_t n_items, const bool found[])
{
    for (int64_t i = 0; i < n_items; i++)
        if (!found[i]) {
            (void)mq_fail(MQ_USAGE, "--items: no product '%s'", items[i]);
            return mq_hint("ids are those of the panel, with a comma between two; a comma within "
                           "one is written \\,");
        }
    return MQ_OK;
}

void put_products(struct page *page, const struct run runs[], int64_t n, const char *const items[],
                  int64_t n_items)
{
    if (page->status != MQ_OK) return;
    bool *found = mq_calloc(mq_max_i64(n_items, 1), sizeof *found);
    if (found == NULL) {
        page->status = MQ_FAILED;
        return;
    }
    put(page,
        "<h2>Products</h2>\n<p>What was observed in black; median forecasts as lines in their "
        "quantile bands. A product's wQL is that of all its evaluation forecasts.</p>\n");
    if (n > 1) put(page, "<details>\n<summary>Which products and forecasts these are</summary>\n");
    for (int64_t i = 0; i < n; i++)
        if (put_run_products(page, &runs[i], PRODUCT_NUMBERS_MAX / n, items, n_items, found) !=
            MQ_OK)
            put_failure(page, "Its products are not shown: ");
    put(page,
        n > 1 ? "</details>\n<div id=\"products\"></div>\n" : "<div id=\"products\"></div>\n");
    if (page->status == MQ_OK) page->status = check_found(items, n_items, found);
    mq_free(found);
}
