/// Distinct texts numbered in order of first appearance: item ids, categories.
#ifndef DATA_NAMES_H
#define DATA_NAMES_H

#include <stdint.h>

#include "mq/base/str.h"
#include "mq/data/panel.h"

/// Zero-initialised is empty and valid.
struct mq_names {
    int64_t n;
    struct mq_str text; ///< the names, each NUL-terminated
    size_t *start; ///< (n) of each name in `text`
    int64_t capacity; ///< of `start`
    int64_t *slots; ///< hash table of number + 1, 0 = free
    int64_t n_slots; ///< a power of two, more than twice n
};

/// Number of `name`, which is added when it is new.
mq_status mq_names_add(struct mq_names *names, const char *name, int64_t *number) MQ_NODISCARD;
/// Number of `name`, or -1.
int64_t mq_names_find(const struct mq_names *names, const char *name);
/// Valid until the next add.
const char *mq_names_at(const struct mq_names *names, int64_t number);
/// All names as an array that points into `names`; freed with mq_free.
mq_status mq_names_list(const struct mq_names *names, const char ***list) MQ_NODISCARD;
/// MQ_DATA naming file and row when a name is not UTF-8.
mq_status mq_name_check(const char *name, const char *file, int64_t row) MQ_NODISCARD;

void mq_names_release(struct mq_names *names);
/// Makes them the vocabulary of a static category.
mq_status mq_vocabulary_write(const struct mq_names *names, struct mq_panel_writer *writer,
                              int64_t covariate) MQ_NODISCARD;

#endif
