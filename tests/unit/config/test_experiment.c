// Whole experiments: defaults, overrides, one refusal per kind of mistake, and round trips.
#include "support/harness.h"

#include <string.h>

#include "mq/base/alloc.h"
#include "mq/config/experiment.h"

struct toy_options {
    int64_t width;
    double dropout;
};

static const struct mq_setting toy_rows[] = {
    {"width", MQ_INT, offsetof(struct toy_options, width), "32", 1, 1024, NULL, "", "hidden width"},
    {"dropout", MQ_REAL64, offsetof(struct toy_options, dropout), "0", 0, 0.9, NULL, "", "dropout"},
};

static mq_status find_toy(const char *type, struct mq_section *section, size_t *bytes)
{
    if (strcmp(type, "plain") == 0) return MQ_OK;
    if (strcmp(type, "mqrnn") != 0 && strcmp(type, "toy") != 0) {
        (void)mq_fail(MQ_USAGE, "model.type: there is no model '%s'", type);
        return mq_hint("did you mean toy?");
    }
    *section = (struct mq_section){"model", toy_rows, 2};
    *bytes = sizeof(struct toy_options);
    return MQ_OK;
}

// Four lines that are enough, so that what a test adds begins at line 5.
static const char least[] = "version: 1\n"
                            "run: {name: retail}\n"
                            "data: {panel: retail.h5, context: 60, horizon: 14}\n"
                            "checkpoint: {keep: 2}\n";

static mq_status parse_with(struct mq_experiment *experiment, const char *text,
                            const char *const overrides[], int64_t n)
{
    return mq_experiment_parse(experiment, "a.yaml", text, strlen(text), overrides, n, find_toy);
}

static void check_text_refused(const char *text, const char *message)
{
    struct mq_experiment experiment;
    ck_fails(parse_with(&experiment, text, NULL, 0), MQ_USAGE, message);
}

// The least experiment with `more` from line 5 on.
static void check_refused(const char *more, const char *message)
{
    struct mq_str text = {0};
    ck_ok(mq_str_printf(&text, "%s%s", least, more));
    check_text_refused(text.data, message);
    mq_str_release(&text);
}

static void check_hint(const char *hint)
{
    ck_assert_str_eq(mq_error_get()->hint, hint);
}

START_TEST(test_the_least_experiment_has_defaults_for_the_rest)
{
    struct mq_experiment experiment;
    ck_ok(parse_with(&experiment, least, NULL, 0));
    ck_assert_str_eq(experiment.run.name, "retail");
    ck_assert_str_eq(experiment.run.dir, "runs");
    ck_assert_int_eq(experiment.data.context, 60);
    ck_assert_str_eq(experiment.data.known.value[0], "all");
    ck_assert_str_eq(experiment.model_type, "mqrnn");
    ck_assert_int_eq(((struct toy_options *)experiment.model)->width, 32);
    ck_assert_int_eq(experiment.loss.quantiles.n, 9);
    ck_assert_int_eq(experiment.train.optimizer, MQ_OPTIMIZER_ADAM);
    ck_assert_int_eq(experiment.train.schedule, MQ_SCHEDULE_COSINE);
    ck_assert_int_eq(experiment.checkpoint.keep, 2);
    ck_assert(!experiment.forecast.compress);
    mq_experiment_release(&experiment);
}
END_TEST

START_TEST(test_a_stride_not_given_is_the_horizon)
{
    struct mq_experiment experiment;
    const char *const overrides[] = {"evaluate.stride=7"};
    ck_ok(parse_with(&experiment, least, NULL, 0));
    ck_assert_int_eq(experiment.evaluate.stride, 14);
    mq_experiment_release(&experiment);
    ck_ok(parse_with(&experiment, least, overrides, 1));
    ck_assert_int_eq(experiment.evaluate.stride, 7);
    mq_experiment_release(&experiment);
}
END_TEST

START_TEST(test_lanes_not_given_are_the_most_that_divide_the_batch)
{
    static const struct {
        const char *batch;
        int64_t lanes;
    } cases[] = {{"train.batch=64", 16},
                 {"train.batch=100", 4},
                 {"train.batch=10", 2},
                 {"train.batch=7", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mq_experiment experiment;
        ck_ok(parse_with(&experiment, least, &cases[i].batch, 1));
        ck_assert_int_eq(experiment.train.lanes, cases[i].lanes);
        mq_experiment_release(&experiment);
    }
}
END_TEST

START_TEST(test_the_last_override_wins)
{
    struct mq_experiment experiment;
    const char *const overrides[] = {"train.lr=3e-4",        "train.lr=5e-4",
                                     "model.type=toy",       "model.width=8",
                                     "loss.quantiles=[0.5]", "loss.spans=[{lead: 2, review: 1}]"};
    ck_ok(parse_with(&experiment, least, overrides, 6));
    ck_assert(experiment.train.lr == 5e-4);
    ck_assert_str_eq(experiment.model_type, "toy");
    ck_assert_int_eq(((struct toy_options *)experiment.model)->width, 8);
    ck_assert_int_eq(experiment.loss.quantiles.n, 1);
    ck_assert_int_eq(mq_span_periods(experiment.loss.spans.value[0]), 3);
    mq_experiment_release(&experiment);
}
END_TEST

START_TEST(test_an_override_may_give_what_the_file_lacks)
{
    struct mq_experiment experiment;
    const char *const overrides[] = {"run.name=x", "data.panel=p.h5", "data.context=1",
                                     "data.horizon=2"};
    ck_ok(parse_with(&experiment, "version: 1\nrun: {}\ndata:\n", overrides, 4));
    ck_assert_int_eq(experiment.data.horizon, 2);
    mq_experiment_release(&experiment);
}
END_TEST

START_TEST(test_bad_overrides_name_themselves)
{
    static const struct {
        const char *override;
        const char *message;
    } cases[] = {
        {"train.lr=fast", "--set train.lr=fast: train.lr: 'fast' is not a number"},
        {"train.lrr=1", "--set train.lrr=1: train.lrr: unknown key"},
        {"trian.lr=1", "--set trian.lr=1: trian: unknown section"},
        {"train.lr", "--set train.lr: expected section.key=value"},
        {"lr=1", "--set lr=1: expected section.key=value"},
        {"train.=1", "--set train.=1: expected section.key=value"},
        {"model.type=tyo", "--set model.type=tyo: model.type: there is no model 'tyo'"},
        {"train.lanes=3", "--set train.lanes=3: train.lanes: 3 does not divide train.batch: 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mq_experiment experiment;
        ck_fails(parse_with(&experiment, least, &cases[i].override, 1), MQ_USAGE, cases[i].message);
    }
}
END_TEST

START_TEST(test_the_version_must_be_1)
{
    check_text_refused("run: {name: a}\n", "a.yaml: 'version' is missing");
    check_hint("put 'version: 1' at the top");
    check_text_refused("run: {name: a}\nversion: 2\n", "a.yaml:2: version: '2' is not supported");
    check_text_refused("version: [1]\n", "a.yaml:1: version: '[1]' is not supported");
}
END_TEST

START_TEST(test_required_keys_are_named_when_missing)
{
    check_text_refused("version: 1\n", "a.yaml: run.name is missing");
    check_text_refused("version: 1\nrun: {name: a}\ndata: {panel: p, context: 2}\n",
                       "a.yaml: data.horizon is missing");
    check_hint("data.horizon: how far ahead it forecasts");
}
END_TEST

START_TEST(test_unknown_sections_and_keys_hint_the_nearest)
{
    check_refused("trian: {lr: 1}\n", "a.yaml:5: trian: unknown section");
    check_hint("did you mean train?");
    check_refused("trian: {}\n", "a.yaml:5: trian: unknown section");
    check_refused("shop: 1\n", "a.yaml:5: shop: unknown section");
    check_refused("train:\n  steps: 1\n  learning: 1\n", "a.yaml:7: train.learning: unknown key");
    check_refused("train:\n  stesp: 1\n", "a.yaml:6: train.stesp: unknown key");
    check_hint("did you mean train.steps?");
    check_refused("train: {quantiles: [0.5]}\n", "a.yaml:5: train.quantiles: unknown key");
    check_hint("did you mean loss.quantiles?");
    check_refused("train: 5\n", "a.yaml:5: train: '5' is not a section");
}
END_TEST

START_TEST(test_model_keys_belong_to_the_model)
{
    check_refused("model: {widht: 1}\n", "a.yaml:5: model.widht: unknown key");
    check_hint("did you mean model.width?");
    check_refused("model: {typ: toy}\n", "a.yaml:5: model.typ: unknown key");
    check_hint("did you mean model.type?");
    check_refused("model: {type: plain, width: 1}\n", "a.yaml:5: model.width: unknown key");
    check_refused("model: {width: 0}\n",
                  "a.yaml:5: model.width: 0 is out of range: expected 1 to 1024");
    check_refused("model:\n  type: tyo\n", "a.yaml:6: model.type: there is no model 'tyo'");
    check_hint("did you mean toy?");
}
END_TEST

START_TEST(test_values_of_wrong_type_or_range_name_their_line)
{
    check_refused("train:\n  batch: many\n", "a.yaml:6: train.batch: 'many' is not a whole number");
    check_refused("train: {batch: 0}\n", "a.yaml:5: train.batch: 0 is out of range");
    check_refused("train: {schedule: cosin}\n", "a.yaml:5: train.schedule: 'cosin' is not one of");
    check_refused("inventory: {delays: [0, 0]}\n", "a.yaml:5: inventory.delays: every weight is 0");
    check_refused("evaluate: {origins: 0}\n", "a.yaml:5: evaluate.origins: 0 is out of range");
    check_refused("evaluate: {stride: -1}\n", "a.yaml:5: evaluate.stride: -1 is out of range");
    check_refused("loss: {quantiles: [0.1, high]}\n",
                  "a.yaml:5: loss.quantiles: element 2: 'high'");
    check_refused("train:\n  lr: [1]\n", "a.yaml:6: train.lr: [1] is a list");
    check_refused("run2: &x {a: 1}\n", "a.yaml:5: run2: unknown section");
}
END_TEST

START_TEST(test_cross_checks_name_the_deciding_line)
{
    check_refused("train: {lanes: 3}\n",
                  "a.yaml:5: train.lanes: 3 does not divide train.batch: 64");
    check_refused("train: {batch: 66, lanes: 4}\n",
                  "a.yaml:5: train.lanes: 4 does not divide train.batch: 66");
    check_hint("for instance train.batch: 68");
    check_refused("train: {lr: 0}\n", "a.yaml:5: train.lr: must be more than 0");
    check_refused("train: {steps: 0}\n", "a.yaml:5: train.steps: 0 steps and 0 epochs");
    check_refused("loss: {quantiles: [0.5, 0.5]}\n",
                  "a.yaml:5: loss.quantiles: levels must ascend");
    check_refused("loss: {quantiles: [0, 0.5]}\n", "a.yaml:5: loss.quantiles: 0 is not between");
    check_refused("loss: {quantiles: []}\n", "a.yaml:5: loss.quantiles: expected at least one");
    check_refused("loss: {kind: crps}\n", "a.yaml:5: loss.kind: crps is a score of functions");
    check_hint("loss.head: incremental");
    check_refused("loss:\n  spans:\n    - {lead: 2, review: 0}\n",
                  "a.yaml:6: loss.spans: element 1: review must be at least 1");
    check_refused(
        "loss: {spans: [{lead: 14, review: 1}]}\n",
        "a.yaml:5: loss.spans: {lead: 14, review: 1} covers 15 periods, data.horizon is 14");
    check_hint("data.horizon: 15");
    check_refused("loss: {spans: [{lead: 2, review: 1}, {lead: 1, review: 2}]}\n",
                  "a.yaml:5: loss.spans: two spans cover 3 periods");
    check_refused("forecast: {levels: [0.9, 0.1]}\n",
                  "a.yaml:5: forecast.levels: levels must ascend");
    check_refused("evaluate: {levels: [1]}\n", "a.yaml:5: evaluate.levels: 1 is not between");
    check_refused("forecast: {origins: 4/0}\n", "a.yaml:5: forecast.origins: '4/0'");
    check_refused("forecast: {origins: first}\n", "a.yaml:5: forecast.origins: 'first'");
}
END_TEST

START_TEST(test_names_are_checked)
{
    const char *const slash[] = {"run.name=a/b"};
    const char *const dots[] = {"run.name=.."};
    const char *const all[] = {"data.known=[all, price]"};
    const char *const twice[] = {"data.static=[a, a]"};
    struct mq_experiment experiment;
    ck_fails(parse_with(&experiment, least, slash, 1), MQ_USAGE, "run.name: 'a/b' cannot name");
    ck_fails(parse_with(&experiment, least, dots, 1), MQ_USAGE, "run.name: '..' cannot name");
    ck_fails(parse_with(&experiment, least, all, 1), MQ_USAGE, "data.known: 'all' stands alone");
    ck_fails(parse_with(&experiment, least, twice, 1), MQ_USAGE, "data.static: 'a' is named twice");
}
END_TEST

static void check_same(const struct mq_experiment *a, const struct mq_experiment *b)
{
    ck_assert_int_eq(memcmp(&a->run, &b->run, sizeof a->run), 0);
    ck_assert_int_eq(memcmp(&a->data, &b->data, sizeof a->data), 0);
    ck_assert_int_eq(memcmp(&a->loss, &b->loss, sizeof a->loss), 0);
    ck_assert_int_eq(memcmp(&a->train, &b->train, sizeof a->train), 0);
    ck_assert_int_eq(memcmp(&a->checkpoint, &b->checkpoint, sizeof a->checkpoint), 0);
    ck_assert_int_eq(memcmp(&a->forecast, &b->forecast, sizeof a->forecast), 0);
    ck_assert_int_eq(memcmp(&a->evaluate, &b->evaluate, sizeof a->evaluate), 0);
    ck_assert_str_eq(a->model_type, b->model_type);
    ck_assert_int_eq(memcmp(a->model, b->model, sizeof(struct toy_options)), 0);
}

START_TEST(test_the_resolved_experiment_parses_to_the_same)
{
    struct mq_experiment first;
    struct mq_experiment second;
    struct mq_str text = {0};
    struct mq_str again = {0};
    const char *const overrides[] = {"run.name=a: b",
                                     "train.lr=0.30000000000000004",
                                     "data.known=[price, 'on sale']",
                                     "loss.quantiles=[0.1, 0.3333333333333333]",
                                     "model.dropout=0.1",
                                     "evaluate.by=fam\"ily",
                                     "loss.spans=[{review: 1, lead: 2}, {lead: 0, review: 7}]"};
    ck_ok(parse_with(&first, least, overrides, 7));
    ck_ok(mq_experiment_print(&first, &text));
    ck_ok(parse_with(&second, text.data, NULL, 0));
    check_same(&first, &second);
    ck_ok(mq_experiment_print(&second, &again));
    ck_assert_str_eq(text.data, again.data);
    mq_str_release(&text);
    mq_str_release(&again);
    mq_experiment_release(&first);
    mq_experiment_release(&second);
}
END_TEST

START_TEST(test_the_template_is_the_defaults)
{
    struct mq_experiment from_template;
    struct mq_experiment plain;
    struct mq_str text = {0};
    const struct mq_section toy = {"model", toy_rows, 2};
    const char *const required[] = {"run.name=x", "data.panel=p", "data.context=2",
                                    "data.horizon=1"};
    ck_ok(mq_experiment_template("mqrnn", &toy, &text));
    ck_ok(parse_with(&from_template, text.data, required, 4));
    ck_ok(parse_with(&plain, "version: 1\n", required, 4));
    check_same(&from_template, &plain);
    ck_assert_ptr_nonnull(strstr(text.data, "# hidden width; a whole number, 1 to 1024"));
    mq_str_release(&text);
    mq_experiment_release(&from_template);
    mq_experiment_release(&plain);
}
END_TEST

START_TEST(test_every_failed_allocation_is_a_clean_error)
{
    struct mq_experiment experiment;
    const char *const overrides[] = {"data.known=[price, 'on sale']", "run.name='x'"};
    for (uint64_t i = 1;; i++) {
        mq_alloc_fail_at(i);
        const mq_status status = parse_with(&experiment, least, overrides, 2);
        mq_alloc_fail_at(0);
        if (status == MQ_OK) break;
        ck_assert_int_eq(status, MQ_FAILED);
        ck_assert_ptr_nonnull(strstr(mq_error_get()->message, "out of memory"));
    }
    mq_experiment_release(&experiment);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("experiment");
    tcase_add_test(tc, test_the_least_experiment_has_defaults_for_the_rest);
    tcase_add_test(tc, test_a_stride_not_given_is_the_horizon);
    tcase_add_test(tc, test_lanes_not_given_are_the_most_that_divide_the_batch);
    tcase_add_test(tc, test_the_last_override_wins);
    tcase_add_test(tc, test_an_override_may_give_what_the_file_lacks);
    tcase_add_test(tc, test_bad_overrides_name_themselves);
    tcase_add_test(tc, test_the_version_must_be_1);
    tcase_add_test(tc, test_required_keys_are_named_when_missing);
    tcase_add_test(tc, test_unknown_sections_and_keys_hint_the_nearest);
    tcase_add_test(tc, test_model_keys_belong_to_the_model);
    tcase_add_test(tc, test_values_of_wrong_type_or_range_name_their_line);
    tcase_add_test(tc, test_cross_checks_name_the_deciding_line);
    tcase_add_test(tc, test_names_are_checked);
    tcase_add_test(tc, test_the_resolved_experiment_parses_to_the_same);
    tcase_add_test(tc, test_the_template_is_the_defaults);
    tcase_add_test(tc, test_every_failed_allocation_is_a_clean_error);
    return run_tests("config/experiment", tc);
}
