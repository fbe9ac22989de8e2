// What the build makes from the tables of the program: manual pages, completion, the schema of
// experiments.
#ifndef MANUAL_MANUAL_H
#define MANUAL_MANUAL_H

#include "cmd/command.h"

/// Appends what completion.bash asks for: verbs, flags, what they take, settings and their values.
mq_status manual_completion(struct mq_str *script) MQ_NODISCARD;

/// Appends the JSON Schema (draft 7, what YAML language servers read) of experiments.
mq_status manual_schema(struct mq_str *json) MQ_NODISCARD;

/// Adds the sections of a Markdown text whose headings ("Panel") are `titles`, in that order.
/// MQ_DATA naming the first that is missing.
mq_status manual_markdown(struct mq_page *page, const char *markdown, const char *const titles[],
                          int64_t n) MQ_NODISCARD;

#endif
