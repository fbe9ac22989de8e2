// Writes the folder `share` of an installation from the tables of the program. Run by the build:
//
//     manual SHARE SOURCE DATE
//
// SOURCE is the root of the sources, for what is text there: README.md and completion.bash.
#include <stdio.h>
#include <string.h>

#include "manual/manual.h"
#include "mq/base/path.h"

struct manual {
    const char *share; // the folder
    const char *source;
    const char *date; // of the pages
};

static mq_status write_text(const struct manual *manual, const char *folder, const char *name,
                            const struct mq_str *text)
{
    char directory[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(directory, manual->share, folder));
    MQ_TRY(mq_make_directories(directory));
    MQ_TRY(mq_path_join(path, directory, name));
    return mq_file_replace(path, text->data, text->length);
}

static mq_status read_source(const struct manual *manual, const char *name, struct mq_str *text)
{
    char path[MQ_PATH_MAX];
    MQ_TRY(mq_path_join(path, manual->source, name));
    return mq_file_read(path, text);
}

// ---- pages --------------------------------------------------------------------------------------

static struct mq_page new_page(const struct manual *manual)
{
    return (struct mq_page){.form = MQ_PAGE_ROFF, .date = manual->date};
}

// Appends references to `related` verbs and to the pages that concern all.
static mq_status add_references(struct mq_page *page, const char *name, const char *related)
{
    static const char *const common[] = {"mqcast", "mqcast-experiment", "mqcast-files"};
    struct mq_str see = {0};
    mq_status status = MQ_OK;
    const char *comma = "";
    for (const char *verb = related; *verb != '\0'; comma = ", ") {
        const size_t n = strcspn(verb, " ");
        MQ_DO(mq_str_printf(&see, "%s`mqcast-%.*s`(1)", comma, (int)n, verb));
        verb += n + strspn(verb + n, " ");
    }
    for (int i = 0; i < 3; i++) {
        if (strcmp(common[i], name) == 0) continue;
        MQ_DO(mq_str_printf(&see, "%s`%s`(%d)", comma, common[i], i == 0 ? 1 : 5));
        comma = ", ";
    }
    MQ_DO(mq_page_heading(page, "see also"));
    MQ_DO(mq_page_paragraph(page, see.data));
done:
    mq_str_release(&see);
    return status;
}

static mq_status write_page(const struct manual *manual, struct mq_page *page, const char *name,
                            int section, const char *related)
{
    char folder[32];
    char file[64];
    (void)snprintf(folder, sizeof folder, "man/man%d", section);
    (void)snprintf(file, sizeof file, "%s.%d", name, section);
    MQ_TRY(add_references(page, name, related));
    MQ_TRY(write_text(manual, folder, file, &page->text));
    mq_str_release(&page->text);
    return MQ_OK;
}

static mq_status write_program(const struct manual *manual)
{
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    struct mq_page page = new_page(manual);
    struct mq_str related = {0};
    MQ_TRY(mq_help_program(&page));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_str_printf(&related, "%s%s", i > 0 ? " " : "", commands[i]->name));
    MQ_TRY(write_page(manual, &page, "mqcast", 1, related.data));
    mq_str_release(&related);
    return MQ_OK;
}

static mq_status write_verbs(const struct manual *manual)
{
    int64_t n = 0;
    const struct mq_command *const *commands = mq_commands(&n);
    for (int64_t i = 0; i < n; i++) {
        char name[64];
        struct mq_page page = new_page(manual);
        (void)snprintf(name, sizeof name, "mqcast-%s", commands[i]->name);
        MQ_TRY(mq_help_command(commands[i], &page));
        MQ_TRY(mq_help_exit_codes(&page));
        MQ_TRY(write_page(manual, &page, name, 1,
                          commands[i]->related != NULL ? commands[i]->related : ""));
    }
    return MQ_OK;
}

static mq_status write_experiment(const struct manual *manual)
{
    struct mq_page page = new_page(manual);
    MQ_TRY(mq_help_experiment(&page));
    return write_page(manual, &page, "mqcast-experiment", 5, "template check train");
}

// The formats are told once, in the README.
static mq_status write_files(const struct manual *manual)
{
    static const char *const titles[] = {"Panel", "Run", "Checkpoint", "Forecast", "Scores"};
    static const char summary[] = "what mqcast reads and writes";
    struct mq_page page = new_page(manual);
    struct mq_str markdown = {0};
    MQ_TRY(read_source(manual, "README.md", &markdown));
    MQ_TRY(mq_page_title(&page, "mqcast-files", 5, summary));
    MQ_TRY(mq_page_description(&page, summary,
                               "Panels, checkpoints and forecasts are HDF5 files, which h5dump and "
                               "h5py read too; the rest is text."));
    MQ_TRY(manual_markdown(&page, markdown.data, titles, sizeof titles / sizeof *titles));
    mq_str_release(&markdown);
    return write_page(manual, &page, "mqcast-files", 5, "inspect export import");
}

// ---- the rest -----------------------------------------------------------------------------------

static mq_status write_completion(const struct manual *manual)
{
    struct mq_str script = {0};
    MQ_TRY(read_source(manual, "src/manual/completion.bash", &script));
    MQ_TRY(manual_completion(&script));
    MQ_TRY(write_text(manual, "bash-completion/completions", "mqcast", &script));
    mq_str_release(&script);
    return MQ_OK;
}

static mq_status write_schema(const struct manual *manual)
{
    struct mq_str schema = {0};
    MQ_TRY(manual_schema(&schema));
    MQ_TRY(write_text(manual, "mqcast", "experiment.schema.json", &schema));
    mq_str_release(&schema);
    return MQ_OK;
}

static mq_status write_all(const struct manual *manual)
{
    MQ_TRY(write_program(manual));
    MQ_TRY(write_verbs(manual));
    MQ_TRY(write_experiment(manual));
    MQ_TRY(write_files(manual));
    MQ_TRY(write_completion(manual));
    return write_schema(manual);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fputs("usage: manual SHARE SOURCE DATE\n", stderr);
        return MQ_USAGE;
    }
    const struct manual manual = {.share = argv[1], .source = argv[2], .date = argv[3]};
    const mq_status status = write_all(&manual);
    if (status != MQ_OK) mq_log_error(mq_error_get());
    return status;
}
