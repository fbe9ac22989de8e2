// What a forecast holds; whole only when every part is what the manifest says.
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/model/manifest.h"

mq_inspect mq_inspect_forecast;

static const char *text_or_mark(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL ? text : "?";
}

static const char *text_of(const json_t *manifest, const char *key)
{
    return text_or_mark(json_object_get(manifest, key));
}

static void print_text(const char *path, const json_t *manifest)
{
    const json_t *origins = json_object_get(manifest, "origins");
    const size_t n = json_array_size(origins);
    (void)printf("%s: forecast\n", path);
    (void)printf("  model         %s of run %s\n", text_of(manifest, "model"),
                 text_of(manifest, "run"));
    (void)printf("  products      %lld in %zu parts\n",
                 (long long)json_integer_value(json_object_get(manifest, "items")),
                 json_array_size(json_object_get(manifest, "parts")));
    if (n > 0)
        (void)printf("  origins       %zu, %s to %s\n", n, text_or_mark(json_array_get(origins, 0)),
                     text_or_mark(json_array_get(origins, n - 1)));
    (void)printf("  horizon       %lld\n",
                 (long long)json_integer_value(json_object_get(manifest, "horizon")));
    (void)printf("  levels       ");
    size_t i = 0;
    json_t *level = NULL;
    json_array_foreach(json_object_get(manifest, "levels"), i, level)(void)
        printf(" %g", json_number_value(level));
    (void)printf("\n  weights       %s\n", text_of(manifest, "weights_sha256"));
    (void)printf("  created       %s\n", text_of(manifest, "created"));
    (void)printf("  whole         yes\n");
}

mq_status mq_inspect_forecast(const char *path, bool as_json)
{
    json_t *manifest = NULL;
    MQ_TRY(mq_forecast_verify(path, &manifest));
    mq_status status = MQ_OK;
    if (as_json) {
        (void)json_object_set_new(manifest, "whole", json_true());
        if (json_dumpf(manifest, stdout, JSON_INDENT(1)) != 0 || putchar('\n') == EOF)
            status = mq_fail(MQ_FAILED, "cannot write to standard output");
    } else {
        print_text(path, manifest);
    }
    json_decref(manifest);
    return status;
}
