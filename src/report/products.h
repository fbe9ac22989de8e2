/// Single products: their past, what the model said of it, and what it says of the time to come.
/// Private to report/.
#ifndef REPORT_PRODUCTS_H
#define REPORT_PRODUCTS_H

#include "report/html.h"
#include "report/run.h"

/// How many numbers about products a page holds in all, about 3 bytes each: of catalogues that need
/// more, some blocks of products spread evenly, and those asked for.
enum { PRODUCT_NUMBERS_MAX = 800000 };

/// Puts the section: for each run all of its products, or as many as fit, and those among `items`
/// (n_items ids). MQ_USAGE when no run has such a product; what else cannot be read is said in words.
void put_products(struct page *page, const struct run runs[], int64_t n, const char *const items[],
                  int64_t n_items);

#endif
