// The tables that completion.bash reads, as functions of bash.
#include "manual/manual.h"
#include "mq/config/experiment.h"
#include "mq/data/import.h"
#include "mq/model/registry.h"

static mq_status add_verbs(struct mq_str *script)
{
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    MQ_TRY(mq_str_add(script, "\n_mqcast_verbs() {\n    echo"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_str_printf(script, " %s", commands[i]->name));
    return mq_str_add(script, "\n}\n");
}

static mq_status add_flags(struct mq_str *script)
{
    int64_t n_commands = 0;
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n_commands);
    const struct mq_flag *flags = NULL;
    MQ_TRY(mq_str_add(script, "\n_mqcast_flags() { # of a verb\n    case $1 in\n"));
    for (int64_t i = 0; i < n_commands; i++) {
        MQ_TRY(mq_str_printf(script, "    %s) echo", commands[i]->name));
        for (int64_t k = 0; (flags = mq_command_flags(commands[i], k, &n)) != NULL; k++)
            for (int64_t j = 0; j < n; j++)
                MQ_TRY(mq_str_printf(script, " --%s", flags[j].name));
        MQ_TRY(mq_str_add(script, " ;;\n"));
    }
    return mq_str_add(script, "    esac\n}\n");
}

static mq_status add_takes(const struct mq_command *command, struct mq_str *script)
{
    int64_t n = 0;
    const struct mq_flag *flags = NULL;
    if (*command->positionals != '\0')
        MQ_TRY(
            mq_str_printf(script, "    %s) echo '%s' ;;\n", command->name, command->positionals));
    for (int64_t k = 0; (flags = mq_command_flags(command, k, &n)) != NULL; k++) {
        for (int64_t j = 0; j < n; j++) {
            if (flags[j].value == NULL || (flags[j].kind & MQ_FLAG_BARE) != 0) continue;
            MQ_TRY(mq_str_printf(script, "    '%s --%s'", command->name, flags[j].name));
            if (flags[j].letter != 0)
                MQ_TRY(mq_str_printf(script, " | '%s -%c'", command->name, flags[j].letter));
            MQ_TRY(mq_str_printf(script, ") echo '%s' ;;\n", flags[j].value));
        }
    }
    return MQ_OK;
}

static mq_status add_all_takes(struct mq_str *script)
{
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    MQ_TRY(mq_str_add(script,
                      "\n_mqcast_takes() { # of a verb, or of one of its flags\n    case $1 in\n"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(add_takes(commands[i], script));
    return mq_str_add(script, "    esac\n}\n");
}

static mq_status add_formats(struct mq_str *script)
{
    int64_t n = 0;
    const struct mq_import_format *const *formats = mq_import_formats(&n);
    MQ_TRY(mq_str_add(script, "\n_mqcast_formats() {\n    echo"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_str_printf(script, " %s", formats[i]->name));
    return mq_str_add(script, "\n}\n");
}

// ---- settings -----------------------------------------------------------------------------------

static mq_status add_keys(const struct mq_section *section, struct mq_str *script)
{
    for (int64_t i = 0; i < section->n; i++)
        MQ_TRY(mq_str_printf(script, " %s.%s", section->name, section->settings[i].key));
    return MQ_OK;
}

static mq_status add_choices(const struct mq_section *section, struct mq_str *script)
{
    for (int64_t i = 0; i < section->n; i++) {
        const struct mq_setting *setting = &section->settings[i];
        if (setting->type != MQ_BOOL && setting->type != MQ_CHOICE) continue;
        MQ_TRY(mq_str_printf(script, "    %s.%s) echo", section->name, setting->key));
        if (setting->type == MQ_BOOL) MQ_TRY(mq_str_add(script, " true false"));
        for (int64_t c = 0; setting->type == MQ_CHOICE && setting->choices[c] != NULL; c++)
            MQ_TRY(mq_str_printf(script, " %s", setting->choices[c]));
        MQ_TRY(mq_str_add(script, " ;;\n"));
    }
    return MQ_OK;
}

// Adds of every section, the models' own included, what `add` makes of it.
static mq_status add_sections(struct mq_str *script,
                              mq_status (*add)(const struct mq_section *section,
                                               struct mq_str *script))
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(add(&sections[i], script));
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++) {
        const struct mq_section own = {"model", (*model)->settings, (*model)->n_settings};
        MQ_TRY(add(&own, script));
    }
    return MQ_OK;
}

static mq_status add_settings(struct mq_str *script)
{
    MQ_TRY(mq_str_add(script, "\n_mqcast_settings() {\n    echo"));
    MQ_TRY(add_sections(script, add_keys));
    MQ_TRY(mq_str_add(script, "\n}\n\n_mqcast_values() { # of a setting\n    case $1 in\n"
                              "    model.type) echo"));
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++)
        MQ_TRY(mq_str_printf(script, " %s", (*model)->name));
    MQ_TRY(mq_str_add(script, " ;;\n"));
    MQ_TRY(add_sections(script, add_choices));
    return mq_str_add(script, "    esac\n}\n");
}

mq_status manual_completion(struct mq_str *script)
{
    MQ_TRY(add_verbs(script));
    MQ_TRY(add_formats(script));
    MQ_TRY(add_flags(script));
    MQ_TRY(add_all_takes(script));
    return add_settings(script);
}
