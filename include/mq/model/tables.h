/// Tables: named flat arrays that a fitted model keeps, in place of weights.
///
/// They are in the checkpoint and hashed as its weights; every rank holds all of them, with the
/// same bits.
#ifndef MQ_MODEL_TABLES_H
#define MQ_MODEL_TABLES_H

#include <stdint.h>

#include "mq/base/hash.h"
#include "mq/base/status.h"

enum mq_table_type { MQ_TABLE_F32, MQ_TABLE_F64, MQ_TABLE_I32, MQ_TABLE_I64 };
enum { MQ_TABLE_NAME_MAX = 64, MQ_TABLES_MAX = 128 };

struct mq_table {
    char name[MQ_TABLE_NAME_MAX];
    enum mq_table_type type;
    int64_t n;
    void *data; ///< owned
};

/// Zeroed = empty.
struct mq_tables {
    int64_t n;
    struct mq_table table[MQ_TABLES_MAX];
};

/// Adds a table of `n` zeros, n >= 0, under a name that is not taken yet; `data` stays the tables'.
/// Local.
mq_status mq_tables_add(struct mq_tables *tables, const char *name, enum mq_table_type type,
                        int64_t n, void **data) MQ_NODISCARD;
/// The values of a table of that type and its length; NULL and 0 when there is none.
const void *mq_tables_get(const struct mq_tables *tables, const char *name, enum mq_table_type type,
                          int64_t *n);
void mq_tables_release(struct mq_tables *tables);

/// Hash of names, types, lengths and values, in order.
void mq_tables_sha256(const struct mq_tables *tables, char hex[MQ_SHA256_HEX]);

#endif
