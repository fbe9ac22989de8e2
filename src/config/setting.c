// Settings: typed values between YAML text and the fields of a struct.
#include "mq/config/setting.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/config/yaml.h"

enum { KEYS_MAX = 64, NUMBER_MAX = 32, ELEMENT_MAX = sizeof((struct mq_text_list *)0)->value[0] };

// The setting being parsed and where its text stands.
struct place {
    const struct mq_section *section;
    const struct mq_setting *setting;
    struct mq_source source;
    int64_t element; // of a list, counted from 1; 0: the value itself
};

static void print_source(struct mq_source source, char text[MQ_TEXT_MAX])
{
    if (source.line > 0)
        (void)snprintf(text, MQ_TEXT_MAX, "%s:%lld", source.file, (long long)source.line);
    else
        (void)snprintf(text, MQ_TEXT_MAX, "%s", source.file);
}

// Records "retail.yaml:12: train.lr: <what>"; the hint says what the setting is.
static mq_status refuse(const struct place *place, const char *format, ...) MQ_PRINTF(2, 3);
static mq_status refuse(const struct place *place, const char *format, ...)
{
    char what[MQ_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    char source[MQ_TEXT_MAX];
    print_source(place->source, source);
    char element[NUMBER_MAX] = "";
    if (place->element > 0)
        (void)snprintf(element, sizeof element, "element %lld: ", (long long)place->element);
    const char *section = place->section->name;
    const char *key = place->setting->key;
    (void)mq_fail(MQ_USAGE, "%s: %s.%s: %s%s", source, section, key, element, what);
    return mq_hint("%s.%s: %s", section, key, place->setting->help);
}

// The shortest decimal that reads back to the same double; whole numbers without an exponent.
static void print_number(double value, char text[NUMBER_MAX])
{
    if (fabs(value) < 1e15 && floor(value) == value) {
        (void)snprintf(text, NUMBER_MAX, "%.0f", value);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, NUMBER_MAX, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
}

static void print_range(const struct mq_setting *setting, char text[3 * NUMBER_MAX])
{
    char low[NUMBER_MAX];
    char high[NUMBER_MAX];
    print_number(setting->low, low);
    print_number(setting->high, high);
    if (isinf(setting->low) && isinf(setting->high))
        (void)snprintf(text, 3 * NUMBER_MAX, "any");
    else if (isinf(setting->high))
        (void)snprintf(text, 3 * NUMBER_MAX, "at least %s", low);
    else if (isinf(setting->low))
        (void)snprintf(text, 3 * NUMBER_MAX, "at most %s", high);
    else
        (void)snprintf(text, 3 * NUMBER_MAX, "%s to %s", low, high);
}

void mq_setting_expects(const struct mq_setting *setting, char text[MQ_EXPECTS_MAX])
{
    static const char *const kinds[] = {
        [MQ_INT] = "a whole number",
        [MQ_REAL64] = "a number",
        [MQ_BOOL] = "true or false",
        [MQ_TEXT] = "text",
        [MQ_CHOICE] = "one of",
        [MQ_REAL_LIST] = "a list of numbers",
        [MQ_TEXT_LIST] = "a list of names",
        [MQ_SPAN_LIST] = "a list such as [{lead: 2, review: 1}]",
    };
    char range[3 * NUMBER_MAX];
    int used = snprintf(text, MQ_EXPECTS_MAX, "%s", kinds[setting->type]);
    switch (setting->type) {
    case MQ_INT:
    case MQ_REAL64:
    case MQ_REAL_LIST:
        print_range(setting, range);
        (void)snprintf(text + used, (size_t)(MQ_EXPECTS_MAX - used), ", %s", range);
        break;
    case MQ_CHOICE:
        for (const char *const *choice = setting->choices; *choice != NULL; choice++) {
            const char *comma = choice == setting->choices ? "" : ",";
            const size_t room = (size_t)(MQ_EXPECTS_MAX - used);
            const int added = snprintf(text + used, room, "%s %s", comma, *choice);
            if (added < 0 || (size_t)added >= room) break;
            used += added;
        }
        break;
    case MQ_BOOL:
    case MQ_TEXT:
    case MQ_TEXT_LIST:
    case MQ_SPAN_LIST:
        break;
    }
}

// ---- parsing ------------------------------------------------------------------------------------

static mq_status check_range(const struct place *place, double value, const char *text)
{
    if (value >= place->setting->low && value <= place->setting->high) return MQ_OK;
    char range[3 * NUMBER_MAX];
    print_range(place->setting, range);
    return refuse(place, "%s is out of range: expected %s", text, range);
}

static mq_status parse_real(const struct place *place, const char *text, double *value)
{
    if (!mq_parse_f64(text, value)) return refuse(place, "'%s' is not a number", text);
    return check_range(place, *value, text);
}

static mq_status parse_int(const struct place *place, const char *text, int64_t *value)
{
    if (!mq_parse_i64(text, value)) return refuse(place, "'%s' is not a whole number", text);
    return check_range(place, (double)*value, text);
}

static mq_status parse_bool(const struct place *place, const char *text, bool *value)
{
    static const char *const names[] = {"false", "true", "no", "yes", "off", "on"};
    for (int i = 0; i < 6; i++) {
        if (strcmp(text, names[i]) != 0) continue;
        *value = i % 2 == 1;
        return MQ_OK;
    }
    return refuse(place, "'%s' is not true or false", text);
}

static mq_status parse_choice(const struct place *place, const char *text, int *value)
{
    const char *const *choices = place->setting->choices;
    int n = 0;
    for (; choices[n] != NULL; n++) {
        if (strcmp(text, choices[n]) != 0) continue;
        *value = n;
        return MQ_OK;
    }
    char expected[MQ_EXPECTS_MAX];
    mq_setting_expects(place->setting, expected);
    (void)refuse(place, "'%s' is not %s", text, expected);
    const char *nearest = mq_str_nearest(text, choices, n);
    return nearest != NULL ? mq_hint("did you mean '%s'?", nearest) : MQ_USAGE;
}

static mq_status parse_text(const struct place *place, const char *text, char *value, size_t size)
{
    const size_t n = strlen(text);
    if (n >= size) return refuse(place, "text is longer than %zu bytes", size - 1);
    if (!mq_is_printable(text)) return refuse(place, "text is not printable UTF-8");
    memset(value, 0, size);
    memcpy(value, text, n);
    return MQ_OK;
}

static mq_status parse_scalar(const struct place *place, const char *text, void *field)
{
    switch (place->setting->type) {
    case MQ_INT:
        return parse_int(place, text, field);
    case MQ_REAL64:
        return parse_real(place, text, field);
    case MQ_BOOL:
        return parse_bool(place, text, field);
    case MQ_TEXT:
        return parse_text(place, text, field, MQ_TEXT_MAX);
    case MQ_CHOICE:
        return parse_choice(place, text, field);
    case MQ_REAL_LIST:
    case MQ_TEXT_LIST:
    case MQ_SPAN_LIST:
        break;
    }
    MQ_ASSERT(false);
    return MQ_FAILED;
}

static bool is_list_type(enum mq_setting_type type)
{
    return type == MQ_REAL_LIST || type == MQ_TEXT_LIST || type == MQ_SPAN_LIST;
}

static mq_status parse_elements(struct place place, char *const elements[], int64_t n, void *field)
{
    if (n > MQ_LIST_MAX)
        return refuse(&place, "%lld elements are too many: at most %d", (long long)n, MQ_LIST_MAX);
    for (int64_t i = 0; i < n; i++) {
        place.element = i + 1;
        if (place.setting->type == MQ_REAL_LIST) {
            struct mq_real_list *list = field;
            MQ_TRY(parse_real(&place, elements[i], &list->value[i]));
            list->n = n;
        } else {
            struct mq_text_list *list = field;
            MQ_TRY(parse_text(&place, elements[i], list->value[i], ELEMENT_MAX));
            list->n = n;
        }
    }
    return MQ_OK;
}

static mq_status parse_span(const struct place *place, const struct mq_yaml_pair pairs[], int64_t n,
                            struct mq_stock_span *span)
{
    if (n != 2 || strcmp(pairs[0].key, pairs[1].key) == 0)
        return refuse(place, "expected lead and review, each once");
    for (int64_t i = 0; i < n; i++) {
        const bool is_lead = strcmp(pairs[i].key, "lead") == 0;
        if (!is_lead && strcmp(pairs[i].key, "review") != 0)
            return refuse(place, "'%s' is not lead or review", pairs[i].key);
        MQ_TRY(parse_int(place, pairs[i].value, is_lead ? &span->lead : &span->review));
    }
    return MQ_OK;
}

static mq_status parse_spans(struct place place, const char *text, struct mq_span_list *list)
{
    struct mq_yaml_pair *pairs = NULL;
    int64_t n = 0;
    int64_t n_spans = 0;
    mq_status status = mq_yaml_pairs(text, &pairs, &n, &n_spans);
    if (status == MQ_USAGE) return refuse(&place, "'%s' is not [{lead: 2, review: 1}, ...]", text);
    MQ_TRY(status);
    *list = (struct mq_span_list){0};
    if (n_spans > MQ_SPANS_MAX)
        MQ_DO(refuse(&place, "%lld spans are too many: at most %d", (long long)n_spans,
                     MQ_SPANS_MAX));
    for (int64_t begin = 0; list->n < n_spans; list->n++) {
        int64_t end = begin;
        while (end < n && pairs[end].mapping == list->n)
            end++;
        place.element = list->n + 1;
        MQ_DO(parse_span(&place, pairs + begin, end - begin, &list->value[list->n]));
        begin = end;
    }
done:
    mq_free(pairs);
    return status;
}

static mq_status parse_list(const struct place *place, const char *text, void *field)
{
    char **elements = NULL;
    int64_t n = 0;
    if (*text != '[') {
        (void)refuse(place, "'%s' is not a list", text);
        return mq_hint("write it as [%s]", text);
    }
    if (place->setting->type == MQ_SPAN_LIST) return parse_spans(*place, text, field);
    mq_status status = mq_yaml_list(text, &elements, &n);
    if (status == MQ_USAGE) return refuse(place, "'%s' is not a list of plain values", text);
    MQ_TRY(status);
    const bool is_real = place->setting->type == MQ_REAL_LIST;
    memset(field, 0, is_real ? sizeof(struct mq_real_list) : sizeof(struct mq_text_list));
    status = parse_elements(*place, elements, n, field);
    mq_free(elements);
    return status;
}

static mq_status parse_quoted(const struct place *place, const char *text, void *field)
{
    struct mq_str list = {0};
    char **elements = NULL;
    int64_t n = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_str_printf(&list, "[%s]", text));
    status = mq_yaml_list(list.data, &elements, &n);
    if (status == MQ_USAGE || (status == MQ_OK && n != 1))
        status = refuse(place, "%s is not one quoted value", text);
    MQ_DO(status);
    MQ_DO(parse_scalar(place, elements[0], field));
done:
    mq_free(elements);
    mq_str_release(&list);
    return status;
}

mq_status mq_setting_parse(const struct mq_section *section, const struct mq_setting *setting,
                           const char *text, struct mq_source source, void *target)
{
    const struct place place = {section, setting, source, 0};
    void *field = (char *)target + setting->offset;
    if (is_list_type(setting->type)) return parse_list(&place, text, field);
    if (*text == '"' || *text == '\'') return parse_quoted(&place, text, field);
    if (*text != '[') return parse_scalar(&place, text, field);
    char expected[MQ_EXPECTS_MAX];
    mq_setting_expects(setting, expected);
    return refuse(&place, "%s is a list: expected %s", text, expected);
}

static size_t field_bytes(enum mq_setting_type type)
{
    static const size_t bytes[] = {
        [MQ_INT] = sizeof(int64_t),
        [MQ_REAL64] = sizeof(double),
        [MQ_BOOL] = sizeof(bool),
        [MQ_TEXT] = MQ_TEXT_MAX,
        [MQ_CHOICE] = sizeof(int),
        [MQ_REAL_LIST] = sizeof(struct mq_real_list),
        [MQ_TEXT_LIST] = sizeof(struct mq_text_list),
        [MQ_SPAN_LIST] = sizeof(struct mq_span_list),
    };
    return bytes[type];
}

mq_status mq_settings_default(const struct mq_section *section, void *target)
{
    const struct mq_source source = {"default", 0};
    for (int64_t i = 0; i < section->n; i++) {
        const struct mq_setting *setting = &section->settings[i];
        memset((char *)target + setting->offset, 0, field_bytes(setting->type));
        if (setting->fallback != NULL)
            MQ_TRY(mq_setting_parse(section, setting, setting->fallback, source, target));
    }
    return MQ_OK;
}

mq_status mq_setting_find(const struct mq_section *section, const char *key,
                          struct mq_source source, const struct mq_setting **setting)
{
    const char *keys[KEYS_MAX];
    MQ_ASSERT(section->n <= KEYS_MAX);
    for (int64_t i = 0; i < section->n; i++) {
        keys[i] = section->settings[i].key;
        if (strcmp(keys[i], key) != 0) continue;
        *setting = &section->settings[i];
        return MQ_OK;
    }
    char where[MQ_TEXT_MAX];
    print_source(source, where);
    (void)mq_fail(MQ_USAGE, "%s: %s.%s: unknown key", where, section->name, key);
    const char *nearest = mq_str_nearest(key, keys, section->n);
    return nearest != NULL ? mq_hint("did you mean %s.%s?", section->name, nearest) : MQ_USAGE;
}

// ---- printing -----------------------------------------------------------------------------------

static mq_status print_real_list(const struct mq_real_list *list, struct mq_str *text)
{
    char number[NUMBER_MAX];
    MQ_TRY(mq_str_add(text, "["));
    for (int64_t i = 0; i < list->n; i++) {
        print_number(list->value[i], number);
        MQ_TRY(mq_str_printf(text, "%s%s", i > 0 ? ", " : "", number));
    }
    return mq_str_add(text, "]");
}

static mq_status print_text_list(const struct mq_text_list *list, struct mq_str *text)
{
    MQ_TRY(mq_str_add(text, "["));
    for (int64_t i = 0; i < list->n; i++) {
        if (i > 0) MQ_TRY(mq_str_add(text, ", "));
        MQ_TRY(mq_yaml_quote(text, list->value[i]));
    }
    return mq_str_add(text, "]");
}

static mq_status print_span_list(const struct mq_span_list *list, struct mq_str *text)
{
    MQ_TRY(mq_str_add(text, "["));
    for (int64_t i = 0; i < list->n; i++)
        MQ_TRY(mq_str_printf(text, "%s{lead: %lld, review: %lld}", i > 0 ? ", " : "",
                             (long long)list->value[i].lead, (long long)list->value[i].review));
    return mq_str_add(text, "]");
}

mq_status mq_setting_print(const struct mq_setting *setting, const void *target,
                           struct mq_str *text)
{
    const void *field = (const char *)target + setting->offset;
    char number[NUMBER_MAX];
    switch (setting->type) {
    case MQ_INT:
        return mq_str_printf(text, "%lld", (long long)*(const int64_t *)field);
    case MQ_REAL64:
        print_number(*(const double *)field, number);
        return mq_str_add(text, number);
    case MQ_BOOL:
        return mq_str_add(text, *(const bool *)field ? "true" : "false");
    case MQ_TEXT:
        return mq_yaml_quote(text, field);
    case MQ_CHOICE:
        return mq_yaml_quote(text, setting->choices[*(const int *)field]);
    case MQ_REAL_LIST:
        return print_real_list(field, text);
    case MQ_TEXT_LIST:
        return print_text_list(field, text);
    case MQ_SPAN_LIST:
        return print_span_list(field, text);
    }
    MQ_ASSERT(false);
    return MQ_FAILED;
}
