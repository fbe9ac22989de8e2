/// Small catalogues that tests change at will, and models over them.
///
///     struct catalogue catalogue;
///     catalogue_init(&catalogue, 12, 60);
///     catalogue.products[3].target[7] = NAN;
///     struct mq_panel *panel = catalogue_open(&catalogue, test_path("panel.h5"));
///     ...
///     mq_panel_close(panel);
///     catalogue_release(&catalogue);
#ifndef TESTS_SUPPORT_PANELS_H
#define TESTS_SUPPORT_PANELS_H

#include "mq/model/model.h"

/// One covariate of each role.
enum { PRICE, OPEN, TRAFFIC, WEIGHT, SHOP, CATALOGUE_COVARIATES };
enum { CATALOGUE_AHEAD = 9, CATALOGUE_SHOPS = 3 };

struct product {
    char id[32];
    int64_t start;
    int64_t length;
    float *target; ///< (periods), whole numbers; from `start` on
    float *available; ///< (periods)
    float *traffic; ///< (periods)
    float *price; ///< (periods + ahead)
    float weight;
    float shop; ///< 1..CATALOGUE_SHOPS, 0 unknown
};

struct catalogue {
    int64_t n;
    int64_t periods;
    struct product *products;
    float *open; ///< (periods + ahead) calendar
    float *memory;
    const char *shops[CATALOGUE_SHOPS];
};

/// Product i has no values when i % 7 == 5, else begins late when i % 5 == 3, else covers all
/// periods; one day in 11 is out of stock, one in 13 not observed.
void catalogue_init(struct catalogue *catalogue, int64_t n, int64_t periods);
void catalogue_release(struct catalogue *catalogue);
void catalogue_write(const struct catalogue *catalogue, const char *path);
/// Writes and opens.
struct mq_panel *catalogue_open(const struct catalogue *catalogue, const char *path);

/// Flips one bit so that the panel still opens but some series cannot be read.
void panel_damage(const char *path);

/// Context 14, horizon 4, quantiles 0.1 0.5 0.9, a network of a few hundred weights, 8 series per
/// step in 4 lanes; `overrides` (n) as on the command line.
void tiny_experiment(struct mq_experiment *experiment, const char *panel_path, const char *type,
                     const char *const overrides[], int64_t n);
/// Of that experiment: statistics of the whole panel, weights from the seed.
void tiny_model(struct mq_model *model, struct mq_panel *panel, const char *type,
                const char *const overrides[], int64_t n);

#endif
