/// JSON values that are whole or NULL, and failures that say why.
///
/// jansson gives NULL when memory runs out and when a text is not UTF-8 or a number not finite. A
/// value is built without looking at each step: what lacks a part becomes NULL, and at the end one
/// of the functions below records the failure.
///
///     json_t *list = json_array();
///     for (...) mq_json_append(&list, json_real(value[i]));
///     json_t *root = json_pack_ex(&error, 0, "{s:o}", "levels", list);
///     if (root == NULL) return mq_json_fail(&error, "evaluation.json");
///     return mq_json_print(root, JSON_INDENT(1));
#ifndef MQ_BASE_JSON_H
#define MQ_BASE_JSON_H

#include <jansson.h>

#include "mq/base/str.h"

/// Has want of memory recorded where it happens: first thing in a program. Without it some
/// failures to parse are taken for mistakes in the text.
void mq_json_begin(void);

/// Takes `item` over. A list that cannot take it, or an item that is NULL, makes the list NULL.
void mq_json_append(json_t **list, json_t *item);
/// The same for a member of an object.
void mq_json_set(json_t **object, const char *key, json_t *value);

/// Why `what` could not be made: a text of it is not UTF-8 (MQ_FAILED), else memory ran out.
mq_status mq_json_fail(const json_error_t *error, const char *what);

/// Parses n bytes, all of one value. MQ_DATA "<where>: <what is wrong>", or out of memory.
mq_status mq_json_parse(json_t **json, const char *bytes, size_t n, const char *where) MQ_NODISCARD;

/// Appends the text of a value, laid out as jansson's `flags` say; out of memory for NULL.
mq_status mq_json_text(const json_t *json, size_t flags, struct mq_str *text) MQ_NODISCARD;

/// Prints it on stdout with a newline.
mq_status mq_json_print(const json_t *json, size_t flags) MQ_NODISCARD;

#endif
