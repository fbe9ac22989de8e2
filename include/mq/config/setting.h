/// Settings as data: one row per key beside the struct it fills.
///
/// From a row follow the parser, range and type errors, `--help`, the resolved copy and
/// configs/default.yaml. Adding a setting is adding a field and a row.
#ifndef MQ_CONFIG_SETTING_H
#define MQ_CONFIG_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "mq/base/stock.h"
#include "mq/base/str.h"

enum mq_setting_type {
    MQ_INT, ///< int64_t
    MQ_REAL64, ///< double
    MQ_BOOL, ///< bool
    MQ_TEXT, ///< char[MQ_TEXT_MAX]
    MQ_CHOICE, ///< int: index into `choices`
    MQ_REAL_LIST, ///< struct mq_real_list
    MQ_TEXT_LIST, ///< struct mq_text_list
    MQ_SPAN_LIST, ///< struct mq_span_list: [{lead: 2, review: 1}, ...]
};

enum { MQ_TEXT_MAX = 512, MQ_LIST_MAX = 64 };

struct mq_real_list {
    int64_t n;
    double value[MQ_LIST_MAX];
};
struct mq_text_list {
    int64_t n;
    char value[MQ_LIST_MAX][128];
};
struct mq_span_list {
    int64_t n;
    struct mq_stock_span value[MQ_SPANS_MAX];
};

struct mq_setting {
    const char *key;
    enum mq_setting_type type;
    size_t offset; ///< offsetof the field in the section's struct
    /// The default as YAML text ("0.001", "auto", "[0.1, 0.5]"); NULL: required.
    const char *fallback;
    double low; ///< inclusive range of numbers (of each element of a list)
    double high;
    const char *const *choices; ///< MQ_CHOICE: NULL-terminated
    const char *unit; ///< "periods", "steps", "" ...
    const char *help; ///< one line
};

/// A section of the experiment: rows over one struct.
struct mq_section {
    const char *name;
    const struct mq_setting *settings;
    int64_t n;
};

/// Where a value came from, for messages: "retail.yaml:12" or "--set".
struct mq_source {
    const char *file;
    int64_t line; ///< 0: the command line
};

/// Fills every field of `target` with its default. Required settings become 0 / empty.
mq_status mq_settings_default(const struct mq_section *section, void *target) MQ_NODISCARD;
/// Parses one value given as YAML text (a scalar or a flow list, of maps for spans) into its field. MQ_USAGE with the
/// source, the key and what was expected.
mq_status mq_setting_parse(const struct mq_section *section, const struct mq_setting *setting,
                           const char *text, struct mq_source source, void *target) MQ_NODISCARD;
/// The row of a key; when unknown, MQ_USAGE with the nearest known key as hint.
mq_status mq_setting_find(const struct mq_section *section, const char *key,
                          struct mq_source source, const struct mq_setting **setting) MQ_NODISCARD;
/// Appends the value as YAML text that parses back to the same bits.
mq_status mq_setting_print(const struct mq_setting *setting, const void *target,
                           struct mq_str *text) MQ_NODISCARD;

enum { MQ_EXPECTS_MAX = 256 };
/// What a value must be, for messages and help: "a whole number, at least 1", "one of adam, sgd".
void mq_setting_expects(const struct mq_setting *setting, char text[MQ_EXPECTS_MAX]);

#endif
