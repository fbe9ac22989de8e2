// Panels that an HDF5 library has written and our own has not: whatever they hold, they are read or
// refused.
#include "fuzz/h5_edits.h"
#include "fuzz/support.h"
#include "cmd/inspect.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/path.h"
#include "mq/data/export.h"
#include "support/panels.h"

enum { SERIES = 6, PERIODS = 30, SERIES_AT_ONCE = 4, EXPORT_ROWS_MAX = 4096 };

mq_inspect mq_inspect_panel;

/// HDF5 forgets what it could not decode; our own memory is counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\nleak:H5";
}

static void prepare(void)
{
    struct catalogue catalogue;
    const char *path = fuzz_path("good.h5");
    catalogue_init(&catalogue, SERIES, PERIODS);
    catalogue_write(&catalogue, path);
    catalogue_release(&catalogue);
    h5_edits_init(path);
}

static void read_series(struct mq_panel *panel)
{
    const int64_t n_series = mq_panel_info(panel)->n_series;
    for (int64_t first = 0; first < n_series; first += SERIES_AT_ONCE) {
        const int64_t n = mq_min_i64(SERIES_AT_ONCE, n_series - first);
        struct mq_series_block block;
        char **ids = NULL;
        const mq_status status = mq_panel_read(panel, first, n, &block);
        fuzz_verdict(status);
        if (status == MQ_OK) mq_series_block_release(&block);
        fuzz_verdict(mq_panel_ids(panel, first, n, &ids));
        mq_free(ids);
        if (status != MQ_OK) return;
    }
}

static void read_names(struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        char **names = NULL;
        if (info->covariates[c].role != MQ_ROLE_STATIC_CATEGORY) continue;
        fuzz_verdict(mq_panel_vocabulary(panel, c, &names));
        mq_free(names);
    }
}

static void export(struct mq_panel *panel)
{
    const struct mq_panel_info *info = mq_panel_info(panel);
    if (info->n_values > EXPORT_ROWS_MAX || info->n_series * info->ahead > EXPORT_ROWS_MAX) return;
    const char *path = fuzz_path("p.csv");
    fuzz_verdict(mq_panel_export(panel, path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct mq_panel *panel = NULL;
    const char *path = fuzz_path("p.h5");
    if (!is_ready) {
        fuzz_hide_stdout();
        fuzz_prepare(prepare);
        is_ready = true;
    }
    fuzz_begin();
    if (!h5_edits_apply(path, data, size)) return -1;
    const mq_status status = mq_panel_open(&panel, path);
    fuzz_verdict(status);
    if (status == MQ_OK) {
        read_series(panel);
        read_names(panel);
        export(panel);
        mq_panel_close(panel);
    }
    fuzz_verdict(mq_inspect_panel(path, size % 2 == 0)); // verifies
    fuzz_end();
    return 0;
}
