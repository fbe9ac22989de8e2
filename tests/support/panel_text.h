/// Panels as text, and small files: for tests of importers.
#ifndef TESTS_SUPPORT_PANEL_TEXT_H
#define TESTS_SUPPORT_PANEL_TEXT_H

#include <math.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/base/path.h"
#include "mq/base/str.h"
#include "mq/data/import.h"
#include "support/harness.h"

/// Path of a file of this name in the test's directory that holds `text`.
static inline const char *file_of(const char *name, const char *text)
{
    const char *path = test_path(name);
    ck_ok(mq_file_replace(path, text, strlen(text)));
    return path;
}

/// Imports into t.h5 of the test's directory.
static inline mq_status import_files(const char *format, const char *schema_text,
                                     const char *const sources[], int64_t n_sources)
{
    struct mq_schema schema = mq_schema_default();
    if (schema_text != NULL) ck_ok(mq_schema_read(&schema, file_of("s.yaml", schema_text)));
    return mq_import_find(format)->run(&schema, sources, n_sources, test_path("t.h5"));
}

/// The import must fail, naming `part`, and leave no panel behind.
static inline void check_import_fails(const char *format, const char *schema_text,
                                      const char *const sources[], int64_t n_sources,
                                      mq_status status, const char *part)
{
    ck_ok(mq_file_remove(test_path("t.h5")));
    ck_fails(import_files(format, schema_text, sources, n_sources), status, part);
    ck_assert(!mq_path_exists(test_path("t.h5")));
}

static inline void print_values(struct mq_str *text, const char *name, const float values[],
                                int64_t n)
{
    ck_ok(mq_str_printf(text, " %s", name));
    for (int64_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            ck_ok(mq_str_add(text, " -"));
        else
            ck_ok(mq_str_printf(text, " %g", (double)values[i]));
    }
}

static inline void print_series(struct mq_str *text, const struct mq_panel_info *info,
                                const struct mq_series_block *block, int64_t i, const char *id)
{
    const int64_t from = block->offset[i];
    ck_ok(mq_str_printf(text, "%s %lld", id, (long long)block->start[i]));
    print_values(text, "y", block->target + from, block->length[i]);
    if (info->has_available) print_values(text, "in", block->available + from, block->length[i]);
    for (int64_t c = 0; c < info->n_covariates; c++) {
        const char *name = info->covariates[c].name;
        if (block->known[c] != NULL)
            print_values(text, name, block->known[c] + from + i * block->ahead,
                         block->length[i] + block->ahead);
        if (block->past[c] != NULL)
            print_values(text, name, block->past[c] + from, block->length[i]);
        if (block->statics[c] != NULL) print_values(text, name, block->statics[c] + i, 1);
    }
    ck_ok(mq_str_add(text, "; "));
}

/// Checks t.h5 as text: frequency, epoch, calendar covariates, then each series. Missing is "-".
static inline void check_panel(const char *expected)
{
    struct mq_panel *panel = NULL;
    struct mq_series_block block = {0};
    struct mq_str text = {0};
    char frequency[MQ_DATE_MAX];
    char epoch[MQ_DATE_MAX];
    char **ids = NULL;
    ck_ok(mq_panel_open(&panel, test_path("t.h5")));
    const struct mq_panel_info *info = mq_panel_info(panel);
    mq_frequency_print(&info->calendar, frequency);
    mq_period_print(&info->calendar, 0, epoch);
    ck_ok(mq_str_printf(&text, "%s %s %lld+%lld", frequency, epoch, (long long)info->n_periods,
                        (long long)info->ahead));
    for (int64_t c = 0; c < info->n_covariates; c++)
        if (info->covariates[c].role == MQ_ROLE_CALENDAR)
            print_values(&text, info->covariates[c].name, mq_panel_calendar(panel, c),
                         info->n_periods + info->ahead);
    ck_ok(mq_str_add(&text, ": "));
    ck_ok(mq_panel_ids(panel, 0, info->n_series, &ids));
    ck_ok(mq_panel_read(panel, 0, info->n_series, &block));
    for (int64_t i = 0; i < info->n_series; i++)
        print_series(&text, info, &block, i, ids[i]);
    mq_free(ids);
    mq_series_block_release(&block);
    mq_panel_close(panel);
    ck_assert_str_eq(text.data, expected);
    mq_str_release(&text);
}

#endif
