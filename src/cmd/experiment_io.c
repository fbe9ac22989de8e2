// Reads an experiment once for all ranks.
#include "cmd/experiment_io.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/model/registry.h"

enum { EXPERIMENT_BYTES_MAX = 1 << 20 };

// A file that cannot be read, or that is no text, is the user's slip in the command line.
static mq_status read_text(const char *path, struct mq_str *text)
{
    const mq_status status = mq_file_read_most(path, EXPERIMENT_BYTES_MAX, text);
    if (status != MQ_OK && !mq_is_out_of_memory()) {
        struct mq_error slip = *mq_error_get();
        slip.status = MQ_USAGE;
        mq_error_set(&slip);
        return MQ_USAGE;
    }
    const char *const end = text->data != NULL ? text->data + text->length : NULL;
    if (status != MQ_OK || end == NULL || text->data + strlen(text->data) == end) return status;
    (void)mq_fail(MQ_USAGE, "%s: is no text, but an experiment is one, in YAML", path);
    return mq_hint("'mqcast template' prints one; its data.panel names the panel");
}

mq_status mq_experiment_read(struct mq_world *world, const struct mq_arguments *arguments,
                             const char *path, struct mq_experiment *experiment)
{
    *experiment = (struct mq_experiment){0};
    struct mq_str text = {0};
    const char **overrides = NULL;
    int64_t n = 0;
    mq_status status = mq_rank(world) == 0 ? read_text(path, &text) : MQ_OK;
    MQ_DO(mq_agree(world, status));
    MQ_DO(mq_broadcast_str(world, &text));
    status = mq_flag_all(arguments, "set", &overrides, &n);
    if (status == MQ_OK)
        status = mq_experiment_parse(experiment, path, text.data != NULL ? text.data : "",
                                     text.length, overrides, n, mq_model_settings);
    MQ_DO(mq_agree(world, status));
done:
    if (status != MQ_OK) mq_experiment_release(experiment);
    mq_free(overrides);
    mq_str_release(&text);
    return status;
}
