// ranks: 1 3
// A profiler changes no bit of training; its timeline is whole, of all ranks, and its spans nest.
#include "support/harness.h"

#include <stdio.h>
#include <string.h>

#include "mq/base/alloc.h"
#include "mq/model/checkpoint.h"
#include "mq/model/rundir.h"
#include "mq/train/profiler.h"
#include "mq/train/trainer.h"
#include "support/panels.h"

enum { STEPS = 24, THREADS = 2, LANES = 4 };

static void make_panel(void)
{
    struct catalogue catalogue;
    catalogue_init(&catalogue, 12, 60);
    if (mq_rank(test_world()) == 0) catalogue_write(&catalogue, test_path("panel.h5"));
    catalogue_release(&catalogue);
    ck_ok(mq_barrier(test_world()));
}

/// Trains the tiny experiment of type `type` as run `name` to its end.
static void train(const char *name, const char *type, struct mq_train_trace *trace,
                  char directory[MQ_PATH_MAX])
{
    char run_name[64];
    (void)snprintf(run_name, sizeof run_name, "run.name=%s", name);
    const char *overrides[] = {run_name, "train.steps=24", "train.validate_every=10",
                               "checkpoint.every=12"};
    struct mq_experiment experiment;
    struct mq_pool *pool = NULL;
    tiny_experiment(&experiment, test_path("panel.h5"), type, overrides, 4);
    const struct mq_train_request request = {
        .experiment = &experiment, .resume = MQ_RESUME_AUTO, .trace = trace};
    ck_ok(mq_pool_new(&pool, THREADS));
    ck_ok(mq_run_directory(directory, &experiment.run));
    ck_ok(mq_train(test_world(), pool, &request));
    mq_pool_free(pool);
    mq_experiment_release(&experiment);
    ck_ok(mq_barrier(test_world()));
}

static void weights_of(const char *directory, char hex[MQ_SHA256_HEX])
{
    char path[MQ_PATH_MAX];
    struct mq_checkpoint_facts facts;
    ck_ok(mq_run_checkpoint(path, directory, STEPS));
    ck_ok(mq_checkpoint_inspect(path, &facts));
    (void)snprintf(hex, MQ_SHA256_HEX, "%s", facts.weights_sha256);
}

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%s:%d: %s", path, error.line, error.text);
    return root;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "no number '%s'", key);
    return json_number_value(value);
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    ck_assert_msg(value != NULL, "no text '%s'", key);
    return value;
}

static bool begins_with(const char *name, const char *head)
{
    return strncmp(name, head, strlen(head)) == 0;
}

static int64_t count(const json_t *events, int rank, int worker, const char *head)
{
    int64_t n = 0;
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)events, i, event)
    {
        if (strcmp(text(event, "ph"), "X") != 0 || number(event, "pid") != rank) continue;
        if (worker >= 0 && number(event, "tid") != worker) continue;
        n += begins_with(text(event, "name"), head);
    }
    return n;
}

/// Of one thread, in the order of the file: each lies within those around it or after them. How deep
/// they lie.
static int check_nesting(const json_t *events, int rank, int worker)
{
    enum { DEEPEST = 16 };
    double end[DEEPEST];
    int depth = 0;
    int deepest = 0;
    double last = 0;
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)events, i, event)
    {
        if (strcmp(text(event, "ph"), "X") != 0) continue;
        if (number(event, "pid") != rank || number(event, "tid") != worker) continue;
        const double began = number(event, "ts");
        const double ended = began + number(event, "dur");
        const double tolerance = 1e-6 * (1 + ended); // microseconds with three decimals, added up
        ck_assert_msg(began >= last, "%s begins before the one in front of it",
                      text(event, "name"));
        last = began;
        while (depth > 0 && began >= end[depth - 1] - tolerance)
            depth--;
        ck_assert_int_lt(depth, DEEPEST);
        ck_assert_msg(depth == 0 || ended <= end[depth - 1] + tolerance,
                      "rank %d, worker %d: %s ends at %.3f, after what it lies in, at %.3f", rank,
                      worker, text(event, "name"), ended, end[depth - 1]);
        end[depth++] = ended;
        if (depth > deepest) deepest = depth;
    }
    return deepest;
}

static void check_rank(const json_t *events, int rank)
{
    const int ranks = mq_size(test_world());
    const int64_t lanes = LANES * (rank + 1) / ranks - LANES * rank / ranks;
    ck_assert_int_eq(count(events, rank, 0, "step "), MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, 0, "waiting for data"), MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, 0, "waiting for sums"), MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, 0, "optimizer"), MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, 0, "validation "), 3); // 10, 20, and the last one
    ck_assert_int_ge(count(events, rank, 0, "checkpoint "), 2);
    ck_assert_int_eq(count(events, rank, -1, "lane "), lanes * MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, -1, "pass "), lanes * MQ_PROFILER_STEPS);
    ck_assert_int_eq(count(events, rank, -1, "encoder.lstm"), 2 * lanes * MQ_PROFILER_LAYER_STEPS);
    int deepest = 0;
    for (int worker = 0; worker < THREADS; worker++) {
        const int depth =
            check_nesting(events, rank, worker) + (worker > 0); // steps are worker 0's
        if (depth > deepest) deepest = depth;
    }
    ck_assert_int_eq(deepest, 4); // step, lane, pass, layer
}

static void check_timeline(const char *path)
{
    json_t *root = load(path);
    const json_t *about = json_object_get(root, "otherData");
    ck_assert_double_eq(number(about, "ranks"), mq_size(test_world()));
    ck_assert_double_eq(number(about, "threads"), THREADS);
    ck_assert_double_eq(number(about, "steps"), STEPS);
    ck_assert_double_eq(number(about, "spans_left_out"), 0);
    ck_assert(json_integer_value(json_array_get(json_object_get(about, "layered_steps"), 1)) == 5);
    ck_assert(json_array_size(json_object_get(root, "layers")) > 5);
    for (int rank = 0; rank < mq_size(test_world()); rank++)
        check_rank(json_object_get(root, "traceEvents"), rank);
    json_decref(root);
}

static void check_layers(const json_t *rows)
{
    double share = 0;
    size_t i;
    json_t *row;
    ck_assert(json_is_array(rows));
    json_array_foreach((json_t *)rows, i, row)
    {
        share += number(row, "share");
        ck_assert_msg(number(row, "max_over_mean") >= 1 - 1e-9 &&
                          number(row, "max_over_mean") <= mq_size(test_world()) + 1e-9,
                      "%s", text(row, "layer"));
    }
    ck_assert_double_eq_tol(share, 1, 1e-9);
    ck_assert_str_eq(text(json_array_get(rows, i - 1), "layer"), "(all else)");
}

START_TEST(test_a_traced_run_has_the_bits_of_another_and_a_timeline_of_all_ranks)
{
    char plain[MQ_PATH_MAX];
    char traced[MQ_PATH_MAX];
    char path[MQ_PATH_MAX];
    struct mq_train_trace trace = {0};
    make_panel();
    train("plain", "mqrnn", NULL, plain);
    train("traced", "mqrnn", &trace, traced);
    ck_ok(mq_run_file(path, traced, "trace.json"));
    if (mq_rank(test_world()) == 0) {
        char want[MQ_SHA256_HEX];
        char got[MQ_SHA256_HEX];
        weights_of(plain, want);
        weights_of(traced, got);
        ck_assert_str_eq(got, want);
        check_timeline(path);
        check_layers(trace.layers);
    } else {
        ck_assert_ptr_null(trace.layers);
    }
    json_decref(trace.layers);
    // The run is complete: there is no step to tell of, and the old timeline stays.
    trace = (struct mq_train_trace){.path = test_path("none.json")};
    train("traced", "mqrnn", &trace, traced);
    ck_assert_ptr_null(trace.layers);
    ck_assert(!mq_path_exists(test_path("none.json")) && mq_path_exists(path));
}
END_TEST

/// A profiler of an empty graph.
struct bench {
    struct mq_params params;
    struct mq_graph *graph;
    struct mq_exec *exec;
    struct mq_profiler *profiler;
};

static void begin(struct bench *bench, bool has_timeline)
{
    *bench = (struct bench){0};
    ck_ok(mq_graph_new(&bench->graph, &bench->params));
    ck_ok(mq_graph_plan(bench->graph, MQ_INFER));
    ck_ok(mq_exec_new(&bench->exec, bench->graph));
    ck_ok(mq_profiler_new(&bench->profiler, test_world(), bench->graph, &bench->exec, 1,
                          has_timeline));
}

static void end(struct bench *bench)
{
    mq_profiler_free(bench->profiler);
    mq_exec_free(bench->exec);
    mq_graph_free(bench->graph);
    mq_params_release(&bench->params);
}

START_TEST(test_a_timeline_that_cannot_be_written_fails_on_all_ranks)
{
    struct bench bench;
    json_t *rows = NULL;
    begin(&bench, true);
    ck_fails(mq_profiler_write(bench.profiler, NULL, test_path("no/trace.json")), MQ_FAILED,
             "no/trace.json");
    ck_ok(mq_profiler_layers(bench.profiler, &rows)); // not a single step
    ck_assert_ptr_null(rows);
    ck_ok(mq_profiler_write(bench.profiler, NULL, test_path("trace.json")));
    if (mq_rank(test_world()) == 0) json_decref(load(test_path("trace.json")));
    end(&bench);
}
END_TEST

START_TEST(test_only_the_first_steps_have_spans)
{
    struct bench bench;
    begin(&bench, true);
    for (int64_t step = 1; step <= MQ_PROFILER_STEPS + 1; step++) {
        mq_profiler_step(bench.profiler, 100 + step);
        ck_assert((mq_profiler_track(bench.profiler, 0) != NULL) == (step <= MQ_PROFILER_STEPS));
    }
    end(&bench);
    begin(&bench, false); // no timeline, no spans
    mq_profiler_step(bench.profiler, 1);
    ck_assert_ptr_null(mq_profiler_track(bench.profiler, 0));
    end(&bench);
}
END_TEST

START_TEST(test_what_there_is_no_room_for_is_counted_in_the_file)
{
    struct bench bench;
    begin(&bench, true);
    mq_profiler_step(bench.profiler, 1);
    const struct mq_track *track = mq_profiler_track(bench.profiler, 0);
    ck_assert_int_le(track->capacity, MQ_PROFILER_TRACK_SPANS);
    for (int64_t i = 0; i < track->capacity + 3; i++)
        mq_profiler_end(bench.profiler, MQ_STAGE_CHECKPOINT, mq_profiler_begin(bench.profiler), i);
    ck_ok(mq_profiler_write(bench.profiler, NULL, test_path("full.json")));
    if (mq_rank(test_world()) == 0) {
        char want[64]; // a look at the head is enough: the file is large
        struct mq_str text = {0};
        (void)snprintf(want, sizeof want, "\"spans_left_out\":%d", 3 * mq_size(test_world()));
        ck_ok(mq_file_read(test_path("full.json"), &text));
        ck_assert_ptr_nonnull(strstr(text.data, want));
        mq_str_release(&text);
    }
    end(&bench);
}
END_TEST

START_TEST(test_no_profiler_is_nothing)
{
    mq_profiler_step(NULL, 1);
    mq_profiler_end(NULL, MQ_STAGE_SUM, mq_profiler_begin(NULL), -1);
    ck_assert_double_eq(mq_profiler_begin(NULL), 0);
    ck_assert_ptr_null(mq_profiler_track(NULL, 0));
    mq_profiler_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("profiler");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_a_traced_run_has_the_bits_of_another_and_a_timeline_of_all_ranks);
    tcase_add_test(tc, test_a_timeline_that_cannot_be_written_fails_on_all_ranks);
    tcase_add_test(tc, test_only_the_first_steps_have_spans);
    tcase_add_test(tc, test_what_there_is_no_room_for_is_counted_in_the_file);
    tcase_add_test(tc, test_no_profiler_is_nothing);
    return run_mpi_tests("train/profiler", tc);
}
