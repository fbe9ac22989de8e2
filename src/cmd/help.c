// Help and versions, made from the tables.
#include "cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "mq/comm/info.h"
#include "mq/config/experiment.h"
#include "mq/h5/info.h"
#include "mq/model/registry.h"
#include "mq/tensor/blas_info.h"

// ---- a verb -------------------------------------------------------------------------------------

static mq_status add_flag(const struct mq_flag *flag, struct mq_page *page)
{
    char name[64];
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    if (flag->letter != 0)
        (void)snprintf(name, sizeof name, "-%c, --%s", flag->letter, flag->name);
    else
        (void)snprintf(name, sizeof name, "    --%s", flag->name);
    const bool is_bare = (flag->kind & MQ_FLAG_BARE) != 0;
    const size_t n = strlen(name);
    if (is_bare) (void)snprintf(name + n, sizeof name - n, "[=%s]", flag->value);
    MQ_DO(mq_str_add(&text, flag->help));
    if (flag->fallback != NULL) MQ_DO(mq_str_printf(&text, " (default %s)", flag->fallback));
    if ((flag->kind & MQ_FLAG_REQUIRED) != 0) MQ_DO(mq_str_add(&text, " (required)"));
    if ((flag->kind & MQ_FLAG_REPEATABLE) != 0) MQ_DO(mq_str_add(&text, " (repeatable)"));
    MQ_DO(mq_page_item(page, name, flag->value != NULL && !is_bare ? flag->value : "", text.data));
done:
    mq_str_release(&text);
    return status;
}

static mq_status add_examples(const struct mq_command *command, struct mq_page *page)
{
    if (command->n_examples == 0) return MQ_OK;
    MQ_TRY(mq_page_heading(page, "examples"));
    for (int64_t i = 0; i < command->n_examples; i++)
        MQ_TRY(mq_page_example(page, command->examples[i].command, command->examples[i].does));
    return MQ_OK;
}

mq_status mq_help_command(const struct mq_command *command, struct mq_page *page)
{
    int64_t n = 0;
    const struct mq_flag *flags = NULL;
    char name[64];
    char words[128];
    (void)snprintf(name, sizeof name, "mqcast-%s", command->name);
    (void)snprintf(words, sizeof words, "%s%s[flags]", command->positionals,
                   *command->positionals != '\0' ? " " : "");
    MQ_TRY(mq_page_title(page, name, 1, command->summary));
    MQ_TRY(mq_page_usage(page, "mqcast", command->name, words));
    MQ_TRY(mq_page_description(page, command->summary, command->description));
    if ((command->needs & MQ_NEEDS_WORLD) == 0)
        MQ_TRY(mq_page_paragraph(page, "Under mpirun or srun rank 0 works alone."));
    MQ_TRY(mq_page_heading(page, "flags"));
    for (int64_t i = 0; (flags = mq_command_flags(command, i, &n)) != NULL; i++)
        for (int64_t j = 0; j < n; j++)
            MQ_TRY(add_flag(&flags[j], page));
    if (command->details != NULL) MQ_TRY(command->details(page));
    return add_examples(command, page);
}

// ---- the experiment -----------------------------------------------------------------------------

// The name of a key is that of --set.
static mq_status add_setting(const char *section, const struct mq_setting *setting,
                             struct mq_page *page)
{
    char name[128];
    char expects[MQ_EXPECTS_MAX];
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    (void)snprintf(name, sizeof name, "%s.%s", section, setting->key);
    mq_setting_expects(setting, expects);
    MQ_DO(mq_str_printf(&text, "%s; %s", setting->help, expects));
    if (setting->unit != NULL && *setting->unit != '\0')
        MQ_DO(mq_str_printf(&text, "; %s", setting->unit));
    if (setting->fallback == NULL)
        MQ_DO(mq_str_add(&text, " (required)"));
    else if (*setting->fallback != '\0')
        MQ_DO(mq_str_printf(&text, " (default %s)", setting->fallback));
    MQ_DO(mq_page_item(page, name, "", text.data));
done:
    mq_str_release(&text);
    return status;
}

static mq_status add_settings(const struct mq_section *section, struct mq_page *page)
{
    for (int64_t i = 0; i < section->n; i++)
        MQ_TRY(add_setting(section->name, &section->settings[i], page));
    return MQ_OK;
}

static mq_status add_model(const struct mq_forecaster *model, struct mq_page *page)
{
    char title[128];
    struct mq_str text = {0};
    mq_status status = MQ_OK;
    (void)snprintf(title, sizeof title, "model.type %s", model->name);
    MQ_DO(mq_page_subheading(page, title));
    MQ_DO(mq_str_printf(&text, "%s; %s", model->summary, model->source));
    MQ_DO(mq_page_paragraph(page, text.data));
    const struct mq_section own = {"model", model->settings, model->n_settings};
    MQ_DO(add_settings(&own, page));
done:
    mq_str_release(&text);
    return status;
}

mq_status mq_help_experiment(struct mq_page *page)
{
    static const char summary[] = "everything that a run of mqcast depends on, as YAML";
    static const char least[] = "version: 1\n"
                                "run:  {name: first}\n"
                                "data: {panel: sales.h5, context: 56, horizon: 14}\n";
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_TRY(mq_page_title(page, "mqcast-experiment", 5, summary));
    MQ_TRY(mq_page_description(
        page, summary,
        "An experiment is a file of sections of keys. Keys that are not given have their defaults; "
        "an "
        "unknown key, a key given twice, a wrong type and a value out of range are refused with "
        "file, "
        "line and the nearest key that exists. --set SECTION.KEY=VALUE comes after the file. Paths "
        "are "
        "relative to where the command runs. The resolved experiment, all defaults filled in, is "
        "in the "
        "run's directory and in every checkpoint. 'mqcast template' prints all of it as YAML."));
    MQ_TRY(mq_page_paragraph(page, "The least that works:"));
    MQ_TRY(mq_page_code(page, least));
    MQ_TRY(mq_page_heading(page, "settings"));
    for (int64_t i = 0; i < n; i++) {
        MQ_TRY(mq_page_subheading(page, sections[i].name));
        MQ_TRY(add_settings(&sections[i], page));
    }
    MQ_TRY(mq_page_heading(page, "models"));
    MQ_TRY(mq_page_paragraph(page, "Each model has keys of its own beside model.type."));
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++)
        MQ_TRY(add_model(*model, page));
    return MQ_OK;
}

// ---- the program --------------------------------------------------------------------------------

mq_status mq_help_exit_codes(struct mq_page *page)
{
    static const struct {
        int code;
        const char *means;
    } codes[] = {
        {MQ_OK, "done"},
        {MQ_FAILED, "failed: input, output, internal"},
        {MQ_USAGE, "wrong command line or experiment"},
        {MQ_DATA, "wrong, damaged or insufficient data"},
        {MQ_NUMERIC, "numerical failure"},
        {MQ_STOPPED,
         "stopped early by a signal or the clock; the checkpoint is valid: run the same "
         "command again"},
    };
    MQ_TRY(mq_page_heading(page, "exit status"));
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "%d", codes[i].code);
        MQ_TRY(mq_page_item(page, code, "", codes[i].means));
    }
    return MQ_OK;
}

mq_status mq_help_program(struct mq_page *page)
{
    static const char summary[] = "quantile forecasts of demand, trained data-parallel";
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    MQ_TRY(mq_page_title(page, "mqcast", 1, summary));
    MQ_TRY(mq_page_usage(page, "mqcast", "", "VERB [arguments] [flags]"));
    MQ_TRY(mq_page_description(page, summary,
                               "Trains networks, and the systems before them, that forecast for "
                               "every product of a catalogue "
                               "the quantiles of demand over the coming periods, alone or on many "
                               "ranks (mpirun -n 8 mqcast "
                               "...), with the same results on any number of them. Results go to "
                               "stdout or to files, progress "
                               "to stderr. What fails says so in one line, which names file, line "
                               "or series, and where the way "
                               "out is known in a second, the hint."));
    MQ_TRY(mq_page_heading(page, "verbs"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_page_item(page, commands[i]->name, "", commands[i]->summary));
    MQ_TRY(mq_page_paragraph(
        page, "'mqcast VERB --help' tells more, 'mqcast help experiment' lists every "
              "setting, 'mqcast --version' names versions."));
    return mq_help_exit_codes(page);
}

mq_status mq_help_version(struct mq_str *text)
{
    char mpi[MQ_MPI_NAME_MAX];
    char blas[MQ_BLAS_NAME_MAX];
    char h5[MQ_H5_VERSION_MAX];
    mq_mpi_version(mpi);
    mq_blas_version(blas);
    mq_h5_version(h5);
#if defined(__clang__)
    const char *compiler = __VERSION__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    return mq_str_printf(text,
                         "mqcast    %s\ncompiler  %s\nMPI       %s\nBLAS      %s\n"
                         "HDF5      %s\n",
                         MQ_VERSION, compiler, mpi, blas, h5);
}
