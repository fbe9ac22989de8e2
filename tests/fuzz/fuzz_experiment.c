// Experiments: the YAML, what --set changes, and what becomes of them on a panel. Sections: the
// experiment, `set` (an override a line), `words` (a line for whatever takes dates and times).
#include <stdlib.h>
#include <string.h>

#include "data/date.h"
#include "fuzz/support.h"
#include "mq/base/alloc.h"
#include "mq/config/experiment.h"
#include "mq/data/feature.h"
#include "mq/data/split.h"
#include "mq/model/registry.h"

enum { OVERRIDES_MAX = 16 };

static const struct mq_panel_info panel = {
    .calendar = {MQ_DAY, 1, 18262 * 86400LL}, // 2020-01-01
    .n_series = 10,
    .n_periods = 400,
    .ahead = 30,
    .has_available = true,
    .n_covariates = 5,
    .covariates = {{"price", MQ_ROLE_KNOWN, 0},
                   {"open", MQ_ROLE_CALENDAR, 2},
                   {"traffic", MQ_ROLE_PAST, 0},
                   {"weight", MQ_ROLE_STATIC_REAL, 0},
                   {"shop", MQ_ROLE_STATIC_CATEGORY, 3}},
};

static mq_status parse(struct mq_experiment *experiment, const char *text, size_t n,
                       const char *const overrides[], int64_t n_overrides)
{
    return mq_experiment_parse(experiment, "e.yaml", text, n, overrides, n_overrides,
                               mq_model_settings);
}

// What is printed gives the same experiment.
static void check_print(const struct mq_experiment *experiment)
{
    struct mq_str first = {0};
    struct mq_str second = {0};
    struct mq_experiment again;
    fuzz_check(mq_experiment_print(experiment, &first) == MQ_OK, "printing");
    fuzz_check(parse(&again, first.data, first.length, NULL, 0) == MQ_OK,
               "reading what was printed");
    fuzz_check(mq_experiment_print(&again, &second) == MQ_OK, "printing again");
    fuzz_check(strcmp(first.data, second.data) == 0, "the same experiment after printing");
    mq_experiment_release(&again);
    mq_str_release(&first);
    mq_str_release(&second);
}

static void use(const struct mq_experiment *experiment)
{
    struct mq_split split;
    struct mq_features features;
    struct mq_origins origins = {0};
    mq_status status = mq_split_make(&split, experiment, &panel, "p.h5");
    fuzz_verdict(status);
    if (status == MQ_OK) mq_split_release(&split);
    fuzz_verdict(mq_features_select(&features, &experiment->data, &panel));
    fuzz_verdict(mq_origins_parse(&origins, experiment->forecast.origins, &panel));
    mq_free(origins.period);
}

static void read_word(const char *word)
{
    struct mq_origins origins = {0};
    struct mq_calendar calendar = panel.calendar;
    char text[MQ_DATE_MAX];
    double seconds = 0;
    int64_t date_s = 0;
    fuzz_verdict(mq_origins_parse(&origins, word, &panel));
    mq_free(origins.period);
    if (mq_parse_duration_s(word, &seconds)) fuzz_check(seconds >= 0, "a duration");
    const bool is_date = mq_date_parse(word, &date_s);
    if (!mq_frequency_parse(word, &calendar.unit, &calendar.multiple) && !is_date) return;
    if (is_date) calendar.epoch_s = date_s;
    fuzz_check(mq_calendar_season(&calendar) >= 1, "a season");
    for (int64_t period = 1; period <= 100000000; period *= 10) {
        const int64_t start_s = mq_period_start_s(&calendar, period);
        fuzz_check(mq_period_of(&calendar, start_s) == period, "the period of its start");
        mq_period_print(&calendar, period, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input;
    struct mq_experiment experiment;
    const char *overrides[OVERRIDES_MAX];
    int64_t n = 0;
    fuzz_begin();
    fuzz_split(&input, data, size);
    const struct fuzz_section *set = fuzz_find(&input, "set");
    const struct fuzz_section *words = fuzz_find(&input, "words");
    char *set_text = set != NULL ? fuzz_text(set) : NULL;
    char *words_text = words != NULL ? fuzz_text(words) : NULL;
    char *rest = set_text;
    while (rest != NULL && n < OVERRIDES_MAX && (overrides[n] = fuzz_next_line(&rest)) != NULL)
        n++;
    const mq_status status =
        parse(&experiment, input.sections[0].bytes, input.sections[0].n, overrides, n);
    fuzz_verdict(status);
    if (status == MQ_OK) {
        check_print(&experiment);
        use(&experiment);
        mq_experiment_release(&experiment);
    }
    rest = words_text;
    for (char *word; rest != NULL && (word = fuzz_next_line(&rest)) != NULL;)
        read_word(word);
    free(set_text);
    free(words_text);
    fuzz_end();
    return 0;
}
