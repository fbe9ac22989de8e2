/// One rank's part file of a forecast.
#ifndef MQ_FORECAST_PART_H
#define MQ_FORECAST_PART_H

#include "mq/base/hash.h"
#include "mq/forecast/writer.h"
#include "mq/h5/file.h"

/// What the face and the manifest say of a part. Plain data: sent between ranks.
struct mq_part_facts {
    int64_t first; ///< first product
    int64_t rows;
    int64_t bytes;
    char file[32];
    char sha256[MQ_SHA256_HEX];
};

/// Datasets with a row for each product; of totals with loss.spans alone.
enum {
    MQ_PART_QUANTILES,
    MQ_PART_OBSERVED,
    MQ_PART_SPAN_QUANTILES,
    MQ_PART_SPAN_OBSERVED,
    MQ_PART_ORDER_UP_TO,
    MQ_PART_TABLES
};
struct mq_part_table {
    const char *name;
    struct mq_h5_shape shape;
};
/// Fills the tables of `rows` products, and returns how many there are.
int mq_part_tables(const struct mq_forecast_request *request, int64_t rows,
                   struct mq_part_table tables[MQ_PART_TABLES]);

void mq_part_name(char name[32], int rank);

/// Writes products [facts->first, facts->first + facts->rows) to `<directory>/<facts->file>`; fills
/// bytes and sha256. Local.
mq_status mq_part_write(const struct mq_forecast_request *request, struct mq_pool *pool,
                        const char *directory, struct mq_part_facts *facts) MQ_NODISCARD;

/// Coordinates that the face repeats: origin, origin_date, horizon, level; with loss.spans also span
/// (periods), span_lead and span_review.
mq_status mq_part_coordinates(struct mq_h5 *file,
                              const struct mq_forecast_request *request) MQ_NODISCARD;
/// Attaches the dimension scales to the tables, once all datasets exist.
mq_status mq_part_attach(struct mq_h5 *file,
                         const struct mq_forecast_request *request) MQ_NODISCARD;

#endif
