// What a forecast holds; whole only when every part is what the manifest says.
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/base/json.h"
#include "mq/base/str.h"
#include "mq/model/manifest.h"

mq_inspect mq_inspect_forecast;

enum { TEXT_MAX = 256 };

// In `text`, whatever the manifest says.
static const char *text_of(const json_t *value, char text[TEXT_MAX])
{
    const char *given = json_string_value(value);
    (void)snprintf(text, TEXT_MAX, "%s", given != NULL ? given : "?");
    mq_tame(text);
    return text;
}

static void print_fact(const char *label, const json_t *manifest, const char *key)
{
    char text[TEXT_MAX];
    (void)printf("  %-13s %s\n", label, text_of(json_object_get(manifest, key), text));
}

static void print_spans(const json_t *spans)
{
    size_t i = 0;
    json_t *span = NULL;
    if (json_array_size(spans) == 0) return;
    (void)printf("  totals       ");
    json_array_foreach(spans, i, span)(void)
        printf("%s lead %lld + review %lld", i > 0 ? "," : "",
               (long long)json_integer_value(json_object_get(span, "lead")),
               (long long)json_integer_value(json_object_get(span, "review")));
    (void)printf("\n");
}

static void print_text(const char *path, const json_t *manifest)
{
    const json_t *origins = json_object_get(manifest, "origins");
    const size_t n = json_array_size(origins);
    char first[TEXT_MAX];
    char last[TEXT_MAX];
    (void)printf("%s: forecast\n", path);
    (void)printf("  model         %s of run %s\n",
                 text_of(json_object_get(manifest, "model"), first),
                 text_of(json_object_get(manifest, "run"), last));
    (void)printf("  products      %lld in %zu parts\n",
                 (long long)json_integer_value(json_object_get(manifest, "items")),
                 json_array_size(json_object_get(manifest, "parts")));
    if (n > 0)
        (void)printf("  origins       %zu, %s to %s\n", n,
                     text_of(json_array_get(origins, 0), first),
                     text_of(json_array_get(origins, n - 1), last));
    (void)printf("  horizon       %lld\n",
                 (long long)json_integer_value(json_object_get(manifest, "horizon")));
    (void)printf("  levels       ");
    size_t i = 0;
    json_t *level = NULL;
    json_array_foreach(json_object_get(manifest, "levels"), i, level)(void)
        printf(" %g", json_number_value(level));
    (void)printf("\n");
    print_spans(json_object_get(manifest, "spans"));
    print_fact("weights", manifest, "weights_sha256");
    print_fact("created", manifest, "created");
    (void)printf("  whole         yes\n");
}

mq_status mq_inspect_forecast(const char *path, bool as_json)
{
    json_t *manifest = NULL;
    MQ_TRY(mq_forecast_verify(path, &manifest));
    mq_status status = MQ_OK;
    if (as_json) {
        mq_json_set(&manifest, "whole", json_true());
        status = mq_json_print(manifest, JSON_INDENT(1));
    } else {
        print_text(path, manifest);
    }
    json_decref(manifest);
    return status;
}
