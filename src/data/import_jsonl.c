// JSON lines of GluonTS and DeepAR: one object an item.
//
//     {"item_id": "a", "start": "2020-01-01", "target": [1, null, "NaN", 4], "cat": [0],
//      "dynamic_feat": [[0, 0, 1, 0, 0]]}
//
// Read are item_id (else the number of the line), start, freq, target and the features below.
// feat_dynamic_real is known ahead, as far as it is longer than the target.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/items.h"
#include "data/lines.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/base/path.h"

// Features in the order of their covariates, named by key and number: feat_static_real_0.
enum { KNOWN, PAST, REAL, CATEGORY, N_FEATURES };
static const struct feature {
    const char *key;
    const char *alias;
    enum mq_role role;
} features[N_FEATURES] = {
    [KNOWN] = {"feat_dynamic_real", "dynamic_feat", MQ_ROLE_KNOWN},
    [PAST] = {"past_feat_dynamic_real", "past_dynamic_feat", MQ_ROLE_PAST},
    [REAL] = {"feat_static_real", "static_feat", MQ_ROLE_STATIC_REAL},
    [CATEGORY] = {"feat_static_cat", "cat", MQ_ROLE_STATIC_CATEGORY},
};

struct jsonl {
    struct mq_items items;
    struct mq_lines lines;
    struct mq_str clean; // the line with null for NaN
    int64_t count[N_FEATURES]; // covariates of each, as the first item has them
    float *values;
    int64_t n_values;
};

static mq_status fail_key(const struct jsonl *jsonl, const char *key, const char *problem)
{
    return mq_fail(MQ_DATA, "%s:%lld: '%s' %s", jsonl->lines.input.path,
                   (long long)jsonl->lines.row, key, problem);
}

// ---- one line -----------------------------------------------------------------------------------

// Python writes NaN where JSON has no word for it: outside texts it becomes null.
static mq_status clean_line(struct jsonl *jsonl)
{
    const char *text = jsonl->lines.line.data;
    const char *kept = text;
    bool is_quoted = false;
    jsonl->clean.length = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"') is_quoted = !is_quoted;
        if (*at == '\\' && at[1] != '\0') at++;
        if (is_quoted || strncmp(at, "NaN", 3) != 0) continue;
        MQ_TRY(mq_str_add_bytes(&jsonl->clean, kept, (size_t)(at - kept)));
        MQ_TRY(mq_str_add(&jsonl->clean, "null"));
        kept = at + 3;
        at += 2;
    }
    return mq_str_add(&jsonl->clean, kept);
}

static mq_status parse_line(struct jsonl *jsonl, json_t **object)
{
    char where[MQ_PATH_MAX + 32];
    MQ_TRY(clean_line(jsonl));
    (void)snprintf(where, sizeof where, "%s:%lld", jsonl->lines.input.path,
                   (long long)jsonl->lines.row);
    MQ_TRY(mq_json_parse(object, jsonl->clean.data, jsonl->clean.length, where));
    return json_is_object(*object) ? MQ_OK : mq_fail(MQ_DATA, "%s: not a JSON object", where);
}

// The lists of a feature: NULL and 0 when it is not there; one plain value is a list of one.
static json_t *find_feature(const json_t *object, const struct feature *feature, int64_t *n)
{
    json_t *list = json_object_get(object, feature->key);
    if (list == NULL) list = json_object_get(object, feature->alias);
    if (json_is_null(list)) list = NULL;
    *n = list == NULL ? 0 : json_is_array(list) ? (int64_t)json_array_size(list) : 1;
    return list;
}

static const json_t *element(const json_t *list, int64_t i)
{
    return json_is_array(list) ? json_array_get(list, (size_t)i) : list;
}

static mq_status read_real(const struct jsonl *jsonl, const char *key, const json_t *value,
                           float *real)
{
    const char *text = json_string_value(value);
    const bool is_missing = json_is_null(value) || (text != NULL && strcmp(text, "NaN") == 0);
    if (!is_missing && !json_is_number(value))
        return fail_key(jsonl, key, "holds something that is not a number");
    const double number = is_missing ? (double)NAN : json_number_value(value);
    *real = (float)number;
    return fabs(number) > MQ_VALUE_MAX
               ? fail_key(jsonl, key, "holds a number that is too large, beyond 1e15")
               : MQ_OK;
}

static mq_status read_list(struct jsonl *jsonl, const char *key, const json_t *list, int64_t *n)
{
    *n = (int64_t)json_array_size(list);
    if (!json_is_array(list)) return fail_key(jsonl, key, "is not a list of numbers");
    if (*n > jsonl->n_values) {
        float *values = mq_realloc(jsonl->values, 2 * *n, sizeof *values);
        if (values == NULL) return MQ_FAILED;
        jsonl->values = values;
        jsonl->n_values = 2 * *n;
    }
    for (int64_t i = 0; i < *n; i++)
        MQ_TRY(read_real(jsonl, key, json_array_get(list, (size_t)i), &jsonl->values[i]));
    return MQ_OK;
}

// ---- items --------------------------------------------------------------------------------------

// The first item says what covariates there are, and the frequency.
static mq_status read_shape(struct jsonl *jsonl, const json_t *object)
{
    const char *freq = json_string_value(json_object_get(object, "freq"));
    MQ_TRY(
        mq_items_set_frequency(&jsonl->items, freq != NULL ? freq : "", jsonl->lines.input.path));
    for (int f = 0; f < N_FEATURES; f++) {
        (void)find_feature(object, &features[f], &jsonl->count[f]);
        for (int64_t i = 0; i < jsonl->count[f]; i++) {
            char name[MQ_NAME_MAX];
            (void)snprintf(name, sizeof name, "%s_%lld", features[f].key, (long long)i);
            MQ_TRY(mq_items_add_covariate(&jsonl->items, name, features[f].role));
        }
    }
    return MQ_OK;
}

static mq_status begin_item(struct jsonl *jsonl, const json_t *object)
{
    const char *start = json_string_value(json_object_get(object, "start"));
    const json_t *given = json_object_get(object, "item_id");
    char number[32];
    int64_t start_s = MQ_UNDATED;
    (void)snprintf(
        number, sizeof number, "%lld",
        (long long)(json_is_integer(given) ? json_integer_value(given) : jsonl->items.ids.n + 1));
    const char *id = json_is_string(given) ? json_string_value(given) : number;
    if (start != NULL && !mq_date_parse(start, &start_s))
        return fail_key(jsonl, "start", "is not a date");
    return mq_items_begin(&jsonl->items, id, start_s, jsonl->lines.input.path, jsonl->lines.row);
}

static mq_status read_dynamic(struct jsonl *jsonl, const struct feature *feature,
                              const json_t *values, int64_t length, int64_t *reach)
{
    int64_t n = 0;
    MQ_TRY(read_list(jsonl, feature->key, values, &n));
    if (feature->role == MQ_ROLE_PAST && n != length)
        return fail_key(jsonl, feature->key, "is not as long as the target");
    if (n < length) return fail_key(jsonl, feature->key, "is shorter than the target");
    if (feature->role == MQ_ROLE_KNOWN && *reach >= 0 && n != *reach)
        return fail_key(jsonl, feature->key, "has lists of different lengths");
    if (feature->role == MQ_ROLE_KNOWN) *reach = n;
    return mq_items_add_dynamic(&jsonl->items, jsonl->values, n);
}

static mq_status read_category(struct jsonl *jsonl, int64_t covariate, const json_t *value)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    if (json_is_null(value)) return MQ_OK;
    if (json_is_integer(value)) return mq_items_set_category(&jsonl->items, covariate, number);
    if (!json_is_string(value))
        return fail_key(jsonl, features[CATEGORY].key, "holds something that is not a category");
    return mq_items_set_category(&jsonl->items, covariate, json_string_value(value));
}

static mq_status read_features(struct jsonl *jsonl, const json_t *object, int64_t length)
{
    int64_t covariate = 0;
    int64_t reach = -1;
    for (int f = 0; f < N_FEATURES; f++) {
        const struct feature *feature = &features[f];
        int64_t n = 0;
        float real = 0;
        const json_t *list = find_feature(object, feature, &n);
        if (n != jsonl->count[f])
            return mq_fail(MQ_DATA, "%s:%lld: '%s' has %lld elements, that of the first item %lld",
                           jsonl->lines.input.path, (long long)jsonl->lines.row, feature->key,
                           (long long)n, (long long)jsonl->count[f]);
        for (int64_t i = 0; i < n; i++, covariate++) {
            const json_t *value = element(list, i);
            if (f == KNOWN || f == PAST) {
                MQ_TRY(read_dynamic(jsonl, feature, value, length, &reach));
            } else if (f == CATEGORY) {
                MQ_TRY(read_category(jsonl, covariate, value));
            } else {
                MQ_TRY(read_real(jsonl, feature->key, value, &real));
                mq_items_set_real(&jsonl->items, covariate, real);
            }
        }
    }
    return MQ_OK;
}

static mq_status read_item(struct jsonl *jsonl, const json_t *object)
{
    int64_t length = 0;
    if (jsonl->items.ids.n == 0) MQ_TRY(read_shape(jsonl, object));
    MQ_TRY(begin_item(jsonl, object));
    MQ_TRY(read_list(jsonl, "target", json_object_get(object, "target"), &length));
    MQ_TRY(mq_items_add_target(&jsonl->items, jsonl->values, length));
    return read_features(jsonl, object, length);
}

static mq_status read_file(struct jsonl *jsonl, const char *path)
{
    mq_status status = MQ_OK;
    bool has_line = false;
    MQ_DO(mq_lines_open(&jsonl->lines, path));
    MQ_DO(mq_lines_next(&jsonl->lines, &has_line));
    while (has_line) {
        const char *text = jsonl->lines.line.data;
        if (text[strspn(text, " \t")] != '\0') {
            json_t *object = NULL;
            status = parse_line(jsonl, &object);
            if (status == MQ_OK) status = read_item(jsonl, object);
            json_decref(object);
            MQ_DO(status);
        }
        MQ_DO(mq_lines_next(&jsonl->lines, &has_line));
    }
done:
    mq_lines_close(&jsonl->lines);
    return status;
}

static mq_status run(const struct mq_schema *schema, const char *const sources[], int64_t n_sources,
                     const char *output)
{
    mq_status status = MQ_OK;
    struct jsonl jsonl = {0};
    MQ_DO(mq_items_init(&jsonl.items, schema, "jsonl", sources, n_sources));
    for (int64_t i = 0; i < n_sources; i++)
        MQ_DO(read_file(&jsonl, sources[i]));
    MQ_DO(mq_items_write(&jsonl.items, output));
done:
    mq_items_release(&jsonl.items);
    mq_str_release(&jsonl.clean);
    mq_free(jsonl.values);
    return status;
}

const struct mq_import_format mq_import_jsonl = {
    .name = "jsonl",
    .summary = "GluonTS and DeepAR: JSON lines with start, target, cat, dynamic_feat, item_id",
    .run = run,
};
