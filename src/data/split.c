// Spans of time for training, validation and evaluation.
#include "mq/data/split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"

enum { EVALUATED_MAX = 100000 }; // as evaluate.origins

// `n` origins, `stride` apart, the last of them `last`.
static mq_status make_origins(struct mq_origins *origins, int64_t n, int64_t stride, int64_t last)
{
    MQ_NEW(origins->period, n);
    origins->n = n;
    for (int64_t i = 0; i < n; i++)
        origins->period[i] = last - (n - 1 - i) * stride;
    return MQ_OK;
}

static mq_status parse_period(const char *date, const char *key, const struct mq_panel_info *panel,
                              int64_t *period)
{
    int64_t seconds = 0;
    if (!mq_date_parse(date, &seconds)) {
        (void)mq_fail(MQ_USAGE, "%s: '%s' is not a date", key, date);
        return mq_hint("dates are written 2011-12-09, 2011-12 or 2011-12-09 08:00");
    }
    *period = mq_period_of(&panel->calendar, seconds);
    if (*period < 0 || *period >= panel->n_periods) {
        char first[MQ_DATE_MAX];
        char last[MQ_DATE_MAX];
        mq_period_print(&panel->calendar, 0, first);
        mq_period_print(&panel->calendar, panel->n_periods - 1, last);
        return mq_fail(MQ_USAGE, "%s: %s is outside the panel (%s to %s)", key, date, first, last);
    }
    return MQ_OK;
}

mq_status mq_split_make(struct mq_split *split, const struct mq_experiment *experiment,
                        const struct mq_panel_info *panel, const char *panel_path)
{
    const struct mq_evaluate_settings *evaluate = &experiment->evaluate;
    const int64_t horizon = experiment->data.horizon;
    const int64_t stride = evaluate->stride > 0 ? evaluate->stride : horizon;
    *split = (struct mq_split){0};

    int64_t last_target = panel->n_periods - 1;
    if (evaluate->end[0] != '\0')
        MQ_TRY(parse_period(evaluate->end, "evaluate.end", panel, &last_target));
    int64_t last_origin = last_target - horizon;
    int64_t n_origins = evaluate->origins;
    if (evaluate->start[0] != '\0') {
        int64_t first = 0;
        MQ_TRY(parse_period(evaluate->start, "evaluate.start", panel, &first));
        if (first > last_origin)
            return mq_fail(MQ_USAGE, "evaluate.start: %s leaves no room for a horizon of %lld",
                           evaluate->start, (long long)horizon);
        n_origins = (last_origin - first) / stride + 1;
        if (n_origins > EVALUATED_MAX)
            return mq_fail(MQ_USAGE,
                           "evaluate.start: %s gives %lld origins, at most %d are possible",
                           evaluate->start, (long long)n_origins, EVALUATED_MAX);
        last_origin = first + (n_origins - 1) * stride; // the first one is where the user put it
    }
    const int64_t first_origin = last_origin - (n_origins - 1) * stride;
    const int64_t n_validation = experiment->data.validation;
    // The last validation target is the first origin: everything up to it is before any test
    // target.
    const int64_t last_validation = first_origin - horizon;
    split->train_end = first_origin + 1;
    if (n_validation > 0) split->train_end -= horizon + (n_validation - 1) * stride;
    if (split->train_end < horizon + 1) {
        const mq_status status =
            mq_fail(MQ_DATA,
                    "%s: %lld periods are too few for horizon %lld with %lld evaluation and %lld "
                    "validation "
                    "origins %lld apart: %lld are needed",
                    panel_path, (long long)panel->n_periods, (long long)horizon,
                    (long long)n_origins, (long long)n_validation, (long long)stride,
                    (long long)(panel->n_periods + horizon + 1 - split->train_end));
        (void)mq_hint("lower data.horizon, evaluate.origins, evaluate.stride or data.validation");
        return status;
    }
    MQ_TRY(make_origins(&split->evaluation, n_origins, stride, last_origin));
    const mq_status status =
        make_origins(&split->validation, n_validation, stride, last_validation);
    if (status != MQ_OK) mq_split_release(split);
    return status;
}

void mq_split_release(struct mq_split *split)
{
    mq_free(split->evaluation.period);
    mq_free(split->validation.period);
    *split = (struct mq_split){0};
}

mq_status mq_origins_parse(struct mq_origins *origins, const char *text,
                           const struct mq_panel_info *panel)
{
    const int64_t last = panel->n_periods - 1;
    if (strcmp(text, "last") == 0) return make_origins(origins, 1, 1, last);
    long long n = 0;
    long long stride = 1;
    char rest = '\0';
    const int fields = sscanf(text, "%lld/%lld%c", &n, &stride, &rest);
    const bool is_count =
        (fields == 2 || (fields == 1 && strspn(text, "0123456789") == strlen(text)));
    if (is_count) {
        if (n < 1 || n > MQ_ORIGINS_MAX || stride < 1 || n - 1 > last / stride)
            return mq_fail(MQ_USAGE, "origins '%s': the panel has %lld periods", text,
                           (long long)panel->n_periods);
        return make_origins(origins, n, stride, last);
    }
    int64_t seconds = 0;
    if (!mq_date_parse(text, &seconds)) {
        (void)mq_fail(MQ_USAGE, "origins '%s': not last, N, N/STRIDE or a date", text);
        return mq_hint("for instance --origins last, --origins 8/7 or --origins 2011-11-30");
    }
    int64_t period = 0;
    MQ_TRY(parse_period(text, "origins", panel, &period));
    return make_origins(origins, 1, 1, period);
}

mq_status mq_origins_check(const int64_t period[], int64_t n, int64_t horizon, const char *file)
{
    for (int64_t i = 0; i < n; i++)
        if (period[i] < 0 || horizon > MQ_PERIODS_MAX || period[i] > MQ_PERIODS_MAX - horizon)
            return mq_fail(MQ_DATA, "%s: an origin at period %lld with a horizon of %lld", file,
                           (long long)period[i], (long long)horizon);
    return MQ_OK;
}

void mq_targets_fill(const struct mq_origins *origins, int64_t horizon,
                     const struct mq_series_block *block, int64_t i, bool in_stock_only,
                     float out[])
{
    const float *target = block->target + block->offset[i];
    const float *available =
        in_stock_only && block->available != NULL ? block->available + block->offset[i] : NULL;
    for (int64_t o = 0; o < origins->n; o++)
        for (int64_t k = 1; k <= horizon; k++) {
            const int64_t j = origins->period[o] + k - block->start[i];
            const bool is_known =
                j >= 0 && j < block->length[i] && (available == NULL || available[j] > 0);
            *out++ = is_known ? target[j] : NAN;
        }
}

void mq_totals_fill(const struct mq_span_list *spans, int64_t rows, int64_t horizon,
                    const float targets[], float out[])
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t s = 0; s < spans->n; s++) {
            double sum = 0;
            for (int64_t k = 0; k < mq_span_periods(spans->value[s]); k++)
                sum += (double)targets[r * horizon + k];
            *out++ = (float)sum;
        }
}
