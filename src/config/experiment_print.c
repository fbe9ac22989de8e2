// The experiment as text: resolved, and as a commented template.
#include "config/rows.h"

#include <string.h>

// Appends "  key: value" for every row.
static mq_status print_rows(const struct mq_section *section, const void *target,
                            struct mq_str *text)
{
    for (int64_t i = 0; i < section->n; i++) {
        MQ_TRY(mq_str_printf(text, "  %s: ", section->settings[i].key));
        MQ_TRY(mq_setting_print(&section->settings[i], target, text));
        MQ_TRY(mq_str_add(text, "\n"));
    }
    return MQ_OK;
}

mq_status mq_experiment_print(const struct mq_experiment *experiment, struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_TRY(mq_str_add(text, "version: 1\n"));
    for (int64_t i = 0; i < n; i++) {
        MQ_TRY(mq_str_printf(text, "%s:\n", sections[i].name));
        MQ_TRY(print_rows(&sections[i], mq_experiment_source(experiment, i), text));
        if (strcmp(sections[i].name, "model") == 0 && experiment->model != NULL)
            MQ_TRY(print_rows(&experiment->model_section, experiment->model, text));
    }
    return MQ_OK;
}

// Appends "  key: default    # help; what is expected; unit". Required keys are comments to fill
// in.
static mq_status print_template_row(const struct mq_setting *setting, const char *value,
                                    struct mq_str *text)
{
    enum { COMMENT_COLUMN = 32 };
    const size_t start = text->length;
    if (value != NULL)
        MQ_TRY(mq_str_printf(text, "  %s: %s", setting->key, *value != '\0' ? value : "\"\""));
    else
        MQ_TRY(mq_str_printf(text, "  # %s:", setting->key));
    const size_t width = text->length - start;
    const int gap = width + 2 < COMMENT_COLUMN ? COMMENT_COLUMN - (int)width : 2;
    char expects[MQ_EXPECTS_MAX];
    mq_setting_expects(setting, expects);
    MQ_TRY(mq_str_printf(text, "%*s# %s%s; %s", gap, "",
                         value != NULL ? "" : "required: ", setting->help, expects));
    const bool has_unit = setting->unit != NULL && *setting->unit != '\0';
    return mq_str_printf(text, "%s%s\n", has_unit ? "; " : "", has_unit ? setting->unit : "");
}

static mq_status print_template_rows(const struct mq_section *section, struct mq_str *text)
{
    for (int64_t i = 0; i < section->n; i++)
        MQ_TRY(print_template_row(&section->settings[i], section->settings[i].fallback, text));
    return MQ_OK;
}

mq_status mq_experiment_template(const char *model_type, const struct mq_section *model_section,
                                 struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_TRY(mq_str_add(text, "# Every setting of an experiment, with its default.\nversion: 1\n"));
    for (int64_t i = 0; i < n; i++) {
        MQ_TRY(mq_str_printf(text, "\n%s:\n", sections[i].name));
        if (strcmp(sections[i].name, "model") != 0) {
            MQ_TRY(print_template_rows(&sections[i], text));
            continue;
        }
        MQ_TRY(print_template_row(&sections[i].settings[0], model_type, text));
        if (model_section != NULL) MQ_TRY(print_template_rows(model_section, text));
    }
    return MQ_OK;
}
