// Experiments as a JSON Schema: what the rows of settings say, for editors.
//
// YAML readers give numbers and truths a type, mqcast reads text, so a text may be any scalar here.
// What only the whole can tell (lanes divide batch) is left to the program.
#include <math.h>
#include <string.h>

#include "manual/manual.h"
#include "mq/base/alloc.h"
#include "mq/base/json.h"
#include "mq/config/experiment.h"
#include "mq/config/yaml.h"
#include "mq/model/registry.h"

static json_t *string_list(const char *const texts[])
{
    json_t *list = json_array();
    for (; *texts != NULL; texts++)
        mq_json_append(&list, json_string(*texts));
    return list;
}

static json_t *scalar_types(void)
{
    static const char *const types[] = {"string", "number", "boolean", "null", NULL};
    return string_list(types);
}

// ---- defaults -----------------------------------------------------------------------------------

static json_t *number_or_text(const char *text)
{
    double real = 0;
    int64_t whole = 0;
    if (mq_parse_i64(text, &whole)) return json_integer(whole);
    return mq_parse_f64(text, &real) ? json_real(real) : json_string(text);
}

static json_t *list_value(const char *text)
{
    char **elements = NULL;
    int64_t n = 0;
    json_t *list = json_array();
    if (mq_yaml_list(text, &elements, &n) != MQ_OK) return NULL;
    for (int64_t i = 0; i < n; i++)
        mq_json_append(&list, number_or_text(elements[i]));
    mq_free(elements);
    return list;
}

static json_t *default_value(const struct mq_setting *setting)
{
    switch (setting->type) {
    case MQ_INT:
    case MQ_REAL64:
        return number_or_text(setting->fallback);
    case MQ_BOOL:
        return json_boolean(strcmp(setting->fallback, "true") == 0);
    case MQ_TEXT:
    case MQ_CHOICE:
        return json_string(setting->fallback);
    case MQ_REAL_LIST:
    case MQ_TEXT_LIST:
    case MQ_SPAN_LIST:
        return list_value(setting->fallback);
    }
    return NULL;
}

// ---- settings -----------------------------------------------------------------------------------

static json_t *number(double value)
{
    const bool is_whole = fabs(value) < 1e15 && floor(value) == value;
    return is_whole ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *number_schema(const struct mq_setting *setting, const char *type)
{
    json_t *schema = json_pack("{s:s}", "type", type);
    if (!isinf(setting->low)) mq_json_set(&schema, "minimum", number(setting->low));
    if (!isinf(setting->high)) mq_json_set(&schema, "maximum", number(setting->high));
    return schema;
}

static json_t *span_schema(const struct mq_setting *setting)
{
    return json_pack("{s:s, s:{s:o, s:o}, s:[s, s], s:b}", "type", "object", "properties", "lead",
                     number_schema(setting, "integer"), "review", number_schema(setting, "integer"),
                     "required", "lead", "review", "additionalProperties", 0);
}

static json_t *value_schema(const struct mq_setting *setting)
{
    switch (setting->type) {
    case MQ_INT:
        return number_schema(setting, "integer");
    case MQ_REAL64:
        return number_schema(setting, "number");
    case MQ_BOOL:
        return json_pack("{s:[{s:s}, {s:[s, s, s, s]}]}", "anyOf", "type", "boolean", "enum", "yes",
                         "no", "on", "off");
    case MQ_TEXT:
        return json_pack("{s:o, s:i}", "type", scalar_types(), "maxLength", MQ_TEXT_MAX - 1);
    case MQ_CHOICE:
        return json_pack("{s:o}", "enum", string_list(setting->choices));
    case MQ_REAL_LIST:
        return json_pack("{s:s, s:o, s:i}", "type", "array", "items",
                         number_schema(setting, "number"), "maxItems", MQ_LIST_MAX);
    case MQ_TEXT_LIST:
        return json_pack("{s:s, s:{s:o}, s:i}", "type", "array", "items", "type", scalar_types(),
                         "maxItems", MQ_LIST_MAX);
    case MQ_SPAN_LIST:
        return json_pack("{s:s, s:o, s:i}", "type", "array", "items", span_schema(setting),
                         "maxItems", MQ_SPANS_MAX);
    }
    return NULL;
}

static json_t *setting_schema(const struct mq_setting *setting)
{
    char expects[MQ_EXPECTS_MAX];
    mq_setting_expects(setting, expects);
    const char *unit = setting->unit != NULL ? setting->unit : "";
    json_t *schema = value_schema(setting);
    mq_json_set(
        &schema, "description",
        json_sprintf("%s; %s%s%s", setting->help, expects, *unit != '\0' ? "; " : "", unit));
    if (setting->fallback != NULL) mq_json_set(&schema, "default", default_value(setting));
    return schema;
}

// Adds the rows' keys to `properties`, those without a default to `required`.
static void add_settings(const struct mq_section *section, json_t **properties, json_t **required)
{
    for (int64_t i = 0; i < section->n; i++) {
        const struct mq_setting *setting = &section->settings[i];
        mq_json_set(properties, setting->key, setting_schema(setting));
        if (setting->fallback == NULL) mq_json_append(required, json_string(setting->key));
    }
}

// An object of these keys and no others, or nothing at all.
static json_t *section_schema(const struct mq_section *section)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    add_settings(section, &properties, &required);
    return json_pack("{s:[s, s], s:o, s:o, s:b}", "type", "object", "null", "properties",
                     properties, "required", required, "additionalProperties", 0);
}

// ---- model --------------------------------------------------------------------------------------

// Which other keys there are depends on the type: "if it is this one, then these".
static json_t *model_case(const struct mq_forecaster *model, const char *fallback)
{
    const struct mq_section own = {"model", model->settings, model->n_settings};
    json_t *condition = json_pack("{s:{s:{s:s}}}", "properties", "type", "const", model->name);
    // A schema says nothing of a key that is absent, so the default's case holds without `type`.
    if (strcmp(model->name, fallback) != 0)
        mq_json_set(&condition, "required", json_pack("[s]", "type"));
    json_t *keys = section_schema(&own);
    json_t *properties = json_object_get(keys, "properties");
    if (json_object_set_new(properties, "type", json_true()) != 0) {
        json_decref(keys);
        keys = NULL;
    }
    return json_pack("{s:o, s:o}", "if", condition, "then", keys);
}

static json_t *model_schema(const struct mq_section *section)
{
    const struct mq_setting *type = &section->settings[0];
    json_t *names = json_array();
    json_t *described = json_array();
    json_t *cases = json_array();
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++) {
        mq_json_append(&names, json_string((*model)->name));
        mq_json_append(&described, json_sprintf("%s; %s", (*model)->summary, (*model)->source));
        mq_json_append(&cases, model_case(*model, type->fallback));
    }
    return json_pack("{s:[s, s], s:{s:{s:s, s:s, s:o, s:o}}, s:o}", "type", "object", "null",
                     "properties", type->key, "description", type->help, "default", type->fallback,
                     "enum", names, "enumDescriptions", described, "allOf", cases);
}

// ---- the whole ----------------------------------------------------------------------------------

mq_status manual_schema(struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    json_t *properties = json_pack("{s:{s:i, s:s}}", "version", "const", 1, "description",
                                   "of the format of experiments");
    json_t *required = json_pack("[s]", "version");
    for (int64_t i = 0; i < n; i++) {
        const bool is_model = strcmp(sections[i].name, "model") == 0;
        bool has_required = false;
        for (int64_t j = 0; j < sections[i].n; j++)
            has_required = has_required || sections[i].settings[j].fallback == NULL;
        mq_json_set(&properties, sections[i].name,
                    is_model ? model_schema(&sections[i]) : section_schema(&sections[i]));
        if (has_required) mq_json_append(&required, json_string(sections[i].name));
    }
    json_error_t error;
    json_t *schema = json_pack_ex(&error, 0, "{s:s, s:s, s:s, s:o, s:o, s:b}", "$schema",
                                  "http://json-schema.org/draft-07/schema#", "title",
                                  "experiment of mqcast", "type", "object", "properties",
                                  properties, "required", required, "additionalProperties", 0);
    if (schema == NULL) return mq_json_fail(&error, "experiment.schema.json");
    const mq_status status = mq_json_text(schema, JSON_INDENT(1) | JSON_REAL_PRECISION(12), text);
    json_decref(schema);
    return status;
}
