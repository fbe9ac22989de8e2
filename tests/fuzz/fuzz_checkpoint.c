// Checkpoints of another hand: they are a model or they are refused.
#include "fuzz/h5_edits.h"
#include "fuzz/support.h"
#include "cmd/inspect.h"
#include "mq/data/split.h"
#include "mq/model/checkpoint.h"
#include "support/harness.h"
#include "support/panels.h"

enum { SERIES = 6, PERIODS = 40 };

mq_inspect mq_inspect_checkpoint;

/// HDF5 forgets what it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\nleak:H5";
}

static void prepare(void)
{
    struct catalogue catalogue;
    struct mq_model model;
    const struct mq_progress progress = {.step = 7, .best_score = 0.5, .best_step = 5};
    const char *path = fuzz_path("good.h5");
    catalogue_init(&catalogue, SERIES, PERIODS);
    struct mq_panel *panel = catalogue_open(&catalogue, fuzz_path("panel.h5"));
    tiny_model(&model, panel, "mqrnn", NULL, 0);
    ck_ok(mq_checkpoint_write(path, &model, NULL, &progress));
    mq_model_release(&model);
    mq_panel_close(panel);
    catalogue_release(&catalogue);
    h5_edits_init(path);
}

// What the verbs ask of a model that was read.
static void use(const struct mq_model *model)
{
    struct mq_split split;
    const mq_status status =
        mq_split_make(&split, &model->experiment, &model->panel.info, "checkpoint");
    fuzz_verdict(status);
    if (status == MQ_OK) mq_split_release(&split);
    fuzz_verdict(mq_model_check_levels(model));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct mq_model model;
    struct mq_progress progress;
    const char *path = fuzz_path("c.h5");
    if (!is_ready) {
        fuzz_hide_stdout();
        fuzz_prepare(prepare);
        is_ready = true;
    }
    fuzz_begin();
    if (!h5_edits_apply(path, data, size)) return -1;
    const mq_status status = mq_checkpoint_read(path, &model, &progress);
    fuzz_verdict(status);
    if (status == MQ_OK) use(&model);
    mq_model_release(&model);
    fuzz_verdict(mq_inspect_checkpoint(path, size % 2 == 0));
    fuzz_end();
    return 0;
}
