// The registry of import formats, and what a panel remembers of its source.
#include "mq/data/import.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/input.h"
#include "mq/base/hash.h"
#include "mq/base/path.h"
#include "mq/base/str.h"

// ---- formats ------------------------------------------------------------------------------------

#define MQ_IMPORT(name) extern const struct mq_import_format mq_import_##name;
#include "data/import.def"
#undef MQ_IMPORT

static const struct mq_import_format *const formats[] = {
#define MQ_IMPORT(name) &mq_import_##name,
#include "data/import.def"
#undef MQ_IMPORT
};

enum { N_FORMATS = sizeof formats / sizeof formats[0] };

const struct mq_import_format *const *mq_import_formats(int64_t *n)
{
    *n = N_FORMATS;
    return formats;
}

const struct mq_import_format *mq_import_find(const char *name)
{
    const char *names[N_FORMATS];
    char list[MQ_HINT_MAX] = "";
    for (int i = 0; i < N_FORMATS; i++) {
        names[i] = formats[i]->name;
        if (strcmp(name, names[i]) == 0) return formats[i];
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    (void)mq_fail(MQ_USAGE, "there is no import format '%s'", name);
    const char *nearest = mq_str_nearest(name, names, N_FORMATS);
    (void)(nearest != NULL ? mq_hint("did you mean '%s'?", nearest) : mq_hint("one of: %s", list));
    return NULL;
}

// ---- the source ---------------------------------------------------------------------------------

mq_status mq_import_source(struct mq_panel_info *info, const char *format,
                           const char *const sources[], int64_t n_sources)
{
    char more[32] = "";
    if (n_sources > 1)
        (void)snprintf(more, sizeof more, " and %lld more", (long long)n_sources - 1);
    (void)snprintf(info->source, sizeof info->source, "%s: %s%s", format,
                   mq_source_name(sources[0]), more);
    struct stat status;
    const bool is_plain = stat(sources[0], &status) == 0 && S_ISREG(status.st_mode);
    if (n_sources > 1 || !is_plain) return MQ_OK;
    return mq_sha256_file(sources[0], info->source_sha256);
}

// ---- the panel ----------------------------------------------------------------------------------

mq_status mq_import_create(struct mq_panel_writer **writer, const struct mq_schema *schema,
                           const char *output, const struct mq_panel_info *info)
{
    const struct mq_calendar_file *file = schema->calendar_file;
    if (file == NULL) return mq_panel_create(writer, output, info);
    struct mq_panel_info joined = *info;
    MQ_TRY(mq_calendar_file_join(file, &joined));
    MQ_TRY(mq_panel_create(writer, output, &joined));
    return mq_calendar_file_write(file, &info->calendar, info->n_covariates, *writer);
}
