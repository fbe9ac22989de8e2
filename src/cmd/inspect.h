/// Kinds of things that `mqcast inspect` can show, one row of inspect.def and one file each.
#ifndef CMD_INSPECT_H
#define CMD_INSPECT_H

#include <jansson.h>

#include "mq/base/status.h"

/// Shows what `path` holds on stdout, as text or as one JSON object. MQ_DATA, after showing what
/// can be shown, when it is not whole.
typedef mq_status mq_inspect(const char *path, bool as_json);

/// An import ends with it.
extern mq_inspect mq_inspect_panel;

/// A text of a file, which may be no UTF-8 (a path) or NULL: null then.
json_t *mq_inspect_text(const char *text);

#endif
