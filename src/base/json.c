// What jansson (2.14) leaves to its callers. Where memory runs out its parser may blame the text or
// cut a number short, and its printer may leave a key out; so failures are recorded where they
// happen.
#include "mq/base/json.h"

#include <stdio.h>
#include <stdlib.h>

static void *allocate(size_t bytes)
{
    void *block = malloc(bytes);
    if (block == NULL) (void)mq_fail_memory("%zu bytes for JSON", bytes);
    return block;
}

void mq_json_begin(void)
{
    json_set_alloc_funcs(allocate, free);
}

void mq_json_append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) == 0) return;
    json_decref(*list);
    *list = NULL;
}

void mq_json_set(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0) return;
    json_decref(*object);
    *object = NULL;
}

mq_status mq_json_fail(const json_error_t *error, const char *what)
{
    if (json_error_code(error) == json_error_invalid_utf8)
        return mq_fail(MQ_FAILED, "%s: cannot be made: a name is not UTF-8", what);
    return mq_fail_memory("%s", what);
}

mq_status mq_json_parse(json_t **json, const char *bytes, size_t n, const char *where)
{
    json_error_t error;
    mq_error_set(&(const struct mq_error){0});
    *json = json_loadb(bytes != NULL ? bytes : "", n, JSON_REJECT_DUPLICATES, &error);
    const bool is_memory = mq_is_out_of_memory() || (*json == NULL && error.text[0] == '\0');
    if (*json != NULL && !is_memory) return MQ_OK;
    json_decref(*json);
    *json = NULL;
    if (is_memory) return mq_fail_memory("%s", where);
    if (error.line > 1) return mq_fail(MQ_DATA, "%s:%d: %s", where, error.line, error.text);
    return mq_fail(MQ_DATA, "%s: %s", where, error.text);
}

struct sink {
    struct mq_str *text;
    bool has_failed;
};

static int append(const char *bytes, size_t n, void *context)
{
    struct sink *sink = context;
    if (!sink->has_failed) sink->has_failed = mq_str_add_bytes(sink->text, bytes, n) != MQ_OK;
    return sink->has_failed ? -1 : 0;
}

mq_status mq_json_text(const json_t *json, size_t flags, struct mq_str *text)
{
    struct sink sink = {.text = text};
    const bool is_bad = json_dump_callback(json, append, &sink, flags) != 0 || sink.has_failed;
    return is_bad ? mq_fail_memory("text of JSON") : MQ_OK;
}

mq_status mq_json_print(const json_t *json, size_t flags)
{
    struct mq_str text = {0};
    mq_status status = mq_json_text(json, flags, &text);
    if (status == MQ_OK && (fputs(text.data, stdout) == EOF || putchar('\n') == EOF))
        status = mq_fail(MQ_FAILED, "cannot write to standard output");
    mq_str_release(&text);
    return status;
}
