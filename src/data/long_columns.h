/// Where things are in a long table: the header of a file held against the schema.
#ifndef DATA_LONG_COLUMNS_H
#define DATA_LONG_COLUMNS_H

#include "data/csv.h"
#include "data/names.h"
#include "mq/data/import.h"

struct mq_long_column {
    int64_t index; ///< -1: there is none
    const char *name;
};

struct mq_long_columns {
    int64_t n; ///< of the header
    int64_t n_id;
    struct mq_long_column id[MQ_LIST_MAX];
    int64_t n_timestamp;
    struct mq_long_column timestamp[MQ_LIST_MAX];
    struct mq_long_column target;
    struct mq_long_column times;
    struct mq_long_column available;
    struct mq_long_column covariates[MQ_COVARIATES_MAX];
    /// MQ_ITEMS_COLUMNS: names of the items, and the column of each.
    struct mq_names items;
    int64_t *item_column; ///< (items.n)
};

/// Reads the header (or numbers the columns of a file without one) and finds the schema's columns.
/// MQ_DATA naming the file when one is missing or there twice, MQ_USAGE when one has two roles.
/// Columns that nothing uses are warned about when the schema names none at all. Release with
/// mq_long_columns_release in every case.
mq_status mq_long_columns_read(struct mq_long_columns *columns, struct mq_csv *csv,
                               const struct mq_schema *schema) MQ_NODISCARD;
void mq_long_columns_release(struct mq_long_columns *columns);

#endif
