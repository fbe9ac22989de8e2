// An experiment from YAML and overrides: assignments in order, then what only the whole can tell.
#include "mq/config/experiment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/rows.h"
#include "mq/base/alloc.h"
#include "mq/config/yaml.h"

enum { WORD_MAX = 64, SECTIONS_MAX = 16 };

// One "section.key = value", from the file or from the command line.
struct assignment {
    char section[WORD_MAX]; // "" for top-level keys
    char key[WORD_MAX];
    struct mq_str value; // YAML text
    char label[MQ_TEXT_MAX];
    struct mq_source source;
};

struct reading {
    struct mq_experiment *experiment;
    const char *file;
    struct assignment *assignments;
    int64_t n;
};

static mq_status refuse(struct mq_source source, const char *format, ...) MQ_PRINTF(2, 3);
static mq_status refuse(struct mq_source source, const char *format, ...)
{
    char what[MQ_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (source.line > 0)
        return mq_fail(MQ_USAGE, "%s:%lld: %s", source.file, (long long)source.line, what);
    return mq_fail(MQ_USAGE, "%s: %s", source.file, what);
}

// ---- assignments --------------------------------------------------------------------------------

static mq_status take_entry(struct reading *reading, const struct mq_yaml_entry *entry)
{
    struct assignment *a = &reading->assignments[reading->n++];
    (void)snprintf(a->section, sizeof a->section, "%s", entry->section);
    (void)snprintf(a->key, sizeof a->key, "%s", entry->key);
    a->source = (struct mq_source){reading->file, entry->line};
    if (entry->is_list) return mq_str_add(&a->value, entry->value);
    // Only what would be read as a list or as quoted needs quotes; messages show the rest as it is.
    const bool is_ambiguous = *entry->value == '[' || *entry->value == '"' || *entry->value == '\'';
    return is_ambiguous ? mq_yaml_quote(&a->value, entry->value)
                        : mq_str_add(&a->value, entry->value);
}

static mq_status take_override(struct reading *reading, const char *text)
{
    struct assignment *a = &reading->assignments[reading->n++];
    (void)snprintf(a->label, sizeof a->label, "--set %s", text);
    a->source = (struct mq_source){a->label, 0};
    const char *equals = strchr(text, '=');
    const char *dot = strchr(text, '.');
    if (equals == NULL || dot == NULL || dot > equals || dot == text || equals == dot + 1) {
        (void)refuse(a->source, "expected section.key=value");
        return mq_hint("for instance --set train.lr=0.001");
    }
    (void)snprintf(a->section, sizeof a->section, "%.*s", (int)(dot - text), text);
    (void)snprintf(a->key, sizeof a->key, "%.*s", (int)(equals - dot - 1), dot + 1);
    return mq_str_add(&a->value, equals + 1);
}

static mq_status take_assignments(struct reading *reading, const struct mq_yaml *yaml,
                                  const char *const overrides[], int64_t n_overrides)
{
    MQ_NEW(reading->assignments, yaml->n + n_overrides);
    for (int64_t i = 0; i < yaml->n; i++)
        MQ_TRY(take_entry(reading, &yaml->entries[i]));
    for (int64_t i = 0; i < n_overrides; i++)
        MQ_TRY(take_override(reading, overrides[i]));
    return MQ_OK;
}

// The assignment that decides a key: the last one; NULL when the default holds.
static const struct assignment *deciding(const struct reading *reading, const char *section,
                                         const char *key)
{
    for (int64_t i = reading->n - 1; i >= 0; i--) {
        const struct assignment *a = &reading->assignments[i];
        if (strcmp(a->section, section) == 0 && strcmp(a->key, key) == 0) return a;
    }
    return NULL;
}

// Where a key got its value; the file as a whole when from nowhere.
static struct mq_source source_of(const struct reading *reading, const char *section,
                                  const char *key)
{
    const struct assignment *a = deciding(reading, section, key);
    return a != NULL ? a->source : (struct mq_source){reading->file, 0};
}

// ---- applying -----------------------------------------------------------------------------------

static mq_status check_version(const struct reading *reading)
{
    const struct assignment *a = deciding(reading, "", "version");
    if (a == NULL) {
        (void)mq_fail(MQ_USAGE, "%s: 'version' is missing", reading->file);
        return mq_hint("put 'version: 1' at the top");
    }
    if (strcmp(a->value.data, "1") == 0) return MQ_OK;
    (void)refuse(a->source, "version: '%s' is not supported", a->value.data);
    return mq_hint("this program reads version: 1");
}

static mq_status refuse_section(const struct assignment *a, const char *word)
{
    const char *names[SECTIONS_MAX];
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_ASSERT(n <= SECTIONS_MAX);
    for (int64_t i = 0; i < n; i++)
        names[i] = sections[i].name;
    (void)refuse(a->source, "%s: unknown section", word);
    const char *nearest = mq_str_nearest(word, names, n);
    if (nearest != NULL) return mq_hint("did you mean %s?", nearest);
    return mq_hint("sections are run, data, model, loss, train, checkpoint, forecast, evaluate, "
                   "inventory");
}

// A top-level key is version, or a section that was left empty or given a plain value.
static mq_status apply_top(const struct assignment *a)
{
    if (strcmp(a->key, "version") == 0) return MQ_OK;
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    for (int64_t i = 0; i < n; i++) {
        if (strcmp(sections[i].name, a->key) != 0) continue;
        if (a->value.length == 0) return MQ_OK;
        (void)refuse(a->source, "%s: '%s' is not a section", a->key, a->value.data);
        return mq_hint("%s holds keys: %s: {%s: ...}", a->key, a->key, sections[i].settings[0].key);
    }
    return refuse_section(a, a->key);
}

// When the key stands in another section, says so.
static mq_status suggest_section(mq_status status, const char *key)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    for (int64_t i = 0; i < n && mq_error_get()->hint[0] == '\0'; i++)
        for (int64_t j = 0; j < sections[i].n; j++)
            if (strcmp(sections[i].settings[j].key, key) == 0)
                return mq_hint("did you mean %s.%s?", sections[i].name, key);
    return status;
}

// The model's keys and `type` as one section, so that a slip finds the nearest of all.
static mq_status refuse_model_key(const struct mq_section *common, const struct mq_section *own,
                                  const struct assignment *a, const char *type)
{
    struct mq_setting *rows = NULL;
    const struct mq_setting *none = NULL;
    MQ_NEW(rows, common->n + own->n);
    memcpy(rows, common->settings, (size_t)common->n * sizeof *rows);
    if (own->n > 0) memcpy(rows + common->n, own->settings, (size_t)own->n * sizeof *rows);
    const struct mq_section all = {common->name, rows, common->n + own->n};
    const mq_status status = mq_setting_find(&all, a->key, a->source, &none);
    mq_free(rows);
    (void)suggest_section(status, a->key);
    if (mq_error_get()->hint[0] != '\0') return status;
    return mq_hint("'mqcast template %s' lists the keys of this model", type);
}

static bool has_key(const struct mq_section *section, const char *key)
{
    for (int64_t i = 0; i < section->n; i++)
        if (strcmp(section->settings[i].key, key) == 0) return true;
    return false;
}

static mq_status apply(const struct reading *reading, const struct assignment *a)
{
    struct mq_experiment *experiment = reading->experiment;
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    int64_t i = 0;
    if (a->section[0] == '\0') return apply_top(a);
    while (i < n && strcmp(sections[i].name, a->section) != 0)
        i++;
    if (i == n) return refuse_section(a, a->section);
    if (a->key[0] == '\0') return MQ_OK; // an empty section
    const struct mq_section *section = &sections[i];
    void *target = mq_experiment_target(experiment, i);
    if (strcmp(a->section, "model") == 0 && !has_key(section, a->key)) {
        if (!has_key(&experiment->model_section, a->key))
            return refuse_model_key(section, &experiment->model_section, a, experiment->model_type);
        section = &experiment->model_section;
        target = experiment->model;
    }
    const struct mq_setting *setting = NULL;
    const mq_status status = mq_setting_find(section, a->key, a->source, &setting);
    if (status != MQ_OK) return suggest_section(status, a->key);
    return mq_setting_parse(section, setting, a->value.data, a->source, target);
}

// The type decides which other keys `model` has, so it comes before all other assignments.
static mq_status apply_model_type(const struct reading *reading, mq_find_model_settings *find_model)
{
    struct mq_experiment *experiment = reading->experiment;
    const struct assignment *a = deciding(reading, "model", "type");
    if (a != NULL) MQ_TRY(apply(reading, a));
    struct mq_section own = {0};
    size_t bytes = 0;
    const mq_status status = find_model(experiment->model_type, &own, &bytes);
    if (status == MQ_USAGE) {
        const struct mq_source source = source_of(reading, "model", "type");
        if (source.line > 0)
            (void)mq_prefix("%s:%lld", source.file, (long long)source.line);
        else
            (void)mq_prefix("%s", source.file);
    }
    MQ_TRY(status);
    own.name = "model";
    experiment->model_section = own;
    if (bytes == 0) return MQ_OK;
    experiment->model = mq_calloc(1, bytes);
    if (experiment->model == NULL) return MQ_FAILED;
    return mq_settings_default(&own, experiment->model);
}

static mq_status check_required(const struct reading *reading)
{
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < sections[i].n; j++) {
            const struct mq_setting *setting = &sections[i].settings[j];
            const char *section = sections[i].name;
            if (setting->fallback != NULL || deciding(reading, section, setting->key) != NULL)
                continue;
            (void)mq_fail(MQ_USAGE, "%s: %s.%s is missing", reading->file, section, setting->key);
            return mq_hint("%s.%s: %s", section, setting->key, setting->help);
        }
    }
    return MQ_OK;
}

// ---- what single rows cannot tell ---------------------------------------------------------------

static mq_status check_run(const struct reading *reading)
{
    const struct mq_run_settings *run = &reading->experiment->run;
    const bool is_dots = strcmp(run->name, ".") == 0 || strcmp(run->name, "..") == 0;
    if (run->name[0] == '\0' || strchr(run->name, '/') != NULL || is_dots) {
        (void)refuse(source_of(reading, "run", "name"), "run.name: '%s' cannot name a directory",
                     run->name);
        return mq_hint("a name without '/'; run.dir says where runs are");
    }
    if (run->dir[0] == '\0') return refuse(source_of(reading, "run", "dir"), "run.dir: is empty");
    return MQ_OK;
}

static mq_status check_names(const struct reading *reading, const char *key,
                             const struct mq_text_list *list)
{
    const struct mq_source source = source_of(reading, "data", key);
    for (int64_t i = 0; i < list->n; i++) {
        if (list->n > 1 && strcmp(list->value[i], "all") == 0)
            return refuse(source, "data.%s: 'all' stands alone: [all], or a list of names", key);
        for (int64_t j = 0; j < i; j++)
            if (strcmp(list->value[i], list->value[j]) == 0)
                return refuse(source, "data.%s: '%s' is named twice", key, list->value[i]);
    }
    return MQ_OK;
}

static mq_status check_data(const struct reading *reading)
{
    const struct mq_data_settings *data = &reading->experiment->data;
    if (data->panel[0] == '\0')
        return refuse(source_of(reading, "data", "panel"), "data.panel: is empty");
    MQ_TRY(check_names(reading, "static", &data->statics));
    MQ_TRY(check_names(reading, "known", &data->known));
    return check_names(reading, "past", &data->past);
}

static mq_status check_levels(const struct reading *reading, const char *section, const char *key,
                              const struct mq_real_list *levels)
{
    const struct mq_source source = source_of(reading, section, key);
    for (int64_t i = 0; i < levels->n; i++) {
        const double level = levels->value[i];
        if (!(level > 0 && level < 1))
            return refuse(source, "%s.%s: %g is not between 0 and 1", section, key, level);
        if (i > 0 && level <= levels->value[i - 1]) {
            (void)refuse(source, "%s.%s: levels must ascend, but %g follows %g", section, key,
                         level, levels->value[i - 1]);
            return mq_hint("for instance [0.1, 0.5, 0.9]");
        }
    }
    return MQ_OK;
}

static mq_status check_loss(const struct reading *reading)
{
    const struct mq_loss_settings *loss = &reading->experiment->loss;
    if (loss->quantiles.n == 0)
        return refuse(source_of(reading, "loss", "quantiles"),
                      "loss.quantiles: expected at least one level");
    MQ_TRY(check_levels(reading, "loss", "quantiles", &loss->quantiles));
    if (loss->kind != MQ_LOSS_CRPS || loss->head == MQ_HEAD_INCREMENTAL) return MQ_OK;
    (void)refuse(source_of(reading, "loss", "kind"),
                 "loss.kind: crps is a score of functions, which loss.head: grid does not give");
    return mq_hint("loss.head: incremental");
}

static mq_status check_spans(const struct reading *reading)
{
    const struct mq_experiment *experiment = reading->experiment;
    const struct mq_span_list *spans = &experiment->loss.spans;
    const struct mq_source source = source_of(reading, "loss", "spans");
    for (int64_t s = 0; s < spans->n; s++) {
        const struct mq_stock_span span = spans->value[s];
        const long long periods = mq_span_periods(span);
        if (span.review < 1)
            return refuse(source, "loss.spans: element %lld: review must be at least 1",
                          (long long)s + 1);
        if (periods > experiment->data.horizon) {
            (void)refuse(source,
                         "loss.spans: {lead: %lld, review: %lld} covers %lld periods, "
                         "data.horizon is %lld",
                         (long long)span.lead, (long long)span.review, periods,
                         (long long)experiment->data.horizon);
            return mq_hint("data.horizon: %lld", periods);
        }
        for (int64_t r = 0; r < s; r++)
            if (mq_span_periods(spans->value[r]) == periods)
                return refuse(source, "loss.spans: two spans cover %lld periods: one is enough",
                              periods);
    }
    return MQ_OK;
}

static mq_status check_train(const struct reading *reading)
{
    const struct mq_train_settings *train = &reading->experiment->train;
    if (!(train->lr > 0))
        return refuse(source_of(reading, "train", "lr"), "train.lr: must be more than 0");
    if (train->steps == 0 && train->epochs == 0)
        return refuse(source_of(reading, "train", "steps"),
                      "train.steps: 0 steps and 0 epochs are no training");
    if (train->batch % train->lanes == 0) return MQ_OK;
    const bool is_lanes = deciding(reading, "train", "lanes") != NULL;
    (void)refuse(source_of(reading, "train", is_lanes ? "lanes" : "batch"),
                 "train.lanes: %lld does not divide train.batch: %lld", (long long)train->lanes,
                 (long long)train->batch);
    const int64_t up = (train->batch / train->lanes + 1) * train->lanes;
    return mq_hint("for instance train.batch: %lld", (long long)up);
}

// Enough for a node's ranks; measured, more and smaller lanes cost a step nothing. A function of
// the batch alone, never of the machine: lanes decide the bits.
int64_t mq_lanes_default(int64_t batch)
{
    int64_t lanes = 16;
    while (batch % lanes != 0)
        lanes /= 2;
    return lanes;
}

static mq_status check_forecast(const struct reading *reading)
{
    MQ_TRY(check_levels(reading, "forecast", "levels", &reading->experiment->forecast.levels));
    const char *text = reading->experiment->forecast.origins;
    if (strcmp(text, "last") == 0) return MQ_OK;
    char count[WORD_MAX];
    (void)snprintf(count, sizeof count, "%s", text);
    char *slash = strchr(count, '/');
    if (slash != NULL) *slash = '\0';
    int64_t n = 0;
    int64_t stride = 1;
    bool is_good = mq_parse_i64(count, &n) && n >= 1;
    if (slash != NULL) is_good = is_good && mq_parse_i64(slash + 1, &stride) && stride >= 1;
    if (is_good) return MQ_OK;
    (void)refuse(source_of(reading, "forecast", "origins"), "forecast.origins: '%s' is no origins",
                 text);
    return mq_hint("last; N: the last N origins; N/S: S periods apart");
}

static mq_status check_inventory(const struct reading *reading)
{
    const struct mq_real_list *delays = &reading->experiment->inventory.delays;
    for (int64_t k = 0; k < delays->n; k++)
        if (delays->value[k] > 0) return MQ_OK;
    if (delays->n == 0) return MQ_OK;
    (void)refuse(source_of(reading, "inventory", "delays"), "inventory.delays: every weight is 0");
    return mq_hint("[3, 1]: three of four orders on time, the fourth a period late");
}

static mq_status check_whole(const struct reading *reading)
{
    MQ_TRY(check_run(reading));
    MQ_TRY(check_data(reading));
    MQ_TRY(check_loss(reading));
    MQ_TRY(check_spans(reading));
    MQ_TRY(check_train(reading));
    MQ_TRY(check_inventory(reading));
    MQ_TRY(check_levels(reading, "evaluate", "levels", &reading->experiment->evaluate.levels));
    return check_forecast(reading);
}

// ---- public -------------------------------------------------------------------------------------

static mq_status read_all(struct reading *reading, mq_find_model_settings *find_model)
{
    struct mq_experiment *experiment = reading->experiment;
    int64_t n = 0;
    const struct mq_section *sections = mq_experiment_sections(&n);
    MQ_TRY(check_version(reading));
    for (int64_t i = 0; i < n; i++)
        MQ_TRY(mq_settings_default(&sections[i], mq_experiment_target(experiment, i)));
    MQ_TRY(apply_model_type(reading, find_model));
    for (int64_t i = 0; i < reading->n; i++)
        MQ_TRY(apply(reading, &reading->assignments[i]));
    MQ_TRY(check_required(reading));
    if (experiment->evaluate.stride == 0) experiment->evaluate.stride = experiment->data.horizon;
    if (experiment->train.lanes == 0)
        experiment->train.lanes = mq_lanes_default(experiment->train.batch);
    return check_whole(reading);
}

mq_status mq_experiment_parse(struct mq_experiment *experiment, const char *file, const char *bytes,
                              size_t n, const char *const overrides[], int64_t n_overrides,
                              mq_find_model_settings *find_model)
{
    *experiment = (struct mq_experiment){0};
    struct reading reading = {.experiment = experiment, .file = file};
    struct mq_yaml yaml = {0};
    mq_status status = MQ_OK;
    MQ_DO(mq_yaml_parse(&yaml, file, bytes, n));
    MQ_DO(take_assignments(&reading, &yaml, overrides, n_overrides));
    MQ_DO(read_all(&reading, find_model));
done:
    for (int64_t i = 0; i < reading.n; i++)
        mq_str_release(&reading.assignments[i].value);
    mq_free(reading.assignments);
    mq_yaml_release(&yaml);
    if (status != MQ_OK) mq_experiment_release(experiment);
    return status;
}

void mq_experiment_release(struct mq_experiment *experiment)
{
    mq_free(experiment->model);
    *experiment = (struct mq_experiment){0};
}

static const struct mq_real_list *levels_or_quantiles(const struct mq_real_list *levels,
                                                      const struct mq_experiment *experiment)
{
    return levels->n > 0 ? levels : &experiment->loss.quantiles;
}

const struct mq_real_list *mq_forecast_levels(const struct mq_experiment *experiment)
{
    return levels_or_quantiles(&experiment->forecast.levels, experiment);
}

const struct mq_real_list *mq_evaluate_levels(const struct mq_experiment *experiment)
{
    return levels_or_quantiles(&experiment->evaluate.levels, experiment);
}

double mq_inventory_initial(const struct mq_inventory_settings *inventory)
{
    if (inventory->initial >= 0) return inventory->initial;
    return (double)(inventory->lead + inventory->review);
}
