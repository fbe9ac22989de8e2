/// YAML experiments as a flat list of (section, key, value text, line).
///
/// An experiment is a mapping of sections to mappings of keys to scalars or to lists, of scalars or
/// of flat mappings; anything deeper, an alias, a duplicate key, or a document that is not a mapping is MQ_USAGE with
/// file:line. A section without keys ("train: {}") is one entry with an empty key.
#ifndef MQ_CONFIG_YAML_H
#define MQ_CONFIG_YAML_H

#include <stdint.h>

#include "mq/base/str.h"

struct mq_yaml_entry {
    char *section; ///< "" for top-level scalars such as version
    char *key;
    char *value; ///< scalar text, or a list as "[a, b]" or "[{a: 1}]"; quoted where needed
    bool is_list; ///< tells the list [a] from the text "[a]"
    int64_t line;
};

struct mq_yaml {
    struct mq_yaml_entry *entries;
    int64_t n;
};

/// Parses `bytes`; `file` is the name for messages. Release with mq_yaml_release in every case.
mq_status mq_yaml_parse(struct mq_yaml *yaml, const char *file, const char *bytes,
                        size_t n) MQ_NODISCARD;
void mq_yaml_release(struct mq_yaml *yaml);

/// Splits the text of a list value into its elements; each is freed with the array by mq_free of
/// `*elements` (one block). MQ_USAGE when it is not a list.
mq_status mq_yaml_list(const char *text, char ***elements, int64_t *n) MQ_NODISCARD;

/// A key and its value in one of the mappings of a list.
struct mq_yaml_pair {
    int64_t mapping; ///< counted from 0
    const char *key;
    const char *value;
};
/// Splits the text of a list of flat mappings, "[{a: 1, b: 2}, {a: 3}]", into their pairs, in order;
/// one block, freed by mq_free of `*pairs`. MQ_USAGE when it is not such a list.
mq_status mq_yaml_pairs(const char *text, struct mq_yaml_pair **pairs, int64_t *n,
                        int64_t *mappings) MQ_NODISCARD;

/// Appends a scalar as YAML text that parses back to the same string: plain where that is safe,
/// else in double quotes. `text` is printable UTF-8.
mq_status mq_yaml_quote(struct mq_str *yaml, const char *text) MQ_NODISCARD;

#endif
