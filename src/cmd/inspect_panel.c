// What a panel holds.
#include <math.h>
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/base/path.h"
#include "mq/data/panel.h"

mq_inspect mq_inspect_panel;

// What is shown, in either form.
struct facts {
    const char *path;
    const struct mq_panel *panel;
    const struct mq_panel_info *info;
    int64_t bytes;
    int64_t n_missing; // -1: not known, as the panel is damaged
    char frequency[MQ_DATE_MAX];
    char first[MQ_DATE_MAX];
    char last[MQ_DATE_MAX];
    const char *damage; // NULL: whole
};

static const char *role_name(enum mq_role role)
{
    static const char *const names[] = {
        [MQ_ROLE_KNOWN] = "known",
        [MQ_ROLE_CALENDAR] = "calendar",
        [MQ_ROLE_PAST] = "past",
        [MQ_ROLE_STATIC_REAL] = "static number",
        [MQ_ROLE_STATIC_CATEGORY] = "static category",
    };
    return names[role];
}

static mq_status count_missing(struct mq_panel *panel, int64_t *n_missing)
{
    enum { SERIES_AT_ONCE = 256 };
    const int64_t n_series = mq_panel_info(panel)->n_series;
    *n_missing = 0;
    for (int64_t first = 0; first < n_series; first += SERIES_AT_ONCE) {
        struct mq_series_block block = {0};
        const int64_t n = mq_min_i64(SERIES_AT_ONCE, n_series - first);
        MQ_TRY(mq_panel_read(panel, first, n, &block));
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < block.length[i]; j++)
                *n_missing += isnan(block.target[block.offset[i] + j]) ? 1 : 0;
        mq_series_block_release(&block);
    }
    return MQ_OK;
}

static double missing_share(const struct facts *facts)
{
    const int64_t n = mq_max_i64(facts->info->n_values, 1);
    return (double)facts->n_missing / (double)n;
}

// The last date that calendar covariate `index` knows of.
static void print_last(const struct mq_panel *panel, int64_t index, char text[MQ_DATE_MAX])
{
    const int64_t n = mq_panel_calendar_length(panel, index);
    mq_period_print(&mq_panel_info(panel)->calendar, mq_max_i64(n - 1, 0), text);
}

static void print_text(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    (void)printf("%s: panel\n", facts->path);
    (void)printf("  series        %lld\n", (long long)info->n_series);
    (void)printf("  periods       %lld %s, %s to %s\n", (long long)info->n_periods,
                 facts->frequency, facts->first, facts->last);
    (void)printf("  values        %lld", (long long)info->n_values);
    if (facts->n_missing >= 0) (void)printf(", %.2f %% missing", 100 * missing_share(facts));
    (void)printf("\n  known ahead   %lld periods\n", (long long)info->ahead);
    (void)printf("  availability  %s\n", info->has_available ? "stored" : "not stored");
    for (int64_t i = 0; i < info->n_covariates; i++) {
        const struct mq_covariate *covariate = &info->covariates[i];
        (void)printf("  %-12s  %s", i == 0 ? "covariates" : "", covariate->name);
        (void)printf(" (%s", role_name(covariate->role));
        if (covariate->role == MQ_ROLE_STATIC_CATEGORY)
            (void)printf(", %lld values", (long long)covariate->cardinality);
        if (covariate->role == MQ_ROLE_CALENDAR) {
            char last[MQ_DATE_MAX];
            print_last(facts->panel, i, last);
            (void)printf("%s, to %s", covariate->cardinality > 0 ? " of events" : "", last);
        }
        (void)printf(")\n");
    }
    (void)printf("  bytes         %lld\n", (long long)facts->bytes);
    (void)printf("  created       %s from %s\n", info->created, info->source);
    (void)printf("  fingerprint   %s\n", info->fingerprint);
    (void)printf("  whole         %s\n", facts->damage == NULL ? "yes" : "no");
}

static json_t *covariates_json(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    json_t *list = json_array();
    for (int64_t i = 0; i < info->n_covariates; i++) {
        const struct mq_covariate *covariate = &info->covariates[i];
        json_t *one =
            json_pack("{s:s, s:s}", "name", covariate->name, "role", role_name(covariate->role));
        if (covariate->role == MQ_ROLE_STATIC_CATEGORY)
            mq_json_set(&one, "values", json_integer(covariate->cardinality));
        if (covariate->role == MQ_ROLE_CALENDAR) {
            char last[MQ_DATE_MAX];
            print_last(facts->panel, i, last);
            mq_json_set(&one, "to", json_string(last));
        }
        mq_json_append(&list, one);
    }
    return list;
}

static mq_status print_json(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    json_t *share = facts->n_missing >= 0 ? json_real(missing_share(facts)) : json_null();
    json_error_t error;
    json_t *root = json_pack_ex(
        &error, 0,
        "{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:o, s:I, s:b, s:o, s:I, "
        "s:o, s:o, s:o}",
        "file", mq_inspect_text(facts->path), "format", "mqcast-panel", "whole",
        facts->damage == NULL, "damage", mq_inspect_text(facts->damage), "series",
        (json_int_t)info->n_series, "periods", (json_int_t)info->n_periods, "values",
        (json_int_t)info->n_values, "frequency", facts->frequency, "first", facts->first, "last",
        facts->last, "missing_share", share, "ahead", (json_int_t)info->ahead, "available",
        (int)info->has_available, "covariates", covariates_json(facts), "bytes",
        (json_int_t)facts->bytes, "created", mq_inspect_text(info->created), "source",
        mq_inspect_text(info->source), "fingerprint", mq_inspect_text(info->fingerprint));
    if (root == NULL) return mq_json_fail(&error, facts->path);
    const mq_status status = mq_json_print(root, JSON_INDENT(2));
    json_decref(root);
    return status;
}

mq_status mq_inspect_panel(const char *path, bool as_json)
{
    struct mq_panel *panel = NULL;
    struct facts facts = {.path = path, .n_missing = -1};
    mq_status status = MQ_OK;
    MQ_DO(mq_panel_open(&panel, path));
    facts.panel = panel;
    facts.info = mq_panel_info(panel);
    MQ_DO(mq_file_size(path, &facts.bytes));
    mq_frequency_print(&facts.info->calendar, facts.frequency);
    mq_period_print(&facts.info->calendar, 0, facts.first);
    mq_period_print(&facts.info->calendar, mq_max_i64(facts.info->n_periods - 1, 0), facts.last);
    mq_status whole = mq_panel_verify(panel);
    if (whole == MQ_OK) whole = count_missing(panel, &facts.n_missing);
    if (whole != MQ_OK && mq_is_out_of_memory()) MQ_DO(whole);
    const struct mq_error error = *mq_error_get();
    if (whole != MQ_OK) {
        facts.n_missing = -1;
        facts.damage = error.message;
    }
    if (as_json)
        MQ_DO(print_json(&facts));
    else
        print_text(&facts);
    if (whole != MQ_OK) mq_error_set(&error);
    status = whole;
done:
    mq_panel_close(panel);
    return status;
}
