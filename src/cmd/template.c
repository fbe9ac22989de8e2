// mqcast template: a commented experiment with every setting, to start from.
#include <stdio.h>
#include <stdlib.h>

#include "cmd/command.h"
#include "mq/base/path.h"
#include "mq/config/experiment.h"
#include "mq/model/registry.h"

// The line by which editors find the schema, where the program is installed beside one.
static mq_status print_schema(void)
{
    char folder[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    char *program = realpath("/proc/self/exe", NULL);
    if (program == NULL) return MQ_OK;
    mq_path_directory(folder, program);
    free(program);
    MQ_TRY(mq_path_join(path, folder, MQ_SHARE_FROM_PROGRAM "/mqcast/experiment.schema.json"));
    char *schema = realpath(path, NULL);
    if (schema != NULL) (void)printf("# yaml-language-server: $schema=%s\n", schema);
    free(schema);
    return MQ_OK;
}

static mq_status run(struct mq_world *world, const struct mq_arguments *arguments)
{
    (void)world;
    const char *type = arguments->n_positionals > 0 ? arguments->positionals[0] : "mqrnn";
    struct mq_section section = {0};
    struct mq_str text = {0};
    size_t bytes = 0;
    mq_status status = MQ_OK;
    MQ_DO(mq_model_settings(type, &section, &bytes));
    MQ_DO(mq_experiment_template(type, &section, &text));
    MQ_DO(print_schema());
    (void)fputs(text.data, stdout);
done:
    mq_str_release(&text);
    return status;
}

static mq_status list_models(struct mq_page *page)
{
    MQ_TRY(mq_page_heading(page, "models"));
    for (const struct mq_forecaster *const *model = mq_forecasters(); *model != NULL; model++)
        MQ_TRY(mq_page_item(page, (*model)->name, "", (*model)->summary));
    return MQ_OK;
}

static const struct mq_example examples[] = {
    {"mqcast template >first.yaml", "an MQ-RNN"},
    {"mqcast template mqcnn >second.yaml", "another model, with its own keys"},
};

const struct mq_command mq_command_template = {
    .name = "template",
    .summary = "a commented experiment with every setting and its default",
    .description =
        "Keys without a default are comments to fill in: run.name, data.panel, data.context "
        "and data.horizon.",
    .positionals = "[MODEL]",
    .min_positionals = 0,
    .max_positionals = 1,
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .related = "train check",
    .needs = MQ_NEEDS_NOTHING,
    .details = list_models,
    .run = run,
};
