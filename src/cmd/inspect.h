/// Kinds of things that `mqcast inspect` can show, one row of inspect.def and one file each.
#ifndef CMD_INSPECT_H
#define CMD_INSPECT_H

#include "mq/base/status.h"

/// Shows what `path` holds on stdout, as text or as one JSON object. MQ_DATA, after showing what
/// can be shown, when it is not whole.
typedef mq_status mq_inspect(const char *path, bool as_json);

#endif
