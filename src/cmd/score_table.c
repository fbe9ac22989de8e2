// Scores side by side on stdout.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/job.h"

static const char *const rows[] = {
    "mean_wQL", "MAE_coverage", "MASE",          "RMSSE", "WAPE", "sMAPE",
    "MSIS",     "bias",         "crossing_rate", "sEV",   "sFPC",
};

static void print_value(const json_t *scores, const char *name)
{
    const json_t *value = json_object_get(scores, name);
    if (json_is_number(value))
        (void)printf(" %14.4f", json_number_value(value));
    else
        (void)printf(" %14s", "-");
}

static const char *name_of(const json_t *evaluation)
{
    const char *run = json_string_value(json_object_get(evaluation, "run"));
    return run != NULL ? run : "?";
}

// One block for each span of a run: its totals, beside them seasonal naive and what summed quantiles
// would have said.
static void print_spans(const json_t *evaluation)
{
    static const char *const shown[] = {"mean_wQL", "MAE_coverage", "coverage_gap", "bias"};
    size_t i = 0;
    json_t *span = NULL;
    json_array_foreach(json_object_get(evaluation, "by_span"), i, span)
    {
        const json_t *columns[] = {
            json_object_get(span, "scores"),
            json_object_get(json_object_get(span, "baseline"), "seasonal_naive"),
            json_object_get(span, "summed_quantiles")};
        enum { COLUMNS = sizeof columns / sizeof *columns };
        (void)printf("\ntotals of lead %lld + review %lld periods\n%-14s %14.14s %14s %14s\n",
                     (long long)json_integer_value(json_object_get(span, "lead")),
                     (long long)json_integer_value(json_object_get(span, "review")), "",
                     name_of(evaluation), "seasonal_naive", "summed (wrong)");
        for (size_t r = 0; r < sizeof shown / sizeof *shown; r++) {
            (void)printf("%-14s", shown[r]);
            for (int c = 0; c < COLUMNS; c++)
                print_value(columns[c], shown[r]);
            (void)printf("\n");
        }
        const char *level = NULL;
        json_t *ignored = NULL;
        json_object_foreach(json_object_get(columns[0], "coverage"), level, ignored)
        {
            (void)printf("coverage %-5s", level);
            for (int c = 0; c < COLUMNS; c++)
                print_value(json_object_get(columns[c], "coverage"), level);
            (void)printf("\n");
        }
    }
}

mq_status mq_print_scores(json_t *const evaluations[], int64_t n)
{
    const json_t *baseline =
        json_object_get(json_object_get(evaluations[0], "baseline"), "seasonal_naive");
    const double naive = json_number_value(json_object_get(baseline, "mean_wQL"));
    (void)printf("%-14s", "");
    for (int64_t i = 0; i < n; i++)
        (void)printf(" %14.14s", name_of(evaluations[i]));
    (void)printf(" %14s\n", "seasonal_naive");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        (void)printf("%-14s", rows[r]);
        for (int64_t i = 0; i < n; i++)
            print_value(json_object_get(evaluations[i], "scores"), rows[r]);
        print_value(baseline, rows[r]);
        (void)printf("\n");
    }
    (void)printf("%-14s", "vs naive");
    for (int64_t i = 0; i < n; i++) {
        const json_t *own = json_object_get(json_object_get(evaluations[i], "scores"), "mean_wQL");
        if (json_is_number(own) && naive > 0)
            (void)printf(" %+13.1f%%", 100 * (json_number_value(own) / naive - 1));
        else
            (void)printf(" %14s", "-");
    }
    (void)printf("\n");
    for (int64_t i = 0; i < n; i++)
        print_spans(evaluations[i]);
    return ferror(stdout) ? mq_fail(MQ_FAILED, "cannot write to standard output") : MQ_OK;
}
