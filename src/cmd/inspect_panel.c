// What a panel holds.
#include <math.h>
#include <stdio.h>

#include "cmd/inspect.h"
#include "mq/base/alloc.h"
#include "mq/base/int.h"
#include "mq/base/json.h"
#include "mq/base/path.h"
#include "mq/data/summary.h"

mq_inspect mq_inspect_panel;

// What is shown, in either form.
struct facts {
    const char *path;
    const struct mq_panel *panel;
    const struct mq_panel_info *info;
    int64_t bytes;
    bool has_summary; // false: the panel is damaged
    struct mq_panel_summary summary;
    char **outlier; // id of the series with the worst one; NULL: there is none
    char **vocabulary[MQ_COVARIATES_MAX];
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

static void facts_release(struct facts *facts)
{
    mq_free(facts->outlier);
    for (int64_t c = 0; c < MQ_COVARIATES_MAX; c++)
        mq_free(facts->vocabulary[c]);
}

// Reads everything once, and the names that go with what was found.
static mq_status summarise(struct facts *facts, struct mq_panel *panel)
{
    const struct mq_panel_summary *summary = &facts->summary;
    MQ_TRY(mq_panel_summarise(panel, &facts->summary));
    if (summary->worst.series >= 0)
        MQ_TRY(mq_panel_ids(panel, summary->worst.series, 1, &facts->outlier));
    for (int64_t c = 0; c < facts->info->n_covariates; c++)
        if (summary->categories[c].largest_code > 0)
            MQ_TRY(mq_panel_vocabulary(panel, c, &facts->vocabulary[c]));
    facts->has_summary = true;
    return MQ_OK;
}

static int64_t count_missing(const struct facts *facts)
{
    return facts->info->n_values - facts->summary.n_observed;
}

static double share(int64_t part, int64_t whole)
{
    return (double)part / (double)mq_max_i64(whole, 1);
}

// The category that most series have.
static const char *largest_name(const struct facts *facts, int64_t c)
{
    return facts->vocabulary[c][facts->summary.categories[c].largest_code - 1];
}

// The last date that calendar covariate `index` knows of.
static void print_last(const struct mq_panel *panel, int64_t index, char text[MQ_DATE_MAX])
{
    const int64_t n = mq_panel_calendar_length(panel, index);
    mq_period_print(&mq_panel_info(panel)->calendar, mq_max_i64(n - 1, 0), text);
}

static void print_summary(const struct facts *facts)
{
    const struct mq_panel_summary *summary = &facts->summary;
    (void)printf("  spans         %lld to %lld periods", (long long)summary->shortest,
                 (long long)summary->longest);
    if (summary->n_empty > 0)
        (void)printf(", %lld series without a value", (long long)summary->n_empty);
    (void)printf("\n  observed      %.6g to %.6g, %.2f %% zero, %lld negative\n", summary->smallest,
                 summary->largest, 100 * share(summary->n_zero, summary->n_observed),
                 (long long)summary->n_negative);
    (void)printf("  total         %.12g\n", summary->total);
    (void)printf("  outliers      %lld in %lld series", (long long)summary->n_outliers,
                 (long long)summary->n_series_with_outliers);
    if (facts->outlier != NULL) {
        char date[MQ_DATE_MAX];
        mq_period_print(&facts->info->calendar, summary->worst.period, date);
        (void)printf("; furthest out %s on %s: %.6g, median %.6g", facts->outlier[0], date,
                     (double)summary->worst.value, (double)summary->worst.median);
    }
    (void)printf("\n");
}

static void print_category(const struct facts *facts, int64_t c)
{
    const struct mq_category_counts *counts = &facts->summary.categories[c];
    (void)printf(", %lld values", (long long)facts->info->covariates[c].cardinality);
    if (!facts->has_summary) return;
    if (counts->largest_code > 0)
        (void)printf(", most often %s: %lld series", largest_name(facts, c),
                     (long long)counts->largest);
    if (counts->unknown > 0) (void)printf(", unknown: %lld series", (long long)counts->unknown);
}

static void print_covariates(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    for (int64_t i = 0; i < info->n_covariates; i++) {
        const struct mq_covariate *covariate = &info->covariates[i];
        (void)printf("  %-12s  %s", i == 0 ? "covariates" : "", covariate->name);
        (void)printf(" (%s", role_name(covariate->role));
        if (covariate->role == MQ_ROLE_STATIC_CATEGORY) print_category(facts, i);
        if (covariate->role == MQ_ROLE_CALENDAR) {
            char last[MQ_DATE_MAX];
            print_last(facts->panel, i, last);
            (void)printf("%s, to %s", covariate->cardinality > 0 ? " of events" : "", last);
        }
        (void)printf(")\n");
    }
}

static void print_text(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    (void)printf("%s: panel\n", facts->path);
    (void)printf("  series        %lld\n", (long long)info->n_series);
    (void)printf("  periods       %lld %s, %s to %s\n", (long long)info->n_periods,
                 facts->frequency, facts->first, facts->last);
    (void)printf("  values        %lld", (long long)info->n_values);
    if (facts->has_summary)
        (void)printf(", %.2f %% missing", 100 * share(count_missing(facts), info->n_values));
    (void)printf("\n");
    if (facts->has_summary) print_summary(facts);
    (void)printf("  known ahead   %lld periods\n", (long long)info->ahead);
    (void)printf("  availability  %s\n", info->has_available ? "stored" : "not stored");
    print_covariates(facts);
    (void)printf("  bytes         %lld, %.1f a value\n", (long long)facts->bytes,
                 share(facts->bytes, info->n_values));
    (void)printf("  created       %s from %s\n", info->created, info->source);
    (void)printf("  fingerprint   %s\n", info->fingerprint);
    (void)printf("  whole         %s\n", facts->damage == NULL ? "yes" : "no");
}

// ---- JSON ---------------------------------------------------------------------------------------

static json_t *outliers_json(const struct facts *facts)
{
    const struct mq_panel_summary *summary = &facts->summary;
    json_t *root = json_pack("{s:I, s:I}", "count", (json_int_t)summary->n_outliers, "series",
                             (json_int_t)summary->n_series_with_outliers);
    if (facts->outlier == NULL) return root;
    char date[MQ_DATE_MAX];
    mq_period_print(&facts->info->calendar, summary->worst.period, date);
    mq_json_set(&root, "worst",
                json_pack("{s:o, s:s, s:f, s:f}", "item", mq_inspect_text(facts->outlier[0]),
                          "date", date, "value", (double)summary->worst.value, "median",
                          (double)summary->worst.median));
    return root;
}

// A number, or null where nothing was observed.
static json_t *number_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *summary_json(const struct facts *facts)
{
    const struct mq_panel_summary *summary = &facts->summary;
    if (!facts->has_summary) return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:o, s:o, s:I, s:I, s:I, s:o}", "observed",
                     (json_int_t)summary->n_observed, "missing", (json_int_t)count_missing(facts),
                     "zero", (json_int_t)summary->n_zero, "negative",
                     (json_int_t)summary->n_negative, "total", summary->total, "smallest",
                     number_json(summary->smallest), "largest", number_json(summary->largest),
                     "empty_series", (json_int_t)summary->n_empty, "shortest",
                     (json_int_t)summary->shortest, "longest", (json_int_t)summary->longest,
                     "outliers", outliers_json(facts));
}

static json_t *covariates_json(const struct facts *facts)
{
    const struct mq_panel_info *info = facts->info;
    json_t *list = json_array();
    for (int64_t i = 0; i < info->n_covariates; i++) {
        const struct mq_covariate *covariate = &info->covariates[i];
        json_t *one =
            json_pack("{s:s, s:s}", "name", covariate->name, "role", role_name(covariate->role));
        if (covariate->role == MQ_ROLE_STATIC_CATEGORY) {
            const struct mq_category_counts *counts = &facts->summary.categories[i];
            mq_json_set(&one, "values", json_integer(covariate->cardinality));
            if (counts->largest_code > 0)
                mq_json_set(&one, "most",
                            json_pack("{s:o, s:I}", "value",
                                      mq_inspect_text(largest_name(facts, i)), "series",
                                      (json_int_t)counts->largest));
            if (facts->has_summary)
                mq_json_set(&one, "unknown_series", json_integer(counts->unknown));
        }
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
    json_t *missing =
        facts->has_summary ? json_real(share(count_missing(facts), info->n_values)) : json_null();
    json_error_t error;
    json_t *root = json_pack_ex(
        &error, 0,
        "{s:o, s:s, s:b, s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:o, s:I, s:b, s:o, s:I, "
        "s:f, s:o, s:o, s:o, s:o}",
        "file", mq_inspect_text(facts->path), "format", "mqcast-panel", "whole",
        facts->damage == NULL, "damage", mq_inspect_text(facts->damage), "series",
        (json_int_t)info->n_series, "periods", (json_int_t)info->n_periods, "values",
        (json_int_t)info->n_values, "frequency", facts->frequency, "first", facts->first, "last",
        facts->last, "missing_share", missing, "ahead", (json_int_t)info->ahead, "available",
        (int)info->has_available, "covariates", covariates_json(facts), "bytes",
        (json_int_t)facts->bytes, "bytes_per_value", share(facts->bytes, info->n_values), "summary",
        summary_json(facts), "created", mq_inspect_text(info->created), "source",
        mq_inspect_text(info->source), "fingerprint", mq_inspect_text(info->fingerprint));
    if (root == NULL) return mq_json_fail(&error, facts->path);
    const mq_status status = mq_json_print(root, JSON_INDENT(2));
    json_decref(root);
    return status;
}

mq_status mq_inspect_panel(const char *path, bool as_json)
{
    struct mq_panel *panel = NULL;
    struct facts facts = {.path = path};
    mq_status status = MQ_OK;
    MQ_DO(mq_panel_open(&panel, path));
    facts.panel = panel;
    facts.info = mq_panel_info(panel);
    MQ_DO(mq_file_size(path, &facts.bytes));
    mq_frequency_print(&facts.info->calendar, facts.frequency);
    mq_period_print(&facts.info->calendar, 0, facts.first);
    mq_period_print(&facts.info->calendar, mq_max_i64(facts.info->n_periods - 1, 0), facts.last);
    mq_status whole = mq_panel_verify(panel);
    if (whole == MQ_OK) whole = summarise(&facts, panel);
    if (whole != MQ_OK && mq_is_out_of_memory()) MQ_DO(whole);
    const struct mq_error error = *mq_error_get();
    if (whole != MQ_OK) facts.damage = error.message;
    if (as_json)
        MQ_DO(print_json(&facts));
    else
        print_text(&facts);
    if (whole != MQ_OK) mq_error_set(&error);
    status = whole;
done:
    facts_release(&facts);
    mq_panel_close(panel);
    return status;
}
