// Help and versions, made from the tables.
#include "cmd/command.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/comm/info.h"
#include "mq/config/experiment.h"
#include "mq/h5/info.h"
#include "mq/tensor/blas_info.h"

enum { HELP_COLUMN = 34 };

static mq_status add_padding(struct mq_str *text, size_t line_start)
{
    const size_t width = text->length - line_start;
    const int gap = width + 2 < HELP_COLUMN ? HELP_COLUMN - (int)width : 2;
    return mq_str_printf(text, "%*s", gap, "");
}

static mq_status add_flag(const struct mq_flag *flag, struct mq_str *text)
{
    const size_t start = text->length;
    if (flag->letter != 0)
        MQ_TRY(mq_str_printf(text, "  -%c, --%s", flag->letter, flag->name));
    else
        MQ_TRY(mq_str_printf(text, "      --%s", flag->name));
    if (flag->value != NULL) MQ_TRY(mq_str_printf(text, " %s", flag->value));
    MQ_TRY(add_padding(text, start));
    MQ_TRY(mq_str_add(text, flag->help));
    if (flag->fallback != NULL) MQ_TRY(mq_str_printf(text, " (default %s)", flag->fallback));
    if ((flag->kind & MQ_FLAG_REQUIRED) != 0) MQ_TRY(mq_str_add(text, " (required)"));
    if ((flag->kind & MQ_FLAG_REPEATABLE) != 0) MQ_TRY(mq_str_add(text, " (repeatable)"));
    return mq_str_add(text, "\n");
}

static mq_status add_setting(const char *section, const struct mq_setting *setting,
                             struct mq_str *text)
{
    char expects[MQ_EXPECTS_MAX];
    const size_t start = text->length;
    MQ_TRY(mq_str_printf(text, "  %s.%s", section, setting->key));
    MQ_TRY(add_padding(text, start));
    mq_setting_expects(setting, expects);
    MQ_TRY(mq_str_printf(text, "%s; %s", setting->help, expects));
    if (setting->unit != NULL && *setting->unit != '\0')
        MQ_TRY(mq_str_printf(text, "; %s", setting->unit));
    if (setting->fallback == NULL) return mq_str_add(text, " (required)\n");
    if (*setting->fallback == '\0') return mq_str_add(text, "\n");
    return mq_str_printf(text, " (default %s)\n", setting->fallback);
}

static mq_status add_settings(struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_TRY(mq_str_add(text, "\nsettings of an experiment:\n"));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < sections[i].n; j++)
            MQ_TRY(add_setting(sections[i].name, &sections[i].settings[j], text));
    return MQ_OK;
}

mq_status mq_help_command(const struct mq_command *command, struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_flag *flags = NULL;
    MQ_TRY(mq_str_printf(text, "usage: mqcast %s%s%s [flags]\n\n%s\n\nflags:\n", command->name,
                         *command->positionals != '\0' ? " " : "", command->positionals,
                         command->summary));
    for (int64_t i = 0; (flags = mq_command_flags(command, i, &n)) != NULL; i++)
        for (int64_t j = 0; j < n; j++)
            MQ_TRY(add_flag(&flags[j], text));
    if (command->details != NULL) MQ_TRY(command->details(text));
    if ((command->needs & MQ_NEEDS_EXPERIMENT) != 0) MQ_TRY(add_settings(text));
    if ((command->needs & MQ_NEEDS_WORLD) == 0)
        MQ_TRY(mq_str_add(text, "\nUnder mpirun or srun rank 0 works alone.\n"));
    return MQ_OK;
}

mq_status mq_help_program(struct mq_str *text)
{
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    MQ_TRY(mq_str_add(text, "usage: mqcast VERB [arguments] [flags]\n\nverbs:\n"));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_str_printf(text, "  %-10s  %s\n", commands[i]->name, commands[i]->summary));
    return mq_str_add(text,
                      "\n'mqcast VERB --help' tells more; 'mqcast --version' names versions.\n"
                      "Exit codes: 0 done, 1 failed, 2 usage or experiment, 3 data, "
                      "4 numerical failure, 75 stopped early: run again.\n");
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
