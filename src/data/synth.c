// A synthetic catalogue. Expected demand of product i in period t is
//
//     log mu = level_i + profile_c(t) + trend_i t/length
//              + elasticity_i log(price_t / base_i) + lift_i promotion_t + holiday_c holiday_t
//
// with c the category of i. Sales are Poisson or negative binomial around mu, none at all in an
// item's idle periods, and 0 while it is out of stock or dead.
#include "mq/data/synth.h"

#include <math.h>
#include <stdio.h>

#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/rng.h"

enum { N_CATEGORIES = 20, N_HOLIDAYS = 8, PRICE_SPELL = 28 };
enum covariate { PRICE, PROMOTION, HOLIDAY, CATEGORY, BASE_PRICE, N_COVARIATES };

// What the fourth part of a random address tells apart.
enum stream { PRODUCT_STREAM, PATH_STREAM, CATEGORY_STREAM, HOLIDAY_STREAM };

// Sums over a catalogue stay exact.
#define POISSON_MAX 1e9

static const double pi = 3.14159265358979323846;

// What all products share, by category and period of [0, length + ahead).
struct mq_synth_maker {
    struct mq_synth synth;
    struct mq_calendar calendar;
    int64_t n; // length + ahead
    float *holiday;
    float *profile; // (N_CATEGORIES, n) logs: seasons and holidays
};

// The truth about one product.
struct product {
    int category;
    double level; // log of sales per period
    double base_price;
    double trend; // change of the log over the panel
    double elasticity;
    double lift; // log
    double shape; // of the negative binomial; 0: Poisson
    double idle; // probability of a period without demand
    int64_t start;
    int64_t death; // first period without demand
    int64_t end; // first period after the series
};

// The values of one series, one after the other.
struct series {
    float *price;
    float *promotion;
    float *available;
    float *target;
};

// ---- what products share ------------------------------------------------------------------------

static double periods_per_year(enum mq_unit unit)
{
    static const double periods[] = {
        [MQ_MINUTE] = 525960, [MQ_HOUR] = 8766, [MQ_DAY] = 365.25, [MQ_WEEK] = 52.1786,
        [MQ_MONTH] = 12,      [MQ_QUARTER] = 4, [MQ_YEAR] = 1,
    };
    return periods[unit];
}

// A day of the year comes back every year; it lasts a day, or the period that holds the day.
static void mark_holidays(struct mq_synth_maker *maker)
{
    const double year = periods_per_year(maker->calendar.unit);
    const int64_t lasting = mq_max_i64(1, (int64_t)(year / 365));
    struct mq_rng rng = mq_rng_at(maker->synth.seed, MQ_RNG_SYNTH, 0, HOLIDAY_STREAM);
    for (int i = 0; i < N_HOLIDAYS; i++) {
        const double day = floor(365 * mq_rng_uniform(&rng)) / 365;
        for (int64_t k = 0; (double)k * year < (double)maker->n; k++) {
            const int64_t first = (int64_t)(((double)k + day) * year);
            for (int64_t t = first; t < first + lasting && t < maker->n; t++)
                maker->holiday[t] = 1.0f;
        }
    }
}

// Seasons of a category: a free shape over the main season (the week of days), a wave over the
// year.
static mq_status fill_profile(struct mq_synth_maker *maker, int category)
{
    const int64_t season = mq_calendar_season(&maker->calendar);
    const double year = periods_per_year(maker->calendar.unit);
    struct mq_rng rng =
        mq_rng_at(maker->synth.seed, MQ_RNG_SYNTH, (uint64_t)category, CATEGORY_STREAM);
    double *shape = NULL;
    MQ_NEW(shape, season);
    const double phase = 2 * pi * mq_rng_uniform(&rng);
    const double yearly = 0.1 + 0.5 * mq_rng_uniform(&rng);
    const double holiday = 0.8 * mq_rng_normal(&rng);
    double mean = 0;
    for (int64_t s = 0; s < season; s++) {
        shape[s] = season > 1 ? 0.3 * mq_rng_normal(&rng) : 0;
        mean += shape[s] / (double)season;
    }
    float *profile = maker->profile + (int64_t)category * maker->n;
    for (int64_t t = 0; t < maker->n; t++) {
        const double wave = year > 1 ? yearly * cos(2 * pi * (double)t / year + phase) : 0;
        profile[t] = (float)(shape[t % season] - mean + wave + holiday * (double)maker->holiday[t]);
    }
    mq_free(shape);
    return MQ_OK;
}

static mq_status check(const struct mq_synth *synth)
{
    if (synth->n_series < 1) return mq_fail(MQ_USAGE, "a catalogue has at least one series");
    if (synth->length < 1) return mq_fail(MQ_USAGE, "a series has at least one period");
    if (synth->ahead < 0) return mq_fail(MQ_USAGE, "the periods ahead are at least 0");
    if (synth->demand == MQ_SYNTH_POISSON && !(synth->mean > 0 && synth->mean <= POISSON_MAX))
        return mq_fail(MQ_USAGE, "Poisson demand has a mean above 0, of %g at most", POISSON_MAX);
    return MQ_OK;
}

mq_status mq_synth_maker_new(struct mq_synth_maker **maker, const struct mq_synth *synth)
{
    MQ_TRY(check(synth));
    mq_status status = MQ_OK;
    struct mq_synth_maker *made = NULL;
    MQ_NEW(made, 1);
    made->synth = *synth;
    made->n = synth->length + synth->ahead;
    made->calendar = (struct mq_calendar){.unit = synth->unit, .multiple = 1};
    // A Monday and the first of a year: weeks, months and years begin with period 0.
    (void)mq_date_parse("2018-01-01", &made->calendar.epoch_s);
    MQ_NEW_DO(made->holiday, made->n);
    MQ_NEW_DO(made->profile, N_CATEGORIES * made->n);
    mark_holidays(made);
    for (int c = 0; c < N_CATEGORIES; c++)
        MQ_DO(fill_profile(made, c));
    *maker = made;
    return MQ_OK;
done:
    mq_synth_maker_free(made);
    return status;
}

void mq_synth_maker_free(struct mq_synth_maker *maker)
{
    if (maker == NULL) return;
    mq_free(maker->holiday);
    mq_free(maker->profile);
    mq_free(maker);
}

// ---- one product --------------------------------------------------------------------------------

// Product 0 is an ordinary one, so that every catalogue reaches its last period.
static struct product draw_product(const struct mq_synth *synth, int64_t i)
{
    struct mq_rng rng = mq_rng_at(synth->seed, MQ_RNG_SYNTH, (uint64_t)i, PRODUCT_STREAM);
    struct product product = {.end = synth->length, .death = synth->length};
    const double length = (double)synth->length;
    if (synth->demand == MQ_SYNTH_POISSON) return product;
    product.category = (int)mq_rng_below(&rng, N_CATEGORIES);
    product.level = 0.7 + 1.5 * mq_rng_normal(&rng);
    product.base_price = exp(2.3 + 0.8 * mq_rng_normal(&rng));
    product.trend = 0.3 * mq_rng_normal(&rng);
    product.elasticity = -2.2 + 1.2 * mq_rng_uniform(&rng);
    product.lift = 0.3 + 0.7 * mq_rng_uniform(&rng);
    product.shape = mq_rng_uniform(&rng) < 0.6 ? 1 + 9 * mq_rng_uniform(&rng) : 0;
    product.idle = mq_rng_uniform(&rng) < 0.3 ? 0.2 + 0.6 * mq_rng_uniform(&rng) : 0;
    const double life = mq_rng_uniform(&rng);
    const double moment = mq_rng_uniform(&rng);
    if (i == 0) return product;
    if (life < 0.005) { // not yet launched
        product.start = product.end;
    } else if (life < 0.30) { // launched on the way
        product.start = (int64_t)(moment * 0.95 * length);
    } else if (life < 0.35) { // dead, still listed
        product.death = (int64_t)((0.2 + 0.8 * moment) * length);
    } else if (life < 0.38) { // delisted
        product.end = 1 + (int64_t)((0.2 + 0.8 * moment) * (length - 1));
        product.death = product.end;
    }
    return product;
}

// A new price about every 28 periods, within 15 % of the base; promotions of a few periods, half of
// them with a price cut.
static void draw_price(const struct product *product, struct mq_rng *rng, int64_t n, float price[],
                       float promotion[])
{
    double regular = product->base_price;
    for (int64_t t = 0; t < n;) {
        const int64_t spell = 1 + (int64_t)mq_rng_below(rng, 2 * PRICE_SPELL - 1);
        const int64_t promoted = mq_rng_uniform(rng) < 0.4 ? 2 + (int64_t)mq_rng_below(rng, 6) : 0;
        const double cut = mq_rng_uniform(rng) < 0.5 ? 1.0 : 0.9 - 0.2 * mq_rng_uniform(rng);
        const int64_t end = mq_min_i64(n, t + spell);
        for (int64_t left = promoted; t < end; t++, left--) {
            promotion[t] = left > 0 ? 1.0f : 0.0f;
            price[t] = (float)(left > 0 ? cut * regular : regular);
        }
        regular = product->base_price * (0.85 + 0.3 * mq_rng_uniform(rng));
    }
}

// Out of stock now and then, for 3 periods on average.
static void draw_available(struct mq_rng *rng, int64_t n, float available[])
{
    for (int64_t t = 0; t < n; t++)
        available[t] = 1.0f;
    for (int64_t t = (int64_t)mq_rng_below(rng, 300); t < n;
         t += 1 + (int64_t)mq_rng_below(rng, 300)) {
        const int64_t end = mq_min_i64(n, t + 1 + (int64_t)mq_rng_below(rng, 5));
        for (; t < end; t++)
            available[t] = 0.0f;
    }
}

// Count with this mean and variance mean + mean^2 / shape (shape 0: Poisson), from one uniform: the
// first k whose cumulative probability reaches u. p(k + 1) / p(k) = (shape + k) q / (k + 1).
static double draw_count(struct mq_rng *rng, double mean, double shape)
{
    if (mean > 50) { // normal approximation
        const double variance = mean + (shape > 0 ? mean * mean / shape : 0);
        return fmax(0, floor(mean + sqrt(variance) * mq_rng_normal(rng) + 0.5));
    }
    const double u = mq_rng_uniform(rng);
    const double q = shape > 0 ? mean / (shape + mean) : 0;
    double p = shape > 0 ? exp(shape * log1p(-q)) : exp(-mean);
    double cumulative = p;
    double k = 0;
    while (cumulative < u && k < 2000) {
        p *= (shape > 0 ? (shape + k) * q : mean) / (k + 1);
        k++;
        cumulative += p;
    }
    return k;
}

static void draw_sales(const struct mq_synth_maker *maker, const struct product *product,
                       struct mq_rng *rng, const struct series *series)
{
    const float *profile = maker->profile + product->category * maker->n + product->start;
    const double step = product->trend / (double)maker->synth.length;
    const double log_base = log(product->base_price);
    double relative = 0; // log of price over base
    float before = 0;
    for (int64_t t = 0; t < product->end - product->start; t++) {
        const bool is_idle = product->idle > 0 && mq_rng_uniform(rng) < product->idle;
        series->target[t] = 0.0f;
        if (is_idle || series->available[t] == 0.0f || product->start + t >= product->death)
            continue;
        if (series->price[t] != before) relative = log((double)series->price[t]) - log_base;
        before = series->price[t];
        const double mean =
            exp(product->level + (double)profile[t] + step * (double)t +
                product->elasticity * relative + product->lift * (double)series->promotion[t]);
        series->target[t] = (float)draw_count(rng, mean, product->shape);
    }
}

// Where the values of a product lie that begin at `values`, and how many they are.
static int64_t place_series(const struct mq_synth *synth, const struct product *product,
                            float *values, struct series *series)
{
    const int64_t length = product->end - product->start;
    const int64_t known = length + synth->ahead;
    if (synth->demand == MQ_SYNTH_POISSON) {
        *series = (struct series){.target = values};
        return length;
    }
    *series = (struct series){.price = values,
                              .promotion = values + known,
                              .available = values + 2 * known,
                              .target = values + 2 * known + length};
    return 2 * (known + length);
}

int64_t mq_synth_values_max(const struct mq_synth *synth)
{
    return 2 * (2 * synth->length + synth->ahead);
}

int64_t mq_synth_draw(const struct mq_synth_maker *maker, int64_t first, int64_t n, float values[])
{
    const struct mq_synth *synth = &maker->synth;
    int64_t used = 0;
    for (int64_t i = first; i < first + n; i++) {
        const struct product product = draw_product(synth, i);
        const int64_t length = product.end - product.start;
        struct mq_rng rng = mq_rng_at(synth->seed, MQ_RNG_SYNTH, (uint64_t)i, PATH_STREAM);
        struct series series;
        used += place_series(synth, &product, values + used, &series);
        if (synth->demand == MQ_SYNTH_POISSON) {
            for (int64_t t = 0; t < length; t++)
                series.target[t] = (float)draw_count(&rng, synth->mean, 0);
            continue;
        }
        draw_price(&product, &rng, length + synth->ahead, series.price, series.promotion);
        draw_available(&rng, length, series.available);
        draw_sales(maker, &product, &rng, &series);
    }
    return used;
}

// ---- the panel ----------------------------------------------------------------------------------

static mq_status append_product(const struct mq_synth_maker *maker, int64_t i, float **values,
                                struct mq_panel_writer *writer)
{
    const struct product product = draw_product(&maker->synth, i);
    struct series series;
    *values += place_series(&maker->synth, &product, *values, &series);
    char id[32];
    (void)snprintf(id, sizeof id, "item-%07lld", (long long)i);
    const float *const past[N_COVARIATES] = {0};
    const float *const known[N_COVARIATES] = {
        [PRICE] = series.price,
        [PROMOTION] = series.promotion,
    };
    const float statics[N_COVARIATES] = {
        [CATEGORY] = (float)(product.category + 1),
        [BASE_PRICE] = (float)product.base_price,
    };
    return mq_panel_append(writer, &(struct mq_series){
                                       .id = id,
                                       .start = product.start,
                                       .length = product.end - product.start,
                                       .target = series.target,
                                       .available = series.available,
                                       .past = past,
                                       .known = known,
                                       .statics = statics,
                                   });
}

mq_status mq_synth_append(const struct mq_synth_maker *maker, int64_t first, int64_t n,
                          float values[], struct mq_panel_writer *writer)
{
    for (int64_t i = first; i < first + n; i++)
        MQ_TRY(append_product(maker, i, &values, writer));
    return MQ_OK;
}

static mq_status write_shared(const struct mq_synth_maker *maker, struct mq_panel_writer *writer)
{
    if (maker->synth.demand == MQ_SYNTH_POISSON) return MQ_OK;
    char names[N_CATEGORIES][16];
    const char *list[N_CATEGORIES];
    for (int c = 0; c < N_CATEGORIES; c++) {
        (void)snprintf(names[c], sizeof names[c], "category-%02d", c);
        list[c] = names[c];
    }
    MQ_TRY(mq_panel_set_vocabulary(writer, CATEGORY, N_CATEGORIES, list));
    return mq_panel_set_calendar(writer, HOLIDAY, maker->n, maker->holiday);
}

mq_status mq_synth_create(const struct mq_synth_maker *maker, const char *path,
                          struct mq_panel_writer **writer)
{
    const struct mq_synth *synth = &maker->synth;
    struct mq_panel_info info = {
        .calendar = maker->calendar,
        .ahead = synth->ahead,
        .has_available = true,
        .n_covariates = N_COVARIATES,
        .covariates =
            {
                [PRICE] = {.name = "price", .role = MQ_ROLE_KNOWN},
                [PROMOTION] = {.name = "promotion", .role = MQ_ROLE_KNOWN},
                [HOLIDAY] = {.name = "holiday", .role = MQ_ROLE_CALENDAR},
                [CATEGORY] = {.name = "category", .role = MQ_ROLE_STATIC_CATEGORY},
                [BASE_PRICE] = {.name = "base_price", .role = MQ_ROLE_STATIC_REAL},
            },
    };
    if (synth->demand == MQ_SYNTH_POISSON) {
        info.has_available = false;
        info.n_covariates = 0;
    }
    char demand[64] = "";
    if (synth->demand == MQ_SYNTH_POISSON)
        (void)snprintf(demand, sizeof demand, " of Poisson demand with mean %g", synth->mean);
    (void)snprintf(info.source, sizeof info.source,
                   "synth: %lld series of %lld periods%s, seed %llu", (long long)synth->n_series,
                   (long long)synth->length, demand, (unsigned long long)synth->seed);
    MQ_TRY(mq_panel_create(writer, path, &info));
    const mq_status status = write_shared(maker, *writer);
    if (status != MQ_OK) {
        mq_panel_discard(*writer);
        *writer = NULL;
    }
    return status;
}

mq_status mq_synth_write(const struct mq_synth *synth, const char *path)
{
    mq_status status = MQ_OK;
    struct mq_synth_maker *maker = NULL;
    float *values = NULL;
    struct mq_panel_writer *writer = NULL;
    MQ_DO(mq_synth_maker_new(&maker, synth));
    MQ_NEW_DO(values, mq_synth_values_max(synth));
    MQ_DO(mq_synth_create(maker, path, &writer));
    for (int64_t i = 0; i < synth->n_series; i++) {
        (void)mq_synth_draw(maker, i, 1, values);
        MQ_DO(mq_synth_append(maker, i, 1, values, writer));
    }
    status = mq_panel_publish(writer);
    writer = NULL;
done:
    mq_panel_discard(writer);
    mq_free(values);
    mq_synth_maker_free(maker);
    return status;
}
