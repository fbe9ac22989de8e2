/// Items given whole, one after the other, and the panel they make: for formats of one record an
/// item.
///
/// The values of an item are consecutive periods from its start on; items without a start end
/// together, in the last period of the panel. A series spans its first to its last observed value
/// (or to the panel's last period, `extend`). Memory: 4 bytes a value until the panel is written.
///
///     mq_items_init(&items, schema, "tsf", sources, n_sources);
///     mq_items_set_frequency(&items, "daily", file);
///     mq_items_add_covariate(&items, "state", MQ_ROLE_STATIC_CATEGORY); ...
///     for each record: mq_items_begin(&items, id, start_s, file, row);
///         mq_items_add_target(&items, values, n); mq_items_set_category(&items, c, name); ...
///     mq_items_write(&items, output);
#ifndef DATA_ITEMS_H
#define DATA_ITEMS_H

#include <stdint.h>

#include "data/names.h"
#include "mq/data/import.h"

#define MQ_UNDATED INT64_MIN

struct mq_item {
    int64_t start_s; ///< seconds since 1970 of the first value, or MQ_UNDATED
    int64_t first; ///< where its reals begin: target, then each past and known in order
    int64_t length; ///< of target and past
    int64_t reach; ///< of known
};

struct mq_items {
    const struct mq_schema *schema;
    struct mq_panel_info info; ///< covariates, and the calendar but for its epoch
    char frequency[MQ_NAME_MAX];
    const char *source; ///< the first, for messages

    struct mq_names ids;
    struct mq_item *item; ///< (ids.n)
    float *statics; ///< (ids.n, covariates): NaN or code 0 as long as nothing is known
    int64_t item_capacity;
    float *reals;
    int64_t n_reals;
    int64_t capacity;
    struct mq_names categories[MQ_COVARIATES_MAX];
};

/// MQ_USAGE when the schema names columns. Schema and sources stay the caller's. Release with
/// mq_items_release in every case.
mq_status mq_items_init(struct mq_items *items, const struct mq_schema *schema, const char *format,
                        const char *const sources[], int64_t n_sources) MQ_NODISCARD;
void mq_items_release(struct mq_items *items);

/// The frequency that the source gives, "" for none; the schema's comes first. MQ_USAGE when there
/// is none, MQ_DATA when it is unknown; `file` is for messages.
mq_status mq_items_set_frequency(struct mq_items *items, const char *frequency,
                                 const char *file) MQ_NODISCARD;
/// All before the first item, in the order of the roles.
mq_status mq_items_add_covariate(struct mq_items *items, const char *name,
                                 enum mq_role role) MQ_NODISCARD;

/// MQ_DATA naming file and row when the id is empty or was there before.
mq_status mq_items_begin(struct mq_items *items, const char *id, int64_t start_s, const char *file,
                         int64_t row) MQ_NODISCARD;
/// More values of the last item.
mq_status mq_items_add_target(struct mq_items *items, const float values[], int64_t n) MQ_NODISCARD;
/// Of the last item, after its target and in the order of the covariates: `length` values of a past
/// covariate; of a known one at least as many, all the same.
mq_status mq_items_add_dynamic(struct mq_items *items, const float values[],
                               int64_t n) MQ_NODISCARD;
void mq_items_set_real(struct mq_items *items, int64_t covariate, float value);
/// "" says nothing.
mq_status mq_items_set_category(struct mq_items *items, int64_t covariate,
                                const char *name) MQ_NODISCARD;

/// Places the items in time, fills the gaps, writes and publishes. May be called once.
mq_status mq_items_write(struct mq_items *items, const char *output) MQ_NODISCARD;

#endif
